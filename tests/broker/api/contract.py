"""A caller that holds every answer of the API to the API's own schema."""

import json
from dataclasses import dataclass
from functools import cache

from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

BASE = "/api/v1"


@cache
def schema() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict
    json: dict


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls below /api/v1; an answer that the schema does not promise fails the test."""

    client: Client

    def get(self, path: str, **query) -> Answer:
        return self._answer("get", path, self.client.get(BASE + path, query))

    def post(self, path: str, body, *, key: str | None = None) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        text = body if isinstance(body, str) else json.dumps(body)
        response = self.client.post(
            BASE + path, text, content_type="application/json", headers=headers
        )
        return self._answer("post", path, response)

    def _answer(self, method: str, path: str, response) -> Answer:
        assert "application/" in response.headers["Content-Type"], response.content[:500]
        promised = _promised(method, path, response.status_code)
        content = promised["content"][response.headers["Content-Type"]]["schema"]
        answer = json.loads(response.content, parse_float=_refuse)
        whole = {**_json_schema(content), "components": _json_schema(schema()["components"])}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(answer)
        return Answer(response.status_code, response.headers, answer)


def _promised(method: str, path: str, status: int) -> dict:
    names = resolve(f"{BASE}{path}").kwargs
    for name, value in names.items():
        path = path.replace(f"/{value}/", f"/{{{name}}}/")
    operation = schema()["paths"][BASE + path][method]
    assert str(status) in operation["responses"], f"{method} {path} never promised a {status}"
    return operation["responses"][str(status)]


def _refuse(number: str):
    raise AssertionError(f"{number} is a floating point number")


def _json_schema(node):
    """OpenAPI 3.0's `nullable` as JSON schema says it, all the way down."""
    if isinstance(node, list):
        return [_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _json_schema(each) for name, each in node.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain
