"""Noon, and who sits at the desk."""

import pytest

from onboarding.users import Role
from tests.factories import NOON, staff


@pytest.fixture
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def risk_officer(client):
    user = staff(Role.RISK_OFFICER)
    client.force_login(user)
    return user


@pytest.fixture
def manager(client):
    user = staff(Role.RM)
    client.force_login(user)
    return user
