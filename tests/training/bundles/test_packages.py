"""Bundles in money, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from features.item_value import ItemValues
from tests.training.bundles.made import made
from training.bundles.counting import pair_counts
from training.bundles.mined import Mined
from training.bundles.packages import packages
from training.bundles.ranking import Associations, Ranking
from training.config import Packages

ROWS = [
    *[("ann", 1.0, ["bread", "butter", "jam"])] * 4,
    *[("ann", 1.0, ["bread", "butter"])] * 6,
    *[("bob", 1.0, ["bread"])] * 10,
    *[("bob", 1.0, ["butter"])] * 5,
    *[("bob", 1.0, ["jam"])] * 2,
    *[("bob", 1.0, ["tea"])] * 13,
]
ASSUMED = Packages(discount=0.1, uptake=0.2, margin_share=0.25)
KNOWN = ItemValues(np.array([3.0, 2.0, 5.0, 4.0]), np.array([1.0, 0.8, 2.0, 1.0]))


def rule(antecedent: tuple[str, ...], consequent: str, count: int, **changes: object) -> dict[str, object]:
    told = {"q_value": 0.001, "explained": False, "relation": "complement"}
    return {"antecedent": antecedent, "consequent": consequent, "count": count, **told, **changes}


def mined(*rules: dict[str, object]) -> Mined:
    baskets = made(ROWS)
    ranking = Ranking(Associations(np.zeros((4, 4), np.float32), np.ones(4)), 0.0, 1.0, 1.0)
    nothing = pd.DataFrame({"first": [], "second": []}, dtype=object)
    return Mined(baskets, pair_counts(baskets.table), pd.DataFrame(rules), nothing, ranking, 0.05)


def pair(first: str, second: str, count: int, **changes: object) -> list[dict[str, object]]:
    return [rule((first,), second, count, **changes), rule((second,), first, count, **changes)]


def test_the_discount_goes_to_all_and_the_margin_comes_from_those_who_lack_one() -> None:
    (one,) = packages(mined(*pair("bread", "butter", 10)), KNOWN, ASSUMED)
    assert (one.items, one.count) == (("bread", "butter"), 10)
    assert one.lacking_one == 10 + 5  # bread alone, butter alone
    assert one.price == 5.0
    assert one.lift == pytest.approx(10 / (40 * 20 / 40 * 15 / 40))
    assert one.given_away == pytest.approx(10 * 0.5)
    # ten lack butter, which half of those with bread hold; five lack bread, which two thirds with butter hold
    won = 10 * (10 / 20) * (0.8 - 0.5) + 5 * (10 / 15) * (1.0 - 0.5)
    assert one.persuadable == pytest.approx(5 + 10 / 3)
    assert one.won_per_basket == pytest.approx(won / (5 + 10 / 3))
    assert one.expected_extra_margin == pytest.approx(0.2 * won - 5.0)
    assert one.paying_uptake == pytest.approx(5.0 / won)
    assert not one.margin_is_assumed


def test_three_items_are_a_bundle_where_every_two_of_them_are_complements() -> None:
    pairs = [*pair("bread", "butter", 10), *pair("bread", "jam", 4), *pair("butter", "jam", 4)]
    three = rule(("bread", "butter"), "jam", 4)
    found = packages(mined(*pairs, three), KNOWN, ASSUMED)
    assert {one.items for one in found} == {
        ("bread", "butter"),
        ("bread", "jam"),
        ("butter", "jam"),
        ("bread", "butter", "jam"),
    }
    (whole,) = (one for one in found if len(one.items) == 3)
    assert whole.lacking_one == 6  # bread and butter without jam
    assert [one.expected_extra_margin for one in found] == sorted(
        (one.expected_extra_margin for one in found), reverse=True
    )
    without = packages(
        mined(*pairs[:4], *pair("butter", "jam", 4, relation="independent"), three), KNOWN, ASSUMED
    )
    assert ("bread", "butter", "jam") not in {one.items for one in without}


@pytest.mark.parametrize("changes", [{"q_value": 0.06}, {"explained": True}, {"relation": "substitute"}])
def test_what_is_no_evidence_of_a_complement_is_no_bundle(changes: dict[str, object]) -> None:
    assert packages(mined(*pair("bread", "butter", 10, **changes)), KNOWN, ASSUMED) == []


def test_an_unknown_cost_is_assumed_and_said_so() -> None:
    values = ItemValues(KNOWN.price, np.array([1.0, np.nan, 2.0, 1.0]))
    (one,) = packages(mined(*pair("bread", "butter", 10)), values, ASSUMED)
    assert one.margin_is_assumed
    assert one.won_per_basket == pytest.approx((5 * (0.25 * 2.0 - 0.5) + 10 / 3 * (1.0 - 0.5)) / (5 + 10 / 3))


def test_what_never_pays_says_so() -> None:
    values = ItemValues(KNOWN.price, np.zeros(4))
    (one,) = packages(mined(*pair("bread", "butter", 10)), values, ASSUMED)
    assert one.paying_uptake == np.inf
    assert one.expected_extra_margin < 0


def test_without_a_price_there_is_no_bundle() -> None:
    values = ItemValues(np.full(4, np.nan), np.full(4, np.nan))
    assert packages(mined(*pair("bread", "butter", 10)), values, ASSUMED) == []
