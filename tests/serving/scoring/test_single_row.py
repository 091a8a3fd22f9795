"""Row 3 of the reliability table: a fast path is only a fast path."""

import ctypes
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from lightgbm import libpath

from serving.scoring import single_row
from serving.scoring.arrays import Floats
from serving.scoring.booster import Booster
from serving.scoring.single_row import PROOF_ROWS, SingleRow, proven_single_row
from tests.serving.tiny import NAMES, booster

LogLines = Callable[[], list[dict[str, Any]]]


def rows_of(count: int) -> Floats:
    random = np.random.default_rng(3)
    rows = random.normal(size=(count, len(NAMES))) * [30, 8, 100, 2]
    rows[random.random(rows.shape) < 0.2] = np.nan
    return rows


def predicted(rows: Floats) -> Floats:
    return np.asarray(booster().predict(rows, raw_score=True))


def loaded() -> Booster:
    return Booster(booster().model_to_string(), NAMES, Path("churn"))


class Askew:
    """LightGBM's library with one call replaced."""

    def __init__(self, name: str, call: Callable[..., int] | None) -> None:
        self._name = name
        self._call = call

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a call of any kind
        if name != self._name:
            return getattr(libpath._LIB, name)  # noqa: SLF001 - it stands in for it
        if self._call is None:
            raise AttributeError(name)
        return self._call


def always_one(_prepared: object, _row: object, _length: object, log_odds: Any) -> int:  # noqa: ANN401 - a ctypes reference
    ctypes.cast(log_odds, ctypes.POINTER(ctypes.c_double))[0] = 1.0
    return 0


def failing(*_: object) -> int:
    return -1


def test_one_row_alone_is_exactly_as_predicted(log_lines: LogLines) -> None:
    rows = rows_of(PROOF_ROWS)
    single = proven_single_row(booster(), len(NAMES))
    assert single is not None
    assert [single.raw(row) for row in rows] == predicted(rows).tolist()
    assert log_lines() == []


def test_rows_of_every_layout_in_memory_score_alike() -> None:
    rows, trees = rows_of(50), loaded()
    expected = predicted(rows).reshape(-1, 1).tolist()
    backwards = np.asfortranarray(rows)
    for layout in (rows, backwards, rows[:, ::-1][:, ::-1]):
        assert [trees.raw(layout[place : place + 1]).tolist() for place in range(50)] == expected


@pytest.mark.parametrize(
    ("call", "name", "reason"),
    [
        (
            always_one,
            "LGBM_BoosterPredictForMatSingleRowFast",
            f"of {PROOF_ROWS} rows {PROOF_ROWS} score other",
        ),
        (failing, "LGBM_BoosterPredictForMatSingleRowFastInit", "LightGBM has no call for one row"),
        (failing, "LGBM_BoosterPredictForMatSingleRowFast", "LightGBM has no call for one row"),
        (None, "LGBM_BoosterPredictForMatSingleRowFastInit", "LightGBM has no call for one row"),
    ],
    ids=["other scores", "cannot be prepared", "cannot be called", "is not there"],
)
def test_a_fast_path_that_is_not_equal_is_not_taken(
    call: Callable[..., int] | None,
    name: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: LogLines,
) -> None:
    monkeypatch.setattr(single_row, "_LIBRARY", Askew(name, call))
    trees, rows = loaded(), rows_of(1)
    assert [line["event"] for line in log_lines()] == ["fast-path-refused"]
    assert log_lines()[0]["reason"].startswith(reason)
    assert trees.raw(rows).tolist() == predicted(rows).tolist()


def test_threads_do_not_meet_in_it() -> None:
    rows, single = rows_of(2_000), SingleRow(booster(), len(NAMES))
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(single.raw, rows)) == predicted(rows).tolist()


def test_it_outlives_who_loaded_the_trees() -> None:
    single = SingleRow(lightgbm.Booster(model_str=booster().model_to_string()), len(NAMES))
    gc.collect()
    rows = rows_of(3)
    assert [single.raw(row) for row in rows] == predicted(rows).tolist()
