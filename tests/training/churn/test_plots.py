"""Pictures say in their titles what the numbers say, and draw what was measured."""

from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from training.arrays import Floats
from training.churn import plots
from training.churn.bootstrap import Origin, replicate

# The ten customers of the metrics tests: one churner in the top tenth, four in all.
PROBABILITY = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
LABEL = np.array([1.0, 1, 0, 1, 0, 0, 1, 0, 0, 0])
ORDER = np.random.default_rng(0).permutation(10)
SCORES = {"churn_model": PROBABILITY[ORDER], "recency": PROBABILITY[ORDER][::-1]}
WORDS = ["days since the last purchase", "baskets in 56 days", "share of promoted items"]


@pytest.fixture
def explained() -> tuple[Floats, Floats]:
    """Give contributions and values (200, 3): the second feature matters most and protects, some miss."""
    values = np.random.default_rng(1).normal(size=(200, 3))
    contributions = values * [0.2, -1.0, 0.0]
    values[:7] = np.nan
    return contributions, values


def title(figure: Figure) -> str:
    """Draw the figure for good and return its title."""
    figure.savefig(BytesIO(), format="png")
    return figure.get_suptitle().replace("\n", " ")


def bars(axes: Axes) -> list[Rectangle]:
    """Return the bars that were drawn, in order."""
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def test_calibration_tells_the_calibration_error() -> None:
    figure = plots.calibration(LABEL[ORDER], PROBABILITY[ORDER])
    assert title(figure) == "Predicted and observed churn differ by 33.0 points on average"
    assert sum(bar.get_height() for bar in bars(figure.axes[1])) == 10


def test_calibration_draws_one_point_when_all_predictions_are_equal() -> None:
    figure = plots.calibration(LABEL, np.full(10, 0.4))
    assert title(figure) == "Predicted and observed churn differ by 0.0 points on average"
    assert figure.axes[0].lines[1].get_xydata() == pytest.approx(np.array([[0.4, 0.4]]))


def test_gains_tells_the_top_tenth_and_draws_every_scorer() -> None:
    figure = plots.gains(LABEL[ORDER], SCORES)
    assert title(figure) == "The tenth of customers most at risk holds 25 % of all churners"
    axes = figure.axes[0]
    assert axes.get_legend_handles_labels()[1] == ["churn model", "recency", "at random"]
    drawn = axes.lines[0].get_ydata()
    assert drawn == pytest.approx(np.array([0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4]) / 4)


def test_lift_draws_ten_bars_that_average_to_one() -> None:
    figure = plots.lift(LABEL[ORDER], PROBABILITY[ORDER])
    assert title(figure) == "The tenth most at risk churns 2.5 times as often as the average"
    heights = [bar.get_height() for bar in bars(figure.axes[0])]
    assert heights == pytest.approx(2.5 * LABEL)


def test_precision_recall_ends_at_the_churn_rate() -> None:
    figure = plots.precision_recall(LABEL[ORDER], SCORES)
    assert title(figure) == "Average precision is 0.83 where 40 % of customers churn"
    assert np.asarray(figure.axes[0].lines[0].get_xydata())[-1] == pytest.approx((1, 0.4))


def test_importance_sorts_features_by_their_mean_effect(explained: tuple[Floats, Floats]) -> None:
    contributions, _ = explained
    figure = plots.importance(contributions, WORDS, top=2)
    assert title(figure) == "Moves the risk most: baskets in 56 days"
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [WORDS[1], WORDS[0]]
    expected = np.abs(contributions).mean(axis=0)[[1, 0]]
    assert [bar.get_width() for bar in bars(axes)] == pytest.approx(expected)


def test_contribution_summary_tells_which_values_are_risky(explained: tuple[Floats, Floats]) -> None:
    contributions, values = explained
    assert title(plots.contribution_summary(contributions, values, WORDS)) == (
        "Low values raise the risk most: baskets in 56 days"
    )
    assert title(plots.contribution_summary(-contributions, values, WORDS)) == (
        "High values raise the risk most: baskets in 56 days"
    )


def test_contribution_summary_draws_each_customer_once_a_feature(explained: tuple[Floats, Floats]) -> None:
    contributions, values = explained
    figure = plots.contribution_summary(contributions, values, WORDS)
    missing, known = (np.ma.getdata(dots.get_offsets()) for dots in figure.axes[0].collections[:2])
    drawn = np.concatenate([missing, known])
    assert len(missing) == 7
    assert np.sort(drawn[:, 0]) == pytest.approx(np.sort(contributions[:, 1]))
    assert np.abs(drawn[:, 1]).max() < 0.5


def test_contribution_summary_bears_a_feature_that_nobody_has() -> None:
    figure = plots.contribution_summary(np.zeros((5, 1)), np.full((5, 1), np.nan), ["nothing"])
    assert title(figure).endswith("nothing")


def test_backtest_draws_every_model_at_every_origin() -> None:
    one = Origin(np.arange(10), LABEL, {"churn_model": PROBABILITY}, {"recency": PROBABILITY[::-1]})
    starts = [datetime(2017, 9, 11, tzinfo=UTC), datetime(2017, 10, 9, tzinfo=UTC)]
    figure = plots.backtest(replicate([one, one], resamples=50), starts, ["churn_model", "recency"])
    assert title(figure) == "churn model: mean AUC 0.833, best in 2 of 2 periods"
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2017-09-11", "2017-10-09"]
    assert axes.get_legend_handles_labels()[1] == ["churn model, mean 0.833", "recency, mean 0.167"]
