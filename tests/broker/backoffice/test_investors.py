"""Professional investors and connected clients on the staff site: seen, assessed, proposed."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from onboarding.approvals import Proposal, State
from onboarding.clients import Kind
from onboarding.enquiries import Enquiry, Indicator, observe
from onboarding.groups import groups
from onboarding.investors.standing import pi_gate
from onboarding.investors.status import InvestorStatus, StatusState
from onboarding.payloads import today
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.investors import (
    a_client,
    assessed,
    confirmed,
    manager_of,
    qualification,
    qualified,
    signatory_of,
    tied,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
TODAY = today(NOON)
LIST = "/staff/investors/"


def page_of(client) -> str:
    return reverse("investor", args=[client.number])


def text_of(response) -> str:
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def filled(**changed) -> dict:
    """An individual's eight million at a custodian."""
    counts = {"TOTAL_FORMS": "3", "INITIAL_FORMS": "0"}
    form = {f"{name}-{key}": value for name in ("papers", "lines") for key, value in counts.items()}
    paper = {
        "type": "custodian_statement",
        "issuer": "A bank",
        "as_of_date": "2026-02-04",
        "received_date": "2026-02-05",
        "amount": "9000000",
        "currency": "hkd",
        "rate": "1",
        "reference": "file 7",
    }
    line = {"type": "own", "asset_class": "securities", "amount": "8000000", "paper": "1"}
    form |= {f"papers-0-{name}": value for name, value in paper.items()}
    form |= {f"lines-0-{name}": value for name, value in line.items()}
    # The rows that were left as they came.
    for row in (1, 2):
        form |= {f"papers-{row}-currency": "HKD", f"papers-{row}-rate": "1"}
        form |= {f"lines-{row}-paper": "1"}
    return form | {"category": "individual", "reason": "papers seen"} | changed


class TestAssessing:
    def test_the_manager_assesses_and_compliance_confirms_by_their_pages(self, client):
        person = a_client()
        client.force_login(manager_of(person))
        assert client.get(page_of(person) + "assess/").status_code == 200

        answer = client.post(page_of(person) + "assess/", filled())

        row = Proposal.objects.get()
        assert answer.headers["Location"] == reverse("proposal", args=[row.pk])
        assert pi_gate(person, on=TODAY)
        client.force_login(staff(Role.COMPLIANCE))
        shown = text_of(client.get(reverse("proposal", args=[row.pk])))
        assert "portfolio HKD 8,000,000.00 of the HKD 8,000,000.00 needed" in shown
        client.post(reverse("proposal", args=[row.pk]), {"decision": "approve", "reason": "agreed"})
        assert pi_gate(person, on=TODAY) is None
        assert "Professional investor" in text_of(client.get(page_of(person)))

    @pytest.mark.rule("PI-9")
    def test_a_retail_person_is_assessed_and_proposed_by_no_page(self, client):
        person = a_client()
        client.force_login(manager_of(person))

        answer = client.post(
            page_of(person) + "assess/", filled(**{"lines-0-asset_class": "spot_va"}), follow=True
        )

        assert "Not passed" in text_of(answer)
        assert "virtual assets held directly never counts" in text_of(answer)
        status = InvestorStatus.objects.get()
        assert not status.passed
        form = {"status": str(status.pk), "reason": "please"}
        asked = client.post("/staff/approvals/new/confirm_investor/", form | {"confirmed": "yes"})
        assert "Not passed" in text_of(asked)
        assert not Proposal.objects.exists()

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"papers-0-as_of_date": "2025-03-04"}, "older than 12 months"),
            ({"papers-0-amount": "1"}, "its lines come to"),
            ({"papers-0-type": ""}, "This field is required"),
            ({"papers-0-as_of_date": "soon"}, "Enter a valid date"),
            ({"lines-0-paper": "9"}, "evidence that is not there"),
            ({"lines-0-amount": "-1"}, "greater than or equal to 0"),
            ({"lines-0-amount": "NaN"}, "Enter a number"),
            ({"lines-0-type": "nonsense"}, "not one of the available choices"),
            ({"category": "institutional"}, "not one of the available choices"),
            ({"reason": ""}, "This field is required"),
            ({"papers-TOTAL_FORMS": "x"}, "Not assessed"),
        ],
    )
    def test_what_cannot_be_is_said_on_the_page(self, client, changed, words):
        person = a_client()
        client.force_login(manager_of(person))

        answer = client.post(page_of(person) + "assess/", filled(**changed))

        assert answer.status_code == 200
        assert words in text_of(answer) or "Assess" in text_of(answer)
        assert not InvestorStatus.objects.exists()
        if words != "Not assessed":
            assert words in text_of(answer)

    @pytest.mark.rule("PI-4")
    def test_a_holding_corporation_names_its_owners(self, client):
        owner = confirmed(a_client()).client
        firm = a_client(Kind.CORPORATE)
        client.force_login(manager_of(firm))
        form = filled(**{"category": "holding", "papers-0-type": "ownership_record"})
        form = {name: value for name, value in form.items() if not name.startswith("lines-0")}
        form |= {"lines-0-paper": "1", "rests-TOTAL_FORMS": "2", "rests-INITIAL_FORMS": "0"}
        form |= {"rests-0-is_owner": "yes", "rests-1-is_owner": "yes", "rests-0-share": "100"}

        wrong = client.post(page_of(firm) + "assess/", form | {"rests-0-other": "NONE"})
        assert "There is no client NONE." in text_of(wrong)
        client.post(page_of(firm) + "assess/", form | {"rests-0-other": owner.number})

        [status] = firm.investor_statuses.all()
        assert status.passed
        assert "wholly owned by professional investors" in text_of(client.get(page_of(firm)))


class TestSeeing:
    def test_the_list_says_who_is_one_until_when_and_who_is_not(self, client):
        person, retail = confirmed(a_client()).client, a_client()
        client.force_login(staff(Role.COMPLIANCE))

        assert person.number in text_of(client.get(LIST))
        assert "4 Feb 2027" in text_of(client.get(LIST))
        assert retail.number not in text_of(client.get(LIST))
        assert retail.number in text_of(client.get(LIST, {"show": "retail"}))
        assert person.number not in text_of(client.get(LIST, {"show": "retail"}))
        assert "Nobody here" in text_of(client.get(LIST, {"show": "soon"}))

    def test_what_ends_soon_has_a_tab(self, client, time_machine):
        status = confirmed(a_client())
        time_machine.move_to(NOON + (status.until_date - TODAY) - timedelta(days=60), tick=False)
        client.force_login(staff(Role.COMPLIANCE))

        assert status.client.number in text_of(client.get(LIST, {"show": "soon"}))

    @pytest.mark.parametrize("show", ["confirmed", "soon", "assessed", "over", "retail", "x"])
    def test_a_manager_sees_own_clients_alone(self, client, show):
        mine, other = a_client(), a_client()
        for each in (mine, other):
            assessed(each)
        client.force_login(manager_of(mine))

        assert other.number not in text_of(client.get(LIST, {"show": show}))
        assert client.get(page_of(mine)).status_code == 200
        assert client.get(page_of(other)).status_code == 404
        assert client.get(page_of(other) + "assess/").status_code == 404
        assert client.post(page_of(other) + "assess/", filled()).status_code == 404

    def test_a_client_finds_none_of_these_pages(self, client):
        person = a_client()
        client.force_login(signatory_of(person))
        for path in (LIST, page_of(person), page_of(person) + "assess/", "/staff/groups/"):
            assert client.get(path).status_code == 404

    @pytest.mark.rule("PI-8")
    def test_the_page_shows_lines_papers_tests_and_what_was_decided(self, client):
        firm = confirmed(a_client(Kind.CORPORATE)).client
        qualified(firm, background_met="no", background="none of them ever dealt in coins")
        tied(firm, "guarantor", to=a_client())
        client.force_login(staff(Role.AUDITOR))

        shown = text_of(client.get(page_of(firm)))

        for words in (
            "Listed securities",
            "Audited financial statements",
            "in full",
            "papers seen",
            "none of them ever dealt in coins",
            "Not qualified",
            "guarantees",
            "source not read",
        ):
            assert words in shown

    def test_the_number_of_statements_does_not_grow_with_the_list(
        self, client, django_assert_max_num_queries
    ):
        for _ in range(8):
            confirmed(a_client())
        client.force_login(staff(Role.COMPLIANCE))
        client.get(LIST)

        with django_assert_max_num_queries(16):
            client.get(LIST)


class TestQualifying:
    @pytest.mark.rule("PI-11")
    def test_by_the_form(self, client):
        firm = confirmed(a_client(Kind.CORPORATE)).client
        client.force_login(manager_of(firm))
        form = qualification(firm) | {"reason": "assessed", "confirmed": "yes"}

        client.post("/staff/approvals/new/qualify_investor/", form)

        row = Proposal.objects.latest("pk")
        assert (row.command, row.state) == ("qualify_investor", State.PROPOSED)


class TestForms:
    """Each form of the room: what it proposes can be applied."""

    def proposed(self, client, name, by, /, **fields) -> Proposal:
        client.force_login(by)
        address = f"/staff/approvals/new/{name}/"
        assert client.get(address).status_code == 200
        form = fields | {"reason": "as agreed", "confirmed": "yes"}
        answer = client.post(address, form)
        assert answer.status_code == 302, text_of(answer)
        row = Proposal.objects.latest("pk")
        client.force_login(staff(row.approvers[0]))
        decision = {"decision": "approve", "reason": "agreed"}
        client.post(reverse("proposal", args=[row.pk]), decision)
        row = Proposal.objects.get(pk=row.pk)
        assert (row.command, row.state) == (name, State.APPROVED)
        return row

    def test_a_status_is_withdrawn(self, client):
        person = confirmed(a_client()).client
        self.proposed(client, "withdraw_investor", manager_of(person), client=person.number)
        assert person.investor_statuses.get().state == StatusState.WITHDRAWN

    def test_an_assessment_is_confirmed_by_its_number(self, client):
        status = assessed(a_client())
        self.proposed(client, "confirm_investor", manager_of(status.client), status=status.pk)
        assert pi_gate(status.client, on=TODAY) is None

    def test_training_is_recorded(self, client):
        person = a_client()
        fields = {"given_date": "2026-03-03", "trainer": "May Lau", "content": "prices"}
        self.proposed(client, "record_training", manager_of(person), client=person.number, **fields)
        assert person.trainings.get().trainer == "May Lau"

    def test_questions_are_loaded(self, client):
        self.proposed(client, "knowledge_bank", staff(Role.COMPLIANCE), bank="2026-1")

    def test_a_qualification_is_confirmed_for_a_year(self, client):
        firm = confirmed(a_client(Kind.CORPORATE)).client
        qualified(firm)
        fields = {"market": "va", "stands": "yes", "confirmed_date": "2026-03-04"}
        self.proposed(
            client,
            "confirm_qualification",
            manager_of(firm),
            client=firm.number,
            reference="letter",
            **fields,
        )

    @pytest.mark.rule("SMF-7")
    def test_a_tie_is_made_and_ended(self, client):
        firm = a_client(Kind.CORPORATE)
        self.proposed(
            client,
            "connect_clients",
            staff(Role.CREDIT_OFFICER),
            client=firm.number,
            kind="control",
            party="Madam Ho",
            reference="HKID",
            party_first="yes",
            share="35",
            from_date="2026-03-04",
        )
        tie = firm.connections.get()
        assert tie.share == Decimal("0.35")
        self.proposed(
            client,
            "disconnect_clients",
            staff(Role.CREDIT_OFFICER),
            connection=tie.pk,
            until_date="2026-03-04",
        )
        assert groups(TODAY) == []


class TestConnected:
    @pytest.mark.rule("SMF-7")
    def test_a_group_says_what_binds_each(self, client):
        one, other = a_client(), a_client()
        tied(one, "spouse", to=other)
        client.force_login(staff(Role.CREDIT_OFFICER))

        shown = text_of(client.get("/staff/groups/"))

        assert "Group of 2" in shown
        assert f"{one} spouse of {other}" in shown

    def test_a_manager_does_not_learn_who_the_others_are(self, client):
        mine, other, elsewhere = a_client(), a_client(), (a_client(), a_client())
        tied(mine, "spouse", to=other)
        tied(elsewhere[0], "spouse", to=elsewhere[1])
        client.force_login(manager_of(mine))

        for path in ("/staff/groups/", page_of(mine)):
            shown = text_of(client.get(path))
            assert mine.number in shown
            assert "a client of somebody else" in shown
            for hidden in (other, *elsewhere):
                assert hidden.number not in shown
                assert hidden.name not in shown

    @pytest.mark.rule("SMF-8")
    def test_its_owner_closes_an_enquiry_and_a_stranger_does_not(self, client):
        person = a_client()
        [enquiry] = observe(person, Indicator.THIRD_PARTY, "Wu", now=NOON)
        path = reverse("enquiry", args=[enquiry.pk])
        client.force_login(staff(Role.RM))
        assert client.post(path, {"outcome": "fine"}).status_code == 404
        client.force_login(staff(Role.AUDITOR))
        assert "somebody else" in text_of(client.post(path, {"outcome": "fine"}, follow=True))
        client.force_login(manager_of(person))
        assert "Say what came of it" in text_of(client.post(path, {}, follow=True))

        client.post(path, {"outcome": "The father pays, letter on file."})

        assert Enquiry.objects.get().outcome == "The father pays, letter on file."
