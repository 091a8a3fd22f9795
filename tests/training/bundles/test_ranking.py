"""Scores, habits and probabilities by hand, and what is learnt from baskets whose answer is known."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from features.errors import InputError
from tests.training.bundles.made import Row, made
from training.bundles.counting import pair_counts
from training.bundles.ranking import (
    FLOOR,
    Associations,
    Ranking,
    associations,
    fit_ranking,
    known_shares,
    own_shares,
)
from training.config import BundlesConfig, read_config

WEIGHTS = np.array([[0.0, 0.4, -0.2], [0.1, 0.0, 0.3], [0.0, 0.2, 0.0]], dtype=np.float32)
POPULARITY = np.array([0.5, 0.25, 0.1])
RANKING = Ranking(Associations(WEIGHTS, POPULARITY), habit=2.0, known=1.0, unknown=2.0)
NOBODY = np.full(3, np.nan)


@pytest.fixture
def config() -> BundlesConfig:
    return read_config().bundles


def held(*baskets: list[int]) -> csr_array:
    table = np.zeros((len(baskets), 3))
    for row, items in zip(table, baskets, strict=True):
        row[items] = 1.0
    return csr_array(table)


def test_a_score_adds_up_what_the_items_say_and_what_the_customer_is_used_to() -> None:
    own = np.array([[0.0, 0.0, 0.1], NOBODY])
    scores = RANKING.score(held([0, 1], [0]), own)
    assert scores == pytest.approx(np.array([[0.1, 0.4, 0.1 + 0.2], [0.0, 0.4, -0.2]]), abs=1e-7)


def test_an_empty_basket_says_what_is_popular() -> None:
    assert RANKING.score(held([]), NOBODY[None])[0] == pytest.approx(POPULARITY)


def test_probabilities_are_shares_of_powers_among_what_the_basket_lacks() -> None:
    own = np.array([[0.0, 0.0, 0.0], NOBODY])
    probability = RANKING.probability(held([0], [0]), own)
    floored = FLOOR  # item 2 scores below it
    assert probability[0] == pytest.approx([0, 0.4 / (0.4 + floored), floored / (0.4 + floored)], abs=1e-6)
    assert probability[1, 1] == pytest.approx(0.16 / (0.16 + floored**2), abs=1e-6)
    assert probability.sum(axis=1) == pytest.approx([1, 1])


def test_a_basket_of_everything_lacks_nothing() -> None:
    assert RANKING.probability(held([0, 1, 2]), NOBODY[None]).tolist() == [[0, 0, 0]]


def test_own_shares_are_of_the_customer_s_own_baskets() -> None:
    baskets = made([("ann", 1, ["a", "b"]), ("ann", 2, ["a"]), ("bob", 1, ["c"])])
    shares = own_shares(baskets)
    assert shares.toarray().tolist() == [[1, 0.5, 0], [0, 0, 1]]
    assert known_shares(shares, np.array([1])).tolist() == [[0, 0, 1]]


def test_associations_are_those_of_ease_over_baskets(config: BundlesConfig) -> None:
    baskets = made([("ann", 1.0, ["a", "b"])] * 6 + [("ann", 1.0, ["a", "c"])] * 2 + [("bob", 1.0, [])] * 2)
    gram = pair_counts(baskets.table)
    found = associations(baskets, gram, config)
    inverse = np.linalg.inv(gram + config.item_penalty * 10 * np.eye(3))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    assert found.weights == pytest.approx(expected, abs=1e-6)
    assert found.popularity.tolist() == [0.8, 0.6, 0.2]


def shoppers(random: np.random.Generator, *, habits: bool) -> list[Row]:
    """Who has bread takes butter; half of the customers always take tea, which says nothing of bread."""
    rows: list[Row] = []
    for number in range(60):
        drinker = habits and number % 2 == 0
        for basket in range(12):
            items = {item for item in ("bread", "nuts", "figs") if random.random() < 0.4}
            items |= {"butter"} if "bread" in items and random.random() < 0.9 else set()
            items |= {"tea"} if drinker or random.random() < 0.05 else set()
            rows.append((f"customer {number:02}", 5.0 + 10.0 * basket, sorted(items)))
    return rows


def test_what_belongs_together_and_what_the_customer_is_used_to_come_first(config: BundlesConfig) -> None:
    baskets = made(shoppers(np.random.default_rng(0), habits=True))
    ranking = fit_ranking(baskets, pair_counts(baskets.table), config)
    item = baskets.items.tolist().index
    bread = csr_array(np.eye(5)[[item("bread")]])
    own = known_shares(own_shares(baskets), np.array([0]))
    alone = ranking.score(bread, np.full((1, 5), np.nan))[0]
    assert np.argmax(np.where(np.arange(5) == item("bread"), -np.inf, alone)) == item("butter")
    assert ranking.score(bread, own)[0, item("tea")] > alone[item("tea")] + 0.3
    assert ranking.habit > 0
    assert min(ranking.known, ranking.unknown) > 0.05


def test_what_is_hidden_from_the_newest_baskets_does_not_teach_how_to_find_it(config: BundlesConfig) -> None:
    """A pair that comes up in the newest baskets alone is associated in the end, but tunes nothing."""
    older = shoppers(np.random.default_rng(0), habits=False)
    older = [row for row in older if row[1] > config.learned_days]
    newer: list[Row] = [("customer 00", 1.0, ["figs", "new", "old"])] * 40
    baskets = made(older + newer)
    ranking = fit_ranking(baskets, pair_counts(baskets.table), config)
    new, old = (baskets.items.tolist().index(name) for name in ("new", "old"))
    assert ranking.associations.weights[old, new] > 0.3
    assert ranking.unknown == pytest.approx(0.05, abs=0.01)  # nothing known before told of what was hidden


def test_customers_without_an_older_basket_teach_nothing_of_habits(config: BundlesConfig) -> None:
    rows = shoppers(np.random.default_rng(0), habits=True)
    renamed = [(f"new {who}" if age < config.learned_days else who, age, items) for who, age, items in rows]
    baskets = made(renamed)
    ranking = fit_ranking(baskets, pair_counts(baskets.table), config)
    assert ranking.habit == 0.0
    assert ranking.known == ranking.unknown


def test_own_shares_look_back_a_year() -> None:
    baskets = made([("ann", 10, ["a"]), ("ann", 364, ["b"]), ("ann", 366, ["c"])])
    assert own_shares(baskets).toarray().tolist() == [[0.5, 0.5, 0]]
    assert own_shares(baskets, 2.0).toarray().tolist() == [[pytest.approx(1 / 3)] * 3]


@pytest.mark.parametrize("age", [1.0, 100.0])
def test_baskets_of_one_time_alone_teach_nothing(config: BundlesConfig, age: float) -> None:
    baskets = made([("ann", age, ["a", "b", "c"])] * 50)
    with pytest.raises(InputError, match="newest 28 days and from older ones"):
        fit_ranking(baskets, pair_counts(baskets.table), config)
