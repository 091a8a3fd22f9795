"""Every picture of a run."""

import numpy as np
import pytest

from training.cross_sell.findings import Findings
from training.cross_sell.pictures import pictures


def test_a_run_leaves_six_pictures(grocer: Findings) -> None:
    found = pictures(grocer)
    assert list(found) == [
        "recall_by_k",
        "repeat_against_new",
        "calibration",
        "coverage",
        "top_item_share",
        "importance",
    ]
    error = grocer.totals.mean("model", "calibration_error.all").estimate
    assert f"{100 * error:.2f} points" in found["calibration"].get_suptitle()
    assert "{value}" not in found["importance"].get_suptitle()
    curve = np.asarray(found["recall_by_k"].axes[0].lines[0].get_ydata())
    assert curve[9] == pytest.approx(grocer.metrics["model"]["recall_at_10.all"].estimate)
    assert curve[19] == pytest.approx(grocer.metrics["model"]["recall_at_20.all"].estimate)
