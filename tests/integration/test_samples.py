"""What the documentation tells callers to send works, each sample as it stands there."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, Self
from urllib.error import HTTPError

import httpx2
import pytest

from tests.integration.curl import ask
from tests.integration.samples import (
    KEY,
    Sent,
    blocks,
    sample,
    sent_by_braze,
    sent_by_iterable,
    shown_by_braze,
    shown_by_iterable,
)
from tests.serving.callers import TEXT
from tests.serving.places import publish_full, settings_in
from tests.serving.rules import CATALOGUE
from tests.serving.running import ROOT, Process

DEFAULT = "See what is new this week."
NAMES = {offer["name"] for offer in tomllib.loads(CATALOGUE)["offer"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service that decides."""
    folder = tmp_path_factory.mktemp("samples")
    publish_full(settings_in(folder))
    with Process(folder) as process:
        yield process


def run(command: Sequence[str | Path], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def environment(running: Process, key: str = TEXT, path: str = os.environ["PATH"]) -> dict[str, str]:
    return {
        "NBO_URL": running.address,
        "NBO_KEY": key,
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "no_proxy": "*",
    }


@pytest.fixture(scope="module", params=["curl", "a stand-in for it"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where shells find curl: the real one, or, on a machine without it as well, one that sends the same."""
    found = os.environ["PATH"]
    if request.param == "curl" and shutil.which("curl"):
        return found
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "curl"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.integration.curl "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{found}"


def shell(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(["sh", "-euc", command], environment)


def told(text: str) -> Iterator[Any]:
    """The JSON documents that were written one behind the other."""
    while text := text.lstrip():
        found, end = json.JSONDecoder().raw_decode(text)
        yield found
        text = text[end:]


def test_curl_asks_reports_and_consents(running: Process, path: str) -> None:
    (script,) = blocks("sh")
    done = shell(script, environment(running, path=path))
    assert (done.returncode, done.stderr) == (0, "")
    answer, outcome, consents = told(done.stdout)
    assert answer["answer"] == "offer"
    assert outcome.keys() == {"recorded"}
    assert [(said["channel"], said["granted"]) for said in consents["consents"]] == [("email", False)]
    trace = running.client.get(f"/v1/decisions/{answer['decision_id']}").json()
    assert [one["kind"] for one in trace["outcomes"]] == ["impression"]


def test_curl_ends_with_the_problem_when_it_is_refused(running: Process, path: str) -> None:
    (script,) = blocks("sh")
    asked = script.partition("\n\n")[0] + '\nnbo "$NBO_URL/v1/release"'
    done = shell(asked, environment(running, f"{TEXT[:-1]}x", path))
    assert done.returncode == 22
    (problem,) = told(done.stdout)
    assert problem["type"] == "/problems/unauthorized"


def test_python_asks_reports_and_consents(running: Process, tmp_path: Path) -> None:
    program = tmp_path / "sample.py"
    program.write_text(sample("python"))
    done = run([sys.executable, "-W", "error", program], environment(running))
    assert (done.returncode, done.stderr) == (0, "")
    first, consents = done.stdout.splitlines()
    assert first in {f"['{name}']" for name in NAMES}
    assert "'channel': 'email', 'purpose': 'marketing', 'granted': False" in consents


class Scripted(ThreadingHTTPServer):
    """Answers with one status after the other, and to come back at once."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        super().__init__(("127.0.0.1", 0), _Handler)

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.server.statuses.pop(0))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(b'{"answer": "offer"}')

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Python sample as a module."""
    program = tmp_path / "sample.py"
    program.write_text(sample("python"))
    spec = importlib.util.spec_from_file_location("sample", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("NBO_KEY", KEY)
    monkeypatch.setenv("no_proxy", "*")
    return module


def test_python_comes_back_when_it_is_told_to(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(429, 503, 200) as server:
        monkeypatch.setenv("NBO_URL", f"http://127.0.0.1:{server.server_port}")
        assert client.next_best_offer("1", "web") == {"answer": "offer"}
        assert server.statuses == []


def test_python_shows_the_default_in_the_end(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(429, 429, 429, 422, 200) as server:
        monkeypatch.setenv("NBO_URL", f"http://127.0.0.1:{server.server_port}")
        assert client.next_best_offer("1", "web") == client.NO_OFFER
        with pytest.raises(HTTPError, match="422"):
            client.call("POST", "/v1/outcomes", {})
        client.report(client.NO_OFFER, "impression")
        assert server.statuses == [200]


def test_python_waits_no_longer_than_it_says(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("NBO_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert client.next_best_offer("1", "web") == client.NO_OFFER
        for _ in range(client.TRIES):
            silent.accept()[0].close()


def send(sent: Sent) -> httpx2.Response:
    response: httpx2.Response = httpx2.request(
        sent.method, sent.url, headers=sent.headers, content=sent.body, timeout=10, trust_env=False
    )
    return response


@pytest.mark.parametrize("person", ["1", 'quo"te', "DE/4711"])
def test_braze_gets_an_answer_about_everybody(running: Process, person: str) -> None:
    text = sample("liquid", running.address, TEXT)
    response = send(sent_by_braze(text, {"user_id": person}))
    assert (response.status_code, response.json()["customer_id"]) == (200, person)
    assert shown_by_braze(text, response.json()) == expected(response.json())


@pytest.mark.parametrize("person", ["1", 'quo"te', "DE/4711"])
def test_iterable_gets_an_answer_about_everybody(running: Process, person: str) -> None:
    response = send(sent_by_iterable(sample("http", running.address, TEXT), {"userId": person}))
    assert (response.status_code, response.json()["customer_id"]) == (200, person)
    assert shown_by_iterable(sample("handlebars"), response.json()) == expected(response.json())


def expected(answer: dict[str, Any]) -> str:
    return answer["offers"][0]["name"] if answer["offers"] else DEFAULT


def test_messages_show_the_default_without_an_answer() -> None:
    assert shown_by_braze(sample("liquid"), None) == DEFAULT
    assert shown_by_iterable(sample("handlebars"), {"answer": "no_offer", "offers": []}) == DEFAULT


def test_both_tools_show_an_offer(running: Process) -> None:
    answer = running.client.post("/v1/next-best-offer", json={"customer_id": "01", "channel": "web"}).json()
    (shown,) = {shown_by_braze(sample("liquid"), answer), shown_by_iterable(sample("handlebars"), answer)}
    assert shown in NAMES


def test_every_call_of_the_readme_can_be_made(running: Process) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("localhost:8000", running.address)
    commands = re.findall(r"^\$ curl (.*)$", text.replace("\\\n", " "), re.MULTILINE)
    assert len(commands) >= 10
    for command in commands:
        key = f"authorization: Bearer {TEXT}"
        arguments = [part.replace("$KEY", key) for part in shlex.split(command, comments=True)]
        assert ask(arguments).status_code in {200, 404}, command  # of the demo's customers nobody is here


def test_no_key_stands_in_an_address() -> None:
    for language in ("liquid", "http"):
        (line,) = [line for line in sample(language).splitlines() if "https://" in line]
        assert KEY not in line
        assert KEY in sample(language)
