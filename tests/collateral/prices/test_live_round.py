"""A round of the live feed: what becomes a price, what grows old, and what is none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.prices.live_round import refresh_live
from collateral.prices.manual_price import ManualPrice
from collateral.prices.price import HeldBack, Price
from collateral.prices.thresholds import rules_at
from collateral.valuation.pools import pool_lines
from lending.margin.readings import read
from onboarding.approvals import approve, propose
from onboarding.users import Role
from tests.factories import NOON, a_price_file, house, margin_account, price, staff
from tests.factories.prices import SaidFeed
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _the_house(db):
    house()


def last(code="BTC") -> Price:
    return Price.objects.filter(asset__code=code).order_by("-observed_at").first()


def by_two(command, payload, *, maker, checker, now=NOON, reason="the market is shut"):
    proposal = propose(command, payload, by=staff(maker), reason=reason, now=now)
    approve(proposal, by=staff(checker), reason="agreed", now=now)
    return proposal


def set_by_hand(asset, value, *, now=NOON, hours=2):
    payload = {
        "asset": asset,
        "value": value,
        "expires_at": (now + timedelta(hours=hours)).isoformat(),
    }
    by_two("manual_price", payload, maker=Role.RISK_OFFICER, checker=Role.COMPLIANCE, now=now)


# --- What becomes a price ------------------------------------------------------------------------


@pytest.mark.rule("VAF-11")
def test_the_platforms_price_is_kept_with_everything_that_was_said():
    feed = SaidFeed().all_say("BTC", "525000")
    feed.prices["BTC"] |= {"hashkey": "525100", "osl": "483000", "kraken": "HTTP 500"}

    result, _ = refresh_live(feed, now=NOON)

    assert result.kept == 1
    kept = last()
    assert (kept.value, kept.source, kept.standing) == (525_100, "hashkey", "agreed")
    assert kept.widen == 0
    said = {each["source"]: each for each in kept.quotes}
    assert said["hashkey"]["verdict"] == "of record"
    assert said["coinbase"]["verdict"] == "heard"
    assert said["osl"]["dropped"].startswith("42000 from the median")
    assert said["kraken"] == {"source": "kraken", "currency": "HKD", "dropped": "HTTP 500"}


@pytest.mark.rule("VAF-11")
@pytest.mark.rule("VAF-12")
def test_a_fallback_is_flagged_with_its_reason_and_lends_less():
    account = margin_account(pledged={"BTC": "1"})
    feed = SaidFeed().all_say("BTC", "525000", but=("hashkey",))
    feed.prices["BTC"]["hashkey"] = "no answer within 2.5 s"

    refresh_live(feed, now=NOON)

    kept = last()
    assert (kept.value, kept.standing) == (525_000, "fallback")
    assert kept.why == "hashkey: no answer within 2.5 s"
    [reading] = read(now=NOON, account_ids=[account.pk])
    [line] = pool_lines([account.pool_id], now=NOON)[account.pool_id]
    assert line.lending_haircut == Decimal("0.61")
    assert reading.margin_value == Decimal("525000") * Decimal("0.39") == line.margin_value
    # The hard line stays where it was: a doubt calls and never sells.
    assert (
        reading.liquidation_value
        == line.liquidation_value
        == Decimal("525000") * (1 - line.liquidation_haircut)
    )


def test_a_thin_price_remembers_since_when_it_is_thin_while_it_lasts():
    feed = SaidFeed({"BTC": {"hashkey": "525000", "osl": "525000"}})
    for seconds in (0, 20, 40):
        refresh_live(feed, now=NOON + seconds * SECOND)
    assert (last().standing, last().thin_since) == ("thin", NOON)

    refresh_live(SaidFeed().all_say("BTC", "525000"), now=NOON + 45 * SECOND)
    assert (last().standing, last().thin_since) == ("agreed", None)
    refresh_live(feed, now=NOON + 50 * SECOND)
    assert last().thin_since == NOON + 50 * SECOND
    # After a silence it begins anew.
    refresh_live(feed, now=NOON + 5 * MINUTE)
    assert last().thin_since == NOON + 5 * MINUTE


def test_the_same_moment_twice_adds_nothing():
    feed = SaidFeed().all_say("BTC", "525000").all_say("ETH", "18000")
    for _ in range(2):
        refresh_live(feed, now=NOON)

    assert Price.objects.count() == 2


def test_a_venue_that_repeats_itself_adds_nothing_and_goes_stale():
    feed = SaidFeed(seen_at=NOON).all_say("BTC", "525000")
    for seconds in (0, 5, 10, 25):
        refresh_live(feed, now=NOON + seconds * SECOND)

    assert Price.objects.count() == 1
    assert last().fresh_until == NOON + 30 * SECOND


# --- Age -----------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-12")
def test_a_price_nobody_renews_grows_old_by_steps_and_then_it_is_none():
    account = margin_account(pledged={"BTC": "1"}, owed="100000")
    refresh_live(SaidFeed().all_say("BTC", "525000"), now=NOON)
    silent = SaidFeed({"BTC": {"hashkey": "HTTP 502"}})

    def at(minutes, seconds=0):
        now = NOON + minutes * MINUTE + seconds * SECOND
        refresh_live(silent, now=now)
        [reading] = read(now=now, account_ids=[account.pk])
        return reading.margin_value and reading.margin_value / 525_000

    assert at(0, 20) == Decimal("0.4")
    assert at(1) == Decimal("0.4")
    assert (last().standing, last().aged_from) == ("aged", NOON)
    assert at(9, 59) == Decimal("0.4")
    assert at(10) == Decimal("0.395")
    assert at(29) == Decimal("0.395")
    assert at(30) == Decimal("0.39")
    assert at(60) == Decimal("0.385")
    assert at(119) == Decimal("0.385")
    assert at(120, 1) is None
    # One entry for the silence itself, and one for each step.
    assert Price.objects.filter(asset__code="BTC", standing="aged").count() == 4


def test_an_old_price_ends_with_the_first_new_one():
    refresh_live(SaidFeed().all_say("BTC", "525000"), now=NOON)
    refresh_live(SaidFeed(), now=NOON + 15 * MINUTE)
    assert last().standing == "aged"

    refresh_live(SaidFeed().all_say("BTC", "500000"), now=NOON + 16 * MINUTE)
    assert (last().standing, last().widen, last().value) == ("agreed", 0, 500_000)


def test_a_line_of_an_old_price_says_how_old_it_is():
    account = margin_account(pledged={"BTC": "1"})
    refresh_live(SaidFeed().all_say("BTC", "525000"), now=NOON)
    refresh_live(SaidFeed(), now=NOON + 5 * MINUTE)

    [line] = pool_lines([account.pool_id], now=NOON + 6 * MINUTE)[account.pool_id]
    assert line.observed_at == NOON
    assert line.is_fresh


def test_a_price_that_is_not_believed_does_not_grow_old_but_ends():
    refresh_live(SaidFeed().all_say("BTC", "525000"), now=NOON)
    tenth = SaidFeed().all_say("BTC", "52500")
    result, _ = refresh_live(tenth, now=NOON + 5 * MINUTE)

    assert (result.kept, result.held_back) == (0, 1)
    assert last().fresh_until < NOON + 5 * MINUTE
    held = HeldBack.objects.get()
    assert held.value == "52500"


def test_why_there_is_none_is_kept_once_a_minute():
    silent = SaidFeed({"BTC": {"hashkey": "HTTP 502"}})
    for seconds in range(0, 120, 5):
        refresh_live(silent, now=NOON + seconds * SECOND)

    assert HeldBack.objects.count() == 2
    assert HeldBack.objects.first().quotes[0]["dropped"] == "HTTP 502"


# --- Jumps ---------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-10")
def test_a_jump_stops_soft_sales_for_a_bounded_time_and_is_not_prolonged():
    def refresh(minutes, value):
        refresh_live(SaidFeed().all_say("BTC", value), now=NOON + minutes * MINUTE)
        return last().jump_until

    ends = NOON + 12 * MINUTE
    assert refresh(0, "500000") is None
    assert refresh(1, "450000") is None
    assert refresh(2, "449999") == ends
    # It goes on falling: the stop ends when it said it would.
    assert refresh(5, "400000") == ends
    assert refresh(11, "350000") == ends
    assert refresh(12, "350000") is None
    assert refresh(14, "349000") is None
    assert refresh(15, "310000") == NOON + 25 * MINUTE


def test_a_slow_fall_is_no_jump():
    for minute, value in enumerate(range(500_000, 350_000, -9_000)):
        refresh_live(SaidFeed().all_say("BTC", str(value)), now=NOON + minute * 2 * MINUTE)
        assert last().jump_until is None


# --- Shares --------------------------------------------------------------------------------------


def approve_file(**closes):
    file = a_price_file(**closes)
    payload = {"file": file.sha256}
    by_two("price_file", payload, maker=Role.OPERATIONS, checker=Role.FINANCE)


def share(value, **others):
    feed = SaidFeed({"0700": {"twelvedata": value} | others}, lives=20 * MINUTE, seen_at=NOON)
    return refresh_live(feed, now=NOON)[0]


def test_a_share_needs_the_approved_file_of_the_day_before():
    share("512")
    assert (last("0700").standing, last("0700").thin_since) == ("thin", NOON)
    assert last("0700").widen == 0

    approve_file(**{"0700": "509"})
    refresh_live(
        SaidFeed({"0700": {"twelvedata": "512"}}, lives=20 * MINUTE, seen_at=NOON),
        now=NOON + MINUTE,
    )
    # The market said nothing new, and it rests on something else now.
    assert (last("0700").standing, last("0700").observed_at) == ("agreed", NOON + MINUTE)


def test_a_share_far_from_its_file_has_no_price_until_two_people_set_one():
    approve_file(**{"0700": "15.1"})
    assert share("1.51").held_back == 1
    assert last("0700") is None

    set_by_hand("0700", "15.05")
    share("1.51")
    assert (last("0700").value, last("0700").standing) == (Decimal("15.05"), "manual")


def test_a_share_does_not_grow_old():
    approve_file(**{"0700": "509"})
    share("512")
    refresh_live(SaidFeed(), now=NOON + timedelta(hours=2))

    assert last("0700").standing == "agreed"
    assert last("0700").fresh_until < NOON + timedelta(hours=2)


# --- By hand -------------------------------------------------------------------------------------


def test_a_price_by_hand_goes_before_every_source_until_it_expires():
    set_by_hand("BTC", "500000", hours=1)
    market = SaidFeed().all_say("BTC", "525000")

    for minutes in (0, 1, 59):
        refresh_live(market, now=NOON + minutes * MINUTE)
    kept = last()
    assert Price.objects.filter(asset__code="BTC").count() == 1
    assert (kept.value, kept.standing) == (500_000, "manual")
    assert kept.fresh_until == NOON + 60 * MINUTE
    assert kept.why.endswith("the market is shut")

    refresh_live(market, now=NOON + 60 * MINUTE)
    assert (last().value, last().standing) == (525_000, "agreed")


def test_a_later_price_by_hand_goes_before_an_earlier_one():
    set_by_hand("BTC", "500000")
    refresh_live(SaidFeed(), now=NOON)
    set_by_hand("BTC", "490000", now=NOON + MINUTE)
    refresh_live(SaidFeed(), now=NOON + MINUTE)

    assert last().value == 490_000


def test_a_contracted_rate_goes_before_the_banks():
    feed = SaidFeed({"USD": {"ecb": "7.79"}}, lives=timedelta(days=7))
    refresh_live(feed, now=NOON)
    assert (last("USD").value, last("USD").source) == (Decimal("7.79"), "ecb")
    assert feed.rates[-1] == (None, None)

    set_by_hand("USD", "7.8123", hours=24 * 30)
    refresh_live(feed, now=NOON + SECOND)
    assert last("USD").value == Decimal("7.8123")
    assert feed.rates[-1][0] == Decimal("7.8123")


def test_a_rate_outside_the_peg_is_held_back():
    refresh_live(SaidFeed({"USD": {"ecb": "7.86"}}), now=NOON)

    assert last("USD") is None
    assert "outside" in HeldBack.objects.get().reason


@pytest.mark.parametrize(
    ("fields", "law"),
    [
        ({"value": 0}, "manual_price_positive"),
        ({"reason": ""}, "manual_price_has_a_reason"),
    ],
)
def test_a_price_by_hand_is_held_by_the_database(fields, law):
    set_by_hand("BTC", "500000")
    row = ManualPrice.objects.get()
    copy = {f.attname: getattr(row, f.attname) for f in row._meta.fields if f.name != "id"}
    with refused(law):
        ManualPrice.objects.create(**(copy | fields))
    with refused("manual_price_maker_is_not_checker"):
        ManualPrice.objects.create(**(copy | {"checker_id": row.maker_id}))
    with refused("manual_price_expires"):
        ManualPrice.objects.create(**(copy | {"expires_at": row.effective_at}))


# --- What the database holds ---------------------------------------------------------------------


def test_what_a_price_rests_on_is_whole():
    price("BTC", "500000", at=NOON)
    statement = (
        "INSERT INTO collateral_price (asset_id, value, observed_at, fresh_until, source, quotes,"
        " standing, why, widen) VALUES (%s, 1, now(), now(), '', '[]', %s, %s, %s)"
    )
    btc = Asset.objects.get(code="BTC").pk
    for values, law in (
        (("aged", "x", 0), "price_aged_says_since_when"),
        (("thin", "x", 0), "price_thin_says_since_when"),
        (("fallback", "", 0), "price_not_agreed_says_why"),
        (("agreed", "", "1.1"), "price_widens_a_haircut"),
    ):
        with refused(law):
            sql(statement, btc, *values)


class AnyMarket(TestCase):
    @settings(max_examples=25)
    @given(
        st.lists(
            st.dictionaries(
                st.sampled_from(["hashkey", "osl", "coinbase", "kraken", "bitstamp"]),
                st.sampled_from(["500000", "505000", "420000", "50000", "0.06", "HTTP 500"]),
            ),
            min_size=1,
            max_size=8,
        ),
        st.integers(1, 700),
    )
    def test_whatever_is_said_a_price_was_said_before_it_was_kept(self, rounds, seconds):
        house()
        said = set()
        for nth, prices in enumerate(rounds):
            said |= {value for value in prices.values() if value != "HTTP 500"}
            refresh_live(SaidFeed({"BTC": prices}), now=NOON + nth * seconds * SECOND)
        middles = {(Decimal(a) + Decimal(b)) / 2 for a in said for b in said}
        for row in Price.objects.all():
            assert row.value in middles
            assert row.standing != "agreed" or row.source == "hashkey"
            assert row.fresh_until - row.observed_at <= timedelta(minutes=60)


def test_the_rules_are_read_in_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        rules = rules_at(NOON, executing="osl")
    assert rules.va.executing == "osl"
    assert [step.widen for step in rules.steps] == [
        Decimal("0.005"),
        Decimal("0.01"),
        Decimal("0.015"),
    ]
