"""What is counted and measured of the service, in the text format of Prometheus.

The metrics are of the process, as loggers are. No label is ever what a caller sent: routes are templates, methods
those that HTTP knows, offers those of the catalogue. With several workers each writes into the folder that
`PROMETHEUS_MULTIPROC_DIR` names from before this module is imported, and whichever worker is asked answers for
all.
"""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; the budget of a next best offer and three quarters of it are among them, unless another is set."""
RELEASE_LABELS = ("release", "churn", "cross_sell", "bundles", "rulebook")
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

Part = Literal["release", "rules", "ledger"]
StageName = Literal["facts", "waiting", "deciding", "recording", "wording"]
Refusal = Literal["rate", "in_flight", "bytes", "key", "scope", "head", "malformed", "connections"]
Lack = Literal["late", "ledger", "data", "erased", "failed"]

disable_created_metrics()  # type: ignore[no-untyped-call]  # ships no types for it
REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "nbo_request_seconds",
    "Time from the head of a request to the end of its answer, by route template, method and status.",
    ("route", "method", "status"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
STAGES = Histogram(
    "nbo_stage_seconds",
    "Time of each stage of a next best offer: the question waits for its decision (all but the last included), "
    "recorded decisions are read or else facts of customers, the decisions of one transaction are made, they are "
    "recorded (deciding included), and the answer gets its words.",
    ("stage",),
    buckets=BUCKETS,
    registry=REGISTRY,
)
ANSWERS = Counter(
    "nbo_answers_total",
    "Next best offers answered, by the first offer (none: an empty label) and the reason.",
    ("offer", "reason"),
    registry=REGISTRY,
)
DEGRADED = Counter(
    "nbo_degraded_total",
    "Next best offers answered without a decision, by what was missing.",
    ("reason",),
    registry=REGISTRY,
)
FAULTS = Counter(
    "nbo_faults_total",
    "Lines of level error in the log, by event.",
    ("event",),
    registry=REGISTRY,
)
REFUSED = Counter(
    "nbo_refused_requests_total",
    "Calls refused before they were read: too many of one key, too many in flight, too many bytes of bodies at "
    "once, no valid key, no scope, a head that is too large or too slow, no HTTP, too many connections.",
    ("reason",),
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "nbo_in_flight",
    "Calls under /v1 that are being answered.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
RELEASE = Gauge(
    "nbo_release_info",
    "1 for what answers: the release, its models and its rules by version; 0 for what answered before.",
    RELEASE_LABELS,
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
# Of several workers the worst is shown: the oldest data, broken or stale when one is, ready when all are.
BROKEN = Gauge(
    "nbo_broken",
    "1 while a part that is on disk is refused or cannot be used: release and data, rules, ledger.",
    ("part",),
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
AS_OF = Gauge(
    "nbo_data_as_of_seconds",
    "Moment of knowledge of the data that answers, in seconds since 1970; 0 without data.",
    multiprocess_mode="livemin",
    registry=REGISTRY,
)
STALE = Gauge(
    "nbo_stale",
    "1 when the data is older than allowed.",
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
READY = Gauge(
    "nbo_ready",
    "1 when the service takes calls, as /readyz says.",
    multiprocess_mode="livemin",
    registry=REGISTRY,
)


# A counter that begins at 1 has no increase that an alarm could see.
for _reason in get_args(Refusal):
    REFUSED.labels(_reason)
for _reason in get_args(Lack):
    DEGRADED.labels(_reason)


def stage(name: StageName, seconds: float) -> None:
    """Count a stage of a next best offer that has ended; `serving.telemetry.timing.Stage` measures it."""
    _histogram(STAGES, name).observe(seconds)


def request(route: str, method: str, status: int, seconds: float) -> None:
    """Count an answered request."""
    _histogram(REQUESTS, route, method, status).observe(seconds)


def answered(offer: str | None, reason: str) -> None:
    """Count a next best offer by the first offer that it gives, or None."""
    _counter(ANSWERS, offer or "", reason).inc()


def degraded(reason: Lack) -> None:
    """Count a next best offer without a decision, by what was missing."""
    _counter(DEGRADED, reason).inc()


def fault(event: str) -> None:
    """Count a line of level error."""
    _counter(FAULTS, event).inc()


def refused(reason: Refusal) -> None:
    """Count a call that was refused before it was read."""
    _counter(REFUSED, reason).inc()


def known_method(method: str) -> str:
    """The method, or `other` for what HTTP does not know: callers invent none."""
    return method if method in METHODS else "other"


def shared() -> bool:
    """Whether there are several workers."""
    return FOLDER in os.environ


def exposition() -> bytes:
    """All metrics as text, of all workers that live."""
    if not shared():
        return generate_latest(REGISTRY)
    folder = os.environ[FOLDER]
    _bury(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # ships no types for it
    return generate_latest(registry)


def _bury(folder: Path) -> None:
    """Forget what dead workers served; what they counted stays."""
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}:
        if not _lives(pid):
            with suppress(FileNotFoundError):  # Another worker was quicker.
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # nor for this


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # Nobody has this number any more, or somebody else's process.
        return False
    return True


# Looking a label up costs as much as counting under it.
@cache
def _histogram(metric: Histogram, *labels: str | int) -> Histogram:
    return metric.labels(*labels)


@cache
def _counter(metric: Counter, *labels: str) -> Counter:
    return metric.labels(*labels)
