"""From the officer's desk to the open account: asking, answering, deciding, opening, expiring."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_fsm import TransitionNotAllowed
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.margin import opening
from lending.margin.account import MarginAccount
from lending.margin.opening import obstacles
from lending.margin.relation import RelationState
from onboarding.applications.application import Application, State
from onboarding.applications.checks import Check, CheckMixed, register_check
from onboarding.applications.expiry import expire_idle, to_remind
from onboarding.applications.invite import accept, invite
from onboarding.applications.party import ApplicationParty
from onboarding.applications.refusals import NotPossible
from onboarding.applications.request import Request
from onboarding.applications.review import (
    Item,
    answer,
    ask,
    assign,
    hand_back,
    pass_to_credit,
    stale_since,
    take,
)
from onboarding.applications.save import save_party, this_is_me, version_of
from onboarding.applications.send import withdraw
from onboarding.applications.steps import missing
from onboarding.approvals import Invalid, NotAllowed, Proposal, Stale, approve, propose
from onboarding.clients import Client, ClientState, manager_of
from onboarding.disclosures.acceptance import terms_gate
from onboarding.entity import ProductSwitch, client_type
from onboarding.lifecycle import move
from onboarding.screening.screened import Screened
from onboarding.users import Role
from tests.factories import NOON, client_user, house, staff
from tests.factories.applications import (
    CREDIT,
    PURPOSE,
    accept_terms,
    check_all,
    complete,
    decided,
    draft,
    enter,
    in_review,
    opened,
    person,
    sign,
    submitted,
    tell,
    with_credit,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def fresh(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)


# --- Asking and answering ------------------------------------------------------------------------


def test_each_thing_asked_is_answered_and_with_the_last_the_review_goes_on():
    application = in_review()
    items = [Item("answer", "Why bitcoin?"), Item("confirmation", "Is it all still true?")]
    ask(application, items, by=application.officer, now=NOON)
    first, second = Request.objects.all()
    applicant = application.started_by

    with pytest.raises(NotPossible, match="Write your answer"):
        answer(first, " ", by=applicant, now=NOON)
    answer(first, "It is our trade.", by=applicant, now=NOON)
    answer(first, "It is our trade.", by=applicant, now=NOON)  # Pressed twice.
    assert fresh(application).state == State.INFORMATION_ASKED
    with pytest.raises(NotPossible, match="answered already"):
        answer(first, "Something else.", by=applicant, now=NOON)
    answer(second, "", by=applicant, now=LATER)

    assert fresh(application).state == State.IN_REVIEW
    with pytest.raises(NotPossible, match="not yours"):
        answer(second, "x", by=client_user(), now=NOON)


def test_a_correction_opens_one_step_and_is_confirmed_anew_by_all_who_sign():
    application = in_review("corporate")
    item = Item("correction", "The expected loan is too small.", "purpose")
    ask(application, [item], by=application.officer, now=NOON)
    by, request = application.started_by, Request.objects.get()
    with pytest.raises(NotPossible, match="Nothing on that page"):
        answer(request, "", by=by, now=LATER)
    with pytest.raises(NotPossible, match="cannot be changed"):
        enter(application, person(roles=["director"]), by=by)

    corrected = PURPOSE | {"expected_loan": "9,000,000"}
    tell(application, "purpose", corrected, by=by, now=LATER)
    answer(request, "", by=by, now=LATER)
    assert fresh(application).state == State.INFORMATION_ASKED  # Nobody has confirmed it so.
    sign(application, now=LATER)

    assert fresh(application).state == State.IN_REVIEW
    with pytest.raises(NotPossible, match="cannot be changed"):
        tell(application, "purpose", PURPOSE, by=by, now=LATER)


def test_checks_and_credit_of_an_earlier_edition_count_nothing_after_a_correction():
    house()
    application = decided("person")
    ask(
        application,
        [Item("correction", "Your address?", "parties")],
        by=application.officer,
        now=NOON,
    )
    party = application.parties.get()
    told = person(identity_number=party.identity_number, address="2 Peak Road, Hong Kong")
    save_party(
        application,
        told,
        nature="person",
        party=party,
        version=version_of(application, f"party {party.pk}"),
        by=application.started_by,
        now=LATER,
    )
    answer(Request.objects.get(), "", by=application.started_by, now=LATER)
    sign(application, now=LATER)

    application = fresh(application)
    assert application.state == State.IN_REVIEW
    with pytest.raises(NotPossible, match="Not passed: Applicant identified"):
        pass_to_credit(application, by=application.officer, reason="", now=LATER)


# --- Who may do what -----------------------------------------------------------------------------


def test_only_officers_review_and_only_what_stands_where_it_must():
    application = submitted()
    for role in sorted(set(Role) - {Role.ONBOARDING_OFFICER}):
        by = client_user() if role == Role.CLIENT else staff(role)
        for act, told in (
            (take, ()),
            (ask, ([Item("answer", "x")],)),
            (assign, (staff(Role.RM),)),
        ):
            with pytest.raises(NotPossible, match="does not review"):
                act(application, *told, by=by, now=NOON)
        with pytest.raises(NotPossible, match="does not review"):
            pass_to_credit(application, by=by, reason="", now=NOON)
    officer = staff(Role.ONBOARDING_OFFICER)
    with pytest.raises(NotPossible, match="It is submitted"):
        pass_to_credit(application, by=officer, reason="", now=NOON)
    take(application, by=officer, now=NOON)
    with pytest.raises(NotPossible, match="It is in review"):
        take(application, by=staff(Role.ONBOARDING_OFFICER), now=NOON)


def test_it_is_passed_to_credit_with_its_checks_and_a_manager():
    application = in_review()
    check_all(application, by=application.officer, but=(Check.INVESTOR,))
    with pytest.raises(NotPossible, match=r"Not passed: Professional investor on evidence\."):
        pass_to_credit(application, by=application.officer, reason="", now=NOON)
    check_all(application, by=application.officer)
    with pytest.raises(NotPossible, match="relationship manager"):
        pass_to_credit(application, by=application.officer, reason="", now=NOON)
    with pytest.raises(NotPossible, match="Choose a relationship manager"):
        assign(application, staff(Role.COMPLIANCE), by=application.officer, now=NOON)


def test_credit_hands_back_with_a_reason():
    application = with_credit()
    credit = staff(Role.CREDIT_OFFICER)
    with pytest.raises(NotPossible, match="Say what"):
        hand_back(application, by=credit, reason=" ", now=NOON)
    with pytest.raises(NotPossible, match="does not hand"):
        hand_back(application, by=staff(Role.FINANCE), reason="x", now=NOON)
    hand_back(application, by=credit, reason="Whose company is X?", now=NOON)
    assert fresh(application).state == State.IN_REVIEW


def test_no_check_is_made_in_two_ways():
    for check in (Check.CUSTOMER, Check.CREDIT, Check.DISCLOSURES, Check.DOCUMENTS):
        with pytest.raises(CheckMixed):
            register_check(check, lambda application, now: None)


# --- Opening -------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-3", "SMF-73")
def test_the_account_is_born_whole_with_the_limit_that_credit_decided():
    house()
    application = opened("corporate")

    client = Client.objects.get()
    account = MarginAccount.objects.get()
    assert (client.name, client.kind, client.state) == (
        application.name,
        "corporate",
        ClientState.ACTIVE,
    )
    assert {each.user for each in client.signatories.all()} == {
        party.user for party in application.parties.filter(user__isnull=False)
    }
    assert manager_of(client, on=NOON.date()) == application.manager
    assert account.relation.state == RelationState.ACTIVE
    assert account.relation.client == client
    assert account.pool.client == client
    assert (str(account.credit_limit), str(account.spread)) == ("4000000.00", "0.035000")
    assert account.opening.decision.proposal.command == "application_credit"
    # Born with its limit, it lends nothing before the client's means are assessed.
    assert not account.limit_changes.exists()
    assert {row.key.split(":")[0] for row in Screened.objects.filter(client=client)} == {
        "client",
        "application",
    }
    assert {row.check_name for row in application.checks.filter(by=None)} >= {"credit"}
    assert set(application.documents.values_list("document__client", flat=True)) == {client.pk}
    assert terms_gate(client, now=NOON) is None


@pytest.mark.rule("JC-9")
@pytest.mark.parametrize("kind", ["corporate", "person"])
def test_no_client_of_a_type_that_is_switched_off_is_opened(kind):
    house()
    application = decided(kind)
    switch = ProductSwitch.objects.filter(feature=client_type(kind)).get()
    ProductSwitch.objects.create(
        entity=switch.entity,
        feature=switch.feature,
        on=False,
        effective_at=NOON,
        reason="x",
        maker=switch.maker,
        checker=switch.checker,
    )
    payload = {"application": application.number}
    with pytest.raises(Invalid, match="we do not offer this at present"):
        propose("open_account", payload, by=application.officer, reason="x", now=NOON)


def test_nothing_is_opened_half():
    """Whatever breaks while it is opened leaves no client, no account and no step."""
    house()
    application = decided()
    payload = {"application": application.number}
    proposal = propose("open_account", payload, by=application.officer, reason="x", now=NOON)

    def broken(*args, **kwargs):
        raise Invalid("the pool could not be made")

    opening.carry_along(broken)
    try:
        with pytest.raises(Invalid, match="the pool"), transaction.atomic():
            approve(proposal, by=staff(Role.COMPLIANCE), reason="x", now=NOON)
    finally:
        opening._CARRIES.remove(broken)

    assert fresh(application).state == State.CREDIT
    assert not Client.objects.exists()
    assert not MarginAccount.objects.exists()
    assert Proposal.objects.get(pk=proposal.pk).state == "proposed"
    approve(proposal, by=staff(Role.COMPLIANCE), reason="x", now=NOON)
    assert fresh(application).state == State.OPENED


def test_what_changed_since_it_was_proposed_is_not_opened():
    house()
    application = decided()
    payload = {"application": application.number}
    proposal = propose("open_account", payload, by=application.officer, reason="x", now=NOON)
    again = propose(
        "application_credit",
        CREDIT | payload | {"limit": "1000000"},
        by=staff(Role.CREDIT_OFFICER),
        reason="x",
        now=NOON,
    )
    approve(again, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)
    with pytest.raises(Stale, match="decision"):
        approve(proposal, by=staff(Role.COMPLIANCE), reason="x", now=NOON)
    assert not MarginAccount.objects.exists()


@pytest.mark.rule("AML-6")
def test_what_the_applicant_confirmed_too_long_ago_is_asked_for_again():
    house()
    application = decided()
    late = NOON + timedelta(days=90)
    assert stale_since(application, now=late - timedelta(seconds=1)) is None
    assert "too old" in " ".join(obstacles(application, now=late))

    item = Item("confirmation", "Is all of it still true?")
    ask(application, [item], by=application.officer, now=late)
    answer(Request.objects.get(), "", by=application.started_by, now=late)
    assert stale_since(fresh(application), now=late) is None


def test_a_refusal_takes_two_and_its_reason_stays_in_the_house(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    application = in_review()
    payload = {"application": application.number}
    with pytest.raises(NotAllowed):
        propose("refuse_application", payload, by=staff(Role.RM), reason="x", now=NOON)
    reason = "His story of the money does not hold."
    proposal = propose(
        "refuse_application", payload, by=application.officer, reason=reason, now=NOON
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="Agreed.", now=NOON)
    assert fresh(application).state == State.REFUSED

    client.force_login(application.started_by)
    page = client.get(f"/applications/{application.number}/").content.decode()
    assert "We cannot open an account for you" in page
    assert reason not in page


# --- Inviting ------------------------------------------------------------------------------------


def a_second_signatory() -> tuple[Application, ApplicationParty]:
    application = draft("joint")
    by = application.started_by
    enter(application, person(), by=by)
    return application, enter(application, person(), by=by)


def test_a_link_works_once_for_one_person_and_not_for_ever():
    application, party = a_second_signatory()
    by = application.started_by
    old = invite(application, party, "tak@example.test", by=by, now=NOON)
    sent = invite(application, party, "tak@example.test", by=by, now=NOON)
    late = invite(application, party, "tak@example.test", by=by, now=NOON)
    for secret, at in (
        (old.secret, NOON),
        (sent.secret, NOON),
        (late.secret, NOON + timedelta(days=7)),
        ("guessed", NOON),
    ):
        with pytest.raises(NotPossible, match="does not hold"):
            accept(secret, user=client_user(), now=at)
    tak = client_user()
    accept(late.secret, user=tak, now=NOON)
    assert ApplicationParty.objects.get(pk=party.pk).user == tak
    with pytest.raises(NotPossible, match="does not hold"):
        accept(late.secret, user=client_user(), now=NOON)
    with pytest.raises(NotPossible, match="has a login already"):
        invite(application, party, "tak@example.test", by=by, now=NOON)


def test_one_login_does_not_sign_as_two_persons():
    application, party = a_second_signatory()
    by = application.started_by
    this_is_me(application, application.parties.first(), by=by, now=NOON)
    sent = invite(application, party, "other@example.test", by=by, now=NOON)
    with pytest.raises(NotPossible, match="somebody else already"):
        accept(sent.secret, user=by, now=NOON)
    with pytest.raises(NotPossible, match="your own address"):
        invite(application, party, by.email, by=by, now=NOON)


# --- Lying about ---------------------------------------------------------------------------------


def test_a_draft_that_lies_is_reminded_of_and_then_expires():
    application = draft()
    assert to_remind(now=NOON + timedelta(days=22)) == []
    assert to_remind(now=NOON + timedelta(days=23)) == [application]
    assert expire_idle(now=NOON + timedelta(days=30) - timedelta(seconds=1)) == 0
    assert expire_idle(now=NOON + timedelta(days=30)) == 1
    assert fresh(application).state == State.EXPIRED


def test_what_is_with_us_does_not_expire():
    submitted()
    assert expire_idle(now=NOON + timedelta(days=400)) == 0


# --- The machine ---------------------------------------------------------------------------------

ACTS = {
    "take": lambda a, desk: take(a, by=desk["officer"], now=LATER),
    "ask": lambda a, desk: ask(a, [Item("answer", "Why?")], by=desk["officer"], now=LATER),
    "answer": lambda a, desk: answer(
        a.requests.filter(answered_at=None).get(), "So.", by=a.started_by, now=LATER
    ),
    "check": lambda a, desk: check_all(a, by=desk["officer"], now=LATER),
    "pass_to_credit": lambda a, desk: pass_to_credit(a, by=desk["officer"], reason="", now=LATER),
    "hand_back": lambda a, desk: hand_back(a, by=desk["credit"], reason="x", now=LATER),
    "credit": lambda a, desk: _two(
        "application_credit", a, desk["credit"], desk["second"], **CREDIT
    ),
    "open": lambda a, desk: _two("open_account", a, desk["officer"], desk["compliance"]),
    "refuse": lambda a, desk: _two("refuse_application", a, desk["officer"], desk["compliance"]),
    "withdraw": lambda a, desk: withdraw(a, by=a.started_by, reason="", now=LATER),
    "sign": lambda a, desk: sign(a, now=LATER),
}
# What leads where; what is not here leads nowhere.
MAP = {
    State.DRAFT: {"sign": State.SUBMITTED, "withdraw": State.WITHDRAWN},
    State.SUBMITTED: {
        "take": State.IN_REVIEW,
        "refuse": State.REFUSED,
        "withdraw": State.WITHDRAWN,
    },
    State.IN_REVIEW: {
        "ask": State.INFORMATION_ASKED,
        "pass_to_credit": State.CREDIT,
        "refuse": State.REFUSED,
        "withdraw": State.WITHDRAWN,
    },
    State.INFORMATION_ASKED: {
        "answer": State.IN_REVIEW,
        "refuse": State.REFUSED,
        "withdraw": State.WITHDRAWN,
    },
    State.CREDIT: {
        "ask": State.INFORMATION_ASKED,
        "hand_back": State.IN_REVIEW,
        "open": State.OPENED,
        "refuse": State.REFUSED,
        "withdraw": State.WITHDRAWN,
    },
}
# Those that may still be refused for what is missing.
ASKS_MORE = {"pass_to_credit", "open"}


def _two(command: str, application: Application, maker, checker, **payload):
    payload = payload | {"application": application.number}
    proposal = propose(command, payload, by=maker, reason="x", now=LATER)
    approve(proposal, by=checker, reason="x", now=LATER)


def test_no_order_of_acts_leads_where_the_map_does_not():
    """Whatever is done, whenever: it leads along the map, or is refused and changes nothing."""
    house()
    begun = complete("person")
    desk = {
        "officer": staff(Role.ONBOARDING_OFFICER),
        "credit": staff(Role.CREDIT_OFFICER),
        "second": staff(Role.CREDIT_OFFICER),
        "compliance": staff(Role.COMPLIANCE),
    }
    Application.objects.filter(pk=begun.pk).update(manager=staff(Role.RM))
    accept_terms(begun)
    usual = ["sign", "take", "check", "pass_to_credit", "credit", "open"]
    orders = st.one_of(
        st.lists(st.sampled_from(sorted(ACTS)), max_size=12),
        st.permutations(usual),
        st.tuples(
            st.sampled_from(range(7)), st.lists(st.sampled_from(sorted(ACTS)), max_size=6)
        ).map(lambda drawn: usual[: drawn[0]] + drawn[1]),
    )

    @settings(max_examples=40)
    @given(orders)
    def run(order):
        with transaction.atomic():
            for act in order:
                _do(act, fresh(begun), desk)
            transaction.set_rollback(True)

    run()


def _do(act: str, application: Application, desk: dict) -> None:
    before = application.state
    moves = application.moves.count()
    refused = False
    try:
        with transaction.atomic():
            ACTS[act](application, desk)
    except (NotPossible, Invalid, Stale, Request.DoesNotExist):
        refused = True
    now = fresh(application)
    target = MAP.get(before, {}).get(act, before)
    if refused:
        assert now.state == before
        assert now.moves.count() == moves
        assert target == before or act in ASKS_MORE
    else:
        assert now.state == target
    assert (now.client is not None) == (now.state == State.OPENED)
    assert MarginAccount.objects.exists() == (now.state == State.OPENED)
    assert now.state == State.DRAFT or not missing(now, now=LATER)
    assert now.state == before or now.moves.latest("pk").target == now.state


def test_a_move_that_the_machine_has_not_is_refused():
    application = draft()
    with pytest.raises(TransitionNotAllowed):
        move(application, Application.take, reason="x", officer=staff(), now=NOON)
