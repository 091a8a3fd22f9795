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
from serving.limits import BodyLimit
from serving.live import Live
from serving.problems import MEDIA_TYPE, answer_problem
from serving.routes import router

DESCRIPTION = """
Who is about to leave, what to offer whom, what to add to a basket: how surely, and why.

Faults are RFC 9457 problem documents. Every answer carries an `x-request-id` to quote; every score names
the model version that gave it and `as_of`, the moment of knowledge.
"""

Background = Callable[[], Coroutine[Any, Any, None]]


def create_app(live: Live, background: Background | None = None) -> FastAPI:
    """The service over what `live` holds; `background` runs beside it for as long as the service does."""
    app = FastAPIOffline(
        redoc_url=None,
        title="Next best offer",
        summary="Churn, offers and bundles, explained.",
        description=DESCRIPTION,
        version="1",
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # a path holds a customer's id
        middleware=[Middleware(Envelope), Middleware(BodyLimit)],
        exception_handlers=dict.fromkeys((HTTPException, RequestValidationError, InputError), answer_problem),
        lifespan=_lifespan(background),
    )
    app.state.live = live
    app.include_router(router())
    _document_problems(app.openapi())
    return app


def _lifespan(background: Background | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if background is None:
            yield
            return
        task = asyncio.create_task(background())
        yield
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
