"""Stages follow each other; their seconds add up."""

import pytest

from training.effort import Effort


def test_stages_are_told_in_order_with_their_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 12.5, 13.0])
    monkeypatch.setattr("training.effort.time.perf_counter", lambda: next(moments))
    effort = Effort()
    effort.ended("loading")
    effort.ended("training")
    told = effort.told()
    assert told["seconds"] == {"loading": 2.5, "training": 0.5, "total": 3.0}
    memory = told["peak_memory_mib"]
    assert isinstance(memory, int)
    assert 10 < memory < 1_000_000
