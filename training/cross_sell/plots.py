"""Pictures of a cross-sell model: each takes numbers and gives a matplotlib Figure whose title says what to see.

Where several recommenders are compared, the first one is the model and stands out.
"""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.arrays import Floats
from training.drawing import INK, agreement, frame, percent, styles
from training.intervals import Interval
from training.wording import spoken

T = TypeVar("T")
ByKind = Mapping[str, Mapping[str, T]]
"""By kind of purchase, then by recommender."""

_TEN = 9
"""Place of the tenth item in a curve."""


def recall_by_k(curves: ByKind[Floats]) -> Figure:
    """Share of the purchases found against the length of the list; curves begin with lists of one item."""
    reached = {kind: curve[min(_TEN, len(curve) - 1)] for kind, curve in _first(curves).items()}
    told = " and ".join(f"{100 * share:.0f} % of {kind} purchases" for kind, share in reached.items())
    figure, panels = frame(f"Ten items find {told}", width=11.0, columns=len(curves))
    for axes, (kind, by_model) in zip(panels, curves.items(), strict=True):
        for (name, curve), style in zip(by_model.items(), styles(), strict=False):
            axes.plot(np.arange(1, len(curve) + 1), curve, label=spoken(name), **style)
        axes.set(xlabel="items in the list", ylabel=f"{kind} purchases found (recall)")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        percent(axes, "y")
    panels[0].legend(loc="upper left", frameon=False)
    return figure


def repeat_against_new(metrics: ByKind[Interval]) -> Figure:
    """NDCG@10 of everybody by kind of purchase, with 95 % bootstrap intervals."""
    told = " and ".join(f"{found.estimate:.2f} over {kind}" for kind, found in _first(metrics).items())
    figure, (axes,) = frame(f"NDCG@10 is {told} purchases", width=9.0)
    _bars(axes, metrics)
    axes.set_ylabel("NDCG@10")
    return figure


def coverage(shares: ByKind[float]) -> Figure:
    """Share of all items that anybody's list of ten shows."""
    return _spread(shares, "Items shown in lists of ten", "items in at least one list")


def top_item_share(shares: ByKind[float]) -> Figure:
    """Share of all places of the lists of ten that the most listed item takes."""
    return _spread(shares, "Places that one item takes in lists of ten", "places of the most listed item")


def calibration(panels: Mapping[str, tuple[Floats, Floats]], error: float) -> Figure:
    """Observed against predicted purchases in ten equally large groups of candidates, a panel a kind.

    `panels` holds labels and probabilities (n,) by kind, `error` is the calibration error over all candidates.
    """
    title = f"Predicted and observed purchases differ by {100 * error:.2f} points on average"
    figure, axes = frame(title, width=11.0, columns=len(panels))
    for one, (kind, (label, probability)) in zip(axes, panels.items(), strict=True):
        agreement(one, label, probability, f"a tenth of the {kind} candidates")
        one.set(xlabel="predicted purchase probability", ylabel="candidates that were bought")
    return figure


def _spread(shares: ByKind[float], claim: str, meaning: str) -> Figure:
    told = " and ".join(f"{100 * share:.1f} % of {kind}" for kind, share in _first(shares).items())
    figure, (axes,) = frame(f"{claim}: {told}", width=9.0)
    certain = {
        kind: {name: Interval(share, share, share, 0.0) for name, share in by_model.items()}
        for kind, by_model in shares.items()
    }
    _bars(axes, certain)
    axes.set_ylabel(meaning)
    percent(axes, "y")
    return figure


def _bars(axes: Axes, told: ByKind[Interval]) -> None:
    """A group of bars a kind, in it a bar a recommender; intervals that have a width are drawn."""
    names = list(next(iter(told.values())))
    width = 0.8 / len(names)
    for place, (name, style) in enumerate(zip(names, styles(), strict=False)):
        found = [by_model[name] for by_model in told.values()]
        middle = np.arange(len(found)) + (place - (len(names) - 1) / 2) * width
        axes.bar(middle, [one.estimate for one in found], width, label=spoken(name), color=style["color"])
        ends = [[one.estimate - one.low for one in found], [one.high - one.estimate for one in found]]
        if np.any(ends):
            heights, reach = [one.estimate for one in found], np.clip(ends, 0, None)
            axes.errorbar(middle, heights, yerr=reach, fmt="none", ecolor=INK, capsize=2)
    axes.set_xticks(np.arange(len(told)), list(told))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _first(told: ByKind[T]) -> dict[str, T]:
    """What is told of the model, by kind."""
    return {kind: next(iter(by_model.values())) for kind, by_model in told.items()}
