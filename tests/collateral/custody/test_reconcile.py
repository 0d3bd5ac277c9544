"""What a custodian says is compared with the register, and what differs freezes until explained."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.custody.difference import Difference, DifferenceState, ReconciliationRun
from collateral.custody.movements import Place, Transfer, record
from collateral.custody.places import CustodyPlace
from collateral.custody.reconcile import reconcile, reconcile_latest
from collateral.custody.statement import (
    Statement,
    StatementLine,
    latest_statements,
    load_statement,
)
from collateral.custody.statement_file import parse_statement
from collateral.tables import BadFile
from lending.margin.release import NotReleasable, release, release_gate
from onboarding.approvals import Invalid, Stale, approve, propose
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, give, house, margin_account, staff
from tests.factories.custody import place
from tests.proofs import refused

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


def ccass() -> CustodyPlace:
    return CustodyPlace.objects.get(code="CCASS")


def said(*lines: str, by_client=True) -> bytes:
    head = "asset,client,units" if by_client else "asset,units"
    return "\n".join([head, *lines, ""]).encode()


def stated(*lines, by_client=True, at=None, as_of=NOON, now=NOON) -> Statement:
    by = staff(Role.OPERATIONS)
    content = said(*lines, by_client=by_client)
    return load_statement(at or ccass(), content, name="s.csv", as_of=as_of, by=by, now=now)


def compared(*lines, now=NOON, **how) -> ReconciliationRun:
    statement = stated(*lines, now=now, **how)
    return reconcile(statement, by=statement.loaded_by, now=now)


def open_ones() -> dict:
    rows = Difference.objects.filter(state=DifferenceState.OPEN)
    return {(d.code, d.client_number): (d.kind, d.here, d.there) for d in rows}


def share(code="0700") -> Asset:
    return Asset.objects.get(code=code)


def gate(account, code="0700"):
    return release_gate(account, share(code), now=NOON)


@pytest.fixture
def two():
    """Two clients who pledged 0700: a thousand and five hundred."""
    house()
    return margin_account(pledged={"0700": "1000"}), margin_account(pledged={"0700": "500"})


def number(account) -> str:
    return account.client.number


# --- What differs --------------------------------------------------------------------------------


def test_a_statement_that_agrees_opens_nothing(two):
    first, second = two
    run = compared(f"0700,{number(first)},1000", f'0700,{number(second)},"500.0"')

    assert (run.compared, run.differing) == (2, 0)
    assert gate(first) is None


def test_each_difference_is_named_by_its_kind_and_freezes_its_client_and_asset_alone(two):
    first, second = two
    give(first, {"0005": "400"})
    stranger = margin_account(pledged={"9988": "100"})
    run = compared(
        f"0700,{number(first)},1001",
        f"0700,{number(second)},500",
        f"0005,{number(first)},400",
        f"0939,{number(second)},1000",
    )

    assert (run.compared, run.differing) == (5, 3)
    assert open_ones() == {
        ("0700", number(first)): ("amount", 1000, 1001),
        ("0939", number(second)): ("missing_here", 0, 1000),
        ("9988", number(stranger)): ("missing_there", 100, 0),
    }
    assert "compared with its custodian" in gate(first)
    assert gate(first, "0005") is None
    assert gate(second) is None
    assert gate(stranger, "9988")


def test_an_extra_unit_shows_in_the_next_run_and_freezes_the_release(two):
    first, _ = two
    compared("0700,1500", by_client=False)
    assert release(first, share(), Decimal(1), key="a", now=NOON)

    compared("0700,1500", "0005,0", by_client=False, as_of=LATER, now=LATER)

    with pytest.raises(NotReleasable, match="compared with its custodian"):
        release(first, share(), Decimal(1), key="b", now=LATER)


def test_one_without_a_known_client_freezes_the_asset_for_all_whose_units_rest_there(two):
    first, second = two
    elsewhere = place("PRIME")
    third = margin_account()
    record(
        [Transfer("p", share(), Decimal(9), third.pool, True, Place.CLIENT, "test", elsewhere)],
        now=LONG_AGO,
    )
    compared("0700,1501", by_client=False)

    assert gate(first)
    assert gate(second)
    assert gate(third) is None


def test_a_client_that_nobody_knows_and_an_asset_that_nobody_knows_are_differences(two):
    first, second = two
    compared(
        f"0700,{number(first)},1000",
        f"0700,{number(second)},500",
        "0700,C999999,5",
        f"XYZ,{number(first)},5",
    )
    assert open_ones() == {
        ("0700", "C999999"): ("missing_here", 0, 5),
        ("XYZ", number(first)): ("missing_here", 0, 5),
    }
    assert gate(second), "It may be anybody's."


def test_the_register_is_that_of_the_statements_own_time(two):
    first, second = two
    give(first, {"0700": "50"}, now=LATER)
    release(second, share(), Decimal(500), key="r", now=LATER)

    run = compared(
        f"0700,{number(first)},1000", f"0700,{number(second)},500", as_of=NOON, now=LATER
    )
    assert run.differing == 0
    run = compared(f"0700,{number(first)},1050", as_of=LATER, now=LATER)
    assert run.differing == 0


def test_another_places_units_are_not_compared(two):
    first, second = two
    give(first, {"BTC": "1"})
    run = compared(f"BTC,{number(first)},1", at=CustodyPlace.objects.get(code="PLATFORM"))
    assert (run.compared, run.differing) == (1, 0)


class WhateverMoves(TestCase):
    """After any movements a statement of what moved agrees, and one that is a unit off does not."""

    @classmethod
    def setUpTestData(cls):
        house()
        cls.share = share()
        cls.by = staff(Role.OPERATIONS)

    @settings(max_examples=25)
    @given(
        st.lists(st.tuples(st.integers(0, 2), st.integers(-30, 40)), min_size=1, max_size=12),
        st.integers(0, 11),
        st.integers(-3, 3),
    )
    def test_it_finds_exactly_what_is_off(self, moves, until, off):
        accounts = [margin_account() for _ in range(3)]
        held, then = [0, 0, 0], None
        for step, (who, units) in enumerate(moves):
            units = max(units, -held[who])
            if units:
                transfer = Transfer(
                    f"m{step}",
                    self.share,
                    Decimal(abs(units)),
                    accounts[who].pool,
                    units > 0,
                    Place.CLIENT,
                    "test",
                )
                record([transfer], now=NOON + timedelta(minutes=step))
                held[who] += units
            if step == min(until, len(moves) - 1):
                then = list(held)
                as_of = NOON + timedelta(minutes=step)
        says = [max(0, then[0] + off), then[1], then[2]]
        lines = [f"0700,{number(a)},{u}" for a, u in zip(accounts, says, strict=True)]
        content = said(*lines)
        statement = load_statement(
            ccass(), content, name="s", as_of=as_of, by=self.by, now=NOON + timedelta(days=1)
        )
        run = reconcile(statement, now=NOON + timedelta(days=1))
        assert run.differing == (says[0] != then[0])


# --- What becomes of one -------------------------------------------------------------------------


def closing(difference, *, explanation="A pledge of yesterday, booked late"):
    payload = {"difference": f"{difference.pk}", "explanation": explanation}
    return propose(
        "close_difference", payload, by=staff(Role.OPERATIONS), reason="looked into", now=LATER
    )


def test_one_that_stands_is_one_however_often_it_is_compared(two):
    compared("0700,1501", by_client=False)
    statement = Statement.objects.get()
    for _ in range(3):
        reconcile_latest(latest_statements(), now=LATER)
    assert Difference.objects.count() == 1
    assert not Difference.objects.get().moves.exists()
    assert statement.runs.count() == 4


def test_one_that_has_gone_stays_frozen_until_two_people_close_it(two):
    first, _ = two
    compared("0700,1501", by_client=False)
    give(first, {"0700": "1"}, now=NOON)
    reconcile_latest(latest_statements(), now=LATER)

    found = Difference.objects.get()
    assert (found.kind, found.state, found.gap) == ("agrees", "open", 0)
    assert gate(first)
    approve(closing(found), by=staff(Role.COMPLIANCE), reason="content", now=LATER)

    found.refresh_from_db()
    assert found.state == DifferenceState.CLOSED
    assert gate(first) is None
    assert [each.step for each in found.moves.order_by("pk")] == ["see", "close"]
    assert found.moves.latest("pk").reason == "A pledge of yesterday, booked late"


def test_one_that_is_closed_and_still_there_is_opened_anew(two):
    first, _ = two
    compared("0700,1501", by_client=False)
    approve(closing(Difference.objects.get()), by=staff(Role.FINANCE), reason="x", now=LATER)
    assert gate(first) is None

    reconcile_latest(latest_statements(), now=LATER)

    assert gate(first)
    assert Difference.objects.count() == 2


def test_an_explanation_of_other_figures_is_stale(two):
    compared("0700,1501", by_client=False)
    proposal = closing(Difference.objects.get())
    give(two[0], {"0700": "7"}, now=NOON)
    reconcile_latest(latest_statements(), now=LATER)

    with pytest.raises(Stale):
        approve(proposal, by=staff(Role.COMPLIANCE), reason="x", now=LATER)


def test_it_has_an_owner_who_may_hand_it_on_and_an_age(two):
    compared("0700,1501", by_client=False)
    found, other = Difference.objects.get(), staff(Role.OPERATIONS)
    assert found.owner == Statement.objects.get().loaded_by

    move(found, Difference.hand_to, reason="on leave", mover=other, owner=other, now=LATER)

    found.refresh_from_db()
    assert found.owner == other
    assert found.age_days(now=NOON + timedelta(days=3)) == 3


def test_what_cannot_be_closed_is_refused_in_words(two):
    compared("0700,1501", by_client=False)
    found = Difference.objects.get()
    with pytest.raises(Invalid, match="is missing"):
        closing(found, explanation=" ")
    waiting = closing(found)
    approve(closing(found), by=staff(Role.FINANCE), reason="x", now=LATER)
    with pytest.raises(Invalid, match="closed already"):
        approve(waiting, by=staff(Role.FINANCE), reason="x", now=LATER)
    for payload in ({"difference": "99999999"}, {"difference": "x"}, {"difference": "1e400"}):
        with pytest.raises(Invalid):
            propose(
                "close_difference",
                payload | {"explanation": "x"},
                by=staff(Role.OPERATIONS),
                reason="x",
                now=LATER,
            )


def test_the_database_holds_the_door(two):
    compared("0700,1501", by_client=False)
    with refused("collateral_difference_state_changes_by_move"):
        Difference.objects.update(state=DifferenceState.CLOSED, closed_at=NOON)
    with refused("collateral_statement_append_only"):
        Statement.objects.update(sha256="0")
    with refused("collateral_statementline_append_only"):
        StatementLine.objects.update(units=1)
    with refused("collateral_reconciliationrun_append_only"):
        ReconciliationRun.objects.update(differing=0)


# --- A file is hostile until it is parsed --------------------------------------------------------


def test_the_same_file_twice_is_said_so(two):
    stated("0700,1500", by_client=False)
    with pytest.raises(BadFile, match="This very file was loaded before"):
        stated("0700,1500", by_client=False, now=LATER)
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "names the columns"),
        (b"asset,units\n", "no line"),
        (b"asset\n0700\n", "names the columns"),
        (b"asset,units\n0700,-1\n", "no number of units"),
        (b"asset,units\n0700,1e5\n", "no number of units"),
        (b"asset,units\n0700,NaN\n", "no number of units"),
        (b"asset,units\n0700,\n", "no number of units"),
        (b"asset,units\n0700,1.\n", "no number of units"),
        ("asset,units\n0700,１００\n".encode(), "no number of units"),
        (b"asset,units\n0700,1.0000000000000000001\n", "no number of units"),
        (b"asset,units\n0700," + b"9" * 21 + b"\n", "no number of units"),
        (b"asset,units\n0700,1\n0700,2\n", "a second time"),
        (b"asset,units\n,1\n", "names no asset"),
        (b"asset,units\n" + b"X" * 13 + b",1\n", "names no asset"),
        (b"asset,client,units\n0700,,1\n", "names no client"),
        (b"asset,client,units\n0700,C1\n", "2 columns and not 3"),
        (b"\x00\x01\x02", "null bytes"),
        (b"\xff\xff", "UTF-8"),
    ],
)
def test_what_is_no_statement_is_refused_whole(content, why):
    house()
    with pytest.raises(BadFile, match=why):
        load_statement(ccass(), content, name="x", as_of=NOON, by=staff(Role.OPERATIONS), now=NOON)
    assert not Statement.objects.exists()


def test_a_statement_is_of_the_past(two):
    with pytest.raises(BadFile, match="of the past"):
        stated("0700,1500", by_client=False, as_of=LATER)


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda words: words.encode()))
def test_no_file_makes_it_fail_in_any_other_way(content):
    try:
        found = parse_statement(content)
    except BadFile:
        return
    assert all(line.units >= 0 and line.code for line in found.lines)


@settings(max_examples=200)
@given(st.text('asetuniclx,"\n\r\t0123456789.=+-@é ', max_size=120))
def test_nor_one_that_begins_well(rest):
    try:
        parse_statement(f"asset,units\n{rest}".encode())
    except BadFile:
        return
