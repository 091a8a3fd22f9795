"""Segments of hand-made customers, each beside the answer that its numbers lead to."""

import random

import numpy as np
import pyarrow as pa
import pytest

from features.segments import LIFE_CYCLES, segments
from features.store import LifeCycle, Segments

NAMES = (
    "customer_id",
    "days_since_purchase",
    "days_since_first_purchase",
    "gap_mean",
    "baskets_168d",
    "spend_84d",
    "spend_168d",
)
TEN: list[tuple[object, ...]] = [
    ("ann", 1.0, 300.0, 7.0, 24.0, 300.0, 600.0),
    ("bob", 2.0, 300.0, 7.0, 30.0, 350.0, 600.0),
    ("cid", 3.0, 300.0, 7.0, 20.0, 70.0, 170.0),
    ("dan", 10.0, 40.0, 5.0, 4.0, 80.0, 80.0),
    ("eva", 15.0, 300.0, 4.0, 10.0, 100.0, 200.0),
    ("fay", 13.0, 300.0, 4.0, 10.0, 90.0, 180.0),
    ("gus", 90.0, 300.0, 10.0, 2.0, 0.0, 40.0),
    ("hal", 80.0, 80.0, None, 1.0, 10.0, 10.0),
    ("ida", 90.0, 90.0, None, 1.0, 0.0, 15.0),
    ("jon", 300.0, 400.0, 60.0, 0.0, 0.0, 0.0),
]
"""Who bought how lately, is how old, comes how often, and spent how much; None is unknown."""


def snapshot(rows: list[tuple[object, ...]]) -> pa.Table:
    shuffled = random.Random(3).sample(rows, len(rows))
    ids, *values = zip(*shuffled, strict=True)
    return pa.table([pa.array(ids), *(pa.array(each, pa.float64()) for each in values)], names=NAMES)


def test_ten_customers() -> None:
    """Equals share a place: gus and ida by recency, eva and fay by baskets."""
    assert segments(snapshot(TEN)) == {
        "ann": Segments(5, 5, 5, "steady", "high"),  # 300 then, 300 now; as much as bob
        "bob": Segments(5, 5, 5, "growing", "high"),  # 250 then, 350 now
        "cid": Segments(4, 4, 3, "slowing", "medium"),  # 100 then, 70 now
        "dan": Segments(4, 3, 3, "new", "low"),
        "eva": Segments(3, 3, 4, "at risk", "medium"),  # silent for 3.75 rhythms
        "fay": Segments(3, 3, 4, "steady", "medium"),  # silent for 3.25 rhythms, but 13 days only
        "gus": Segments(1, 2, 2, "lost", "low"),  # silent for 9 rhythms
        "hal": Segments(2, 1, 1, "new", "low"),  # came on one day: 80 days are 2.9 rhythms of 28
        "ida": Segments(1, 1, 2, "at risk", "low"),  # came on one day: 90 days are 3.2 rhythms of 28
        "jon": Segments(1, 1, 1, "lost", "low"),  # silent for 5 rhythms, but for more than 168 days
    }


def life_cycle(**changed: float | None) -> LifeCycle | None:
    """Of somebody who would be steady, but for what is changed."""
    usual: dict[str, object] = dict(zip(NAMES, TEN[0], strict=True))
    return segments(snapshot([tuple((usual | changed).values())]))["ann"].life_cycle


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "steady"),
        ({"days_since_purchase": 84.0, "gap_mean": 14.0}, "at risk"),
        ({"days_since_purchase": 84.1, "gap_mean": 14.0}, "lost"),
        ({"days_since_purchase": 83.9, "gap_mean": 1.0}, "at risk"),
        ({"days_since_purchase": 167.9, "gap_mean": 60.0}, "steady"),  # rare, not lost
        ({"days_since_purchase": 168.0, "gap_mean": 60.0}, "lost"),
        ({"days_since_purchase": 14.0, "gap_mean": 2.0}, "at risk"),
        ({"days_since_purchase": 13.9, "gap_mean": 2.0}, "steady"),
        ({"days_since_purchase": 21.0, "gap_mean": 7.0}, "steady"),
        ({"days_since_purchase": 83.0, "days_since_first_purchase": 83.0, "gap_mean": None}, "new"),
        ({"days_since_purchase": 169.0, "days_since_first_purchase": 169.0, "gap_mean": None}, "lost"),
        ({"days_since_first_purchase": 83.9, "spend_84d": 600.0}, "new"),
        ({"days_since_first_purchase": 84.0, "spend_84d": 600.0}, "steady"),
        ({"days_since_first_purchase": 167.9, "spend_84d": 599.0}, "steady"),
        ({"days_since_first_purchase": 168.0, "spend_84d": 599.0}, "growing"),
        ({"spend_84d": 600.0}, "growing"),
        ({"spend_84d": 0.0, "spend_168d": 0.0}, "steady"),
        ({"spend_84d": 0.3, "spend_168d": 0.1 + 0.2 + 0.3}, "steady"),
        ({"spend_84d": 13.99, "spend_168d": 23.99}, "steady"),
        ({"spend_84d": 14.0, "spend_168d": 24.0}, "growing"),
        ({"spend_84d": 7.01, "spend_168d": 17.01}, "steady"),
        ({"spend_84d": 7.0, "spend_168d": 17.0}, "slowing"),
    ],
)
def test_each_rule_holds_up_to_its_bound(changed: dict[str, float | None], expected: LifeCycle) -> None:
    assert life_cycle(**changed) == expected


def test_the_last_rule_takes_everybody() -> None:
    names = [rule.life_cycle for rule in LIFE_CYCLES]
    assert names == ["lost", "lost", "at risk", "new", "growing", "slowing", "steady"]


def test_ties_share_the_lower_place() -> None:
    spends = [0.0] * 6 + [50.0, 60.0, 70.0, 80.0]
    rows = [(f"c{place}", *TEN[0][1:6], spend) for place, spend in enumerate(spends)]
    found = segments(snapshot(rows))
    assert [found[f"c{place}"].monetary_quintile for place in range(10)] == [1] * 6 + [4, 4, 5, 5]
    tiers = [found[f"c{place}"].value_tier for place in range(10)]
    assert tiers == ["low"] * 6 + ["medium", "medium", "high", "high"]
    assert {one.recency_quintile for one in found.values()} == {1}


def test_sums_that_differ_by_rounding_alone_are_ties() -> None:
    rows = [("a", *TEN[0][1:6], 0.1 + 0.2), ("b", *TEN[0][1:6], 0.3)]
    assert [one.monetary_quintile for one in segments(snapshot(rows)).values()] == [1, 1]


def test_five_of_five_are_spread() -> None:
    rows = [(name, float(place), *TEN[0][2:]) for place, name in enumerate("abcde")]
    assert {name: one.recency_quintile for name, one in segments(snapshot(rows)).items()} == {
        "a": 5,
        "b": 4,
        "c": 3,
        "d": 2,
        "e": 1,
    }


def test_who_has_not_bought_is_in_no_segment_and_ranks_nobody() -> None:
    unseen = ("zoe", None, None, None, 0.0, 0.0, 0.0)
    found = segments(snapshot([*TEN, unseen]))
    assert found.pop("zoe") == Segments()
    assert found == segments(snapshot(TEN))


def test_without_purchases_nobody_is_in_a_segment() -> None:
    people = pa.table({"customer_id": ["a", "b"], "attribute_age": np.array([30.0, np.nan])})
    assert segments(people) == {"a": Segments(), "b": Segments()}
