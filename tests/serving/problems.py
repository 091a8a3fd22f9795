"""What a fault has to look like over HTTP."""

from typing import Any

import httpx2

from serving.problems import MEDIA_TYPE


def problem(response: httpx2.Response, status: int, name: str) -> dict[str, Any]:
    """The checked problem document of an answer."""
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    assert len(response.headers["x-request-id"]) == 32
    document: dict[str, Any] = response.json()
    assert document["type"] == (f"/problems/{name}" if name else "about:blank")
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document
