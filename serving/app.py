"""Joins the ready parts of the service into one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from features.errors import InputError
from serving.admission.admission import Admission
from serving.admission.body import BodyLimit
from serving.admission.rates import Rates
from serving.envelope import Envelope
from serving.keys.keyring import Keyring
from serving.ledger import OutcomeError
from serving.live.live import Live
from serving.live.watch import Watch
from serving.next_best_offer.desk import Desk
from serving.problems import MEDIA_TYPE, answer_problem
from serving.routes import add_calls
from serving.routes.scopes import KEY, SECURITY_SCHEME
from serving.runtime import Clock, Runtime, now
from serving.settings import BUDGET_MS, MOST_IN_FLIGHT
from serving.telemetry.tracing import Sender
from serving.vitals import Vitals

DESCRIPTION = """
Who is about to leave, what they would buy, what goes with a basket, and the one offer to make: how surely, for how
much money, and why.

Faults are RFC 9457 problem documents. Every answer carries an `x-request-id` to quote; every score names
the model version that gave it and `as_of`, the moment of knowledge.
"""

ORDER = ("next best offer", "churn", "cross-sell", "bundles", "customers", "operations")
"""Of the calls in the documentation, by their tag."""

FAULTS = (HTTPException, RequestValidationError, InputError, OutcomeError)
"""What a request may end in besides an answer."""


def create_app(  # noqa: PLR0913 - the parts of a service, all but two with a default
    live: Live,
    watch: Watch | None = None,
    *,
    keyring: Keyring,
    rates: Rates | None = None,
    most_in_flight: int = MOST_IN_FLIGHT,
    ready_when_stale: bool = True,
    clock: Clock = now,
    budget_seconds: float = BUDGET_MS / 1000,
    traces: Sender | None = None,
) -> FastAPI:
    """The service over what `live` holds; `watch` runs beside it for as long as the service does.

    Without one nothing newer is picked up, and nobody can be erased. `keyring` knows who may call; `rates` is what
    all workers share of how often each does. `clock` says when (UTC) a decision is made, `budget_seconds` how long
    a next best offer may take. `traces` is told of every call, and closed at the end.
    """
    runtime = Runtime(clock, ready_when_stale=ready_when_stale)
    vitals = Vitals(live, runtime)
    admission = Middleware(
        Admission,
        keyring=keyring,
        rates=rates or Rates(),
        most_in_flight=most_in_flight,
        runtime=runtime,
    )
    app = FastAPIOffline(
        redoc_url=None,
        title="Next best offer",
        summary="The next best offer, and the churn, items and bundles behind it, explained.",
        description=DESCRIPTION,
        version=version("next-best-offer"),
        openapi_tags=[{"name": tag} for tag in ORDER],
        generate_unique_id_function=lambda call: call.name,  # generated clients call theirs like it
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # a path holds a customer's id
        middleware=[Middleware(Envelope, traces), admission, Middleware(BodyLimit)],
        exception_handlers=dict.fromkeys(FAULTS, answer_problem),
        lifespan=_lifespan(watch, runtime, vitals, traces),
    )
    app.state.live = live
    app.state.watch = watch
    app.state.runtime = runtime
    app.state.vitals = vitals
    app.state.desk = Desk(live, runtime, budget_seconds)
    _add_first(app)
    _document(app.openapi())
    return app


def _add_first(app: FastAPI) -> None:
    """Add the calls before the documentation's pages: a request looks through all that come before its own."""
    pages = app.router.routes[:]
    app.router.routes.clear()
    add_calls(app.router)
    app.router.routes.extend(pages)


def _lifespan(
    watch: Watch | None, runtime: Runtime, vitals: Vitals, traces: Sender | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        followers = [vitals.forever()] if watch is None else [vitals.forever(), watch.forever()]
        tasks = [asyncio.create_task(one) for one in followers]
        yield
        runtime.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if watch is not None:
            watch.close()
        if traces is not None:
            await asyncio.to_thread(traces.close)

    return lifespan


def _document(openapi: dict[str, Any]) -> None:
    """Add the keys, and what FastAPI documents under the media type of the good answer although ours differ."""
    openapi["components"]["securitySchemes"] = {KEY: SECURITY_SCHEME}
    for path in openapi["paths"].values():
        for call in path.values():
            for status, answer in call["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    (document,) = answer["content"].values()
                    answer["content"] = {MEDIA_TYPE: document}
