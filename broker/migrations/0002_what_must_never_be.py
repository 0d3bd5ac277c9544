"""What must never be, held by the database: a notice reworded, a report replaced or gone too soon."""

from django.db import migrations

from broker.notices.notice import SENDING_FIELDS
from onboarding.guards import append_only

# A report may go when its years are over.
KEPT = migrations.RunSQL(
    """
    CREATE FUNCTION broker_storedreport_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a stored report is never edited, and deleted only after %', old.keep_until
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'broker_storedreport_kept';
    END $$;
    CREATE TRIGGER broker_storedreport_never_edited BEFORE UPDATE ON broker_storedreport
      FOR EACH ROW EXECUTE FUNCTION broker_storedreport_kept();
    CREATE TRIGGER broker_storedreport_kept BEFORE DELETE ON broker_storedreport
      FOR EACH ROW WHEN (old.keep_until >= CURRENT_DATE)
      EXECUTE FUNCTION broker_storedreport_kept();
    """,
    """
    DROP TRIGGER broker_storedreport_kept ON broker_storedreport;
    DROP TRIGGER broker_storedreport_never_edited ON broker_storedreport;
    DROP FUNCTION broker_storedreport_kept();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("broker", "0001_initial"), ("onboarding", "0002_append_only")]

    operations = [
        append_only("broker_notice", but=SENDING_FIELDS),
        append_only("broker_feedanchor"),
        KEPT,
    ]
