"""What must never be, held by the database: the journal, its totals, and the machines' one door."""

from django.db import migrations

from onboarding.guards import append_only, guard

TOTALS = migrations.RunSQL(
    """
    -- Totals follow the journal. A posting has both ends in one book and one currency.
    CREATE FUNCTION posting_changes_totals() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
          SELECT FROM posted
            JOIN lending_ledgeraccount debit ON debit.id = posted.debit_id
            JOIN lending_ledgeraccount credit ON credit.id = posted.credit_id
           WHERE (debit.book, debit.currency) <> (credit.book, credit.currency)) THEN
        RAISE EXCEPTION 'a posting has its ends in two books or two currencies'
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'posting_in_one_book';
      END IF;

      UPDATE lending_ledgeraccount account
         SET debits = account.debits + change.debits, credits = account.credits + change.credits
        FROM (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
                FROM (SELECT debit_id AS account_id, amount AS debit, 0 AS credit FROM posted
                      UNION ALL SELECT credit_id, 0, amount FROM posted) ends
               GROUP BY account_id) change
       WHERE account.id = change.account_id AND account.subledger_id IS NOT NULL;

      UPDATE lending_subledger subledger
         SET owed = subledger.owed + change.owed, cash = subledger.cash + change.cash,
             deficit = subledger.deficit + change.deficit
        FROM (SELECT account.subledger_id,
                     coalesce(sum(amount) FILTER (WHERE account.kind IN
                         ('costs', 'overdue_interest', 'interest', 'fees', 'principal')), 0)
                         AS owed,
                     coalesce(sum(-amount) FILTER (WHERE account.kind = 'client_cash'), 0) AS cash,
                     coalesce(sum(amount) FILTER (WHERE account.kind = 'deficit'), 0) AS deficit
                FROM (SELECT debit_id AS account_id, amount FROM posted
                      UNION ALL SELECT credit_id, -amount FROM posted) ends
                JOIN lending_ledgeraccount account ON account.id = ends.account_id
               WHERE account.subledger_id IS NOT NULL
               GROUP BY account.subledger_id) change
       WHERE subledger.id = change.subledger_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER posting_changes_totals AFTER INSERT ON lending_posting
      REFERENCING NEW TABLE AS posted
      FOR EACH STATEMENT EXECUTE FUNCTION posting_changes_totals();

    CREATE FUNCTION accrual_changes_totals() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      -- In key order, as whoever posts locks them.
      PERFORM FROM lending_subledger
        WHERE id IN (SELECT account.subledger_id FROM written
                       JOIN lending_marginaccount account ON account.id = written.account_id)
        ORDER BY id FOR NO KEY UPDATE;
      UPDATE lending_subledger subledger SET accrued = subledger.accrued + change.amount
        FROM (SELECT account.subledger_id, sum(written.amount) AS amount
                FROM written JOIN lending_marginaccount account ON account.id = written.account_id
               GROUP BY account.subledger_id) change
       WHERE subledger.id = change.subledger_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER accrual_changes_totals AFTER INSERT ON lending_accrual
      REFERENCING NEW TABLE AS written
      FOR EACH STATEMENT EXECUTE FUNCTION accrual_changes_totals();

    CREATE FUNCTION totals_follow_the_journal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'totals of % change by a posting alone', TG_TABLE_NAME
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'totals_follow_the_journal';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER totals_follow_the_journal
      BEFORE UPDATE OF debits, credits ON lending_ledgeraccount
      FOR EACH ROW EXECUTE FUNCTION totals_follow_the_journal();
    CREATE TRIGGER totals_follow_the_journal
      BEFORE UPDATE OF owed, cash, deficit ON lending_subledger
      FOR EACH ROW EXECUTE FUNCTION totals_follow_the_journal();

    -- Nor is a row born with a total; and what has accrued grows by an accrual alone, and starts
    -- again from nothing when it is posted.
    CREATE TRIGGER totals_begin_at_nothing BEFORE INSERT ON lending_ledgeraccount
      FOR EACH ROW WHEN (new.debits <> 0 OR new.credits <> 0)
      EXECUTE FUNCTION totals_follow_the_journal();
    CREATE TRIGGER totals_begin_at_nothing BEFORE INSERT ON lending_subledger
      FOR EACH ROW
      WHEN (new.owed <> 0 OR new.cash <> 0 OR new.deficit <> 0 OR new.accrued <> 0)
      EXECUTE FUNCTION totals_follow_the_journal();
    CREATE TRIGGER accrued_follows_the_accruals BEFORE UPDATE OF accrued ON lending_subledger
      FOR EACH ROW WHEN (new.accrued <> old.accrued AND new.accrued <> 0)
      EXECUTE FUNCTION totals_follow_the_journal();
    """,
    """
    DROP TRIGGER accrued_follows_the_accruals ON lending_subledger;
    DROP TRIGGER totals_begin_at_nothing ON lending_subledger;
    DROP TRIGGER totals_begin_at_nothing ON lending_ledgeraccount;
    DROP TRIGGER totals_follow_the_journal ON lending_subledger;
    DROP TRIGGER totals_follow_the_journal ON lending_ledgeraccount;
    DROP FUNCTION totals_follow_the_journal();
    DROP TRIGGER accrual_changes_totals ON lending_accrual;
    DROP FUNCTION accrual_changes_totals();
    DROP TRIGGER posting_changes_totals ON lending_posting;
    DROP FUNCTION posting_changes_totals();
    """,
)

ONE_CLIENT = migrations.RunSQL(
    """
    -- VAF-3: the account, its securities margin relation and its pool are one client's.
    CREATE FUNCTION margin_account_of_one_client() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM lending_marginrelation
                      WHERE id = new.relation_id AND client_id = new.client_id)
         OR NOT EXISTS (SELECT FROM collateral_pool
                         WHERE id = new.pool_id AND client_id = new.client_id) THEN
        RAISE EXCEPTION 'account % has a relation or a pool of another client', new.number
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'margin_account_of_one_client';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER margin_account_of_one_client
      BEFORE INSERT OR UPDATE OF client_id, relation_id, pool_id ON lending_marginaccount
      FOR EACH ROW EXECUTE FUNCTION margin_account_of_one_client();

    -- Rows of accounts are updated in place during a crash.
    ALTER TABLE lending_marginaccount SET (fillfactor = 70);
    ALTER TABLE lending_subledger SET (fillfactor = 70);
    """,
    """
    ALTER TABLE lending_subledger RESET (fillfactor);
    ALTER TABLE lending_marginaccount RESET (fillfactor);
    DROP TRIGGER margin_account_of_one_client ON lending_marginaccount;
    DROP FUNCTION margin_account_of_one_client();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("lending", "0002_initial"),
        ("onboarding", "0002_append_only"),
    ]

    operations = [
        TOTALS,
        ONE_CLIENT,
        append_only("lending_entry"),
        append_only("lending_posting"),
        append_only("lending_accrual"),
        append_only("lending_draw"),
        append_only("lending_repayment"),
        append_only("lending_papertrade"),
        append_only("lending_marginterms"),
        append_only("lending_benchmarkrate"),
        guard("lending_marginrelation", "lending_marginrelationmove", first="pending"),
        guard("lending_marginaccount", "lending_marginmove", first="healthy"),
        guard("lending_margincall", "lending_margincallmove", first="issued"),
        guard("lending_order", "lending_ordermove", first="planned"),
        # VAF-3: a relation stays its client's, as the accounts under it do.
        append_only("lending_marginrelation", but=("state",)),
        # The figures of a call and what an order asked for are what they were.
        append_only("lending_margincall", but=("state", "cure_due_at", "accelerated", "ended_at")),
        append_only(
            "lending_order",
            but=("state", "filled_units", "gross", "costs", "venue_order_id", "ended_at"),
        ),
    ]
