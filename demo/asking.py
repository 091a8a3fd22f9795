"""Questions to the running service, over HTTP as any caller asks."""

import json
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection

from features.errors import InputError
from serving.release import ModelName
from serving.schemas import ReleaseAnswer

HOST = "127.0.0.1"


def ask(port: int, path: str, body: object = None) -> bytes:
    """GET, or POST a body as JSON. Raises `InputError` with the detail of a problem document."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        content = None if body is None else json.dumps(body)
        connection.request("POST" if content else "GET", path, content, {"content-type": "application/json"})
        answer = connection.getresponse()
        found = answer.read()
    if answer.status != HTTPStatus.OK:
        raise InputError(f"the service answers {path} with {answer.status}: {json.loads(found)['detail']}")
    return found


def why_silent(port: int, name: ModelName) -> str | None:
    """Why no model of this name answers; None when one does."""
    release = ReleaseAnswer.model_validate_json(ask(port, "/v1/release"))
    if any(model.name == name and model.answers for model in release.models):
        return None
    return release.fault or f"no {name.replace('_', '-')} model has passed the gate, which lists what failed"
