"""What must never be: an application that says it is opened and has no account, or one person's word."""

from django.db import migrations

from onboarding.guards import append_only

OPENED = migrations.RunSQL(
    """
    CREATE SEQUENCE lending_account_number;

    -- Asked when the transaction ends: client, account and the approval are there, or nothing is.
    CREATE FUNCTION application_opened_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_application application
            JOIN lending_opening opening ON opening.application_id = application.id
            JOIN lending_marginaccount account ON account.id = opening.account_id
            JOIN lending_marginrelation relation ON relation.id = account.relation_id
            JOIN onboarding_creditdecision decision ON decision.id = opening.decision_id
            JOIN onboarding_proposal proposal ON proposal.id = application.proposal_id
           WHERE application.id = new.id AND application.state = 'opened'
             AND account.client_id = application.client_id
             AND relation.client_id = application.client_id
             AND decision.application_id = application.id
             AND proposal.command = 'open_account' AND proposal.state = 'approved') THEN
        RAISE EXCEPTION 'application % was opened in part', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_opened_whole';
      END IF;
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER application_opened_whole
      AFTER UPDATE OF state ON onboarding_application DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (new.state IN ('approved', 'opened'))
      EXECUTE FUNCTION application_opened_whole();
    """,
    """
    DROP TRIGGER application_opened_whole ON onboarding_application;
    DROP FUNCTION application_opened_whole();
    DROP SEQUENCE lending_account_number;
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ("lending", "0008_opening"),
        ("onboarding", "0019_applications_must_never"),
    ]

    operations = [append_only("lending_opening"), OPENED]
