"""Securities come in and go back by two people, and what stays covers what is owed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.custody.movements import Movement
from collateral.custody.pool import HeldAt
from collateral.prices.price import NewPrice, keep
from lending.margin.account import MarginAccount, State
from lending.margin.readings import read
from lending.margin.release import NotReleasable, release
from lending.margin.sweep import sweep
from lending.margin.transfer import SecuritiesTransfer
from onboarding.approvals import Invalid, approve, propose
from onboarding.clients import Client
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import FRESH, NOON, house, margin_account, price, staff
from tests.factories.custody import place
from tests.factories.screening import stop_of
from tests.proofs import refused

LATER = NOON + timedelta(minutes=1)


def asked(borrower, command, units="1000", *, by=Role.OPERATIONS, now=NOON, **more):
    payload = {
        "account": borrower.number,
        "asset": "0700",
        "units": units,
        "participant": "B01234",
        "reference": "T-1",
        "evidence": "CCASS report",
    }
    return propose(command, payload | more, by=staff(by), reason="as instructed", now=now)


def done(account, command, units="1000", *, now=NOON, **more):
    deciding = {"pledge_securities": Role.OPERATIONS, "release_securities": Role.CREDIT_OFFICER}
    proposal = asked(account, command, units, now=now, **more)
    return approve(proposal, by=staff(deciding[command]), reason="seen", now=now)


def held(account, code="0700") -> Decimal:
    return account.pool.holdings.get(asset__code=code).units


@pytest.fixture
def borrower(db):
    """Owes 200,000 on 1,000 shares of HKD 400, which lend 280,000."""
    account = margin_account(owed="200000", pledged={"0700": "1000"})
    price("0700", "400", at=NOON)
    return account


# --- In ------------------------------------------------------------------------------------------


def test_a_transfer_in_is_pledged_by_two_people_and_the_account_is_reviewed(borrower):
    price("0700", "250", at=LATER)
    sweep(now=LATER)
    assert MarginAccount.objects.get().state == State.CALLED

    done(borrower, "pledge_securities", "1000", now=LATER)

    assert held(borrower) == 2000
    assert MarginAccount.objects.get().state == State.HEALTHY
    row = SecuritiesTransfer.objects.get()
    assert (row.units, row.participant, row.custody.code) == (1000, "B01234", "CCASS")
    assert row.maker != row.checker


def test_a_transfer_in_rests_where_it_came_to(borrower):
    place("PRIME")
    done(borrower, "pledge_securities", "500", place="PRIME")

    rests = HeldAt.objects.filter(pool=borrower.pool).values_list("place__code", "units")
    assert dict(rests) == {"CCASS": 1000, "PRIME": 500}


def test_one_reference_is_one_transfer(borrower):
    waiting = asked(borrower, "pledge_securities")
    done(borrower, "pledge_securities")
    with pytest.raises(Invalid, match="in the register already"):
        asked(borrower, "pledge_securities")
    with pytest.raises(Invalid, match="in the register already"):
        approve(waiting, by=staff(Role.OPERATIONS), reason="x", now=NOON)
    assert held(borrower) == 2000
    row = SecuritiesTransfer.objects.get()
    with refused("securities_transfer_reference_once"):
        row.pk, row.proposal = None, waiting
        row.save(force_insert=True)
    with refused("lending_securitiestransfer_append_only"):
        SecuritiesTransfer.objects.update(units=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"asset": "BTC"}, "no listed share"),
        ({"asset": "9999"}, "no listed share"),
        ({"units": "0"}, "above zero"),
        ({"units": "-1"}, "between 0"),
        ({"units": "1.5"}, "whole multiples"),
        ({"units": "1e3000"}, "between 0"),
        ({"units": "NaN"}, "between 0"),
        ({"units": "1234567890123456789.123456789012345678"}, "whole multiples"),
        ({"units": "1." + "1" * 300}, "18 decimals"),
        ({"place": "NOWHERE"}, "no custody place"),
        ({"participant": ""}, "is missing"),
        ({"evidence": " "}, "is missing"),
        ({"reference": "x" * 61}, "longer than 60"),
        ({"account": "MA-NONE"}, "no account"),
    ],
)
@pytest.mark.parametrize("command", ["pledge_securities", "release_securities"])
def test_what_cannot_be_is_refused_in_words(borrower, command, change, why):
    with pytest.raises(Invalid, match=why):
        asked(borrower, command, **({"units": "10"} | change))


def test_a_share_off_the_list_is_not_pledged(borrower):
    Asset.objects.filter(code="0700").update(marginable=False)
    with pytest.raises(Invalid, match="not on the list"):
        asked(borrower, "pledge_securities")


# --- Out -----------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-26", "CSR-3")
def test_what_covers_nothing_goes_back_on_the_clients_word(borrower):
    """At the draw level of 85%, 200,000 needs 840.3 shares: 159 are free."""
    with pytest.raises(Invalid, match="At most 159 0700"):
        asked(borrower, "release_securities", "160")

    done(borrower, "release_securities", "159")

    assert held(borrower) == 841
    row = SecuritiesTransfer.objects.get()
    assert (row.direction, row.units) == ("out", 159)
    assert Movement.objects.latest("pk").to_place == "client"


@pytest.mark.rule("VAF-26")
def test_one_that_was_safe_when_asked_and_is_not_when_decided_is_refused(borrower):
    proposal = asked(borrower, "release_securities", "150")
    price("0700", "390", at=LATER)

    with pytest.raises(Invalid, match="At most 138"):
        approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="x", now=LATER)

    assert held(borrower) == 1000
    assert SecuritiesTransfer.objects.count() == 0


@pytest.mark.rule("VAF-26")
def test_two_releases_that_are_safe_alone_are_not_both_made(borrower):
    first = asked(borrower, "release_securities", "100")
    second = asked(borrower, "release_securities", "100", reference="T-2")
    approve(first, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)

    with pytest.raises(Invalid, match="At most 59"):
        approve(second, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)


class WhatStaysCovers(TestCase):
    """Whatever is owed, held and asked: what is let go leaves the debt within the draw level."""

    @classmethod
    def setUpTestData(cls):
        house()
        cls.share = Asset.objects.get(code="0700")
        price("0700", "400.37", at=NOON)
        price("BTC", "500000", at=NOON)

    @settings(max_examples=60)
    @given(
        owed=st.integers(0, 300_000),
        shares=st.integers(1, 1500),
        bitcoin=st.integers(0, 100),
        asked=st.integers(1, 1600),
    )
    def test_usage_is_safe_after_and_one_more_share_would_not_be(
        self, owed, shares, bitcoin, asked
    ):
        account = margin_account(
            owed=owed, pledged={"0700": shares, "BTC": f"{bitcoin / 1000:.3f}"}
        )
        [before] = read(now=NOON, account_ids=[account.pk])
        level = account.terms.draw
        try:
            release(account, self.share, Decimal(asked), key="r", now=NOON)
        except NotReleasable:
            per_share = Decimal("400.37") * Decimal("0.7")
            left = level * (before.margin_value - asked * per_share)
            assert (
                asked > shares
                or owed > left
                or MarginAccount.objects.get(pk=account.pk).state
                not in (State.HEALTHY, State.WARNED)
            )
            return
        [after] = read(now=NOON, account_ids=[account.pk])
        assert after.debt <= level * after.margin_value


@pytest.mark.rule("VAF-26")
def test_nothing_is_released_while_a_call_is_open_or_nothing_can_be_measured(borrower):
    with pytest.raises(Invalid, match="no fresh price"):
        asked(borrower, "release_securities", "1", now=NOON + timedelta(hours=1))
    price("0700", "250", at=LATER)
    sweep(now=LATER)
    with pytest.raises(Invalid, match="margin call"):
        asked(borrower, "release_securities", "1", now=LATER)


def test_where_nothing_is_owed_all_may_go_whatever_it_is_worth(db):
    account = margin_account(pledged={"0700": "1000"})
    done(account, "release_securities", "1000")
    assert held(account) == 0


def test_no_more_goes_than_there_is_and_than_rests_there(db):
    account = margin_account(pledged={"0700": "1000"})
    place("PRIME")
    with pytest.raises(Invalid, match="1,000 0700 pledged, and no more"):
        asked(account, "release_securities", "1001")
    with pytest.raises(Invalid, match="Not so many"):
        asked(account, "release_securities", "1", place="PRIME")


def test_a_suspended_client_gets_nothing_back(db):
    account = margin_account(pledged={"0700": "1000"})
    move(account.client, Client.suspend, reason="x", now=NOON)
    with pytest.raises(Invalid):
        asked(account, "release_securities", "1")


@pytest.mark.rule("AML-12")
def test_who_is_stopped_by_a_case_gets_nothing_back_and_hears_nothing_of_it(db):
    account = margin_account(pledged={"0700": "1000"})
    case = stop_of(account.client)

    with pytest.raises(NotReleasable) as refusal:
        release(account, Asset.objects.get(code="0700"), Decimal(1), key="k", now=NOON)
    assert case.suspicion not in str(refusal.value)
    assert not Movement.objects.filter(key="k").exists()


@pytest.mark.rule("VAF-12")
def test_at_a_thin_price_nothing_is_released_while_something_is_owed(borrower):
    share = Asset.objects.get(code="0700")
    thin = {"standing": "thin", "why": "one source alone", "thin_since": LATER}
    keep([NewPrice(share.pk, Decimal(400), LATER, LATER + FRESH, "test", **thin)])

    with pytest.raises(NotReleasable, match="while something is owed"):
        release(borrower, share, Decimal(1), key="k", now=LATER)


def test_releasing_twice_under_one_key_is_once(db):
    account = margin_account(pledged={"0700": "1000"})
    share = Asset.objects.get(code="0700")
    assert release(account, share, Decimal(600), key="k", now=NOON)
    assert not release(account, share, Decimal(600), key="k", now=NOON)
    assert held(account) == 400
