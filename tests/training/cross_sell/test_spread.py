"""Coverage and concentration of the first ten of every list."""

from dataclasses import replace

import numpy as np
import pytest

from training.cross_sell.findings import Findings
from training.cross_sell.spread import spread


def test_only_the_first_ten_places_count(grocer: Findings) -> None:
    newest = grocer.backtest.judged[-1]
    same = np.tile(np.arange(16, dtype=np.int32), (len(newest.customers), 1))
    apart = (same + np.arange(len(same), dtype=np.int32)[:, np.newaxis]) % 16
    lists = {kind: {"model": apart, "popularity": same} for kind in ("all", "repeat", "new")}
    found = spread(replace(newest, lists=lists))
    assert found["popularity", "catalogue_coverage.new"] == 10 / 16
    assert found["popularity", "top_item_share.new"] == pytest.approx(0.1)
    assert found["model", "catalogue_coverage.all"] == 1
    assert found["model", "top_item_share.all"] == pytest.approx(1 / 16)


def test_everybody_is_measured_over_all_and_over_new_items(grocer: Findings) -> None:
    metrics = {
        f"{name}.{kind}" for name in ("catalogue_coverage", "top_item_share") for kind in ("all", "new")
    }
    found = spread(grocer.backtest.judged[0])
    assert set(found) == {(model, metric) for model in grocer.backtest.models for metric in metrics}
