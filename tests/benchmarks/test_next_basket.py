"""Last baskets foretold: which baskets take part, how clocks turn, and the whole road on baskets without times."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.next_basket import (
    METRICS,
    MOMENT,
    Protocol,
    as_json,
    baskets,
    compare,
    kinds,
    main,
    measured,
    turned,
)
from features.errors import InputError
from features.tables import Tables
from tests.features.shop import INACTIVITY, SHOP, load
from training.config import CrossSellConfig, read_config

GOODS = '[sources]\ngoods = { path = "goods.csv" }\nlines = { path = "lines.csv" }\n'
WITH_GOODS = f'{INACTIVITY}{GOODS}[tables.transactions]\nsource = "lines"\n[tables.items]\nsource = "goods"\n'
DEPARTMENTS = "item_id,department\na,food\nb,food\nc,fuel\nd,\n"
EVERYTHING = Protocol("product", 1, 1, (), "temporal", 0)
TEN = """\
ann,1,2024-01-01,ab
ann,2,2024-01-02,a
ann,3,2024-01-09,ac
ann,4,2024-01-10,b
bob,1,2024-01-01,a
bob,2,2024-01-03,bd
bob,3,2024-01-04,a
cid,1,2024-01-01,b
cid,2,2024-02-01,ab
dan,1,2024-01-05,a
"""
"""Ten baskets of four customers; each letter of the last column is an item."""


def shopped(folder: Path, text: str = TEN, declaration: str = INACTIVITY + SHOP, **files: str) -> Tables:
    """Tables of baskets, a line each: customer, basket, time, items, and the quantity if it is not 1."""
    lines = ["customer_id,basket_id,ts,item_id,amount,quantity"]
    for basket in text.splitlines():
        customer, number, ts, items, *quantity = basket.split(",")
        count = quantity[0] if quantity else "1"
        lines += [f"{customer},{number},{ts},{item},{count},{count}" for item in items]
    return load(folder, declaration, lines="\n".join(lines) + "\n", **files)


def told(lines: ibis.Table) -> dict[str, list[str]]:
    """The items of each customer's baskets, the last basket first."""
    rows = lines.to_pyarrow().to_pylist()
    found: dict[str, dict[int, str]] = {}
    for row in sorted(rows, key=lambda row: (row["customer_id"], row["basket_rank"], row["item_id"])):
        of_customer = found.setdefault(row["customer_id"], {})
        of_customer[row["basket_rank"]] = of_customer.get(row["basket_rank"], "") + row["item_id"]
    assert all(list(each) == list(range(len(each))) for each in found.values())
    return {customer: list(each.values()) for customer, each in found.items()}


def ages(tables: Tables) -> dict[str, dict[str, float]]:
    """Seconds from each basket to the moment, by customer and basket."""
    assert tables.transactions is not None
    found: dict[str, dict[str, float]] = {}
    for row in tables.transactions.to_pyarrow().to_pylist():
        age = (MOMENT.replace(tzinfo=None) - row["ts"].replace(tzinfo=None)) / timedelta(seconds=1)
        assert found.setdefault(row["customer_id"], {}).setdefault(row["basket_id"], age) == age
    return {customer: dict(sorted(each.items())) for customer, each in sorted(found.items())}


def test_baskets_are_numbered_from_the_last(tmp_path: Path) -> None:
    assert told(baskets(shopped(tmp_path), EVERYTHING)) == {
        "ann": ["b", "ac", "a", "ab"],
        "bob": ["a", "bd", "a"],
        "cid": ["ab", "b"],
    }


def test_a_basket_counts_once_for_each_customer_whatever_its_id(tmp_path: Path) -> None:
    # a is in seven baskets and b in five, of which some share an id; c and d are in one each.
    found = told(baskets(shopped(tmp_path), replace(EVERYTHING, min_purchases=5)))
    assert found == {"ann": ["b", "a", "a", "ab"], "bob": ["a", "b", "a"], "cid": ["ab", "b"]}
    found = told(baskets(shopped(tmp_path), replace(EVERYTHING, min_purchases=7)))
    assert found == {"ann": ["a", "a", "a"], "bob": ["a", "a"]}


def test_who_has_too_few_baskets_takes_no_part(tmp_path: Path) -> None:
    found = told(baskets(shopped(tmp_path), replace(EVERYTHING, min_baskets=3)))
    assert list(found) == ["ann"]


def test_a_department_can_be_left_out(tmp_path: Path) -> None:
    tables = shopped(tmp_path, declaration=WITH_GOODS, goods=DEPARTMENTS)
    found = told(baskets(tables, replace(EVERYTHING, without=("fuel",))))
    assert found == {"ann": ["b", "a", "a", "ab"], "bob": ["a", "bd", "a"], "cid": ["ab", "b"]}


def test_a_department_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    tables = shopped(tmp_path, declaration=WITH_GOODS, goods=DEPARTMENTS)
    with pytest.raises(InputError, match='no item is in the department "FUEL"; there are: food, fuel'):
        baskets(tables, replace(EVERYTHING, without=("FUEL",)))


def test_departments_need_their_column(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--without needs the column department"):
        baskets(shopped(tmp_path), replace(EVERYTHING, without=("fuel",)))


def test_returns_take_no_part(tmp_path: Path) -> None:
    tables = shopped(tmp_path, TEN + "cid,3,2024-02-09,a,-1\ncid,4,2024-02-08,b,0\n")
    assert told(baskets(tables, EVERYTHING))["cid"] == ["b", "ab", "b"]


def test_the_items_of_a_level_are_counted_at_that_level(tmp_path: Path) -> None:
    tables = shopped(tmp_path, declaration=WITH_GOODS, goods=DEPARTMENTS)
    found = told(baskets(tables, replace(EVERYTHING, item_level="department", min_purchases=9)))
    assert found == {"ann": ["b", "a", "a", "ab"], "bob": ["a", "b", "a"], "cid": ["ab", "b"]}


@pytest.mark.parametrize(
    ("ids", "order"),
    [("2 9 10", "cba"), ("b1 b10 b2", "cba"), ("9 x 10", "cab")],
    ids=["numbers by value", "text by letter", "text before numbers"],
)
def test_baskets_of_one_time_are_in_the_order_of_their_ids(tmp_path: Path, ids: str, order: str) -> None:
    rows = [f"ann,{basket},2024-01-01,{item}\n" for basket, item in zip(ids.split(), "abc", strict=True)]
    assert told(baskets(shopped(tmp_path, "".join(rows)), EVERYTHING)) == {"ann": list(order)}


def test_a_basket_is_as_old_as_its_newest_line(tmp_path: Path) -> None:
    rows = (
        "ann,1,2024-01-01 10:00:00,a\nann,1,2024-01-01 12:00:00,b\nann,2,2024-01-01 11:00:00,c\n"
        "ann,3,2023-01-01,d\n"
    )
    assert told(baskets(shopped(tmp_path, rows), EVERYTHING)) == {"ann": ["ab", "c", "d"]}


@pytest.mark.parametrize("wanted", [{"min_baskets": 4}, {"min_purchases": 8}], ids=["baskets", "purchases"])
def test_nothing_left_is_refused(tmp_path: Path, wanted: Mapping[str, int]) -> None:
    with pytest.raises(InputError, match="lower --min-baskets or --min-purchases"):
        baskets(shopped(tmp_path), replace(EVERYTHING, **wanted))  # type: ignore[arg-type]  # whole numbers


DAY = 24 * 3600.0


def test_ages_are_counted_to_the_basket_to_foretell(tmp_path: Path) -> None:
    tables = shopped(tmp_path)
    lines = baskets(tables, EVERYTHING)
    assert ages(turned(tables, lines, 0, tmp_path)) == {
        "ann": {"1": 9 * DAY, "2": 8 * DAY, "3": DAY, "4": 0.0},
        "bob": {"1": 3 * DAY, "2": DAY, "3": 0.0},
        "cid": {"1": 31 * DAY, "2": 0.0},
    }
    assert ages(turned(tables, lines, 1, tmp_path)) == {
        "ann": {"1": 8 * DAY, "2": 7 * DAY, "3": 0.0},
        "bob": {"1": 2 * DAY, "2": 0.0},
        "cid": {"1": 0.0},
    }
    assert ages(turned(tables, lines, 3, tmp_path)) == {"ann": {"1": 0.0}}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([1, 1, 1, 1], [3.0, 2.0, 1.0, 0.0]),
        ([1, 1, 1, 9], [8 * DAY + 2, 8 * DAY + 1, 8 * DAY, 0.0]),
        ([1, 1, 9, 9], [8 * DAY + 1, 8 * DAY, 1.0, 0.0]),
    ],
    ids=["all equal", "before the last", "in pairs"],
)
def test_the_order_stays_where_times_are_equal(
    tmp_path: Path, times: Sequence[int], expected: Sequence[float]
) -> None:
    rows = [f"ann,{basket},2024-01-0{day},a\n" for basket, day in enumerate(times, start=9)]
    tables = shopped(tmp_path, "".join(rows))
    [found] = ages(turned(tables, baskets(tables, EVERYTHING), 0, tmp_path)).values()
    assert found == {str(basket): age for basket, age in enumerate(expected, start=9)}


def habits(customers: int = 60, baskets_each: int = 6) -> str:
    """Baskets in order only: everybody likes four of eight items and tries another one now and then."""
    random = np.random.default_rng(4)
    rows = []
    for customer in range(customers):
        liked = random.permutation(list("abcdefgh"))[:4]
        for number in range(1, baskets_each + 1 + int(random.integers(6))):
            kept = [item for item in "abcdefgh" if random.random() < (0.7 if item in liked else 0.1)]
            rows.append(f"c{customer:02},{number},2024-01-01,{''.join(kept) or 'a'}\n")
    return "".join(rows)


@pytest.fixture
def quick() -> CrossSellConfig:
    """The values of the repository with few trees."""
    config = read_config().cross_sell
    return config.model_copy(update={"trees": config.trees.model_copy(update={"rounds": 10})})


def report(tables: Tables, protocol: Protocol, config: CrossSellConfig) -> dict[str, Any]:
    """What `--json` gets."""
    judged = compare(tables, protocol, config, Console(quiet=True))
    return as_json(protocol, judged, measured(judged))


def test_baskets_without_times_are_foretold(tmp_path: Path, quick: CrossSellConfig) -> None:
    tables = shopped(tmp_path, habits())
    protocol = replace(EVERYTHING, min_baskets=3)
    found = report(tables, protocol, quick)
    assert found["customers"] == 60
    assert found["items"] == 8
    assert found["protocol"]["mode"] == "temporal"
    names = {f"{metric}.{kind}" for metric in METRICS for kind in ("all", "repeat", "new")}
    assert all(values.keys() == names for values in found["metrics"].values())
    assert {"model", "tifu_knn", "popularity"} <= found["metrics"].keys()
    assert found["over_tifu"].keys() == names
    # A list of ten holds all of eight items, and every item is bought by somebody before.
    assert found["metrics"]["tifu_knn"]["recall_at_10.all"]["estimate"] == 1.0
    assert found["metrics"]["model"]["recall_at_10.all"]["estimate"] <= 1.0
    assert json.loads(json.dumps(found, allow_nan=False))["candidate_recall"]["all"]["all"] > 0.9


def test_a_split_tests_the_other_half(tmp_path: Path, quick: CrossSellConfig) -> None:
    tables = shopped(tmp_path, habits(20, 4))
    halves = []
    for seed in (0, 1):
        judged = compare(
            tables, replace(EVERYTHING, min_baskets=3, mode="split", seed=seed), quick, Console(quiet=True)
        )
        assert all(len(top) == 10 for by in judged.lists.values() for top in by.values())
        assert all(truth.shape == (10, 8) for truth in judged.targets.values())
        halves.append(judged.customers.tolist())
    assert len(set(halves[0])) == 10
    assert halves[0] != halves[1]


def test_what_nobody_buys_anew_is_not_judged(tmp_path: Path, quick: CrossSellConfig) -> None:
    rows = [f"c{who},{basket},2024-01-01,ab\n" for who in range(12) for basket in range(5)]
    tables = shopped(tmp_path, "".join(rows))
    judged = compare(tables, EVERYTHING, quick, Console(quiet=True))
    assert kinds(judged) == ["all", "repeat"]
    found = as_json(EVERYTHING, judged, measured(judged))
    assert found["metrics"]["model"].keys() == {f"{m}.{kind}" for m in METRICS for kind in ("all", "repeat")}


def test_two_baskets_each_leave_nothing_to_learn_before_the_last(
    tmp_path: Path, quick: CrossSellConfig
) -> None:
    rows = [f"c{who},{basket},2024-01-01,{'ab'[who % 2]}\n" for who in range(12) for basket in range(2)]
    tables = shopped(tmp_path, "".join(rows))
    with pytest.raises(InputError, match="take --mode split"):
        compare(tables, EVERYTHING, quick, Console(quiet=True))
    judged = compare(tables, replace(EVERYTHING, mode="split"), quick, Console(quiet=True))
    assert len(judged.customers) == 6


def test_one_customer_cannot_be_split(tmp_path: Path, quick: CrossSellConfig) -> None:
    tables = shopped(tmp_path, "ann,1,2024-01-01,a\nann,2,2024-01-01,b\nann,3,2024-01-02,a\n")
    with pytest.raises(InputError, match="one customer cannot be split"):
        compare(tables, replace(EVERYTHING, mode="split"), quick, Console(quiet=True))


def test_a_level_that_the_items_lack_is_refused(tmp_path: Path, quick: CrossSellConfig) -> None:
    with pytest.raises(InputError, match='item_level = "brand"'):
        compare(shopped(tmp_path), replace(EVERYTHING, item_level="brand"), quick, Console(quiet=True))


def test_the_command_prints_and_writes_everything(tmp_path: Path) -> None:
    shopped(tmp_path, habits(30, 4))
    options = ["--dataset", str(tmp_path / "dataset.toml"), "--workspace", str(tmp_path / "built")]
    target = tmp_path / "figures.json"
    done = CliRunner().invoke(main, [*options, "--min-purchases", "1", "--json", str(target)])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "last baskets of 30 customers, all items" in said
    assert "asked: at least 1.10 x" in said
    assert json.loads(target.read_text())["protocol"] == {
        "item_level": "product",
        "min_purchases": 1,
        "min_baskets": 3,
        "without": [],
        "mode": "temporal",
        "seed": 0,
    }
