"""What LightGBM brings along when the service imports it, each time in a process of its own."""

import json
import subprocess
import sys

from serving.process.lightgbm_alone import LOOKED_FOR

ALONE = "from serving.process.lightgbm_alone import import_lightgbm_alone; import_lightgbm_alone()"
SCORES = (
    "import lightgbm, numpy",
    "rows = numpy.arange(200.0).reshape(100, 2)",
    "lightgbm.train({'verbosity': -1}, lightgbm.Dataset(rows, rows[:, 0]), 2).predict(rows)",
)


def loaded_after(*lines: str) -> set[str]:
    """The libraries that are loaded once these lines of Python have run."""
    said = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, said])], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_it_comes_alone_and_scores_arrays() -> None:
    loaded = loaded_after(ALONE, *SCORES)
    assert "lightgbm" in loaded
    assert loaded.isdisjoint({*LOOKED_FOR, "pyarrow", "joblib"})


def test_others_can_still_import_what_it_looks_for() -> None:
    assert {"lightgbm", *LOOKED_FOR} <= loaded_after(ALONE, *(f"import {name}" for name in LOOKED_FOR))


def test_what_somebody_has_imported_stays() -> None:
    kept = (
        "import lightgbm; assert lightgbm.compat.PANDAS_INSTALLED and not lightgbm.compat.SKLEARN_INSTALLED"
    )
    assert "pandas" in loaded_after("import pandas", ALONE, kept)


def test_who_only_starts_workers_loads_nothing_that_scores() -> None:
    loaded = loaded_after(
        "import serving.commands.service, serving.process.server, serving.admission.connection"
    )
    assert loaded.isdisjoint({"lightgbm", "numpy"})
