-- What one unit of each asset is worth at now, in HKD: at market, after the lending haircut, after
-- the liquidation haircut. All three are NULL without a fresh price. An asset without a haircut in
-- force, or no longer marginable, lends nothing; a price may widen the lending haircut. One whose
-- corporate action is due and not applied, or is missing on an ex-date, has no price (the hole,
-- filled by pools.py).
SELECT asset.id, price.value AS price,
       price.value * CASE WHEN asset.marginable
                          THEN greatest(0, 1 - coalesce(haircut.lending, 1) - price.widen)
                          ELSE 0 END AS lending,
       price.value * CASE WHEN asset.marginable
                          THEN 1 - coalesce(haircut.liquidation, 1) ELSE 0 END AS liquidation
  FROM collateral_asset asset
  LEFT JOIN LATERAL (
      SELECT latest.value, latest.widen
        FROM (SELECT value, widen, fresh_until
                FROM collateral_price
               WHERE asset_id = asset.id AND observed_at <= %(now)s
               ORDER BY observed_at DESC LIMIT 1) latest
       WHERE latest.fresh_until >= %(now)s AND NOT ({unpriced})) price ON TRUE
  LEFT JOIN LATERAL (
      SELECT lending, liquidation
        FROM collateral_haircut
       WHERE asset_id = asset.id AND effective_at <= %(now)s
       ORDER BY effective_at DESC, id DESC LIMIT 1) haircut ON TRUE
