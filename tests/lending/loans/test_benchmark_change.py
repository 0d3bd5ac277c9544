"""A benchmark changes by two people, from a day that is not over, and below the ceiling for all."""

from datetime import date
from decimal import Decimal

import pytest

from lending.loans.rates import benchmark
from onboarding.approvals import Invalid, approve, propose
from onboarding.users import Role
from tests.factories import NOON, house, margin_account, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_house():
    house()


def change(**fields):
    asked = {
        "currency": "HKD",
        "rate": "0.05",
        "from_date": "2026-03-10",
        "source": "HKMA base rate",
    }
    return propose(
        "benchmark_rate", asked | fields, by=staff(Role.FINANCE), reason="moved", now=NOON
    )


def test_a_rate_holds_from_its_day():
    proposal = change()
    assert proposal.difference[0] == ["HKD benchmark", "4.25%", "5%"]
    approve(proposal, by=staff(Role.COMPLIANCE), reason="agreed", now=NOON)

    assert benchmark("HKD", on=date(2026, 3, 9)) == Decimal("0.0425")
    assert benchmark("HKD", on=date(2026, 3, 10)) == Decimal("0.05")
    assert benchmark("USD", on=date(2026, 3, 10)) == Decimal("0.0475")


@pytest.mark.rule("INT-3")
def test_with_the_widest_spread_it_stays_below_the_ceiling():
    margin_account(spread="0.10")
    change(rate="0.209999")
    with pytest.raises(Invalid, match="31%"):
        change(rate="0.21")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"from_date": "2026-03-03"}, "is over"),
        ({"from_date": "2015-01-01"}, "is over"),
        ({"currency": "EUR"}, "do not lend in EUR"),
        ({"rate": "5"}, "between 0 and 1"),
        ({"rate": "0.31"}, "31%"),
        ({"source": ""}, "missing"),
    ],
)
def test_what_cannot_be_is_refused_when_proposed(fields, why):
    with pytest.raises(Invalid, match=why):
        change(**fields)


def test_a_day_has_one_rate():
    first, second = change(), change(rate="0.06")
    compliance = staff(Role.COMPLIANCE)
    approve(first, by=compliance, reason="x", now=NOON)
    with pytest.raises(Invalid, match="already"):
        approve(second, by=compliance, reason="x", now=NOON)
