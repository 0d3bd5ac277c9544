"""What must never be: a limit without its log, an account closed with something in it."""

from django.db import migrations

from onboarding.guards import append_only

LIMIT = migrations.RunSQL(
    """
    ALTER TABLE lending_creditlimitchange
      ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
    -- SMF-12: a limit is looked at again within a year.
    ALTER TABLE lending_creditlimitchange ADD CONSTRAINT limit_change_reviewed_within_a_year
      CHECK (review_date <= (effective_at AT TIME ZONE 'Asia/Hong_Kong')::date + 366);

    CREATE FUNCTION margin_account_limit_changes_by_approval() RETURNS trigger
      LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM lending_creditlimitchange change
           WHERE change.account_id = new.id AND change.txid = pg_current_xact_id()
             AND change.before = old.credit_limit AND change.after = new.credit_limit) THEN
        RAISE EXCEPTION 'the credit limit of % changed without its approved row', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_account_limit_changes_by_approval';
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER margin_account_limit_changes_by_approval
      AFTER UPDATE OF credit_limit ON lending_marginaccount FOR EACH ROW
      WHEN (old.credit_limit IS DISTINCT FROM new.credit_limit)
      EXECUTE FUNCTION margin_account_limit_changes_by_approval();
    """,
    """
    DROP TRIGGER margin_account_limit_changes_by_approval ON lending_marginaccount;
    DROP FUNCTION margin_account_limit_changes_by_approval();
    ALTER TABLE lending_creditlimitchange DROP CONSTRAINT limit_change_reviewed_within_a_year;
    ALTER TABLE lending_creditlimitchange DROP COLUMN txid;
    """,
)

CLOSED = migrations.RunSQL(
    """
    -- An account is closed empty: nothing owed, nothing held, nothing under way.
    CREATE FUNCTION margin_account_closes_empty() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM lending_subledger
                  WHERE id = new.subledger_id
                    AND (owed, accrued, deficit, cash) <> (0, 0, 0, 0))
         OR EXISTS (SELECT FROM collateral_holding
                     WHERE pool_id = new.pool_id AND units > 0)
         OR EXISTS (SELECT FROM lending_margincall
                     WHERE account_id = new.id AND ended_at IS NULL)
         OR EXISTS (SELECT FROM lending_order
                     WHERE account_id = new.id AND ended_at IS NULL) THEN
        RAISE EXCEPTION 'account % is not empty', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_account_closes_empty';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER margin_account_closes_empty BEFORE UPDATE OF state ON lending_marginaccount
      FOR EACH ROW WHEN (new.state = 'closed' AND old.state <> 'closed')
      EXECUTE FUNCTION margin_account_closes_empty();

    -- VAF-3: a parent closes after the accounts under it, and none is opened under a closed one.
    CREATE FUNCTION margin_relation_closes_last() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM lending_marginaccount
                  WHERE relation_id = new.id AND state <> 'closed') THEN
        RAISE EXCEPTION 'an account under relation % is open', new.id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_relation_closes_last';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER margin_relation_closes_last BEFORE UPDATE OF state ON lending_marginrelation
      FOR EACH ROW WHEN (new.state = 'closed' AND old.state <> 'closed')
      EXECUTE FUNCTION margin_relation_closes_last();

    CREATE FUNCTION margin_account_under_an_open_parent() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      parent text;
    BEGIN
      SELECT state INTO parent FROM lending_marginrelation WHERE id = new.relation_id FOR SHARE;
      IF parent = 'closed' THEN
        RAISE EXCEPTION 'account % would stand under a closed relation', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_account_under_an_open_parent';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER margin_account_under_an_open_parent
      BEFORE INSERT OR UPDATE OF relation_id ON lending_marginaccount
      FOR EACH ROW EXECUTE FUNCTION margin_account_under_an_open_parent();

    CREATE FUNCTION client_closes_last() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM lending_marginaccount
                  WHERE client_id = new.id AND state <> 'closed')
         OR EXISTS (SELECT FROM lending_marginrelation
                     WHERE client_id = new.id AND state <> 'closed') THEN
        RAISE EXCEPTION 'client % has an account or a margin relation that is open', new.number
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'client_closes_last';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER client_closes_last BEFORE UPDATE OF state ON onboarding_client
      FOR EACH ROW WHEN (new.state = 'closed' AND old.state <> 'closed')
      EXECUTE FUNCTION client_closes_last();

    CREATE FUNCTION margin_relation_of_an_open_client() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      client_state text;
    BEGIN
      SELECT state INTO client_state FROM onboarding_client WHERE id = new.client_id FOR SHARE;
      IF client_state = 'closed' THEN
        RAISE EXCEPTION 'a margin relation of a closed client'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_relation_of_an_open_client';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER margin_relation_of_an_open_client BEFORE INSERT ON lending_marginrelation
      FOR EACH ROW EXECUTE FUNCTION margin_relation_of_an_open_client();
    """,
    """
    DROP TRIGGER margin_relation_of_an_open_client ON lending_marginrelation;
    DROP FUNCTION margin_relation_of_an_open_client();
    DROP TRIGGER client_closes_last ON onboarding_client;
    DROP FUNCTION client_closes_last();
    DROP TRIGGER margin_account_under_an_open_parent ON lending_marginaccount;
    DROP FUNCTION margin_account_under_an_open_parent();
    DROP TRIGGER margin_relation_closes_last ON lending_marginrelation;
    DROP FUNCTION margin_relation_closes_last();
    DROP TRIGGER margin_account_closes_empty ON lending_marginaccount;
    DROP FUNCTION margin_account_closes_empty();
    """,
)


class Migration(migrations.Migration):
    # Numbered, and made to depend on the migrations that make its tables, when it is placed.
    dependencies = [("lending", "0004_credit_limit_change"), ("onboarding", "0004_approvals_must_never")]

    operations = [append_only("lending_creditlimitchange"), LIMIT, CLOSED]
