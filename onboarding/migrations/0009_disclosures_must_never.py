"""What must never be: a text edited, or accepted in other letters, another time, or for a stranger."""

from django.db import migrations

from onboarding.guards import append_only

LETTERS = migrations.RunSQL(
    """
    -- Versions follow one another in number and in time, and each is its own hash.
    CREATE FUNCTION disclosure_versions_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      last record;
    BEGIN
      SELECT max(version) AS version, max(effective_at) AS effective_at INTO last
        FROM onboarding_disclosure WHERE code = new.code;
      IF new.version <> coalesce(last.version, 0) + 1 OR new.effective_at <= last.effective_at THEN
        RAISE EXCEPTION 'version % of % does not follow', new.version, new.code
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'disclosure_versions_follow';
      END IF;
      IF new.sha256_en <> encode(sha256(convert_to(
             new.title_en || E'\\n\\n' || new.body_en, 'UTF8')), 'hex')
         OR new.sha256_zh <> encode(sha256(convert_to(
             new.title_zh || E'\\n\\n' || new.body_zh, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'version % of % is not its hash', new.version, new.code
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'disclosure_is_its_hash';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER disclosure_versions_follow BEFORE INSERT ON onboarding_disclosure FOR EACH ROW
      EXECUTE FUNCTION disclosure_versions_follow();

    -- What is accepted is in force at that moment, in its own letters.
    CREATE FUNCTION acceptance_of_what_is_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      shown onboarding_disclosure;
    BEGIN
      SELECT * INTO shown FROM onboarding_disclosure WHERE id = new.disclosure_id;
      IF shown.effective_at > new.accepted_at OR EXISTS (
          SELECT FROM onboarding_disclosure later
           WHERE later.code = shown.code AND later.version > shown.version
             AND later.effective_at <= new.accepted_at) THEN
        RAISE EXCEPTION 'disclosure % was not in force', new.disclosure_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'acceptance_of_what_is_in_force';
      END IF;
      IF new.sha256 <> (
          CASE new.language WHEN 'zh' THEN shown.sha256_zh ELSE shown.sha256_en END) THEN
        RAISE EXCEPTION 'these are not the letters of disclosure %', new.disclosure_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'acceptance_of_its_letters';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER acceptance_of_what_is_in_force BEFORE INSERT ON onboarding_acceptance
      FOR EACH ROW EXECUTE FUNCTION acceptance_of_what_is_in_force();

    -- For a client only a signatory accepts, and an applicant's acceptance finds its client once.
    CREATE FUNCTION acceptance_by_a_signatory() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND old.client_id IS NOT NULL THEN
        RAISE EXCEPTION 'acceptance % has its client', old.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'acceptance_finds_its_client_once';
      END IF;
      IF new.client_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM onboarding_signatory s
           WHERE s.client_id = new.client_id AND s.user_id = new.user_id) THEN
        RAISE EXCEPTION 'user % does not sign for client %', new.user_id, new.client_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'acceptance_by_a_signatory';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER acceptance_by_a_signatory
      BEFORE INSERT OR UPDATE OF client_id ON onboarding_acceptance FOR EACH ROW
      EXECUTE FUNCTION acceptance_by_a_signatory();
    """,
    """
    DROP TRIGGER acceptance_by_a_signatory ON onboarding_acceptance;
    DROP FUNCTION acceptance_by_a_signatory();
    DROP TRIGGER acceptance_of_what_is_in_force ON onboarding_acceptance;
    DROP FUNCTION acceptance_of_what_is_in_force();
    DROP TRIGGER disclosure_versions_follow ON onboarding_disclosure;
    DROP FUNCTION disclosure_versions_follow();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0008_disclosures")]

    operations = [
        append_only("onboarding_disclosure"),
        append_only("onboarding_acceptance", but=("client_id",)),
        LETTERS,
    ]
