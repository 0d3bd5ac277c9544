"""The approvals inbox: what each person finds there, decides there, and cannot reach."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from broker.backoffice.propose_forms import FORMS, proposable_by
from collateral.haircuts import Haircut
from onboarding.approvals import Proposal, State, commands, propose, withdraw
from onboarding.clients import Client, Service
from onboarding.entity import VA_FINANCING_CONDITIONS, LegalEntity, ProductSwitch, may_finance_va
from onboarding.investors.founding import REASON as OPENING
from onboarding.users import Role
from tests.factories import (
    LONG_AGO,
    NOON,
    a_parameter,
    a_price_file,
    client_user,
    files,
    give,
    house,
    manager_for,
    margin_account,
    staff,
)
from tests.factories.applications import CREDIT, decided, submitted, with_credit
from tests.factories.custody import a_difference, an_action_applied, an_authority
from tests.factories.screening import ASKED
from tests.factories.screening import asked as asked_for

pytestmark = pytest.mark.django_db

INBOX = "/staff/approvals/"
TOGETHER = "/staff/approvals/together/"
NEW = "/staff/approvals/new/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    house()
    return time_machine


@pytest.fixture
def officer():
    return staff(Role.RISK_OFFICER)


@pytest.fixture
def compliance(client):
    user = staff(Role.COMPLIANCE)
    client.force_login(user)
    return user


def haircut(by, asset="BTC", lending="0.65", **fields) -> Proposal:
    payload = {"asset": asset, "lending": lending, "liquidation": "0.30"}
    return propose("haircut", payload, by=by, reason="thin", now=NOON, subject=asset, **fields)


def page_of(row) -> str:
    return f"{INBOX}{row.pk}/"


def proposed():
    """The proposals of the test, without those the house opened with."""
    return Proposal.objects.exclude(reason=OPENING)


def text_of(response) -> str:
    body = re.sub(r"<(head|title|nav)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def shown(client, **query) -> list[int]:
    return [row.pk for row in client.get(INBOX, query).context["page"]]


def stored(row):
    return Proposal.objects.get(pk=row.pk)


# --- Who comes in --------------------------------------------------------------------------------


PAGES = [INBOX, NEW, f"{NEW}haircut/", f"{INBOX}1/"]


@pytest.mark.parametrize("path", [*PAGES, TOGETHER])
def test_who_is_not_signed_in_is_asked_to_and_a_client_finds_no_page(client, path):
    ask = client.post if path == TOGETHER else client.get
    assert ask(path).url == f"/login/?next={path}"
    client.force_login(client_user(margin_account()))
    assert ask(path).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLIENT}))
def test_the_inbox_is_open_to_all_staff_and_a_form_to_who_proposes_by_it(client, role):
    user = staff(role)
    client.force_login(user)
    assert client.get(INBOX).status_code == 200
    assert client.get(NEW).status_code == 200
    for name in FORMS:
        wanted = 200 if name in proposable_by(user) else 403
        assert client.get(f"{NEW}{name}/").status_code == wanted, name
        if wanted == 403:
            assert client.post(f"{NEW}{name}/", {"confirmed": "yes"}).status_code == 403, name


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLIENT}))
def test_a_proposal_is_found_by_who_may_see_it(client, officer, role):
    row = haircut(officer)
    user = staff(role)
    client.force_login(user)

    visible = Proposal.objects.visible_to(user, now=NOON).exists()

    assert client.get(page_of(row)).status_code == (200 if visible else 404)
    answer = client.post(page_of(row), {"decision": "approve", "reason": "x"})
    assert answer.status_code == (404 if not visible else 302 if role == "compliance" else 200)
    assert (stored(row).state == State.APPROVED) == (role == Role.COMPLIANCE)


def test_what_nobody_proposes_has_no_form(client, compliance):
    assert client.get(f"{NEW}burn/").status_code == 404
    assert client.get(f"{INBOX}999999/").status_code == 404


# --- The tabs ------------------------------------------------------------------------------------


def test_each_tab_has_its_proposals(client, compliance, officer):
    first, second = haircut(officer), haircut(officer, "ETH")
    gone = withdraw(haircut(officer, "0700", "0.5"), by=officer, reason="", now=NOON)

    assert shown(client) == shown(client, show="waiting") == [first.pk, second.pk]
    assert shown(client, show="open") == [first.pk, second.pk]
    assert shown(client, show="decided") == [gone.pk]
    assert shown(client, show="mine") == []
    client.force_login(officer)
    assert shown(client) == []
    assert shown(client, show="mine") == [gone.pk, second.pk, first.pk]


def test_what_has_expired_waits_for_nobody_before_the_timetable_comes(
    client, compliance, officer, clock
):
    row = haircut(officer)
    clock.move_to(NOON + timedelta(days=7), tick=False)
    client.force_login(compliance)

    assert shown(client) == shown(client, show="open") == []
    page = client.get(page_of(row))
    assert "Expired" in text_of(page)
    assert not page.context["may_decide"]


def test_an_inbox_of_many_costs_as_much_as_of_few(client, compliance, officer):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            client.get(INBOX)
        return len(captured)

    haircut(officer)
    few = cost()
    for lending in range(66, 96):
        haircut(officer, lending=f"0.{lending}")

    assert cost() == few


def test_the_navigation_counts_what_waits(client, compliance, officer):
    haircut(officer)
    haircut(officer, "ETH")

    navigation = client.get(INBOX).context["sidebar_navigation"][0]["items"]

    [item] = [item for item in navigation if item["title"] == "Approvals"]
    assert item["badge"] == "2"


def test_a_managers_inbox_is_of_own_clients(client, officer):
    own, other = margin_account(), margin_account()
    manager = manager_for(own)
    compliance = staff(Role.COMPLIANCE)
    rows = [
        propose(
            "suspend_client",
            {"client": account.client.number},
            by=compliance,
            reason="x",
            now=NOON,
        )
        for account in (own, other)
    ]
    client.force_login(manager)

    assert shown(client, show="open") == [rows[0].pk]
    assert client.get(page_of(rows[1])).status_code == 404


# --- One decision --------------------------------------------------------------------------------


def test_a_proposal_shows_what_changes_and_is_approved(client, compliance, officer):
    row = haircut(officer)
    words = text_of(client.get(page_of(row)))
    assert "BTC: Lending haircut 60% 65%" in words
    assert "thin" in words

    answer = client.post(page_of(row), {"decision": "approve", "reason": "seen"}, follow=True)

    assert "was approved and applied" in text_of(answer)
    assert stored(row).checker == compliance
    assert Haircut.objects.latest("pk").checker == compliance


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_decision_without_a_reason_is_asked_for_one(client, compliance, officer, decision):
    row = haircut(officer)

    answer = client.post(page_of(row), {"decision": decision, "reason": " "})

    assert "needs a reason" in text_of(answer)
    assert stored(row).state == State.PROPOSED


@pytest.mark.parametrize("decision", ["", "burn", "approve_many"])
def test_a_decision_that_is_none_changes_nothing(client, compliance, officer, decision):
    row = haircut(officer)
    client.post(page_of(row), {"decision": decision, "reason": "x"})

    assert stored(row).state == State.PROPOSED


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_the_maker_cannot_decide_by_the_page(client, officer, decision):
    row = haircut(officer)
    client.force_login(officer)
    page = client.get(page_of(row))
    assert "Approve and apply" not in text_of(page)
    assert "Withdraw" in text_of(page)

    answer = client.post(page_of(row), {"decision": decision, "reason": "me"})

    assert "is your own" in text_of(answer)
    assert stored(row).state == State.PROPOSED
    client.post(page_of(row), {"decision": "withdraw", "reason": ""})
    assert stored(row).state == State.WITHDRAWN


@pytest.mark.rule("VAF-18")
def test_a_maker_who_is_given_the_deciding_role_still_cannot(client, officer):
    row = haircut(officer)
    officer.role = Role.COMPLIANCE
    officer.save()
    client.force_login(officer)

    assert shown(client) == []
    client.post(page_of(row), {"decision": "approve", "reason": "me"})
    client.post(TOGETHER, {"chosen": [row.pk], "confirmed": "yes", "reason": "me"})

    assert stored(row).state == State.PROPOSED


def test_a_stale_proposal_says_so_before_and_after(client, compliance, officer):
    first, second = haircut(officer), haircut(officer, lending="0.70")
    client.post(page_of(first), {"decision": "approve", "reason": "x"})

    assert "was 60% when proposed and is 65% now" in text_of(client.get(page_of(second)))
    answer = client.post(page_of(second), {"decision": "approve", "reason": "x"})
    assert "was 60% when proposed and is 65% now" in text_of(answer)
    assert stored(second).state == State.PROPOSED


def test_what_was_written_is_shown_as_text(client, compliance, officer):
    payload = {"asset": "BTC", "lending": "0.65", "liquidation": "0.30"}
    row = propose(
        "haircut",
        payload | {"note": "<script>alert(1)</script>"},
        by=officer,
        reason="<b>bold</b>",
        now=NOON,
        subject="<i>x</i>",
    )
    for path in (INBOX, page_of(row)):
        page = client.get(path).content.decode()
        assert "<script>alert(1)" not in page
        assert "<b>bold" not in page
        assert "<i>x" not in page


# --- Many ----------------------------------------------------------------------------------------


def test_the_chosen_are_shown_as_one_difference_and_approved_together(client, compliance, officer):
    rows = [haircut(officer, code) for code in ("BTC", "ETH")]
    chosen = [row.pk for row in rows]

    words = text_of(client.post(TOGETHER, {"chosen": chosen}))

    assert "BTC: Lending haircut 60% 65%" in words
    assert "ETH: Lending haircut 60% 65%" in words
    assert {stored(row).state for row in rows} == {State.PROPOSED}
    answer = client.post(
        TOGETHER, {"chosen": chosen, "confirmed": "yes", "reason": "both seen"}, follow=True
    )
    assert "2 approved and applied" in text_of(answer)
    assert {stored(row).decision_reason for row in rows} == {"both seen"}


def test_of_the_chosen_none_is_approved_where_one_is_stale(client, compliance, officer):
    rows = [haircut(officer, "ETH"), haircut(officer), haircut(officer, lending="0.70")]

    answer = client.post(
        TOGETHER, {"chosen": [row.pk for row in rows], "confirmed": "yes", "reason": "x"}
    )

    assert "Nothing was approved" in text_of(answer)
    assert {stored(row).state for row in rows} == {State.PROPOSED}


@pytest.mark.parametrize("keys", [[], ["x"], ["-1"], ["999999"], ["9" * 40], ["٣"]])
def test_what_cannot_be_chosen_leads_back(client, compliance, officer, keys):
    haircut(officer)
    answer = client.post(TOGETHER, {"chosen": keys, "confirmed": "yes", "reason": "x"}, follow=True)

    assert answer.redirect_chain[-1][0] == INBOX
    assert "Choose proposals that wait for you" in text_of(answer)


def test_what_is_not_the_readers_to_decide_is_not_approved_among_others(
    client, compliance, officer
):
    mine = haircut(officer)
    others = propose(
        "approval_size",
        {"command": "credit_limit", "amount": "1"},
        by=officer,
        reason="x",
        now=NOON,
    )
    client.post(TOGETHER, {"chosen": [mine.pk, others.pk], "confirmed": "yes", "reason": "x"})

    assert stored(mine).state == stored(others).state == State.PROPOSED


# --- Proposing -----------------------------------------------------------------------------------


def asked(client, name, fields, *, confirmed=True):
    said = fields | ({"confirmed": "yes"} if confirmed else {})
    return client.post(f"{NEW}{name}/", said)


def test_a_form_shows_what_would_change_before_it_proposes(client, officer):
    client.force_login(officer)
    fields = {"asset": "BTC", "lending": "65", "liquidation": "40", "reason": "thin"}

    preview = asked(client, "haircut", fields, confirmed=False)

    assert "BTC: Lending haircut 60% 65%" in text_of(preview)
    assert "decided by: compliance" in text_of(preview)
    assert not proposed().exists()
    answer = asked(client, "haircut", fields)
    row = proposed().get()
    assert answer.url == page_of(row)
    assert row.payload == {"asset": "BTC", "lending": "0.65", "liquidation": "0.4"}
    assert (row.maker, row.subject, row.reason) == (officer, "BTC", "thin")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"lending": "59"}, "floor for BTC is 60%"),
        ({"lending": "101"}, "less than or equal to 100"),
        ({"asset": "DOGE"}, "valid choice"),
        ({"reason": ""}, "required"),
        ({"effective_at": "2026-03-01T09:00"}, "has passed"),
    ],
)
def test_a_form_says_what_is_wrong(client, officer, fields, why):
    client.force_login(officer)
    good = {"asset": "BTC", "lending": "65", "liquidation": "40", "reason": "thin"}

    assert why in text_of(asked(client, "haircut", good | fields))
    assert not proposed().exists()


def test_a_manager_proposes_for_an_own_client_and_learns_nothing_of_others(client):
    own, other = margin_account(), margin_account()
    client.force_login(manager_for(own))

    answer = asked(client, "suspend_client", {"client": own.client.number, "reason": "lost"})
    assert proposed().get().client == own.client
    assert answer.status_code == 302
    for number in (other.client.number, "C999999"):
        words = text_of(asked(client, "suspend_client", {"client": number, "reason": "lost"}))
        assert "no such client among yours" in words
        assert other.client.name not in words
    for number in (other.number, "MA999999"):
        fields = limit_fields(account=number)
        assert "no such client among yours" in text_of(asked(client, "credit_limit", fields))


def limit_fields(**fields):
    return {
        "limit": "5000000",
        "reasons": ["financial_situation"],
        "assessment": "Audited accounts.",
        "review_date": "2027-03-01",
        "reason": "wish",
    } | fields


@pytest.mark.rule("VAF-4")
def test_the_form_raises_no_limit_because_financing_is_available(client):
    account = margin_account(credit_limit="1000000")
    client.force_login(staff(Role.CREDIT_OFFICER))
    fields = limit_fields(account=account.number, reasons=["va_financing_available"])

    assert "VAF-4" in text_of(asked(client, "credit_limit", fields))
    assert not proposed().exists()


def test_clients_are_handed_over_many_at_once(client):
    manager, successor = staff(Role.RM), staff(Role.RM)
    for number in ("C1", "C2"):
        row = Client.objects.create(number=number, name=number, kind="person")
        Service.objects.create(client=row, manager=manager, from_date=LONG_AGO.date())
    client.force_login(manager)
    fields = {
        "clients": "C1, C2\nC1",
        "manager": successor.username,
        "from_date": "2026-03-05",
        "reason": "I leave",
    }

    asked(client, "handover", fields)

    assert sorted(row.client.number for row in proposed()) == ["C1", "C2"]
    client.force_login(staff(Role.RESPONSIBLE_OFFICER))
    chosen = shown(client)
    client.post(TOGETHER, {"chosen": chosen, "confirmed": "yes", "reason": "agreed"})
    assert Client.objects.served_by(successor, on=NOON.date() + timedelta(days=1)).count() == 2


def test_of_clients_handed_over_none_is_where_one_cannot_be(client):
    manager, successor = staff(Role.RM), staff(Role.RM)
    row = Client.objects.create(number="C1", name="C1", kind="person")
    Service.objects.create(client=row, manager=manager, from_date=LONG_AGO.date())
    client.force_login(manager)
    fields = {
        "clients": "C1 C2",
        "manager": successor.username,
        "from_date": "2026-03-05",
        "reason": "I leave",
    }

    assert "no such client" in text_of(asked(client, "handover", fields))
    assert not proposed().exists()


@pytest.mark.rule("VAF-1")
@pytest.mark.rule("JC-9")
def test_financing_is_switched_on_by_compliance_and_the_responsible_officer(client, compliance):
    entity = LegalEntity.objects.get()
    off = {"entity": entity.licence, "feature": "va_financing", "on": "off", "reason": "pause"}
    conditions = {f"condition_{name}": "file 7" for name in VA_FINANCING_CONDITIONS}
    on = off | conditions | {"on": "on", "notification": "SFC/7", "notified_date": "2026-03-02"}
    officer = staff(Role.RESPONSIBLE_OFFICER)

    def agreed():
        client.force_login(officer)
        row = Proposal.objects.latest("pk")
        client.post(page_of(row), {"decision": "approve", "reason": "agreed"})
        client.force_login(compliance)

    asked(client, "product_switch", off)
    agreed()
    assert may_finance_va(now=NOON)
    assert "is missing" in text_of(asked(client, "product_switch", on | {"notification": ""}))
    assert "is missing" in text_of(asked(client, "product_switch", on | {"condition_omnibus": ""}))
    asked(client, "product_switch", on)
    agreed()

    assert may_finance_va(now=NOON) is None
    assert ProductSwitch.objects.latest("pk").notification == "SFC/7"


TRANSFER = {
    "asset": "0700",
    "units": "100",
    "participant": "B01234",
    "reference": "T-1",
    "evidence": "CCASS report",
}
GOOD = {
    "haircut": {"asset": "BTC", "lending": "65", "liquidation": "40"},
    "frr_haircut": {"asset": "0700", "frr": "20"},
    "manual_price": {"asset": "BTC", "value": "525000", "expires_at": "2026-03-04T14:00"},
    "price_file": {},
    "margin_terms": {"name": "House terms", "warn": "89", "cure_window": "720"},
    "benchmark_rate": {
        "currency": "HKD",
        "rate": "5",
        "from_date": "2026-03-10",
        "source": "HKMA",
    },
    "approval_size": {"command": "credit_limit", "amount": "1000"},
    "parameter": {
        "parameter": a_parameter().name,
        "value": "7",
        "source": "the house's decision",
        "verified": "no",
    },
    "product_switch": {"entity": "ZZZ999", "feature": "va_financing", "on": "off"},
    "suspend_client": {},
    "close_client": {},
    "handover": {"from_date": "2026-03-05"},
    "application_credit": CREDIT | {"spread": "3.5"},
    "open_account": {},
    "refuse_application": {},
    "legal_hold": {"on": "on", "reference": "HKP 12/2026"},
    "erase_documents": {},
    "disclosure_version": {
        "code": "va_rules",
        "title_en": "Rules",
        "title_zh": "規則",
        "body_en": "As they are.",
        "body_zh": "如其所是。",
    },
    "corporate_action": {
        "asset": "0700",
        "kind": "split",
        "ex_date": "2026-03-05",
        "new": "5",
        "old": "1",
        "fractions": "cash",
        "source": "Circular",
    },
    "close_difference": {"explanation": "Booked late"},
    "pay_corporate_action": {"evidence": "Bank statement"},
    "pledge_securities": TRANSFER,
    "release_securities": TRANSFER,
    "standing_authority": {
        "starts_on": "2026-03-05",
        "expires_on": "2027-03-04",
        "evidence": "Signed form",
    },
    "end_standing_authority": {"how": "revocation", "evidence": "Letter"},
    "custody_place": {"code": "NEW", "kind": "broker", "name": "A broker", "keeps": ["share"]},
}
# Those about investors and credit have stories of their own.
ELSEWHERE = {
    "credit_assessment",
    "credit_limit",
    "group_limit",
    "reactivate_client",
    "confirm_investor",
    "withdraw_investor",
    "qualify_investor",
    "confirm_qualification",
    "record_training",
    "knowledge_bank",
    "connect_clients",
    "disconnect_clients",
}


@pytest.mark.parametrize("name", sorted(set(FORMS) - ELSEWHERE))
def test_each_form_proposes_what_can_be_applied(client, name):
    account = margin_account(pledged={} if name == "close_client" else {"0700": "100"})
    an_authority(account)
    manager = manager_for(account)
    command = next(command for command in commands() if command.name == name)
    makers = sorted(command.proposes)
    client.force_login(manager if Role.RM in makers else staff(makers[0]))
    fields = asked_for(name, account.client) if name in ASKED else GOOD[name]
    fields = fields | {"reason": "as agreed"}
    if name == "erase_documents":
        files.document(client_user(account), now=NOON.replace(year=2018))
    far_on = {
        "application_credit": with_credit,
        "open_account": decided,
        "refuse_application": submitted,
    }
    if name in far_on:
        fields["application"] = far_on[name]().number
    if name == "pay_corporate_action":
        give(account, {"0005": "100"})
        fields["action"] = an_action_applied().pk
    if name == "close_difference":
        fields["difference"] = a_difference(account).pk
    if name in ("pledge_securities", "release_securities"):
        fields["account"] = account.number
    if name in (
        "suspend_client",
        "close_client",
        "legal_hold",
        "standing_authority",
        "end_standing_authority",
    ):
        fields["client"] = account.client.number
    if name == "price_file":
        fields["file"] = a_price_file().sha256
    if name == "handover":
        fields |= {"clients": account.client.number, "manager": staff(Role.RM).username}

    answer = asked(client, name, fields)

    assert answer.status_code == 302, text_of(answer)
    row = Proposal.objects.latest("pk")
    client.force_login(staff(row.approvers[0]))
    client.post(page_of(row), {"decision": "approve", "reason": "agreed"})
    assert stored(row).state == State.APPROVED
    assert reverse("proposal", args=[row.pk]) == page_of(row)
