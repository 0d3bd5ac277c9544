"""What must never be: a message edited, put in another's mouth, or with a restricted file."""

from django.db import migrations

from onboarding.guards import append_only

SIDES = migrations.RunSQL(
    """
    -- Who writes for a client signs for it, or is the applicant; the house's words are of staff.
    CREATE FUNCTION message_from_its_side() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.from_house <> (SELECT u.is_staff FROM onboarding_user u WHERE u.id = new.author_id)
         OR (NOT new.from_house AND new.client_id IS NOT NULL AND NOT EXISTS (
             SELECT FROM onboarding_signatory s
              WHERE s.client_id = new.client_id AND s.user_id = new.author_id))
         OR (NOT new.from_house AND new.client_id IS NULL AND new.applicant_id <> new.author_id)
      THEN
        RAISE EXCEPTION 'user % does not write for that side', new.author_id
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'message_from_its_side';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER message_from_its_side BEFORE INSERT ON onboarding_message FOR EACH ROW
      EXECUTE FUNCTION message_from_its_side();

    -- An applicant's messages find their client once.
    CREATE FUNCTION message_finds_its_client_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF old.client_id IS NOT NULL AND new.client_id IS DISTINCT FROM old.client_id THEN
        RAISE EXCEPTION 'message % has its client', old.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'message_finds_its_client_once';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER message_finds_its_client_once BEFORE UPDATE OF client_id ON onboarding_message
      FOR EACH ROW EXECUTE FUNCTION message_finds_its_client_once();

    -- What is restricted is never sent (AML-12).
    CREATE FUNCTION attachment_is_not_restricted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT d.restricted FROM onboarding_document d WHERE d.id = new.document_id) THEN
        RAISE EXCEPTION 'document % is restricted', new.document_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'attachment_is_not_restricted';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER attachment_is_not_restricted BEFORE INSERT ON onboarding_attachment
      FOR EACH ROW EXECUTE FUNCTION attachment_is_not_restricted();
    """,
    """
    DROP TRIGGER attachment_is_not_restricted ON onboarding_attachment;
    DROP FUNCTION attachment_is_not_restricted();
    DROP TRIGGER message_finds_its_client_once ON onboarding_message;
    DROP FUNCTION message_finds_its_client_once();
    DROP TRIGGER message_from_its_side ON onboarding_message;
    DROP FUNCTION message_from_its_side();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0010_messages")]

    operations = [
        append_only("onboarding_message", but=("client_id", "told_at")),
        append_only("onboarding_attachment"),
        append_only("onboarding_messageread"),
        SIDES,
    ]
