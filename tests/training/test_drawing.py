"""Frames and drawings that all pictures share."""

from io import BytesIO
from itertools import islice

import numpy as np
import pytest

from training.drawing import MODEL, agreement, frame, importance, percent, styles


def test_a_frame_has_its_panels_row_by_row() -> None:
    figure, axes = frame("What to see", rows=(2, 1), columns=2)
    figure.savefig(BytesIO(), format="png")
    assert figure.get_suptitle() == "What to see"
    assert len(axes) == 4


def test_the_model_stands_out_among_any_number() -> None:
    looks = list(islice(styles(), 20))
    assert looks[0]["color"] == MODEL
    assert MODEL not in {look["color"] for look in looks[1:]}
    assert looks[0]["linewidth"] > looks[1]["linewidth"]


def test_shares_are_written_as_percentages() -> None:
    figure, (axes,) = frame("")
    axes.plot([0, 1], [0, 1])
    percent(axes, "y")
    figure.savefig(BytesIO(), format="png")
    assert "50 %" not in [label.get_text() for label in axes.get_xticklabels()]
    assert "40 %" in [label.get_text() for label in axes.get_yticklabels()]


def test_agreement_draws_a_point_a_group() -> None:
    _figure, (axes,) = frame("")
    probability = np.linspace(0, 1, 100)
    agreement(axes, (probability > 0.5).astype(float), probability, "a tenth")
    observed = np.asarray(axes.lines[1].get_ydata())
    assert observed == pytest.approx([0] * 5 + [1] * 5)
    assert axes.get_legend_handles_labels()[1] == ["perfect agreement", "a tenth, 95 %"]


def test_importance_names_the_strongest_first() -> None:
    contributions = np.array([[0.1, -2.0], [-0.3, 2.0]])
    figure = importance(contributions, ["weak", "strong"], "Moves it most", "change", top=5)
    assert figure.get_suptitle() == "Moves it most: strong"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["strong", "weak"]
