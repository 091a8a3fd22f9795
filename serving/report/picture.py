"""The report as a picture: who takes what, and what that brings beyond the control group."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

from features.errors import InputError
from serving.report.figures import MINIMUM, Line
from serving.report.intervals import Interval

FORMATS = (".png", ".svg")
_OFFER = "#1f5f8b"
_LIFT = "#b3261e"
_INK = "#2b2b2b"
_FAINT = "#9aa0a6"


def save_picture(path: Path, found: Sequence[Line]) -> None:
    """Write the picture as PNG or SVG, by the name of the file; the folder is made.

    Raises `InputError` for another ending and a file that cannot be written.
    """
    if path.suffix not in FORMATS:
        raise InputError(f"the picture {path} ends neither in {' nor in '.join(FORMATS)}: rename it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(found).savefig(path)
    except OSError as fault:
        raise InputError(
            f"the picture {path} cannot be written ({fault.strerror}): choose another place"
        ) from fault


def picture(found: Sequence[Line]) -> Figure:
    """One row a line, in three panels: acceptance, and the lifts of purchases and of money with no lift marked."""
    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(11, 1.8 + 0.36 * len(found)), dpi=110, layout=engine)
    accepted, bought, money = figure.subplots(1, 3, sharey=True)
    _draw(accepted, "customers who accepted", [line.acceptance for line in found], _OFFER)
    _draw(bought, "more customers who buy", [line.purchase_lift for line in found], _LIFT)
    _draw(money, "more money a customer", [line.money_lift for line in found], _LIFT)
    accepted.set_yticks(range(len(found)), [f"{line.offer} · {line.channel}" for line in found])
    accepted.set_ylim(len(found) - 0.5, -0.5)
    for axes in (accepted, bought):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    for axes in (bought, money):
        axes.axvline(0, color=_FAINT, linewidth=1)
    figure.suptitle(
        "What offers bring beyond the control group", x=0.02, ha="left", fontweight="bold", color=_INK
    )
    figure.supxlabel(f"points with 95 % intervals; none below {MINIMUM} customers in a group", fontsize=9)
    return figure


def _draw(axes: Axes, title: str, intervals: Sequence[Interval | None], color: str) -> None:
    axes.set_title(title, fontsize=10, loc="left", color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#e6e6e6")
    axes.set_axisbelow(True)
    for place, interval in enumerate(intervals):
        if interval is not None:
            axes.plot([interval.low, interval.high], [place, place], color=color, linewidth=1.6)
            axes.plot([interval.estimate], [place], "o", color=color, markersize=5)
