-- Everything that happened to one account, as where it is written: source, key, time and kind. An
-- entry of the ledger stands for what it was posted for, so that no money moves unseen. Within one
-- moment, what follows from another has the greater rank.
WITH happened AS (
    SELECT 'entry' AS source, entry.id AS pk, entry.booked_at AS at, 3 AS rank,
           CASE WHEN entry.kind = 'draw' THEN 'draws'
                WHEN entry.kind = 'repayment' THEN 'repayments'
                WHEN entry.kind IN ('interest', 'interest_overdue') THEN 'interest'
                WHEN entry.kind IN ('sale', 'purchase') THEN 'trades'
                ELSE 'other' END AS kind
      FROM lending_entry entry
     WHERE entry.id IN (
           SELECT posting.entry_id
             FROM lending_ledgeraccount ledger
             JOIN lending_posting posting ON posting.debit_id = ledger.id
            WHERE ledger.subledger_id = %(subledger)s
           UNION
           SELECT posting.entry_id
             FROM lending_ledgeraccount ledger
             JOIN lending_posting posting ON posting.credit_id = ledger.id
            WHERE ledger.subledger_id = %(subledger)s)
    UNION ALL
    SELECT 'movement', id, moved_at, 4, 'collateral'
      FROM collateral_movement
     WHERE (to_pool_id = %(pool)s AND from_place = 'client')
        OR (from_pool_id = %(pool)s AND to_place = 'client')
    UNION ALL
    SELECT 'call', id, issued_at, 1, 'calls'
      FROM lending_margincall WHERE account_id = %(account)s
    UNION ALL
    SELECT 'call step', move.id, move.moved_at, 2, 'calls'
      FROM lending_margincallmove move
      JOIN lending_margincall call ON call.id = move.subject_id
     WHERE call.account_id = %(account)s AND move.step <> ALL(%(told_elsewhere)s)
    UNION ALL
    SELECT 'step', id, moved_at, 5, 'calls'
      FROM lending_marginmove
     WHERE subject_id = %(account)s AND step NOT IN ('call', 'liquidate')
    UNION ALL
    SELECT 'notice', id, made_at, 6, 'notices'
      FROM broker_notice
     WHERE account_id = %(account)s AND recipient_id = %(user)s AND NOT is_copy
)
SELECT source, pk, at, kind, count(*) OVER ()
  FROM happened
 WHERE (%(kind)s = '' OR kind = %(kind)s)
   AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
 ORDER BY at DESC, rank DESC, pk DESC
 LIMIT %(limit)s OFFSET %(offset)s
