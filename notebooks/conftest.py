"""In tests the notebooks run on a slice of the data with fewer moments, and their registry goes with the test.

A hook says so and no fixture: nbmake's items ask for none, not even for those that everybody gets.
"""

import re
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from training.config import CONFIG

_FEW = {"origins": 1, "moments": 1, "most_rows": 20_000, "max_items": 200, "test_baskets": 500}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Set what the notebooks read from the environment."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        config = CONFIG.read_text(encoding="utf-8")
        for name, few in _FEW.items():
            config = re.sub(rf"^{name} = [\d_]+", f"{name} = {few}", config, flags=re.MULTILINE)
        small = Path(folder, "config.toml")
        small.write_text(config, encoding="utf-8")
        patch.setenv("NOTEBOOK_CONFIG", str(small))
        patch.setenv("NOTEBOOK_DATASET", str(Path(__file__).with_name("slice.toml")))
        patch.setenv("NOTEBOOK_WORKSPACE", folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # as `make test` has it
        return (yield)
