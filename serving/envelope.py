"""What every answer has: an id to quote, and a problem document instead of a stack trace."""

import traceback
import uuid

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import logs
from serving.problems import Problem, problem_response

REQUEST_ID = "x-request-id"


class Envelope:
    """Outermost layer: gives each request an id and turns any unexpected exception into a logged 500.

    The log names type and place of the exception, never its message: messages repeat what a caller sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as fault:  # noqa: BLE001 - the one place where nothing may pass
            _log(fault, request_id)
            if not started:
                problem = Problem(f"The service failed; its log has the reason under {request_id}.")
                await problem_response(problem)(scope, receive, send_with_id)


def _log(fault: Exception, request_id: str) -> None:
    frames = traceback.extract_tb(fault.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-5:]]
    logs.fault("internal-error", request_id=request_id, kind=type(fault).__name__, places=places)
