"""Acknowledge: one button, while the call is new; its clock runs on."""

import pytest
from django.test import Client
from django.urls import reverse

from lending.margin.call import CallState, MarginCall
from tests.broker.portal.conftest import home_of, text_of
from tests.factories import NOON, client_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def button(called) -> str:
    return reverse("portal:acknowledge", args=[called.number, called.calls.get().pk])


def test_the_client_says_that_the_call_was_read(client, called, borrower, button):
    user = borrower(called)
    due = called.calls.get().cure_due_at
    assert "I have read this call" in text_of(client.get(home_of(called)))

    response = client.post(button, follow=True)

    call = MarginCall.objects.get()
    assert (call.state, call.cure_due_at) == (CallState.ACKNOWLEDGED, due)
    step = call.moves.get()
    assert (step.step, step.mover, step.moved_at) == ("acknowledge", user, NOON)
    shown = text_of(response)
    assert f"You acknowledged {call.number}. Its deadline stands." in shown
    assert "I have read this call" not in shown
    assert "You acknowledged the margin call" in shown


def test_said_twice_is_said_once(client, called, borrower, button):
    borrower(called)
    client.post(button)

    response = client.post(button, follow=True)

    assert "had moved on already; nothing was changed." in text_of(response)
    assert MarginCall.objects.get().moves.count() == 1


def test_a_forged_post_does_nothing(called, button):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(client_user(called))

    refused = strict.post(button)

    assert refused.status_code == 403
    assert "This form has grown old" in text_of(refused)
    assert MarginCall.objects.get().state == CallState.ISSUED
