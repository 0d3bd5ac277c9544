"""Who may run what in a browser."""

import pytest

pytestmark = pytest.mark.django_db


def policy(response) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split(";")
    return dict(directive.strip().split(" ", 1) for directive in directives)


def test_a_clients_page_runs_our_own_files_alone(client):
    strict = policy(client.get("/nowhere/"))

    assert strict["default-src"] == "'self'"
    assert strict["script-src"] == "'self'"
    assert strict["style-src"] == "'self'"
    assert strict["frame-ancestors"] == "'none'"


def test_the_staff_site_may_run_what_its_library_builds(client):
    loose = policy(client.get("/staff/login/"))

    assert "'unsafe-eval'" in loose["script-src"]
    assert loose["default-src"] == "'self'"
    assert loose["frame-ancestors"] == "'none'"
