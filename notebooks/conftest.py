"""In tests the notebooks run on a slice of the data with fewer moments, and their registry goes with the test.

A hook says so and no fixture: nbmake's items ask for none, not even for those that everybody gets.
"""

import re
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.releases import go_live
from features.moments import labelled_moments
from features.stack import stack
from features.workspace import open_workspace
from serving.ledger.secret import SECRET_BYTES
from training.churn.artifact import FinalModel, bands, golden_rows, write_artifact
from training.churn.model import fit_churn, matrix
from training.config import CONFIG, read_config

SLICE = Path(__file__).with_name("slice.toml")
_FEW = {"origins": 1, "moments": 1, "most_rows": 20_000, "max_items": 200, "test_baskets": 500}
_SERVES = "04_next_best_offer.ipynb"
"""The notebook that needs a release."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Set what the notebooks read from the environment."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        config = CONFIG.read_text(encoding="utf-8")
        for name, few in _FEW.items():
            config = re.sub(rf"^{name} = [\d_]+", f"{name} = {few}", config, flags=re.MULTILINE)
        small = Path(folder, "config.toml")
        small.write_text(config, encoding="utf-8")
        patch.setenv("NOTEBOOK_CONFIG", str(small))
        patch.setenv("NOTEBOOK_DATASET", str(SLICE))
        patch.setenv("NOTEBOOK_WORKSPACE", folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # as `make test` has it
        if item.path.name == _SERVES:
            Path(folder, "secret").write_bytes(bytes(range(SECRET_BYTES)))  # the same lots in every run
            release = Path(folder, "release")
            _release_churn(Path(folder), release)
            patch.setenv("NOTEBOOK_RELEASE", str(release))
        return (yield)


def _release_churn(workspace: Path, release: Path) -> None:
    """A release of a small churn model alone, fitted on the newest labelled moment of the slice."""
    opened = open_workspace(SLICE, workspace)
    stacked = stack(opened, labelled_moments(opened.tables, opened.dataset)[-1:])
    settings = read_config().churn
    trees = settings.trees.model_copy(update={"boosters": 1, "rounds": 20})
    model = fit_churn(stacked, opened.features.names, None, settings.model_copy(update={"trees": trees}))
    rows = matrix(stacked, opened.features.names)
    final = FinalModel(model, None, bands(model.probability(rows)), golden_rows(rows))
    write_artifact(release / "staged" / "churn", final, opened.dataset, opened.features)
    go_live(release, release / "staged", opened.features.fingerprint)
