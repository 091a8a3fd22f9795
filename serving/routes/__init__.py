"""The calls of the service: parse, ask, format. All behaviour lives in the parts that answer."""

from fastapi import APIRouter
from starlette.convertors import register_url_convertor

from serving.routes import customers, decisions, models, operations, privacy
from serving.routes.paths import AnyText
from serving.routes.scopes import Call


def add_calls(calls: APIRouter) -> None:
    """Take all calls with their documented answers into the router of an application.

    FastAPI looks through a router inside another one twice for each request, and through the calls in their order:
    those that take least time themselves come first.
    """
    register_url_convertor("any", AnyText())
    calls.route_class = Call
    for part in (models, decisions, operations, privacy, customers):
        part.add_to(calls)
