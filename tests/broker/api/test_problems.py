"""Every error of the API is a problem document, whatever its cause."""

import pytest

from tests.factories import client_user

pytestmark = pytest.mark.django_db

MEDIA_TYPE = "application/problem+json"


@pytest.fixture
def signed_in(client, account):
    client.force_login(client_user(account))
    return client


def test_it_says_type_title_status_detail_and_where(signed_in):
    response = signed_in.get("/api/v1/accounts/MA999999/")

    assert response.headers["Content-Type"] == MEDIA_TYPE
    assert response.json() == {
        "type": "urn:harbour:problem:not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here, or it is not yours.",
        "instance": "/api/v1/accounts/MA999999/",
    }


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status", "kind"),
    [
        ("get", "/api/v1/nowhere/", "application/json", 404, "not-found"),
        ("get", "/api/v1/accounts/x/y/z/", "application/json", 404, "not-found"),
        ("delete", "/api/v1/accounts/", "application/json", 405, "method-not-allowed"),
        ("post", "/api/v1/accounts/", "application/json", 405, "method-not-allowed"),
        ("put", "{account}repayments/", "application/json", 405, "method-not-allowed"),
        ("post", "{account}repayments/", "application/xml", 415, "unsupported-media-type"),
        ("post", "{account}draws/", "application/json", 400, "unreadable"),
    ],
)
def test_each_kind_has_a_name(signed_in, account, method, path, content_type, status, kind):
    path = path.format(account=f"/api/v1/accounts/{account.number}/")
    call = getattr(signed_in, method)
    more = {"headers": {"Idempotency-Key": "k"}}
    if method != "get":
        more |= {"data": "{", "content_type": content_type}
    response = call(path, **more)

    assert response.status_code == response.json()["status"] == status
    assert response.headers["Content-Type"] == MEDIA_TYPE
    assert response.json()["type"] == f"urn:harbour:problem:{kind}"


def test_an_answer_in_another_format_is_not_had(signed_in):
    response = signed_in.get("/api/v1/accounts/", headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert response.headers["Content-Type"] == MEDIA_TYPE


def test_an_address_without_its_slash_leads_to_it(signed_in):
    response = signed_in.get("/api/v1/accounts")

    assert (response.status_code, response.headers["Location"]) == (301, "/api/v1/accounts/")
