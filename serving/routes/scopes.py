"""Who may make a call: the scope that its key must have, documented and held from one place."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Scope as AsgiScope

from serving.head import is_call
from serving.keys.key import Scope
from serving.problems import Forbidden, InvalidRequest
from serving.routes.incoming import Incoming
from serving.telemetry import metrics

KEY = "key"
SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of `python -m serving keys create`. Each call names the scope that the key must have.",
}


class Call(APIRoute):
    """A call, which gets its request as an `Incoming` one, and only with a key of the scope that it needs.

    No other key gets past, and no body is read. Nor does a path that is no text: decoded with replacements, the
    ids of several customers would be one. Raises `ValueError` when a call under `/v1/` names no scope: every
    key could make it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle, needed = super().get_route_handler(), _needed(self.openapi_extra)
        if needed is None and is_call(self.path):
            raise ValueError(
                f"{self.path} names no scope: say who may call it with documented(..., needs=...)"
            )

        async def allowed(request: Request) -> Response:
            incoming = Incoming(request.scope, request.receive)
            if needed is not None and needed not in incoming.key.scopes:
                metrics.refused("scope")
                raise Forbidden(needed)
            _require_text(request.scope)
            return await handle(incoming)

        return allowed


def security(needs: Scope) -> dict[str, Any]:
    """What the documentation of a call says of the scope that it needs; `Call` holds it."""
    return {"security": [{KEY: [needs]}]}


def _require_text(scope: AsgiScope) -> None:
    sent: bytes = scope.get("raw_path", b"")
    if b"%" not in sent:
        return
    try:
        unquote_to_bytes(sent).decode()
    except UnicodeDecodeError as fault:
        raise InvalidRequest.of("path", "Percent-encode ids in UTF-8") from fault


def _needed(documented: Mapping[str, Any] | None) -> Scope | None:
    if documented is None:
        return None
    scope: Scope = documented["security"][0][KEY][0]
    return scope
