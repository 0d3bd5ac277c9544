-- Every margin account that is not closed, read at now: debt, the three values of its collateral,
-- and its band. The twin of bands.py, to the last digit; products are compared, never quotients.
-- An account with an unpriced asset has no values and no band, and is still in the answer.
-- Its holes are filled by readings.py: the pools of collateral/valuation/pools.sql, which accounts,
-- and which rows of the answer.
WITH pool AS (
    {pool_values}
), account AS (
    SELECT margin.id, margin.state, margin.credit_limit, margin.policy_amount,
           margin.hard_line_since, margin.terms_id, margin.subledger_id, margin.pool_id,
           least(margin.credit_limit, margin.policy_amount) AS ceiling,
           subledger.owed + subledger.accrued AS debt, subledger.cash,
           CASE WHEN pool.pool_id IS NULL THEN 0 ELSE pool.market_value END
               + subledger.cash AS market_value,
           CASE WHEN pool.pool_id IS NULL THEN 0 ELSE pool.margin_value END
               + subledger.cash AS margin_value,
           CASE WHEN pool.pool_id IS NULL THEN 0 ELSE pool.liquidation_value END
               + subledger.cash AS liquidation_value
      FROM lending_marginaccount margin
      JOIN lending_subledger subledger ON subledger.id = margin.subledger_id
      LEFT JOIN pool ON pool.pool_id = margin.pool_id
     WHERE margin.state <> 'closed' AND {accounts}
), reading AS (
    SELECT account.*, call.id AS call_id, call.state AS call_state,
           call.cure_due_at, coalesce(call.accelerated, FALSE) AS accelerated,
           terms.warn, terms.calm, terms.cure,
           CASE WHEN account.state <> 'called'    THEN account.state
                WHEN call.state = 'overdue'       THEN 'overdue'
                WHEN call.accelerated             THEN 'accelerated'
                ELSE account.state END AS standing,
           account.debt > account.liquidation_value AS over_line,
           account.debt - least(account.margin_value, account.ceiling)
               > least(terms.mta_amount, terms.mta_fraction * account.debt) AS is_short,
           account.debt - account.margin_value
               > least(terms.mta_amount, terms.mta_fraction * account.debt) AS collateral_is_short,
           account.debt <= terms.cure * account.margin_value
               AND account.debt <= least(account.margin_value, account.ceiling) AS is_cured,
           coalesce(call.cure_due_at <= %(now)s, FALSE) AS is_due,
           coalesce(account.hard_line_since <= %(now)s - terms.hard_confirm, FALSE) AS is_confirmed
      FROM account
      JOIN lending_marginterms terms ON terms.id = account.terms_id
      LEFT JOIN lending_margincall call
        ON call.account_id = account.id AND call.ended_at IS NULL
), banded AS (
    SELECT reading.*,
           CASE WHEN margin_value IS NULL                              THEN NULL
                WHEN over_line AND is_confirmed                        THEN 'hard'
                WHEN standing IN ('called', 'accelerated') AND is_due AND collateral_is_short
                                                                       THEN 'overdue'
                WHEN standing IN ('called', 'accelerated') AND is_due AND NOT is_cured
                                                                       THEN 'lapsed'
                WHEN standing = 'overdue' AND NOT is_cured AND NOT collateral_is_short
                                                                       THEN 'held'
                WHEN is_short AND 4 * debt > margin_value + 3 * liquidation_value
                                                                       THEN 'accelerated'
                WHEN is_short                                          THEN 'call'
                WHEN standing IN ('called', 'accelerated', 'overdue', 'liquidating')
                     AND NOT is_cured                                  THEN 'held'
                WHEN debt > CASE WHEN standing = 'warned' THEN calm ELSE warn END * margin_value
                                                                       THEN 'warn'
                ELSE 'covered' END AS band
      FROM reading
)
SELECT id, state, standing, band, debt, cash, market_value, margin_value, liquidation_value,
       credit_limit, policy_amount, hard_line_since, over_line, terms_id, subledger_id, pool_id,
       call_id, call_state, cure_due_at, accelerated
  FROM banded
 WHERE {asked}
 ORDER BY id
