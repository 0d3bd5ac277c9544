"""The desks of financial crime: what each shows, what is decided, and what nobody else finds."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from onboarding.approvals import Proposal
from onboarding.screening.cases import Case, Stop, report_suspicion
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.monitoring.alerts import Alert
from onboarding.screening.payments import Payment, receive_payment
from onboarding.users import Role
from tests.factories import NOON, client_user, house, manager_for, margin_account, staff
from tests.factories.screening import alert_of, client_called, hit_on, lists_in_force, stop_of

pytestmark = pytest.mark.django_db

DESK = "/staff/screening/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    house()
    lists_in_force()


@pytest.fixture
def officer(client):
    user = staff(Role.COMPLIANCE)
    client.force_login(user)
    return user


def text_of(response) -> str:
    body = re.sub(r"<(head|title|nav|script)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def three_hits() -> list[Hit]:
    return [hit_on(client_called("Ivanov Sergei Petrovich")) for _ in range(3)]


# --- Hits ----------------------------------------------------------------------------------------


@pytest.mark.rule("AML-11")
def test_a_hit_shows_both_names_side_by_side_and_every_point(client, officer):
    hit = hit_on(client_called("Sergey Petrovich Ivanov"))

    assert "Sergey Petrovich Ivanov" in text_of(client.get(DESK))
    shown = text_of(client.get(f"{DESK}{hit.pk}/"))

    assert "IVANOV, Sergei Petrovich; IVANOFF, Serge" in shown
    assert f"Why it scored {hit.score}" in shown
    assert "OFAC SDN, version 1" in shown
    assert "1970-03-12" in shown


def test_a_hit_is_decided_on_its_page_with_a_reason(client, officer):
    one, two, _ = three_hits()
    assert "needs a reason" in text_of(client.post(f"{DESK}{one.pk}/", {"decision": "false"}))
    assert "Say whether" in text_of(client.post(f"{DESK}{one.pk}/", {"reason": "x"}))

    client.post(f"{DESK}{one.pk}/", {"decision": "false", "reason": "Born 1991."})
    client.post(f"{DESK}{two.pk}/", {"decision": "true", "reason": "It is he."})

    states = dict(Hit.objects.values_list("pk", "state"))
    assert (states[one.pk], states[two.pk]) == (HitState.FALSE, HitState.TRUE)
    assert Hit.objects.get(pk=one.pk).decided_by == officer
    assert Case.objects.get().hit_id == two.pk
    assert "Born 1991." in text_of(client.get(f"{DESK}{one.pk}/"))


def test_many_are_shown_side_by_side_and_found_false_together(client, officer):
    hits = three_hits()
    chosen = {"chosen": [hit.pk for hit in hits]}

    shown = client.post(f"{DESK}together/", chosen)
    assert text_of(shown).count("IVANOV, Sergei Petrovich; IVANOFF, Serge") == 3
    assert "Nothing was decided" in text_of(
        client.post(f"{DESK}together/", chosen | {"confirmed": "yes"})
    )
    client.post(f"{DESK}together/", chosen | {"confirmed": "yes", "reason": "All born later."})

    assert set(Hit.objects.values_list("state", flat=True)) == {HitState.FALSE}
    again = client.post(f"{DESK}together/", chosen, follow=True)
    assert "Choose open hits" in text_of(again)


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 30], ["1"], ["-1"]])
def test_what_is_no_open_hit_cannot_be_chosen(client, officer, chosen):
    answer = client.post(f"{DESK}together/", {"chosen": chosen}, follow=True)

    assert "Choose open hits" in text_of(answer)


@pytest.mark.rule("AML-8")
def test_a_true_political_figure_asks_for_senior_management_and_links_to_the_form(client, officer):
    hit = hit_on(client_called("Maria Fernanda Quintero Rojas"))
    client.post(f"{DESK}{hit.pk}/", {"decision": "true", "reason": "Minister."})

    page = client.get(f"{DESK}{hit.pk}/")
    assert "until senior management has approved" in text_of(page)
    form = reverse("propose", args=["pep_approval"])
    assert f'href="{form}?hit={hit.pk}"' in page.content.decode()
    evidence = dict.fromkeys(("source_of_wealth", "source_of_funds", "evidence", "reason"), "x")
    client.post(form, {"hit": hit.pk, "confirmed": "yes"} | evidence)

    assert Proposal.objects.get().command == "pep_approval"


def test_a_list_is_shown_with_version_date_count_and_its_last_load(client, officer):
    shown = text_of(client.get(f"{DESK}lists/"))

    assert "1 Mar 2026" in shown
    assert "Hong Kong: UNSO and UNATMO Never loaded" in shown
    assert "Version 1: 3 new or changed, 0 gone." in shown


def test_an_entry_of_hong_kong_is_proposed_by_its_form(client, officer):
    entry = {
        "change": "add",
        "ref": "U-1",
        "notice": "G.N. 7",
        "regime": "unso",
        "kind": "person",
        "name": "Lau Ka Fai",
        "reason": "gazetted",
    }

    client.post(reverse("propose", args=["hk_designation"]), entry | {"confirmed": "yes"})

    assert Proposal.objects.get().payload == {k: v for k, v in entry.items() if k != "reason"}


# --- Alerts and payments -------------------------------------------------------------------------


@pytest.mark.rule("AML-10")
def test_an_alert_shows_its_movements_and_thresholds_and_is_decided(client, officer):
    one, two = (alert_of(client_called(f"Lau {name}")) for name in ("Ka Fai", "Siu Ming"))
    assert "3 payments below HKD 120,000" in text_of(client.get("/staff/alerts/"))
    page = f"/staff/alerts/{one.pk}/"
    shown = text_of(client.get(page))
    assert shown.count(" 50,000.00") == 3
    assert "structuring_count: 3" in shown

    assert "needs a reason" in text_of(client.post(page, {"decision": "clear"}))
    assert "Clear it or give it" in text_of(client.post(page, {"reason": "x"}))
    client.post(page, {"decision": "clear", "reason": "School fees."})
    client.post(f"/staff/alerts/{two.pk}/", {"decision": "escalate", "reason": "No reason."})

    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == [
        "cleared",
        "escalated",
    ]
    client.get("/staff/alerts/")  # What was just said is said once.
    client.force_login(staff(Role.AUDITOR))
    decided = text_of(client.get("/staff/alerts/?show=decided"))
    assert "Lau Ka Fai" in decided
    assert "Lau Siu Ming" not in decided


PAID = {
    "reference": "FPS-7",
    "amount": "1000.00",
    "payer_name": "Somebody Else",
    "value_date": "2026-03-04",
}


@pytest.mark.rule("AML-15")
def test_operations_record_a_payment_and_propose_what_becomes_of_it(client):
    paid_for = client_called("Lau Ka Fai")
    client.force_login(staff(Role.OPERATIONS))
    wrong = client.post("/staff/payments/", PAID | {"client": "none"})
    assert "There is no open client" in text_of(wrong)

    client.post("/staff/payments/", PAID | {"client": paid_for.number})

    assert Payment.objects.get().state == "held"
    shown = client.get("/staff/payments/")
    assert "Somebody Else" in text_of(shown)
    form = reverse("propose", args=["release_payment"])
    assert f'href="{form}?payment=FPS-7"' in shown.content.decode()
    said = dict.fromkeys(("relationship", "identity", "purpose", "reason"), "x")
    client.post(form, {"payment": "FPS-7", "confirmed": "yes"} | said)
    assert Proposal.objects.get().command == "release_payment"
    other = client.post("/staff/payments/", PAID | {"client": paid_for.number, "amount": "1"})
    assert "another payment" in text_of(other)


def test_who_only_looks_records_no_payment(client, officer):
    paid_for = client_called("Lau Ka Fai")

    answer = client.post("/staff/payments/", PAID | {"client": paid_for.number})

    assert "Operations record payments." in text_of(answer)
    assert not Payment.objects.exists()


# --- The MLRO's own ------------------------------------------------------------------------------


@pytest.mark.rule("AML-12")
def test_the_mlro_takes_a_case_from_a_report_to_its_end(client):
    account = margin_account()
    manager = manager_for(account)
    client.force_login(manager)
    told = {"client": account.client.number, "suspicion": "Cash in bags."}
    assert client.post("/staff/suspicion/report/", told).url == reverse("admin:index")
    stranger = client_called("Lau Ka Fai")
    answer = client.post("/staff/suspicion/report/", told | {"client": stranger.number})
    assert "no such client among yours" in text_of(answer)

    client.force_login(staff(Role.MLRO))
    [case] = Case.objects.all()
    page = f"/staff/suspicion/{case.pk}/"
    assert "Cash in bags." in text_of(client.get("/staff/suspicion/"))

    def act(name: str, text="because", **more) -> str:
        return text_of(client.post(page, {"act": name, "text": text} | more, follow=True))

    assert "needs a reason" in act("stop", text="")
    assert "Business is stopped" in act("stop")
    assert "stop still holds" in act("close")
    assert "day of the report is missing" in act("report", reference="STR-9")
    assert "STR-9" in act("report", reference="STR-9", reported_date="2026-03-04")
    act("lift")
    assert "nothing to lift" in act("lift")
    assert "what is to be done" in act("sing")
    assert "Closed" in act("close", text="Explained.")
    assert Stop.objects.get().state == "lifted"


@pytest.mark.rule("AML-12")
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MLRO, Role.CLIENT}))
def test_the_site_says_the_same_to_everybody_else_whether_there_is_a_case_or_not(client, role):
    account = margin_account()
    manager = manager_for(account)
    client_user(account)
    reporter = staff(Role.COMPLIANCE)
    hit = hit_on(account.client, "Ivanov Sergei Petrovich")
    client.force_login(manager if role == Role.RM else staff(role))
    pages = [
        reverse("admin:index"),
        f"/staff/clients/{account.client.number}/",
        DESK,
        f"{DESK}?show=decided",
        f"{DESK}lists/",
        f"{DESK}{hit.pk}/",
        "/staff/alerts/",
        "/staff/alerts/?show=decided",
        "/staff/payments/",
        "/staff/approvals/?show=open",
        "/staff/approvals/?show=decided",
        "/staff/suspicion/",
        "/staff/suspicion/1/",
        f"{reverse('admin:search')}?s=case&extended=1",
    ]

    def seen() -> list[tuple[int, str]]:
        answers = [client.get(page) for page in pages]
        return [
            (a.status_code, re.sub(r"csrf\S+|nonce\S+|value=\"\w{64}\"", "", a.content.decode()))
            for a in answers
        ]

    before = seen()
    report_suspicion(account.client, "Cash in bags.", by=reporter, now=NOON)

    assert seen() == before


@pytest.mark.rule("AML-12")
def test_a_true_match_is_gone_from_the_desk_of_whoever_did_not_decide_it(client, officer):
    hit = hit_on(client_called("Ivanov Sergei Petrovich"))
    client.post(f"{DESK}{hit.pk}/", {"decision": "true", "reason": "It is he."})
    assert client.get(f"{DESK}{hit.pk}/").status_code == 200

    for role, status in ((Role.COMPLIANCE, 404), (Role.AUDITOR, 404), (Role.MLRO, 200)):
        client.force_login(staff(role))
        assert client.get(f"{DESK}{hit.pk}/").status_code == status
        listed = "Ivanov" in text_of(client.get(f"{DESK}?show=decided"))
        assert listed == (status == 200)


@pytest.mark.rule("AML-12")
def test_the_clients_own_page_says_nothing_but_the_neutral_words(client):
    account = margin_account(pledged={"BTC": "1"})
    user = client_user(account)
    stop_of(account.client)
    client.force_login(user)

    shown = text_of(client.get(f"/accounts/{account.number}/draw/")).lower()

    assert "please speak with your relationship manager" in shown
    for word in ("suspic", "sanction", "screening", "mlro", "jfiu", "launder"):
        assert word not in shown


def test_a_payment_in_the_own_name_is_listed_with_its_end(client, officer):
    paid_for = client_called("Lau Ka Fai")
    receive_payment(
        paid_for,
        reference="FPS-8",
        amount=Decimal(5),
        payer_name="LAU KA FAI",
        value_date=NOON.date(),
        now=NOON,
    )

    shown = text_of(client.get("/staff/payments/"))

    assert "FPS-8" in shown
    assert "No payment is held." in shown
