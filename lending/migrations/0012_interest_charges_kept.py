"""Charges of interest are never edited; those made before they were written down are entered."""

from django.db import migrations

from onboarding.guards import append_only

# What was charged until now, as one charge for each borrower: what accrued less what still has.
BEFORE = migrations.RunSQL(
    """
    INSERT INTO lending_interestcharge (subledger_id, accrued, posted, charged_at)
    SELECT subledger.id, written.accrued - subledger.accrued, coalesce(booked.posted, 0),
           coalesce(booked.last_at, written.last_at)
      FROM lending_marginaccount account
      JOIN lending_subledger subledger ON subledger.id = account.subledger_id
      JOIN LATERAL (
          SELECT sum(amount) AS accrued, max(accrued_at) AS last_at
            FROM lending_accrual WHERE account_id = account.id) written ON TRUE
      LEFT JOIN LATERAL (
          SELECT sum(posting.amount) AS posted, max(posting.booked_at) AS last_at
            FROM lending_ledgeraccount ledger
            JOIN lending_posting posting ON posting.debit_id = ledger.id
            JOIN lending_entry entry ON entry.id = posting.entry_id AND entry.kind = 'interest'
           WHERE ledger.subledger_id = subledger.id AND ledger.kind = 'interest') booked ON TRUE
     WHERE written.accrued > subledger.accrued
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("lending", "0011_interest_charge"), ("onboarding", "0002_append_only")]

    operations = [append_only("lending_interestcharge"), BEFORE]
