"""The benchmark measures a real book, and says only what it measured."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from broker.management.bench import floors
from broker.management.bench.book import open_book
from broker.management.bench.measure import DoesNotAgree, _expect
from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from lending.margin.readings import read, read_in_question
from lending.margin.sweep import sweep

MORNING = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


def bench_databases():
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'harbour\\_bench\\_%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_bench_prints_a_table_writes_its_figures_and_drops_its_database(tmp_path, capsys):
    out = tmp_path / "figures" / "bench.json"
    name, others = connection.settings_dict["NAME"], bench_databases()

    call_command("bench_sweep", accounts=40, runs=1, out=out)

    assert bench_databases() <= others
    assert connection.settings_dict["NAME"] == name
    assert not MarginAccount.objects.exists()
    printed = capsys.readouterr().out
    written = json.loads(out.read_text())
    assert written["accounts"] == 40
    assert [figure["aim"] for figure in written["figures"]] == [None, 1.5, None, None, 4.0]
    medians = {figure["name"]: figure["median_s"] for figure in written["figures"]}
    for figure in written["figures"]:
        assert figure["name"] in printed
        assert len(figure["runs_s"]) == (3 if figure["name"] in list(medians)[3:] else 1)
        assert figure["accounts_a_second"] > 0
        if figure["floor"]:
            ratio = medians[figure["name"]] / medians[figure["floor"]]
            # The medians are written to a tenth of a millisecond.
            assert figure["times_floor"] == pytest.approx(ratio, rel=0.3)


@pytest.mark.parametrize("options", [{"accounts": 30}, {"accounts": 0}, {"runs": 0}])
def test_bench_refuses_what_it_cannot_measure(options):
    with pytest.raises(CommandError):
        call_command("bench_sweep", **options)


def test_a_time_of_something_else_is_no_figure():
    with pytest.raises(DoesNotAgree, match="calls of a wave: 3 and not 2"):
        _expect("calls of a wave", 2, 3)


@pytest.fixture
def book(db, monkeypatch):
    # VACUUM runs in no transaction, and a test is one.
    monkeypatch.setattr("broker.management.bench.book._vacuum", lambda: None)
    book = open_book(100, now=MORNING)
    book.tick()
    return book


def test_the_book_is_real(book):
    assert ledger_balanced()
    assert units_reconciled()
    readings = read(now=book.now)
    assert len(readings) == 100
    assert {reading.band for reading in readings} == {"covered"}
    assert {account.pool.holdings.count() for account in MarginAccount.objects.all()} == {3}
    assert {account.relation.state for account in MarginAccount.objects.all()} == {"active"}


def test_the_floor_does_what_the_sweep_does(book):
    """So many accounts, called at the same moment by either; the calls say the same."""
    now = book.wave()
    assert floors.read(now=now) == len(read_in_question(now=now)) == 5
    assert floors.tick(now=now) == 5
    assert sweep(now=now).did_nothing

    swept = sweep(now=book.wave())

    assert swept.calls_issued == swept.moved == 5
    assert floors.tick(now=book.now) == 0
    for call in MarginCall.objects.all():
        reading = read(now=book.now, account_ids=[call.account_id])[0]
        assert call.account.state == "called"
        assert call.account.moves.get().target == "called"
        assert (call.debt, call.margin_value) == (reading.debt, reading.margin_value)
        assert (call.market_value, call.liquidation_value, call.shortfall) == (
            reading.market_value,
            reading.liquidation_value,
            reading.shortfall,
        )
        assert call.cure_due_at > call.issued_at
        assert call.call_amount > call.shortfall
