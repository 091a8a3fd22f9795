"""Metrics against tables worked out by hand, scikit-learn, and an expectation integrated by brute force."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta
from sklearn import metrics as peer

from features.errors import InputError
from training.arrays import Floats
from training.churn.metrics import METRICS, RANK_METRICS, evaluate, probability_tally, tally

# Of 24 pairs of a churner and a stayer 20 are in order: the churners at 0.9 and 0.8 beat all 6 stayers, the
# one at 0.6 beats 5, the one at 0.3 beats 3.
TABLE = [
    # probability, churned
    (0.9, 1),
    (0.8, 1),
    (0.7, 0),
    (0.6, 1),
    (0.5, 0),
    (0.4, 0),
    (0.3, 1),
    (0.2, 0),
    (0.1, 0),
    (0.0, 0),
]


def rank_metrics(label: Floats, score: Floats) -> dict[str, float]:
    """Those of scores that only rank."""
    return {name: float(metric(tally(label, score))[0]) for name, metric in RANK_METRICS.items()}


def shuffled(rows: list[tuple[float, int]], seed: int = 3) -> tuple[Floats, Floats]:
    """Labels and scores of the table in random order."""
    table = np.random.default_rng(seed).permutation(np.array(rows))
    return table[:, 1], table[:, 0]


def simulated(size: int, seed: int = 5) -> tuple[Floats, Floats]:
    """Labels drawn from probabilities that are rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    probability = np.round(rng.beta(1, 5, size), 2)
    return (rng.random(size) < probability).astype(float), probability


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("auc", 20 / 24),
        ("average_precision", (1 / 1 + 2 / 2 + 3 / 4 + 4 / 7) / 4),
        ("top_decile_lift", (1 / 4) / (1 / 10)),
        ("gain_10", 1 / 4),
        ("gain_20", 2 / 4),
        ("gain_30", 2 / 4),
        ("brier", (0.01 + 0.04 + 0.49 + 0.16 + 0.25 + 0.16 + 0.49 + 0.04 + 0.01 + 0) / 10),
        ("log_loss", -np.log([0.9, 0.8, 0.3, 0.6, 0.5, 0.6, 0.3, 0.8, 0.9]).sum() / 10),
        # ten bins of one customer: the mean distance between probability and outcome
        ("calibration_error", (0.1 + 0.2 + 0.7 + 0.4 + 0.5 + 0.4 + 0.7 + 0.2 + 0.1 + 0) / 10),
    ],
)
def test_ten_rows_by_hand(metric: str, expected: float) -> None:
    assert evaluate(*shuffled(TABLE))[metric] == pytest.approx(expected, abs=1e-12)


def test_a_cut_through_equal_scores_counts_their_expectation() -> None:
    # Two of the four customers on 0.6 churn: the top tenth is one of them, the top 30 % three of them.
    label, score = shuffled([(0.6, 1), (0.6, 0), (0.6, 1), (0.6, 0), *[(0.1, 0)] * 4, (0.0, 1), (0.0, 1)])
    result = rank_metrics(label, score)
    assert result["gain_10"] == pytest.approx(0.5 / 4)
    assert result["gain_30"] == pytest.approx(1.5 / 4)


def test_a_cut_through_a_customer_counts_them_in_part() -> None:
    # The top tenth of five customers is half a customer, the top 30 % one and a half.
    label, score = shuffled([(0.9, 1), (0.8, 0), (0.7, 1), (0.6, 0), (0.5, 0)])
    result = rank_metrics(label, score)
    assert (result["gain_10"], result["gain_30"]) == pytest.approx((0.25, 0.5))
    assert result["top_decile_lift"] == pytest.approx(2.5)


def test_one_score_for_all_tells_nothing() -> None:
    label, score = shuffled([(0.4, churned) for _, churned in TABLE])
    result = evaluate(label, score)
    assert result["auc"] == 0.5
    assert result["top_decile_lift"] == pytest.approx(1)
    assert result["gain_20"] == pytest.approx(0.2)
    assert result["calibration_error"] == pytest.approx(0, abs=1e-12)


def test_calibration_error_weighs_bins_equally() -> None:
    # Twenty customers, two in each bin; every probability is 0.1 too high except in the bins with a churner.
    label, score = shuffled([(0.1 + tenth / 1000, int(tenth == 9)) for tenth in range(10) for _ in range(2)])
    expected = (sum(0.1 + tenth / 1000 for tenth in range(9)) + 1 - 0.109) / 10
    assert evaluate(label, score)["calibration_error"] == pytest.approx(expected)


def test_equals_scikit_learn_with_ties() -> None:
    label, probability = simulated(3000)
    result = evaluate(label, probability)
    assert result["auc"] == pytest.approx(peer.roc_auc_score(label, probability), abs=1e-12)
    assert result["average_precision"] == pytest.approx(peer.average_precision_score(label, probability))
    assert result["log_loss"] == pytest.approx(peer.log_loss(label, probability))
    assert result["brier"] == pytest.approx(peer.brier_score_loss(label, probability))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_expected_maximum_profit_equals_its_integral(seed: int) -> None:
    label, score = simulated(400, seed)
    assert rank_metrics(label, score)["expected_maximum_profit"] == pytest.approx(
        integrated_profit(label, score), rel=1e-6
    )


def test_expected_maximum_profit_of_a_useless_score_is_that_of_all_or_none() -> None:
    label = np.array([1] * 30 + [0] * 70)
    # Everybody is contacted once the acceptance pays for it: 0.3 * (190 g - 1) > 0.7 * 11.
    threshold = (0.7 * 11 / 0.3 + 1) / 190
    expected = quad(lambda g: (0.3 * (190 * g - 1) - 7.7) * beta.pdf(g, 6, 14), threshold, 1)[0]
    assert rank_metrics(label, np.zeros(100))["expected_maximum_profit"] == pytest.approx(expected)


def test_expected_maximum_profit_of_a_perfect_score() -> None:
    label = np.array([1] * 30 + [0] * 70)
    expected = quad(lambda g: max(0, 0.3 * (190 * g - 1)) * beta.pdf(g, 6, 14), 0, 1)[0]
    assert rank_metrics(label, label)["expected_maximum_profit"] == pytest.approx(expected)


def integrated_profit(label: Floats, score: Floats) -> float:
    """EMPC as defined: for each acceptance the best of all thresholds, averaged over its Beta(6, 14)."""
    cuts = [np.inf, *np.unique(score)]
    churners = np.array([((score >= cut) & (label == 1)).mean() for cut in cuts])
    stayers = np.array([((score >= cut) & (label == 0)).mean() for cut in cuts])
    acceptance = np.linspace(0, 1, 20_001)
    # value 200, offer 10, contact 1
    profit = 200 * (acceptance[:, None] * (1 - 10 / 200) - 1 / 200) * churners - (10 + 1) * stayers
    return float(np.trapezoid(profit.max(axis=1) * beta.pdf(acceptance, 6, 14), acceptance))


def test_row_order_never_matters() -> None:
    label, probability = simulated(500)
    order = np.random.default_rng(1).permutation(500)
    assert evaluate(label, probability) == evaluate(label[order], probability[order])


def test_rank_metrics_ignore_the_scale_of_scores() -> None:
    label, probability = simulated(500)
    assert rank_metrics(label, 7 * probability - 3) == pytest.approx(rank_metrics(label, probability))
    assert set(rank_metrics(label, probability)) == set(RANK_METRICS) < set(METRICS)


def test_a_weight_counts_like_repeated_rows() -> None:
    label, probability = simulated(200)
    weight = np.random.default_rng(2).integers(0, 3, (2, 200))
    weighted = probability_tally(label, probability, weight.astype(float))
    for row, times in enumerate(weight):
        repeated = evaluate(np.repeat(label, times), np.repeat(probability, times))
        assert {name: metric(weighted)[row] for name, metric in METRICS.items()} == pytest.approx(repeated)


def test_inputs_stay_as_they_are() -> None:
    label, probability = simulated(50)
    before = label.copy(), probability.copy()
    evaluate(label, probability)
    np.testing.assert_array_equal((label, probability), before)


@pytest.mark.parametrize(
    ("label", "score", "message"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "All 3 customers have the same label"),
        ([0, 0], [0.1, 0.2], "All 2 customers have the same label"),
        ([], [], "All 0 customers have the same label"),
        ([1, 0, 2], [0.1, 0.2, 0.3], "Labels must be 1"),
        ([1, 0], [0.1, np.nan], "1 of 2 scores are missing or infinite"),
        ([1, 0], [0.1, 0.2, 0.3], "one score for each label"),
    ],
)
def test_bad_input_is_named(label: list[int], score: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tally(label, score)


@pytest.mark.parametrize("probability", [[-0.1, 0.5], [0.5, 1.1]])
def test_probabilities_lie_between_0_and_1(probability: list[float]) -> None:
    with pytest.raises(InputError, match="must lie from 0 to 1"):
        evaluate([0, 1], probability)
