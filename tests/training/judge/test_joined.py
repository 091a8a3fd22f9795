"""Logs are joined by occasion, whatever either policy did there.

| occasion | logged policy | judged policy |
|---|---|---|
| d1 | cheese 0.9, none 0.1 | wine 0.7, none 0.3 |
| d2 | cheese 0.4, wine 0.4, none 0.2 | cheese 1 |
| d3 | no reward | there |
| d4 | there | - |
| d5 | - | there |
"""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from features.errors import InputError
from tests.training.judge.made import Row, made_log
from training.judge.joined import Joined, LeftOut, join

LOGGED = [
    Row("d1", "c1", "cheese", 3.0, {"cheese": 0.9, None: 0.1}, {"cheese": 2.0}),
    Row("d2", "c2", None, 1.0, {"cheese": 0.4, "wine": 0.4, None: 0.2}),
    Row("d3", "c3", None, None, {None: 1.0}),
    Row("d4", "c2", None, 2.0, {None: 1.0}),
]
JUDGED = [
    Row("d1", "c1", "wine", None, {"wine": 0.7, None: 0.3}, {"wine": 5.0}),
    Row("d2", "c2", "cheese", None, {"cheese": 1.0}, {"cheese": 4.0}),
    Row("d3", "c3", None, None, {None: 1.0}),
    Row("d5", "c5", None, None, {None: 1.0}),
]


def joined(folder: Path, seed: int = 1) -> Joined:
    logged, judged = LOGGED[:], JUDGED[:]
    Random(seed).shuffle(logged)
    Random(seed + 1).shuffle(judged)
    return join(made_log(folder / "l.parquet", logged), made_log(folder / "j.parquet", judged))


def test_every_action_of_either_log_is_a_pair(tmp_path: Path) -> None:
    found = joined(tmp_path)
    assert list(found.offer) == ["", "cheese", "wine", "", "cheese", "wine"]
    assert list(found.logged.decision) == [0, 0, 0, 1, 1, 1]
    assert list(found.logged.propensity) == [0.1, 0.9, 0.0, 0.2, 0.4, 0.4]
    assert list(found.judged) == [0.3, 0.0, 0.7, 0.0, 1.0, 0.0]
    np.testing.assert_array_equal(found.priority, [0, np.nan, 5, np.nan, 4, np.nan])


def test_the_logged_action_and_its_reward_are_kept(tmp_path: Path) -> None:
    logged = joined(tmp_path).logged
    assert list(logged.taken) == [1, 3]
    assert list(logged.reward) == [3.0, 1.0]
    assert list(logged.customer) == [0, 1]


def test_prices_are_those_that_the_logging_policy_saw(tmp_path: Path) -> None:
    """Or else one action would have two predictions, and the correction would not cancel."""
    assert list(joined(tmp_path).priced[:, 0]) == [0.0, 2.0, 5.0, 0.0, 0.0, 0.0]


def test_what_takes_no_part_is_counted(tmp_path: Path) -> None:
    assert joined(tmp_path).left_out == LeftOut(only_logged=1, only_judged=1, without_reward=1)


def test_a_log_joins_itself(tmp_path: Path) -> None:
    log = made_log(tmp_path / "l.parquet", LOGGED)
    found = join(log, log)
    assert list(found.judged) == list(found.logged.propensity)


def test_logs_of_other_days_have_nothing_in_common(tmp_path: Path) -> None:
    logged = made_log(tmp_path / "l.parquet", LOGGED)
    judged = made_log(tmp_path / "j.parquet", JUDGED[2:])
    with pytest.raises(InputError, match="no decision with a reward in common: replay the days"):
        join(logged, judged)


def test_a_log_without_rewards_judges_nothing(tmp_path: Path) -> None:
    log = made_log(tmp_path / "l.parquet", JUDGED)
    with pytest.raises(InputError, match="has no reward: `python -m serving export`"):
        join(log, log)


def test_an_id_of_two_customers_is_refused(tmp_path: Path) -> None:
    logged = made_log(tmp_path / "l.parquet", LOGGED)
    judged = made_log(tmp_path / "j.parquet", [Row("d1", "c9", None, None, {None: 1.0})])
    with pytest.raises(InputError, match="the decision d1 is of one customer in"):
        join(logged, judged)


def priced_at(name: str, cheese: float) -> Row:
    """A decision with a price of cheese; wine keeps its own."""
    prices: dict[str, dict[str | None, float]] = {name: {"cheese": cheese, "wine": 2.0}}
    actions = {"cheese": 0.4, "wine": 0.4, None: 0.2}
    return Row(
        "d1", "c1", None, 3.0, actions, discount=prices.get("discount", {}), cost=prices.get("cost", {})
    )


@pytest.mark.parametrize("name", ["discount", "cost"])
def test_an_offer_with_other_terms_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """Whether it was chosen or not: it could have been."""
    logged = made_log(tmp_path / "l.parquet", [priced_at(name, 1.0)])
    judged = made_log(tmp_path / "j.parquet", [priced_at(name, 1.5)])
    with pytest.raises(
        InputError, match=f"the offer cheese has a {name} of 1 in .* and of 1.5 in .* a new id"
    ):
        join(logged, judged)
    assert list(join(logged, logged).logged.reward) == [3.0]
