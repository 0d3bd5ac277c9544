"""The own clients' rows and nobody else's: what a relationship manager sees of the staff site."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from lending.margin.account import MarginAccount
from onboarding.clients import Service
from onboarding.users import Role
from tests.broker.backoffice import world as world_of
from tests.broker.backoffice.desk import (
    ACCOUNTS,
    CALLS,
    CLIENTS,
    borrower,
    fall_to,
    links_of,
    shown,
)
from tests.factories import (
    NOON,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def own(manager):
    return borrower(manager=manager)


@pytest.fixture
def others():
    return borrower(manager=staff(Role.RM))


def test_lists_show_the_own(client, own, others):
    fall_to("490000")
    for path in (ACCOUNTS, CALLS, "/staff/lending/marginmove/"):
        text = shown(client, path)
        assert own.number in text, path
        assert others.number not in text, path
        assert others.client.name not in text, path


def test_another_s_row_is_not_found(client, own, others):
    fall_to("490000")
    for row in (others, others.client, others.calls.get(), others.moves.first()):
        meta = row._meta
        path = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
        assert client.get(path).status_code == 404, path


def test_a_search_finds_the_own(client, own, others):
    assert own.number in shown(client, ACCOUNTS, q=own.client.name)
    assert others.number not in shown(client, ACCOUNTS, q=others.client.name)
    assert others.client.name not in shown(client, CLIENTS, q=others.client.number)


def test_the_site_s_search_finds_the_own(client, own, others):
    search = reverse("admin:search")
    assert own.number in shown(client, search, s=own.number, extended=1)
    for term in (others.number, others.client.name, others.client.number, "MA"):
        assert others.number not in shown(client, search, s=term, extended=1)
        assert others.client.name not in shown(client, search, s=term, extended=1)


def test_the_choices_of_a_field_are_the_own(client, own, others):
    query = {"app_label": "lending", "model_name": "marginaccount", "field_name": "client"}

    found = client.get(reverse("admin:autocomplete"), query | {"term": ""}).json()["results"]

    assert [row["id"] for row in found] == [str(own.client.pk)]


def test_a_look_up_in_the_address_shows_no_other(client, own, others):
    for query in ({"client__id__exact": others.client_id}, {"id__exact": others.pk}):
        response = client.get(ACCOUNTS, query)
        assert others.client.name not in response.content.decode()


def test_the_first_page_counts_the_own(client, own, others):
    fall_to("490000")
    response = client.get("/staff/")

    counts = {row["state"]: row["count"] for row in response.context["by_state"]}
    assert counts["called"] == 1
    assert [row.account.pk for row in response.context["queue"]] == [own.pk]
    assert others.number not in response.content.decode()


def test_a_client_handed_over_is_not_seen_any_more(client, manager, own):
    Service.objects.filter(client=own.client).update(until_date=NOON.date())

    assert client.get(f"{ACCOUNTS}{own.pk}/change/").status_code == 404
    assert own.number not in shown(client, ACCOUNTS)
    assert own.number not in shown(client, reverse("admin:search"), s=own.number, extended=1)


def test_a_service_ends_at_midnight_in_hong_kong(client, manager, own, time_machine):
    Service.objects.filter(client=own.client).update(until_date=date(2026, 3, 5))
    last_second = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)

    time_machine.move_to(last_second, tick=False)
    assert own.number in shown(client, ACCOUNTS)
    assert own in MarginAccount.objects.visible_to(manager, now=last_second)

    midnight = last_second + timedelta(seconds=1)
    time_machine.move_to(midnight, tick=False)
    assert own.number not in shown(client, ACCOUNTS)
    assert own not in MarginAccount.objects.visible_to(manager, now=midnight)


def test_prices_and_books_are_not_an_rm_s(client, own):
    for path in ("collateral/price", "lending/entry", "lending/marginterms", "broker/jobrun"):
        assert client.get(f"/staff/{path}/").status_code == 403


def test_a_page_has_no_way_on_that_is_closed_to_its_reader(client, time_machine):
    """Every link on every page that an RM may open can be opened."""
    time_machine.move_to(world_of.NOW, tick=False)
    world = world_of.build()
    client.force_login(world.manager)
    for model, row in world.own.items():
        meta = model._meta
        if not world.manager.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            continue
        path = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
        for link in links_of(shown(client, path)):
            assert client.get(link).status_code in (200, 302), (path, link)
