"""The pages of custody: what each shows, what a file may do there, and what it may not."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from broker.notices.notice import Notice
from collateral.actions.action import ExpectedExDate
from collateral.custody.difference import Difference
from collateral.custody.statement import Statement
from onboarding.approvals import Proposal
from onboarding.users import Role
from tests.factories import NOON, give, house, margin_account, staff
from tests.factories.custody import a_difference, an_action_applied, an_authority, place

pytestmark = pytest.mark.django_db

PLACES = "/staff/custody/places/"
ACTIONS = "/staff/custody/actions/"
RECONCILIATION = "/staff/custody/reconciliation/"
LOAD = f"{RECONCILIATION}load/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    house()
    return time_machine


@pytest.fixture
def operations(client):
    user = staff(Role.OPERATIONS)
    client.force_login(user)
    return user


def words(response) -> str:
    body = re.sub(r"<(head|title|nav|script)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def file(content: bytes, name="file.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def sent(client, content: bytes, **fields):
    said = {"place": "CCASS", "as_of": "2026-03-04T12:00", "file": file(content)}
    return client.post(LOAD, said | fields, follow=True)


# --- Places --------------------------------------------------------------------------------------


def test_places_show_their_licence_what_rests_there_and_what_is_wrong(client, operations, clock):
    margin_account(pledged={"BTC": "1.5", "0700": "1000"})
    place("ENDS", kind="platform", number="Z1", expires_on=NOON.date() + timedelta(days=20))

    page = words(client.get(PLACES))

    assert "20 days left" in page
    assert "1.50000000 BTC" in page
    assert "1,000 0700" in page
    assert "without a licence in force" not in page
    clock.move_to(NOON + timedelta(days=1200), tick=False)
    client.force_login(operations)
    page = words(client.get(PLACES))
    assert "1 without a licence in force" in page
    assert "Lapsed" in page


# --- Actions -------------------------------------------------------------------------------------


def test_a_calendar_is_loaded_by_the_page_and_shows_what_is_missing(client, operations):
    content = b"asset,ex_date,what\n0700,2026-03-04,<b>Split</b>\n"

    page = client.post(f"{ACTIONS}calendar/", {"file": file(content)}, follow=True)

    assert "1 ex-dates are new, 0 were known" in words(page)
    assert "0700 unpriced" in words(page)
    assert "<b>Split" not in page.content.decode()
    assert ExpectedExDate.objects.get().loaded_by == operations


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no calendar", "names the columns"), (b"\xff", "UTF-8"), (b"", "names the columns")],
)
def test_a_calendar_that_is_none_is_told_so(client, operations, content, why):
    page = client.post(f"{ACTIONS}calendar/", {"file": file(content)}, follow=True)
    assert why in words(page)
    assert not ExpectedExDate.objects.exists()


def test_without_a_file_the_page_asks_for_one(client, operations):
    assert "required" in words(client.post(f"{ACTIONS}calendar/", {}))


def test_what_was_applied_says_what_is_still_due(client, operations):
    give(margin_account(), {"0005": "400"})
    an_action_applied()

    page = words(client.get(ACTIONS))

    assert "Cash dividend" in page
    assert "400.00" in page
    assert "60 to 59" in page


# --- Reconciliation ------------------------------------------------------------------------------


def test_a_statement_is_brought_compared_and_its_differences_are_told(client, operations):
    account = margin_account(pledged={"0700": "1000"})
    compliance = staff(Role.COMPLIANCE)
    content = f"asset,client,units\n0700,{account.client.number},1001\n".encode()

    page = words(sent(client, content))

    assert "1 lines compared, 1 differ" in page
    assert "1 open" in page
    assert "Another amount" in page
    found = Difference.objects.get()
    assert (found.owner, found.here, found.there) == (operations, 1000, 1001)
    notice = Notice.objects.get(recipient=compliance)
    assert "0700" in notice.body
    assert "1000 here, 1001 there" in notice.body

    assert "loaded before" in words(sent(client, content))
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"place": "NONE"}, "valid choice"),
        ({"as_of": "now"}, "valid date"),
        ({"as_of": "2026-03-04T12:01"}, "of the past"),
        ({"file": ""}, "required"),
    ],
)
def test_a_form_that_is_wrong_is_told_so(client, operations, fields, why):
    assert why in words(sent(client, b"asset,units\n0700,1\n", **fields))
    assert not Statement.objects.exists()


def test_a_file_that_is_no_statement_is_told_so(client, operations):
    assert "no number of units" in words(sent(client, b"asset,units\n0700,=1+1\n"))


def test_comparing_again_finds_what_changed(client, operations):
    account = margin_account(pledged={"0700": "1000"})
    sent(client, b"asset,units\n0700,1000\n")
    give(account, {"0700": "5"}, now=NOON - timedelta(minutes=1))

    page = words(client.post(f"{RECONCILIATION}again/", follow=True))

    assert "1 lines compared, 1 differ" in page


def test_a_difference_is_taken_over_and_closed_from_the_page(client, operations):
    found = a_difference(margin_account())
    address = f"/staff/custody/differences/{found.pk}/take/"
    assert "is yours" in words(client.post(address, follow=True))
    found.refresh_from_db()
    assert found.owner == operations

    form = client.get(f"/staff/approvals/new/close_difference/?difference={found.pk}")
    assert f'value="{found.pk}"' in form.content.decode()
    assert not Proposal.objects.filter(command="close_difference").exists()


def test_a_place_without_a_statement_of_the_last_trading_day_is_named(client, operations):
    margin_account(pledged={"0700": "1000"})
    assert "No statement of CCASS" in words(client.get(RECONCILIATION))
    sent(client, b"asset,units\n0700,1000\n", as_of="2026-03-03T15:59")
    assert "No statement of CCASS" in words(client.get(RECONCILIATION))
    sent(client, b"asset,units\n0700,1000.0\n", as_of="2026-03-03T16:00")
    page = words(client.get(RECONCILIATION))
    assert "No statement of CCASS" not in page
    assert "Re-pledged securities Pledged on, HKD 0.00" in page


def test_the_clients_page_says_where_its_units_rest_and_what_is_frozen(client, operations):
    account = margin_account(pledged={"0700": "1000", "BTC": "1"})
    an_authority(account)
    sent(client, f"asset,client,units\n0700,{account.client.number},999\n".encode())

    page = words(client.get(f"/staff/clients/{account.client.number}/"))

    assert "0700 1,000 CCASS (Own CCASS participant account) Frozen" in page
    assert "Standing authority until 3 Mar 2027 In writing" in page
    assert "Differences open 0700" in page
