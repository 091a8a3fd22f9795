"""What the pictures of all models share: frame, colours, and the drawings that say the same of each.

Where several scorers are compared, the first one is the model and stands out; the others are what it is
compared with.
"""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

from training.arrays import Floats, tenths

MODEL = "#b3261e"
OTHERS = ("#1f5f8b", "#d98e04", "#4a7c59", "#7b5ea7", "#8c6d46", "#5f6b76", "#2a9d8f")
INK = "#2b2b2b"
FAINT = "#9aa0a6"


def frame(
    title: str,
    *,
    width: float = 8.0,
    height: float = 5.5,
    rows: Sequence[float] = (1,),
    columns: int = 1,
) -> tuple[Figure, list[Axes]]:
    """An empty figure under its title, with panels row by row; `rows` are their heights relative to each other."""
    figure = Figure(figsize=(width, height), dpi=110, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    grid = figure.subplots(len(rows), columns, squeeze=False, height_ratios=rows)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e6e6e6")
        axes.set_axisbelow(True)
    figure.suptitle(title, x=0.02, ha="left", fontsize=13, fontweight="bold", color=INK)
    return figure, list(grid.flat)


def styles() -> Iterator[dict[str, Any]]:
    """Looks of lines, that of the model first, without end."""
    yield {"color": MODEL, "linewidth": 2.6, "zorder": 3}
    while True:
        yield from ({"color": color, "linewidth": 1.3} for color in OTHERS)


def percent(axes: Axes, which: str) -> None:
    """Write shares on the axes named in `which` as percentages."""
    for name in which:
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def literal(text: str) -> str:
    """Somebody's own text, whose dollar signs are dollars and begin no formula."""
    return text.replace("$", r"\$")


def headline(claim: str, words: str) -> str:
    """A title that names a feature, on as many lines as it takes."""
    return fill(f"{claim}: {words}", 68)


def name_rows(axes: Axes, words: Sequence[str]) -> None:
    """Put words beside horizontal bars or swarms, the first on top."""
    axes.set_yticks(np.arange(len(words)), [fill(text, 46) for text in words])
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def agreement(axes: Axes, label: Floats, probability: Floats, group: str) -> None:
    """Draw what happened against what was predicted in ten equally large groups, with 95 % intervals."""
    predicted, observed, low, high = np.array(list(_groups(label, probability))).T
    reach = 1.08 * max(high.max(), predicted.max())
    axes.plot([0, reach], [0, reach], color=FAINT, linestyle="--", label="perfect agreement")
    bars = np.clip([observed - low, high - observed], 0, None)
    axes.errorbar(predicted, observed, yerr=bars, fmt="o", color=MODEL, capsize=3, label=f"{group}, 95 %")
    axes.set(xlim=(0, reach), ylim=(0, reach))
    axes.legend(loc="upper left", frameon=False)
    percent(axes, "xy")


def importance(
    contributions: Floats, words: Sequence[str], claim: str, meaning: str, top: int = 20
) -> Figure:
    """Mean absolute contribution of each of the `top` features.

    `contributions` (n, features) are in log-odds; `words` names each feature in plain language, `claim` is said
    of the strongest one and `meaning` of the lengths of the bars.
    """
    weight = np.abs(contributions).mean(axis=0)
    shown = np.argsort(-weight, kind="stable")[:top]
    figure, (axes,) = frame(headline(claim, words[shown[0]]), height=1.5 + 0.34 * len(shown))
    axes.barh(np.arange(len(shown)), weight[shown], color=MODEL, height=0.7)
    name_rows(axes, [words[feature] for feature in shown])
    axes.set_xlabel(meaning)
    return figure


def _groups(label: Floats, probability: Floats) -> Iterator[tuple[float, float, float, float]]:
    """Yield mean probability, rate and its 95 % Wilson interval of ten groups."""
    group = tenths(probability)
    for number in np.unique(group):
        members = group == number
        rate, size, z = float(label[members].mean()), int(members.sum()), 1.96
        center = (rate + z**2 / (2 * size)) / (1 + z**2 / size)
        half = z * np.sqrt(rate * (1 - rate) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
        yield float(probability[members].mean()), rate, center - half, center + half
