"""Pictures of a churn model: each takes arrays and gives a matplotlib Figure whose title says what to see."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from training.arrays import Floats
from training.churn.metrics import Tally, average_precision, evaluate, gain, tally
from training.drawing import FAINT, INK, MODEL, agreement, frame, headline, name_rows, percent, styles
from training.drawing import importance as importance_of
from training.intervals import Replicates
from training.wording import days, spoken

LOW_TO_HIGH = LinearSegmentedColormap.from_list("low to high", ["#1f77c9", "#a78fb5", "#d7263d"])
SHOWN_CUSTOMERS = 2000
"""Points a feature in the contribution summary: more only make it darker."""


def calibration(label: ArrayLike, probability: ArrayLike) -> Figure:
    """Observed against predicted churn in ten equally large groups, above a histogram of predictions."""
    error = evaluate(label, probability)["calibration_error"]
    figure, (top, bottom) = frame(
        f"Predicted and observed churn differ by {100 * error:.1f} points on average",
        height=7.0,
        rows=(3, 1),
    )
    agreement(top, np.asarray(label), np.asarray(probability), "a tenth of all")
    top.set_ylabel("customers who churned")
    bottom.hist(np.asarray(probability), bins=50, color=MODEL, alpha=0.75)
    bottom.set(xlim=(0, 1), xlabel="predicted churn probability", ylabel="customers")
    percent(bottom, "x")
    return figure


def gains(label: ArrayLike, scores: Mapping[str, ArrayLike]) -> Figure:
    """Share of churners found against share of customers contacted, for each scorer."""
    found = gain(0.1)(tally(label, next(iter(scores.values()))))[0]
    figure, (axes,) = frame(f"The tenth of customers most at risk holds {100 * found:.0f} % of all churners")
    for (name, score), style in zip(scores.items(), styles(), strict=False):
        counts = tally(label, score)
        contacted = np.cumsum(counts.churned + counts.stayed) / len(np.asarray(label))
        share = np.cumsum(counts.churned) / counts.churned.sum()
        axes.plot(np.append(0, contacted), np.append(0, share), label=spoken(name), **style)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="at random")
    axes.set(
        xlim=(0, 1), ylim=(0, 1.01), xlabel="customers, highest risk first", ylabel="churners among them"
    )
    axes.legend(loc="lower right", frameon=False)
    percent(axes, "xy")
    return figure


def lift(label: ArrayLike, score: ArrayLike) -> Figure:
    """Churn rate of each tenth of customers over the churn rate of all, highest scores first."""
    counts = tally(label, score)
    reached = [gain(tenth / 10)(counts)[0] for tenth in range(11)]
    lifts = 10 * np.diff(reached)
    figure, (axes,) = frame(f"The tenth most at risk churns {lifts[0]:.1f} times as often as the average")
    bars = axes.bar(np.arange(1, 11), lifts, color=np.where(lifts >= 1, MODEL, FAINT), width=0.75)
    axes.bar_label(bars, fmt="%.1f", padding=4, color=INK, bbox={"color": "white", "pad": 1})
    axes.axhline(1, color=INK, linestyle="--", linewidth=1, zorder=2)
    axes.set(xlabel="tenth of customers, 1 = highest risk", ylabel="churn rate / average churn rate")
    axes.set_xticks(np.arange(1, 11))
    axes.grid(visible=False, axis="x")
    return figure


def precision_recall(label: ArrayLike, scores: Mapping[str, ArrayLike]) -> Figure:
    """Share of contacted customers who churn against share of churners found, for each scorer."""
    rate = float(np.mean(np.asarray(label)))
    best = average_precision(tally(label, next(iter(scores.values()))))[0]
    figure, (axes,) = frame(f"Average precision is {best:.2f} where {100 * rate:.0f} % of customers churn")
    for (name, score), style in zip(scores.items(), styles(), strict=False):
        counts = tally(label, score)
        found = np.cumsum(counts.churned)
        axes.step(found / found[-1], _precision(counts), where="post", label=spoken(name), **style)
    axes.axhline(rate, color=FAINT, linestyle="--", label="at random")
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.01),
        xlabel="churners found (recall)",
        ylabel="churners among them (precision)",
    )
    axes.legend(loc="upper right", frameon=False)
    percent(axes, "xy")
    return figure


def importance(contributions: Floats, words: Sequence[str], top: int = 20) -> Figure:
    """Mean absolute contribution of each of the `top` features to the log-odds, (n, features)."""
    meaning = "average change of the churn log-odds, up or down"
    return importance_of(contributions, words, "Moves the risk most", meaning, top)


def contribution_summary(
    contributions: Floats, values: Floats, words: Sequence[str], top: int = 15
) -> Figure:
    """Every customer's contribution of each of the `top` features, coloured by the feature's value.

    `contributions` and `values` are (n, features); missing values are grey. Of many customers an even pick is
    shown.
    """
    weight = np.abs(contributions).mean(axis=0)
    shown = np.argsort(-weight, kind="stable")[:top]
    picked = np.unique(np.linspace(0, len(values) - 1, SHOWN_CUSTOMERS).round().astype(int))
    side = _risky_side(contributions[:, shown[0]], values[:, shown[0]])
    title = headline(f"{side} values raise the risk most", words[shown[0]])
    figure, (axes,) = frame(title, height=1.8 + 0.4 * len(shown))
    axes.axvline(0, color=INK, linewidth=1)
    for row, feature in enumerate(shown):
        _swarm(axes, row, contributions[picked, feature], values[picked, feature])
    name_rows(axes, [words[feature] for feature in shown])
    axes.set_xlabel("change of the churn log-odds: left lowers, right raises the risk")
    _value_bar(figure, axes)
    return figure


def backtest(replicates: Replicates, starts: Sequence[datetime], models: Sequence[str]) -> Figure:
    """AUC of each model at each test period, beginning at `starts`, with 95 % bootstrap intervals."""
    measured = np.array([replicates.measured[model, "auc"] for model in models])
    wins = int((measured[0] >= measured.max(axis=0)).sum())
    title = f"{spoken(models[0])}: mean AUC {measured[0].mean():.3f}, best in {wins} of {len(starts)} periods"
    figure, (axes,) = frame(title, width=9.0)
    places = np.arange(len(starts))
    offsets = np.linspace(-0.3, 0.3, len(models)) if len(models) > 1 else np.zeros(1)
    for model, offset, style in zip(models, offsets, styles(), strict=False):
        spans = [replicates.at(origin, model, "auc") for origin in range(len(starts))]
        values = np.array([span.estimate for span in spans])
        bars = np.abs(np.array([[span.low, span.high] for span in spans]).T - values)
        name = f"{spoken(model)}, mean {values.mean():.3f}"
        look = {"color": style["color"], "fmt": "o", "capsize": 2}
        axes.errorbar(places + offset, values, yerr=bars, label=name, **look)
    axes.set_xticks(places, days(starts))
    axes.set(xlabel="first day of the test period", ylabel="AUC")
    axes.grid(visible=False, axis="x")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def _precision(counts: Tally) -> Floats:
    found = np.cumsum(counts.churned)
    return np.asarray(found / np.cumsum(counts.churned + counts.stayed))


def _risky_side(contribution: Floats, value: Floats) -> str:
    known = np.isfinite(value)
    centered = rankdata(value[known]) - (known.sum() + 1) / 2
    return "High" if centered @ contribution[known] >= 0 else "Low"


def _swarm(axes: Axes, row: int, contribution: Floats, value: Floats) -> None:
    """Draw one feature's points, spread the wider the more of them share a place."""
    place = np.digitize(contribution, np.linspace(contribution.min(), contribution.max(), 120))
    _, where, crowd = np.unique(place, return_inverse=True, return_counts=True)
    turn = np.empty(len(place))
    earlier = np.repeat(np.cumsum(crowd) - crowd, crowd)
    turn[np.argsort(where, kind="stable")] = np.arange(len(place)) - earlier
    side = np.where(turn % 2 == 0, 1, -1) * (turn + 1) // 2
    height = row + 0.8 * side / crowd.max()
    known = np.isfinite(value)
    rank = rankdata(value[known]) / max(1, known.sum())
    axes.scatter(contribution[~known], height[~known], s=5, color=FAINT)
    axes.scatter(contribution[known], height[known], s=5, c=rank, cmap=LOW_TO_HIGH, vmin=0, vmax=1)


def _value_bar(figure: Figure, axes: Axes) -> None:
    bar = figure.colorbar(axes.collections[-1], ax=axes, aspect=40, pad=0.02, ticks=[0, 1])
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("value of the feature (grey: missing)", labelpad=-8)
    bar.outline.set_visible(False)
