"""The network draws what it is told, and its names can be read."""

from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from training.bundles.network import Edge, Node, rule_network
from training.drawing import FAINT, INK, MODEL

NODES = {
    "b": Node("bread", "bakery", 400),
    "u": Node("butter", "dairy", 100),
    "j": Node("strawberry jam without any sugar", "spreads", 25),
    "n": Node("nails", "", 25),
    "h": Node("hammer", "", 100),
    "x": Node("alone", "", 9),
}
EDGES = [Edge("b", "u", 2.0), Edge("u", "j", 8.0), Edge("h", "n", 4.0)]


def nodes(figure: Figure) -> dict[float, str]:
    """Sizes of circles with their colours."""
    circles = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    return {line.get_markersize(): str(line.get_color()) for line in circles}


def widths(figure: Figure) -> list[float]:
    return [line.get_linewidth() for line in figure.axes[0].lines if line.get_color() == FAINT]


def test_the_title_names_the_strongest_and_everything_linked_is_drawn() -> None:
    figure = rule_network(NODES, EDGES)
    title = figure.get_suptitle().replace("\n", " ")
    assert title == (
        "The 3 strongest complements, first of all butter and strawberry jam without any sugar (8.0 times chance)"
    )
    told = {text.get_text() for text in figure.axes[0].texts}
    assert told == {"bread", "butter", "strawberry jam\nwithout any\nsugar", "nails", "hammer"}
    assert len(widths(figure)) == 3


def test_larger_is_in_more_baskets_and_wider_is_stronger() -> None:
    figure = rule_network(NODES, EDGES)
    assert sorted(nodes(figure)) == pytest.approx([8.64, 17.28, 34.56])
    strongest, middle, weakest = widths(figure)
    assert strongest > middle > weakest
    assert middle - weakest == pytest.approx(strongest - middle)


def test_groups_have_colours_and_what_has_none_is_dark() -> None:
    figure = rule_network({**NODES, "u": Node("butter", "bakery", 100)}, EDGES)
    (told,) = figure.legends
    handles = [handle for handle in told.legend_handles if isinstance(handle, Line2D)]
    colors = {str(handle.get_label()): handle.get_color() for handle in handles}
    assert colors["bakery"] == MODEL
    assert colors["other categories"] == INK
    assert list(colors) == ["bakery", "spreads", "other categories"]


def test_the_order_of_the_edges_says_nothing() -> None:
    first, second = (drawn(rule_network(NODES, edges)) for edges in (EDGES, EDGES[::-1]))
    assert first == second


def drawn(figure: Figure) -> bytes:
    told = BytesIO()
    figure.savefig(told, format="png")
    return told.getvalue()


def test_no_name_lies_on_another_even_among_many() -> None:
    random = np.random.default_rng(0)
    many = {f"{n}": Node(f"some item called {n} of a kind", f"group {n % 9}", 10 + n) for n in range(30)}
    links = [random.choice(30, 2, replace=False) for _ in range(40)]
    edges = [Edge(f"{first}", f"{second}", 2.0 + first) for first, second in links]
    figure = rule_network(many, edges)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_one_link_is_enough_and_equal_lifts_are_equally_wide() -> None:
    assert widths(rule_network(NODES, EDGES[:1])) == [1.2]
    assert widths(rule_network(NODES, [Edge("b", "u", 3.0), Edge("h", "n", 3.0)])) == [1.2, 1.2]
