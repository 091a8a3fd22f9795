"""Candidates of a moment: all purchases, some of the others, and weights that make up for the rest."""

import numpy as np
import pytest

from training.cross_sell.examples import Examples, draw_examples
from training.cross_sell.findings import Findings
from training.cross_sell.periods import Period, period


@pytest.fixture(scope="module")
def newest(grocer: Findings) -> Period:
    return period(grocer.workspace.tables, grocer.pairs, grocer.examples[-1].as_of)


@pytest.fixture(scope="module")
def whole(newest: Period) -> Examples:
    return draw_examples(newest, {"milk": "dairy"}, 1_000_000)


def test_room_for_all_keeps_all(newest: Period, whole: Examples) -> None:
    candidates = sum(len(rows.item) for rows in newest.snapshot.blocks())
    assert len(whole.label) == candidates
    assert (whole.kept, set(whole.weight)) == (1.0, {1.0})


def test_a_draw_keeps_every_purchase_and_weighs_for_the_others(newest: Period, whole: Examples) -> None:
    drawn = draw_examples(newest, {}, 3_000)
    assert drawn.label.sum() == whole.label.sum()
    assert len(drawn.label) == pytest.approx(3_000, rel=0.1)
    assert set(drawn.weight[drawn.label > 0]) == {1.0}
    assert drawn.weight[drawn.label == 0] == pytest.approx(1 / drawn.kept)
    assert drawn.weight.sum() == pytest.approx(len(whole.label), rel=0.05)


def test_the_draw_depends_on_nothing_but_the_moment(newest: Period) -> None:
    first, second = draw_examples(newest, {}, 3_000), draw_examples(newest, {}, 3_000)
    assert np.array_equal(first.rows, second.rows, equal_nan=True)


def test_rows_know_the_category_of_their_item(whole: Examples) -> None:
    assert set(whole.parent) == {"dairy", ""}
    assert 0.03 < (whole.parent == "dairy").mean() < 0.1
