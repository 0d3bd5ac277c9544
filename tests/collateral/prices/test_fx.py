"""A dollar amount becomes Hong Kong dollars at a rate of its day, exactly, or not at all."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.fx import MissingRate, RateOutOfBand, UsdHkd, in_hkd, read_rates
from collateral.prices.price_file import BadPriceFile

MONDAY = date(2024, 8, 5)


def test_the_rate_of_the_day_or_the_last_one_known():
    rates = UsdHkd({MONDAY: Decimal("7.79"), date(2024, 8, 6): Decimal("7.80")})

    assert rates.at(MONDAY) == Decimal("7.79")
    assert rates.at(date(2024, 8, 6)) == Decimal("7.80")
    assert rates.at(date(2024, 8, 13)) == Decimal("7.80")


@pytest.mark.parametrize("day", [date(2024, 8, 4), date(2024, 8, 13)])
def test_a_day_without_a_rate_in_seven_days_names_the_option(day):
    with pytest.raises(MissingRate, match=f"no USD/HKD rate for {day}.* --usd-hkd 7.80"):
        UsdHkd({MONDAY: Decimal("7.79")}).at(day)


def test_a_fixed_rate_holds_on_every_day():
    assert UsdHkd.fixed(Decimal("7.80")).at(date(1999, 1, 1)) == Decimal("7.80")


@pytest.mark.parametrize("rate", ["7.69", "7.91", "78", "0.128"])
def test_a_rate_that_the_peg_does_not_allow_is_refused(rate):
    with pytest.raises(RateOutOfBand):
        UsdHkd.fixed(Decimal(rate))
    with pytest.raises(RateOutOfBand):
        UsdHkd({MONDAY: Decimal(rate)})


@pytest.mark.parametrize("rate", ["NaN", "sNaN", "Infinity"])
def test_a_rate_that_is_no_number_is_refused(rate):
    with pytest.raises(RateOutOfBand):
        UsdHkd.fixed(Decimal(rate))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2024-08-05,7.79\n2024-08-05,7.79", ":3: 2024-08-05 repeats the time of the row above"),
        ("2024-08-05,78", ":2: 78 is outside 7.70 to 7.90"),
        ("2024-08-05,-7.8", ":2: hkd_per_usd '-7.8' is negative"),
        ("5 August,7.8", ":2: date '5 August' is not an ISO date"),
    ],
)
def test_a_bad_file_of_rates_is_refused_with_line_and_reason(tmp_path, rows, message):
    path = tmp_path / "rates.csv"
    path.write_text(f"date,hkd_per_usd\n{rows}\n")

    with pytest.raises(BadPriceFile) as refusal:
        read_rates(path)

    assert str(refusal.value) == f"{path}{message}"


@given(
    st.decimals(min_value="0.01", max_value=10**9, places=8),
    st.decimals(min_value="7.70", max_value="7.90", places=4),
)
def test_conversion_is_within_half_a_step_of_the_exact_product(usd, rate):
    converted = in_hkd(usd, rate)

    assert abs(converted - usd * rate) <= Decimal("0.000000005")
    assert converted.as_tuple().exponent == -8


def test_conversion_rounds_a_tie_to_even():
    assert in_hkd(Decimal("0.00000001"), Decimal("7.75")) == Decimal("0.00000008")
    assert in_hkd(Decimal("0.00000002"), Decimal("7.75")) == Decimal("0.00000016")
    assert in_hkd(Decimal("0.00000010"), Decimal("7.75")) == Decimal("0.00000078")
