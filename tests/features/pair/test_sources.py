"""What each source says of whom, by hand, over five customers."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from features.interactions import Codes, Floats, Interactions
from features.pair import sources as origin
from features.pair.affinities import AFFINITIES
from features.pair.sources import Source, share_of_active, sources

# Customer, basket (0 is the newest), item and days. Bread and butter go together; eve bought nothing for long.
CUSTOMERS = ["ann", "bob", "cid", "dan", "eve"]
ITEMS = ["bread", "butter", "figs", "tea"]
LINES = [
    (0, 0, 0, 2.0),
    (0, 1, 0, 20.0),
    (0, 1, 1, 20.0),
    (0, 2, 3, 200.0),
    (1, 0, 0, 5.0),
    (1, 0, 1, 5.0),
    (2, 0, 0, 10.0),
    (2, 0, 1, 10.0),
    (3, 0, 0, 1.0),
    (4, 0, 2, 90.0),
    (4, 0, 3, 90.0),
]
EVERYBODY = np.arange(5, dtype=np.int32)


def past() -> Interactions:
    customer, basket, item, age = np.array(LINES).T
    codes = customer.astype(np.int32), basket.astype(np.int32), item.astype(np.int32)
    return Interactions(np.array(CUSTOMERS), np.array(ITEMS), *codes, age)


def named(finer: csr_array | None = None) -> dict[str, Source]:
    lines = past()
    return {source.name: source for source in sources(lines, lines.fading(120.0) if finer is None else finer)}


def scores(name: str, customers: Codes = EVERYBODY) -> Floats:
    return named()[name].scores(customers)


def test_own_history_counts_baskets_the_older_the_less() -> None:
    expected = np.exp(-np.array([2.0, 20.0]) / 120).sum()
    assert scores("own history")[0] == pytest.approx([expected, np.exp(-20 / 120), 0, np.exp(-200 / 120)])
    assert scores("own baskets")[0] == pytest.approx([1 + 0.8, 0.8, 0, 0.8**2])
    assert scores("own baskets, slowly")[0] == pytest.approx([1 + 0.95, 0.95, 0, 0.95**2])
    assert scores("newest basket")[0].tolist() == [1, 2, 0, 3]


def test_rhythm_compares_the_baskets_since_with_the_distance_between_baskets() -> None:
    # ann has bread in every basket, the newest too; everything else was bought once by everybody
    assert scores("own rhythm").tolist() == [[1 / 1, 0, 0, 0]] + [[0, 0, 0, 0]] * 4


def test_popular_is_the_share_of_those_who_bought_anything_lately() -> None:
    assert scores("popular")[[0, 4]].tolist() == [[1, 3 / 4, 0, 0]] * 2
    assert share_of_active(past(), 100.0).tolist() == [4 / 5, 3 / 5, 1 / 5, 1 / 5]


def test_trending_is_what_more_bought_in_two_weeks_than_in_a_third_of_twelve() -> None:
    assert scores("trending")[3] == pytest.approx([1 - 1 / 3, 2 / 4 - 3 / 4 / 3, 0, 0])


@pytest.mark.parametrize(
    "name",
    [
        "neighbours",
        "neighbours ever",
        "neighbours' baskets",
        "recent neighbours",
        "wide neighbours",
        "wide neighbours ever",
        "similar items",
        "linear over items",
        "linear over recent items",
        "linear over products",
        "together in baskets",
    ],
)
def test_who_has_bread_alone_is_told_of_butter(name: str) -> None:
    butter, figs, tea = scores(name)[3, 1:]
    assert butter > max(figs, tea)
    assert butter > 0


def test_after_the_last_basket_comes_what_came_after_others() -> None:
    # Of the two pairs of baskets, both ann's: tea, then bread and butter; bread and butter, then bread.
    found = scores("after the last basket")
    assert found[3] == pytest.approx([1 / 21, 0, 0, 0])
    assert found[1] == pytest.approx([(1 / 21 + 1 / 21) / 2, 0, 0, 0])
    assert found[4] == pytest.approx([1 / 21 / 2, 1 / 21 / 2, 0, 0])


@pytest.mark.parametrize(("name", "logs"), [("48 tastes", False), ("48 habits", True)])
def test_as_many_directions_as_items_keep_every_purchase(name: str, logs: bool) -> None:  # noqa: FBT001 - a table
    told = np.log1p(past().counts().toarray()) if logs else past().bought().toarray()
    np.testing.assert_allclose(scores(name), told, atol=1e-9)


def test_a_linear_score_is_the_sum_of_its_weights() -> None:
    (told,) = (source for source in named().values() if source.weights is not None)
    assert (told.feature, told.weights and told.weights.items.tolist()) == ("item_linear", [0, 1, 2, 3])
    assert told.weights is not None
    expected = past().bought().toarray() @ told.weights.weights
    np.testing.assert_allclose(told.scores(EVERYBODY), expected)


def test_every_affinity_is_the_score_of_one_source() -> None:
    told = [source.feature for source in named().values() if source.feature is not None]
    assert sorted(told) == sorted(feature.name for feature in AFFINITIES)
    assert len(named()) == len(sources(past(), past().counts()))


@pytest.mark.parametrize("name", named())
def test_scores_are_of_the_customers_asked_for(name: str) -> None:
    some = np.array([4, 1], dtype=np.int32)
    everybody, source = scores(name), named()[name]
    assert everybody.shape == (5, 4)
    np.testing.assert_allclose(source.scores(some), everybody[some], atol=1e-12)


def test_only_the_most_bought_items_have_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "HEAD", 2)
    found = named()
    for name in ("similar items", "linear over items", "together in baskets", "after the last basket"):
        assert not found[name].scores(EVERYBODY)[:, 2:].any()
    assert found["own history"].scores(EVERYBODY)[:, 2:].any()


def test_nothing_may_be_known_one_level_finer() -> None:
    found = named(csr_array((5, 0)))
    for name in ("wide neighbours", "linear over products"):
        assert np.isfinite(found[name].scores(EVERYBODY)).all()
    assert not found["wide neighbours"].scores(EVERYBODY).any()


def test_one_customer_with_one_basket_has_scores() -> None:
    first = np.zeros(1, dtype=np.int32)
    alone = Interactions(np.array(["ann"]), np.array(["bread"]), first, first, first, np.array([3.0]))
    for source in sources(alone, alone.counts()):
        assert np.isfinite(source.scores(first)).all()
