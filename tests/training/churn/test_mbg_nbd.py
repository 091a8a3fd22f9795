"""MBG/NBD against customers simulated by its own story, and against integrals of that story."""

import numpy as np
import pytest
from scipy.special import roots_genlaguerre, roots_jacobi

from features.errors import InputError
from training.arrays import Floats
from training.churn.mbg_nbd import Histories, MbgNbd, fit_mbg_nbd

TRUTH = MbgNbd(r=1.4, alpha=12.0, a=0.8, b=4.0)
SEEN, AHEAD = 150.0, 60.0


@pytest.fixture(scope="module")
def simulated() -> tuple[Histories, Floats, Floats]:
    """Simulate histories of 8,000 customers, their purchases in the next 60 days, and who is alive."""
    rng = np.random.default_rng(7)
    lives = [one_life(rng) for _ in range(8_000)]
    repeats, last, age, ahead, alive = np.array(lives).T
    return Histories(repeats, last, age), ahead, alive


def one_life(rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    """Buy at an own rate; after each purchase, the first included, leave with an own chance."""
    rate, leaving = rng.gamma(TRUTH.r, 1 / TRUTH.alpha), rng.beta(TRUTH.a, TRUTH.b)
    age = rng.uniform(30, SEEN)
    times = [0.0]
    while rng.random() >= leaving and times[-1] <= age + AHEAD:
        times.append(times[-1] + rng.exponential(1 / rate))
    seen = [time for time in times if time <= age]
    ahead = [time for time in times if age < time <= age + AHEAD]
    # whoever has another purchase to come, be it after the horizon, had not left
    return len(seen) - 1, seen[-1], age, len(ahead), times[-1] > age


def test_recovers_who_stays_silent(simulated: tuple[Histories, Floats, Floats]) -> None:
    histories, ahead, alive = simulated
    found = fit_mbg_nbd(histories)
    silence = found.silence(histories, AHEAD)
    for few in (histories.repeats == 0, histories.repeats >= 5):
        assert silence[few].mean() == pytest.approx((ahead[few] == 0).mean(), abs=0.02)
        assert found.alive(histories)[few].mean() == pytest.approx(alive[few].mean(), abs=0.02)


def test_no_other_parameters_are_likelier(simulated: tuple[Histories, Floats, Floats]) -> None:
    histories = simulated[0]
    found = fit_mbg_nbd(histories)
    assert found.log_likelihood(histories).sum() >= TRUTH.log_likelihood(histories).sum()
    assert (found.r, found.alpha) == pytest.approx((TRUTH.r, TRUTH.alpha), rel=0.1)


def test_a_single_purchase_may_have_been_the_last() -> None:
    newcomers = Histories(np.zeros(3), np.zeros(3), np.array([1.0, 30.0, 300.0]))
    alive = TRUTH.alive(newcomers)
    assert (alive < TRUTH.b / (TRUTH.a + TRUTH.b)).all()
    assert (np.diff(alive) < 0).all()


def test_silence_is_being_gone_or_pausing() -> None:
    histories = Histories(np.array([0.0, 3, 20]), np.array([0.0, 40, 88]), np.array([50.0, 60, 90]))
    pausing = ((TRUTH.alpha + histories.age) / (TRUTH.alpha + histories.age + 28)) ** (
        TRUTH.r + histories.repeats
    )
    alive = TRUTH.alive(histories)
    assert TRUTH.silence(histories, 28) == pytest.approx(1 - alive * (1 - pausing), rel=1e-12)


@pytest.mark.parametrize(("repeats", "last"), [(0.0, 0.0), (2.0, 25.0)])
def test_closed_forms_equal_the_integrals(repeats: float, last: float) -> None:
    """Average the story of one customer of 40 days over all rates and chances of leaving."""
    history = Histories(np.array([repeats]), np.array([last]), np.array([40.0]))
    rate, leaving, weight = nodes_of_the_truth()
    alive = weight * (1 - leaving) ** (repeats + 1) * rate**repeats * np.exp(-rate * 40)
    gone = weight * leaving * (1 - leaving) ** repeats * rate**repeats * np.exp(-rate * last)
    likelihood = alive.sum() + gone.sum()
    assert np.exp(TRUTH.log_likelihood(history)[0]) == pytest.approx(likelihood, rel=1e-6)
    assert TRUTH.alive(history)[0] == pytest.approx(alive.sum() / likelihood, rel=1e-6)


def nodes_of_the_truth() -> tuple[Floats, Floats, Floats]:
    """Give Gauss nodes of rates (column) and chances of leaving (row), and the share of customers at each."""
    rate, rate_weight = roots_genlaguerre(80, TRUTH.r - 1)
    leaving, leaving_weight = roots_jacobi(80, TRUTH.b - 1, TRUTH.a - 1)
    weight = np.outer(rate_weight / rate_weight.sum(), leaving_weight / leaving_weight.sum())
    return rate[:, None] / TRUTH.alpha, (1 + leaving[None, :]) / 2, weight


def test_nobody_who_came_back_is_named() -> None:
    with pytest.raises(InputError, match="nobody bought twice"):
        fit_mbg_nbd(Histories(np.zeros(5), np.zeros(5), np.full(5, 30.0)))
