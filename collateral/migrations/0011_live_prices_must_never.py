"""What must never be, held by the database: files, prices by hand, incidents, and kept quotes."""

from django.db import migrations

from onboarding.guards import append_only, guard

# Who said what goes when a month is over, and is never written anew.
THINNED = migrations.RunSQL(
    """
    CREATE FUNCTION quotes_are_only_thinned() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.quotes IS DISTINCT FROM old.quotes AND new.quotes <> '[]'::jsonb THEN
        RAISE EXCEPTION 'what was said is never written anew'
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = TG_TABLE_NAME || '_quotes_are_only_thinned';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER quotes_are_only_thinned BEFORE UPDATE ON collateral_price
      FOR EACH ROW EXECUTE FUNCTION quotes_are_only_thinned();
    CREATE TRIGGER quotes_are_only_thinned BEFORE UPDATE ON collateral_heldback
      FOR EACH ROW EXECUTE FUNCTION quotes_are_only_thinned();
    """,
    """
    DROP TRIGGER quotes_are_only_thinned ON collateral_heldback;
    DROP TRIGGER quotes_are_only_thinned ON collateral_price;
    DROP FUNCTION quotes_are_only_thinned();
    """,
)


def append_only_again(table: str, *, but: tuple[str, ...]) -> list:
    """The table's trigger once more, with other columns that may change."""
    drop = f"DROP TRIGGER {table}_append_only ON {table};"
    before = append_only(table)
    return [migrations.RunSQL(drop, before.sql), append_only(table, but=but)]


class Migration(migrations.Migration):
    dependencies = [("collateral", "0010_live_prices")]

    operations = [
        *append_only_again("collateral_price", but=("quotes",)),
        *append_only_again("collateral_heldback", but=("quotes",)),
        THINNED,
        append_only("collateral_dailyfile"),
        append_only("collateral_fileclose"),
        append_only("collateral_manualprice"),
        append_only("collateral_quotecandle"),
        append_only("collateral_priceincident", but=("closed_at", "told_at", "told_end_at")),
        guard("collateral_venuehealth", "collateral_venuehealthmove", first="normal"),
    ]
