"""
A book to measure on: many accounts of three assets each, entered set-wise through the real tables.

Units come from movements and debts from postings, so every trigger runs and the books balance. The
rows of many accounts are made by a few statements instead of one call an account. One account in
twenty belongs to each of the eight waves: it holds the wave's own share, and when that falls it,
and nobody else, is called.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from broker.replay.house import SHARES, found_house
from collateral.assets import Asset
from collateral.prices.price import NewPrice, keep
from onboarding.users import Role, User

PRICES = {"BTC": Decimal(500_000), "ETH": Decimal(20_000), "USD": Decimal("7.8")}
SHARE_PRICE = Decimal("87.65")
FALLEN = Decimal("52.59")  # 40% lower: usage of 78 to 84% becomes 103 to 111%.
WAVES = tuple(share.code for share in SHARES)
ACCOUNTS_A_WAVE = 20  # One in so many.
FRESH = timedelta(minutes=10)


@dataclass(slots=True)
class Book:
    """The book, its moment, and the waves that have not come yet."""

    accounts: int
    now: datetime
    assets: dict[str, Asset]
    fallen: int = 0

    def tick(self) -> datetime:
        """A second later every price is told again, as it stood."""
        self.now += timedelta(seconds=1)
        prices = dict.fromkeys(WAVES, SHARE_PRICE) | dict.fromkeys(WAVES[: self.fallen], FALLEN)
        keep(
            NewPrice(self.assets[code].pk, value, self.now, self.now + FRESH, "bench")
            for code, value in (PRICES | prices).items()
        )
        return self.now

    def wave(self) -> datetime:
        """The next share falls: one account in twenty is short at once."""
        self.fallen += 1
        return self.tick()

    @property
    def accounts_a_wave(self) -> int:
        return self.accounts // ACCOUNTS_A_WAVE


# What each account pledges and owes, by its number. The margin value is spread over 0.2 to 4.9
# million; a wave's account owes 78 to 84% of it, any other 50 to 85%.
_PLANNED = """
CREATE TEMPORARY TABLE planned AS
SELECT n, wave, pledged.*,
       round((CASE WHEN wave < %(waves)s THEN 0.78 + 0.06 * spread ELSE 0.50 + 0.35 * spread END)
             * (btc * 200000 + eth * 8000 + third * third_lends), 2) AS owed
  FROM (SELECT n, n %% 20 AS wave, (n * 104729 %% 10007) / 10007.0 AS spread,
               200000 + (n * 7919 %% 99991) * 47.37 AS worth,
               CASE WHEN n %% 20 < %(waves)s THEN %(share_lends)s ELSE %(usd_lends)s
                    END::numeric AS third_lends
          FROM generate_series(1, %(accounts)s::bigint) n) account
 CROSS JOIN LATERAL (
     SELECT round(0.2 * worth / 200000, 8) AS btc, round(0.2 * worth / 8000, 8) AS eth,
            ceil(0.6 * worth / third_lends) AS third) pledged
"""

# Clients, relations under way and then active by their moves, pools, and accounts in the books.
_OPENED = """
INSERT INTO onboarding_client (id, number, name, name_chinese, kind, state)
SELECT n, 'C' || lpad(n::text, 9, '0'), 'Client ' || n, '', 'person', 'active'
  FROM planned ORDER BY n;
INSERT INTO lending_marginrelation (id, client_id, state)
SELECT n, n, 'pending' FROM planned ORDER BY n;
INSERT INTO lending_marginrelationmove (subject_id, step, source, target, reason, moved_at)
SELECT n, 'activate', 'pending', 'active', 'bench', %(now)s FROM planned ORDER BY n;
UPDATE lending_marginrelation SET state = 'active';
INSERT INTO collateral_pool (id, client_id) SELECT n, n FROM planned ORDER BY n;
INSERT INTO lending_subledger (id, currency, owed, cash, deficit, accrued)
SELECT n, 'HKD', 0, 0, 0, 0 FROM planned ORDER BY n;
INSERT INTO lending_ledgeraccount (id, kind, book, subledger_id, currency, debits, credits)
SELECT 2 * n, 'principal', 'house', n, 'HKD', 0, 0 FROM planned ORDER BY n;
INSERT INTO lending_ledgeraccount (id, kind, book, subledger_id, currency, debits, credits)
VALUES (1, 'house_bank', 'house', NULL, 'HKD', 0, 0);
INSERT INTO lending_marginaccount
       (id, number, client_id, relation_id, pool_id, subledger_id, terms_id, credit_limit, spread,
        opened_at, state)
SELECT n, 'MA' || lpad(n::text, 9, '0'), n, n, n, n, %(terms)s, 1000000000, 0.03, %(now)s, 'healthy'
  FROM planned ORDER BY n;
"""

_PLEDGED_AND_LENT = """
INSERT INTO collateral_movement
       (key, asset_id, units, from_place, to_place, to_pool_id, custody_id, moved_at, narrative)
SELECT 'bench-' || n || '-' || line.asset_id, line.asset_id, units, 'client', 'pool', n,
       place.id, %(now)s, 'bench'
  FROM (SELECT n, %(btc)s::bigint AS asset_id, btc AS units FROM planned
        UNION ALL SELECT n, %(eth)s, eth FROM planned
        UNION ALL
        SELECT n, coalesce((%(shares)s::bigint[])[wave + 1], %(usd)s), third FROM planned) line
  JOIN collateral_asset asset ON asset.id = line.asset_id
  JOIN collateral_custodyplace place
    ON place.code = CASE asset.kind WHEN 'va' THEN 'PLATFORM' WHEN 'share' THEN 'CCASS'
                    ELSE 'BANK' END
 ORDER BY n, line.asset_id;
INSERT INTO lending_entry (id, key, kind, narrative, booked_at, value_date)
SELECT n, 'bench-' || n, 'draw', 'bench', %(now)s, %(now)s::date FROM planned ORDER BY n;
INSERT INTO lending_posting (entry_id, debit_id, credit_id, amount, booked_at)
SELECT n, 2 * n, 1, owed, %(now)s FROM planned ORDER BY n;
"""

_NUMBERED = (
    "onboarding_client",
    "lending_marginrelation",
    "collateral_pool",
    "lending_subledger",
    "lending_ledgeraccount",
    "lending_marginaccount",
    "lending_entry",
)


def open_book(accounts: int, *, now: datetime) -> Book:
    """Fill a database that holds nothing but its tables; `accounts` is a multiple of twenty."""
    maker, checker = (
        User.objects.create_user(name, role=role, is_staff=True)
        for name, role in (("maker", Role.RISK_OFFICER), ("checker", Role.COMPLIANCE))
    )
    house = found_house(maker=maker, checker=checker, now=now)
    book = Book(accounts, now, house.assets)
    parameters = {
        "accounts": accounts,
        "waves": len(WAVES),
        "share_lends": SHARE_PRICE * Decimal("0.7"),
        "usd_lends": PRICES["USD"] * Decimal("0.92"),
        "terms": house.terms.pk,
        "now": now,
        "btc": house.assets["BTC"].pk,
        "eth": house.assets["ETH"].pk,
        "usd": house.assets["USD"].pk,
        "shares": [house.assets[code].pk for code in WAVES],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_PLANNED, _OPENED, _PLEDGED_AND_LENT):
            cursor.execute(statement, parameters)
        for table in _NUMBERED:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, 2 * accounts + 1]
            )
    _vacuum()
    return book


def _vacuum() -> None:
    """As after some days: the planner knows the book, and no row is new to its readers."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
