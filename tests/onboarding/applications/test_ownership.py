"""Who holds how much through others: laws over random trees, and the cases a desk meets."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.applications.ownership import Circular, Held, TooMuch, shares_of, undisclosed

ROOT = "root"


def held(*lines: str) -> list[Held]:
    """`a 60 b` is: a holds 60% of b."""
    return [
        Held(owner, owned, Decimal(percent))
        for owner, percent, owned in (line.split() for line in lines)
    ]


@st.composite
def forests(draw) -> list[Held]:
    """Holdings that only point to what came before, whole or less: no ring, never above 100%."""
    names = [ROOT, *(f"n{i}" for i in range(draw(st.integers(1, 7))))]
    lines = []
    for place, owned in enumerate(names):
        rest = 100
        for owner in names[place + 1 :]:
            percent = draw(st.integers(0, rest))
            rest -= percent
            if percent:
                lines.append(Held(owner, owned, Decimal(percent)))
    return lines


def by_chains(owner, holdings) -> Decimal:
    """The share as its definition says it: every chain multiplied, all chains added."""
    return sum(
        (
            each.percent
            * (Decimal(100) if each.owned == ROOT else by_chains(each.owned, holdings))
            / 100
            for each in holdings
            if each.owner == owner
        ),
        Decimal(0),
    )


@pytest.mark.rule("AML-5")
@given(forests())
def test_a_share_is_the_sum_of_all_chains(holdings):
    for owner, share in shares_of(ROOT, holdings).items():
        assert abs(share.percent - by_chains(owner, holdings)) <= Decimal("0.00005")


@given(forests())
def test_what_is_named_and_what_is_not_makes_the_whole(holdings):
    """The unnamed part of the root and of every firm above it, and nothing else, makes 100%."""
    everybody = {ROOT} | {each.owner for each in holdings}
    assert abs(sum(undisclosed(ROOT, holdings, everybody).values()) - 100) < Decimal("0.001")


@given(forests(), st.randoms(use_true_random=False))
def test_the_order_of_the_holdings_says_nothing(holdings, random):
    other = list(holdings)
    random.shuffle(other)
    assert shares_of(ROOT, holdings) == shares_of(ROOT, other)


@given(forests())
def test_nobody_rules_more_than_everything(holdings):
    shares = shares_of(ROOT, holdings)
    assert all(0 <= share.ruled <= 100 and 0 <= share.percent <= 100 for share in shares.values())


@pytest.mark.rule("AML-5")
def test_exactly_a_quarter_is_not_more_than_a_quarter():
    shares = shares_of(ROOT, held("a 25 root", "b 25.0001 root"))
    assert not shares["a"].is_over
    assert shares["b"].is_over


@pytest.mark.rule("AML-5")
def test_a_sixth_through_three_is_more_than_a_quarter_though_no_line_shows_it():
    shares = shares_of(
        ROOT, held("x 34 root", "y 33 root", "z 33 root", "a 30 x", "a 30 y", "a 30 z")
    )
    assert (shares["a"].percent, shares["a"].is_over) == (Decimal(30), True)


@pytest.mark.rule("AML-5")
def test_who_has_the_majority_of_a_firm_votes_all_that_it_holds():
    """60% of what holds 30% is 18% of the money and 30% of the votes."""
    share = shares_of(ROOT, held("a 60 x", "x 30 root"))["a"]
    assert (share.percent, share.ruled, share.is_over) == (Decimal(18), Decimal(30), True)


def test_votes_of_firms_ruled_together_make_a_majority_of_another():
    shares = shares_of(ROOT, held("a 51 x", "x 30 y", "a 21 y", "y 40 root"))
    assert shares["a"].ruled == 40


def test_firms_that_hold_each_other_in_part_are_worked_out():
    """x holds a tenth of y and y a tenth of x: those behind them hold it all."""
    shares = shares_of(ROOT, held("x 100 root", "y 10 x", "x 10 y", "a 90 x", "b 90 y"))
    assert shares["a"].percent + shares["b"].percent == 100
    assert shares["a"].percent == Decimal("90.9091")


def test_firms_that_own_each_other_whole_hide_who_stands_behind():
    with pytest.raises(Circular):
        shares_of(ROOT, held("x 100 root", "y 100 x", "x 100 y"))


def test_more_than_the_whole_of_a_firm_cannot_be_held():
    with pytest.raises(TooMuch) as caught:
        shares_of(ROOT, held("a 60 root", "b 40.0001 root"))
    assert caught.value.owned == ROOT


def test_who_is_not_connected_holds_nothing():
    assert set(shares_of(ROOT, held("a 50 root", "b 50 elsewhere"))) == {"a"}
