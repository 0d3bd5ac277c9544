"""From the first page to the open account, for every kind of applicant."""

import pytest
from django.db import connection

from onboarding.applications.application import Application, State
from tests.factories import house
from tests.factories.applications import opened

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["corporate", "institution", "joint", "person", "trust"])
def test_every_kind_of_applicant_becomes_a_client_with_an_account(kind):
    house()
    application = opened(kind)
    assert application.state == State.OPENED
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Application.objects.get().client.kind == kind
