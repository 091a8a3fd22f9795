"""The bootstrap of rankings against known standard errors, and its promises about pairs, gaps and order."""

import numpy as np
import pytest

from features.errors import InputError
from training.arrays import Floats
from training.averages import Origin, replicate
from training.intervals import Interval, Replicates

METRIC = "recall_at_10"


def origin(seed: int, size: int = 400) -> Origin:
    """Draw customers whom `model` serves twice as well as `half`, `noise` alike but by chance."""
    rng = np.random.default_rng(seed)
    found = np.where(rng.random(size) < 0.2, np.nan, rng.random(size))
    values = {"model": found, "half": found / 2, "noise": rng.random(size), "nothing": 0 * found}
    names = np.array([f"c{number:03d}" for number in range(size)])
    return Origin(names, {(model, METRIC): value for model, value in values.items()})


def tiny(*values: float, other: tuple[float, ...] | None = None) -> Origin:
    """One metric of the customers 0, 1, ... for `model` and perhaps for `other`."""
    both = {"model": values} if other is None else {"model": values, "other": other}
    return Origin(np.arange(len(values)), {(name, METRIC): np.array(found) for name, found in both.items()})


def numbers(interval: Interval) -> tuple[float, ...]:
    return interval.estimate, interval.low, interval.high, interval.standard_error


def test_estimates_are_means_over_customers_with_a_target_then_over_origins() -> None:
    first, second = tiny(0.2, np.nan, 0.6, 0.4), tiny(1.0, 0.0, np.nan, np.nan)
    result = replicate([first, second], resamples=50)
    assert result.at(0, "model", METRIC).estimate == pytest.approx(0.4)
    assert result.at(1, "model", METRIC).estimate == pytest.approx(0.5)
    assert result.mean("model", METRIC).estimate == pytest.approx(0.45)


def test_the_standard_error_of_a_mean_is_the_textbook_one() -> None:
    one = origin(1)
    values = one.values["noise", METRIC]
    found = replicate([one], resamples=2000).mean("noise", METRIC)
    assert found.standard_error == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.06)
    assert found.high - found.low == pytest.approx(2 * 1.96 * found.standard_error, rel=0.1)


def test_a_customer_is_drawn_together_at_all_origins() -> None:
    one = origin(2)
    stranger = Origin(np.char.add(one.customer, "x"), one.values)
    once, same, apart = (
        replicate(origins, resamples=300).mean("model", METRIC).standard_error
        for origins in ([one], [one, one], [one, stranger])
    )
    assert same == pytest.approx(once)
    assert apart == pytest.approx(once / np.sqrt(2), rel=0.2)


def test_ratios_and_differences_are_paired() -> None:
    result = replicate([origin(3), origin(4)], resamples=100)
    assert numbers(result.ratio("model", "half", METRIC)) == pytest.approx((2, 2, 2, 0))
    assert numbers(result.difference("model", "model", METRIC)) == (0, 0, 0, 0)
    ratio = result.ratio("model", "noise", METRIC)
    assert ratio.low < ratio.estimate < ratio.high
    means = result.mean("model", METRIC).estimate, result.mean("noise", METRIC).estimate
    assert ratio.estimate == pytest.approx(means[0] / means[1])


def test_there_is_no_ratio_to_nothing() -> None:
    result = replicate([origin(5)], resamples=20)
    assert np.isnan(numbers(result.ratio("model", "nothing", METRIC))).all()
    assert numbers(result.ratio("nothing", "model", METRIC)) == (0, 0, 0, 0)
    sometimes = replicate([tiny(1.0, 1.0, other=(0.0, 1.0))], resamples=100)
    assert np.isnan(numbers(sometimes.ratio("model", "other", METRIC))).all()


def test_row_order_never_matters() -> None:
    def shuffled(one: Origin) -> Origin:
        order = np.random.default_rng(0).permutation(len(one.customer))
        return Origin(one.customer[order], {key: value[order] for key, value in one.values.items()})

    def drawn(result: Replicates) -> Floats:
        return result.resampled["model", METRIC]

    origins = [origin(6), origin(7)]
    first, second = replicate(origins, resamples=20), replicate(list(map(shuffled, origins)), resamples=20)
    np.testing.assert_allclose(drawn(first), drawn(second), rtol=1e-12)
    assert (drawn(first) != drawn(replicate(origins, resamples=20, seed=1))).any()


def test_resamples_without_anybody_to_average_over_are_left_out() -> None:
    result = replicate([tiny(0.5, np.nan, np.nan)], resamples=500)
    assert len(result.resampled["model", METRIC]) == pytest.approx(500 * (1 - (2 / 3) ** 3), abs=40)
    assert numbers(result.mean("model", METRIC)) == (0.5, 0.5, 0.5, 0)


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        ([], "needs one origin or more"),
        ([tiny(0.5), tiny(0.5, other=(0.5,))], "same models and metrics"),
        ([tiny(0.5, 0.2), tiny(np.nan, np.nan)], r"origin 2 of 2 .* recall_at_10 \(model\)"),
        ([tiny(*[0.5], *[np.nan] * 400), tiny(*[np.nan] * 400, 0.5)], "Hardly any resample"),
    ],
)
def test_bad_input_is_named(origins: list[Origin], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replicate(origins, resamples=2)
