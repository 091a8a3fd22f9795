"""The document of the interface: complete, consistent, strict on the way in and lean on the way out."""

import keyword
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema_rs import validator_for
from starlette.testclient import TestClient

from tests.serving.interface.asking import calls

ROOT = Path(__file__).parents[3]
Node = dict[str, Any]


@pytest.fixture
def document(caller: TestClient) -> Node:
    found: Node = caller.get("/openapi.json").json()
    return found


def nodes(part: object) -> Iterator[Node]:
    """Every object within a part of a document."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from nodes(inner)


def resolved(document: Node, reference: str) -> Node:
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_it_is_an_openapi_document_of_this_version(document: Node) -> None:
    schemathesis.openapi.from_dict(document).validate()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert document["info"]["version"] == project["version"]
    assert document["openapi"].startswith("3.1.")


def test_every_call_has_a_name_that_a_client_can_have(document: Node) -> None:
    names = [call["operationId"] for call in calls(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)


def test_every_call_says_what_it_is_for(document: Node) -> None:
    order = {tag["name"] for tag in document["tags"]}
    for call in calls(document):
        assert call["summary"]
        assert call["description"]
        assert set(call["tags"]) <= order
    assert order == {tag for call in calls(document) for tag in call["tags"]}


def test_nothing_refers_to_what_is_not_there(document: Node) -> None:
    references = [node["$ref"] for node in nodes(document) if "$ref" in node]
    assert references
    assert all(resolved(document, reference) for reference in references)
    links = [link for node in nodes(document) for link in node.get("links", {}).values()]
    assert {link["operationId"] for link in links} <= {call["operationId"] for call in calls(document)}


def test_nothing_is_described_that_no_call_uses(document: Node) -> None:
    used = {node["$ref"].rsplit("/", 1)[1] for node in nodes(document) if "$ref" in node}
    assert set(document["components"]["schemas"]) == used


def test_requests_and_answers_hold_listed_fields_only(document: Node) -> None:
    """A map, whose keys are data, says at least what its values are."""
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name
    for node in nodes(document):
        more = node.get("additionalProperties", False)
        assert more is False or (more.get("type") in {"integer", "string"} and "properties" not in node)


def test_every_example_is_one(document: Node) -> None:
    examples = [
        (node, example)
        for node in nodes(document)
        for example in node.get("examples", [])
        if "in" not in node
    ]
    assert len(examples) > 20
    for node, example in examples:
        schema = {key: value for key, value in node.items() if key != "$ref"} | {
            "components": document["components"]
        }
        assert validator_for(schema).is_valid(example), (node, example)


def test_every_call_but_those_of_operations_needs_a_key(document: Node) -> None:
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    free = {
        path
        for path, methods in document["paths"].items()
        for call in methods.values()
        if "security" not in call
    }
    assert free == {"/livez", "/readyz", "/metrics"}


def test_a_query_that_a_call_does_not_know_is_refused(caller: TestClient, document: Node) -> None:
    for path, methods in document["paths"].items():
        for method in methods:
            address = re.sub("{.*?}", "1", path)
            response = caller.request(method, f"{address}?features=all")
            if path.startswith("/v1/"):
                assert response.status_code == 422
                assert "query.features" in [error["where"] for error in response.json()["errors"]]
            else:
                assert response.status_code == 200  # a probe is asked as its tool likes
