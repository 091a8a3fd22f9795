"""Pictures say in their titles what the numbers say, and draw what was measured."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from training.arrays import Floats
from training.bundles import plots
from training.bundles.promotion import Level
from training.bundles.rules import UNEXPLAINED
from training.drawing import MODEL
from training.intervals import Interval


def title(figure: Figure) -> str:
    """Draw the figure for good and return its title."""
    figure.savefig(BytesIO(), format="png")
    return figure.get_suptitle().replace("\n", " ")


def about(value: float) -> Interval:
    return Interval(value, value - 0.02, value + 0.02, 0.01)


def test_quality_has_bars_for_ten_and_points_for_five() -> None:
    found = {
        name: {
            "@5": {"model": about(value - 0.1), "item_cosine": about(0.1)},
            "@10": {"model": about(value), "item_cosine": about(0.2)},
        }
        for name, value in (("hit rate", 0.25), ("MRR", 0.125))
    }
    figure = plots.quality(found)
    assert title(figure) == "One hidden item of a later basket: hit rate@10 is 0.250 and MRR@10 is 0.125"
    left = figure.axes[0]
    widths = [bar.get_width() for bar in left.patches if isinstance(bar, Rectangle)]
    assert widths == pytest.approx([0.25, 0.2])
    (points,) = (line for line in left.lines if line.get_markersize() == 5)
    assert points.get_xdata() == pytest.approx([0.15, 0.1])
    assert [label.get_text() for label in left.get_yticklabels()] == ["model", "item cosine"]


def test_associations_are_shaded_by_log2_and_lined_by_group() -> None:
    unknown = np.nan
    lift = np.array([[unknown, 4.0, 0.5], [4.0, unknown, unknown], [0.5, unknown, unknown]])
    figure = plots.associations(plots.Matrix(["bread", "butter", "soap"], ["food", "food", "home"], lift))
    assert title(figure).startswith("bread and butter: 4.0 times as often together as by chance")
    axes = figure.axes[0]
    shade: Floats = np.ma.filled(np.ma.asarray(axes.images[0].get_array()), np.nan)
    assert shade[0, 1:] == pytest.approx([2.0, -1.0])
    assert np.isnan(shade[1, 2])
    assert axes.images[0].get_clim() == (-2.0, 2.0)
    assert [text.get_text() for text in axes.texts] == ["food", "home"]
    assert [text.get_position()[1] for text in axes.texts] == [0.5, 2.0]


def test_associations_without_any_known_lift_are_blank() -> None:
    figure = plots.associations(plots.Matrix(["a", "b"], ["", ""], np.full((2, 2), np.nan)))
    assert "0.0 times" in title(figure)


def test_promotion_marks_what_explains_and_names_what_only_a_promotion_does() -> None:
    lift, adjusted = np.array([2.0, 3.0, 5.0, 9.0]), np.array([1.9, 1.0, 0.9, 1.1])
    by, names = ["", "promotion", "promotion", "basket size"], ["a + b", "chips + dip", "x + y", "u + v"]
    figure = plots.promotion(lift, adjusted, by, names)
    assert title(figure).startswith("3 of 4 significant pairs are no longer so with basket size, store, ")
    axes = figure.axes[0]
    drawn = {
        str(points.get_label()): np.asarray(points.get_offsets()).tolist() for points in axes.collections
    }
    assert drawn == {
        "lift remains": [[2.0, 1.9]],
        "explained by basket size": [[9.0, 1.1]],
        "explained by store and season": [],
        "explained by promotion": [[3.0, 1.0], [5.0, 0.9]],
    }
    assert "1  chips + dip\n2  x + y" in [text.get_text() for text in axes.texts]


def test_promotion_can_explain_nothing() -> None:
    figure = plots.promotion(np.array([2.0]), np.array([2.0]), [""], ["a + b"])
    assert title(figure).startswith("0 of 1 significant pairs")


def test_every_level_has_a_colour() -> None:
    assert list(plots.LEVELS) == [UNEXPLAINED, *Level]


def test_substitutes_join_observed_and_expected() -> None:
    figure = plots.substitutes(np.array([0.0, 30.0]), np.array([40.4, 60.0]), ["cola or pepsi", "a or b"])
    assert title(figure) == "Instead of each other: 0 baskets with both, 40 expected: cola or pepsi"
    axes = figure.axes[0]
    expected, observed = axes.lines
    assert np.asarray(observed.get_xdata()).tolist() == [0.0, 30.0]
    assert np.asarray(expected.get_xdata()).tolist() == [40.4, 60.0]


def test_extra_margin_begins_with_the_gift_and_marks_where_it_pays() -> None:
    offers = [plots.Offer("bread + butter", won=1000.0, given_away=50.0), plots.Offer("never", -10.0, 5.0)]
    figure = plots.extra_margin(offers, 0.125, "EUR")
    assert title(figure) == "At an assumed uptake of 0.125 the best bundle brings +75 EUR"
    first, point, second = figure.axes[0].lines[:3]
    assert np.asarray(first.get_xydata()) == pytest.approx(np.array([[0.0, -50.0], [0.25, 200.0]]))
    assert np.asarray(point.get_xydata()) == pytest.approx(np.array([[0.05, 0.0]]))
    assert np.asarray(second.get_ydata()) == pytest.approx([-5.0, -7.5])
    assert to_hex(str(first.get_color())) == MODEL
