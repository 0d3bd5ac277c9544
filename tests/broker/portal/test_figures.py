"""The figures of a page: what an act would change is what it does change, and never less."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from broker.portal.figures import after_drawing, after_repaying, figures_of
from lending.loans.admission import why_not_lent
from lending.loans.draw import DrawRefused, draw
from lending.loans.repay import repay
from lending.margin.account import MarginAccount
from lending.margin.ratios import margin_usage
from lending.margin.readings import read
from lending.margin.sweep import sweep
from tests.factories import NOON, margin_account, price

cents = st.decimals(min_value="0.01", max_value="300000", places=2)
prices = st.decimals(min_value="400000", max_value="900000", places=4)


def reading_of(account):
    [reading] = read(now=NOON, account_ids=[account.pk])
    return reading


def shown_figures(account):
    reading = reading_of(account)
    return figures_of(account, reading, stopped=why_not_lent(account, reading, now=NOON))


def opened(btc, **fields) -> MarginAccount:
    account = margin_account(owed="200000", pledged={"BTC": "1"}, **fields)
    price("BTC", btc, at=NOON)
    sweep(now=NOON)
    return MarginAccount.objects.select_related("terms", "relation", "client").get(pk=account.pk)


class WhatIsShownIsWhatHappens(TestCase):
    @settings(max_examples=30)
    @given(amount=cents, btc=prices)
    def test_repaying_does_what_was_shown(self, amount, btc):
        account = opened(btc)
        before = reading_of(account)
        shown = after_repaying(account, before, amount)

        repay(account, amount, key="x", now=NOON)

        after = reading_of(account)
        assert (shown.debt, shown.cash) == (after.debt, after.cash)
        assert shown.usage == margin_usage(after.debt, after.margin_value)
        was_called = before.call_id is not None
        assert shown.cured is ((after.call_id is None) if was_called else None)

    @settings(max_examples=30)
    @given(amount=cents, btc=prices)
    def test_drawing_does_what_was_shown(self, amount, btc):
        account = opened(btc)
        shown = after_drawing(account, reading_of(account), amount, lends=amount)
        figures = shown_figures(account)
        try:
            draw(account, amount, key="x", now=NOON)
        except DrawRefused:
            assert amount > figures.power.amount
            return
        assert amount <= figures.power.amount
        after = reading_of(account)
        assert (shown.debt, shown.usage) == (
            after.debt,
            margin_usage(after.debt, after.margin_value),
        )

    @settings(max_examples=30)
    @given(btc=prices)
    def test_the_fall_and_the_rise_that_are_shown_are_on_the_safe_side(self, btc):
        account = opened(btc)
        reading = reading_of(account)
        figures = figures_of(account, reading, stopped=None)
        if figures.fall:
            assert reading.debt <= reading.margin_value * (1 - figures.fall)
        if figures.rise:
            risen = reading.margin_value * (1 + figures.rise)
            assert reading.debt <= account.terms.cure * risen


@pytest.mark.django_db
def test_an_account_that_stays_in_call_is_not_shown_as_out_of_it():
    account = opened("490000")
    reading = reading_of(account)

    part = after_repaying(account, reading, Decimal("10000"))
    whole = after_repaying(account, reading, Decimal("13800"))

    assert (part.cured, part.zone.word) == (False, "Margin call")
    assert part.still_to_cure == Decimal("3800.00")
    assert (whole.cured, whole.zone.word) == (True, "Watch")


@pytest.mark.django_db
def test_no_rise_of_prices_helps_where_the_credit_limit_is_exceeded():
    account = opened("490000", credit_limit="150000")

    figures = shown_figures(account)

    assert figures.rise is None
    assert [mark.text for mark in figures.gauge.marks][0] == "credit limit 77"


@pytest.mark.django_db
def test_who_is_stopped_can_draw_nothing_and_is_told_why():
    account = opened("490000")

    figures = shown_figures(account)

    assert figures.stopped == "Advances are stopped while a margin call is open."
    assert (figures.power.amount, figures.recommended) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(("btc", "fresh"), [("490000", True), ("700000", True), ("700000", False)])
def test_the_reason_shown_is_the_one_that_a_draw_is_refused_with(btc, fresh):
    account = opened(btc)
    now = NOON if fresh else NOON.replace(hour=8)
    [reading] = read(now=now, account_ids=[account.pk])
    said = why_not_lent(account, reading, now=now)
    if not said:
        draw(account, Decimal(1), key="x", now=now)
        return
    with pytest.raises(DrawRefused) as refused:
        draw(account, Decimal(1), key="x", now=now)
    assert str(refused.value) == said


@pytest.mark.django_db
def test_cash_of_the_account_that_meets_the_debt_stops_counting():
    account = opened("490000")
    repay(account, Decimal("200500"), key="x", now=NOON)
    reading = reading_of(account)
    assert reading.cash == Decimal(500)

    after = after_repaying(account, reading, Decimal("300"), from_cash=True)

    # Nothing is owed, so none of it is taken.
    assert (after.debt, after.cash) == (0, 500)
