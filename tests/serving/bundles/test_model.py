"""The model in the service scores as it did in training, and proposes nothing that the basket has or replaces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.bundles.model import BundleModel, load_model
from serving.scoring.artifact import ModelError
from tests.serving.bundles.tiny import (
    BEER,
    BREAD,
    BUTTER,
    CHEESE,
    CHIPS,
    GOLDEN,
    IDS,
    JAM,
    MARGARINE,
    SOAP,
    no_margin,
    offline_probability,
    offline_score,
    ranking,
    write_artifact,
)
from tests.serving.tiny import Change

OWN = {BREAD: 0.5, SOAP: 0.25}


@pytest.fixture(scope="module")
def model(bundles_artifact: Path) -> BundleModel:
    return load_model(bundles_artifact)


def codes(*basket: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.array(basket, dtype=np.intp)


@pytest.mark.parametrize("basket", GOLDEN)
@pytest.mark.parametrize("own", [None, OWN])
def test_scores_equal_the_formula(
    model: BundleModel, basket: list[int], own: dict[int, float] | None
) -> None:
    shares = None if own is None else np.array([own.get(item, 0.0) for item in range(len(IDS))])
    scored = model.scores(codes(*basket), shares)
    for values, formula in ((scored.score, offline_score), (scored.probability, offline_probability)):
        expected = [formula(basket, item, own) for item in range(len(IDS))]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("basket", GOLDEN)
def test_the_order_of_a_basket_does_not_matter(model: BundleModel, basket: list[int]) -> None:
    there, back = (model.scores(codes(*order), None).probability for order in (basket, basket[::-1]))
    np.testing.assert_allclose(there, back, rtol=0, atol=1e-12)


def best(model: BundleModel, *basket: int) -> list[str]:
    candidates = model.candidates(model.members(codes(*basket)))
    return [IDS[code] for code in model.ranked(model.scores(codes(*basket), None), candidates)]


@pytest.mark.parametrize("basket", GOLDEN)
def test_the_best_come_first_by_margin_and_by_probability(
    model: BundleModel, basket: list[int], tmp_path: Path
) -> None:
    assert model.by_margin
    assert best(model, *basket) == ranking(basket)
    unknown = load_model(write_artifact(tmp_path / "bundles", no_margin))
    assert not unknown.by_margin
    assert best(unknown, *basket) == ranking(basket, margins=False)


def test_the_two_orders_differ() -> None:
    assert ranking([BREAD]) != ranking([BREAD], margins=False)


@pytest.mark.parametrize("margin", [0.0, -0.5])
def test_a_margin_that_earns_nothing_ranks_nothing(tmp_path: Path, margin: float) -> None:
    def change(files: dict[str, Any]) -> None:
        files["items.json"][SOAP]["margin"] = margin

    assert not load_model(write_artifact(tmp_path / "bundles", change)).by_margin


def test_what_is_in_the_basket_or_replaces_it_is_no_candidate(model: BundleModel) -> None:
    def left(*basket: int) -> list[int]:
        return np.flatnonzero(model.candidates(model.members(codes(*basket)))).tolist()

    everything = list(range(len(IDS)))
    assert left() == everything
    assert left(SOAP) == everything[:-1]
    assert left(BUTTER) == left(MARGARINE) == [item for item in everything if item not in (BUTTER, MARGARINE)]
    assert left(*everything) == []


def test_ties_go_by_code(tmp_path: Path) -> None:
    def alike(files: dict[str, Any]) -> None:
        files["weights.npy"][:] = 0
        for item in files["items.json"]:
            item["margin"] = 1.0
        files["golden.json"] = {"baskets": [[SOAP]], "items": [[BREAD]], "probabilities": [[1 / 7]]}

    model = load_model(write_artifact(tmp_path / "bundles", alike))
    assert best(model, JAM) == [item for item in IDS if item != "JAM"]


def test_below_the_floor_no_item_is_likelier_than_another_but_the_order_stays(tmp_path: Path) -> None:
    def negative(files: dict[str, Any]) -> None:
        no_margin(files)
        files["weights.npy"][BREAD] = [0, -8, -3, -5, -1, -4, -2, -7]
        files["golden.json"] = {"baskets": [[BREAD]], "items": [[BUTTER]], "probabilities": [[1 / 7]]}

    model = load_model(write_artifact(tmp_path / "bundles", negative))
    scores = model.scores(codes(BREAD), None)
    assert scores.probability.tolist() == pytest.approx([0, *[1 / 7] * 7])
    assert best(model, BREAD) == [IDS[code] for code in (BEER, CHEESE, JAM, CHIPS, MARGARINE, SOAP, BUTTER)]


def test_a_full_basket_lacks_nothing(model: BundleModel) -> None:
    scores = model.scores(np.arange(len(IDS)), None)
    assert scores.probability.tolist() == [0.0] * len(IDS)


def test_probabilities_add_up_over_what_the_basket_lacks(model: BundleModel) -> None:
    for basket in GOLDEN:
        assert model.scores(codes(*basket), None).probability.sum() == pytest.approx(1)


@pytest.mark.parametrize("power", [1e-6, 20.0, 1e6])
def test_extreme_powers_stay_probabilities(tmp_path: Path, power: float) -> None:
    def change(files: dict[str, Any]) -> None:
        files["model.json"]["score"] |= {"known": power, "habit": 1e6}

    model = load_model(write_artifact(tmp_path / "bundles", change))
    found = model.scores(codes(BREAD), np.linspace(0, 1, len(IDS))).probability
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() == pytest.approx(1)


def test_weights_may_lie_by_column(model: BundleModel, tmp_path: Path) -> None:
    def turned(files: dict[str, Any]) -> None:
        files["weights.npy"] = np.asfortranarray(files["weights.npy"])

    other = load_model(write_artifact(tmp_path / "bundles", turned))
    there, here = (one.scores(codes(BREAD, JAM), None) for one in (other, model))
    assert there.score.tolist() == here.score.tolist()


def golden(difference: float) -> Change:
    def change(files: dict[str, Any]) -> None:
        files["golden.json"]["probabilities"][2][1] += difference

    return change


def other_weight(files: dict[str, Any]) -> None:
    files["weights.npy"][BREAD, BUTTER] += 0.001


def other_popularity(files: dict[str, Any]) -> None:
    files["items.json"][SOAP]["count"] += 50


def other_power(files: dict[str, Any]) -> None:
    files["model.json"]["score"]["unknown"] = 1.2


@pytest.mark.parametrize("change", [golden(2e-6), golden(0.1), other_weight, other_popularity, other_power])
def test_a_model_that_scores_otherwise_is_refused(tmp_path: Path, change: Change) -> None:
    with pytest.raises(ModelError, match="golden baskets"):
        load_model(write_artifact(tmp_path / "bundles", change))


def test_a_difference_below_the_tolerance_is_none(tmp_path: Path) -> None:
    assert load_model(write_artifact(tmp_path / "bundles", golden(5e-7))).items
