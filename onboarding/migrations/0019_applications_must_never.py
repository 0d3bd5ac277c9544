"""What must never be: a retail applicant who gets in, a check that nobody made, a rewritten answer."""

from django.db import migrations

from onboarding.guards import append_only, guard

NUMBERS = migrations.RunSQL(
    """
    CREATE SEQUENCE onboarding_application_number;
    CREATE SEQUENCE onboarding_client_number;
    """,
    """
    DROP SEQUENCE onboarding_client_number;
    DROP SEQUENCE onboarding_application_number;
    """,
)

TOLD = migrations.RunSQL(
    """
    -- What an applicant told changes in a draft, or while we ask for a correction, and makes another
    -- edition: whoever confirmed or checked an earlier one did not see it.
    CREATE FUNCTION application_told_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      whose bigint := CASE WHEN TG_OP = 'DELETE' THEN old.application_id ELSE new.application_id END;
      stands text;
    BEGIN
      SELECT state INTO stands FROM onboarding_application WHERE id = whose FOR NO KEY UPDATE;
      IF TG_OP = 'UPDATE' AND to_jsonb(old) - 'user_id' = to_jsonb(new) - 'user_id'
         AND stands NOT IN ('opened', 'refused', 'withdrawn', 'expired') THEN
        RETURN new;  -- Somebody who signs has got a login.
      END IF;
      IF stands NOT IN ('draft', 'information_asked') THEN
        RAISE EXCEPTION 'application % is %, and what was told is closed', whose, stands
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_told_while_open';
      END IF;
      UPDATE onboarding_application SET edition = edition + 1 WHERE id = whose;
      IF TG_OP = 'DELETE' THEN
        RETURN old;
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER application_told_while_open BEFORE INSERT OR UPDATE OR DELETE
      ON onboarding_applicationparty FOR EACH ROW EXECUTE FUNCTION application_told_while_open();
    CREATE TRIGGER application_told_while_open BEFORE INSERT OR UPDATE OR DELETE
      ON onboarding_holding FOR EACH ROW EXECUTE FUNCTION application_told_while_open();
    CREATE TRIGGER application_told_while_open BEFORE INSERT
      ON onboarding_told FOR EACH ROW EXECUTE FUNCTION application_told_while_open();

    CREATE FUNCTION application_columns_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.kind <> old.kind OR old.state NOT IN ('draft', 'information_asked') THEN
        RAISE EXCEPTION 'application % is %, and what was told is closed', old.id, old.state
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_told_while_open';
      END IF;
      new.edition := greatest(new.edition, old.edition + 1);
      RETURN new;
    END $$;
    CREATE TRIGGER application_columns_while_open BEFORE UPDATE ON onboarding_application
      FOR EACH ROW WHEN ((old.kind, old.category, old.portfolio, old.assets, old.signatures)
        IS DISTINCT FROM (new.kind, new.category, new.portfolio, new.assets, new.signatures))
      EXECUTE FUNCTION application_columns_while_open();

    CREATE FUNCTION application_edition_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'an edition does not come back'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'application_edition_grows';
    END $$;
    CREATE TRIGGER application_edition_grows BEFORE UPDATE OF edition ON onboarding_application
      FOR EACH ROW WHEN (new.edition < old.edition) EXECUTE FUNCTION application_edition_grows();

    -- A link works once, and an answer is given once.
    CREATE FUNCTION onboarding_done_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'it was done already'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
    END $$;
    CREATE TRIGGER invitation_used_once BEFORE UPDATE ON onboarding_invitation FOR EACH ROW
      WHEN (old.used_at IS NOT NULL OR old.cancelled_at IS NOT NULL)
      EXECUTE FUNCTION onboarding_done_once('invitation_used_once');
    CREATE TRIGGER sign_up_used_once BEFORE UPDATE ON onboarding_signup FOR EACH ROW
      WHEN (old.used_at IS NOT NULL) EXECUTE FUNCTION onboarding_done_once('sign_up_used_once');
    CREATE TRIGGER request_answered_once BEFORE UPDATE ON onboarding_request FOR EACH ROW
      WHEN (old.answered_at IS NOT NULL)
      EXECUTE FUNCTION onboarding_done_once('request_answered_once');
    """,
    """
    DROP TRIGGER request_answered_once ON onboarding_request;
    DROP TRIGGER sign_up_used_once ON onboarding_signup;
    DROP TRIGGER invitation_used_once ON onboarding_invitation;
    DROP FUNCTION onboarding_done_once();
    DROP TRIGGER application_edition_grows ON onboarding_application;
    DROP FUNCTION application_edition_grows();
    DROP TRIGGER application_columns_while_open ON onboarding_application;
    DROP FUNCTION application_columns_while_open();
    DROP TRIGGER application_told_while_open ON onboarding_told;
    DROP TRIGGER application_told_while_open ON onboarding_holding;
    DROP TRIGGER application_told_while_open ON onboarding_applicationparty;
    DROP FUNCTION application_told_while_open();
    """,
)

SENT = migrations.RunSQL(
    """
    -- The value of a parameter at a time; what the house opened with where nobody has set it.
    CREATE FUNCTION onboarding_parameter(named text, at timestamptz, initial numeric)
      RETURNS numeric LANGUAGE sql STABLE AS $$
      SELECT coalesce(
        (SELECT value FROM onboarding_parametervalue
          WHERE name = named AND effective_at <= at ORDER BY effective_at DESC, id DESC LIMIT 1),
        initial)
    $$;

    -- We lend to professional investors: nobody else's application is ever sent.
    CREATE FUNCTION application_is_professional() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      portfolio numeric := coalesce(new.portfolio, 0);
      assets numeric := coalesce(new.assets, 0);
      at timestamptz := new.submitted_at;
      good boolean := CASE new.category
        WHEN 'individual' THEN new.kind IN ('person', 'joint')
          AND portfolio >= onboarding_parameter('pi_portfolio_individual', at, 8000000)
        WHEN 'corporate' THEN new.kind = 'corporate'
          AND (portfolio >= onboarding_parameter('pi_portfolio_corporate', at, 8000000)
               OR assets >= onboarding_parameter('pi_assets_corporate', at, 40000000))
        WHEN 'holding' THEN new.kind = 'corporate'
        WHEN 'trust' THEN new.kind = 'trust'
          AND assets >= onboarding_parameter('pi_assets_trust', at, 40000000)
        WHEN 'institutional' THEN new.kind IN ('corporate', 'institution')
        ELSE false
      END;
    BEGIN
      IF NOT good THEN
        RAISE EXCEPTION 'application % is not one of a professional investor', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_is_professional';
      END IF;
      RETURN new;
    END $$;
    -- Whatever it becomes, but for an end: not even a later step may be without it.
    CREATE TRIGGER application_is_professional BEFORE UPDATE OF state ON onboarding_application
      FOR EACH ROW
      WHEN (new.state NOT IN ('draft', 'refused', 'withdrawn', 'expired', 'information_asked'))
      EXECUTE FUNCTION application_is_professional();

    -- As many of those who sign as the mandate says have confirmed this very edition.
    CREATE FUNCTION application_confirmed_by_those_who_sign() RETURNS trigger
      LANGUAGE plpgsql AS $$
    DECLARE
      given integer;
      persons integer;
    BEGIN
      SELECT count(*), count(confirmation.id) INTO persons, given
        FROM onboarding_applicationparty party
        LEFT JOIN onboarding_confirmation confirmation
          ON confirmation.application_id = new.id AND confirmation.user_id = party.user_id
         AND confirmation.edition = new.edition
       WHERE party.application_id = new.id AND party.nature = 'person'
         AND CASE WHEN new.kind IN ('person', 'joint') THEN 'applicant' ELSE 'signatory' END
             = ANY (party.roles);
      IF new.signatures IS NULL OR given < new.signatures OR given < 1
         OR (new.kind = 'joint' AND (given < persons OR given < 2)) THEN
        RAISE EXCEPTION 'application %: % of % who must sign have confirmed', new.number, given,
          new.signatures
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_confirmed_by_those_who_sign';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER application_confirmed_by_those_who_sign
      BEFORE UPDATE OF state ON onboarding_application FOR EACH ROW
      WHEN (old.state IN ('draft', 'information_asked')
            AND new.state IN ('submitted', 'in_review'))
      EXECUTE FUNCTION application_confirmed_by_those_who_sign();
    """,
    """
    DROP TRIGGER application_confirmed_by_those_who_sign ON onboarding_application;
    DROP FUNCTION application_confirmed_by_those_who_sign();
    DROP TRIGGER application_is_professional ON onboarding_application;
    DROP FUNCTION application_is_professional();
    DROP FUNCTION onboarding_parameter(text, timestamptz, numeric);
    """,
)

APPROVED = migrations.RunSQL(
    """
    -- AML-1 and AML-6: every check is passed, on the edition as it is, before the account is opened;
    -- nothing is verified later. And credit has decided.
    CREATE FUNCTION application_checks_are_passed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      open_check text;
    BEGIN
      SELECT needed INTO open_check FROM unnest(ARRAY[
          'customer', 'owners', 'purpose', 'agents', 'documents', 'screening', 'investor',
          'knowledge', 'affordability', 'credit', 'disclosures']) needed
       WHERE NOT coalesce((
           SELECT passed FROM onboarding_checkrecord
            WHERE application_id = new.id AND check_name = needed AND edition = new.edition
            ORDER BY id DESC LIMIT 1), false)
       LIMIT 1;
      IF open_check IS NOT NULL THEN
        RAISE EXCEPTION 'application %: the check % is not passed', new.number, open_check
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_checks_are_passed';
      END IF;
      IF NOT EXISTS (SELECT FROM onboarding_creditdecision
                      WHERE application_id = new.id AND edition = new.edition) THEN
        RAISE EXCEPTION 'application %: credit has not decided', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'application_credit_has_decided';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER application_checks_are_passed
      BEFORE UPDATE OF state ON onboarding_application FOR EACH ROW
      WHEN (new.state IN ('approved', 'opened'))
      EXECUTE FUNCTION application_checks_are_passed();
    """,
    """
    DROP TRIGGER application_checks_are_passed ON onboarding_application;
    DROP FUNCTION application_checks_are_passed();
    """,
)


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0018_applications")]

    operations = [
        NUMBERS,
        guard("onboarding_application", "onboarding_applicationmove", first="draft"),
        append_only("onboarding_told"),
        append_only("onboarding_confirmation"),
        append_only("onboarding_checkrecord"),
        append_only("onboarding_creditdecision"),
        append_only("onboarding_request", but=("answer", "answered_by_id", "answered_at")),
        append_only("onboarding_signup", but=("used_at",)),
        TOLD,
        SENT,
        APPROVED,
    ]
