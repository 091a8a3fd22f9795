"""The calls of who operates the service."""

from fastapi import APIRouter

from serving.routes.answering import LiveNow, ServedNow
from serving.routes.paths import NoQuery, documented
from serving.schemas import Health, Readiness, ReleaseAnswer


async def release(_: NoQuery, served: ServedNow, live: LiveNow) -> ReleaseAnswer:
    """Which models and data answer right now, and whether something newer was refused."""
    return served.release_answer(live.rulebook.name if live.rulebook else None, live.faults)


async def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


async def ready(served: ServedNow) -> Readiness:
    """At least one verified model answers from a store that it fits."""
    return Readiness(status="degraded" if served.unfit else "ready")


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    calls.add_api_route("/v1/release", release, tags=["operations"], **documented(ReleaseAnswer, 422, 503))
    calls.add_api_route("/livez", alive, tags=["operations"], **documented(Health))
    calls.add_api_route("/readyz", ready, tags=["operations"], **documented(Readiness, 503))
