"""Each movement knows where its units rest, and the database holds where virtual assets may."""

import django.db.models.deletion
from django.db import migrations, models

from onboarding.guards import append_only

PLACES = [('client', 'With the client'), ('pool', 'Pledged'), ('venue', 'Bought or sold at the venue'), ('issuer', 'Made or taken back by the issuer')]

# Until now nobody wrote down where units were. That is said of the rows there are, in no time
# however many they be: the column is born with one value, which stands in the catalogue. Nothing
# of a client's virtual assets may come into that place, and everything may leave it.
CUSTODY = migrations.RunSQL(
    """
    DO $$
    DECLARE
      unstated bigint;
    BEGIN
      IF NOT EXISTS (SELECT FROM collateral_movement) THEN
        ALTER TABLE collateral_movement ADD COLUMN custody_id bigint NOT NULL;
        RETURN;
      END IF;
      INSERT INTO collateral_custodyplace (code, kind, name)
      VALUES ('UNSTATED', 'other', 'Not written down before places were kept')
      RETURNING id INTO unstated;
      EXECUTE format(
          'ALTER TABLE collateral_movement ADD COLUMN custody_id bigint NOT NULL DEFAULT %s',
          unstated);
      ALTER TABLE collateral_movement ALTER COLUMN custody_id DROP DEFAULT;
      INSERT INTO collateral_heldat (pool_id, asset_id, place_id, units)
      SELECT pool_id, asset_id, unstated, units FROM collateral_holding;
    END $$;
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE collateral_movement ADD CONSTRAINT movement_custody_is_a_place
      FOREIGN KEY (custody_id) REFERENCES collateral_custodyplace (id)
      DEFERRABLE INITIALLY DEFERRED;
    """,
    "ALTER TABLE collateral_movement DROP COLUMN custody_id;",
    state_operations=[
        migrations.AddField(
            model_name='movement',
            name='custody',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.custodyplace'),
        ),
    ],
)

HELD_AT = migrations.RunSQL(
    """
    CREATE TRIGGER held_at_follows_movements
      BEFORE INSERT OR UPDATE OR DELETE ON collateral_heldat
      FOR EACH ROW EXECUTE FUNCTION holding_follows_movements();

    -- What of a pool rests at a place: the second total beside the holding, by the same movements.
    CREATE FUNCTION movement_changes_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO collateral_heldat AS held (pool_id, asset_id, place_id, units)
      SELECT to_pool_id, asset_id, custody_id, sum(units) FROM moved
       WHERE to_pool_id IS NOT NULL
       GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (pool_id, asset_id, place_id) DO UPDATE SET units = held.units + excluded.units;

      INSERT INTO collateral_heldat AS held (pool_id, asset_id, place_id, units)
      SELECT DISTINCT from_pool_id, asset_id, custody_id, 0 FROM moved
       WHERE from_pool_id IS NOT NULL
       ORDER BY 1, 2, 3
      ON CONFLICT (pool_id, asset_id, place_id) DO NOTHING;
      UPDATE collateral_heldat held SET units = held.units - gone.units
        FROM (SELECT from_pool_id AS pool_id, asset_id, custody_id, sum(units) AS units FROM moved
               WHERE from_pool_id IS NOT NULL GROUP BY 1, 2, 3) gone
       WHERE held.pool_id = gone.pool_id AND held.asset_id = gone.asset_id
         AND held.place_id = gone.custody_id;
      RETURN NULL;
    END $$;
    -- By name it comes after movement_changes_holdings: an overdrawn pool is refused as one.
    CREATE TRIGGER movement_changes_places AFTER INSERT ON collateral_movement
      REFERENCING NEW TABLE AS moved
      FOR EACH STATEMENT EXECUTE FUNCTION movement_changes_places();

    -- JC-7: virtual assets of clients come to rest with the associated entity of a licensed
    -- platform or with an authorised institution, and while its licence runs.
    CREATE FUNCTION movement_va_rests_where_it_may() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
          SELECT FROM (SELECT DISTINCT moved.custody_id, moved.moved_at
                         FROM moved JOIN collateral_asset asset ON asset.id = moved.asset_id
                        WHERE moved.to_pool_id IS NOT NULL AND asset.kind = 'va') entered
            JOIN collateral_custodyplace place ON place.id = entered.custody_id
            LEFT JOIN LATERAL (
                SELECT number, expires_on FROM collateral_placelicence
                 WHERE place_id = place.id AND effective_at <= entered.moved_at
                 ORDER BY effective_at DESC, id DESC LIMIT 1) licence ON TRUE
           WHERE place.kind NOT IN ('platform', 'institution')
              OR coalesce(licence.number, '') = ''
              OR licence.expires_on < (entered.moved_at AT TIME ZONE 'Asia/Hong_Kong')::date)
      THEN
        RAISE EXCEPTION 'virtual assets would rest where they may not'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'movement_va_rests_where_it_may';
      END IF;
      RETURN NULL;
    END $$;
    -- VAF-16: nobody issues a virtual asset, so none leaves a pool but to its client or a sale.
    CREATE FUNCTION movement_va_has_no_issuer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT kind FROM collateral_asset WHERE id = new.asset_id) <> 'share' THEN
        RAISE EXCEPTION 'only a share has an issuer'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'movement_va_has_no_issuer';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER movement_va_has_no_issuer BEFORE INSERT ON collateral_movement FOR EACH ROW
      WHEN (new.from_place = 'issuer' OR new.to_place = 'issuer')
      EXECUTE FUNCTION movement_va_has_no_issuer();

    CREATE TRIGGER movement_va_rests_where_it_may AFTER INSERT ON collateral_movement
      REFERENCING NEW TABLE AS moved
      FOR EACH STATEMENT EXECUTE FUNCTION movement_va_rests_where_it_may();
    """,
    """
    DROP TRIGGER movement_va_has_no_issuer ON collateral_movement;
    DROP FUNCTION movement_va_has_no_issuer();
    DROP TRIGGER movement_va_rests_where_it_may ON collateral_movement;
    DROP FUNCTION movement_va_rests_where_it_may();
    DROP TRIGGER movement_changes_places ON collateral_movement;
    DROP FUNCTION movement_changes_places();
    DROP TRIGGER held_at_follows_movements ON collateral_heldat;
    DELETE FROM collateral_heldat;
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0004_custody_places'),
    ]

    operations = [
        migrations.AlterField(
            model_name='movement',
            name='from_place',
            field=models.CharField(choices=PLACES, max_length=8),
        ),
        migrations.AlterField(
            model_name='movement',
            name='to_place',
            field=models.CharField(choices=PLACES, max_length=8),
        ),
        CUSTODY,
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['custody', 'moved_at'], name='movement_at_place'),
        ),
        HELD_AT,
        append_only("collateral_custodyplace"),
        append_only("collateral_placelicence"),
    ]
