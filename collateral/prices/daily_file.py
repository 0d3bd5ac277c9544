"""
Yesterday's closes of Hong Kong shares: a file of the vendor, kept by its hash, approved by two.

Operations takes it in and proposes it, finance approves it. From then on its closes are what the
licensed feed is held against (`shares.py`). A file that is not approved is nobody's reference.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.assets import Asset, Kind
from collateral.fields import PriceField
from collateral.prices.market_hours import HKT, session
from collateral.prices.price_file import BadPriceFile, rows_of
from collateral.prices.quote import BadQuote, usable_price
from collateral.prices.shares import Close
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import PRICE_FILE, Area
from onboarding.payloads import as_day, text

COLUMNS = ("trade_date", "stock_code", "isin", "currency", "close", "nominal", "suspended")
CODE_DIGITS = 4


class DailyFile(models.Model):
    """
    A file as it came in: `rows` are those of our shares, `[code, close, suspended]` as text.

    One file of one content is one row, however often it is taken in.
    """

    trade_date = models.DateField()
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, unique=True)
    rows = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = "daily price file"

    def __str__(self):
        return f"{self.name} of {self.trade_date}"


class FileClose(models.Model):
    """One approved close, in HKD. The last one approved of a day counts."""

    file = models.ForeignKey(DailyFile, models.PROTECT, related_name="closes")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    day = models.DateField()
    value = PriceField()
    suspended = models.BooleanField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    class Meta:
        verbose_name = "approved close"
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="file_close_maker_is_not_checker"
            ),
            models.CheckConstraint(condition=Q(value__gt=0), name="file_close_positive"),
        ]
        indexes = [models.Index(fields=["asset", "-day", "-id"], name="file_close_of_a_day")]

    def __str__(self):
        return f"{self.asset_id} {self.value} on {self.day}"


def day_before(now: datetime) -> date:
    """The last day the exchange traded before today in Hong Kong."""
    day = now.astimezone(HKT).date() - timedelta(days=1)
    while session(day) is None:
        day -= timedelta(days=1)
    return day


def closes_of_yesterday(*, now: datetime) -> dict[int, Close]:
    """The approved closes of the trading day before today, by asset id; one query."""
    rows = (
        FileClose.objects.filter(day=day_before(now), approved_at__lte=now)
        .order_by("asset_id", "-pk")
        .distinct("asset_id")
    )
    return {row.asset_id: Close(row.day, row.value, row.suspended) for row in rows}


def take_in(path: Path, *, now: datetime) -> DailyFile:
    """
    Read a file to its last line and keep it, unapproved. Rows of shares we do not hold are left.

    :raises BadPriceFile: with file, line and reason; nothing is kept
    """
    ours = set(Asset.objects.filter(kind=Kind.SHARE).values_list("code", flat=True))
    rows, day = _read(path, ours, now=now)
    sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    taken, _ = DailyFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "trade_date": day,
            "name": Path(path).name[:120],
            "rows": rows,
            "received_at": now,
        },
    )
    return taken


def _read(path: Path, ours: Iterable[str], *, now: datetime) -> tuple[list[list[str]], date]:
    found: dict[str, list[str]] = {}
    day: date | None = None
    for line, row in rows_of(path, COLUMNS):
        own = _day_in(row, path, line)
        if day not in (None, own):
            raise BadPriceFile(path, line, f"{own} in a file of {day}")
        day = own
        code = row["stock_code"].strip().lstrip("0").zfill(CODE_DIGITS)
        if code not in ours:
            continue
        if code in found:
            raise BadPriceFile(path, line, f"{code} stands twice")
        found[code] = _close_in(row, code, path, line)
    if day > now.astimezone(HKT).date():
        raise BadPriceFile(path, 2, f"{day} is to come")
    if not found:
        raise BadPriceFile(path, 1, "none of our shares is in it")
    return [found[code] for code in sorted(found)], day


def _day_in(row: dict[str, str], path: Path, line: int) -> date:
    try:
        day = date.fromisoformat(row["trade_date"])
    except ValueError as error:
        raise BadPriceFile(path, line, "trade_date is not an ISO date") from error
    if not 2000 <= day.year < 2100 or session(day) is None:
        raise BadPriceFile(path, line, f"{day} was not a trading day in Hong Kong")
    return day


def _close_in(row: dict[str, str], code: str, path: Path, line: int) -> list[str]:
    if row["currency"] != "HKD":
        raise BadPriceFile(path, line, f"{code} is in {row['currency'][:10]!r} and not in HKD")
    if row["suspended"] not in ("Y", "N"):
        raise BadPriceFile(path, line, f"suspended is {row['suspended'][:10]!r}: say Y or N")
    try:
        close = usable_price(row["close"])
    except BadQuote as error:
        raise BadPriceFile(path, line, f"close: {error}") from error
    return [code, f"{close:f}", row["suspended"]]


def _file_of(payload: dict) -> DailyFile:
    sha256 = text(payload, "file", "The file")
    file = DailyFile.objects.filter(sha256=sha256).first()
    if file is None:
        raise Invalid("There is no such file.")
    return file


def _differs(payload: dict, *, now: datetime) -> Difference:
    file = _file_of(payload)
    if file.closes.exists():
        raise Invalid(f"{file} is approved already.")
    before = {
        row.asset.code: row.value
        for row in FileClose.objects.filter(day__lte=file.trade_date)
        .order_by("asset_id", "-day", "-pk")
        .distinct("asset_id")
        .select_related("asset")
    }
    lines = [("Closes of", "", as_day(file.trade_date))]
    for code, close, suspended in file.rows:
        was = f"{before[code].normalize():f}" if code in before else "none"
        said = "suspended" if suspended == "Y" else f"{Decimal(close).normalize():f}"
        lines.append((f"{code}, HKD", was, said))
    return lines


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    file = _file_of(payload)
    assets = Asset.objects.in_bulk([code for code, _, _ in file.rows], field_name="code")
    closes = FileClose.objects.bulk_create(
        FileClose(
            file=file,
            asset=assets[code],
            day=file.trade_date,
            value=Decimal(close),
            suspended=suspended == "Y",
            maker=proposal.maker,
            checker=proposal.checker,
            approved_at=now,
        )
        for code, close, suspended in file.rows
    )
    return {"closes": str(len(closes)), "sha256": file.sha256}


register(
    Command(
        name="price_file",
        title="Daily price file",
        proposes=PRICE_FILE.proposes,
        approves=lambda payload, *, now: PRICE_FILE.approves,
        apply=_apply,
        differs=_differs,
        lives=timedelta(days=2),
        area=Area.OPERATIONS,
        dated=True,
    )
)
