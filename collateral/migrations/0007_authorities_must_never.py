"""Authorities and re-pledging: what the rule lets nobody say, whoever asks."""

from django.db import migrations

from onboarding.guards import append_only

AUTHORITY = migrations.RunSQL(
    """
    ALTER TABLE collateral_standingauthority ADD CONSTRAINT authority_lasts_twelve_months
      CHECK (professional <> '' OR expires_on < starts_on + interval '12 months');

    -- CSR-4: silence renews only what was reminded of fourteen days before its last day, what the
    -- client neither objected to nor revoked, from the day after, for twelve months.
    CREATE FUNCTION authority_renewed_only_as_the_rule_allows() RETURNS trigger
      LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM collateral_standingauthority before
           WHERE before.id = new.renews_id AND before.client_id = new.client_id
             AND before.reminded_on <= before.expires_on - 14
             AND before.objected_on IS NULL AND before.revoked_on IS NULL
             AND new.starts_on = before.expires_on + 1
             AND new.expires_on < new.starts_on + interval '12 months') THEN
        RAISE EXCEPTION 'silence does not renew this authority'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'authority_renewed_only_as_the_rule_allows';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER authority_renewed_only_as_the_rule_allows
      BEFORE INSERT ON collateral_standingauthority FOR EACH ROW WHEN (new.given = 'deemed')
      EXECUTE FUNCTION authority_renewed_only_as_the_rule_allows();

    CREATE FUNCTION authority_days_are_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a day of an authority is written once'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'authority_days_are_written_once';
    END $$;
    CREATE TRIGGER authority_days_are_written_once
      BEFORE UPDATE ON collateral_standingauthority FOR EACH ROW
      WHEN ((old.reminded_on IS NOT NULL AND old.reminded_on IS DISTINCT FROM new.reminded_on)
         OR (old.objected_on IS NOT NULL AND old.objected_on IS DISTINCT FROM new.objected_on)
         OR (old.revoked_on IS NOT NULL AND old.revoked_on IS DISTINCT FROM new.revoked_on))
      EXECUTE FUNCTION authority_days_are_written_once();
    """,
    """
    DROP TRIGGER authority_days_are_written_once ON collateral_standingauthority;
    DROP FUNCTION authority_days_are_written_once();
    DROP TRIGGER authority_renewed_only_as_the_rule_allows ON collateral_standingauthority;
    DROP FUNCTION authority_renewed_only_as_the_rule_allows();
    ALTER TABLE collateral_standingauthority DROP CONSTRAINT authority_lasts_twelve_months;
    """,
)

REPLEDGE = migrations.RunSQL(
    """
    -- VAF-16, CSR-5: of securities alone, while it is switched on, under the client's authority.
    CREATE FUNCTION repledge_is_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      on_day date := (new.pledged_at AT TIME ZONE 'Asia/Hong_Kong')::date;
    BEGIN
      IF (SELECT kind FROM collateral_asset WHERE id = new.asset_id) <> 'share' THEN
        RAISE EXCEPTION 'only securities may be pledged on'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'repledge_of_securities_alone';
      END IF;
      IF NOT coalesce((SELECT "on" FROM onboarding_productswitch
                        WHERE feature = 'securities_repledge' AND effective_at <= new.pledged_at
                        ORDER BY effective_at DESC, id DESC LIMIT 1), FALSE) THEN
        RAISE EXCEPTION 're-pledging is off'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'repledge_while_switched_on';
      END IF;
      IF NOT EXISTS (
          SELECT FROM collateral_standingauthority authority
            JOIN collateral_pool pool ON pool.client_id = authority.client_id
           WHERE pool.id = new.pool_id AND authority.starts_on <= on_day
             AND (authority.expires_on IS NULL OR authority.expires_on >= on_day)
             AND (authority.revoked_on IS NULL OR authority.revoked_on > on_day)) THEN
        RAISE EXCEPTION 'the client has given no authority that holds'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'repledge_under_an_authority';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER repledge_is_allowed BEFORE INSERT ON collateral_repledge
      FOR EACH ROW EXECUTE FUNCTION repledge_is_allowed();
    """,
    """
    DROP TRIGGER repledge_is_allowed ON collateral_repledge;
    DROP FUNCTION repledge_is_allowed();
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ("collateral", "0006_authorities"),
    ]

    operations = [
        AUTHORITY,
        REPLEDGE,
        append_only(
            "collateral_standingauthority", but=("reminded_on", "objected_on", "revoked_on")
        ),
        append_only("collateral_repledge", but=("taken_back_at",)),
    ]
