"""How a call is found and documented."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from fastapi.routing import APIRoute
from starlette.convertors import Convertor
from starlette.routing import Match
from starlette.types import Scope

from serving.problems import ProblemDocument
from serving.schemas import Request

FAULTS = {
    400: "The body cannot be read.",
    404: "Nobody, no item or no decision has this id.",
    408: "The body came too slowly.",
    409: "The key of the outcome stands for another one.",
    413: "The body is too large.",
    422: "A part of the request breaks a rule.",
    500: "The service failed; the header x-request-id names the line in its log.",
    503: "Not ready; the detail says what to run.",
}


class Nothing(Request):
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


class WholeId(APIRoute):
    """A call about a customer as a whole, `/v1/customers/{id}`.

    A slash of the id has to be percent-encoded here: `/v1/customers/1/chrun` is no customer `1/chrun`, least of
    all one to be deleted.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Nothing where the path, as it was sent, goes on after the id."""
        sent: bytes = scope.get("raw_path", b"")
        if sent.count(b"/") > self.path.count("/"):
            return Match.NONE, {}
        return super().matches(scope)


def documented(answer: type, *faults: int, links: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the documentation says of a call: its answer, and the faults besides the service's own.

    `links` are the OpenAPI links of the answer: which calls it leads to, and with which of its fields.
    """
    problems = {
        status: {"model": ProblemDocument, "description": FAULTS[status]} for status in (*faults, 500)
    }
    return {"response_model": answer, "responses": problems | ({200: {"links": links}} if links else {})}
