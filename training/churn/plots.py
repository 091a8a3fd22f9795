"""Pictures of a churn model: each takes arrays and gives a matplotlib Figure whose title says what to see.

Where several scorers are compared, the first one is the model and stands out; the others are what it is
compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from training.arrays import Floats
from training.churn.metrics import Tally, average_precision, evaluate, gain, tally
from training.intervals import Replicates

MODEL = "#b3261e"
OTHERS = ("#1f5f8b", "#d98e04", "#4a7c59", "#7b5ea7", "#8c6d46", "#5f6b76", "#2a9d8f")
INK = "#2b2b2b"
FAINT = "#9aa0a6"
LOW_TO_HIGH = LinearSegmentedColormap.from_list("low to high", ["#1f77c9", "#a78fb5", "#d7263d"])
SHOWN_CUSTOMERS = 2000
"""Points a feature in the contribution summary: more only make it darker."""


def calibration(label: ArrayLike, probability: ArrayLike) -> Figure:
    """Observed against predicted churn in ten equally large groups, above a histogram of predictions."""
    error = evaluate(label, probability)["calibration_error"]
    figure, (top, bottom) = _figure(
        f"Predicted and observed churn differ by {100 * error:.1f} points on average",
        height=7.0,
        ratios=(3, 1),
    )
    predicted, observed, low, high = np.array(list(_groups(np.asarray(label), np.asarray(probability)))).T
    reach = 1.08 * max(high.max(), predicted.max())
    top.plot([0, reach], [0, reach], color=FAINT, linestyle="--", label="perfect agreement")
    bars = np.clip([observed - low, high - observed], 0, None)
    top.errorbar(
        predicted, observed, yerr=bars, fmt="o", color=MODEL, capsize=3, label="a tenth of all, 95 %"
    )
    top.set(xlim=(0, reach), ylim=(0, reach), ylabel="customers who churned")
    top.legend(loc="upper left", frameon=False)
    _percent(top, "xy")
    bottom.hist(np.asarray(probability), bins=50, color=MODEL, alpha=0.75)
    bottom.set(xlim=(0, 1), xlabel="predicted churn probability", ylabel="customers")
    _percent(bottom, "x")
    return figure


def gains(label: ArrayLike, scores: Mapping[str, ArrayLike]) -> Figure:
    """Share of churners found against share of customers contacted, for each scorer."""
    found = gain(0.1)(tally(label, next(iter(scores.values()))))[0]
    figure, (axes,) = _figure(
        f"The tenth of customers most at risk holds {100 * found:.0f} % of all churners"
    )
    for (name, score), style in zip(scores.items(), _styles(), strict=False):
        counts = tally(label, score)
        contacted = np.cumsum(counts.churned + counts.stayed) / len(np.asarray(label))
        share = np.cumsum(counts.churned) / counts.churned.sum()
        axes.plot(np.append(0, contacted), np.append(0, share), label=_spoken(name), **style)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="at random")
    axes.set(
        xlim=(0, 1), ylim=(0, 1.01), xlabel="customers, highest risk first", ylabel="churners among them"
    )
    axes.legend(loc="lower right", frameon=False)
    _percent(axes, "xy")
    return figure


def lift(label: ArrayLike, score: ArrayLike) -> Figure:
    """Churn rate of each tenth of customers over the churn rate of all, highest scores first."""
    counts = tally(label, score)
    reached = [gain(tenth / 10)(counts)[0] for tenth in range(11)]
    lifts = 10 * np.diff(reached)
    figure, (axes,) = _figure(f"The tenth most at risk churns {lifts[0]:.1f} times as often as the average")
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
    figure, (axes,) = _figure(f"Average precision is {best:.2f} where {100 * rate:.0f} % of customers churn")
    for (name, score), style in zip(scores.items(), _styles(), strict=False):
        counts = tally(label, score)
        found = np.cumsum(counts.churned)
        axes.step(found / found[-1], _precision(counts), where="post", label=_spoken(name), **style)
    axes.axhline(rate, color=FAINT, linestyle="--", label="at random")
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.01),
        xlabel="churners found (recall)",
        ylabel="churners among them (precision)",
    )
    axes.legend(loc="upper right", frameon=False)
    _percent(axes, "xy")
    return figure


def importance(contributions: Floats, words: Sequence[str], top: int = 20) -> Figure:
    """Mean absolute contribution of each of the `top` features.

    `contributions` (n, features) are in log-odds; `words` names each feature in plain language.
    """
    weight = np.abs(contributions).mean(axis=0)
    shown = np.argsort(-weight, kind="stable")[:top]
    figure, (axes,) = _figure(
        _headline("Moves the risk most", words[shown[0]]), height=1.5 + 0.34 * len(shown)
    )
    axes.barh(np.arange(len(shown)), weight[shown], color=MODEL, height=0.7)
    _name_rows(axes, [words[feature] for feature in shown])
    axes.set_xlabel("average change of the churn log-odds, up or down")
    return figure


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
    title = _headline(f"{side} values raise the risk most", words[shown[0]])
    figure, (axes,) = _figure(title, height=1.8 + 0.4 * len(shown))
    axes.axvline(0, color=INK, linewidth=1)
    for row, feature in enumerate(shown):
        _swarm(axes, row, contributions[picked, feature], values[picked, feature])
    _name_rows(axes, [words[feature] for feature in shown])
    axes.set_xlabel("change of the churn log-odds: left lowers, right raises the risk")
    _value_bar(figure, axes)
    return figure


def backtest(replicates: Replicates, starts: Sequence[datetime], models: Sequence[str]) -> Figure:
    """AUC of each model at each test period, beginning at `starts`, with 95 % bootstrap intervals."""
    measured = np.array([replicates.measured[model, "auc"] for model in models])
    wins = int((measured[0] >= measured.max(axis=0)).sum())
    title = (
        f"{_spoken(models[0])}: mean AUC {measured[0].mean():.3f}, best in {wins} of {len(starts)} periods"
    )
    figure, (axes,) = _figure(title, width=9.0)
    places = np.arange(len(starts))
    offsets = np.linspace(-0.3, 0.3, len(models)) if len(models) > 1 else np.zeros(1)
    for model, offset, style in zip(models, offsets, _styles(), strict=False):
        spans = [replicates.at(origin, model, "auc") for origin in range(len(starts))]
        values = np.array([span.estimate for span in spans])
        bars = np.abs(np.array([[span.low, span.high] for span in spans]).T - values)
        name = f"{_spoken(model)}, mean {values.mean():.3f}"
        look = {"color": style["color"], "fmt": "o", "capsize": 2}
        axes.errorbar(places + offset, values, yerr=bars, label=name, **look)
    axes.set_xticks(places, [f"{start:%Y-%m-%d}" for start in starts])
    axes.set(xlabel="first day of the test period", ylabel="AUC")
    axes.grid(visible=False, axis="x")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def _figure(
    title: str, *, width: float = 8.0, height: float = 5.5, ratios: Sequence[float] = (1,)
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), dpi=110, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    grid = figure.subplots(len(ratios), 1, squeeze=False, height_ratios=ratios)
    for axes in grid[:, 0]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e6e6e6")
        axes.set_axisbelow(True)
    figure.suptitle(title, x=0.02, ha="left", fontsize=13, fontweight="bold", color=INK)
    return figure, list(grid[:, 0])


def _styles() -> Iterator[dict[str, Any]]:
    yield {"color": MODEL, "linewidth": 2.6, "zorder": 3}
    while True:
        yield from ({"color": color, "linewidth": 1.3} for color in OTHERS)


def _percent(axes: Axes, which: str) -> None:
    for name in which:
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _headline(claim: str, words: str) -> str:
    return fill(f"{claim}: {words}", 68)


def _groups(label: Floats, probability: Floats) -> Iterator[tuple[float, float, float, float]]:
    """Yield mean probability, churn rate and its 95 % Wilson interval of ten groups; ties stay together."""
    edges = np.quantile(probability, np.arange(1, 10) / 10)
    group = np.searchsorted(edges, probability, side="right")
    for number in np.unique(group):
        members = group == number
        rate, size, z = float(label[members].mean()), int(members.sum()), 1.96
        center = (rate + z**2 / (2 * size)) / (1 + z**2 / size)
        half = z * np.sqrt(rate * (1 - rate) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
        yield float(probability[members].mean()), rate, center - half, center + half


def _precision(counts: Tally) -> Floats:
    found = np.cumsum(counts.churned)
    return np.asarray(found / np.cumsum(counts.churned + counts.stayed))


def _name_rows(axes: Axes, words: Sequence[str]) -> None:
    axes.set_yticks(np.arange(len(words)), [fill(text, 46) for text in words])
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


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
