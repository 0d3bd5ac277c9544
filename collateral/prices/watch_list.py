"""The watch list: how much each asset moves now and how much it usually does (VAF-10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from collateral.assets import Asset
from collateral.prices.incident import Found, Trouble, settle
from collateral.prices.manual_price import HOUSE_CURRENCY, US_DOLLAR
from collateral.prices.volatility import volatility
from onboarding.parameters import Unit, declare, value_of
from onboarding.payloads import as_percent

WATCHED_FROM = declare(
    "volatility_watched_from",
    "Prices: the volatility of a day from which an asset is on the watch list",
    unit=Unit.FRACTION,
    initial=Decimal("0.06"),
    verified=False,
    source="The house's own, for VAF-10: a stressed day of bitcoin.",
)
MINUTES_READ, DAYS_READ = timedelta(hours=3), timedelta(days=90)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FAST, SLOW = timedelta(minutes=30), timedelta(days=11)


@dataclass(frozen=True, slots=True)
class Watched:
    """`now` and `usual` are volatilities of a day; None where too few prices are known."""

    asset: Asset
    now: Decimal | None
    usual: Decimal | None
    is_watched: bool


def watch_list(*, now: datetime) -> list[Watched]:
    """Every asset that was priced of late, the wildest first; three statements."""
    limit = value_of(WATCHED_FROM, now=now)
    minutes = _closes(MINUTE, now - MINUTES_READ, now)
    days = _closes(DAY, now - DAYS_READ, now)
    assets = Asset.objects.exclude(code__in=[HOUSE_CURRENCY, US_DOLLAR]).order_by("pk")
    rows = [
        _watched(asset, minutes.get(asset.pk, []), days.get(asset.pk, []), limit)
        for asset in assets
        if asset.pk in minutes or asset.pk in days
    ]
    return sorted(rows, key=lambda row: (-(row.now or 0), row.asset.pk))


def watch_volatility(*, now: datetime) -> list[Watched]:
    """Open an incident for each asset that comes onto the list, and close it when it leaves."""
    rows = watch_list(now=now)
    limit = value_of(WATCHED_FROM, now=now)
    troubles = [
        Found(
            Trouble.VOLATILE,
            row.asset.code,
            f"moves {as_percent(row.now)} a day, watched from {as_percent(limit)}",
        )
        for row in rows
        if row.is_watched
    ]
    settle(troubles, among={Trouble.VOLATILE}, now=now)
    return rows


def _watched(asset: Asset, minutes: list, days: list, limit: Decimal) -> Watched:
    fast = volatility(minutes, half_life=FAST)
    slow = volatility(days, half_life=SLOW)
    return Watched(asset, fast, slow, fast is not None and fast >= limit)


def _closes(step: timedelta, since: datetime, until: datetime) -> dict[int, list]:
    """
    The last price of each `step` up to `until`, by asset, at the end of the step.

    Looked up one by one, for between two of them lie thousands.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asset.id, ends, price.value
              FROM collateral_asset asset
             CROSS JOIN generate_series(%(since)s::timestamptz + %(step)s, %(until)s, %(step)s) ends
             CROSS JOIN LATERAL (
                 SELECT observed_at, value, standing FROM collateral_price
                  WHERE asset_id = asset.id AND observed_at <= ends
                    AND observed_at > ends - %(step)s
                  ORDER BY observed_at DESC LIMIT 1) price
             WHERE price.standing IN ('agreed', 'fallback', 'thin')
             ORDER BY asset.id, ends
            """,
            {"step": step, "since": since, "until": until},
        )
        found: dict[int, list] = {}
        for asset_id, ends, value in cursor.fetchall():
            found.setdefault(asset_id, []).append((ends, value))
    return found
