"""LightGBM's call for one row, prepared once; the general one spends a third of its time on getting ready.

It is reached through private names of LightGBM's Python package, so it is only a fast path: it is taken when, on
`PROOF_ROWS` rows, it says exactly what `predict` says, and `predict` goes on where it does not.
"""

import ctypes
import weakref
from typing import cast

import lightgbm
import numpy as np
from lightgbm import libpath

from serving.scoring.arrays import Floats
from serving.telemetry import logs

PROOF_ROWS = 1_000

_LIBRARY = libpath._LIB  # noqa: SLF001 - the only way to this call, see above
_RAW, _FLOAT64 = 1, 1
"""LightGBM's numbers for log-odds and for a kind of value."""
_OPTIONS = b"num_threads=1"


class SingleRow:
    """Log-odds of one row of `width` features, from several threads as well.

    Raises `AttributeError` or `LightGBMError` where LightGBM has no such call.
    """

    def __init__(self, trees: lightgbm.Booster, width: int) -> None:
        self._predict = _LIBRARY.LGBM_BoosterPredictForMatSingleRowFast
        self._prepared = ctypes.c_void_p()
        first, every = 0, -1
        _require(
            _LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
                trees._handle,  # noqa: SLF001 - as above
                ctypes.c_int(_RAW),
                ctypes.c_int(first),
                ctypes.c_int(every),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(width),
                ctypes.c_char_p(_OPTIONS),
                ctypes.byref(self._prepared),
            )
        )
        self._trees = trees  # what was prepared points into them
        weakref.finalize(self, _LIBRARY.LGBM_FastConfigFree, self._prepared)

    def raw(self, row: Floats) -> float:
        """Log-odds of a row: float64, NaN for unknown, shape (width,), without gaps in memory."""
        length, log_odds = ctypes.c_int64(), ctypes.c_double()
        place = ctypes.c_void_p(row.ctypes.data)
        _require(self._predict(self._prepared, place, ctypes.byref(length), ctypes.byref(log_odds)))
        return log_odds.value


def proven_single_row(trees: lightgbm.Booster, width: int) -> SingleRow | None:
    """The fast path when it is equal to `predict` on rows of all sizes; else None, and the log says why."""
    try:
        single, rows = SingleRow(trees, width), _rows(width)
        expected = cast("Floats", trees.predict(rows, raw_score=True, num_threads=1))
        wrong = sum(single.raw(row) != log_odds for row, log_odds in zip(rows, expected, strict=True))
    except (AttributeError, lightgbm.basic.LightGBMError) as fault:
        logs.fault("fast-path-refused", reason=f"LightGBM has no call for one row: {fault}")
        return None
    if wrong:
        reason = f"of {PROOF_ROWS} rows {wrong} score otherwise than with predict"
        logs.fault("fast-path-refused", reason=reason)
        return None
    return single


def _rows(width: int) -> Floats:
    """Numbers from a thousandth to millions of both signs, and a tenth unknown, drawn by a fixed seed."""
    drawing = np.random.default_rng(0)
    shape = PROOF_ROWS, width
    rows = np.exp(drawing.uniform(-7, 14, shape)) * drawing.choice([1, 1, 1, -1], shape)
    unknown = drawing.random(shape) < 1 / 10
    return cast("Floats", np.where(unknown, np.nan, rows))


def _require(status: int) -> None:
    if status != 0:
        raise lightgbm.basic.LightGBMError(_LIBRARY.LGBM_GetLastError().decode())
