"""A haircut changes for everybody at once, by two people, and never below the regulator's floor."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.haircuts import Haircut
from lending.margin.readings import read
from onboarding.approvals import Invalid, Stale, approve, approve_many, propose
from onboarding.users import Role
from tests.factories import NOON, house, margin_account, price, staff

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def assets():
    return house().assets


@pytest.fixture
def officer():
    return staff(Role.RISK_OFFICER)


@pytest.fixture
def compliance():
    return staff(Role.COMPLIANCE)


def haircut(by, *, now=NOON, **fields):
    asked = {"asset": "BTC", "lending": "0.65", "liquidation": "0.40"} | fields
    return propose("haircut", asked, by=by, reason="thin market", now=now)


def in_force(code="BTC", *, at=NOON):
    row = Haircut.objects.in_force(at=at).get(asset__code=code)
    return row.lending, row.liquidation, row.frr


@pytest.mark.rule("SMF-27")
def test_a_change_is_a_new_row_with_its_two_people(assets, officer, compliance):
    proposal = haircut(officer)
    assert proposal.difference == [
        ["BTC: Lending haircut", "60%", "65%"],
        ["BTC: Liquidation haircut", "35%", "40%"],
        ["In force from", "", "when approved"],
    ]

    approve(proposal, by=compliance, reason="agreed", now=NOON)

    row = Haircut.objects.latest("pk")
    assert in_force() == (Decimal("0.65"), Decimal("0.40"), 1)
    assert (row.maker, row.checker, row.reason) == (officer, compliance, "thin market")
    assert in_force(at=NOON - DAY) == (Decimal("0.6"), Decimal("0.35"), 1)


@pytest.mark.rule("SMF-28")
def test_it_holds_for_every_client_alike(assets, officer, compliance):
    price("BTC", "100000", at=NOON)
    accounts = [margin_account(pledged={"BTC": "1"}) for _ in range(3)]

    approve(haircut(officer), by=compliance, reason="agreed", now=NOON)

    readings = read(now=NOON, account_ids=[account.pk for account in accounts])
    assert {reading.margin_value for reading in readings} == {35_000}


@pytest.mark.rule("SMF-28")
def test_no_command_knows_a_haircut_of_one_client(assets, officer, compliance):
    """A client in the payload changes nothing: there is no row it could be written to."""
    approve(haircut(officer, client="C1"), by=compliance, reason="agreed", now=NOON)

    assert {field.name for field in Haircut._meta.fields}.isdisjoint({"client", "account"})
    assert in_force()[0] == Decimal("0.65")


@pytest.mark.rule("VAF-8")
@pytest.mark.parametrize("lending", ["0.599999", "0"])
def test_below_the_floor_it_is_refused_when_proposed(assets, officer, lending):
    with pytest.raises(Invalid, match="floor for BTC is 60%"):
        haircut(officer, lending=lending, liquidation="0")


@pytest.mark.rule("VAF-8")
def test_the_floor_itself_may_be_proposed(assets, officer):
    haircut(officer, lending="0.60")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"asset": "DOGE"}, "no asset"),
        ({"asset": ""}, "missing"),
        ({"lending": "60"}, "between 0 and 1"),
        ({"lending": "0.6000001"}, "decimals"),
        ({"lending": "a lot"}, "not a number"),
        ({"liquidation": "0.66"}, "at most the lending"),
        ({"lending": "0.60", "liquidation": "0.35"}, "already"),
        ({"effective_at": "2026-03-04T12:00:00+08:00"}, "has passed"),
    ],
)
def test_what_cannot_be_is_refused_when_proposed(assets, officer, fields, why):
    with pytest.raises(Invalid, match=why):
        haircut(officer, **fields)


def test_finance_changes_the_capital_figure_and_nothing_else(assets, officer, compliance):
    approve(haircut(officer), by=compliance, reason="x", now=NOON)
    proposal = propose(
        "frr_haircut",
        {"asset": "0700", "frr": "0.20", "lending": "0"},
        by=staff(Role.FINANCE),
        reason="table of March",
        now=NOON,
    )
    approve(proposal, by=compliance, reason="x", now=NOON)

    assert in_force("0700") == (Decimal("0.30"), Decimal("0.20"), Decimal("0.20"))


def test_what_the_other_hand_changed_meanwhile_is_carried_over(assets, officer, compliance):
    capital = propose(
        "frr_haircut",
        {"asset": "0700", "frr": "0.2"},
        by=staff(Role.FINANCE),
        reason="x",
        now=NOON,
    )
    lending = haircut(officer, asset="0700", lending="0.5", liquidation="0.3")

    approve_many([capital, lending], by=compliance, reason="x", now=NOON)

    assert in_force("0700") == (Decimal("0.5"), Decimal("0.3"), Decimal("0.2"))


def test_a_second_change_of_the_same_figure_is_stale(assets, officer, compliance):
    first, second = haircut(officer), haircut(officer, lending="0.70")
    approve(first, by=compliance, reason="x", now=NOON)
    with pytest.raises(Stale, match="was 60% when proposed and is 65% now"):
        approve(second, by=compliance, reason="x", now=NOON)


def test_a_change_before_a_later_one_says_what_follows(assets, officer, compliance):
    later = haircut(officer, lending="0.80", effective_at="2026-03-10T09:00:00+08:00")
    approve(later, by=compliance, reason="x", now=NOON)

    proposal = haircut(officer)

    assert proposal.difference[-1][0] == "Until"
    approve(proposal, by=compliance, reason="x", now=NOON)
    assert in_force()[0] == Decimal("0.65")
    assert in_force(at=NOON + 10 * DAY)[0] == Decimal("0.80")
