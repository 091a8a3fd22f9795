"""What knows the answer is refused by name; what only helps passes."""

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from features.labels import LABEL
from training.churn.leakage import refuse_leakage, refuse_thin_evidence

CHURNED = np.repeat([0.0, 1.0], [70, 30])
ORDER = np.random.default_rng(0).permutation(100)


def frame(**features: np.ndarray) -> pd.DataFrame:
    """A hundred customers, thirty of whom left; shuffled."""
    return pd.DataFrame({LABEL: CHURNED, **features}).iloc[ORDER]


NOISE = np.random.default_rng(1).normal(size=100)


@pytest.mark.parametrize(
    "values",
    [
        CHURNED,
        -CHURNED,
        CHURNED + NOISE / 100,
        np.where(CHURNED == 1, 12.0, np.nan),  # days since the account was closed
        np.where(CHURNED == 1, np.nan, 12.0),  # days left on the contract
        np.where(CHURNED == 1, np.where(NOISE > 0, np.nan, 90.0), NOISE),
        np.where(CHURNED == 1, np.where(NOISE > 0, np.nan, -90.0), NOISE),
    ],
    ids=[
        "label",
        "inverse",
        "nearly",
        "known of churners only",
        "known of stayers only",
        "high or unknown",
        "low or unknown",
    ],
)
def test_a_feature_that_knows_the_answer_is_refused_by_name(values: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"^closed: each alone tells churners from stayers"):
        refuse_leakage(frame(honest=NOISE, closed=values), ["honest", "closed"])


def test_all_leaking_features_are_named_at_once() -> None:
    with pytest.raises(InputError, match=r"^closed, why: "):
        refuse_leakage(frame(closed=CHURNED, why=CHURNED * 3), ["closed", "why"])


def test_features_that_only_help_pass() -> None:
    helpful, unknown = CHURNED + NOISE, np.full(100, np.nan)
    refuse_leakage(frame(helpful=helpful, unknown=unknown, noise=NOISE), ["helpful", "unknown", "noise"])


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_customers_of_one_kind_have_nothing_to_separate(label: float) -> None:
    refuse_leakage(frame(noise=NOISE).assign(**{LABEL: label}), ["noise"])


@pytest.mark.parametrize(("churners", "stayers"), [(49, 500), (500, 49), (0, 500), (500, 0)])
def test_thin_evidence_is_refused_with_its_numbers(churners: int, stayers: int) -> None:
    few = pd.DataFrame({LABEL: [1.0] * churners + [0.0] * stayers})
    with pytest.raises(InputError, match=f"^{churners} churners and {stayers} stayers are too few"):
        refuse_thin_evidence(few)


def test_fifty_of_each_are_enough() -> None:
    refuse_thin_evidence(pd.DataFrame({LABEL: [1.0, 0.0] * 50}))
