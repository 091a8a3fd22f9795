"""Joins the ready parts of the service into one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from features.errors import InputError
from serving.envelope import Envelope
from serving.ledger import OutcomeError
from serving.limits import BodyLimit
from serving.live import Live
from serving.next_best_offer.desk import BUDGET_SECONDS, Clock, Desk, now
from serving.problems import MEDIA_TYPE, answer_problem
from serving.routes import router

DESCRIPTION = """
Who is about to leave, what they would buy, what goes with a basket, and the one offer to make: how surely, for how
much money, and why.

Faults are RFC 9457 problem documents. Every answer carries an `x-request-id` to quote; every score names
the model version that gave it and `as_of`, the moment of knowledge.
"""

FAULTS = (HTTPException, RequestValidationError, InputError, OutcomeError)
"""What a request may end in besides an answer."""

Background = Callable[[], Coroutine[Any, Any, None]]


def create_app(
    live: Live,
    background: Background | None = None,
    *,
    clock: Clock = now,
    budget_seconds: float = BUDGET_SECONDS,
) -> FastAPI:
    """The service over what `live` holds; `background` runs beside it for as long as the service does.

    `clock` says when (UTC) a decision is made, `budget_seconds` how long a next best offer may take.
    """
    desk = Desk(live, clock, budget_seconds)
    app = FastAPIOffline(
        redoc_url=None,
        title="Next best offer",
        summary="The next best offer, and the churn, items and bundles behind it, explained.",
        description=DESCRIPTION,
        version="1",
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # a path holds a customer's id
        middleware=[Middleware(Envelope), Middleware(BodyLimit)],
        exception_handlers=dict.fromkeys(FAULTS, answer_problem),
        lifespan=_lifespan(background, desk),
    )
    app.state.live = live
    app.state.desk = desk
    app.include_router(router())
    _document_problems(app.openapi())
    return app


def _lifespan(
    background: Background | None, desk: Desk
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = None if background is None else asyncio.create_task(background())
        yield
        desk.close()
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan


def _document_problems(openapi: dict[str, Any]) -> None:
    """FastAPI documents every answer under the media type of the good one; ours differ."""
    for path in openapi["paths"].values():
        for call in path.values():
            for status, answer in call["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
