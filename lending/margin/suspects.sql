-- The accounts that a full reading at now might bring into question: every one that it would, and
-- few others. Only the margin value is asked, because the liquidation value is never below it
-- (haircut_liquidation_at_most_lending) and no level is above one (terms_levels_in_order): who is
-- healthy, not marked, within the limits and under the warn level of it cannot be past the hard
-- line either. A healthy one that is suspected and priced is in question for certain; one that is
-- warned or called has to be read. The hole, the pools of collateral/valuation/margin_values.sql,
-- is filled by readings.py.
SELECT margin.id, margin.state = 'healthy' AS is_certain
  FROM lending_marginaccount margin
  JOIN lending_subledger subledger ON subledger.id = margin.subledger_id
  JOIN lending_marginterms terms ON terms.id = margin.terms_id
  LEFT JOIN ({margin_values}) pool ON pool.pool_id = margin.pool_id
 WHERE CASE margin.state
       WHEN 'healthy' THEN
           subledger.owed + subledger.accrued
               > terms.warn * (coalesce(pool.margin_value, 0) + subledger.cash)
           OR subledger.owed + subledger.accrued - least(margin.credit_limit, margin.policy_amount)
               > least(terms.mta_amount,
                       terms.mta_fraction * (subledger.owed + subledger.accrued))
           OR margin.hard_line_since IS NOT NULL
       ELSE margin.state IN ('warned', 'called') END
 ORDER BY margin.id
