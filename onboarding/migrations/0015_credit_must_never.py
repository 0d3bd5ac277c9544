"""What must never be: an assessment edited or added to, a factor without its argument."""

from django.db import migrations

from onboarding.guards import append_only

ASSESSMENT = migrations.RunSQL(
    """
    ALTER TABLE onboarding_creditassessment
      ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
    -- SMF-12: credit is looked at again within a year.
    ALTER TABLE onboarding_creditassessment ADD CONSTRAINT credit_assessment_reviewed_within_a_year
      CHECK (review_date <= (effective_at AT TIME ZONE 'Asia/Hong_Kong')::date + 366);
    -- SMF-11, VAF-5: each factor is scored, argued and has its evidence.
    ALTER TABLE onboarding_creditassessment ADD CONSTRAINT credit_assessment_factors_are_argued
      CHECK (NOT jsonb_path_exists(factors, '$.* ? (
        !(@.score >= 1 && @.score <= 5) || !(@.argument like_regex "[^ ]")
        || !(@.evidence like_regex "[^ ]"))'));

    -- A line belongs to the assessment it was scored with, and VA are counted where they are argued.
    CREATE FUNCTION credit_assessment_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      written xid8;
      counts boolean;
    BEGIN
      SELECT txid, counts_virtual INTO written, counts
        FROM onboarding_creditassessment WHERE id = new.assessment_id;
      IF written IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'assessment % is complete', new.assessment_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'credit_assessment_is_whole';
      END IF;
      IF to_jsonb(new) ->> 'asset_class' = 'virtual' AND NOT counts THEN
        RAISE EXCEPTION 'assessment % counts no virtual assets', new.assessment_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'credit_assessment_argues_what_it_counts';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER credit_assessment_is_whole BEFORE INSERT ON onboarding_networthline
      FOR EACH ROW EXECUTE FUNCTION credit_assessment_is_whole();
    CREATE TRIGGER credit_assessment_is_whole BEFORE INSERT ON onboarding_debtline
      FOR EACH ROW EXECUTE FUNCTION credit_assessment_is_whole();
    """,
    """
    DROP TRIGGER credit_assessment_is_whole ON onboarding_debtline;
    DROP TRIGGER credit_assessment_is_whole ON onboarding_networthline;
    DROP FUNCTION credit_assessment_is_whole();
    ALTER TABLE onboarding_creditassessment DROP CONSTRAINT credit_assessment_factors_are_argued;
    ALTER TABLE onboarding_creditassessment
      DROP CONSTRAINT credit_assessment_reviewed_within_a_year;
    ALTER TABLE onboarding_creditassessment DROP COLUMN txid;
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0014_credit")]

    operations = [
        append_only("onboarding_creditassessment"),
        append_only("onboarding_networthline"),
        append_only("onboarding_debtline"),
        ASSESSMENT,
    ]
