"""What the world may bring: amounts, rates, units, prices, words, moments."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

HKT = timezone(timedelta(hours=8))

cents = st.decimals(min_value="0.01", max_value=10**9, places=2)
money = st.decimals(min_value=0, max_value=10**9, places=2)
spreads = st.decimals(min_value=0, max_value="0.2", places=6)
haircuts = st.decimals(min_value=0, max_value=1, places=6)
prices = st.decimals(min_value="0.0000000001", max_value=10**8, places=10)

# Text as a person or a machine may write it; PostgreSQL knows every letter but NUL.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 6, 1), timezones=st.just(UTC))


def whole_steps(step: str, *, most: int) -> st.SearchStrategy[Decimal]:
    """Quantities that a smallest step divides, from one step to `most` of them."""
    return st.integers(1, most).map(lambda steps: steps * Decimal(step))


def splits(kinds: tuple[str, ...]) -> st.SearchStrategy[dict[str, Decimal]]:
    """An amount for some of `kinds`."""
    return st.dictionaries(st.sampled_from(kinds), cents)
