"""The engine and plain pandas say the same of made-up histories that use every table and column."""

from datetime import datetime

import pandas as pd
import pytest

from benchmarks.features import differences
from benchmarks.pandas_features import snapshot
from features.customer import FAMILIES
from features.feature_set import features_at
from features.workspace import Workspace
from tests.properties.histories import MOMENTS, made_up, opened


def both(workspace: Workspace, as_of: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The snapshot by the engine, and by plain pandas."""
    ours: pd.DataFrame = features_at(workspace.tables, workspace.features, as_of).to_pyarrow().to_pandas()
    return ours.set_index("customer_id"), snapshot(
        workspace.folder / "tables", as_of, workspace.dataset.attributes
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_equals_plain_pandas(seed: int) -> None:
    with opened(made_up(seed)) as workspace:
        found = [differences(*both(workspace, as_of)) for as_of in MOMENTS]
    assert found == [[], [], []]


def test_made_up_histories_have_every_feature() -> None:
    with opened(made_up(seed=1)) as workspace:
        names = workspace.features.names
    assert {feature.name for family in FAMILIES.values() for feature in family} <= set(names)
