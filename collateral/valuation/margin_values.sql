-- The margin value of every pool at now, in HKD, and nothing else: the fastest walk over the book.
-- Above every debt there can be (1e60 a unit) where a pledged asset has no fresh price. The weights
-- lie in an array by asset, so that holdings are read in the order of their key, joined to nothing.
-- Its hole, the weights of weights.sql, is filled by pools.py.
SELECT holding.pool_id,
       sum(holding.units * (
           SELECT array_agg(coalesce(weight.lending, 1e60) ORDER BY asset_id)
             FROM generate_series(1, (SELECT max(id) FROM collateral_asset)) asset_id
             LEFT JOIN ({weights}) weight ON weight.id = asset_id
       )[holding.asset_id]) AS margin_value
  FROM collateral_holding holding
 GROUP BY holding.pool_id
