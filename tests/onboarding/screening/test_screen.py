"""Everybody is screened, what is found is asked once, and a person's word on it holds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from celery.schedules import crontab

from broker.schedule import TIMETABLE
from onboarding.approvals import Invalid, approve, propose
from onboarding.clients import ClientState, Kind, Signatory
from onboarding.lifecycle import move
from onboarding.screening import screened as registry
from onboarding.screening.cases import Case, Refused, Stop
from onboarding.screening.decide import find_false, find_true
from onboarding.screening.facts import Party
from onboarding.screening.gate import party_gate
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.load import load
from onboarding.screening.score import RULE
from onboarding.screening.screen import rescreen, retire, screen
from onboarding.screening.screened import Screened, ScreeningRun, Subject, hand_in
from onboarding.tasks import rescreen_everybody
from onboarding.users import Role
from tests.factories import NOON, client_user, staff
from tests.factories.screening import SDN, client_called, hit_on, lists_in_force
from tests.proofs import refused, sql, together

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=1)
RAMOS = Subject("application:1:owner:1", Party(("Sergey Petrovich Ivanov",), True))


@pytest.fixture(autouse=True)
def lists():
    lists_in_force()


@pytest.fixture
def officer():
    return staff(Role.COMPLIANCE)


def open_hits() -> list[str]:
    return [str(hit.screened) for hit in Hit.objects.filter(state=HitState.OPEN).order_by("pk")]


@pytest.mark.rule("AML-11")
def test_clients_and_who_signs_for_them_are_screened_by_both_names():
    client = client_called("Chan Siu Ming", chinese="陈大文")
    firm = client_called("Golden Orchid Shipping Ltd", kind=Kind.CORPORATE)
    user = client_user(first_name="Usama Hassan", last_name="Al Qahtani")
    Signatory.objects.create(client=firm, user=user)
    client_called("Lau Ka Fai", chinese="劉家輝")

    run = rescreen(now=NOON, why="test")

    assert (run.parties, run.hits, run.rule) == (4, 3, RULE)
    assert run.versions == {"ofac": 1, "un": 1, "pep": 1}
    found = {hit.screened.client_id: hit for hit in Hit.objects.select_related("screened")}
    assert set(found) == {client.pk, firm.pk}
    assert set(Screened.objects.values_list("screened_at", flat=True)) == {NOON}


@pytest.mark.rule("AML-11")
def test_a_hit_keeps_score_points_rule_list_version_and_facts(officer):
    client = client_called("Sergey Petrovich Ivanov")
    rescreen(now=NOON, why="test")

    [hit] = Hit.objects.all()

    assert (hit.rule, hit.version.number, hit.code) == (RULE, 1, "ofac")
    assert hit.score >= 85
    assert hit.points[0][:3] == ["Name", client.name, "IVANOV, Sergei Petrovich"]
    assert hit.ours["names"] == [client.name]


def test_the_same_question_is_not_asked_twice():
    client_called("Ivanov Sergei Petrovich")
    for _ in range(2):
        rescreen(now=NOON, why="test")

    assert Hit.objects.count() == 1
    assert list(ScreeningRun.objects.order_by("pk").values_list("hits", flat=True)) == [1, 0]


def test_who_was_found_false_stays_so_until_the_facts_change(officer):
    client = client_called("Ivanov Sergei Petrovich")
    rescreen(now=NOON, why="test")
    find_false(Hit.objects.all(), reason="Born in 1991.", by=officer, now=NOON)

    rescreen(now=LATER, why="test")
    assert open_hits() == []

    type(client).objects.filter(pk=client.pk).update(name="Sergei Petrovich Ivanov")
    rescreen(now=LATER, why="test")
    assert len(open_hits()) == 1

    type(client).objects.filter(pk=client.pk).update(name="Ivanov Sergey Petrovich")
    rescreen(now=LATER, why="test")
    states = Hit.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["false", "superseded", "open"]


@pytest.mark.rule("AML-11")
def test_a_changed_entry_asks_again_and_a_new_one_is_screened_for(officer):
    client_called("Ivanov Sergei Petrovich")
    rescreen(now=NOON, why="test")
    find_false(Hit.objects.all(), reason="Born in 1991.", by=officer, now=NOON)
    changed = SDN | {"sdn.csv": SDN["sdn.csv"].replace(b"DOB 12 Mar 1970", b"DOB 1991")}

    loaded = load("ofac", changed, source="", now=LATER)
    rescreen(now=LATER, why="list", entries=loaded.new)

    assert len(open_hits()) == 1
    assert Hit.objects.get(state="open").version.number == 2


@pytest.mark.rule("AML-11")
def test_somebody_who_is_no_client_yet_is_screened_when_handed_in_and_ever_after():
    stranger = replace(RAMOS, key="stranger:1")
    [hit] = screen([stranger], now=NOON)
    assert hit.screened.client is None

    run = rescreen(now=LATER, why="test")
    assert run.parties == 1

    retire(stranger.key, now=LATER)
    assert rescreen(now=LATER, why="test").parties == 0
    assert Hit.objects.filter(pk=hit.pk).exists()


def test_a_provider_hands_in_its_own_and_who_is_not_named_again_is_retired(monkeypatch):
    monkeypatch.setattr(registry, "_PROVIDERS", dict(registry._PROVIDERS))
    named = [RAMOS]
    hand_in("application", lambda now: named)
    rescreen(now=NOON, why="test")
    assert len(open_hits()) == 1

    named.clear()
    rescreen(now=LATER, why="test")
    assert Screened.objects.get(key=RAMOS.key).retired_at == LATER


def test_a_closed_client_is_screened_no_more():
    client = client_called("Ivanov Sergei Petrovich")
    rescreen(now=NOON, why="test")
    move(client, type(client).close, reason="left", now=NOON)

    assert rescreen(now=LATER, why="test").parties == 0
    assert type(client).objects.get().state == ClientState.CLOSED


@pytest.mark.rule("AML-11")
def test_everybody_is_screened_each_night(time_machine):
    client_called("Ivanov Sergei Petrovich")
    time_machine.move_to(NOON, tick=False)

    rescreen_everybody()

    assert ScreeningRun.objects.get().why == "nightly"
    nightly = TIMETABLE["rescreen"]
    assert nightly["task"] == rescreen_everybody.name
    assert nightly["schedule"] == crontab(hour=2, minute=30)
    # What is new on a list is there before the night's run.
    assert TIMETABLE["load lists"]["schedule"] == crontab(hour=1, minute=30)


# --- The decision --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COMPLIANCE, Role.MLRO}))
def test_nobody_else_decides_a_hit(role):
    hit = hit_on(client_called("Ivanov Sergei Petrovich"))
    by = client_user() if role == Role.CLIENT else staff(role)

    for decide in (lambda **how: find_false([hit], **how), lambda **how: find_true(hit, **how)):
        with pytest.raises(Refused, match="Compliance and the MLRO"):
            decide(reason="x", by=by, now=NOON)


@pytest.mark.rule("AML-12")
def test_a_true_match_opens_a_case_and_a_stop_and_a_false_one_does_not(officer):
    client = client_called("Ivanov Sergei Petrovich")
    other = client_called("Golden Orchid Shipping Ltd", kind=Kind.CORPORATE)
    true, false = hit_on(client), hit_on(other)

    find_false([false], reason="Another firm.", by=officer, now=NOON)
    find_true(true, reason="Passport agrees.", by=officer, now=NOON)

    [case] = Case.objects.all()
    assert (case.client, case.hit, case.opened_by) == (client, true, officer)
    assert "Passport agrees." in case.suspicion
    assert [stop.client for stop in Stop.objects.all()] == [client]


def test_a_decision_needs_a_reason_and_is_made_once(officer):
    hit = hit_on(client_called("Ivanov Sergei Petrovich"))
    with pytest.raises(Refused, match="reason"):
        find_true(hit, reason=" ", by=officer, now=NOON)
    find_false([hit], reason="Another.", by=officer, now=NOON)
    with pytest.raises(Refused, match="decided already"):
        find_true(hit, reason="The same after all.", by=officer, now=NOON)
    with pytest.raises(Refused, match="between one and"):
        find_false([], reason="x", by=officer, now=NOON)


def test_many_are_found_false_together_or_none(officer):
    hits = [hit_on(client_called("Ivanov Sergei Petrovich")) for _ in range(3)]
    find_false(hits[:1], reason="x", by=officer, now=NOON)

    with pytest.raises(Refused):
        find_false(hits, reason="x", by=officer, now=NOON)

    assert Hit.objects.filter(state=HitState.OPEN).count() == 2


@pytest.mark.rule("AML-24")
def test_the_database_keeps_a_decision_as_it_was_made(officer):
    hit = hit_on(client_called("Ivanov Sergei Petrovich"))
    with refused("hit_decided_by_somebody_with_a_reason"):
        sql("UPDATE onboarding_hit SET decided_by_id = %s", officer.pk)
    with refused("onboarding_hit_append_only"):
        sql("UPDATE onboarding_hit SET score = 0")
    with refused("onboarding_hit_state_changes_by_move"):
        sql(
            "UPDATE onboarding_hit SET state = 'false', decided_by_id = %s, decision_reason = 'x'",
            officer.pk,
        )
    find_false([hit], reason="Another.", by=officer, now=NOON)
    with refused("hit_decided_once"):
        sql("UPDATE onboarding_hit SET decision_reason = 'changed'")


# --- Before there is business --------------------------------------------------------------------


@pytest.mark.rule("AML-11")
def test_business_begins_when_everybody_is_screened_and_every_question_answered(officer):
    clean = Subject("application:2", Party(("Lau Ka Fai",)))
    assert "Not screened" in party_gate([clean.key], now=NOON)
    assert screen([clean], now=NOON) == []
    assert party_gate([clean.key], now=NOON) is None

    [hit] = screen([RAMOS], now=NOON)
    keys = [clean.key, RAMOS.key]
    assert "waits for its decision" in party_gate(keys, now=NOON)
    find_true(hit, reason="It is he.", by=officer, now=NOON)
    assert "Compliance has not cleared it" in party_gate(keys, now=NOON)

    load("ofac", SDN | {"sdn_comments.csv": b'1001," More."\r\n'}, source="", now=LATER)
    assert "Not screened" in party_gate([clean.key], now=LATER)


# --- Hong Kong's own -----------------------------------------------------------------------------

DESIGNATION = {
    "change": "add",
    "ref": "UNATMO-7",
    "regime": "unatmo",
    "kind": "person",
    "name": "Lau Ka Fai",
    "name_chinese": "劉家輝",
    "notice": "G.N. 1234 of 2026",
}


@pytest.mark.rule("AML-11")
def test_an_entry_of_hong_kong_is_kept_by_two_people_and_screened_for_at_once(officer):
    client = client_called("Lau Ga-Fai", chinese="刘家辉")
    proposal = propose("hk_designation", DESIGNATION, by=officer, reason="Gazette", now=NOON)
    assert open_hits() == []

    approve(proposal, by=staff(Role.MLRO), reason="checked", now=NOON)

    [hit] = Hit.objects.filter(state=HitState.OPEN)
    assert (hit.code, hit.screened.client) == ("hk", client)
    assert hit.entry.programme == "UNATMO, Cap. 575"
    with pytest.raises(Invalid, match="on the list already"):
        propose("hk_designation", DESIGNATION, by=officer, reason="again", now=NOON)

    gone = {"change": "remove", "ref": "UNATMO-7", "notice": "G.N. 9 of 2027"}
    proposal = propose("hk_designation", gone, by=officer, reason="Gazette", now=NOON)
    approve(proposal, by=staff(Role.COMPLIANCE), reason="checked", now=NOON)
    assert client_called("Lau Ka Fai")
    assert rescreen(now=LATER, why="test").hits == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"change": "x"}, "added or removed"),
        ({"regime": "x"}, "UNSO or UNATMO"),
        ({"kind": "x"}, "person or an entity"),
        ({"birth": "long ago"}, "birth date"),
        ({"notice": ""}, "notice is missing"),
        ({"name": ""}, "name is missing"),
        ({"ref": "x" * 61}, "longer than 60"),
        ({"change": "remove", "ref": "none"}, "not on the list"),
    ],
)
def test_an_entry_that_says_too_little_is_refused(officer, wrong, said):
    with pytest.raises(Invalid, match=said):
        propose("hk_designation", DESIGNATION | wrong, by=officer, reason="x", now=NOON)


def test_a_key_that_is_handed_in_twice_is_one_subject():
    screen([RAMOS, RAMOS], now=NOON)

    assert Screened.objects.count() == Hit.objects.count() == 1


@pytest.mark.rule("AML-11")
def test_two_runs_at_once_ask_one_question(transactional_db):
    lists_in_force()
    client_called("Ivanov Sergei Petrovich")

    results = together(*(lambda: rescreen(now=NOON, why="test") for _ in range(3)))

    assert sorted(run.hits for run in results) == [0, 0, 1]
    assert Hit.objects.count() == 1
