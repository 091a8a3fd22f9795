"""What is counted, by one process and by several workers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.telemetry import logs, metrics
from serving.telemetry.timing import Stage
from tests.serving.measured import growth
from tests.serving.running import environment

WORK = """
import sys
from serving.telemetry import metrics
ready, as_of, release = sys.argv[1:]
metrics.request("/v1/x", "GET", 200, 0.003)
metrics.IN_FLIGHT.inc()
metrics.READY.set(int(ready))
metrics.AS_OF.set(int(as_of))
metrics.RELEASE.labels(release, "3", "", "", "").set(1)
print("counted", flush=True)
sys.stdin.read()
"""


@contextmanager
def worker(folder: Path, *said: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has counted and lives until the end of the block, or until it is killed."""
    command = [sys.executable, "-c", WORK, *said]
    variables = {**environment(), metrics.FOLDER: str(folder)}
    with subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "counted\n"
        yield running


def shown(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_whichever_worker_is_asked_answers_for_all_that_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    with worker(tmp_path, "1", "200", "8"):
        with worker(tmp_path, "0", "100", "7") as other:
            both = shown(metrics.exposition().decode())
            assert both["nbo_request_seconds_count GET /v1/x 200"] == 2
            assert both["nbo_request_seconds_bucket 0.005 GET /v1/x 200"] == 2
            assert (both["nbo_in_flight"], both["nbo_ready"], both["nbo_data_as_of_seconds"]) == (2, 0, 100)
            assert {name for name in both if name.startswith("nbo_release_info")} == {
                "nbo_release_info  3  8 ",
                "nbo_release_info  3  7 ",
            }
            other.kill()
        left = shown(metrics.exposition().decode())
        assert left["nbo_request_seconds_count GET /v1/x 200"] == 2
        assert (left["nbo_in_flight"], left["nbo_ready"], left["nbo_data_as_of_seconds"]) == (1, 1, 200)
        assert "nbo_release_info  3  7 " not in left


def test_every_fault_is_counted_by_its_event() -> None:
    refused, other = growth("nbo_faults_total", event="refused"), growth("nbo_faults_total", event="odd")
    logs.fault("refused", reason="x")
    logs.event("refused")
    assert (refused(), other()) == (1, 0)


def test_a_stage_is_measured_also_when_it_fails() -> None:
    grown = growth("nbo_stage_seconds_count", stage="facts")
    with Stage("facts"):
        assert grown() == 0
    with pytest.raises(KeyError), Stage("facts"):
        raise KeyError
    assert grown() == 2


def test_an_answer_without_an_offer_has_an_empty_label() -> None:
    given = growth("nbo_answers_total", offer="stay", reason="offer")
    none = growth("nbo_answers_total", offer="", reason="not_worth_it")
    metrics.answered("stay", "offer")
    metrics.answered(None, "not_worth_it")
    assert (given(), none()) == (1, 1)


def test_what_an_alarm_watches_is_there_before_it_happens() -> None:
    begun = shown(metrics.exposition().decode())
    for reason in ("rate", "in_flight", "bytes", "key", "scope", "head", "malformed", "connections"):
        assert f"nbo_refused_requests_total {reason}" in begun
    for reason in ("late", "ledger", "data", "erased"):
        assert f"nbo_degraded_total {reason}" in begun
