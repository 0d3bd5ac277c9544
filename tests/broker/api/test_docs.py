"""The API's description: complete, sound, and for whoever is signed in."""

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.factories import client_user

pytestmark = pytest.mark.django_db


def test_the_schema_is_sound_and_tells_every_address(capsys):
    schema = SchemaGenerator().get_schema(request=None, public=True)

    validate_schema(schema)
    assert sorted(schema["paths"]) == [
        "/api/v1/accounts/",
        "/api/v1/accounts/{number}/",
        "/api/v1/accounts/{number}/calls/",
        "/api/v1/accounts/{number}/draws/",
        "/api/v1/accounts/{number}/repayments/",
    ]
    # What it could not tell it says there.
    assert capsys.readouterr().err == ""


def test_money_is_text_everywhere():
    schemas = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]

    for name, schema in schemas.items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("type") != "number", f"{name}.{field}"


def test_an_act_asks_for_its_key():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]

    for act in ("draws", "repayments"):
        [key] = [
            parameter
            for parameter in paths[f"/api/v1/accounts/{{number}}/{act}/"]["post"]["parameters"]
            if parameter["in"] == "header"
        ]
        assert (key["name"], key["required"]) == ("Idempotency-Key", True)


def test_who_is_signed_in_reads_it(client):
    client.force_login(client_user())

    schema = client.get("/api/v1/schema/")
    page = client.get("/api/v1/docs/")

    assert schema.status_code == page.status_code == 200
    assert yaml.safe_load(schema.content)["info"]["title"] == "Harbour"
    assert b"swagger-ui" in page.content


def test_its_page_keeps_the_strict_policy(client):
    client.force_login(client_user())

    page = client.get("/api/v1/docs/")

    assert b"<style" not in page.content
    assert b"http" not in page.content
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_a_stranger_reads_neither(client):
    assert client.get("/api/v1/schema/").status_code == 401
    assert client.get("/api/v1/docs/").headers["Location"] == "/login/?next=/api/v1/docs/"
