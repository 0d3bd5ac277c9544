"""On the ex-date units and price change in one step; until then a share is unpriced, not cheap."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.actions.action import (
    CorporateAction,
    Entitlement,
    ExpectedExDate,
    begins,
    unpriced_by_action,
)
from collateral.actions.apply import take_effect
from collateral.actions.arithmetic import ActionKind, Fractions, changed, ratio_of
from collateral.actions.calendar import load_calendar, without_action
from collateral.assets import Asset
from collateral.custody.movements import Movement, Place, Transfer, record, units_reconciled
from collateral.prices.price import Price
from collateral.tables import BadFile
from collateral.valuation.pools import pool_lines
from lending.ledger.balances import ledger_balanced
from lending.margin.account import MarginAccount, State
from lending.margin.pledge import NotPledgeable, pledge
from lending.margin.readings import read
from lending.margin.release import NotReleasable, release
from lending.margin.sweep import sweep
from lending.trading.actions import apply_due_actions
from lending.trading.order import Order
from lending.trading.send import plan_order
from onboarding.approvals import Invalid, approve, propose
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, house, margin_account, price, staff
from tests.factories.custody import place
from tests.proofs import refused, together

EX = date(2026, 3, 5)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=ZoneInfo("Asia/Hong_Kong"))
BEFORE = MIDNIGHT - timedelta(seconds=1)
MORNING = MIDNIGHT + timedelta(hours=8)
SPLIT = {"kind": "split", "new": "5", "old": "1", "fractions": "cash"}
pytestmark = pytest.mark.django_db


def share(code="0700") -> Asset:
    return Asset.objects.get(code=code)


def asked(*, now=NOON, by=Role.OPERATIONS, **fields):
    payload = {"asset": "0700", "ex_date": f"{EX}", "source": "Circular of 1 Mar 2026"}
    return propose("corporate_action", payload | fields, by=staff(by), reason="x", now=now)


def entered(*, now=NOON, **fields) -> CorporateAction:
    approve(asked(now=now, **fields), by=staff(Role.COMPLIANCE), reason="read", now=now)
    return CorporateAction.objects.latest("pk")


def expect(ex_date=EX, code="0700", *, now=NOON):
    load_calendar(f"asset,ex_date\n{code},{ex_date}\n".encode(), by=staff(Role.OPERATIONS), now=now)


def held(account, code="0700") -> Decimal:
    return account.pool.holdings.get(asset__code=code).units


def reading(account, now):
    [found] = read(now=now, account_ids=[account.pk])
    return found


@pytest.fixture
def account():
    """Owes 200,000 on 1,000 shares whose price of HKD 400 lives for days."""
    account = margin_account(owed="200000", pledged={"0700": "1000"})
    price("0700", "400", at=NOON, fresh=timedelta(days=3))
    return account


# --- One step ------------------------------------------------------------------------------------


def test_a_split_changes_units_and_price_together_and_moves_nobody(account):
    entered(**SPLIT)
    assert reading(account, BEFORE).market_value == 400_000
    assert not reading(account, MIDNIGHT).is_priced, "It is due and not applied."
    sweep(now=MIDNIGHT)

    effect = apply_due_actions(now=MORNING)

    assert [each.asset.code for each in effect.applied] == ["0700"]
    assert held(account) == 5000
    after = reading(account, MORNING)
    assert (after.market_value, after.margin_value) == (400_000, 280_000)
    assert MarginAccount.objects.get().state == State.HEALTHY
    assert units_reconciled()
    assert pool_lines([account.pool_id], now=MORNING)[account.pool_id][0].price == 80


def test_applying_twice_is_applying_once(account):
    entered(**SPLIT)
    apply_due_actions(now=MORNING)
    assert apply_due_actions(now=MORNING).applied == []
    assert take_effect(share(), now=MORNING + timedelta(hours=1)) == []
    assert held(account) == 5000
    with refused("corporate_action_applied_once"):
        CorporateAction.objects.update(applied_at=None)
    with refused("collateral_entitlement_append_only"):
        Entitlement.objects.update(after=1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_apply_it_once(account):
    entered(**SPLIT)
    together(*(lambda: apply_due_actions(now=MORNING) for _ in range(3)))
    assert held(account) == 5000
    assert Movement.objects.filter(from_place="issuer").count() == 1


class EveryPoolKeepsItsWorth(TestCase):
    """Whatever the pools hold and the ratio is: SQL and arithmetic agree, and no cent is lost."""

    @classmethod
    def setUpTestData(cls):
        house()
        place("PRIME")

    @settings(max_examples=25)
    @given(
        kind=st.sampled_from(["split", "consolidation", "bonus"]),
        ratio=st.tuples(st.integers(1, 40), st.integers(1, 40)).filter(lambda r: r[0] != r[1]),
        rule=st.sampled_from(["cash", "dropped", "up"]),
        cum=st.decimals("0.1", "900", places=3),
        pools=st.lists(st.integers(1, 3_000_000), min_size=1, max_size=4),
    )
    def test_units_times_price_are_conserved(self, kind, ratio, rule, cum, pools):
        small, large = sorted(ratio)
        new, old = (small, large) if kind == "consolidation" else (large, small)
        accounts = [margin_account(pledged={"0700": units}) for units in pools]
        price("0700", cum, at=NOON, fresh=timedelta(days=3))
        entered(kind=kind, new=f"{new}", old=f"{old}", fractions=rule)

        apply_due_actions(now=MORNING)

        numerator, denominator = ratio_of(ActionKind(kind), new, old)
        worth = {a.pk: reading(a, MORNING).market_value for a in accounts}
        for account, units in zip(accounts, pools, strict=True):
            expected = changed(
                Decimal(units),
                numerator=numerator,
                denominator=denominator,
                step=Decimal(1),
                fractions=Fractions(rule),
                cum=cum,
            )
            [due] = Entitlement.objects.filter(pool=account.pool)
            assert (due.before, due.after, due.cash) == (units, expected.units, expected.cash)
            assert held(account) == expected.units
            if rule == "cash":
                before = units * cum
                lost = Decimal("0.01") + expected.units * Decimal("1E-10")
                assert before - lost <= worth[account.pk] + due.cash <= before
        assert units_reconciled()


def test_each_place_rounds_its_own_fractions():
    other = place("PRIME")
    account = margin_account(pledged={"0700": "15"})
    record(
        [Transfer("b", share(), Decimal(15), account.pool, True, Place.CLIENT, "test", other)],
        now=NOON,
    )
    price("0700", "4", at=NOON, fresh=timedelta(days=3))
    entered(kind="consolidation", new="1", old="10", fractions="cash")
    apply_due_actions(now=MORNING)

    assert held(account) == 2
    dues = Entitlement.objects.order_by("place__code").values_list("place__code", "after", "cash")
    assert list(dues) == [("CCASS", 1, 20), ("PRIME", 1, 20)]


def test_a_dividend_comes_off_the_price_and_is_due_and_then_paid_once(account):
    action = entered(kind="dividend", cash="3.405")
    apply_due_actions(now=MORNING)

    assert reading(account, MORNING).market_value == 396_595
    [due] = Entitlement.objects.all()
    assert (due.after, due.cash, due.paid_at) == (1000, 3405, None)

    payload = {"action": f"{action.pk}", "evidence": "Bank statement of 5 Mar"}
    proposals = [
        propose("pay_corporate_action", payload, by=staff(Role.OPERATIONS), reason="x", now=MORNING)
        for _ in range(2)
    ]
    approve(proposals[0], by=staff(Role.FINANCE), reason="seen", now=MORNING)
    after = reading(account, MORNING)
    assert (after.cash, after.market_value) == (3405, 400_000)
    assert ledger_balanced()
    with pytest.raises(Invalid, match="nothing is due"):
        approve(proposals[1], by=staff(Role.FINANCE), reason="seen", now=MORNING)
    with refused("entitlement_paid_once"):
        Entitlement.objects.update(paid_at=None)


def test_rights_and_what_a_fork_gives_are_due_and_no_collateral(account):
    entered(kind="rights", new="1", old="4", subscription="300")
    apply_due_actions(now=MORNING)
    assert reading(account, MORNING).market_value == 380_000
    assert Entitlement.objects.get().more == 250

    held_in_bitcoin = margin_account(pledged={"BTC": "1.5"})
    price("BTC", "500000", at=NOON, fresh=timedelta(days=3))
    entered(asset="BTC", kind="fork", new="1", old="1", into="ETH")
    apply_due_actions(now=MORNING)
    due = Entitlement.objects.get(pool=held_in_bitcoin.pool)
    assert (due.after, due.more) == (Decimal("1.5"), Decimal("1.5"))
    assert reading(held_in_bitcoin, MORNING).market_value == 750_000


def test_a_delisted_share_lends_nothing_and_leaves_the_account_measured(account):
    entered(kind="delisting")
    apply_due_actions(now=MORNING)

    after = reading(account, MORNING + timedelta(days=300))
    assert after.is_priced
    assert after.margin_value == 0
    assert not share().marginable


def test_two_actions_of_one_day_follow_one_another(account):
    entered(kind="dividend", cash="40")
    entered(kind="bonus", new="1", old="1", fractions="cash")
    apply_due_actions(now=MORNING)

    assert held(account) == 2000
    assert reading(account, MORNING).market_value == 360_000
    assert [each.ex_price for each in CorporateAction.objects.order_by("pk")] == [360, 180]


# --- The price of the day ------------------------------------------------------------------------


def test_a_market_that_trades_ex_already_is_believed_where_it_is_near(account):
    action = entered(**SPLIT)
    price("0700", "82", at=MORNING - timedelta(minutes=1), fresh=timedelta(hours=1))
    assert not reading(account, MORNING).is_priced

    apply_due_actions(now=MORNING)

    assert reading(account, MORNING).market_value == 410_000
    action.refresh_from_db()
    assert (action.cum_price, action.ex_price) == (400, 80)


def test_one_that_is_not_near_leaves_the_share_without_a_price(account):
    """A source that still says yesterday's price would make five times too much of the units."""
    entered(**SPLIT)
    price("0700", "400", at=MORNING - timedelta(minutes=1), fresh=timedelta(hours=1))
    apply_due_actions(now=MORNING)

    assert not reading(account, MORNING + timedelta(seconds=1)).is_priced


def test_a_price_of_the_same_moment_is_not_multiplied_with_the_new_units(account):
    entered(**SPLIT)
    price("0700", "400", at=MORNING, fresh=timedelta(hours=1))
    apply_due_actions(now=MORNING)

    assert not reading(account, MORNING).is_priced
    assert Price.objects.filter(source="corporate action").count() == 1


def test_an_old_price_is_not_made_young(account):
    entered(**SPLIT)
    late = MORNING + timedelta(days=10)
    apply_due_actions(now=late)

    assert not reading(account, late + timedelta(seconds=1)).is_priced


# --- An ex-date without its row ------------------------------------------------------------------


def test_an_expected_ex_date_without_an_action_leaves_the_share_unpriced_not_cheap(account):
    expect()
    price("0700", "80", at=MORNING, fresh=timedelta(hours=1))
    assert reading(account, BEFORE).is_priced
    assert unpriced_by_action(now=BEFORE) == set()
    assert unpriced_by_action(now=MORNING) == {share().pk}

    sweep(now=MORNING)

    assert not reading(account, MORNING).is_priced
    assert not pool_lines([account.pool_id], now=MORNING)[account.pool_id][0].is_fresh
    assert MarginAccount.objects.get().state == State.HEALTHY
    assert not account.calls.exists()


def test_it_is_priced_again_when_the_action_came_late(account):
    expect()
    noon = MORNING + timedelta(hours=4)
    price("0700", "80", at=noon, fresh=timedelta(hours=1))
    entered(now=noon, **SPLIT)
    apply_due_actions(now=noon + timedelta(minutes=1))

    assert reading(account, noon + timedelta(minutes=1)).market_value == 400_000


def test_two_people_may_say_that_nothing_changes(account):
    expect()
    entered(kind="nothing")
    apply_due_actions(now=MORNING)

    assert reading(account, MORNING).market_value == 400_000
    assert held(account) == 1000
    assert not Movement.objects.filter(from_place="issuer").exists()


def test_without_an_expected_day_an_action_is_not_dated_back():
    house()
    with pytest.raises(Invalid, match="has passed"):
        asked(now=MORNING + timedelta(days=1), **SPLIT)


def test_nothing_comes_in_or_goes_out_on_the_day_before_units_have_changed():
    """What is brought on the ex-date is ex already, and would be split twice."""
    account = margin_account(pledged={"0700": "1000"})
    expect()
    with pytest.raises(NotPledgeable, match="corporate action"):
        pledge(account, share(), Decimal(100), key="p", now=MORNING)
    with pytest.raises(NotReleasable, match="corporate action"):
        release(account, share(), Decimal(100), key="r", now=MORNING)

    entered(now=MORNING, **SPLIT)
    apply_due_actions(now=MORNING)

    assert pledge(account, share(), Decimal(100), key="p", now=MORNING)
    assert release(account, share(), Decimal(100), key="r", now=MORNING)
    assert held(account) == 5000


# --- Orders --------------------------------------------------------------------------------------


def test_an_order_at_the_venue_is_waited_for(account):
    order = plan_order(
        account,
        now=BEFORE,
        reason="test",
        client_order_id="X-1",
        side="sell",
        asset=share(),
        units=Decimal(100),
        mark=Decimal(400),
        limit_price=Decimal(390),
        venue="paper",
    )
    entered(**SPLIT)

    effect = apply_due_actions(now=MORNING)

    assert (effect.applied, effect.waiting) == ([], [share()])
    assert held(account) == 1000
    assert not reading(account, MORNING).is_priced, "Nothing is sold meanwhile."
    move(order, Order.cancel, reason="day order", now=MORNING)
    assert len(apply_due_actions(now=MORNING).applied) == 1


# --- What cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "merger"}, "no such kind"),
        ({"asset": "9999"}, "no asset"),
        ({"asset": "BTC"}, "no issuer"),
        ({"asset": "HKD"}, "no asset"),
        ({"new": "1", "old": "5"}, "other way round"),
        ({"kind": "consolidation"}, "makes less of more"),
        ({"new": "0"}, "above zero"),
        ({"new": "1000001"}, "between 0"),
        ({"old": "1.5"}, "decimals"),
        ({"fractions": "kept"}, "paid in cash"),
        ({"ex_date": "soon"}, "not a date"),
        ({"ex_date": "2026-03-03"}, "has passed"),
        ({"source": ""}, "is missing"),
        ({"kind": "dividend"}, "is missing"),
        ({"kind": "dividend", "cash": "0"}, "above zero"),
        ({"kind": "dividend", "cash": "1E-11"}, "ten decimals"),
        ({"kind": "fork"}, "is missing"),
    ],
)
def test_what_cannot_be_is_refused_in_words(change, why):
    house()
    with pytest.raises(Invalid, match=why):
        asked(**SPLIT | change)


def test_an_action_is_entered_once_and_never_edited(account):
    waiting = asked(**SPLIT)
    entered(**SPLIT)
    with pytest.raises(Invalid, match="entered already"):
        asked(**SPLIT)
    with pytest.raises(Invalid, match="entered already"):
        approve(waiting, by=staff(Role.COMPLIANCE), reason="x", now=NOON)
    with refused("collateral_corporateaction_append_only"):
        CorporateAction.objects.update(new=6)
    with refused("corporate_action_not_before_its_day"):
        CorporateAction.objects.update(applied_at=NOON)


# --- The calendar --------------------------------------------------------------------------------


def test_a_calendar_is_loaded_once_and_says_what_is_missing():
    house()
    by = staff(Role.COMPLIANCE)
    content = b"\xef\xbb\xbfasset,ex_date,what\r\n0700,2026-03-05,Split\r\n"
    content += b"0005,2026-03-06,\r\n1,2026-03-06,x\r\n"

    first, second = (load_calendar(content, by=by, now=NOON) for _ in range(2))

    assert (first.new, first.known, first.foreign) == (2, 0, 1)
    assert (second.new, second.known, second.foreign) == (0, 2, 1)
    assert [str(each.asset) for each in without_action(until=date(2026, 3, 5))] == ["0700"]
    entered(**SPLIT)
    assert [str(each.asset) for each in without_action(until=date(2026, 3, 9))] == ["0005"]
    assert ExpectedExDate.objects.first().ex_at == begins(EX)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "names the columns"),
        (b"asset\n0700\n", "names the columns"),
        (b"asset,ex_date,hack\n0700,2026-03-05,x\n", "no column 'hack'"),
        (b"asset,ex_date,asset\n", "names the columns"),
        (b"asset,ex_date\n0700\n", "Line 2 has 1 columns"),
        (b"asset,ex_date\n0700,05/03/2026\n", "no day like"),
        (b"asset,ex_date\n0700,2026-W10-4\n", "no day like"),
        (b"asset,ex_date\n0700,2026-02-31\n", "no day like"),
        (b"asset,ex_date\n0700,2025-03-05\n", "is over for more"),
        (b"asset,ex_date\n,2026-03-05\n", "names no share"),
        (b"asset,ex_date\n\xff\xfe,2026-03-05\n", "not text in UTF-8"),
        (b"asset,ex_date\n07\x0000,2026-03-05\n", "null bytes"),
        (b'asset,ex_date\n"0700,2026-03-05\n', "no CSV"),
        (b"asset,ex_date\n" + b"x" * 201 + b",2026-03-05\n", "more than 200 letters"),
        (b"x" * 5_000_001, "larger than"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(content, why):
    house()
    with pytest.raises(BadFile, match=why):
        load_calendar(content, by=staff(Role.OPERATIONS), now=NOON)
    assert not ExpectedExDate.objects.exists()
