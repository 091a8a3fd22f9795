"""Pictures say in their titles what the numbers say, and draw what was measured."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from training.cross_sell import plots
from training.intervals import Interval

SHARES = {"all": {"model": 0.75, "popularity": 0.033}, "new": {"model": 0.5, "popularity": 0.507}}


def title(figure: Figure) -> str:
    """Draw the figure for good and return its title."""
    figure.savefig(BytesIO(), format="png")
    return figure.get_suptitle().replace("\n", " ")


def heights(axes: Axes) -> list[float]:
    return [patch.get_height() for patch in axes.patches if isinstance(patch, Rectangle)]


def test_recall_by_k_draws_everybody_and_tells_ten() -> None:
    curve = np.linspace(0.05, 1, 20)
    figure = plots.recall_by_k(
        {kind: {"model": curve, "own_frequency": curve / 2} for kind in ("all", "new")}
    )
    assert title(figure) == "Ten items find 50 % of all purchases and 50 % of new purchases"
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert np.asarray(figure.axes[0].lines[1].get_xydata())[-1] == pytest.approx((20, 0.5))
    assert figure.axes[0].get_legend_handles_labels()[1] == ["model", "own frequency"]


def test_repeat_against_new_draws_bars_with_their_intervals() -> None:
    found = {
        kind: {
            "model": Interval(value, value - 0.1, value + 0.1, 0.05),
            "tifu_knn": Interval(0.2, 0.1, 0.3, 0.05),
        }
        for kind, value in (("all", 0.67), ("repeat", 0.74), ("new", 0.25))
    }
    figure = plots.repeat_against_new(found)
    assert title(figure) == "NDCG@10 is 0.67 over all and 0.74 over repeat and 0.25 over new purchases"
    assert heights(figure.axes[0]) == pytest.approx([0.67, 0.74, 0.25, 0.2, 0.2, 0.2])
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["all", "repeat", "new"]
    ends = np.array(figure.axes[0].collections[0].get_paths()[0].vertices)
    assert ends[:, 1] == pytest.approx([0.57, 0.77])


def test_coverage_and_concentration_draw_shares() -> None:
    coverage, top = plots.coverage(SHARES), plots.top_item_share(SHARES)
    assert title(coverage) == "Items shown in lists of ten: 75.0 % of all and 50.0 % of new"
    assert title(top) == "Places that one item takes in lists of ten: 75.0 % of all and 50.0 % of new"
    assert heights(coverage.axes[0]) == pytest.approx([0.75, 0.5, 0.033, 0.507])
    assert not coverage.axes[0].collections


def test_calibration_has_a_panel_a_kind() -> None:
    probability = np.linspace(0, 0.5, 50)
    label = (probability > 0.25).astype(float)
    figure = plots.calibration({"repeat": (label, probability), "new": (label, probability)}, 0.0123)
    assert title(figure) == "Predicted and observed purchases differ by 1.23 points on average"
    names = [axes.get_legend_handles_labels()[1][1] for axes in figure.axes]
    assert names == ["a tenth of the repeat candidates, 95 %", "a tenth of the new candidates, 95 %"]
