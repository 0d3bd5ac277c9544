"""What the database itself refuses: a state without its move, a row that is edited or deleted."""

from django.db import migrations

_GUARD = """
ALTER TABLE {moves} ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION {table}_state_changes_by_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM {moves} m
       WHERE m.subject_id = new.id AND m.txid = pg_current_xact_id()
         AND m.source = old.state AND m.target = new.state) THEN
    RAISE EXCEPTION 'a state of {table} changed without its move'
      USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = '{table}_state_changes_by_move';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER {table}_state_changes_by_move
  AFTER UPDATE OF state ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (old.state IS DISTINCT FROM new.state)
  EXECUTE FUNCTION {table}_state_changes_by_move();

CREATE FUNCTION {table}_born_{first}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a row of {table} was born %', new.state
    USING ERRCODE = 'integrity_constraint_violation',
          CONSTRAINT = '{table}_born_{first}';
END $$;
CREATE TRIGGER {table}_born_{first} BEFORE INSERT ON {table} FOR EACH ROW
  WHEN (new.state <> '{first}') EXECUTE FUNCTION {table}_born_{first}();

CREATE TRIGGER {moves}_append_only BEFORE UPDATE OR DELETE ON {moves} FOR EACH ROW
  EXECUTE FUNCTION append_only('{moves}_append_only', 'told_at');
"""

_UNGUARD = """
DROP TRIGGER {moves}_append_only ON {moves};
DROP TRIGGER {table}_born_{first} ON {table};
DROP FUNCTION {table}_born_{first}();
DROP TRIGGER {table}_state_changes_by_move ON {table};
DROP FUNCTION {table}_state_changes_by_move();
ALTER TABLE {moves} DROP COLUMN txid;
"""


def guard(table: str, moves: str, *, first: str) -> migrations.RunSQL:
    """
    The migration step that makes the database hold the door for one machine.

    - `{table}_state_changes_by_move`: at commit, every change of state has its move, written in
      the same transaction.
    - `{table}_born_{first}`: no row is born in any other state.
    - `{moves}_append_only`: a move is never edited but for `told_at`, and never deleted.
    """
    names = {"{table}": table, "{moves}": moves, "{first}": first}

    def filled(template: str) -> str:
        for hole, name in names.items():
            template = template.replace(hole, name)
        return template

    return migrations.RunSQL(filled(_GUARD), filled(_UNGUARD))


# Refuses to edit or delete a row. Arguments: the constraint's name, then the columns that may
# still change (an outbox mark, say). Created once; each append-only table has its own trigger.
APPEND_ONLY = migrations.RunSQL(
    """
    CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      may_change text[] := TG_ARGV[1:];
    BEGIN
      IF TG_OP = 'UPDATE' AND to_jsonb(old) - may_change = to_jsonb(new) - may_change THEN
        RETURN new;
      END IF;
      RAISE EXCEPTION 'rows of % are never edited or deleted', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
    END $$;
    """,
    "DROP FUNCTION append_only();",
)


def append_only(table: str, *, but: tuple[str, ...] = ()) -> migrations.RunSQL:
    """The migration step that makes `table` append-only, but for the columns `but`."""
    arguments = ", ".join(f"'{word}'" for word in (f"{table}_append_only", *but))
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW
          EXECUTE FUNCTION append_only({arguments});
        """,
        f"DROP TRIGGER {table}_append_only ON {table};",
    )
