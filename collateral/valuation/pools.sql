-- The three values of every pool at now, in HKD: at market, after the lending haircut, after the
-- liquidation haircut. All three are NULL where a pledged asset has no fresh price: a silent feed
-- must neither liquidate a client nor flatter one. Its holes are filled by pools.py: the weights of
-- weights.sql, and a condition on holding.pool_id, or TRUE.
SELECT holding.pool_id,
       CASE WHEN bool_and(weight.price IS NOT NULL)
            THEN sum(holding.units * weight.price) END       AS market_value,
       CASE WHEN bool_and(weight.price IS NOT NULL)
            THEN sum(holding.units * weight.lending) END     AS margin_value,
       CASE WHEN bool_and(weight.price IS NOT NULL)
            THEN sum(holding.units * weight.liquidation) END AS liquidation_value
  FROM collateral_holding holding
  JOIN ({weights}) weight ON weight.id = holding.asset_id
 WHERE holding.units > 0 AND {only}
 GROUP BY holding.pool_id
