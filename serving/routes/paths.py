"""How a call is found and documented."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from starlette.convertors import Convertor
from starlette.routing import Match
from starlette.types import Scope as AsgiScope

from serving import schemas
from serving.keys.key import Scope
from serving.problems import ProblemDocument
from serving.routes.scopes import Call, security

FAULTS = {
    400: "The body cannot be read.",
    401: "No valid key.",
    403: "The key does not allow this call.",
    404: "Nobody, no item or no decision has this id.",
    408: "The body came too slowly.",
    409: "The key of the outcome stands for another one.",
    413: "The body is too large.",
    422: "A part of the request breaks a rule.",
    429: "Too many calls, of this key or of all; the header Retry-After says for how many seconds to wait.",
    500: "The service failed; the header x-request-id names the line in its log.",
    503: "Not ready; the detail says what is missing.",
}

OF_KEYS = (401, 403, 429)
"""The faults of every call that needs a key."""
OF_BODIES = (400, 408, 413, 422, 503)
"""The faults of a call that takes a body."""
HEADERS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
"""What an answer of this status carries besides its document."""


class Nothing(schemas.Request):
    """No query at all: what a call does not know is refused, lest a caller believe that it did something."""


NoQuery = Annotated[Nothing, Query()]


class AnyText(Convertor[str]):
    """The rest of a path, slashes and line breaks included: which ids are legal is for the schema to say."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """The text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """The text as it is."""
        return value


class WholeId(Call):
    """A call about a customer as a whole, `/v1/customers/{id}`.

    A slash of the id has to be percent-encoded here: `/v1/customers/1/chrun` is no customer `1/chrun`, least of
    all one to be deleted.
    """

    def matches(self, scope: AsgiScope) -> tuple[Match, AsgiScope]:
        """Nothing where the path, as it was sent, goes on after the id."""
        sent: bytes = scope.get("raw_path", b"")
        if sent.count(b"/") > self.path.count("/"):
            return Match.NONE, {}
        return super().matches(scope)


def documented(
    answer: type, *faults: int, needs: Scope | None = None, links: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the documentation says of a call: its answer, and the faults besides the service's own.

    `needs` is the scope that a key must have. `links` are the OpenAPI links of the answer: which calls it leads
    to, and with which of its fields.
    """
    every = (*faults, 500) if needs is None else (*faults, *OF_KEYS, 500)
    problems = {status: _problem(status) for status in sorted(every)}
    responses = problems | ({200: {"links": links}} if links else {})
    return {"response_model": answer, "responses": responses, "openapi_extra": needs and security(needs)}


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"model": ProblemDocument, "description": FAULTS[status]}
    if status in HEADERS:
        answer["headers"] = {HEADERS[status]: {"required": True, "schema": {"type": "string"}}}
    return answer
