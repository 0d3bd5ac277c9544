"""The application that a proposal's payload names."""

from collections.abc import Iterable

from onboarding.applications.application import Application
from onboarding.approvals import Invalid
from onboarding.payloads import text


def application_named(payload: dict) -> Application:
    """
    The application of that number.

    :raises Invalid: there is none
    """
    number = text(payload, "application", "The application")
    application = Application.objects.filter(number=number).first()
    if application is None:
        raise Invalid(f"There is no application {number[:12]}.")
    return application


def in_state(payload: dict, states: Iterable[str]) -> Application:
    """
    The application, where it stands in one of `states`.

    :raises Invalid: there is none, or it stands elsewhere
    """
    application = application_named(payload)
    if application.state not in states:
        raise Invalid(f"{application} is {application.get_state_display().lower()}.")
    return application
