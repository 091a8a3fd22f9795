"""The picture of rules as a network: items that go together beyond chance, with names that can be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill, wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath

from training.arrays import Floats
from training.bundles.layout import arranged
from training.drawing import FAINT, INK, MODEL, OTHERS, frame

_POINTS = 72.0
"""An inch; all other lengths are in inches."""
_FONT = 7.5
_WIDTH = 14.0
_NARROWEST = 11.0
_LETTERS = 15
_LINE = 1.25
"""Lines of text, in font sizes."""
_LARGEST, _SMALLEST = 0.24, 0.05
"""Radii of nodes."""
_THIN, _THICK = 1.2, 7.0
"""Links, in points."""
_LEAST = 1e-3
_GAP, _MARGIN, _WORDS = 0.04, 0.25, 1.2


@dataclass(frozen=True)
class Node:
    """An item of the network."""

    name: str
    group: str
    """What it belongs to: its colour."""
    baskets: int


@dataclass(frozen=True)
class Edge:
    """Two items by their ids, and how strongly they are linked."""

    first: str
    second: str
    lift: float


def rule_network(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> Figure:
    """Items as nodes, as large as the baskets that hold them, and links the wider, the higher their lift.

    `nodes` are by id, `edges` at least one. The same edges in any order give the same picture.
    """
    ordered = sorted(edges, key=lambda edge: (-edge.lift, edge.first, edge.second))
    linked = sorted({item for edge in ordered for item in (edge.first, edge.second)})
    drawn = _drawn({item: nodes[item] for item in linked})
    boxes = {item: (one.width, one.height) for item, one in drawn.items()}
    place, (width, height) = arranged([(edge.first, edge.second) for edge in ordered], boxes, _WIDTH)
    figure, axes = _sheet(_title(nodes, ordered), width, height)
    centre = {item: (x, y + drawn[item].height / 2 - drawn[item].radius) for item, (x, y) in place.items()}
    for edge, width in zip(ordered, _widths([edge.lift for edge in ordered]), strict=True):
        xs, ys = zip(centre[edge.first], centre[edge.second], strict=True)
        axes.plot(xs, ys, color=FAINT, linewidth=width, alpha=0.6, zorder=1)
    color = _colors([nodes[item].group for item in linked])
    for item, (x, y) in centre.items():
        one, shade = drawn[item], color.get(nodes[item].group, INK)
        axes.plot(x, y, "o", color=shade, markersize=2 * one.radius * _POINTS, markeredgewidth=0, zorder=2)
        text = axes.text(x, y - one.radius - _GAP, one.name, fontsize=_FONT, ha="center", va="top", zorder=3)
        text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    _explain(figure, color)
    return figure


@dataclass(frozen=True)
class _Drawn:
    """A node on the sheet, in inches: a circle, and its name on some lines below."""

    name: str
    radius: float
    width: float
    height: float


def _drawn(nodes: Mapping[str, Node]) -> dict[str, _Drawn]:
    most = max(node.baskets for node in nodes.values())
    return {item: _measured(node, _LARGEST * np.sqrt(node.baskets / most)) for item, node in nodes.items()}


def _measured(node: Node, wanted: float) -> _Drawn:
    radius, lines = float(max(wanted, _SMALLEST)), wrap(node.name, _LETTERS) or [" "]
    font = FontProperties(family="DejaVu Sans")
    wide = max(TextPath((0, 0), line, size=_FONT, prop=font).get_extents().width for line in lines) / _POINTS
    high = len(lines) * _FONT * _LINE / _POINTS
    return _Drawn("\n".join(lines), radius, max(wide, 2 * radius) + _GAP, 2 * radius + high + 2 * _GAP)


def _sheet(title: str, width: float, height: float) -> tuple[Figure, Axes]:
    """An empty sheet on which an inch is an inch."""
    wide, high = max(width, _NARROWEST) + 2 * _MARGIN, height + 2 * _MARGIN + _WORDS
    figure, (axes,) = frame(title, width=wide, height=high)
    figure.set_layout_engine("none")
    axes.set_position((_MARGIN / wide, (_MARGIN + _WORDS / 2) / high, width / wide, height / high))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def _title(nodes: Mapping[str, Node], ordered: Sequence[Edge]) -> str:
    strongest = ordered[0]
    first, second = nodes[strongest.first].name, nodes[strongest.second].name
    told = f"The {len(ordered)} strongest complements, first of all"
    return fill(f"{told} {first} and {second} ({strongest.lift:.1f} times chance)", 84)


def _widths(lifts: Sequence[float]) -> Floats:
    """In points, by the logarithm between the lowest and the highest."""
    strength = np.log(np.maximum(lifts, _LEAST))
    span = float(np.ptp(strength)) or 1.0
    return np.asarray(_THIN + (_THICK - _THIN) * (strength - strength.min()) / span)


def _colors(groups: Sequence[str]) -> dict[str, str]:
    """The groups with most items have colours, as far as these go."""
    often = sorted(Counter(group for group in groups if group).items(), key=lambda told: (-told[1], told[0]))
    return {group: color for (group, _count), color in zip(often, (MODEL, *OTHERS), strict=False)}


def _explain(figure: Figure, color: Mapping[str, str]) -> None:
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=shade, label=group)
        for group, shade in color.items()
    ]
    handles.append(Line2D([], [], marker="o", linestyle="none", color=INK, label="other categories"))
    figure.legend(
        handles=handles, loc="lower left", ncols=5, frameon=False, fontsize=8, title_fontsize=8, alignment="left",
        title="node: an item, the larger the more baskets hold it; line: the wider, the higher the adjusted lift",
    )  # fmt: skip
