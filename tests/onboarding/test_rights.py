"""What each role may do on the staff site, page by page: the table, and nothing beside it."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.broker.backoffice import world as world_of
from tests.factories import client_user, staff

pytestmark = pytest.mark.django_db

STAFF = [role for role in Role if role != Role.CLIENT]
# Acts and pages, not rows that are looked at.
NOT_A_VIEW = {
    "broker.view_live_book",
    "onboarding.read_applications",
    "onboarding.read_checks",
    "onboarding.read_messages",
    "onboarding.review_applications",
    "onboarding.write_messages",
    "onboarding.view_screening",
    "onboarding.view_held_payments",
    "onboarding.view_monitoring",
    "onboarding.view_suspicion",
}


def granted(role) -> set[str]:
    return set(PERMISSIONS[role])


def view_of(model) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def page(model, name: str, *arguments) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


@pytest.fixture
def world(time_machine):
    time_machine.move_to(world_of.NOW, tick=False)
    return world_of.build()


def registered() -> list[type]:
    return list(admin.site._registry)


def test_every_role_has_its_line():
    assert set(PERMISSIONS) == set(Role)


def test_every_right_to_look_has_a_page_and_every_page_a_right():
    granted_by_some = set().union(*PERMISSIONS.values()) - NOT_A_VIEW
    assert granted_by_some == {view_of(model) for model in registered()}


def test_every_right_to_look_is_one_that_django_knows():
    known = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    }
    assert set().union(*PERMISSIONS.values()) - NOT_A_VIEW <= known


def test_nobody_may_add_change_or_delete_by_form():
    words = {
        right.split(".")[1].split("_")[0] for rights in PERMISSIONS.values() for right in rights
    }
    # Messages are written, and applications reviewed, on pages of their own.
    assert words == {"view", "read", "write", "review"}


def test_a_client_has_no_right_on_the_staff_site():
    assert granted(Role.CLIENT) == set()


@pytest.mark.parametrize("role", Role)
def test_rights_come_from_the_role_alone(role):
    user = client_user() if role == Role.CLIENT else staff(role)
    user.user_permissions.add(Permission.objects.get(codename="delete_client"))

    assert user.get_all_permissions() == granted(role)
    user.is_active = False
    assert user.get_all_permissions() == set()
    assert not user.has_perm("onboarding.view_client")


@pytest.mark.parametrize("role", STAFF)
def test_each_page_answers_each_role_as_the_table_says(role, client, world):
    """
    List and row: 200 with the right, 403 without; an RM finds the own clients' rows and 404 for
    others'. Adding, changing and deleting: 403 to everybody. The admin's own log: nowhere.
    """
    client.force_login(world.manager if role == Role.RM else staff(role))
    wrong = {}

    def expect(status: int, path: str, *, post: bool = False):
        response = client.post(path, {"name": "x"}) if post else client.get(path)
        if response.status_code != status:
            wrong[("POST " if post else "GET ") + path] = (response.status_code, status)

    for model in registered():
        may_look = view_of(model) in PERMISSIONS[role]
        rows = [rows[model] for rows in (world.own, world.house) if model in rows]
        assert rows, f"the world has no {model._meta.verbose_name}"
        expect(200 if may_look else 403, page(model, "changelist"))
        expect(403, page(model, "add"))
        expect(403, page(model, "add"), post=True)
        for row in rows:
            expect(200 if may_look else 403, page(model, "change", row.pk))
            expect(403, page(model, "change", row.pk), post=True)
            expect(403, page(model, "delete", row.pk))
            expect(403, page(model, "delete", row.pk), post=True)
            expect(404, page(model, "history", row.pk))
        if model in world.others:
            seen = 404 if role == Role.RM else 200
            expect(seen if may_look else 403, page(model, "change", world.others[model].pk))
        expect(404 if may_look else 403, page(model, "change", 10**12))
    assert wrong == {}


@pytest.mark.parametrize("role", [None, Role.CLIENT])
def test_strangers_and_clients_are_led_to_the_sign_in_page(role, client, world):
    if role:
        client.force_login(client_user())
    paths = [reverse("admin:index"), reverse("admin:search"), reverse("admin:autocomplete")]
    for model in registered():
        row = {**world.house, **world.own}[model]
        paths += [page(model, "changelist"), page(model, "change", row.pk), page(model, "add")]
    for path in paths:
        response = client.get(path, follow=False)
        assert response.status_code == 302, path
        assert response.headers["Location"].startswith(("/login/", "/staff/login/")), path


def test_what_a_role_may_not_open_is_not_in_its_navigation(client, world):
    for role in STAFF:
        client.force_login(staff(role))
        shown = client.get(reverse("admin:index")).content.decode()
        for model in registered():
            is_linked = f'href="{page(model, "changelist")}"' in shown
            assert is_linked == (view_of(model) in PERMISSIONS[role]), (role, model)


def test_there_is_a_page_for_every_model_that_has_a_right():
    for rights in PERMISSIONS.values():
        for right in rights - NOT_A_VIEW:
            app, name = right.split(".view_")
            assert apps.get_model(app, name) in admin.site._registry
