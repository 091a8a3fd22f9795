"""Where the items of a network stand: linked ones near each other, and no name on top of another.

All lengths are in inches, so that what is free of overlaps here is so in the picture.
"""

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx  # type: ignore[import-untyped]  # ships no types
import numpy as np

from training.arrays import Floats

Link = tuple[str, str]
Place = tuple[float, float]

_APART = 1.25
"""Mean length of a link before names are pushed apart."""
_BETWEEN = 0.35
"""Space between parts that no link joins."""
_ROUNDS = 1_000


def arranged(
    links: Iterable[Link], boxes: Mapping[str, Place], width: float
) -> tuple[dict[str, Place], Place]:
    """The centre of every linked item, and the width and height that they take in all.

    `boxes` holds the width and height that an item needs with its name; boxes do not overlap. Linked parts are
    laid out as by springs between all their items (Kamada and Kawai 1989, An algorithm for drawing general
    undirected graphs) and put side by side, the largest first, in rows of `width`; a wider part has a row for
    itself. The same links in any order give the same places.
    """
    graph = nx.Graph(sorted({(min(link), max(link)) for link in links}))
    parts = sorted(
        (sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part)
    )
    return _side_by_side([_laid_out(graph, part, boxes) for part in parts], boxes, width)


def _laid_out(graph: nx.Graph, part: Sequence[str], boxes: Mapping[str, Place]) -> dict[str, Place]:
    """One linked part around some centre."""
    linked = graph.subgraph(part)
    ordered = nx.Graph()
    ordered.add_nodes_from(part)
    ordered.add_edges_from(sorted(linked.edges))
    found = nx.kamada_kawai_layout(ordered)
    place = np.array([found[item] for item in part])
    at = {item: row for row, item in enumerate(part)}
    lengths = [np.hypot(*(place[at[first]] - place[at[second]])) for first, second in ordered.edges]
    spread = place * (_APART / max(float(np.mean(lengths)), 1e-9))
    apart = _pushed_apart(spread, np.array([boxes[item] for item in part]))
    return {item: (float(x), float(y)) for item, (x, y) in zip(part, apart, strict=True)}


def _pushed_apart(place: Floats, box: Floats) -> Floats:
    """Move overlapping boxes (n, 2) around their centres (n, 2) apart, along the axis that takes least."""
    place, least = place.copy(), (box[:, np.newaxis] + box) / 2
    for _round in range(_ROUNDS):
        between = place[:, np.newaxis] - place
        lacking = least - np.abs(between)
        overlaps = np.triu((lacking > 0).all(axis=2), k=1)
        if not overlaps.any():
            break
        for first, second in np.argwhere(overlaps):
            axis = int(lacking[first, second].argmin())
            move = 0.51 * lacking[first, second, axis] * (1 if between[first, second, axis] >= 0 else -1)
            place[first, axis] += move
            place[second, axis] -= move
    return place


def _side_by_side(
    parts: Sequence[dict[str, Place]], boxes: Mapping[str, Place], width: float
) -> tuple[dict[str, Place], Place]:
    """Put parts into rows, from the upper left corner down to y = 0."""
    places: dict[str, Place] = {}
    left = top = depth = right = 0.0
    for part in parts:
        centre = np.array(list(part.values()))
        half = np.array([boxes[item] for item in part]) / 2
        low, high = (centre - half).min(axis=0), (centre + half).max(axis=0)
        size = high - low
        if left and left + size[0] > width:
            left, top, depth = 0.0, top + depth + _BETWEEN, 0.0
        for item, (x, y) in part.items():
            places[item] = float(left + x - low[0]), float(top + high[1] - y)
        right = max(right, left + float(size[0]))
        left, depth = left + float(size[0]) + _BETWEEN, max(depth, float(size[1]))
    height = top + depth
    return {item: (x, height - y) for item, (x, y) in places.items()}, (right, height)
