"""The calls of the service: parse, ask, format. All behaviour lives in the models' packages and `serving.live`."""

from fastapi import APIRouter
from starlette.convertors import register_url_convertor

from serving.routes import customers, decisions, models, operations, privacy
from serving.routes.paths import AnyText, Call


def router() -> APIRouter:
    """All calls with their documented answers."""
    register_url_convertor("any", AnyText())
    calls = APIRouter(route_class=Call)
    for part in (decisions, models, operations, privacy, customers):
        part.add_to(calls)
    return calls
