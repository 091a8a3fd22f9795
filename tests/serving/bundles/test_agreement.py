"""The service and the registered model read the same artifact and give the same probabilities."""

import json
from pathlib import Path

import pandas as pd
import pytest
from mlflow.pyfunc import PythonModelContext

from serving.bundles.answers import Bundles
from serving.bundles.model import load_model
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import GOLDEN, IDS, RELEASED, no_margin, write_artifact
from tests.serving.tiny import INFO, ROWS
from training.models.bundles import BundlesPyfunc


@pytest.mark.parametrize("basket", [*GOLDEN, [7, 3], [6]])
def test_both_suggest_the_same(tmp_path: Path, basket: list[int]) -> None:
    folder = write_artifact(tmp_path / "bundles", no_margin)
    registered = BundlesPyfunc()
    context = PythonModelContext({"bundles": str(folder)}, {})  # type: ignore[no-untyped-call]  # MLflow's
    registered.load_context(context)
    asked = [IDS[code] for code in basket]
    (text,) = registered.predict(context, pd.DataFrame({"basket": [json.dumps(asked)]}))["suggestions"]
    served = (
        Bundles(RELEASED, load_model(folder), MemoryStore(INFO, ROWS)).answer(asked, None, 10).suggestions
    )
    assert [one["item_id"] for one in json.loads(text)] == [one.item_id for one in served]
    assert [one["probability"] for one in json.loads(text)] == pytest.approx(
        [one.probability for one in served], rel=0, abs=1e-12
    )


def test_the_registered_model_scores_the_golden_baskets(bundles_artifact: Path) -> None:
    registered = BundlesPyfunc()
    registered.load_context(PythonModelContext({"bundles": str(bundles_artifact)}, {}))  # type: ignore[no-untyped-call]  # MLflow's
    golden = json.loads((bundles_artifact / "golden.json").read_text())
    for basket, items, expected in zip(*golden.values(), strict=True):
        assert registered.probability(basket)[items] == pytest.approx(expected, rel=0, abs=1e-6)
