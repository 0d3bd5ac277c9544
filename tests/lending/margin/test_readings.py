"""The statement for the book and the pure arithmetic are two tellings of one thing."""

from dataclasses import fields
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.amounts import EXACT
from collateral.assets import Asset
from collateral.custody.movements import Place, Transfer, record
from collateral.haircuts import Haircut
from collateral.prices.price import Price
from collateral.valuation.worth import Line, worth_of
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.liquidation.execute import work
from lending.loans.accrue import Accrual
from lending.margin.account import MarginAccount
from lending.margin.bands import Limit, Standing, band_of, is_past_hard_line
from lending.margin.policy import POLICY, WATCHED
from lending.margin.readings import Reading, read, read_in_question, to_review, unpriced
from lending.margin.sweep import open_call, sweep
from lending.trading.venues.paper import PaperVenue
from onboarding.users import User
from tests.factories import FRESH, LONG_AGO, NOON, give, house, margin_account, owe, price
from tests.proofs import guards_down

CENT, TENTH_PLACE = Decimal("0.01"), Decimal("0.0000000001")
MICROSECOND = timedelta(microseconds=1)
CODES = ("BTC", "ETH", "USD", "0700", "2800")

# So few places that a debt of ten can lie exactly on a level of what is pledged.
prices = st.fixed_dictionaries(
    {
        "BTC": st.decimals(1_000, 900_000, places=1),
        "ETH": st.decimals(100, 40_000, places=1),
        "USD": st.decimals("7.7", "7.9", places=1),
        "0700": st.decimals(100, 700, places=1),
        "2800": st.decimals(10, 40, places=1),
    }
)
amounts = {
    "BTC": st.decimals("0.001", 50, places=3),
    "ETH": st.decimals("0.001", 900, places=3),
    "USD": st.decimals(1, 1_000_000, places=0),
    "0700": st.decimals(1, 50_000, places=0),
    "2800": st.decimals(1, 500_000, places=0),
}
pools = st.lists(st.sampled_from(CODES), unique=True, max_size=4).flatmap(
    lambda codes: st.fixed_dictionaries({code: amounts[code] for code in codes})
)
nudges = st.one_of(
    st.sampled_from([Decimal(0), TENTH_PLACE, -TENTH_PLACE]),
    st.decimals(-1000, 1000, places=10),
)
levels = st.one_of(
    st.sampled_from([Decimal(u) for u in ("0.85", "0.88", "0.9", "0.95", "1", "1.01")]),
    st.decimals(0, 2, places=2),
)
limits = st.one_of(
    st.none(), st.sampled_from([Decimal("0.9"), Decimal("0.999"), Decimal(1), Decimal("1.2")])
)
moments = st.one_of(
    st.sampled_from([timedelta(seconds=s) for s in (0, 5, 20, 3600, 14_400, 86_400)]),
    st.timedeltas(timedelta(0), timedelta(hours=26)),
).flatmap(lambda after: st.sampled_from([after, after + MICROSECOND, after - MICROSECOND]))
ages = st.sampled_from([timedelta(0), FRESH - MICROSECOND, FRESH, FRESH + MICROSECOND])


def keep_prices(values, *, at, fresh=FRESH):
    for code, value in values.items():
        price(code, value, at=at, fresh=fresh)


def haircuts_at(now):
    """(lending, liquidation) by code, from the rows themselves."""
    found = {}
    for asset in Asset.objects.all():
        rows = Haircut.objects.filter(asset=asset, effective_at__lte=now)
        row = rows.order_by("-effective_at", "-pk").first()
        lends = row is not None and asset.marginable
        found[asset.code] = (row.lending, row.liquidation) if lends else (Decimal(1), Decimal(1))
    return found


def price_at(code, now):
    told = Price.objects.filter(asset__code=code, observed_at__lte=now)
    last = told.order_by("observed_at").last()
    return last.value if last and last.fresh_until >= now else None


def worth_at(account, now):
    """What the pool is worth, by the pure arithmetic."""
    haircuts = haircuts_at(now)
    return worth_of(
        Line(code, units, price_at(code, now), *haircuts[code])
        for code, units in account.pool.holdings.values_list("asset__code", "units")
    )


def standing_of(account, call):
    if account.state != "called":
        return Standing(account.state)
    if call.state == "overdue":
        return Standing.OVERDUE
    return Standing.ACCELERATED if call.accelerated else Standing.CALLED


def reckoned(account, now) -> Reading:
    """The reading of `account` as Python comes to it, row by row."""
    account = MarginAccount.objects.select_related("subledger", "terms").get(pk=account.pk)
    call = open_call(account)
    books = account.subledger
    debt = books.owed + books.accrued
    worth = worth_at(account, now).with_cash(books.cash)
    standing = standing_of(account, call)
    since = account.hard_line_since
    over = is_past_hard_line(debt=debt, liquidation_value=worth.liquidation_value)
    band = band_of(
        debt=debt,
        margin_value=worth.margin_value,
        liquidation_value=worth.liquidation_value,
        credit_limit=account.credit_limit,
        policy_amount=account.policy_amount,
        standing=standing,
        call_due=bool(call and call.cure_due_at <= now),
        hard_confirmed=bool(since and since <= now - account.terms.hard_confirm),
        levels=account.terms.levels,
    )
    return Reading(
        account_id=account.pk,
        state=account.state,
        standing=standing,
        band=band,
        debt=debt,
        cash=books.cash,
        market_value=worth.market_value,
        margin_value=worth.margin_value,
        liquidation_value=worth.liquidation_value,
        credit_limit=account.credit_limit,
        policy_amount=account.policy_amount,
        hard_line_since=since,
        over_line=None if worth.margin_value is None else over,
        terms_id=account.terms_id,
        subledger_id=account.subledger_id,
        pool_id=account.pool_id,
        call_id=call and call.pk,
        call_state=call and call.state,
        cure_due_at=call and call.cure_due_at,
        accelerated=bool(call and call.accelerated),
    )


def agree(reading: Reading, expected: Reading):
    for field in fields(Reading):
        assert getattr(reading, field.name) == getattr(expected, field.name), field.name


def borrow(account, debt):
    """Owe `debt`: cents as principal, the rest as interest accrued and not yet posted."""
    principal = debt.quantize(CENT, ROUND_FLOOR)
    owe(account, principal)
    if debt > principal:
        Accrual.objects.create(
            account=account,
            on_date=LONG_AGO.date(),
            balance=Decimal(1),
            rate=Decimal("0.08"),
            amount=debt - principal,
            accrued_at=LONG_AGO,
        )


def pay_in(account, cash):
    if cash:
        legs = entries.received(cash)
        post(Event(f"in-{account.pk}", "receipt", "test", account.subledger_id, legs), now=LONG_AGO)


def usages(account, now):
    """Debt over margin value in the middle of the call, accelerated and hard zones of the pool."""
    worth = worth_at(account, now)
    hard = float(worth.liquidation_value / worth.margin_value)
    near = (1 + 3 * hard) / 4
    return {"thin": 0.93, "back": 0.97, "short": (1.0101 + near) / 2, "near": (near + hard) / 2}


# What the market did before, so that the account comes to stand as it does by its own steps.
PATHS = {
    Standing.HEALTHY: [],
    Standing.WARNED: [("thin", timedelta(0))],
    Standing.CALLED: [("short", timedelta(0))],
    Standing.ACCELERATED: [("short", timedelta(0)), ("near", timedelta(minutes=5))],
    Standing.OVERDUE: [("short", timedelta(0)), ("back", timedelta(hours=24))],
    Standing.LIQUIDATING: [("short", timedelta(0)), ("short", timedelta(hours=24))],
}


def walk(account, standing, base):
    """Lead the account to `standing` by price alone, and return when it got there."""
    worth = worth_at(account, NOON)
    reading = reckoned(account, NOON)
    at = NOON
    if not (worth.margin_value and reading.debt):
        return at
    zones = usages(account, NOON)
    for zone, after in PATHS[standing]:
        at = NOON + timedelta(minutes=1) + after
        with localcontext(EXACT) as exact:
            exact.clear_traps()
            exact.prec = 30
            scale = reading.debt / (Decimal(zones[zone]) * worth.margin_value)
            keep_prices(
                {code: max(TENTH_PLACE, round(value * scale, 10)) for code, value in base.items()},
                at=at,
            )
        sweep(now=at)
    return at


@pytest.mark.servers
@pytest.mark.rule("SMF-41", "VAF-11", "VAF-14")
class TestReadingsAgreeWithTheArithmetic(TestCase):
    @classmethod
    def setUpTestData(cls):
        house()

    @settings(max_examples=80)
    @given(
        values=prices,
        pool=pools,
        usage=levels,
        nudge=nudges,
        cash=st.one_of(st.just(Decimal(0)), st.decimals("0.01", 500_000, places=2)),
        limit=limits,
        policy=limits,
        standing=st.sampled_from(list(PATHS)),
        after=moments,
        age=ages,
        silent=st.sampled_from([None, None, None, *CODES]),
        fall=st.one_of(st.just(Decimal(1)), st.decimals("0.3", "1.5", places=2)),
    )
    def test_to_the_last_digit(
        self, values, pool, usage, nudge, cash, limit, policy, standing, after, age, silent, fall
    ):
        account = margin_account(pledged={code: str(units) for code, units in pool.items()})
        keep_prices(values, at=NOON)
        level = usage * worth_at(account, NOON).margin_value
        debt = max(Decimal(0), (level + nudge).quantize(TENTH_PLACE, ROUND_FLOOR))
        borrow(account, debt)
        pay_in(account, cash)
        bound = {"credit_limit": limit, "policy_amount": policy}
        with guards_down():  # A limit changes by approval; that is not what is asked here.
            MarginAccount.objects.filter(pk=account.pk).update(
                **{name: (debt * share).quantize(CENT) for name, share in bound.items() if share}
            )
        at = walk(account, standing, values)
        now = max(at, at + after)
        last = {code: round(value * fall, 10) for code, value in values.items() if code != silent}
        keep_prices(last, at=max(now - age, at + MICROSECOND))

        expected = reckoned(account, now)
        [reading] = read(now=now, account_ids=[account.pk])

        event(f"{reading.standing} {reading.band}")
        agree(reading, expected)
        assert reading == read(now=now)[0]
        assert unpriced(now=now) == ([] if reading.is_priced else [account.pk])

    @settings(max_examples=30)
    @given(
        values=prices,
        accounts=st.lists(st.tuples(pools, levels, nudges), min_size=1, max_size=4),
        history=st.lists(
            st.tuples(
                st.decimals("0.4", "1.3", places=2),
                st.sampled_from([timedelta(seconds=20), timedelta(hours=1), timedelta(hours=24)]),
                st.booleans(),
            ),
            max_size=4,
        ),
        last=st.decimals("0.3", "1.3", places=2),
        silent=st.sampled_from([None, None, *CODES]),
        data=st.data(),
    )
    def test_in_question_is_whom_the_policy_moves_or_whose_mark_must_change(
        self, values, accounts, history, last, silent, data
    ):
        keep_prices(values, at=NOON)
        ids = []
        for pool, usage, nudge in accounts:
            account = margin_account(pledged={code: str(units) for code, units in pool.items()})
            level = usage * worth_at(account, NOON).margin_value + nudge
            borrow(account, max(Decimal(0), level.quantize(TENTH_PLACE, ROUND_FLOOR)))
            ids.append(account.pk)
        now = NOON
        for scale, pause, is_worked in history:
            now += pause
            keep_prices({code: value * scale for code, value in values.items()}, at=now)
            sweep(now=now)
            if is_worked:
                work(now=now, venue=PaperVenue())
        now += timedelta(minutes=2)
        heard = {code: value * last for code, value in values.items() if code != silent}
        keep_prices(heard, at=now)

        book = read(now=now)

        assert [reading.account_id for reading in book] == ids
        for reading in book:
            agree(reading, reckoned(MarginAccount(pk=reading.account_id), now))
        chosen = data.draw(st.sets(st.sampled_from(ids)))
        assert read(now=now, account_ids=chosen) == [r for r in book if r.account_id in chosen]
        asked = [reading for reading in book if is_in_question(reading)]
        assert read_in_question(now=now) == asked
        in_question = {reading.account_id for reading in asked}
        unread = {reading.account_id for reading in book if not reading.is_priced}
        assert in_question <= set(to_review(now=now)) <= in_question | unread
        assert read_in_question(now=now, account_ids=chosen) == [
            reading for reading in asked if reading.account_id in chosen
        ]


def is_in_question(reading: Reading) -> bool:
    if not reading.is_priced:
        return False
    is_marked = reading.hard_line_since is not None
    must_mark = reading.standing in WATCHED and reading.over_line != is_marked
    return must_mark or (reading.standing, reading.band) in POLICY


LEVELS = [Decimal(u) for u in ("0.5", "0.88", "0.9", "0.95", "1", "1.01", "1.46875", "1.625", "2")]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [None, "0.9", "0.99", "1"])
def test_nobody_in_question_is_missed_at_any_level(limit):
    """Accounts on each level and a hair to either side, in each standing, marked and not."""
    house()
    keep_prices({"BTC": Decimal(500_000)}, at=NOON, fresh=timedelta(days=9))
    for level in LEVELS:
        for hair in (-TENTH_PLACE, Decimal(0), TENTH_PLACE):
            account = margin_account(pledged={"BTC": "1"})
            debt = level * 200_000 + hair
            borrow(account, debt)
            if limit:
                ceiling = (debt * Decimal(limit)).quantize(CENT)
                with guards_down():
                    MarginAccount.objects.filter(pk=account.pk).update(credit_limit=ceiling)

    def agrees(now):
        asked = [reading for reading in read(now=now) if is_in_question(reading)]
        assert read_in_question(now=now) == asked
        assert to_review(now=now) == [reading.account_id for reading in asked]
        return asked

    assert len(agrees(NOON)) > 10
    MarginAccount.objects.update(hard_line_since=NOON - timedelta(minutes=1))
    assert len(agrees(NOON)) > 20
    sweep(now=NOON)
    assert agrees(NOON) == []
    MarginAccount.objects.update(hard_line_since=NOON)
    for after in (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=3)):
        agrees(NOON + after)
        sweep(now=NOON + after)
        for price_now in ("530000", "570000", "490000"):
            now = NOON + after + timedelta(seconds=int(price_now[:2]))
            price("BTC", price_now, at=now, fresh=timedelta(days=9))
            agrees(now)
            sweep(now=now)
            assert agrees(now) == []


BASE = {"BTC": Decimal(500_000), "0700": Decimal(400)}


@pytest.fixture
def borrower(db):
    """Owes 150,000.1234567891 against one bitcoin and 100 shares."""
    house()
    account = margin_account(pledged={"BTC": "1", "0700": "100"})
    keep_prices(BASE, at=NOON)
    borrow(account, Decimal("150000.1234567891"))
    return account


@pytest.mark.parametrize("standing", PATHS)
def test_each_path_leads_to_its_standing(borrower, standing):
    at = walk(borrower, standing, BASE)

    [reading] = read(now=at)

    assert reading.standing == standing
    agree(reading, reckoned(borrower, at))


@pytest.mark.rule("VAF-11")
def test_a_price_lives_to_its_last_instant(borrower):
    assert read(now=NOON + FRESH)[0].is_priced
    [reading] = read(now=NOON + FRESH + MICROSECOND)

    assert reading.band is reading.margin_value is reading.over_line is None
    assert reading.limit_amount is reading.shortfall is reading.binding is None
    assert reading.debt == Decimal("150000.1234567891")
    assert unpriced(now=NOON + FRESH + MICROSECOND) == [borrower.pk]
    assert read_in_question(now=NOON + FRESH + MICROSECOND) == []


def test_a_stale_price_hides_the_older_one_that_would_still_be_fresh(borrower):
    later = NOON + timedelta(seconds=10)
    price("BTC", "400000", at=later, fresh=timedelta(seconds=1))

    assert not read(now=later + timedelta(seconds=2))[0].is_priced


@pytest.mark.rule("SMF-26")
def test_only_the_haircut_in_force_counts(borrower):
    btc = Asset.objects.get(code="BTC")
    terms = {
        "asset": btc,
        "liquidation": Decimal("0.5"),
        "frr": Decimal(1),
        "reason": "test",
        "maker": User.objects.get(username="maker"),
        "checker": User.objects.get(username="checker"),
    }
    Haircut.objects.create(lending=Decimal("0.8"), effective_at=NOON, **terms)
    Haircut.objects.create(lending=Decimal("0.9"), effective_at=NOON + MICROSECOND, **terms)

    [reading] = read(now=NOON)

    assert reading.margin_value == 500_000 * Decimal("0.2") + 100 * 400 * Decimal("0.7")
    agree(reading, reckoned(borrower, NOON))
    assert read(now=NOON + MICROSECOND)[0].margin_value < reading.margin_value


@pytest.mark.rule("SMF-26", "VAF-7")
def test_what_is_no_longer_accepted_lends_nothing_and_must_still_be_priced(borrower):
    Asset.objects.filter(code="BTC").update(marginable=False)

    [reading] = read(now=NOON)

    assert reading.margin_value == 100 * 400 * Decimal("0.7")
    assert reading.liquidation_value == 100 * 400 * Decimal("0.8")
    assert reading.market_value == 500_000 + 100 * 400
    agree(reading, reckoned(borrower, NOON))


def test_before_its_first_haircut_an_asset_lends_nothing(borrower):
    early = LONG_AGO - timedelta(days=1)
    keep_prices(BASE, at=early)

    [reading] = read(now=early)

    assert reading.margin_value == reading.liquidation_value == 0
    agree(reading, reckoned(borrower, early))


def test_units_that_are_gone_need_no_price(borrower):
    give(borrower, {"ETH": "2"})
    assert not read(now=NOON)[0].is_priced
    transfer_out(borrower, "ETH", "2")

    assert read(now=NOON)[0].is_priced


def transfer_out(account, code, units):
    transfer = Transfer(
        key=f"out-{code}",
        asset=Asset.objects.get(code=code),
        units=Decimal(units),
        pool=account.pool_id,
        into_pool=False,
        other_place=Place.CLIENT,
        narrative="test",
    )
    record([transfer], now=NOON)


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize(
    ("credit_limit", "policy_amount", "binding"),
    [
        ("1000000", None, Limit.COLLATERAL),
        ("228000", None, Limit.COLLATERAL),
        ("227999.99", None, Limit.CREDIT_LIMIT),
        ("1000000", "227999.99", Limit.POLICY_AMOUNT),
        ("200000", "210000", Limit.CREDIT_LIMIT),
        ("210000", "200000", Limit.POLICY_AMOUNT),
    ],
)
def test_the_smallest_of_the_three_amounts_binds(borrower, credit_limit, policy_amount, binding):
    with guards_down():  # A limit changes by approval; what binds is asked here, not who agreed.
        MarginAccount.objects.update(credit_limit=credit_limit, policy_amount=policy_amount)

    [reading] = read(now=NOON)

    amounts = [Decimal(228_000), Decimal(credit_limit), Decimal(policy_amount or "Infinity")]
    assert reading.limit_amount == min(amounts)
    assert reading.binding == binding


def test_the_book_costs_as_many_statements_as_one_account(borrower):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert len(read(now=NOON)) == MarginAccount.objects.count() == count
        return len(captured) - 1

    count = 1
    alone = statements()
    for _ in range(5):
        margin_account(owed="1000", pledged={"BTC": "1"})
    count = 6
    assert statements() == alone


def test_reading_nobody_asks_nothing(borrower):
    with CaptureQueriesContext(connection) as captured:
        assert read(now=NOON, account_ids=[]) == []
    assert len(captured) == 0


def test_reading_the_book_leaves_the_planner_as_it_was(borrower):
    def choices():
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE 'enable%'")
            return dict(cursor.fetchall())

    before = choices()
    read(now=NOON)
    read_in_question(now=NOON)
    assert choices() == before
