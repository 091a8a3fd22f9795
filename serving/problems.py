"""Everything that can go wrong in a request, and the one place that writes it, as RFC 9457 says."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving import ledger
from serving.telemetry import logs

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20
"""Parts of a request that a problem document lists."""
MAX_WHERE = 200
"""Characters of a place in a request, where a caller may have made a name up."""
WHY = "The log of the service says why and what to run."
RELEASE_SAYS = "GET /v1/release says which models the release has, and why one of them does not answer."


class InvalidField(BaseModel):
    """One part of a request that breaks a rule; its value is not repeated."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(description="Dotted place in the request.", examples=["body.customer_ids.0"])
    message: str = Field(examples=["String should have at most 128 characters"])


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Stable name of the problem.", examples=["/problems/unknown-customer"])
    title: str = Field(examples=["Unknown customer"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What happened and what to do.")
    errors: list[InvalidField] = Field(default=[], description="The parts of the request that break a rule.")


class Problem(HTTPException):
    """A fault with an answer; `name` is the last part of its type.

    `retry_after` are the seconds to wait before the same request may have another answer, where waiting helps.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    name = "internal-error"
    retry_after: int | None = None

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        waiting = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        super().__init__(self.status, detail, {**(headers or {}), **waiting})
        self.errors: Sequence[InvalidField] = ()


class UnknownCustomer(Problem):
    """Nobody here has this id; the same words for every id, so that answers tell nothing about anybody."""

    status = HTTPStatus.NOT_FOUND
    name = "unknown-customer"

    def __init__(self) -> None:
        super().__init__("No customer with this id is in the published store.")


class UnknownItem(Problem):
    """The bundle model does not know this item; the same words for every id."""

    status = HTTPStatus.NOT_FOUND
    name = "unknown-item"

    def __init__(self) -> None:
        super().__init__("No item with this id is in the bundle model.")


class UnknownDecision(Problem):
    """Nobody made this decision, or its customer was erased; the same words for every id."""

    status = HTTPStatus.NOT_FOUND
    name = "unknown-decision"


class OutcomeConflict(Problem):
    """The key of an outcome already stands for another one."""

    status = HTTPStatus.CONFLICT
    name = "outcome-conflict"


class NotGiven(Problem):
    """The decision did not give the offer that an outcome speaks of."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    name = "not-given"


class Unauthorized(Problem):
    """No valid key; the same words for every reason, so that answers tell nothing about any key."""

    status = HTTPStatus.UNAUTHORIZED
    name = "unauthorized"

    def __init__(self) -> None:
        super().__init__(
            "This call needs a valid key: Authorization: Bearer KEY.", {"WWW-Authenticate": "Bearer"}
        )


class Forbidden(Problem):
    """The key is valid, but allows other calls only."""

    status = HTTPStatus.FORBIDDEN
    name = "forbidden"

    def __init__(self, scope: str) -> None:
        super().__init__(f'This call needs a key with the scope "{scope}".')


class TooManyRequests(Problem):
    """The key calls too often, too many calls are being answered, or too much is being sent."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    name = "too-many-requests"
    retry_after = 1

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} Try again after the seconds of Retry-After.")


class NotReady(Problem):
    """The service has nothing to answer with; the detail says what is missing.

    Files, hosts and commands are for who runs the service: the log has them, and the answer of `/v1/release`.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE
    name = "not-ready"
    retry_after = 5


class BodyTooLarge(Problem):
    """More bytes than any legal request has."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    name = "body-too-large"


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    name = "body-too-slow"


class HeadTooLarge(Problem):
    """More bytes of request line and headers than any legal request has."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    name = "head-too-large"


class HeadTooSlow(Problem):
    """Request line and headers did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    name = "head-too-slow"


class MalformedRequest(Problem):
    """No HTTP."""

    status = HTTPStatus.BAD_REQUEST
    name = "malformed-request"


class TooManyConnections(Problem):
    """Every connection is in use."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    name = "too-many-connections"
    retry_after = 1


class InvalidRequest(Problem):
    """Parts of the request break a rule of the interface."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    name = "invalid-request"

    def __init__(self, errors: Sequence[InvalidField]) -> None:
        more = len(errors) - MAX_ERRORS
        listed = "each is" if more <= 0 else f"the first {MAX_ERRORS} are, {more} more are not,"
        super().__init__(f"Parts of the request break a rule; {listed} listed in errors.")
        self.errors = errors[:MAX_ERRORS]

    @classmethod
    def of(cls, where: str, message: str) -> Self:
        """A single part that breaks a rule which only the service knows."""
        return cls([InvalidField(where=where, message=message)])


class HttpProblem(Problem):
    """A fault of HTTP itself, found by the framework: no such path, no such method, no JSON."""

    name = ""

    def __init__(self, fault: HTTPException) -> None:
        super().__init__(f"{fault.detail}.", fault.headers)
        self.status_code = fault.status_code


OF_LEDGER: Mapping[type[ledger.OutcomeError], type[Problem]] = {
    ledger.UnknownDecision: UnknownDecision,
    ledger.KeyTaken: OutcomeConflict,
    ledger.NotGiven: NotGiven,
}
"""The problem that each refusal of the ledger is."""


async def answer_problem(request: Request, fault: Exception) -> Response:
    """The only handler: every expected fault becomes a problem document."""
    problem = _problem(fault)
    if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        problem.headers = _methods(request) or problem.headers
    return problem_response(problem)


def problem_response(problem: Problem) -> Response:
    """The problem document of a fault, with its headers."""
    document = ProblemDocument(
        type=f"/problems/{problem.name}" if problem.name else "about:blank",
        title=problem.name.replace("-", " ").capitalize() or HTTPStatus(problem.status_code).phrase,
        status=problem.status_code,
        detail=problem.detail,
        errors=list(problem.errors),
    )
    content = document.model_dump_json(exclude_defaults=True)
    return Response(content, problem.status_code, problem.headers, MEDIA_TYPE)


def _methods(request: Request) -> Mapping[str, str] | None:
    """All methods of the path, where the framework names those of the first call that it finds there."""
    template = getattr(request.scope.get("route"), "path_format", "")
    calls = request.app.openapi()["paths"].get(template)
    return calls and {"Allow": ", ".join(sorted(method.upper() for method in calls))}


def _problem(fault: Exception) -> Problem:
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, RequestValidationError):
        return InvalidRequest([_invalid_field(error) for error in fault.errors()])
    if isinstance(fault, HTTPException):
        return HttpProblem(fault)
    if isinstance(fault, ledger.OutcomeError):
        return OF_LEDGER[type(fault)](str(fault))
    logs.fault("request-failed", reason=str(fault))
    return NotReady(f"What this call needs cannot be read or written. {WHY}")


def _invalid_field(error: Mapping[str, Any]) -> InvalidField:
    where = ".".join(str(part) for part in error["loc"])
    return InvalidField(where=where[:MAX_WHERE], message=error["msg"])
