"""Errors as problem documents (RFC 9457): what went wrong in words, and what a program tests."""

from http import HTTPStatus

from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
KINDS = {
    exceptions.ValidationError: "invalid",
    exceptions.ParseError: "unreadable",
    exceptions.NotAuthenticated: "not-signed-in",
    exceptions.AuthenticationFailed: "not-signed-in",
    exceptions.PermissionDenied: "not-permitted",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.Throttled: "too-many-requests",
}


class Problem(exceptions.APIException):
    """
    A refusal of ours. `kind` names it for programs and never changes; `detail` is for people.

    `members` are further members of the document, as the limit that binds.
    """

    def __init__(self, status: HTTPStatus, kind: str, detail: str, **members):
        super().__init__(detail)
        self.status_code = status
        self.kind = kind
        self.members = members


class FieldProblemSerializer(serializers.Serializer):
    field = serializers.CharField()
    detail = serializers.CharField()


class BoundSerializer(serializers.Serializer):
    """What may be drawn at most, HKD, and the limit that stops there."""

    amount = serializers.CharField()
    limit = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A problem document, for the schema."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = FieldProblemSerializer(many=True, required=False)
    drawing_power = BoundSerializer(required=False)


def answers(*statuses: int) -> dict:
    """The problem documents an operation may answer with, for the schema."""
    return {(status, MEDIA_TYPE): ProblemSerializer for status in statuses}


def answer(error: Exception, context: dict) -> Response | None:
    """`error` as a problem document; None for what is no answer but a fault of ours."""
    response = exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    members = getattr(error, "members", {})
    if isinstance(error, exceptions.ValidationError):
        errors = list(_by_field(error.detail))
        detail = " ".join(dict.fromkeys(each["detail"] for each in errors))
        members = {"errors": errors}
    elif isinstance(error, Http404 | exceptions.NotFound):
        detail = "There is nothing here, or it is not yours."
    else:
        detail = str(getattr(error, "detail", status.phrase))
    response.data = {
        "type": f"urn:harbour:problem:{_kind_of(error)}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": context["request"].path,
        **members,
    }
    response.content_type = MEDIA_TYPE
    return response


def _kind_of(error: Exception) -> str:
    if isinstance(error, Problem):
        return error.kind
    for kind, name in KINDS.items():
        if isinstance(error, kind):
            return name
    return "not-found" if isinstance(error, Http404) else "not-permitted"


def _by_field(detail, field: str = ""):
    """Each message with the field it is about; "" where it is about the whole."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            yield from _by_field(inner, field if whole else f"{field}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _by_field(inner, field)
    else:
        yield {"field": field, "detail": str(detail)}
