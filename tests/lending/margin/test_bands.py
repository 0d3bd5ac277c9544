"""Each band begins and ends exactly where the policy says, and no wider."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.margin.bands import (
    AWAITING_CURE,
    IN_CALL,
    Band,
    Standing,
    band_of,
    collateral_shortfall_of,
    is_cured,
    is_past_hard_line,
    is_underwater,
    limit_amount_of,
    mta_of,
    shortfall_of,
)
from tests.lending.margin.house import HOUSE

NO_LIMIT = Decimal(10) ** 15
SMALL_MTA = replace(HOUSE, mta_amount=Decimal(10_000))


def band(debt, margin_value=1_000_000, liquidation_value=1_625_000, **more):
    """The band of a healthy account, against a pool of one asset with the haircuts 60% and 35%."""
    asked = {
        "debt": Decimal(debt),
        "margin_value": Decimal(margin_value),
        "liquidation_value": Decimal(liquidation_value),
        "credit_limit": NO_LIMIT,
        "policy_amount": None,
        "standing": Standing.HEALTHY,
        "call_due": False,
        "hard_confirmed": False,
        "levels": HOUSE,
    }
    return band_of(**asked | more)


def oracle(
    *,
    debt,
    margin_value,
    liquidation_value,
    credit_limit,
    policy_amount,
    standing,
    call_due,
    hard_confirmed,
    levels,
):
    """The policy in quotients of fractions: another road to the same bands."""
    debt, lent_on, hard_line = Fraction(debt), Fraction(margin_value), Fraction(liquidation_value)
    amounts = [Fraction(a) for a in (margin_value, credit_limit, policy_amount) if a is not None]
    mta = min(Fraction(levels.mta_amount), debt * Fraction(levels.mta_fraction))
    usage = debt / lent_on if lent_on else Fraction(10**30 if debt else 0)
    cured = usage <= Fraction(levels.cure) and debt <= min(amounts)
    if hard_confirmed and debt > hard_line:
        return "hard"
    if standing in AWAITING_CURE and call_due and debt - lent_on > mta:
        return "overdue"
    if standing in AWAITING_CURE and call_due and not cured:
        return "lapsed"
    if standing == "overdue" and debt - lent_on <= mta and not cured:
        return "held"
    if debt - min(amounts) > mta:
        far = (debt - lent_on) > Fraction(3, 4) * (hard_line - lent_on)
        return "accelerated" if far else "call"
    if standing in IN_CALL and not cured:
        return "held"
    return "warn" if usage > (levels.calm if standing == "warned" else levels.warn) else "covered"


money = st.decimals(min_value=0, max_value=10**7, places=2)
exact_values = st.decimals(min_value=0, max_value=10**7, places=24)
readings = st.fixed_dictionaries(
    {
        "debt": st.decimals(min_value=0, max_value=10**7, places=10),
        "margin_value": exact_values,
        "liquidation_value": exact_values,
        "credit_limit": money,
        "policy_amount": st.none() | money,
        "standing": st.sampled_from(Standing),
        "call_due": st.booleans(),
        "hard_confirmed": st.booleans(),
        "levels": st.just(HOUSE),
    }
)


@st.composite
def readings_near_a_line(draw):
    """Debt within two cents of one of the lines, where an error would show."""
    reading = draw(readings)
    reading["credit_limit"] = draw(st.sampled_from([NO_LIMIT, reading["credit_limit"]]))
    value = draw(money)
    reading["margin_value"] = value
    reading["liquidation_value"] = value * draw(st.sampled_from([Decimal("1.625"), Decimal(1)]))
    line = draw(
        st.sampled_from(
            [
                value * HOUSE.warn,
                value * HOUSE.calm,
                value * HOUSE.cure,
                value,
                value + HOUSE.mta_amount,
                round(value / (1 - HOUSE.mta_fraction), 2),
                (value + 3 * reading["liquidation_value"]) / 4,
                reading["liquidation_value"],
                reading["credit_limit"],
            ]
        )
    )
    off = draw(st.sampled_from(["-0.01", "-0.000000001", "0", "0.000000001", "0.01"]))
    reading["debt"] = max(Decimal(0), line + Decimal(off))
    return reading


@given(readings)
def test_products_and_quotients_give_the_same_band(reading):
    assert band_of(**reading) == oracle(**reading)


@given(readings_near_a_line())
def test_products_and_quotients_agree_on_the_lines(reading):
    assert band_of(**reading) == oracle(**reading)


SEVERITY = [Band.COVERED, Band.WARN, Band.CALL, Band.ACCELERATED, Band.HARD]


@given(readings, money)
def test_owing_more_is_never_a_milder_band(reading, more):
    reading |= {"standing": Standing.HEALTHY, "hard_confirmed": True}
    reading["liquidation_value"] = max(reading["margin_value"], reading["liquidation_value"])
    worse = reading | {"debt": reading["debt"] + more}

    assert SEVERITY.index(band_of(**worse)) >= SEVERITY.index(band_of(**reading))


@given(readings)
def test_an_unpriced_pool_has_no_band(reading):
    assert band_of(**reading | {"margin_value": None, "liquidation_value": None}) is None


@given(readings)
@pytest.mark.rule("SMF-41")
def test_a_credit_limit_alone_never_sells_collateral(reading):
    reading["margin_value"] = max(reading["margin_value"], reading["debt"])
    reading["liquidation_value"] = max(reading["liquidation_value"], reading["debt"])

    assert band_of(**reading) not in {Band.OVERDUE, Band.HARD}


@given(readings)
def test_cured_means_no_shortfall(reading):
    owed = {k: reading[k] for k in ("debt", "margin_value", "credit_limit", "policy_amount")}

    if is_cured(**owed, levels=HOUSE):
        assert shortfall_of(**owed) == 0
        assert band_of(**reading | {"hard_confirmed": False}) in {Band.COVERED, Band.WARN}


@given(readings)
@pytest.mark.rule("VAF-10")
def test_an_unconfirmed_mark_is_never_the_hard_line(reading):
    assert band_of(**reading | {"hard_confirmed": False}) != Band.HARD


@pytest.mark.parametrize(
    ("debt", "expected"),
    [
        (0, Band.COVERED),
        (900_000, Band.COVERED),
        ("900000.01", Band.WARN),
        (1_000_000, Band.WARN),
        # 1% of the debt: debt - 1,000,000 > debt / 100 from 1,010,101.0101.. on.
        ("1010101.01", Band.WARN),
        ("1010101.02", Band.CALL),
        (1_468_750, Band.CALL),
        ("1468750.01", Band.ACCELERATED),
        (2_000_000, Band.ACCELERATED),
    ],
)
def test_where_the_bands_of_a_healthy_account_begin(debt, expected):
    assert band(debt) == expected


@pytest.mark.rule("SMF-41")
def test_a_large_account_is_called_from_the_fixed_minimum_on():
    pool = {"margin_value": 20_000_000, "liquidation_value": 32_500_000}

    assert band(20_100_000, **pool) == Band.WARN
    assert band("20100000.01", **pool) == Band.CALL


def test_a_warning_ends_below_where_it_began():
    assert band(890_000) == Band.COVERED
    assert band(890_000, standing=Standing.WARNED) == Band.WARN
    assert band(880_000, standing=Standing.WARNED) == Band.COVERED


@pytest.mark.parametrize("standing", sorted(IN_CALL))
def test_a_call_ends_at_the_cure_level_and_not_before(standing):
    assert band(950_001, standing=standing) == Band.HELD
    assert band(950_000, standing=standing) == Band.WARN
    assert band(900_000, standing=standing) == Band.COVERED


def test_who_owes_the_limit_amount_itself_is_cured():
    owed = {"debt": Decimal(800_000), "margin_value": Decimal(1_000_000)}

    for limits in ((Decimal(800_000), None), (NO_LIMIT, Decimal(800_000))):
        amounts = dict(zip(("credit_limit", "policy_amount"), limits, strict=True))
        assert is_cured(**owed, **amounts, levels=HOUSE)
        assert not is_cured(**owed | {"debt": Decimal("800000.01")}, **amounts, levels=HOUSE)


@pytest.mark.parametrize("standing", sorted(AWAITING_CURE))
def test_at_the_deadline_only_a_real_shortfall_is_sold(standing):
    due = {"standing": standing, "call_due": True}

    assert band(1_020_000, **due) == Band.OVERDUE
    assert band(1_005_000, **due) == Band.LAPSED
    assert band(960_000, **due) == Band.LAPSED
    assert band(950_000, **due) == Band.WARN


def test_before_the_deadline_a_call_stays_a_call():
    assert band(1_020_000, standing=Standing.CALLED) == Band.CALL
    assert band(1_500_000, standing=Standing.CALLED) == Band.ACCELERATED


def test_an_overdue_account_short_only_of_its_credit_limit_is_held():
    over_limit = {"credit_limit": Decimal(800_000), "standing": Standing.OVERDUE}

    assert band(900_000, **over_limit) == Band.HELD
    assert band(1_020_000, **over_limit) == Band.CALL


@pytest.mark.rule("SMF-41")
def test_the_credit_limit_calls_and_lapses_and_never_goes_overdue():
    over_limit = {"credit_limit": Decimal(800_000)}

    assert band(900_000, **over_limit) == Band.CALL
    assert band(900_000, **over_limit, standing=Standing.CALLED, call_due=True) == Band.LAPSED


def test_the_hard_line_comes_before_everything_once_confirmed():
    past = {"debt": 1_700_000, "hard_confirmed": True}

    for standing in Standing:
        assert band(**past, standing=standing, call_due=True) == Band.HARD
    assert band(1_625_000, hard_confirmed=True) == Band.ACCELERATED


def test_an_empty_pool_that_owes_is_past_every_line():
    nothing = {"margin_value": 0, "liquidation_value": 0}

    assert band("0.01", **nothing, hard_confirmed=True) == Band.HARD
    assert band(0, **nothing, hard_confirmed=True) == Band.COVERED


def test_an_unpriced_pool_is_past_no_line():
    assert not is_past_hard_line(debt=Decimal(1), liquidation_value=None)
    assert not is_underwater(debt=Decimal(1), market_value=None)


def test_the_smallest_of_three_amounts_limits():
    amounts = {"margin_value": Decimal(3), "credit_limit": Decimal(2)}

    assert limit_amount_of(**amounts, policy_amount=None) == 2
    assert limit_amount_of(**amounts, policy_amount=Decimal(1)) == 1


@pytest.mark.rule("SMF-41")
def test_no_shortfall_within_the_limit_amount():
    """Regulation E1."""
    owed = {"margin_value": Decimal(5_300_000), "credit_limit": Decimal(6_000_000)}

    assert limit_amount_of(**owed, policy_amount=None) == 5_300_000
    assert shortfall_of(debt=Decimal(5_000_000), **owed, policy_amount=None) == 0


@pytest.mark.rule("SMF-41", "VAF-10", "VAF-17")
def test_the_fall_is_called_at_once_and_advances_go_on():
    """Regulation E2, with its minimum transfer amount of 10,000."""
    debt, pool = Decimal(5_000_000), {"margin_value": Decimal(4_850_000)}
    credit_limit = Decimal(6_000_000)

    assert mta_of(debt, SMALL_MTA) == 10_000
    assert shortfall_of(debt=debt, **pool, credit_limit=credit_limit, policy_amount=None) == 150_000
    called = band(
        debt, **pool, liquidation_value=6_500_000, credit_limit=credit_limit, levels=SMALL_MTA
    )
    assert called == Band.CALL
    assert not is_underwater(debt=debt, market_value=Decimal(7_850_000))


@pytest.mark.rule("SMF-41", "VAF-4")
def test_the_credit_limit_binds_although_collateral_is_enough():
    """Regulation E3."""
    debt, margin_value = Decimal(4_200_000), Decimal(4_850_000)
    owed = {"debt": debt, "margin_value": margin_value, "credit_limit": Decimal(4_000_000)}

    assert shortfall_of(**owed, policy_amount=None) == 200_000
    assert collateral_shortfall_of(debt=debt, margin_value=margin_value) == 0


@pytest.mark.rule("VAF-17", "SMF-45", "SMF-46")
def test_owing_more_than_the_collateral_is_worth_suspends_advances():
    """Regulation E4."""
    debt, margin_value = Decimal(5_000_000), Decimal(3_010_000)

    assert is_underwater(debt=debt, market_value=Decimal(4_900_000))
    assert not is_underwater(debt=debt, market_value=debt)
    assert collateral_shortfall_of(debt=debt, margin_value=margin_value) == 1_990_000


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize("debt", [400_000, 400_001])
def test_margin_value_and_equity_speak_of_the_same_shortfall(debt):
    """Glossary G4: one position of 1,000,000 with a haircut of 60%."""
    short = collateral_shortfall_of(debt=Decimal(debt), margin_value=Decimal(400_000)) > 0

    assert short == (1_000_000 - debt < 600_000)


def test_widest_numbers_are_compared_to_the_last_digit():
    value = Decimal("9" * 38 + "." + "9" * 34)
    hair = Decimal("1E-34")

    assert is_past_hard_line(debt=value + hair, liquidation_value=value)
    assert collateral_shortfall_of(debt=value, margin_value=Decimal(0)) == value
