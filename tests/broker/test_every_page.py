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

from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from onboarding.approvals import propose
from onboarding.rights import PERMISSIONS
from onboarding.users import Role, User
from tests.broker.backoffice import world as world_of
from tests.factories import client_user, staff

pytestmark = pytest.mark.django_db

STAFF = frozenset(role.value for role in Role if role != Role.CLIENT)
# Beside the roles, whose `rm` serves the client and whose `client` signs for it.
STRANGER, OTHER_CLIENT, OTHER_RM = "stranger", "another client", "another rm"
VISITORS = (STRANGER, OTHER_CLIENT, OTHER_RM, *sorted(Role))
EVERYBODY = frozenset(VISITORS)
ALL_STAFF = STAFF | {OTHER_RM}
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


def _account(world: World) -> dict:
    return {"number": world.account.number}


def _client(world: World) -> dict:
    return {"number": world.account.client.number}


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
    "client_page": Page(holders("onboarding.view_client") - {OTHER_RM}, _client),
    "parameters": Page(holders("onboarding.view_parametervalue")),
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
    # The first page leads everybody to the own one.
    "portal:entrance": Page(EVERYBODY - {STRANGER}),
    "portal:home": Page(OWN_CLIENT, _account),
    "portal:repay": Page(OWN_CLIENT, _account),
    "portal:draw": Page(OWN_CLIENT, _account),
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
DOORS = {"login", "logout", "admin:login", "admin:logout"}
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
    return World(account, built.manager, built.own[MarginCall], proposal.pk)


def visitor_of(world: World, name: str) -> User | None:
    if name == STRANGER:
        return None
    if name == OTHER_CLIENT:
        return client_user(MarginAccount.objects.exclude(pk=world.account.pk).first())
    if name == OTHER_RM:
        return staff(Role.RM)
    if name == Role.RM:
        return world.manager
    return client_user(world.account) if name == Role.CLIENT else staff(name)


def is_closed(response) -> bool:
    """Nothing is there, it is forbidden, or one is asked to sign in."""
    if response.status_code in (302, 303):
        return response.url.startswith(("/login/", "/staff/login/"))
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
