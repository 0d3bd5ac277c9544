"""Ten thousand broken bodies for each adapter: only the declared refusal, only prices it said."""

import random
import re
from decimal import Decimal

import pytest

from collateral.prices.quote import SourceUnavailable
from collateral.prices.sources.ecb import WIDE
from collateral.prices.spot import quote_of
from tests.collateral.prices.sources.venues import AGES, EMULATED, NOW

BODIES = 10_000
NUMBERS = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
SHARDS = (
    b"0", b"-", b"1e9", b'"', b"NaN", b"null", b"[]", b"{}", b"[", b"}", b",", b":", b"\\u0000",
    b"\xff", b"\x00", b"\n", b"99999999999999999999999999999999", b"0.00000000000000001", b"true",
    b"-0", b"Infinity", b'""', b"\xef\xbc\x96", b"<html>", b"1_0", b"+1", b".5", b"5.",
)  # fmt: skip


def in_hkd(spot, emulated):
    quote_of(
        spot,
        emulated.pair,
        source="fuzz",
        venue="fuzz",
        rate=Decimal("7.8"),
        ages=AGES,
        now=NOW,
    )


def broken(body: bytes, dice: random.Random) -> bytes:
    """The body with one to four wounds."""
    wounded = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(wounded) + 1)
        kind = dice.randrange(6)
        if kind == 0 and at < len(wounded):
            wounded[at] = dice.randrange(256)
        elif kind == 1:
            del wounded[at : at + dice.randint(1, 9)]
        elif kind == 2:
            wounded[at:at] = dice.choice(SHARDS)
        elif kind == 3:
            wounded[at:at] = wounded[at : at + dice.randint(1, 40)]
        elif kind == 4:
            del wounded[at:]
        else:
            numbers = list(NUMBERS.finditer(wounded))
            if numbers:
                start, end = dice.choice(numbers).span()
                wounded[start:end] = dice.choice(SHARDS)
        if not wounded:
            break
    return bytes(wounded)


@pytest.mark.parametrize("emulated", EMULATED, ids=str)
def test_a_broken_body_is_refused_by_name_or_says_the_price_itself(emulated):
    dice = random.Random(str(emulated))
    adapter, whole = emulated.adapter, emulated.say()
    taken = 0
    for _ in range(BODIES):
        bodies = list(whole)
        nth = dice.randrange(len(bodies))
        bodies[nth] = broken(bodies[nth], dice)
        try:
            spot = adapter.read(tuple(bodies), emulated.pair)
            in_hkd(spot, emulated)
        except SourceUnavailable:
            continue
        taken += 1
        said = {Decimal(number.decode()) for body in bodies for number in NUMBERS.findall(body)}
        assert spot.price > 0
        if emulated.name == "ecb":
            assert any(
                WIDE.divide(hkd, usd).quantize(spot.last, context=WIDE) == spot.last
                for hkd in said
                for usd in said
                if usd
            )
        else:
            for price in (spot.bid, spot.ask, spot.last):
                assert price is None or price in said
            if emulated.books:
                assert spot.bid <= spot.price <= spot.ask
    # Many wounds miss what matters; were all refused, the test would prove nothing.
    assert 0 < taken < BODIES
