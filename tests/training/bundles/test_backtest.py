"""Hits and places by hand; no substitute is suggested; customers who are new have no habits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from tests.training.bundles.made import Row, made
from training.bundles.backtest import MODEL, PROBABILITY, WITHOUT_CUSTOMER, Judged, best_suggestions, judge
from training.bundles.counting import pair_counts
from training.bundles.mined import Mined
from training.bundles.ranking import Associations, Ranking
from training.config import BundlesConfig, read_config

ITEMS = ["bread", "butter", "figs", "jam", "tea"]
OLDER: list[Row] = [
    ("ann", 200.0, ["bread", "butter", "jam"]),
    ("ann", 190.0, ["bread", "butter"]),
    ("bob", 180.0, ["tea"]),
    ("bob", 170.0, ["tea", "figs"]),
]
WEIGHTS = np.array(
    [
        [0.0, 0.5, 0.0, 0.3, 0.1],
        [0.5, 0.0, 0.0, 0.3, 0.1],
        [0.0, 0.0, 0.0, 0.0, 0.2],
        [0.4, 0.4, 0.0, 0.0, 0.0],
        [0.1, 0.1, 0.2, 0.0, 0.0],
    ]
)


def mined(substitutes: tuple[tuple[str, str], ...] = ()) -> Mined:
    baskets = made(OLDER)
    ranking = Ranking(Associations(WEIGHTS.astype(np.float32), baskets.counts / 4), 1.0, 1.0, 1.0)
    pairs = pd.DataFrame(substitutes, columns=["first", "second"], dtype=object)
    return Mined(baskets, pair_counts(baskets.table), pd.DataFrame(), pairs, ranking, 0.05)


@pytest.fixture
def config() -> BundlesConfig:
    return read_config().bundles


@pytest.fixture
def judged(config: BundlesConfig) -> Judged:
    later = made(
        [
            *[("ann", 3.0, ["bread", "butter", "jam"])] * 20,
            *[("zoe", 2.0, ["figs", "tea", "bread"])] * 10,
            ("zoe", 1.0, ["figs", "tea"]),
        ],
        ITEMS,
    )
    return judge(mined(), later, config)


def test_only_baskets_of_three_items_and_more_are_asked(judged: Judged) -> None:
    assert sorted(judged.customers.tolist()) == ["ann"] * 20 + ["zoe"] * 10
    assert judged.hidden.held.sum(axis=1).tolist() == [2] * 30


def test_metrics_are_those_of_the_place_of_the_hidden_item(judged: Judged) -> None:
    for name, top in judged.lists.items():
        places = [row.tolist().index(item) + 1 for row, item in zip(top, judged.hidden.item, strict=True)]
        found = judged.replicates
        assert found.mean(name, "hit_rate_at_10").estimate == 1.0  # there are five items
        assert found.mean(name, "mrr_at_10").estimate == pytest.approx(np.mean(1 / np.array(places)))


def test_the_third_of_bread_butter_and_jam_comes_first(judged: Judged) -> None:
    of_ann = judged.customers == "ann"
    assert (judged.lists[MODEL][of_ann, 0] == judged.hidden.item[of_ann]).all()


def test_who_is_new_is_ranked_as_without_a_customer(judged: Judged) -> None:
    of_zoe = judged.customers == "zoe"
    assert judged.lists[MODEL][of_zoe].tolist() == judged.lists[WITHOUT_CUSTOMER][of_zoe].tolist()


def test_lists_hold_nothing_of_the_basket_and_say_how_likely_each_is(judged: Judged) -> None:
    held = judged.hidden.held.toarray() > 0
    for top in judged.lists.values():
        assert not any(row[items[items >= 0]].any() for row, items in zip(held, top, strict=True))
    assert judged.probability == pytest.approx(np.ones(30))  # the list holds everything that is left
    assert judged.replicates.mean(MODEL, PROBABILITY).estimate == pytest.approx(1.0)
    assert judged.coverage[MODEL] == 1.0


def test_a_substitute_of_what_the_basket_holds_is_never_suggested() -> None:
    shop = mined((("bread", "butter"),))
    basket = made([("ann", 1.0, ["bread"])], ITEMS).table
    top, probability = best_suggestions(shop, basket, np.full((1, 5), np.nan), 5)
    assert [ITEMS[code] for code in top[0] if code >= 0] == ["jam", "tea", "figs"]
    assert (probability[0, :3] > 0).all()
    assert probability[0, 3:].tolist() == [0, 0]


def test_no_basket_to_ask_of_is_an_error(config: BundlesConfig) -> None:
    with pytest.raises(InputError, match="none of them has three items"):
        judge(mined(), made([("ann", 1.0, ["bread", "tea"])], ITEMS), replace_days(config))


def replace_days(config: BundlesConfig) -> BundlesConfig:
    return config.model_copy(update={"test_days": 30})


def test_what_is_mined_is_not_changed(config: BundlesConfig) -> None:
    shop = mined()
    before = shop.baskets.table.data.tobytes(), shop.together.tobytes()
    judge(shop, replace(made([("ann", 3.0, ["bread", "butter", "jam"])] * 3, ITEMS)), config)
    assert (shop.baskets.table.data.tobytes(), shop.together.tobytes()) == before
