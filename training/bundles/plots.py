"""Pictures of bundles: each takes numbers and gives a matplotlib Figure whose title says what to see.

Where several recommenders are compared, the first one is the model and stands out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from training.arrays import Floats
from training.drawing import FAINT, INK, MODEL, OTHERS, frame, name_rows, styles
from training.intervals import Interval
from training.wording import spoken

FIXED = "basket size, store, season and promotions held fixed"
LEVELS = {
    "": FAINT,
    "basket size": "#e3cfa4",
    "store and season": OTHERS[0],
    "promotion": MODEL,
}
"""Colours of what explains a pair, the coarsest first; nothing does where it is empty."""
_SHORT, _LONG = "@5", "@10"
_NAMED = 10
_UNKNOWN = "#e2e2e2"
_PLAIN = FuncFormatter(lambda value, _place: f"{value:g}")
_DECADE = 10.0
_LETTERS = 7.5
"""Of a title, an inch."""


def quality(metrics: Mapping[str, Mapping[str, Mapping[str, Interval]]]) -> Figure:
    """Metrics of lists by name, then by list length (`@5`, `@10`), then by recommender: a panel a metric."""
    model = {name: next(iter(by_length[_LONG].values())) for name, by_length in metrics.items()}
    told = " and ".join(f"{name}@10 is {found.estimate:.3f}" for name, found in model.items())
    figure, panels = frame(
        f"One hidden item of a later basket: {told}", width=11.0, height=4.2, columns=len(metrics)
    )
    for axes, (name, by_length) in zip(panels, metrics.items(), strict=True):
        _bars(axes, by_length)
        axes.set_xlabel(f"{name}@10 with 95 % interval (point: {name}@5)")
    return figure


def _bars(axes: Axes, by_length: Mapping[str, Mapping[str, Interval]]) -> None:
    """A bar a recommender for ten suggestions, a point for five."""
    names, found = list(by_length[_LONG]), list(by_length[_LONG].values())
    middle, width = np.arange(len(names)), [one.estimate for one in found]
    colors = [style["color"] for _name, style in zip(names, styles(), strict=False)]
    axes.barh(middle, width, color=colors, height=0.7)
    ends = [[one.estimate - one.low for one in found], [one.high - one.estimate for one in found]]
    axes.errorbar(width, middle, xerr=np.clip(ends, 0, None), fmt="none", ecolor=INK, capsize=3)
    short = [by_length[_SHORT][name].estimate for name in names]
    axes.plot(short, middle, "o", color="white", markeredgecolor=INK, markersize=5)
    name_rows(axes, [spoken(name) for name in names])
    axes.grid(axis="x", color="#e6e6e6")


@dataclass(frozen=True)
class Matrix:
    """Items, those of one group side by side, and what is known of each pair."""

    names: Sequence[str]
    groups: Sequence[str]
    """(items,) what each belongs to; equal ones stand together."""
    lift: Floats
    """(items, items) adjusted lift, the same both ways round; NaN where it is not known."""


def associations(matrix: Matrix) -> Figure:
    """A heat map of log2 of the adjusted lift: red above what chance gives, blue below."""
    upper = np.triu(np.nan_to_num(matrix.lift), k=1)
    first, second = divmod(int(upper.argmax()), len(matrix.names))
    pair = f"{matrix.names[first]} and {matrix.names[second]}"
    title = f"{pair}: {upper.max():.1f} times as often together as by chance, {FIXED}"
    size = 4.2 + 0.27 * len(matrix.names)
    figure, (axes,) = frame(_told(title, size + 2.2), width=size + 2.2, height=size)
    with np.errstate(divide="ignore"):
        shade = np.where(matrix.lift > 0, np.log2(matrix.lift), np.nan)
    reach = max(1.0, float(np.nanmax(np.abs(shade), initial=0.0)))
    image = axes.imshow(shade, cmap="RdBu_r", vmin=-reach, vmax=reach)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, pad=0.02)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda power, _place: f"{2**power:.3g}"))
    bar.set_label("adjusted lift; 1 is chance (grey: in too few baskets)")
    axes.set_facecolor(_UNKNOWN)
    _name_both_ways(axes, matrix)
    return figure


def _name_both_ways(axes: Axes, matrix: Matrix) -> None:
    """Items at the left and below, groups at the right, a line between groups."""
    places, names = range(len(matrix.names)), [fill(name, 30) for name in matrix.names]
    axes.set_yticks(places, names, fontsize=8)
    axes.set_xticks(places, names, fontsize=8, rotation=60, ha="right", rotation_mode="anchor")
    axes.grid(visible=False)
    starts = [place for place in places if place == 0 or matrix.groups[place] != matrix.groups[place - 1]]
    for start, end in zip(starts, [*starts[1:], len(places)], strict=True):
        for line in (axes.axhline, axes.axvline):
            line(start - 0.5, color=FAINT, linewidth=0.8)
        axes.text(len(places) - 0.3, (start + end - 1) / 2, matrix.groups[start], va="center", fontsize=7)


def promotion(lift: Floats, adjusted: Floats, explained_by: Sequence[str], names: Sequence[str]) -> Figure:
    """Adjusted against plain lift of n significant pairs, by what explains them: nothing where it is empty.

    Drawn last are those that nothing less than the last of `LEVELS` explains; the first of them are named.
    """
    by = np.array(explained_by)
    claim = f"{(by != '').sum():,} of {len(by):,} significant pairs are no longer so with {FIXED}"
    figure, (axes,) = frame(_told(claim, 11.0), width=11.0, height=6.0)
    axes.plot(
        [lift.min(), lift.max()], [lift.min(), lift.max()], color=INK, linestyle="--", label="no change"
    )
    for level, color in LEVELS.items():
        chosen, label = by == level, f"explained by {level}" if level else "lift remains"
        axes.scatter(lift[chosen], adjusted[chosen], s=14, color=color, alpha=0.6, linewidths=0, label=label)
    axes.axhline(1, color=INK, linewidth=0.8)
    _number(axes, lift, adjusted, np.flatnonzero(by == list(LEVELS)[-1])[:_NAMED], names)
    axes.set(xscale="log", yscale="log", xlabel="lift", ylabel="adjusted lift")
    for scale, low, high in ((axes.xaxis, *axes.get_xlim()), (axes.yaxis, *axes.get_ylim())):
        scale.set_major_formatter(_PLAIN)
        scale.set_minor_formatter(_PLAIN if high < _DECADE * low else NullFormatter())
    axes.legend(loc="upper left", frameon=False)
    return figure


def _number(
    axes: Axes, lift: Floats, adjusted: Floats, pairs: NDArray[np.intp], names: Sequence[str]
) -> None:
    """Number some of the pairs, and tell their names at the right."""
    for number, pair in enumerate(pairs, 1):
        axes.annotate(
            f"{number}", (lift[pair], adjusted[pair]), (0, 4), textcoords="offset points", fontsize=7
        )
    told = "\n".join(fill(f"{number}  {names[pair]}", 44) for number, pair in enumerate(pairs, 1))
    axes.text(1.02, 0.0, told, transform=axes.transAxes, fontsize=7.5, va="bottom", linespacing=1.5)


def substitutes(observed: Floats, expected: Floats, names: Sequence[str]) -> Figure:
    """Baskets with both of each pair, against those that their customers' purchases lead one to expect."""
    title = f"Instead of each other: {observed[0]:,.0f} baskets with both, {expected[0]:,.0f} expected: {names[0]}"
    figure, (axes,) = frame(_told(title, 10.0), width=10.0, height=1.6 + 0.34 * len(names))
    rows = np.arange(len(names))
    axes.hlines(rows, observed, expected, color=FAINT, linewidth=2)
    axes.plot(expected, rows, "o", color="white", markeredgecolor=INK, label="expected", linestyle="none")
    axes.plot(observed, rows, "o", color=MODEL, label="observed", linestyle="none")
    name_rows(axes, names)
    axes.set_xlabel("baskets with both")
    axes.set_xlim(left=0)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    return figure


@dataclass(frozen=True)
class Offer:
    """A bundle, as far as its money goes: amounts over all mined baskets."""

    name: str
    won: float
    """Extra margin at an uptake of 1."""
    given_away: float
    """Discount to those who would have bought all of it anyway."""


def extra_margin(offers: Sequence[Offer], uptake: float, currency: str) -> Figure:
    """Expected extra margin of bundles, the best first, by uptake; `uptake` is the one that is assumed.

    An uptake of 1 says that a basket that lacks one item adds it as often as baskets with the rest hold it today.
    """
    brings = offers[0].won * uptake - offers[0].given_away
    title = f"At an assumed uptake of {uptake:g} the best bundle brings {brings:+,.0f} {currency}"
    figure, (axes,) = frame(title, width=11.0, height=5.5)
    reach = np.array([0.0, 2 * uptake])
    for offer, style in zip(offers, styles(), strict=False):
        axes.plot(reach, reach * offer.won - offer.given_away, label=fill(offer.name, 40), **style)
        pays = offer.given_away / offer.won if offer.won > 0 else np.inf
        if pays <= reach[1]:
            axes.plot([pays], [0], "o", color=style["color"], zorder=4)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(uptake, color=FAINT, linestyle="--")
    axes.set_xlabel(
        "uptake: 1 adds the lacking item as often as others hold it (points: break-even; dashed: assumed)"
    )
    axes.set_ylabel(f"expected extra margin, {currency}")
    axes.set_xlim(*reach)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    return figure


def _told(title: str, width: float) -> str:
    """A title on as many lines as a figure of that many inches needs."""
    return fill(title, int(_LETTERS * width))
