"""What must never be: a professional investor without a verdict, evidence and two people's word."""

from django.db import migrations

from onboarding.guards import append_only, guard

INVESTOR = migrations.RunSQL(
    """
    -- A person is never an institution, whoever types it.
    CREATE FUNCTION investor_category_suits_the_client() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_client c
           WHERE c.id = new.client_id
             AND (c.kind, new.category) IN (
                 ('person', 'individual'), ('joint', 'individual'), ('corporate', 'corporate'),
                 ('corporate', 'holding'), ('trust', 'trust'), ('institution', 'institutional'))) THEN
        RAISE EXCEPTION 'a client of that kind is not %', new.category
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'investor_category_suits_the_client';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER investor_category_suits_the_client BEFORE INSERT ON onboarding_investorstatus
      FOR EACH ROW EXECUTE FUNCTION investor_category_suits_the_client();

    -- Confirmed by the proposal of this very assessment, on evidence that is kept.
    CREATE FUNCTION investor_confirmed_by_its_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_proposal p
           WHERE p.id = new.proposal_id AND p.command = 'confirm_investor'
             AND p.client_id = new.client_id AND p.payload ->> 'status' = new.id::text
             AND p.state IN ('proposed', 'approved')) THEN
        RAISE EXCEPTION 'assessment % has no proposal of its own', new.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'investor_confirmed_by_its_proposal';
      END IF;
      IF NOT EXISTS (SELECT FROM onboarding_evidence e WHERE e.status_id = new.id) THEN
        RAISE EXCEPTION 'assessment % rests on no evidence', new.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'investor_confirmed_on_evidence';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER investor_confirmed_by_its_proposal
      BEFORE UPDATE ON onboarding_investorstatus FOR EACH ROW
      WHEN (old.state = 'assessed' AND new.state <> 'assessed')
      EXECUTE FUNCTION investor_confirmed_by_its_proposal();

    -- The proposal is approved after it was applied, in the same transaction.
    CREATE FUNCTION investor_confirmed_was_approved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_proposal p
           WHERE p.id = new.proposal_id AND p.state = 'approved') THEN
        RAISE EXCEPTION 'assessment % was confirmed and nobody approved it', new.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'investor_confirmed_was_approved';
      END IF;
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER investor_confirmed_was_approved
      AFTER UPDATE OF state ON onboarding_investorstatus DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
      WHEN (old.state = 'assessed' AND new.state <> 'assessed')
      EXECUTE FUNCTION investor_confirmed_was_approved();

    -- Nobody makes a status last longer than it was confirmed for.
    CREATE FUNCTION investor_status_is_not_extended() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'assessment % is confirmed for its days', new.id
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'investor_status_is_not_extended';
    END $$;
    CREATE TRIGGER investor_status_is_not_extended
      BEFORE UPDATE ON onboarding_investorstatus FOR EACH ROW
      WHEN (old.state <> 'assessed' AND
            (old.proposal_id, old.confirmed_at, old.from_date, old.until_date)
            IS DISTINCT FROM
            (new.proposal_id, new.confirmed_at, new.from_date, new.until_date))
      EXECUTE FUNCTION investor_status_is_not_extended();
    """,
    """
    DROP TRIGGER investor_status_is_not_extended ON onboarding_investorstatus;
    DROP FUNCTION investor_status_is_not_extended();
    DROP TRIGGER investor_confirmed_was_approved ON onboarding_investorstatus;
    DROP FUNCTION investor_confirmed_was_approved();
    DROP TRIGGER investor_confirmed_by_its_proposal ON onboarding_investorstatus;
    DROP FUNCTION investor_confirmed_by_its_proposal();
    DROP TRIGGER investor_category_suits_the_client ON onboarding_investorstatus;
    DROP FUNCTION investor_category_suits_the_client();
    """,
)

ATTEMPT = migrations.RunSQL(
    """
    CREATE FUNCTION attempt_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a paper begins without answers and is answered once'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'attempt_answered_once';
    END $$;
    CREATE TRIGGER attempt_answered_once BEFORE UPDATE ON onboarding_attempt FOR EACH ROW
      WHEN (old.finished_at IS NOT NULL) EXECUTE FUNCTION attempt_answered_once();
    CREATE TRIGGER attempt_begins_unanswered BEFORE INSERT ON onboarding_attempt FOR EACH ROW
      WHEN (new.finished_at IS NOT NULL) EXECUTE FUNCTION attempt_answered_once();
    """,
    """
    DROP TRIGGER attempt_begins_unanswered ON onboarding_attempt;
    DROP TRIGGER attempt_answered_once ON onboarding_attempt;
    DROP FUNCTION attempt_answered_once();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0012_investors_and_groups")]

    operations = [
        guard("onboarding_investorstatus", "onboarding_investormove", first="assessed"),
        append_only(
            "onboarding_investorstatus",
            but=("state", "proposal_id", "confirmed_at", "from_date", "until_date", "reminded"),
        ),
        INVESTOR,
        append_only("onboarding_evidence"),
        append_only("onboarding_restson"),
        append_only("onboarding_qualification"),
        append_only("onboarding_yearlyconfirmation"),
        append_only("onboarding_question"),
        append_only("onboarding_attempt", but=("finished_at", "answers", "score", "passed")),
        ATTEMPT,
        append_only("onboarding_training"),
        append_only("onboarding_party"),
        append_only("onboarding_connection", but=("until_date", "ended_by_id")),
        append_only("onboarding_observation"),
        guard("onboarding_enquiry", "onboarding_enquirymove", first="open"),
        append_only("onboarding_enquiry", but=("state", "closed_at", "outcome")),
    ]
