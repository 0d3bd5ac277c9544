"""A round of prices: agreed and kept once, or kept as no price with the reason."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.prices.consensus import RECORDED, Rule
from collateral.prices.price import HeldBack, Price
from collateral.prices.quote import BadQuote, Quote, SourceUnavailable
from collateral.prices.refresh import enter, refresh
from lending.margin.readings import read
from onboarding.approvals import approve, propose
from onboarding.users import Role
from tests.factories import NOON, house, margin_account, price, staff

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LIVE_VA = Rule(min_sources=3)


@dataclass
class Said:
    """A source that says what the test gives it: a price, or an error to raise."""

    prices: dict = field(default_factory=dict)
    name: str = "said"
    at: object = None

    def quote(self, asset, *, now):
        if asset not in self.prices:
            raise SourceUnavailable(f"no {asset}", retry=False)
        said = self.prices[asset]
        if isinstance(said, Exception):
            raise said
        return quote(said, asset=asset, at=self.at or now, source=self.name)


def quote(value, *, asset="BTC", at=NOON, source="said", volume=None):
    return Quote(source, asset, "HKD", Decimal(value), at, at + MINUTE, volume)


@pytest.fixture
def btc(db):
    house()
    return Asset.objects.get(code="BTC")


def values(asset):
    return list(asset.prices.order_by("observed_at").values_list("value", flat=True))


def test_a_round_keeps_what_was_agreed_and_says_who_is_silent(btc):
    result = refresh([Said({"BTC": "500000", "ETH": "20000"})], now=NOON, rule=RECORDED)

    assert (result.kept, result.held_back) == (2, 0)
    assert "0700" in result.silent
    assert "HKD" not in result.silent
    kept = btc.prices.get()
    assert (kept.value, kept.observed_at, kept.source) == (500_000, NOON, "said")
    assert kept.fresh_until == NOON + MINUTE


def test_all_prices_of_a_round_are_written_in_one_statement(btc, django_assert_num_queries):
    eth = Asset.objects.get(code="ETH")
    last = {}
    with django_assert_num_queries(0):
        # COPY is not counted among queries; nothing else was needed.
        entered = enter(
            {btc: [quote("500000")], eth: [quote("20000", asset="ETH")]},
            now=NOON,
            rule=RECORDED,
            last=last,
        )

    assert entered.kept == 2
    assert last == {btc.pk: Decimal(500_000), eth.pk: Decimal(20_000)}


def test_the_same_moment_twice_adds_nothing(btc):
    for _ in range(2):
        refresh([Said({"BTC": "500000"})], now=NOON, rule=RECORDED)
    # A source that has nothing newer to say, asked a little later.
    refresh([Said({"BTC": "500000"}, at=NOON)], now=NOON + MINUTE / 2, rule=RECORDED)

    assert values(btc) == [500_000]


def test_an_older_moment_does_not_come_after_a_newer_one(btc):
    refresh([Said({"BTC": "500000"})], now=NOON, rule=RECORDED)
    old = NOON - MINUTE / 2
    result = refresh([Said({"BTC": "490000"}, at=old)], now=NOON + MINUTE / 4, rule=RECORDED)

    assert result.kept == 0
    assert values(btc) == [500_000]


@pytest.mark.parametrize("value", ["5000000", "50000", "801000", "199000"])
def test_a_price_too_far_from_the_last_is_held_back_and_reaches_no_reading(value):
    account = margin_account(owed="1000", pledged={"BTC": "1"})
    btc = Asset.objects.get(code="BTC")
    price(btc, "500000", at=NOON - MINUTE)

    result = refresh([Said({"BTC": value})], now=NOON, rule=RECORDED)

    assert (result.kept, result.held_back) == (0, 1)
    held = HeldBack.objects.get()
    assert (held.asset, held.value) == (btc, value)
    assert "too far" in held.reason
    assert held.quotes[0]["price"] == value
    [reading] = read(now=NOON, account_ids=[account.pk])
    assert reading.market_value == 500_000


@pytest.mark.parametrize("value", ["800000", "200000"])
def test_a_price_just_as_far_as_believed_is_taken(btc, value):
    price(btc, "500000", at=NOON - MINUTE)

    assert refresh([Said({"BTC": value})], now=NOON, rule=RECORDED).kept == 1


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity", "0E-30"])
def test_what_cannot_be_a_price_is_kept_as_none_with_its_reason(btc, value):
    result = refresh([Said({"BTC": value})], now=NOON, rule=RECORDED)

    assert (result.kept, result.held_back) == (0, 1)
    assert not Price.objects.exists()
    held = HeldBack.objects.get()
    assert held.reason.startswith("said: ")
    assert held.quotes == [{"dropped": held.reason}]


def test_one_hostile_source_among_good_ones_is_dropped_and_named(btc):
    good = [
        Said({"BTC": value}, name=name)
        for name, value in (("a", "500000"), ("b", "500100"), ("c", "500200"))
    ]
    liars = [
        Said({"BTC": "50000"}, name="tenth"),
        Said({"BTC": BadQuote("nothing like a price")}, name="noise"),
    ]

    result = refresh([*liars, *good], now=NOON, rule=LIVE_VA)

    assert (result.kept, result.held_back) == (1, 0)
    kept = btc.prices.get()
    assert (kept.value, kept.source) == (500_100, "a+b+c")
    dropped = [each for each in kept.quotes if "dropped" in each]
    assert {each.get("source") for each in dropped} == {"tenth", None}
    assert "noise: nothing like a price" in {each["dropped"] for each in dropped}


def test_too_few_sources_give_no_price(btc):
    two = [Said({"BTC": "500000"}, name=name) for name in "ab"]

    assert refresh(two, now=NOON, rule=LIVE_VA).held_back == 1
    assert HeldBack.objects.get().reason == "2 of 3 sources needed are fresh"


def test_a_silent_feed_writes_nothing_at_all(btc):
    stale = Said({"BTC": "500000"}, at=NOON - 2 * MINUTE)

    result = refresh([stale], now=NOON, rule=RECORDED)

    assert result.silent.count("BTC") == 1
    assert not Price.objects.exists()
    assert not HeldBack.objects.exists()


def test_the_same_saying_is_held_back_once(btc):
    price(btc, "500000", at=NOON - MINUTE)
    stuck = Said({"BTC": "5000000"}, at=NOON)
    for seconds in (0, 5, 10):
        refresh([stuck], now=NOON + timedelta(seconds=seconds), rule=RECORDED)

    assert HeldBack.objects.count() == 1


def test_a_memory_of_the_last_price_is_believed_before_the_table(btc):
    price(btc, "500000", at=NOON - MINUTE)
    last = {btc.pk: Decimal(5_000_000)}

    entered = enter({btc: [quote("4900000")]}, now=NOON, rule=RECORDED, last=last)

    assert entered.kept == 1
    assert last == {btc.pk: Decimal(4_900_000)}


def test_long_words_of_a_source_are_cut_to_what_the_table_holds(btc):
    names = [f"a very long-winded source number {number:03}" for number in range(4)]
    quotes = [quote("500000", source=name) for name in names]
    enter({btc: quotes}, now=NOON, rule=LIVE_VA)
    assert len(btc.prices.get().source) == 80

    fault = Said({"BTC": BadQuote("blah " * 200)})
    refresh([fault], now=NOON + MINUTE, rule=RECORDED)
    assert len(HeldBack.objects.get().reason) == 200


class TestRounds(TestCase):
    @settings(max_examples=25)
    @given(
        said=st.lists(
            st.decimals(min_value="0.01", max_value=10**9, places=2), min_size=1, max_size=8
        )
    )
    def test_no_step_of_kept_prices_is_beyond_belief(self, said):
        house()
        btc = Asset.objects.get(code="BTC")
        for number, value in enumerate(said):
            refresh([Said({"BTC": value})], now=NOON + number * MINUTE, rule=RECORDED)

        kept = values(btc)
        assert kept[0] == said[0]
        assert len(kept) + HeldBack.objects.count() == len(said)
        for before, after in zip(kept, kept[1:], strict=False):
            assert abs(after - before) <= Decimal("0.6") * before


def test_a_price_by_hand_goes_before_a_recording_too(btc):
    asked = []

    class Curious(Said):
        def quote(self, asset, *, now):
            asked.append(asset)
            return super().quote(asset, now=now)

    by_hand = {"asset": "BTC", "value": "490000", "expires_at": "2026-03-04T13:00"}
    proposal = propose(
        "manual_price", by_hand, by=staff(Role.RISK_OFFICER), reason="halted", now=NOON
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="agreed", now=NOON)
    source = Curious({"BTC": "500000", "ETH": "20000"})
    for minutes in (0, 1, 59):
        refresh([source], now=NOON + minutes * MINUTE, rule=RECORDED)

    assert values(btc) == [490_000]
    assert "BTC" not in asked
    refresh([source], now=NOON + 60 * MINUTE, rule=RECORDED)
    assert values(btc) == [490_000, 500_000]
