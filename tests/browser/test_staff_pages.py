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
    for address in (f"/staff/clients/{number}/", "/staff/parameters/", "/staff/prices/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0, address
