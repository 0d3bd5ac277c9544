"""What screening stops, for whom, in which words; and that only the MLRO lets it go on."""

from datetime import timedelta

import pytest

from onboarding.approvals import Invalid, NotAllowed, approve, propose
from onboarding.clients import Client
from onboarding.screening.cases import (
    Case,
    CaseState,
    Refused,
    Stop,
    close,
    lift,
    note,
    report_suspicion,
    report_to_jfiu,
    stop,
)
from onboarding.screening.decide import find_true
from onboarding.screening.gate import NEUTRAL, Act, party_gate, screening_gate, stopped
from onboarding.screening.pep import PepApproval
from onboarding.users import Role
from tests.factories import NOON, client_user, staff
from tests.factories.screening import client_called, hit_on, lists_in_force, stop_of
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

PEP_NAME = "Maria Fernanda Quintero Rojas"
EVIDENCE = {
    "source_of_wealth": "Sale of a family firm in 2009.",
    "source_of_funds": "Salary, paid to her bank in Bogota.",
    "evidence": "Deed of 3 Mar 2009; statements of 2025.",
}


@pytest.fixture
def mlro():
    return staff(Role.MLRO)


def gates(client: Client) -> dict[str, str | None]:
    said = {act.value: screening_gate(client, act, on=NOON) for act in Act}
    for act in Act:
        assert (client.pk in set(stopped(act))) == (said[act.value] is not None)
        found = Client.objects.filter(pk__in=stopped(act), pk=client.pk).exists()
        assert found == (said[act.value] is not None)
    return said


def test_nobody_begins_where_a_list_was_never_loaded():
    assert party_gate([], now=NOON).startswith("Never loaded: OFAC SDN, UN")


@pytest.mark.rule("AML-11", "AML-12")
def test_a_true_match_stops_draws_releases_and_sales_until_the_mlro_lifts_it(mlro):
    lists_in_force()
    client = client_called("Ivanov Sergei Petrovich")
    hit = hit_on(client)
    assert gates(client) == {"draw": None, "release": None, "sale": None}

    find_true(hit, reason="Passport agrees.", by=staff(Role.COMPLIANCE), now=NOON)
    assert gates(client) == dict.fromkeys(("draw", "release", "sale"), NEUTRAL)
    assert gates(client_called("Lau Ka Fai")) == {"draw": None, "release": None, "sale": None}

    lift(Stop.objects.get(), reason="Another man after all.", by=mlro, now=NOON)
    assert gates(client) == {"draw": None, "release": None, "sale": None}


@pytest.mark.rule("AML-12")
def test_the_refusal_says_nothing_of_suspicion():
    for word in ("suspic", "sanction", "screen", "report", "jfiu", "launder", "case", "hit"):
        assert word not in NEUTRAL.lower()


@pytest.mark.rule("AML-12")
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MLRO}))
def test_a_case_and_a_stop_are_there_for_the_mlro_alone(role):
    case = stop_of(client_called("Lau Ka Fai"))
    user = client_user() if role == Role.CLIENT else staff(role)

    assert not Case.objects.visible_to(user).exists()
    assert not Stop.objects.visible_to(user).exists()
    for act in (
        lambda: note(case, "x", by=user, now=NOON),
        lambda: report_to_jfiu(case, reference="R1", on=NOON.date(), reason="x", by=user, now=NOON),
        lambda: lift(case.stops.get(), reason="x", by=user, now=NOON),
        lambda: stop(case, reason="x", by=user, now=NOON),
        lambda: close(case, outcome="x", by=user, now=NOON),
    ):
        with pytest.raises(Refused, match="There is no such case"):
            act()


@pytest.mark.rule("AML-12")
def test_a_case_goes_from_a_report_of_staff_to_the_jfiu_and_to_its_end(mlro):
    client = client_called("Lau Ka Fai")
    case = report_suspicion(client, "Paid in cash notes.", by=staff(Role.RM), now=NOON)
    assert gates(client)["draw"] is None
    assert list(Case.objects.visible_to(mlro)) == [case]

    note(case, "Acknowledged.", by=mlro, now=NOON)
    held = stop(case, reason="until the JFIU answers", by=mlro, now=NOON)
    assert gates(client)["sale"] == NEUTRAL
    with pytest.raises(Refused, match="stopped already"):
        stop(case, reason="again", by=mlro, now=NOON)
    with pytest.raises(Refused, match="stop still holds"):
        close(case, outcome="nothing", by=mlro, now=NOON)

    for wrong in ({"reference": " "}, {"reason": ""}, {"on": NOON.date() + timedelta(days=1)}):
        how = {"reference": "STR-1", "on": NOON.date(), "reason": "cash"} | wrong
        with pytest.raises(Refused):
            report_to_jfiu(case, **how, by=mlro, now=NOON)
    case = report_to_jfiu(case, reference="STR-1", on=NOON.date(), reason="cash", by=mlro, now=NOON)
    assert (case.state, case.jfiu_reference) == (CaseState.REPORTED, "STR-1")
    with pytest.raises(Refused, match="already"):
        report_to_jfiu(case, reference="STR-2", on=NOON.date(), reason="x", by=mlro, now=NOON)

    lift(held, reason="consent of the JFIU", by=mlro, now=NOON)
    case = close(case, outcome="Relationship goes on.", by=mlro, now=NOON)
    assert [move.step for move in case.moves.order_by("pk")] == ["report", "close"]
    assert case.jfiu_reference == "STR-1"
    with pytest.raises(Refused):
        stop(case, reason="x", by=mlro, now=NOON)


def test_a_client_reports_nobody_and_a_report_says_something():
    client = client_called("Lau Ka Fai")
    with pytest.raises(Refused, match="Only staff"):
        report_suspicion(client, "x", by=client_user(), now=NOON)
    with pytest.raises(Refused, match="what was seen"):
        report_suspicion(client, " ", by=staff(Role.RM), now=NOON)


@pytest.mark.rule("AML-12", "AML-24")
def test_the_database_lifts_no_stop_without_the_mlro_and_forgets_no_case(mlro):
    case = stop_of(client_called("Lau Ka Fai"))
    held = case.stops.get()
    with refused("onboarding_stop_state_changes_by_move"):
        sql("UPDATE onboarding_stop SET state = 'lifted', lifted_at = now()")
    with refused("stop_lifted_by_the_mlro"):
        sql(
            "INSERT INTO onboarding_stopmove (subject_id, step, source, target, reason, moved_at,"
            " mover_id) VALUES (%s, 'lift', 'active', 'lifted', 'x', now(), %s)",
            held.pk,
            staff(Role.COMPLIANCE).pk,
        )
    with refused("onboarding_stop_append_only"):
        sql("DELETE FROM onboarding_stop")
    with refused("onboarding_case_append_only"):
        sql("UPDATE onboarding_case SET suspicion = 'nothing'")
    with refused("onboarding_casenote_append_only"):
        note(case, "seen", by=mlro, now=NOON)
        sql("UPDATE onboarding_casenote SET text = 'unseen'")
    with refused("onboarding_stop_born_active"):
        Stop.objects.create(
            case=case, client=case.client, begun_at=NOON, lifted_at=NOON, state="lifted"
        )


# --- Political figures ---------------------------------------------------------------------------


@pytest.mark.rule("AML-8")
def test_a_political_figure_draws_when_senior_management_has_approved_on_evidence():
    lists_in_force()
    client = client_called(PEP_NAME)
    hit = hit_on(client)
    officer = staff(Role.COMPLIANCE)
    with pytest.raises(Invalid):
        propose("pep_approval", {"hit": str(hit.pk)} | EVIDENCE, by=officer, reason="x", now=NOON)

    find_true(hit, reason="Minister since 2022.", by=officer, now=NOON)
    assert not Case.objects.exists()
    assert gates(client) == {"draw": NEUTRAL, "release": NEUTRAL, "sale": None}

    payload = {"hit": str(hit.pk)} | EVIDENCE
    for missing in EVIDENCE:
        with pytest.raises(Invalid, match="missing"):
            propose("pep_approval", payload | {missing: ""}, by=officer, reason="x", now=NOON)
    proposal = propose("pep_approval", payload, by=officer, reason="known to us", now=NOON)
    with pytest.raises(NotAllowed):
        approve(proposal, by=staff(Role.COMPLIANCE), reason="fine", now=NOON)
    senior = staff(Role.RESPONSIBLE_OFFICER)
    approve(proposal, by=senior, reason="fine", now=NOON)

    assert gates(client) == {"draw": None, "release": None, "sale": None}
    kept = PepApproval.objects.get()
    assert (kept.checker, kept.source_of_wealth) == (senior, EVIDENCE["source_of_wealth"])
    with refused("onboarding_pepapproval_append_only"):
        PepApproval.objects.update(evidence="none")
