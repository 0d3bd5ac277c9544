"""The staff site in a real browser: nothing complains, and a phone shows all of each page."""

import pytest

from onboarding.users import Role
from tests.broker.backoffice import world as world_of
from tests.browser.conftest import overflow_of
from tests.factories import staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def world(time_machine):
    time_machine.move_to(world_of.NOW, tick=True)
    return world_of.build()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_each_page_fits_its_window(visit, world, size):
    number = next(iter(world.own.values())).number
    page = visit(staff(Role.RISK_OFFICER))
    if size == "phone":
        page.set_viewport_size(PHONE)
    addresses = (
        "/staff/clients/{}/",
        "/staff/credit/{}/",
        "/staff/reviews/",
        "/staff/parameters/",
        "/staff/prices/",
    )
    for address in (each.format(number) for each in addresses):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0, address


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_form_of_an_assessment_fits_and_its_parts_open_without_a_script(visit, world, size):
    page = visit(staff(Role.CREDIT_OFFICER))
    if size == "phone":
        page.set_viewport_size(PHONE)
    page.goto("/staff/approvals/new/credit_assessment/")
    page.wait_for_load_state("networkidle")
    closed = page.locator("details.hb-part:not([open]) > summary")
    assert closed.count() > 10
    while closed.count():
        closed.first.click()
    assert overflow_of(page) <= 0


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_each_page_of_custody_fits_its_window(visit, world, size):
    page = visit(staff(Role.OPERATIONS))
    if size == "phone":
        page.set_viewport_size(PHONE)
    forms = ("custody_place", "pledge_securities", "corporate_action", "close_difference")
    for address in (
        "/staff/custody/places/",
        "/staff/custody/actions/",
        "/staff/custody/reconciliation/",
        *(f"/staff/approvals/new/{name}/" for name in forms),
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0, address
