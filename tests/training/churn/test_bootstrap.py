"""The bootstrap against known standard errors, and its promises about pairs, clusters and order."""

import numpy as np
import pytest
from numpy.typing import NDArray

from features.errors import InputError
from training.churn.bootstrap import Origin, replicate
from training.churn.metrics import RANK_METRICS, evaluate, tally


def origin(seed: int, size: int = 300) -> Origin:
    """Draw customers whose churn follows `model`; `twin` says the same, `noise` knows nothing."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(1, 3, size)
    return Origin(
        customer=np.array([f"c{number:03d}" for number in range(size)]),
        label=(rng.random(size) < probability).astype(float),
        probabilities={"model": probability, "twin": probability.copy(), "noise": rng.random(size)},
        ranks={"rank": np.round(10 * probability)},
    )


def reordered(one: Origin, order: NDArray[np.intp]) -> Origin:
    """Put the same rows in another order."""
    return Origin(
        one.customer[order],
        one.label[order],
        {name: values[order] for name, values in one.probabilities.items()},
        {name: values[order] for name, values in one.ranks.items()},
    )


def test_estimates_are_the_plain_metrics_averaged_over_origins() -> None:
    origins = [origin(1), origin(2)]
    result = replicate(origins, resamples=10)
    plain = [evaluate(one.label, one.probabilities["model"]) for one in origins]
    for metric in plain[0]:
        assert result.mean("model", metric).estimate == pytest.approx(
            (plain[0][metric] + plain[1][metric]) / 2
        )
        assert result.at(1, "model", metric).estimate == plain[1][metric]


def test_scores_that_only_rank_get_rank_metrics_only() -> None:
    one = origin(1)
    result = replicate([one], resamples=10)
    (expected,) = RANK_METRICS["gain_20"](tally(one.label, one.ranks["rank"]))
    assert {metric for model, metric in result.measured if model == "rank"} == set(RANK_METRICS)
    assert result.mean("rank", "gain_20").estimate == pytest.approx(expected)


def test_standard_error_of_a_mean_is_the_textbook_one() -> None:
    one = origin(4, 800)
    squares = (one.label - one.probabilities["model"]) ** 2
    brier = replicate([one], resamples=2000).mean("model", "brier")
    assert brier.standard_error == pytest.approx(squares.std() / np.sqrt(800), rel=0.06)
    assert brier.estimate - brier.low == pytest.approx(1.96 * brier.standard_error, rel=0.15)
    assert brier.high - brier.estimate == pytest.approx(1.96 * brier.standard_error, rel=0.15)


def test_a_customer_is_drawn_together_at_all_origins() -> None:
    one = origin(5)
    once = replicate([one], resamples=200).mean("model", "auc")
    same_customers = replicate([one, one], resamples=200).mean("model", "auc")
    elsewhere = Origin(np.char.add(one.customer, "x"), one.label, one.probabilities, one.ranks)
    other_customers = replicate([one, elsewhere], resamples=200).mean("model", "auc")
    assert same_customers.standard_error == pytest.approx(once.standard_error)
    assert other_customers.standard_error == pytest.approx(once.standard_error / np.sqrt(2), rel=0.2)


def test_differences_are_paired() -> None:
    result = replicate([origin(6), origin(7)], resamples=100)
    nothing = result.difference("model", "twin", "auc")
    assert (nothing.estimate, nothing.low, nothing.high, nothing.standard_error) == (0, 0, 0, 0)
    gap = result.difference("model", "noise", "auc")
    back = result.difference("noise", "model", "auc")
    assert 0 < gap.low < gap.estimate < gap.high
    assert (back.estimate, back.low, back.high) == pytest.approx((-gap.estimate, -gap.high, -gap.low))


def test_row_order_never_matters() -> None:
    origins = [origin(8), origin(9)]
    rng = np.random.default_rng(0)
    mixed = [reordered(one, rng.permutation(300)) for one in origins]
    first, second = replicate(origins, resamples=20), replicate(mixed, resamples=20)
    assert first.measured.keys() == second.measured.keys()
    for key, values in first.resampled.items():
        np.testing.assert_array_equal(values, second.resampled[key])


def test_the_seed_decides() -> None:
    one = [origin(10)]
    first, again, other = (replicate(one, resamples=20, seed=seed).mean("model", "auc") for seed in (1, 1, 2))
    assert first == again
    assert first.standard_error != other.standard_error


def test_resamples_with_one_class_are_left_out() -> None:
    label = np.array([1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    score = np.linspace(1, 0, 10)
    result = replicate([Origin(np.arange(10), label, {}, {"score": score})], resamples=400)
    kept = len(result.resampled["score", "auc"])
    assert kept == pytest.approx(400 * (1 - 0.9**10), abs=40)
    assert result.mean("score", "auc").low == 1


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        ([], "needs one origin or more"),
        (
            [origin(1), Origin(np.arange(2), np.array([0, 1]), {"model": np.array([0.1, 0.2])}, {})],
            "same models",
        ),
        ([Origin(np.array(["a", "a"]), np.array([1, 1]), {}, {})], "Hardly any resample"),
        ([Origin(np.array(["a", "b"]), np.array([0, 1]), {"model": np.array([0.1, 2])}, {})], "from 0 to 1"),
    ],
)
def test_bad_input_is_named(origins: list[Origin], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replicate(origins, resamples=20)
