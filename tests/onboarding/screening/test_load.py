"""A list comes into force whole or not at all, and what it held is never lost."""

from datetime import timedelta

import pytest

from onboarding.parameters import value_of
from onboarding.screening import load as loading
from onboarding.screening.facts import Unreadable
from onboarding.screening.lists import (
    ListEntry,
    ListLoad,
    ListVersion,
    Outcome,
    WalletEntry,
    version_in_force,
)
from onboarding.screening.load import SHRINKS, load, load_from
from onboarding.screening.refresh import refresh, refresh_lists
from onboarding.screening.screened import ScreeningRun
from onboarding.screening.sources import http
from tests.factories import NOON
from tests.factories.screening import IVANOV, PEP, SDN, UN, client_called, sdn
from tests.proofs import refused

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=1)


def people(count: int, *, wallets: bool = False) -> dict[str, bytes]:
    said = IVANOV[3] if wallets else "-0- "
    return sdn(*((n, f"PERSON, Number {n}", "individual", said) for n in range(1, count + 1)))


def standing() -> list[str]:
    rows = ListEntry.objects.filter(code="ofac", removed_at=None).order_by("ref")
    return list(rows.values_list("ref", flat=True))


@pytest.mark.rule("AML-11")
def test_a_list_that_is_taken_is_kept_with_its_version_date_and_addresses():
    loaded = load("un", {"consolidated.xml": UN}, source="a folder", now=NOON)

    version = ListVersion.objects.get()
    assert loaded.is_taken
    assert (version.number, version.entries, version.source) == (1, 2, "a folder")
    assert f"{version.dated}" == "2026-03-01"
    assert len(loaded.new) == 2

    load("ofac", SDN, source="", now=NOON)
    assert sorted(WalletEntry.objects.values_list("family", flat=True)) == ["base58", "evm"]


def test_the_same_files_again_are_no_new_version():
    load("ofac", SDN, source="", now=NOON)

    again = load("ofac", SDN, source="", now=LATER)

    assert (again.log.outcome, again.new) == (Outcome.UNCHANGED, ())
    assert ListVersion.objects.count() == 1


@pytest.mark.rule("AML-24")
def test_what_changes_is_a_new_row_and_what_leaves_stays_readable():
    load("ofac", people(20), source="", now=NOON)
    files = sdn(
        *((n, f"PERSON, Number {n}", "individual", "-0- ") for n in range(2, 20)),
        (20, "PERSON, Number 20", "individual", "DOB 1970."),
        (21, "PERSON, Number 21", "individual", "-0- "),
    )

    loaded = load("ofac", files, source="", now=LATER)

    assert sorted(entry.ref for entry in loaded.new) == ["20", "21"]
    gone = ListEntry.objects.exclude(removed_at=None)
    assert sorted(gone.values_list("ref", "removed_at")) == [("1", LATER), ("20", LATER)]
    assert "1" not in standing()
    assert standing().count("20") == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"sdn.xml": b"<html>We are sorry</html>"}, "no XML|html"),
        (SDN | {"sdn.csv": b"<html>"}, "columns"),
        ({"sdn.csv": SDN["sdn.csv"], "alt.csv": b""}, "There is no"),
    ],
)
def test_a_list_that_does_not_parse_leaves_the_old_one_in_force_and_says_so(files, said):
    load("ofac", SDN, source="", now=NOON)
    before = standing()

    loaded = load("ofac", files, source="", now=LATER)

    assert loaded.log.outcome == Outcome.REFUSED
    assert pytest.importorskip("re").search(said, loaded.log.said)
    assert standing() == before
    assert version_in_force("ofac").number == 1


@pytest.mark.rule("AML-11")
@pytest.mark.parametrize(("left", "outcome"), [(90, Outcome.TAKEN), (89, Outcome.REFUSED)])
def test_a_list_that_shrinks_by_more_than_the_house_allows_is_refused(left, outcome):
    assert value_of(SHRINKS, now=NOON) == SHRINKS.initial
    load("ofac", people(100), source="", now=NOON)

    loaded = load("ofac", people(left), source="", now=LATER)

    assert loaded.log.outcome == outcome
    assert len(standing()) == (left if outcome == Outcome.TAKEN else 100)


def test_a_list_that_lost_its_addresses_is_refused_though_its_names_are_there():
    load("ofac", people(20, wallets=True), source="", now=NOON)

    assert load("ofac", people(20), source="", now=LATER).log.outcome == Outcome.REFUSED


def test_an_older_list_does_not_replace_a_newer_one():
    load("un", {"consolidated.xml": UN}, source="", now=NOON)
    older = UN.replace(b"2026-03-01", b"2026-02-01").replace(b"Deceased", b"Alive")

    assert load("un", {"consolidated.xml": older}, source="", now=LATER).log.outcome == "refused"


def test_a_list_comes_from_a_folder_by_the_names_of_its_files(tmp_path):
    for name, content in SDN.items():
        (tmp_path / name.upper()).write_bytes(content)
    places = [str(tmp_path / name.upper()) for name in SDN]

    assert refresh("ofac", places, now=NOON).is_taken
    missing = load_from("pep", [str(tmp_path / "none.csv")], now=NOON).log
    assert missing.outcome == Outcome.REFUSED
    assert "none.csv" in missing.said


@pytest.fixture
def publisher(httpserver):
    httpserver.expect_request("/pep.csv").respond_with_data(PEP)
    httpserver.expect_request("/gone.csv").respond_with_data("sorry", status=503)
    return httpserver


def test_a_list_comes_from_its_publishers_address_and_is_screened_for_at_once(publisher):
    client_called("Maria Fernanda Quintero Rojas")

    [loaded] = refresh_lists({"pep": [publisher.url_for("/pep.csv?x=1")], "un": []}, now=NOON)

    assert loaded.is_taken
    run = ScreeningRun.objects.get()
    assert (run.parties, run.hits) == (1, 1)


@pytest.mark.parametrize("path", ["/gone.csv", "/nowhere.csv"])
def test_an_address_that_answers_with_an_error_is_in_the_log(publisher, path):
    log = load_from("pep", [publisher.url_for(path)], now=NOON).log

    assert log.outcome == Outcome.REFUSED
    assert "HTTPStatusError" in log.said


def test_more_than_the_size_limit_is_not_taken_in(publisher):
    with pytest.raises(Unreadable, match="larger than 10 bytes"):
        http.fetch(publisher.url_for("/pep.csv"), most=10)


def test_nobody_there_is_in_the_log():
    log = load_from("pep", ["http://127.0.0.1:9/pep.csv"], now=NOON).log

    assert log.outcome == Outcome.REFUSED
    assert ListLoad.objects.count() == 1
    assert not ListVersion.objects.exists()


def test_every_list_that_is_loaded_has_a_format():
    assert set(loading.FORMATS) == {"ofac", "un", "pep"}


@pytest.mark.rule("AML-24")
def test_nothing_of_a_list_is_edited_or_deleted():
    load("ofac", SDN, source="", now=NOON)

    with refused("onboarding_listversion_append_only"):
        ListVersion.objects.update(entries=0)
    with refused("onboarding_listentry_append_only"):
        ListEntry.objects.update(party={})
    with refused("onboarding_listentry_append_only"):
        ListEntry.objects.filter(wallets=None).delete()
    with refused("onboarding_listload_append_only"):
        ListLoad.objects.all().delete()
    with refused("onboarding_walletentry_append_only"):
        WalletEntry.objects.update(address="x")
