"""A client's document is never edited, and goes only when its years are over."""

from django.db import migrations

from onboarding.guards import append_only

KEPT = migrations.RunSQL(
    """
    CREATE FUNCTION broker_accountdocument_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a document is never edited, and deleted only after %', old.keep_until
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'broker_accountdocument_kept';
    END $$;
    CREATE TRIGGER broker_accountdocument_never_edited BEFORE UPDATE ON broker_accountdocument
      FOR EACH ROW EXECUTE FUNCTION broker_accountdocument_kept();
    CREATE TRIGGER broker_accountdocument_kept BEFORE DELETE ON broker_accountdocument
      FOR EACH ROW WHEN (old.keep_until >= CURRENT_DATE)
      EXECUTE FUNCTION broker_accountdocument_kept();
    """,
    """
    DROP TRIGGER broker_accountdocument_kept ON broker_accountdocument;
    DROP TRIGGER broker_accountdocument_never_edited ON broker_accountdocument;
    DROP FUNCTION broker_accountdocument_kept();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("broker", "0004_documents"), ("onboarding", "0002_append_only")]

    operations = [KEPT, append_only("broker_documentrun")]
