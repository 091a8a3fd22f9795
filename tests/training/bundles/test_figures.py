"""Figures for programs: valid JSON, every metric with its interval, flat names for the tracker."""

import json
import math

from training.bundles.figures import as_json, logged_metrics
from training.bundles.findings import METRICS, Findings


def test_every_figure_is_json_and_finite(basketry: Findings) -> None:
    told = json.loads(json.dumps(as_json(basketry), allow_nan=False))
    assert set(told["metrics"]) == set(basketry.judged.lists)
    for name in ("model", "popularity"):
        for metric in METRICS:
            found = told["metrics"][name][metric]
            assert found["low"] <= found["estimate"] <= found["high"]
    assert (
        told["ratios"]["popularity"]["mrr_at_10"]["estimate"]
        == basketry.ratios["popularity"]["mrr_at_10"].estimate
    )
    assert told["tested_baskets"] == 1000
    assert told["left_out"] == {"large_baskets": 0, "rare_items": 0, "lines": 0}
    assert told["substitutes"][0]["first"] == "cola-a"
    assert told["packages"][0]["items"] == list(basketry.packages[0].items)


def test_the_tracker_has_flat_finite_numbers(basketry: Findings) -> None:
    flat = logged_metrics(basketry)
    assert all(math.isfinite(value) for value in flat.values())
    assert flat["hit_rate_at_10"] == basketry.metrics["model"]["hit_rate_at_10"].estimate
    assert flat["popularity.hit_rate_at_10_se"] > 0
    assert flat["substitute_pairs"] == 1
