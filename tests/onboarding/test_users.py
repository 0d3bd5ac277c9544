"""A login is a client's or a member of staff's, and nobody stands above the rules."""

import pytest

from onboarding.users import Role, User
from tests.factories import client_user, staff
from tests.proofs import refused

STAFF = [role for role in Role if role != Role.CLIENT]

pytestmark = pytest.mark.django_db


def test_a_client_signs_in_and_is_no_staff():
    user = client_user()

    assert user.check_password("secret")
    assert (user.role, user.is_staff, user.is_superuser) == (Role.CLIENT, False, False)


@pytest.mark.parametrize("role", STAFF)
def test_staff_have_one_role_each(role):
    assert staff(role).is_staff


def test_no_client_is_staff():
    with refused("user_is_client_or_staff"):
        User.objects.create_user("both", role=Role.CLIENT, is_staff=True)


@pytest.mark.parametrize("role", STAFF)
def test_no_staff_sign_in_as_a_client_would(role):
    with refused("user_is_client_or_staff"):
        User.objects.create_user("both", role=role, is_staff=False)


def test_a_client_is_not_made_staff_by_an_edit():
    user = client_user()
    with refused("user_is_client_or_staff"):
        User.objects.filter(pk=user.pk).update(is_staff=True)


@pytest.mark.parametrize("role", Role)
def test_nobody_stands_above_the_rules(role):
    is_staff = role != Role.CLIENT
    with refused("user_nobody_stands_above_the_rules"):
        User.objects.create_user("root", role=role, is_staff=is_staff, is_superuser=True)


def test_nobody_is_made_to_stand_above_the_rules():
    user = staff()
    with refused("user_nobody_stands_above_the_rules"):
        User.objects.filter(pk=user.pk).update(is_superuser=True)


def test_a_user_is_called_by_name_or_else_by_login():
    assert str(client_user(first_name="Siu Ming", last_name="Chan")) == "Siu Ming Chan"
    assert str(User.objects.create_user("mchan", role=Role.CLIENT)) == "mchan"
