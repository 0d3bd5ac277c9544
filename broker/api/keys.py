"""The Idempotency-Key: a client's own name for a request, so that sending it twice acts once."""

from hashlib import sha256
from http import HTTPStatus

from drf_spectacular.utils import OpenApiParameter

from broker.api.problems import Problem
from lending.margin.account import MarginAccount

HEADER = "Idempotency-Key"
LONGEST = 200
# With the "B-" of a purchase it is as long as a client order id may be, and no two keys share one.
HEX_DIGITS = 36

PARAMETER = OpenApiParameter(
    name=HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    description=(
        "Your own name for this request, at most 200 characters. Sent again with the same content"
        " it answers as before and does nothing; with other content it is refused."
    ),
)
REPLAYED = "Idempotent-Replayed"


def key_of(request, account: MarginAccount) -> str:
    """
    The key under which the books know this request: the caller's own, within the account.

    Nobody meets another account's keys, and its length does not depend on the caller's.

    :raises Problem: the header is missing, empty or too long
    """
    given = request.headers.get(HEADER, "").strip()
    if not given or len(given) > LONGEST:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "idempotency-key-missing" if not given else "idempotency-key-too-long",
            f"Send {HEADER}: a name of your own for this request, at most {LONGEST} characters.",
        )
    return "a" + sha256(f"{account.pk}:{given}".encode()).hexdigest()[:HEX_DIGITS]


def reused() -> Problem:
    """A key that stands for another request."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "This key was used for another request. Nothing was done.",
    )
