"""
Every address of the house, tried by everybody: who is not meant finds it closed, GET and POST.

The list is the product's own table of addresses. A new page fails here until it has a line that
says whom it is for. The lists and rows of the staff site's models are in
`tests/onboarding/test_rights.py`, by the table of rights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from broker.reports.documents import AccountDocument
from collateral.custody.difference import Difference
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from onboarding.applications.application import Application
from onboarding.applications.people import Applicant
from onboarding.applications.review import Item, ask, assign
from onboarding.approvals import propose
from onboarding.disclosures.text import Disclosure
from onboarding.documents.document import Document
from onboarding.enquiries import Enquiry
from onboarding.rights import PERMISSIONS
from onboarding.users import Role, User
from tests.broker.backoffice import world as world_of
from tests.factories import client_user, staff
from tests.factories.applications import in_review
from tests.factories.screening import alert_of, hit_on, lists_in_force, stop_of

pytestmark = pytest.mark.django_db

STAFF = frozenset(role.value for role in Role if role != Role.CLIENT)
# Beside the roles, whose `rm` serves the client and whose `client` signs for it.
STRANGER, OTHER_CLIENT, OTHER_RM = "stranger", "another client", "another rm"
VISITORS = (STRANGER, OTHER_CLIENT, OTHER_RM, *sorted(Role))
EVERYBODY = frozenset(VISITORS)
SIGNED_IN = EVERYBODY - {STRANGER}
ALL_STAFF = STAFF | {OTHER_RM}
CLIENTS = frozenset({Role.CLIENT.value, OTHER_CLIENT})
OWN_CLIENT = frozenset({Role.CLIENT.value})


def holders(right: str) -> frozenset[str]:
    """Who holds a right, by role; a relationship manager who does, whomever he serves."""
    held = {role.value for role, rights in PERMISSIONS.items() if right in rights}
    return frozenset(held | ({OTHER_RM} if Role.RM in held else set()))


WATCHERS = holders("lending.view_marginaccount") - {OTHER_RM}


@dataclass(frozen=True)
class Page:
    """`opens` names who may come in; `names` gives the words of the address from the world."""

    opens: frozenset[str]
    names: Callable[["World"], dict] = lambda world: {}


@dataclass(frozen=True)
class World:
    account: MarginAccount
    manager: User
    call: MarginCall
    proposal_pk: int
    paper_pk: int
    text_pk: int
    enquiry_pk: int
    hit_pk: int
    alert_pk: int
    case_pk: int
    application: Application
    difference_pk: int
    document_pk: int


def _account(world: World) -> dict:
    return {"number": world.account.number}


def _client(world: World) -> dict:
    return {"number": world.account.client.number}


def _document(world: World) -> dict:
    return {"pk": world.paper_pk}


def _application(world: World) -> dict:
    return {"number": world.application.number}


def _of_application(**more: object) -> Page:
    """A page of one application: for those who fill it in, and for nobody else."""
    return Page(OWN_CLIENT, lambda world: _application(world) | more)


def _party(world: World) -> dict:
    return _application(world) | {"pk": world.application.parties.first().pk}


def _request(world: World) -> dict:
    return _application(world) | {"pk": world.application.requests.first().pk}


def _proposal(world: World) -> dict:
    return {"pk": world.proposal_pk}


PAGES: dict[str, Page] = {
    "live_book": Page(holders("broker.view_live_book")),
    "approvals": Page(ALL_STAFF),
    "approve_together": Page(ALL_STAFF),
    "propose_choose": Page(ALL_STAFF),
    "propose": Page(
        frozenset({"rm", OTHER_RM, "credit_officer", "risk_officer", "compliance"}),
        lambda world: {"command": "suspend_client"},
    ),
    # One of a haircut: those who oversee, and who proposes or decides it.
    "proposal": Page(
        frozenset(
            {"risk_officer", "compliance", "responsible_officer", "mic_omo", "mic_rm", "auditor"}
        ),
        _proposal,
    ),
    "staff_messages": Page(holders("onboarding.read_messages")),
    # Of a client: whom it has written to, and who oversees them.
    "staff_conversation": Page(
        holders("onboarding.read_messages") - {OTHER_RM},
        lambda world: {"kind": "client", "key": world.account.client.number},
    ),
    # Who gave it, and those who judge the client; the other signatory did not give it.
    "document": Page(holders("onboarding.view_document") - {OTHER_RM}, _document),
    "client_page": Page(holders("onboarding.view_client") - {OTHER_RM}, _client),
    "credit": Page(holders("onboarding.view_creditassessment") - {OTHER_RM}, _client),
    "credit_reviews": Page(holders("onboarding.view_creditassessment")),
    "applications": Page(holders("onboarding.read_applications")),
    "application": Page(holders("onboarding.read_applications") - {OTHER_RM}, _application),
    "corporate_actions": Page(holders("collateral.view_corporateaction")),
    "load_ex_dates": Page(frozenset({"operations", "compliance"})),
    "reconciliation": Page(holders("collateral.view_difference")),
    "load_statement": Page(frozenset({"operations", "compliance"})),
    "compare_again": Page(frozenset({"operations", "compliance"})),
    "take_difference": Page(
        frozenset({"operations", "compliance"}), lambda world: {"pk": world.difference_pk}
    ),
    "custody_places": Page(holders("collateral.view_placelicence")),
    "parameters": Page(holders("onboarding.view_parametervalue")),
    # The own settings of whoever is signed in; what changes them asks for the password first.
    "account_reauthenticate": Page(SIGNED_IN),
    "account_change_password": Page(SIGNED_IN),
    "usersessions_list": Page(SIGNED_IN),
    "mfa_index": Page(SIGNED_IN),
    "mfa_reauthenticate": Page(SIGNED_IN),
    "mfa_activate_totp": Page(SIGNED_IN),
    "mfa_deactivate_totp": Page(frozenset()),
    "mfa_list_webauthn": Page(SIGNED_IN),
    "mfa_add_webauthn": Page(SIGNED_IN),
    "mfa_reauthenticate_webauthn": Page(SIGNED_IN),
    "mfa_remove_webauthn": Page(SIGNED_IN, lambda world: {"pk": 1}),
    "mfa_edit_webauthn": Page(SIGNED_IN, lambda world: {"pk": 1}),
    "mfa_view_recovery_codes": Page(frozenset()),
    "mfa_generate_recovery_codes": Page(SIGNED_IN),
    "mfa_download_recovery_codes": Page(frozenset()),
    "investors": Page(holders("onboarding.view_investorstatus")),
    "investor": Page(holders("onboarding.view_investorstatus") - {OTHER_RM}, _client),
    "assess_investor": Page(frozenset({"rm", "onboarding_officer"}), _client),
    "groups": Page(holders("onboarding.view_connection")),
    "enquiry": Page(
        holders("onboarding.view_enquiry") - {OTHER_RM}, lambda world: {"pk": world.enquiry_pk}
    ),
    "screening": Page(holders("onboarding.view_screening")),
    "screening_together": Page(frozenset({"compliance", "mlro"})),
    "screening_lists": Page(holders("onboarding.view_screening")),
    "screening_hit": Page(holders("onboarding.view_screening"), lambda world: {"pk": world.hit_pk}),
    "alerts": Page(holders("onboarding.view_monitoring")),
    "alert": Page(holders("onboarding.view_monitoring"), lambda world: {"pk": world.alert_pk}),
    "payments": Page(holders("onboarding.view_held_payments")),
    # The MLRO's alone: to everybody else there is no such page (AML-12).
    "suspicion": Page(frozenset({"mlro"})),
    "suspicion_case": Page(frozenset({"mlro"}), lambda world: {"pk": world.case_pk}),
    "report_suspicion": Page(ALL_STAFF - {"auditor"}),
    "prices_now": Page(holders("collateral.view_price")),
    "admin:index": Page(ALL_STAFF),
    "admin:search": Page(ALL_STAFF),
    "admin:password_change": Page(ALL_STAFF),
    "admin:password_change_done": Page(ALL_STAFF),
    "admin:jsi18n": Page(ALL_STAFF),
    # The library's own: nothing of ours is offered there, so nobody finds anything.
    "admin:autocomplete": Page(frozenset()),
    "admin:view_on_site": Page(frozenset(), lambda world: {"content_type_id": 1, "object_id": 1}),
    "admin:app_list": Page(
        ALL_STAFF - {"onboarding_officer"}, lambda world: {"app_label": "lending"}
    ),
    # The accounts one may see, which may be none.
    "api:accounts": Page(EVERYBODY - {STRANGER}),
    "api:account": Page(OWN_CLIENT | WATCHERS, _account),
    "api:calls": Page(OWN_CLIENT | WATCHERS, _account),
    "api:repayments": Page(OWN_CLIENT, _account),
    "api:draws": Page(OWN_CLIENT, _account),
    "api:schema": Page(EVERYBODY - {STRANGER}),
    "api:docs": Page(EVERYBODY - {STRANGER}),
    # Whoever comes to apply; a link that was never sent leads nowhere.
    "portal:sign_up": Page(EVERYBODY),
    "portal:letter_sent": Page(EVERYBODY),
    "portal:new_login": Page(frozenset(), lambda world: {"secret": "guessed"}),
    "portal:invitation": Page(frozenset(), lambda world: {"secret": "guessed"}),
    "portal:applications": Page(OWN_CLIENT | {OTHER_CLIENT}),
    "portal:application": _of_application(),
    "portal:give_up": _of_application(),
    "portal:confirm": _of_application(),
    "portal:parties": _of_application(),
    "portal:new_party": _of_application(nature="person"),
    "portal:party": Page(OWN_CLIENT, _party),
    "portal:remove_party": Page(OWN_CLIENT, _party),
    "portal:signers": _of_application(),
    "portal:papers": _of_application(),
    "portal:answer_request": Page(OWN_CLIENT, _request),
    "portal:step": _of_application(step="purpose"),
    # The first page leads everybody to the own one.
    "portal:entrance": Page(EVERYBODY - {STRANGER}),
    # Every client's login has the own: an applicant's is one, too.
    "portal:messages": Page(CLIENTS),
    "portal:documents": Page(CLIENTS),
    "portal:disclosures": Page(CLIENTS),
    "portal:disclosure": Page(CLIENTS, lambda world: {"pk": world.text_pk}),
    "portal:home": Page(OWN_CLIENT, _account),
    "portal:repay": Page(OWN_CLIENT, _account),
    "portal:draw": Page(OWN_CLIENT, _account),
    "portal:investor": Page(OWN_CLIENT, _client),
    "portal:knowledge": Page(OWN_CLIENT, _client),
    "portal:account_documents": Page(OWN_CLIENT, _account),
    "portal:account_document": Page(
        OWN_CLIENT, lambda world: _account(world) | {"pk": world.document_pk}
    ),
    "portal:statement_of_days": Page(OWN_CLIENT, _account),
    "portal:activity": Page(OWN_CLIENT, _account),
    "portal:activity_file": Page(OWN_CLIENT, _account),
    "portal:acknowledge": Page(
        OWN_CLIENT, lambda world: _account(world) | {"call_id": world.call.pk}
    ),
}


def addresses(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """The names of all addresses; those without one are what answers that nothing is there."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, space + (f"{entry.namespace}:" if entry.namespace else ""))
        elif isinstance(entry, URLPattern) and entry.name:
            yield space + entry.name


def of_a_model(name: str) -> bool:
    models = {f"{m._meta.app_label}_{m._meta.model_name}_" for m in admin.site._registry}
    return name.startswith(tuple(f"admin:{model}" for model in models))


# Where one signs in and out, whoever one is.
DOORS = {
    "login",
    "logout",
    "admin:login",
    "admin:logout",
    "account_login",
    "account_logout",
    "account_inactive",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
NAMES = set(addresses(get_resolver())) - DOORS
NAMES = {name for name in NAMES if not of_a_model(name)}


@pytest.fixture
def world(time_machine) -> World:
    time_machine.move_to(world_of.NOW, tick=False)
    built = world_of.build()
    account = built.own[MarginAccount]
    haircut = {"asset": "BTC", "lending": "0.7", "liquidation": "0.4"}
    proposal = propose(
        "haircut", haircut, by=staff(Role.RISK_OFFICER), reason="x", now=world_of.NOW
    )
    lists_in_force(now=world_of.NOW)
    hit = hit_on(account.client, "Ivanov Sergei Petrovich", now=world_of.NOW)
    return World(
        account,
        built.manager,
        built.own[MarginCall],
        proposal.pk,
        built.own[Document].pk,
        built.house[Disclosure].pk,
        built.own[Enquiry].pk,
        hit.pk,
        alert_of(account.client, now=world_of.NOW).pk,
        stop_of(account.client, now=world_of.NOW).pk,
        _an_application(built.manager),
        built.own[Difference].pk,
        built.own[AccountDocument].pk,
    )


def _an_application(manager: User) -> Application:
    """One that waits for its applicant, and that the client's manager looks after."""
    application = in_review("person", now=world_of.NOW)
    officer = application.officer
    assign(application, manager, by=officer, now=world_of.NOW)
    return ask(application, [Item("answer", "Why?")], by=officer, now=world_of.NOW)


def visitor_of(world: World, name: str) -> User | None:
    if name == STRANGER:
        return None
    if name == OTHER_CLIENT:
        return client_user(MarginAccount.objects.exclude(pk=world.account.pk).first())
    if name == OTHER_RM:
        return staff(Role.RM)
    if name == Role.RM:
        return world.manager
    if name != Role.CLIENT:
        return staff(name)
    user = client_user(world.account)
    Applicant.objects.create(application=world.application, user=user, since=world_of.NOW)
    return user


def is_closed(response) -> bool:
    """Nothing is there, it is forbidden, or one is asked to sign in."""
    if response.status_code in (302, 303):
        return response.url.partition("?")[0] in ("/login/", "/staff/login/")
    return response.status_code in (401, 403, 404)


def test_every_address_has_its_line_and_every_line_its_address():
    assert set(PAGES) == NAMES, "say whom a new page is for, in PAGES"


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("visitor", VISITORS)
def test_each_finds_open_what_is_meant_for_them_and_nothing_else(client, world, visitor):
    user = visitor_of(world, visitor)
    wrong = {}
    for name, page in PAGES.items():
        address = reverse(name, kwargs=page.names(world))
        opens = visitor in page.opens
        for method in ("get", "post"):
            client.logout()
            if user:
                client.force_login(user)
            response = getattr(client, method)(address)
            if response.status_code == 405:  # It takes the other method.
                continue
            # What is open may still refuse an empty form.
            found_open = not is_closed(response) and response.status_code < 500
            if found_open != opens:
                wrong[f"{method.upper()} {name}"] = response.status_code
    assert wrong == {}


def test_what_is_closed_is_closed_before_the_method_is_looked_at(client, world):
    """A page that takes POST alone still does not say to a stranger that a call is there."""
    client.force_login(visitor_of(world, OTHER_CLIENT))
    address = reverse("portal:acknowledge", kwargs=PAGES["portal:acknowledge"].names(world))

    assert client.post(address).status_code == 404
