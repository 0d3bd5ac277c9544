"""Every machine is held by the database, and every row of the record stays as it was written."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection

from collateral.assets import Asset
from collateral.prices.price import HeldBack
from lending.loans.accrue import accrue
from lending.loans.repay import repay
from lending.margin.sweep import sweep
from lending.trading.buy import buy
from lending.trading.venues.paper import PaperVenue
from onboarding.lifecycle import Lifecycle
from tests.factories import NOON, margin_account, price
from tests.proofs import refused, sql

LATER = NOON + timedelta(hours=1)
MACHINES = sorted(
    (model for model in apps.get_models() if issubclass(model, Lifecycle)),
    key=lambda model: model._meta.label,
)


@pytest.mark.django_db
@pytest.mark.parametrize("machine", MACHINES, ids=lambda model: model._meta.label)
def test_every_machine_of_the_house_is_held_by_the_database(machine):
    table = machine._meta.db_table
    moves = machine._meta.get_field("moves").related_model._meta.db_table
    first = machine._meta.get_field("state").default
    held = sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND tgenabled = 'O'",
        [table, moves],
    )

    assert {
        (f"{table}_state_changes_by_move",),
        (f"{table}_born_{first}",),
        (f"{moves}_append_only",),
    } <= set(held)


def test_the_tests_see_every_state_law(state_triggers, db):
    assert connection.in_atomic_block
    for machine in MACHINES:
        assert f"{machine._meta.db_table}_state_changes_by_move" in state_triggers


# --- What is written stays -----------------------------------------------------------------------

# Each table whose rows are a record, with the columns that may still change.
RECORDS = {
    "collateral_asset": {"name", "name_chinese", "lot", "issuer", "sector", "tier", "marginable"},
    "collateral_haircut": set(),
    "collateral_haircutfloor": set(),
    "collateral_heldback": {"quotes"},
    "collateral_movement": set(),
    "collateral_pool": set(),
    "collateral_price": {"quotes"},
    "lending_accrual": set(),
    "lending_benchmarkrate": set(),
    "lending_draw": set(),
    "lending_entry": set(),
    "lending_margincall": {"state", "cure_due_at", "accelerated", "ended_at"},
    "lending_marginrelation": {"state"},
    "lending_marginterms": set(),
    "lending_order": {
        *("state", "filled_units", "gross", "costs", "venue_order_id", "ended_at"),
    },
    "lending_papertrade": set(),
    "lending_posting": set(),
    "lending_repayment": set(),
}
# A value of each kind of column that no row of the story has.
STRANGE = {
    "bigint": "987654",
    "boolean": None,
    "character varying": "'zz'",
    "date": "'1999-01-01'",
    "interval": "'7 days'",
    "jsonb": """'{"strange": 1}'""",
    "numeric": "0.123",
    "text": "'zz'",
    "timestamp with time zone": "'1999-01-01'",
}


@pytest.fixture
def story(db):
    """A row in each of `RECORDS`: somebody drew, bought, was charged, was called and repaid."""
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    HeldBack.objects.create(asset=Asset.objects.get(code="ETH"), observed_at=NOON, reason="alone")
    accrue(now=NOON)
    buy(
        account, Asset.objects.get(code="BTC"), Decimal(1000), venue=PaperVenue(), key="b", now=NOON
    )
    price("BTC", "200000", at=LATER)
    sweep(now=LATER)
    repay(account, Decimal(1), key="r", now=LATER)


def columns_of(table: str) -> dict[str, str]:
    return dict(
        sql(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
            table,
        )
    )


@pytest.mark.parametrize("table", RECORDS)
def test_what_is_written_is_never_edited(story, table):
    for column, kind in columns_of(table).items():
        if column not in RECORDS[table]:
            value = STRANGE[kind] or f"NOT {column}"
            with refused(f"{table}_append_only"):
                sql(f"UPDATE {table} SET {column} = {value}")  # noqa: S608


@pytest.mark.parametrize("table", RECORDS)
def test_what_is_written_is_never_deleted(story, table):
    with refused(f"{table}_append_only"):
        sql(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.parametrize("table", RECORDS)
def test_a_row_written_again_as_it_is_is_no_edit(story, table):
    sql(f"UPDATE {table} SET id = id")  # noqa: S608
