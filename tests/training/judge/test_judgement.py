"""A judgement of logs whose policies' worth is known."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.training.judge.made import Actions, Row, made_log
from training.judge.joined import join
from training.judge.judgement import Judgement, judge
from training.judge.policies import GREEDY, JUDGED, NOTHING, RANDOM

LOGGING: Actions = {"cheese": 0.6, "wine": 0.3, None: 0.1}
WORTH = {"cheese": 2.0, "wine": 5.0, None: 1.0}
PRICES: dict[str | None, float] = {"cheese": 1.0, "wine": 3.0}


def judged(
    folder: Path, actions: Actions, prices: dict[str | None, float], logging: Actions = LOGGING
) -> Judgement:
    """Draw 3,000 decisions of 600 customers; `wine` is worth most, and nobody's price says how much."""
    rng = np.random.default_rng(11)
    names, shares = list(logging), [float(share or 0) for share in logging.values()]
    drawn = rng.choice(len(names), 3000, p=shares)
    rows = [
        Row(
            f"d{number}",
            f"c{number % 600}",
            names[place],
            WORTH[names[place]] + rng.normal(),
            logging,
            PRICES,
        )
        for number, place in enumerate(drawn)
    ]
    best = max(actions, key=lambda name: actions[name] or 0)
    replayed = [Row(f"d{number}", f"c{number % 600}", best, None, actions, prices) for number in range(3000)]
    logged = made_log(folder / "l.parquet", rows)
    return judge(join(logged, made_log(folder / "j.parquet", replayed)))


def test_every_policy_is_worth_what_its_actions_are(tmp_path: Path) -> None:
    found = judged(tmp_path, {"wine": 0.8, None: 0.2}, {"wine": 3.0})
    assert (found.decisions, found.customers) == (3000, 600)
    assert found.logging.estimate == pytest.approx(2.8, abs=0.1)
    for policy, worth in {JUDGED: 4.2, GREEDY: 5.0, NOTHING: 1.0, RANDOM: 3.0}.items():
        estimates = found.estimates[policy]
        assert estimates.without_support == 0
        for interval in (estimates.snips, estimates.doubly_robust):
            assert interval is not None
            assert interval.low < worth < interval.high
            assert interval.high - interval.low < 0.6


def test_the_gain_is_paired_with_the_log(tmp_path: Path) -> None:
    found = judged(tmp_path, LOGGING, PRICES)
    itself, best = found.estimates[JUDGED], found.estimates[GREEDY]
    assert itself.snips is not None
    assert itself.snips.estimate == pytest.approx(found.logging.estimate)
    assert best.gained is not None
    assert best.doubly_robust is not None
    assert best.gained.estimate == pytest.approx(best.doubly_robust.estimate - found.logging.estimate)
    assert itself.effective_decisions == pytest.approx(3000)
    assert itself.effective_customers == pytest.approx(600)


def test_a_gain_that_almost_no_decision_tells_of_is_not_told(tmp_path: Path) -> None:
    """Wine was drawn about six times, or nothing differs."""
    rarely: Actions = {"cheese": 0.998, "wine": 0.002}
    for found in (judged(tmp_path, {"wine": 1.0}, PRICES, rarely), judged(tmp_path, LOGGING, PRICES)):
        estimates = found.estimates[JUDGED]
        assert estimates.doubly_robust is not None
        assert estimates.gained is None


def test_the_reward_model_never_speaks_alone(tmp_path: Path) -> None:
    found = judged(tmp_path, {"beer": 0.8, "wine": 0.2}, {"beer": 9.0, "wine": 3.0})
    for policy, share in {JUDGED: 0.8, GREEDY: 1.0, RANDOM: 0.5}.items():
        estimates = found.estimates[policy]
        assert estimates.without_support == pytest.approx(share)
        assert (estimates.snips, estimates.doubly_robust, estimates.gained) == (None, None, None)


def test_a_little_without_support_is_estimated_and_told(tmp_path: Path) -> None:
    estimates = judged(tmp_path, {"beer": 0.05, "wine": 0.95}, {"beer": 1.0, "wine": 3.0}).estimates[JUDGED]
    assert estimates.without_support == pytest.approx(0.05)
    assert estimates.doubly_robust is not None
    assert math.isfinite(estimates.doubly_robust.estimate)
