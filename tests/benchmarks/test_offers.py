"""What an answer with offers costs: made up as the service reads it, ratios, bars, and one short run."""

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.made_up_offers import made_up_rows, publish_into, release_into, whole_pair_set
from benchmarks.offers import (
    EMPTY,
    OFFERS,
    READING,
    SCORING,
    TREES,
    Cost,
    as_json,
    main,
    print_costs,
    ratios,
    scoring,
)
from features.store import SqliteStore
from serving.cross_sell.answers import Offers
from serving.live.models import load_live
from training.config import CrossSellConfig, read_config

COSTS = {
    EMPTY: Cost(0.5, 1.0),
    OFFERS: Cost(2.0, 3.0),
    SCORING: Cost(1.25, 4.0),
    READING: Cost(0.05, 0.1),
    TREES: Cost(0.75, 1.0),
}
SLOW = {**COSTS, SCORING: Cost(1.5, 1.0)}


@pytest.fixture
def small() -> CrossSellConfig:
    """The values of the repository with few trees."""
    config = read_config().cross_sell
    return config.model_copy(update={"trees": config.trees.model_copy(update={"rounds": 3})})


def test_ratios_are_to_an_empty_request() -> None:
    found = ratios(COSTS)
    assert found[EMPTY] == Cost(1.0, 1.0)
    assert found[OFFERS] == Cost(4.0, 3.0)
    assert found[SCORING] == Cost(2.5, 4.0)


@pytest.mark.parametrize(("costs", "met"), [(COSTS, True), (SLOW, False)], ids=["below", "at the bar"])
def test_the_bar_is_for_the_work_of_scoring(costs: dict[str, Cost], met: bool) -> None:  # noqa: FBT001 - a column of the table
    assert as_json(costs, {"trees": 120}, 10)["met"] is met
    console = Console(record=True, width=100)
    print_costs(console, costs)
    lines = [line for line in click.unstyle(console.export_text()).splitlines() if SCORING in line]
    assert [line.split("│")[-2].strip() for line in lines] == ["met" if met else "missed"]


def test_what_is_made_up_is_served(tmp_path: Path, small: CrossSellConfig) -> None:
    pairs = whole_pair_set()
    release_into(tmp_path / "release", pairs, small)
    ids = publish_into(tmp_path / "online.sqlite", pairs, customers=3, candidates=20)
    models, store = load_live(tmp_path / "release"), SqliteStore(tmp_path / "online.sqlite")
    assert models.cross_sell is not None
    offers = Offers(*models.cross_sell, store)
    for customer in ids:
        found = store.candidates(customer)
        assert found is not None
        assert len(found.items) == 20
        answer = offers.answer(customer, "all", 10)
        assert (answer.status, len(answer.offers)) == ("known", 10)
    store.close()


def test_scoring_and_its_parts_can_be_called(tmp_path: Path, small: CrossSellConfig) -> None:
    pairs = whole_pair_set()
    release_into(tmp_path / "release", pairs, small)
    [customer] = publish_into(tmp_path / "online.sqlite", pairs, customers=1, candidates=20)
    calls = scoring(tmp_path, pairs)
    assert list(calls) == [SCORING, READING, TREES]
    assert all(call(customer) is not None for call in calls.values())


def test_made_up_rows_are_repeats_or_have_no_purchase_of_their_own() -> None:
    names = whole_pair_set().names
    rows = made_up_rows(names, 400)
    again = rows[:, names.index("repeat")]
    assert set(again) == {0.0, 1.0}
    assert np.isnan(rows[again == 0, names.index("pair_baskets")]).all()
    assert np.isfinite(rows[again == 1]).all()
    assert np.array_equal(rows, made_up_rows(names, 400), equal_nan=True)


def test_a_short_run_asks_the_real_service(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    done = CliRunner().invoke(main, ["--rounds", "1", "--json", str(target)])
    assert done.exit_code == 0, done.output
    found = json.loads(target.read_text())
    assert found["candidates"] == 200
    assert found["calls"] == 20
    assert found["trees"] == read_config().cross_sell.trees.rounds
    assert found["over_empty"].keys() == COSTS.keys()
    assert found["milliseconds"][OFFERS]["processor"] > 0
