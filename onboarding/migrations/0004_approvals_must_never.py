"""What must never be: a proposal decided twice, a client's state without its move, a switch edited."""

from django.db import migrations

from onboarding.guards import append_only, guard

DECIDED = migrations.RunSQL(
    """
    -- Once it was decided, withdrawn or has expired, nothing of it changes.
    CREATE FUNCTION proposal_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'proposal % has ended', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'proposal_ends_once';
    END $$;
    CREATE TRIGGER proposal_ends_once BEFORE UPDATE ON onboarding_proposal FOR EACH ROW
      WHEN (old.state <> 'proposed') EXECUTE FUNCTION proposal_ends_once();

    -- The checker holds, at that moment, one of the roles that may decide it.
    CREATE FUNCTION proposal_checker_holds_the_role() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_user checker
           WHERE checker.id = new.checker_id AND checker.is_active
             AND checker.role = ANY (new.approvers)) THEN
        RAISE EXCEPTION 'the checker of proposal % holds no role that decides it', new.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'proposal_checker_holds_the_role';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER proposal_checker_holds_the_role
      BEFORE INSERT OR UPDATE OF checker_id ON onboarding_proposal FOR EACH ROW
      WHEN (new.checker_id IS NOT NULL) EXECUTE FUNCTION proposal_checker_holds_the_role();
    """,
    """
    DROP TRIGGER proposal_checker_holds_the_role ON onboarding_proposal;
    DROP FUNCTION proposal_checker_holds_the_role();
    DROP TRIGGER proposal_ends_once ON onboarding_proposal;
    DROP FUNCTION proposal_ends_once();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0003_approvals")]

    operations = [
        guard("onboarding_proposal", "onboarding_proposalmove", first="proposed"),
        append_only(
            "onboarding_proposal",
            but=("state", "checker_id", "decided_at", "decision_reason", "outcome"),
        ),
        DECIDED,
        guard("onboarding_client", "onboarding_clientmove", first="active"),
        # Who served whom, and when, is not rewritten: a service ends, and that is all.
        append_only("onboarding_service", but=("until_date",)),
        append_only("onboarding_legalentity"),
        append_only("onboarding_productswitch"),
        append_only("onboarding_approvalsize"),
    ]
