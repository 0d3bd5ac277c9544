"""Levels change by two people, from a time on, for every account that stands on them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lending.margin.account import MarginAccount, State
from lending.margin.sweep import sweep
from lending.margin.terms import MarginTerms
from lending.margin.terms_change import LEVELS, WINDOWS, follow_terms
from onboarding.approvals import Invalid, Stale, approve, propose
from onboarding.users import Role
from tests.factories import NOON, margin_account, price, staff

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return margin_account()


def change(*, now=NOON, **fields):
    asked = {"name": "House terms"} | fields
    return propose("margin_terms", asked, by=staff(Role.RISK_OFFICER), reason="policy", now=now)


def agreed(*, now=NOON, **fields):
    return approve(change(now=now, **fields), by=staff(Role.COMPLIANCE), reason="agreed", now=now)


def terms_of(account):
    return MarginAccount.objects.select_related("terms").get(pk=account.pk).terms


def test_what_is_not_named_stays_as_it_is(account):
    before = terms_of(account)
    proposal = agreed(warn="0.89", cure_window="720")

    after = terms_of(account)

    assert (after.warn, after.cure_window) == (Decimal("0.89"), timedelta(hours=12))
    kept = {*LEVELS, *WINDOWS, "mta_amount", "name"} - {"warn", "cure_window"}
    assert all(getattr(after, name) == getattr(before, name) for name in kept)
    assert MarginTerms.objects.get(pk=before.pk).warn == Decimal("0.90")
    assert ["House terms: A warning above", "90%", "89%"] in proposal.difference
    assert ["House terms: Time to cure, minutes", "1440", "720"] in proposal.difference


def test_accounts_follow_when_the_time_has_come(account):
    before = terms_of(account)
    agreed(draw="0.80", effective_at="2026-03-05T12:00:00+08:00")

    assert follow_terms(now=NOON) == 0
    assert terms_of(account) == before
    assert follow_terms(now=NOON + DAY) == 1
    assert terms_of(account).draw == Decimal("0.80")
    assert follow_terms(now=NOON + DAY) == 0


def test_a_stricter_level_warns_at_the_next_sweep():
    account = margin_account(owed="350000", pledged={"BTC": "1"})  # 87.5% of 400,000.
    price("BTC", "1000000", at=NOON)
    agreed(recommended="0.60", draw="0.70", calm="0.80", warn="0.85")

    sweep(now=NOON)

    account.refresh_from_db()
    assert account.state == State.WARNED


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "Nothing of House terms"),
        ({"warn": "0.90"}, "Nothing of House terms"),
        ({"warn": "0.96"}, "would lie above"),
        ({"draw": "0.89"}, "would lie above"),
        ({"cure": "0.89"}, "would lie above"),
        ({"target": "0.96"}, "at most where a call closes"),
        ({"target": "0"}, "above nothing"),
        ({"cure": "1.1"}, "between"),
        ({"mta_amount": "1.234"}, "decimals"),
        ({"cure_window": "0"}, "above zero"),
        ({"cure_window": "1.5"}, "decimals"),
        ({"cure_window": "99999"}, "between"),
        ({"name": "Friends"}, "no terms"),
        ({"warn": "0.89", "effective_at": "2020-01-01T00:00"}, "has passed"),
    ],
)
def test_what_cannot_be_is_refused_when_proposed(account, fields, why):
    with pytest.raises(Invalid, match=why):
        change(**fields)


def test_two_changes_of_one_level_are_not_both_approved(account):
    first, second = change(warn="0.89"), change(warn="0.91")
    compliance = staff(Role.COMPLIANCE)
    approve(first, by=compliance, reason="x", now=NOON)
    with pytest.raises(Stale, match="was 90% when proposed and is 89% now"):
        approve(second, by=compliance, reason="x", now=NOON)


def test_two_changes_of_two_levels_are_both_kept(account):
    first, second = change(warn="0.89"), change(mta_amount="50,000")
    compliance = staff(Role.COMPLIANCE)
    for proposal in (first, second):
        approve(proposal, by=compliance, reason="x", now=NOON)

    assert (terms_of(account).warn, terms_of(account).mta_amount) == (Decimal("0.89"), 50_000)
