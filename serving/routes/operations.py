"""The calls of who operates the service."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from serving.live.answers import release_answer
from serving.live.schemas import ReleaseAnswer
from serving.problems import NotReady
from serving.routes.incoming import Incoming
from serving.routes.paths import NoQuery, documented
from serving.schemas import Health, Readiness
from serving.telemetry import metrics


async def release(incoming: Incoming, _: NoQuery) -> ReleaseAnswer:
    """Which models and data answer right now, and whether something newer was refused."""
    live = incoming.live
    if live.served is None:
        raise NotReady(live.faults or "the service is starting")
    return release_answer(live.served, live.faults)


async def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


async def ready(incoming: Incoming) -> Readiness:
    """At least one verified model answers from a store that it fits, and the service is not about to stop.

    Data that is older than allowed is ready as well, unless SERVING_READY_WHEN_STALE says no.
    """
    vitals, served = incoming.vitals, incoming.live.served
    if vitals.not_ready is not None:
        raise NotReady(vitals.not_ready)
    return Readiness(status="ready" if served is not None and served.whole else "degraded")


async def metrics_of_service(incoming: Incoming) -> Response:
    """What is counted and measured, of all workers, in the text format of Prometheus."""
    incoming.vitals.show()
    return Response(metrics.exposition(), media_type=metrics.MEDIA_TYPE)


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    released = documented(ReleaseAnswer, 422, 503, needs="read")
    calls.add_api_route("/v1/release", release, tags=["operations"], **released)
    calls.add_api_route("/livez", alive, tags=["operations"], **documented(Health))
    calls.add_api_route("/readyz", ready, tags=["operations"], **documented(Readiness, 503))
    calls.add_api_route(
        "/metrics",
        metrics_of_service,
        tags=["operations"],
        response_class=PlainTextResponse,
        **documented(str),
    )
