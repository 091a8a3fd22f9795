"""No call without a scope."""

import pytest
from fastapi import APIRouter

from serving.routes.paths import documented
from serving.routes.scopes import Call
from serving.schemas import Health


async def open_to_all() -> Health:
    return Health(status="alive")


def test_a_call_that_every_key_could_make_is_refused_when_it_is_added() -> None:
    calls = APIRouter(route_class=Call)
    with pytest.raises(ValueError, match=r"/v1/secrets names no scope: .* needs="):
        calls.add_api_route("/v1/secrets", open_to_all, **documented(Health))
    assert calls.routes == []
    calls.add_api_route("/livez", open_to_all, **documented(Health))
    calls.add_api_route("/v1/secrets", open_to_all, **documented(Health, needs="admin"))
    assert len(calls.routes) == 2
