"""The limit on re-pledging, computed every day whether or not anything is pledged on (CSR-6)."""

from datetime import datetime
from decimal import Decimal

from django.db import connection

from collateral.custody.repledge import RepledgeTest, repledge_test


def repledge_report(*, now: datetime) -> RepledgeTest | None:
    """
    What is pledged on at the last agreed prices, against the loans it may rest on.

    Whether the financing of virtual assets counts among the loans the rule does not say. It is
    left out on the safe side: only accounts without any virtual asset in their pool count. None
    where a share that is pledged on has never had a price.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(subledger.owed), 0)
              FROM lending_marginaccount account
              JOIN lending_subledger subledger ON subledger.id = account.subledger_id
             WHERE NOT EXISTS (
                SELECT FROM collateral_holding holding
                  JOIN collateral_asset asset ON asset.id = holding.asset_id
                 WHERE holding.pool_id = account.pool_id AND holding.units > 0
                   AND asset.kind = 'va')
            """
        )
        [loans] = cursor.fetchone()
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE price.value IS NULL), sum(repledge.units * price.value)
              FROM collateral_repledge repledge
              LEFT JOIN LATERAL (
                  SELECT value FROM collateral_price
                   WHERE asset_id = repledge.asset_id AND observed_at <= %(now)s
                   ORDER BY observed_at DESC LIMIT 1) price ON TRUE
             WHERE repledge.pledged_at <= %(now)s
               AND (repledge.taken_back_at IS NULL OR repledge.taken_back_at > %(now)s)
            """,
            {"now": now},
        )
        unpriced, repledged = cursor.fetchone()
    return None if unpriced else repledge_test(loans=loans, repledged=repledged or Decimal(0))
