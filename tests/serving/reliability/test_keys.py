"""Row 12: who has no valid key learns nothing, in every worker, and no key is ever written down."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from serving.__main__ import commands
from serving.settings import Settings
from tests.serving.callers import TEXT, record_of, write_keys
from tests.serving.places import variables
from tests.serving.running import Process

PAST = datetime.now(UTC) - timedelta(days=1)
OLD, GONE, LOOKS = (TEXT.replace("testtest", name) for name in ("expiredd", "revokedd", "lookslks"))
CHURN = "/v1/customers/1/churn"


class Workers:
    """A service of two workers, each of which can be asked alone: the other one stands still meanwhile."""

    def __init__(self, service: Process) -> None:
        self.service = service
        service.wait_for("started")
        self.pids = [line["worker"] for line in service.lines if line["event"] == "started"]

    @contextmanager
    def alone(self, pid: int) -> Iterator[Callable[..., httpx2.Response]]:
        """Asks one worker: text of the key, path, method."""
        (other,) = set(self.pids) - {pid}
        os.kill(other, signal.SIGSTOP)
        try:
            with httpx2.Client(base_url=self.service.address, timeout=30) as client:

                def ask(text: str | None, path: str = CHURN, method: str = "GET") -> httpx2.Response:
                    headers = {} if text is None else {"authorization": f"Bearer {text}"}
                    return client.request(method, path, headers=headers)

                yield ask
        finally:
            os.kill(other, signal.SIGCONT)

    def statuses(self, text: str) -> list[int]:
        """What each worker answers to a key."""
        found = []
        for pid in self.pids:
            with self.alone(pid) as ask:
                found.append(ask(text).status_code)
        return found


@pytest.fixture
def workers(settings: Settings, tmp_path: Path) -> Iterator[Workers]:
    ended = {"expires_at": PAST}, {"revoked_at": PAST}
    expired, revoked = (
        record_of(text).model_copy(update=end) for text, end in zip((OLD, GONE), ended, strict=True)
    )
    write_keys(settings.keys, record_of(TEXT), expired, revoked, record_of(LOOKS, "read"))
    with Process(tmp_path, SERVING_WORKERS="2") as service:
        yield Workers(service)


def keys(settings: Settings, *arguments: str) -> str:
    """What the command prints to stdout alone."""
    ran = CliRunner(env=variables(settings)).invoke(commands, ["keys", *arguments])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_keys_hold_in_every_worker_and_are_never_written_down(workers: Workers, settings: Settings) -> None:
    require_nothing_told(workers)
    require_all_at_once(workers, settings)
    written = workers.service.stop() + str(workers.service.lines)
    assert TEXT[13:] not in written
    assert "nbo_" not in written


def require_nothing_told(workers: Workers) -> None:
    """Nobody without a valid key is told why, and scopes hold."""
    for pid in workers.pids:
        with workers.alone(pid) as ask:
            wrong = (None, "x", "nbo_", TEXT[:-1] + "u", OLD, GONE, TEXT.replace("testtest", "somebody"))
            answers = [ask(text) for text in wrong]
            assert {answer.status_code for answer in answers} == {401}
            assert len({answer.content for answer in answers}) == 1
            assert ask(TEXT).status_code == 200
            assert ask(LOOKS).status_code == 200
            refused = ask(LOOKS, "/v1/customers/1", "DELETE")
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")


def require_all_at_once(workers: Workers, settings: Settings) -> None:
    """A key is made, replaced and revoked for all workers at once."""
    made = keys(settings, "create", "--name", "shop", "--scope", "read", "--rate", "1000")
    assert made.count("\n") == 1
    old = made.strip()
    assert workers.statuses(old) == [200, 200]
    new = keys(settings, "rotate", old[4:12], "--overlap-hours", "1").strip()
    assert workers.statuses(old) == workers.statuses(new) == [200, 200]
    keys(settings, "revoke", old[4:12])
    assert workers.statuses(old) == [401, 401]
    assert workers.statuses(new) == [200, 200]
    replaced = keys(settings, "rotate", new[4:12], "--overlap-hours", "0").strip()
    assert workers.statuses(new) == [401, 401]
    assert workers.statuses(replaced) == [200, 200]
    told = keys(settings, "list")
    assert [line.split()[1] for line in told.splitlines()].count("shop") == 3
    assert not any(text[13:] in told for text in (old, new, replaced))


def test_a_service_without_keys_lets_nobody_in_and_says_which_command_makes_one(
    settings: Settings, tmp_path: Path
) -> None:
    with Process(tmp_path) as service:
        settings.keys.unlink()
        assert service.client.get("/livez").status_code == 200
        assert service.client.get(CHURN).status_code == 401
        assert "python -m serving keys create" in service.wait_for("keys-missing")["reason"]
        text = keys(settings, "create", "--name", "shop", "--scope", "read").strip()
        assert service.client.get(CHURN, headers={"authorization": f"Bearer {text}"}).status_code == 200
