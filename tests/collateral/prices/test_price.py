"""Agreed prices are kept for ever, once a moment, and none is below, at or beside nothing."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.prices.price import HeldBack, NewPrice, Price, keep
from tests.factories import NOON, house, price
from tests.proofs import refused, sql
from tests.strategies import prices, words

SECOND = timedelta(seconds=1)


@pytest.fixture
def bitcoin(db):
    return house().assets["BTC"]


def new(asset, value="700000", *, at=NOON, fresh=SECOND, **fields) -> NewPrice:
    return NewPrice(
        asset.pk, Decimal(value), at, at + fresh, fields.pop("source", "test"), **fields
    )


class APriceComesBackAsItWasKept(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.bitcoin = house().assets["BTC"]

    @settings(max_examples=60)
    @given(
        value=prices,
        source=words,
        quotes=st.lists(st.dictionaries(words, words | st.booleans(), max_size=3), max_size=3),
        volume=st.none() | st.decimals(min_value=0, max_value=10**9, places=18),
        fresh=st.timedeltas(timedelta(), timedelta(days=3)),
    )
    def test_to_the_last_digit_and_letter(self, value, source, quotes, volume, fresh):
        keep(
            [
                new(
                    self.bitcoin,
                    value,
                    fresh=fresh,
                    source=source,
                    quotes=json.dumps(quotes),
                    volume=volume,
                )
            ]
        )

        kept = Price.objects.get()
        assert (kept.value, kept.volume, kept.source) == (value, volume, source)
        assert (kept.observed_at, kept.fresh_until) == (NOON, NOON + fresh)
        assert kept.quotes == quotes


def test_a_tick_of_all_assets_is_one_statement(bitcoin, django_assert_num_queries):
    ether = Asset.objects.get(code="ETH")
    # COPY is not counted as a query, and nothing else is asked.
    with django_assert_num_queries(0):
        keep([new(bitcoin), new(ether, "20000")])

    assert Price.objects.count() == 2


def test_no_prices_are_no_statement(db):
    keep([])


@pytest.mark.parametrize(
    ("value", "law"),
    [
        ("0", "price_positive"),
        ("-0.0000000001", "price_positive"),
        ("-1", "price_positive"),
        ("NaN", "collateral_price_value_check"),
    ],
)
def test_a_price_is_above_nothing(bitcoin, value, law):
    with refused(law):
        keep([new(bitcoin, value)])
    with refused(law):
        sql(
            "INSERT INTO collateral_price"
            " (asset_id, value, observed_at, fresh_until, source, quotes)"
            " VALUES (%s, %s, now(), now(), '', '[]')",
            *(bitcoin.pk, value),
        )


def test_a_price_is_kept_once_a_moment(bitcoin):
    keep([new(bitcoin)])
    with refused("price_once_a_moment"):
        keep([new(bitcoin, "700001")])


def test_one_bad_price_keeps_the_whole_tick_out(bitcoin):
    with refused("price_positive"):
        keep([new(bitcoin), new(Asset.objects.get(code="ETH"), "0")])

    assert not Price.objects.exists()


def test_a_price_is_fresh_when_it_is_observed(bitcoin):
    with refused("price_fresh_when_observed"):
        keep([new(bitcoin, fresh=-SECOND)])


def test_a_price_is_never_edited(bitcoin):
    keep([new(bitcoin)])
    for edit in ({"value": 1}, {"fresh_until": NOON}, {"source": "me"}):
        with refused("collateral_price_append_only"):
            Price.objects.update(**edit)
    with refused("collateral_price_append_only"):
        Price.objects.all().delete()


def test_what_was_held_back_is_never_edited(bitcoin):
    HeldBack.objects.create(asset=bitcoin, observed_at=NOON, reason="one source alone")
    with refused("collateral_heldback_append_only"):
        HeldBack.objects.update(reason="another")
    with refused("collateral_heldback_append_only"):
        HeldBack.objects.all().delete()


def test_the_latest_of_each_is_the_last_not_after_now(bitcoin):
    for second, value in ((0, "100"), (1, "200"), (2, "300")):
        price(bitcoin, value, at=NOON + second * SECOND)
    price("ETH", "20", at=NOON)

    def latest(at):
        return dict(Price.objects.latest_of_each(now=at).values_list("asset__code", "value"))

    assert latest(NOON - SECOND) == {}
    assert latest(NOON + SECOND) == {"BTC": 200, "ETH": 20}
    assert latest(NOON + timedelta(days=9)) == {"BTC": 300, "ETH": 20}
