"""What must never be: a document edited, deleted, or erased before its time or under a hold."""

from django.db import migrations

from onboarding.guards import append_only

SETTLED = migrations.RunSQL(
    """
    -- The client is named once, the scan says its word once, the content is erased once.
    CREATE FUNCTION document_settled_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (old.client_id IS NOT NULL AND new.client_id IS DISTINCT FROM old.client_id)
         OR (old.verdict <> 'waiting'
             AND (new.verdict, new.scanned_at) IS DISTINCT FROM (old.verdict, old.scanned_at))
         OR (old.erased_at IS NOT NULL
             AND (new.erased_at, new.erasure_id)
                 IS DISTINCT FROM (old.erased_at, old.erasure_id)) THEN
        RAISE EXCEPTION 'document % was settled before', old.id
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'document_settled_once';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER document_settled_once BEFORE UPDATE ON onboarding_document FOR EACH ROW
      EXECUTE FUNCTION document_settled_once();

    -- Seven years after the relationship, and never while an authority has asked for longer
    -- (AML-24, AML-27, AML-28). Without a client, and for the house's own: after it was taken in.
    CREATE FUNCTION document_kept_its_time() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      ended timestamptz := new.uploaded_at;
    BEGIN
      IF new.client_id IS NOT NULL AND new.retention = 'client_file' THEN
        SELECT greatest(max(moved_at), new.uploaded_at) INTO ended
          FROM onboarding_clientmove WHERE subject_id = new.client_id AND target = 'closed'
         HAVING max(moved_at) IS NOT NULL;
      END IF;
      IF ended IS NULL OR ended + interval '7 years' > new.erased_at
         OR coalesce((SELECT h."on" FROM onboarding_legalhold h
                       WHERE h.document_id = new.id ORDER BY h.id DESC LIMIT 1), false)
         OR coalesce((SELECT h."on" FROM onboarding_legalhold h
                       WHERE h.client_id = new.client_id ORDER BY h.id DESC LIMIT 1), false) THEN
        RAISE EXCEPTION 'document % is kept', new.id
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'document_kept_its_time';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER document_kept_its_time
      BEFORE INSERT OR UPDATE OF erased_at ON onboarding_document FOR EACH ROW
      WHEN (new.erased_at IS NOT NULL) EXECUTE FUNCTION document_kept_its_time();
    """,
    """
    DROP TRIGGER document_kept_its_time ON onboarding_document;
    DROP FUNCTION document_kept_its_time();
    DROP TRIGGER document_settled_once ON onboarding_document;
    DROP FUNCTION document_settled_once();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0006_documents")]

    operations = [
        append_only(
            "onboarding_document",
            but=("client_id", "verdict", "scanned_at", "erased_at", "erasure_id"),
        ),
        SETTLED,
        append_only("onboarding_documentreading"),
        append_only("onboarding_legalhold"),
    ]
