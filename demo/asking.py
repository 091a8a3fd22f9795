"""Questions to the running service, over HTTP as any caller asks."""

import json
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection

from features.errors import InputError
from serving.live.schemas import ReleaseAnswer
from serving.release import ModelName

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """Where the service answers, and the key to ask it with."""

    port: int
    key: str = field(repr=False)


def ask(service: Service, path: str, body: object = None) -> bytes:
    """GET, or POST a body as JSON. Raises `InputError` with the detail of a problem document."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {service.key}"}
    with closing(HTTPConnection(HOST, service.port, timeout=30)) as connection:
        content = None if body is None else json.dumps(body)
        connection.request("POST" if content else "GET", path, content, headers)
        answer = connection.getresponse()
        found = answer.read()
    if answer.status != HTTPStatus.OK:
        raise InputError(f"the service answers {path} with {answer.status}: {json.loads(found)['detail']}")
    return found


def why_silent(service: Service, name: ModelName) -> str | None:
    """Why no model of this name answers; None when one does."""
    release = ReleaseAnswer.model_validate_json(ask(service, "/v1/release"))
    if any(model.name == name and model.answers for model in release.models):
        return None
    return release.fault or f"no {name.replace('_', '-')} model has passed the gate, which lists what failed"
