"""What must never be, held by the database: haircuts, the register of units, kept prices."""

from django.db import migrations

from onboarding.guards import append_only

HAIRCUT_FLOOR = migrations.RunSQL(
    """
    INSERT INTO collateral_haircutfloor (asset_kind, lending, effective_at, source)
    VALUES ('va', 0.60, '2026-02-11 00:00+08', '26EC5 (11 Feb 2026) paragraph 7(b)');

    -- VAF-8: the highest floor in force from a time until another; the first one known also
    -- stands for all time before it. Without any row it is still 60% for a virtual asset.
    CREATE FUNCTION haircut_floor_between(kind text, since timestamptz, until timestamptz)
      RETURNS numeric LANGUAGE sql STABLE AS $$
        SELECT greatest(
            coalesce(
                (SELECT lending FROM collateral_haircutfloor
                  WHERE asset_kind = kind AND effective_at <= since
                  ORDER BY effective_at DESC LIMIT 1),
                (SELECT lending FROM collateral_haircutfloor
                  WHERE asset_kind = kind ORDER BY effective_at LIMIT 1),
                CASE kind WHEN 'va' THEN 0.60 ELSE 0 END),
            (SELECT max(lending) FROM collateral_haircutfloor
              WHERE asset_kind = kind AND effective_at > since AND effective_at < until))
    $$;

    -- A haircut stands until the next one of its asset, and meets every floor of that time.
    CREATE FUNCTION haircut_at_least_floor() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      until timestamptz;
      floor numeric;
    BEGIN
      SELECT coalesce(min(effective_at), 'infinity') INTO until FROM collateral_haircut
       WHERE asset_id = new.asset_id AND effective_at > new.effective_at;
      SELECT haircut_floor_between(kind, new.effective_at, until) INTO floor
        FROM collateral_asset WHERE id = new.asset_id;
      IF new.lending < floor THEN
        RAISE EXCEPTION 'a lending haircut of % is below the floor of %', new.lending, floor
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'haircut_at_least_floor';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER haircut_at_least_floor BEFORE INSERT ON collateral_haircut
      FOR EACH ROW EXECUTE FUNCTION haircut_at_least_floor();

    -- A floor may rise only over haircuts that stand at or above it, on its day and after it,
    -- until the next floor.
    CREATE FUNCTION haircut_floor_is_met() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      until timestamptz;
    BEGIN
      SELECT coalesce(min(effective_at), 'infinity') INTO until FROM collateral_haircutfloor
       WHERE asset_kind = new.asset_kind AND effective_at > new.effective_at;
      IF EXISTS (
          SELECT FROM collateral_haircut haircut
            JOIN collateral_asset asset ON asset.id = haircut.asset_id
           WHERE asset.kind = new.asset_kind AND haircut.lending < new.lending
             AND haircut.effective_at < until
             AND NOT EXISTS (
                 SELECT FROM collateral_haircut later
                  WHERE later.asset_id = haircut.asset_id
                    AND (later.effective_at, later.id) > (haircut.effective_at, haircut.id)
                    AND later.effective_at <= greatest(haircut.effective_at, new.effective_at)))
      THEN
        RAISE EXCEPTION 'a haircut would stand below the new floor of %', new.lending
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'haircut_floor_is_met';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER haircut_floor_is_met BEFORE INSERT ON collateral_haircutfloor
      FOR EACH ROW EXECUTE FUNCTION haircut_floor_is_met();
    """,
    """
    DROP TRIGGER haircut_floor_is_met ON collateral_haircutfloor;
    DROP FUNCTION haircut_floor_is_met();
    DROP TRIGGER haircut_at_least_floor ON collateral_haircut;
    DROP FUNCTION haircut_at_least_floor();
    DROP FUNCTION haircut_floor_between(text, timestamptz, timestamptz);
    DELETE FROM collateral_haircutfloor;
    """,
)

HOLDINGS = migrations.RunSQL(
    """
    -- A holding is what its movements add up to: the register writes it, and nothing else does.
    CREATE FUNCTION holding_follows_movements() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'units of a holding change by a movement alone'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'holding_follows_movements';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER holding_follows_movements
      BEFORE INSERT OR UPDATE OR DELETE ON collateral_holding
      FOR EACH ROW EXECUTE FUNCTION holding_follows_movements();

    CREATE FUNCTION movement_changes_holdings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO collateral_holding AS held (pool_id, asset_id, units)
      SELECT to_pool_id, asset_id, sum(units) FROM moved
       WHERE to_pool_id IS NOT NULL
       GROUP BY to_pool_id, asset_id ORDER BY to_pool_id, asset_id
      ON CONFLICT (pool_id, asset_id) DO UPDATE SET units = held.units + excluded.units;

      INSERT INTO collateral_holding AS held (pool_id, asset_id, units)
      SELECT DISTINCT from_pool_id, asset_id, 0 FROM moved WHERE from_pool_id IS NOT NULL
       ORDER BY from_pool_id, asset_id
      ON CONFLICT (pool_id, asset_id) DO NOTHING;
      UPDATE collateral_holding held SET units = held.units - gone.units
        FROM (SELECT from_pool_id AS pool_id, asset_id, sum(units) AS units FROM moved
               WHERE from_pool_id IS NOT NULL GROUP BY from_pool_id, asset_id) gone
       WHERE held.pool_id = gone.pool_id AND held.asset_id = gone.asset_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER movement_changes_holdings AFTER INSERT ON collateral_movement
      REFERENCING NEW TABLE AS moved
      FOR EACH STATEMENT EXECUTE FUNCTION movement_changes_holdings();
    """,
    """
    DROP TRIGGER movement_changes_holdings ON collateral_movement;
    DROP FUNCTION movement_changes_holdings();
    DROP TRIGGER holding_follows_movements ON collateral_holding;
    DROP FUNCTION holding_follows_movements();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("collateral", "0002_initial"),
        ("onboarding", "0002_append_only"),
    ]

    operations = [
        HAIRCUT_FLOOR,
        HOLDINGS,
        append_only("collateral_haircut"),
        append_only("collateral_haircutfloor"),
        append_only("collateral_movement"),
        append_only("collateral_price"),
        append_only("collateral_heldback"),
        # VAF-16: a pool that changed its client would move collateral between clients.
        append_only("collateral_pool"),
        # What an asset is never changes; how the house sees it may.
        append_only(
            "collateral_asset",
            but=("name", "name_chinese", "lot", "issuer", "sector", "tier", "marginable"),
        ),
    ]
