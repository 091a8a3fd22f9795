"""A pull again and again outlives whatever goes wrong, says each kind of trouble once, and ends when told to."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from socket import create_server
from typing import Any

import mlflow
import pytest
from click.testing import CliRunner

from serving.__main__ import commands
from serving.live.models import load_live
from serving.pull.forever import Pulling
from serving.pull.once import pull
from serving.pull.registry import Found, PullError, Registry
from serving.release import Release
from tests.serving.pull.filled import FilledRegistry
from tests.serving.releases import pulled_as
from tests.serving.running import environment

LogLines = Callable[[], list[dict[str, Any]]]

pytestmark = [  # MLflow's own, when it is imported
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
]


def told(log_lines: LogLines) -> list[tuple[str, str | None]]:
    return [(line["event"], line.get("kind") or line.get("release")) for line in log_lines()]


def test_each_kind_of_trouble_is_said_once_and_its_end_as_well(log_lines: LogLines) -> None:
    release = Release(pulled_as("7"), ())
    course: Iterator[tuple[Release, bool] | Exception] = iter(
        [
            (release, True),
            PullError("registry", "refused by <object at 0x1>"),
            PullError("registry", "refused by <object at 0x2>"),
            PullError("broken 8", "release 8 is refused"),
            PullError("broken 9", "release 9 is refused"),
            MemoryError(),
            KeyError("odd"),
            (release, False),
            (release, False),
        ]
    )

    def bring(_: Found | None) -> tuple[Release, bool]:
        came = next(course)
        if isinstance(came, Exception):
            raise came
        return came

    pulling = Pulling(bring)
    for _ in range(9):
        pulling.once()
    assert told(log_lines) == [
        ("pulled", "7"),
        ("pull-failed", "registry"),
        ("pull-failed", "broken 8"),
        ("pull-failed", "broken 9"),
        ("pull-failed", "MemoryError"),
        ("pull-failed", "KeyError"),
        ("pull-recovered", "7"),
    ]


def test_a_release_that_was_broken_is_brought_once_the_alias_moves(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, log_lines: LogLines
) -> None:
    def worse(files: dict[str, Any]) -> None:
        files["golden.json"]["churn"]["probabilities"][0] = 0.01

    pulling = Pulling(partial(pull, registry, alias, tmp_path))
    first = filled.release(alias, {"churn": filled.model("churn")})
    pulling.once()
    broken = filled.release(alias, {"churn": filled.model("churn")}, worse)
    pulling.once()
    pulling.once()
    assert load_live(tmp_path).release.version == first
    mended = filled.release(alias, {"churn": filled.model("churn")})
    pulling.once()
    assert load_live(tmp_path).release.version == mended
    assert told(log_lines) == [
        ("pulled", first),
        ("pull-failed", f"broken {broken}"),
        ("pulled", mended),
        ("pull-recovered", mended),
    ]


def test_a_broken_release_is_downloaded_once_until_the_alias_has_moved(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse(files: dict[str, Any]) -> None:
        files["golden.json"]["churn"]["probabilities"][0] = 0.01

    asked = []
    download = mlflow.artifacts.download_artifacts

    def counted(*, artifact_uri: str, **given: str) -> str:
        asked.append(artifact_uri.removeprefix("models:/"))
        return download(artifact_uri=artifact_uri, **given)

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", counted)
    pulling, model = Pulling(partial(pull, registry, alias, tmp_path)), filled.model("churn")
    broken = filled.release(alias, {"churn": model}, worse)
    for _ in range(3):
        pulling.once()
    mended = filled.release(alias, {"churn": model})
    pulling.once()
    filled.client.set_registered_model_alias("release", alias, broken)
    pulling.once()
    pulling.once()
    brought = [address for address in asked if address.startswith("release/")]
    assert brought == [f"release/{version}" for version in (broken, mended, broken)]


def test_a_full_disk_leaves_nothing_half_written(
    filled: FilledRegistry,
    registry: Registry,
    alias: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled.release(alias, {"churn": filled.model("churn")})

    def fill(*, dst_path: str, **_: object) -> None:
        Path(dst_path, "half.bin").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(mlflow.artifacts, "download_artifacts", fill)
        with pytest.raises(PullError, match="No space left on device"):
            pull(registry, alias, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert pull(registry, alias, tmp_path)[1]


def test_it_ends_at_once_when_told_to_while_a_registry_hangs(tmp_path: Path) -> None:
    with closing(create_server(("127.0.0.1", 0))) as hanging:
        hanging.settimeout(60)
        uri = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        command = ["pull", "--every", "1s", "--tracking-uri", uri, "--release", str(tmp_path / "release")]
        process = subprocess.Popen(
            [sys.executable, "-m", "serving", *command], env=environment(), stderr=subprocess.PIPE, text=True
        )
        with hanging.accept()[0]:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=MLFLOW_WAITS / 2)
    assert (process.returncode, said) == (128 + signal.SIGTERM, "")
    assert list(tmp_path.iterdir()) == []


MLFLOW_WAITS = 10
"""Seconds that one question to the registry may take."""


@pytest.mark.parametrize("written", ["30", "0s", "1h", "-5s", "5 m", "m", "1.5s", "100000s"])
def test_an_interval_that_is_none_is_refused(written: str) -> None:
    result = CliRunner().invoke(commands, ["pull", "--every", written])
    assert result.exit_code == 2
    assert "write seconds or minutes, such as 30s or 5m" in result.output


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30.0), ("5m", 300.0)])
def test_an_interval_is_seconds_or_minutes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, seconds: float
) -> None:
    waited: list[float] = []

    def forever(_: Pulling, interval: float) -> None:
        waited.append(interval)

    monkeypatch.setattr(Pulling, "forever", forever)
    uri = f"sqlite:///{tmp_path}/none.db"
    CliRunner().invoke(commands, ["pull", "--every", written, "--tracking-uri", uri])
    assert waited == [seconds]


def test_a_password_of_the_registry_is_not_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PullError, match=r"http://\*\*\*@127.0.0.1:9 gives") as refused:
        pull(Registry("http://ann:canary@127.0.0.1:9"), "champion", tmp_path)
    assert "canary" not in str(refused.value)


def test_what_the_user_says_of_patience_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    Registry("http://127.0.0.1:9")
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"
