"""The file of yesterday's closes: read to its last line, kept by its hash, approved by two."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collateral.prices.daily_file import (
    DailyFile,
    FileClose,
    closes_of_yesterday,
    day_before,
    take_in,
)
from collateral.prices.price_file import BadPriceFile
from collateral.prices.shares import Close
from onboarding.approvals import Invalid, approve, propose
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.proofs import refused

pytestmark = pytest.mark.django_db
HEADER = "trade_date,stock_code,isin,currency,close,nominal,suspended\n"
GOOD = "2026-03-03,700,KYG875721634,HKD,512.50,0,N\n"
TUESDAY = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def _the_house(db):
    house()


@pytest.fixture
def file(tmp_path):
    def write(*rows, header=HEADER):
        path = tmp_path / "closes.csv"
        path.write_text(header + "".join(rows))
        return path

    return write


def approved(taken, *, now=NOON):
    maker, checker = staff(Role.OPERATIONS), staff(Role.FINANCE)
    proposal = propose("price_file", {"file": taken.sha256}, by=maker, reason="vendor", now=now)
    approve(proposal, by=checker, reason="agreed", now=now)
    return maker, checker


def test_our_shares_are_kept_and_the_others_left(file):
    path = file(
        GOOD, "2026-03-03,00005,GB0005405286,HKD,101.4,0,Y\n", "2026-03-03,80700,X,CNY,1,0,N\n"
    )

    taken = take_in(path, now=NOON)

    assert (taken.trade_date, taken.name) == (TUESDAY, "closes.csv")
    assert taken.rows == [["0005", "101.4", "Y"], ["0700", "512.50", "N"]]
    assert take_in(path, now=NOON + timedelta(hours=1)) == taken
    assert not closes_of_yesterday(now=NOON)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["2026-03-03,700,X,USD,512.50,0,N\n"], "0700 is in 'USD'"),
        (["2026-03-03,700,X,HKD,0,0,N\n"], "zero"),
        (["2026-03-03,700,X,HKD,-1,0,N\n"], "negative"),
        (["2026-03-03,700,X,HKD,NaN,0,N\n"], "not finite"),
        (["2026-03-03,700,X,HKD,5e2,0,N\n"], "not a plain number"),
        (["2026-03-03,700,X,HKD,512,0,maybe\n"], "say Y or N"),
        ([GOOD, GOOD], "0700 stands twice"),
        ([GOOD, "2026-03-02,5,X,HKD,1,0,N\n"], "2026-03-02 in a file of 2026-03-03"),
        (["2026-02-28,700,X,HKD,512,0,N\n"], "not a trading day"),
        (["2026-03-05,700,X,HKD,512,0,N\n"], "is to come"),
        (["yesterday,700,X,HKD,512,0,N\n"], "not an ISO date"),
        (["2026-03-03,1234,X,HKD,512,0,N\n"], "none of our shares"),
        ([], "a header and no prices"),
    ],
)
def test_a_file_with_one_bad_row_is_no_file(file, rows, why):
    with pytest.raises(BadPriceFile, match=why):
        take_in(file(*rows), now=NOON)

    assert not DailyFile.objects.exists()


def test_an_approved_file_is_the_reference_of_the_next_trading_day_and_of_no_other(file):
    taken = take_in(file(GOOD), now=NOON)
    maker, checker = approved(taken)

    btc = FileClose.objects.get()
    assert (btc.maker, btc.checker, btc.value) == (maker, checker, Decimal("512.50"))
    assert closes_of_yesterday(now=NOON) == {btc.asset_id: Close(TUESDAY, Decimal("512.50"))}
    assert not closes_of_yesterday(now=NOON + timedelta(days=1))
    with pytest.raises(Invalid, match="approved already"):
        approved(taken)


def test_the_last_file_approved_of_a_day_counts(file):
    approved(take_in(file(GOOD), now=NOON))
    approved(take_in(file(GOOD.replace("512.50", "511")), now=NOON))

    [close] = closes_of_yesterday(now=NOON).values()
    assert close.price == 511


def test_a_close_is_by_two_people_and_never_edited(file):
    approved(take_in(file(GOOD), now=NOON))
    row = FileClose.objects.get()

    with refused("collateral_fileclose_append_only"):
        FileClose.objects.update(value=1)
    row.pk, row.checker = None, row.maker
    with refused("file_close_maker_is_not_checker"):
        row.save(force_insert=True)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (NOON, date(2026, 3, 3)),
        (NOON.replace(day=9), date(2026, 3, 6)),
        # The morning after the Lunar New Year.
        (NOON.replace(month=2, day=20), date(2026, 2, 16)),
        # One in the morning of Wednesday in Hong Kong.
        (NOON.replace(day=3, hour=17), date(2026, 3, 3)),
    ],
)
def test_yesterday_is_the_last_day_of_trading_in_hong_kong(now, day):
    assert day_before(now) == day
