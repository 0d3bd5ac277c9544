"""The desks of financial crime in a real browser: nothing complains and a phone shows all."""

import pytest

from onboarding.screening.decide import find_true
from onboarding.screening.hits import Hit, HitState
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import NOON, house, margin_account, staff
from tests.factories.screening import alert_of, client_called, hit_on, lists_in_force
from tests.onboarding.screening.test_payments import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def hits(time_machine) -> list[Hit]:
    time_machine.move_to(NOON, tick=True)
    house()
    lists_in_force()
    margin_account(pledged={"BTC": "1"})
    client = client_called("Sergey Petrovich Ivanov", chinese="伊萬諾夫")
    alert_of(client)
    pay(client, "Golden Orchid Shipping Limited", reference="FPS-20260304-0001")
    hits = [hit_on(client)]
    hits += [hit_on(client_called("Chan Tai Man", chinese="陳大文")) for _ in range(2)]
    return hits


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_each_page_fits_its_window(visit, hits, size, tmp_path):
    true = find_true(hits[0], reason="Passport agrees.", by=staff(Role.MLRO), now=NOON)
    page = visit(staff(Role.MLRO))
    if size == "phone":
        page.set_viewport_size(PHONE)
    addresses = [
        "/staff/screening/",
        "/staff/screening/?show=decided",
        f"/staff/screening/{hits[1].pk}/",
        f"/staff/screening/{true.pk}/",
        "/staff/screening/lists/",
        "/staff/alerts/",
        "/staff/payments/",
        "/staff/suspicion/",
        "/staff/suspicion/report/",
    ]
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0, address
        page.screenshot(path=tmp_path / f"{size}{address.strip('/').replace('/', '-')}.png")


def test_the_desk_decides_several_hits_in_one_look(visit, hits):
    page = visit(staff(Role.COMPLIANCE))
    page.goto("/staff/screening/")
    for box in page.get_by_role("checkbox", name="Chan Tai Man").all():
        box.check()
    page.get_by_role("button", name="See the chosen together").click()
    page.get_by_label("Reason, kept with each of them").fill("Both were born after 1990.")
    page.get_by_role("button", name="Not the same, all 2").click()
    page.wait_for_load_state("networkidle")

    assert "2 found not to be the same." in page.content()
    assert Hit.objects.filter(state=HitState.FALSE).count() == 2
    assert Hit.objects.filter(state=HitState.OPEN).count() == 2
