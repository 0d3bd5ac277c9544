"""
What a sweep is measured against: the same rows, in SQL as bare as it goes.

The plans are the best of those tried: weights as an array literal, holdings in the order of their
key, no hash aggregate, in one process and in memory.
"""

from datetime import datetime

from django.db import connection, transaction

from collateral.valuation.pools import weights_sql

PLAN = (
    "SET LOCAL enable_hashagg = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB';"
    "SET LOCAL max_parallel_workers_per_gather = 0"
)

# Who owes more than the margin value: one aggregate of the holdings beside the debts.
READ = """
SELECT account.id, subledger.owed + subledger.accrued, pool.value
  FROM (SELECT pool_id, sum(units * (%(lending)s::numeric[])[asset_id]) AS value
          FROM collateral_holding GROUP BY pool_id) pool
  JOIN lending_marginaccount account ON account.pool_id = pool.pool_id
  JOIN lending_subledger subledger ON subledger.id = account.subledger_id
 WHERE subledger.owed + subledger.accrued > pool.value
"""

# The whole tick in one statement: value the book, insert the calls and the moves of those who are
# newly short, and update their accounts.
TICK = """
WITH short AS (
    SELECT account.id, subledger.owed + subledger.accrued AS debt, pool.value AS margin_value,
           account.pool_id
      FROM (SELECT pool_id, sum(units * (%(lending)s::numeric[])[asset_id]) AS value
              FROM collateral_holding GROUP BY pool_id) pool
      JOIN lending_marginaccount account ON account.pool_id = pool.pool_id
      JOIN lending_subledger subledger ON subledger.id = account.subledger_id
     WHERE subledger.owed + subledger.accrued > pool.value AND account.state = 'healthy'
), called AS (
    INSERT INTO lending_margincall
           (account_id, state, issued_at, cure_due_at, accelerated, binding, debt, market_value,
            margin_value, liquidation_value, limit_amount, shortfall, call_amount)
    SELECT id, 'issued', %(now)s, %(now)s + interval '24 hours', FALSE, 'collateral', debt,
           full_value.market, margin_value, full_value.liquidation, margin_value,
           debt - margin_value, ceil((debt - 0.95 * margin_value) / 1000) * 1000
      FROM short
     CROSS JOIN LATERAL (
         SELECT sum(units * (%(price)s::numeric[])[asset_id]) AS market,
                sum(units * (%(liquidation)s::numeric[])[asset_id]) AS liquidation
           FROM collateral_holding WHERE pool_id = short.pool_id) full_value
), moved AS (
    INSERT INTO lending_marginmove (subject_id, step, source, target, reason, moved_at)
    SELECT id, 'call', 'healthy', 'called', 'owes ' || debt || ' against ' || margin_value, %(now)s
      FROM short
)
UPDATE lending_marginaccount account SET state = 'called' FROM short WHERE account.id = short.id
"""


def read(*, now: datetime) -> int:
    """How many owe more than their margin value, by the bare aggregate."""
    weights = _weights(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN)
        cursor.execute(READ, weights)
        return len(cursor.fetchall())


def tick(*, now: datetime) -> int:
    """Call everybody who is newly short, in one statement, and return how many they were."""
    weights = _weights(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN)
        cursor.execute(TICK, weights | {"now": now})
        return cursor.rowcount


def _weights(now: datetime) -> dict[str, list]:
    """Three arrays by asset id, as literals."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(price ORDER BY n), array_agg(lending ORDER BY n),"  # noqa: S608
            "       array_agg(liquidation ORDER BY n)"
            "  FROM generate_series(1, (SELECT max(id) FROM collateral_asset)) n"
            f" LEFT JOIN ({weights_sql()}) weight ON weight.id = n",
            {"now": now},
        )
        return dict(zip(("price", "lending", "liquidation"), cursor.fetchone(), strict=True))
