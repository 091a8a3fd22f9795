"""A swap of releases under load is invisible: no error, and every answer is of exactly one release."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Condition, Event
from typing import Any

import httpx2
import pytest

from tests.serving.callers import HEADER
from tests.serving.places import publish_full, settings_in
from tests.serving.reliability.versions import churn_of, incremental_of, make_live
from tests.serving.running import Process

CONNECTIONS = 16
PAUSE = 0.05
"""Seconds between two questions of a connection: the swaps are what is tested, not the speed."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    """A running service over release 1."""
    settings = settings_in(tmp_path)
    publish_full(settings)
    make_live(settings.release, 1)
    with Process(tmp_path, SERVING_DRAIN_SECONDS="0") as running:
        yield running


class Asking:
    """Callers who ask by turns for churn and for a next best offer, and look at whose numbers they get."""

    def __init__(self, address: str) -> None:
        self.answered: Counter[str] = Counter()
        """How many answers each release has given, all of them whole."""
        self._address = address
        self._grown = Condition()
        self._strangers = count()
        self._enough = Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """They ask for as long as the block runs; whatever one of them finds wrong is raised after it."""
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            callers = [threads.submit(self._call) for _ in range(CONNECTIONS)]
            try:
                yield
            finally:
                self._enough.set()
            for caller in callers:
                caller.result()

    def wait_for(self, release: str) -> None:
        """Until a release has answered."""
        with self._grown:
            assert self._grown.wait_for(lambda: release in self.answered, timeout=60)

    def _call(self) -> None:
        with httpx2.Client(base_url=self._address, timeout=30, headers=HEADER) as client:
            while not self._enough.wait(PAUSE):
                churn = client.get("/v1/customers/1/churn").raise_for_status().json()
                who = f"/v1/customers/stranger {next(self._strangers)}/next-best-offer"
                decided = client.get(who, params={"channel": "till"}).raise_for_status().json()
                with self._grown:
                    self.answered.update([of_churn(churn), of_decision(decided)])
                    self._grown.notify_all()


def of_churn(answer: dict[str, Any]) -> str:
    """The release that an answer names, when its numbers are those of this release alone."""
    model = answer["model"]
    assert model == {"name": "churn", "version": model["release"], "release": model["release"]}
    assert answer["probability"] == pytest.approx(churn_of(int(model["release"])), rel=0, abs=1e-12)
    return str(model["release"])


def of_decision(answer: dict[str, Any]) -> str:
    """Likewise; the rules are of the same release as the models."""
    assert not answer["degraded"]
    release = answer["release"]["release"]
    assert answer["release"] == dict.fromkeys(("release", "churn", "cross_sell", "bundles"), release)
    assert f"-c{release}-" in answer["rulebook"]
    factors = {one["name"]: one["value"] for one in answer["offers"][0]["factors"]}
    assert factors["incremental"] == incremental_of(int(release))
    return str(release)


def swap(service: Process, root: Path, versions: range) -> Counter[str]:
    """Make one version after another live while callers ask; how many answers each gave."""
    asking = Asking(service.address)
    with asking.going_on():
        for version in versions:
            make_live(root, version)
            assert service.wait_for("serving")["release"] == str(version)
            asking.wait_for(str(version))
    return asking.answered


def test_a_swap_is_invisible(service: Process, tmp_path: Path) -> None:
    answered = swap(service, tmp_path / "release", range(2, 6))
    assert {"2", "3", "4", "5"} <= answered.keys() <= {"1", "2", "3", "4", "5"}


@pytest.mark.slow
def test_twenty_five_swaps_are_invisible(service: Process, tmp_path: Path) -> None:
    answered = swap(service, tmp_path / "release", range(2, 27))
    assert answered.keys() >= {str(version) for version in range(2, 26)}
    released = service.client.get("/v1/release").json()
    assert (released["version"], released["replaces"], released["rules"]) == ("26", "25", "release")
    assert released["fault"] is None
