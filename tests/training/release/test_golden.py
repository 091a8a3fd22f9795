"""Golden customers are put together from all customers, and models score them as their artifacts say."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from features.store import SqliteStore
from tests.serving import tiny
from tests.serving.cross_sell import tiny as offered
from training.release import golden
from training.release.golden import golden_customers, largest_deviation
from training.release.parts import Part


def test_golden_customers_are_quantiles_of_every_feature_and_one_of_whom_nothing_is_known(
    parts: Mapping[str, Part], store: SqliteStore
) -> None:
    found = golden_customers(parts["churn"], store)
    values = np.array([row for _, _, row in tiny.ROWS])
    assert found.rows.shape == (21, 4)
    assert found.rows[0].tolist() == np.nanmin(values, axis=0).tolist()
    assert found.rows[19].tolist() == np.nanmax(values, axis=0).tolist()
    assert (np.diff(found.rows[:20], axis=0) >= 0).all()
    assert np.isnan(found.rows[20]).all()
    assert not [row for row in found.rows[:20] if (row == values).all(axis=1).any()]


def test_golden_customers_are_scored_by_the_registered_model(
    parts: Mapping[str, Part], store: SqliteStore
) -> None:
    churn = golden_customers(parts["churn"], store)
    expected = [tiny.offline_probability(row) for row in churn.rows]
    assert churn.probabilities.tolist() == pytest.approx(expected, abs=1e-12)
    candidates = golden_customers(parts["cross_sell"], store)
    assert candidates.parents is not None
    expected = [
        offered.offline_probability(row, parent)
        for row, parent in zip(candidates.rows, candidates.parents, strict=True)
    ]
    assert candidates.probabilities.tolist() == pytest.approx(expected, abs=1e-12)


def test_golden_candidates_are_of_both_kinds_and_of_every_category(
    parts: Mapping[str, Part], store: SqliteStore
) -> None:
    found = golden_customers(parts["cross_sell"], store)
    repeat = found.rows[:, offered.NAMES.index("repeat")]
    assert repeat[:20].tolist() == 10 * [1.0] + 10 * [0.0]
    assert np.isnan(found.rows[20]).all()
    assert {*(found.parents or ())} == {item.parent for item in store.items}


def test_as_json_unknown_is_null_and_churn_has_no_parents(
    parts: Mapping[str, Part], store: SqliteStore
) -> None:
    churn, candidates = (golden_customers(parts[name], store).as_json() for name in ("churn", "cross_sell"))
    assert list(churn) == ["rows", "probabilities"]
    assert list(candidates) == ["rows", "parents", "probabilities"]
    assert isinstance(churn["rows"], list)
    assert churn["rows"][20] == [None] * 4


def test_of_many_customers_some_from_everywhere_are_read(
    parts: Mapping[str, Part], store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "_READ_CUSTOMERS", 2)
    read = sorted(store.ids())[::3]
    values = np.array([row for customer_id, _, row in tiny.ROWS if customer_id in read])
    assert len(values) == 2
    found = golden_customers(parts["churn"], store)
    assert found.rows[0].tolist() == np.nan_to_num(np.nanmin(values, axis=0)).tolist()


@pytest.mark.parametrize("name", ["churn", "cross_sell", "bundles"])
def test_golden_rows_of_a_model_are_scored_as_its_artifact_says(parts: Mapping[str, Part], name: str) -> None:
    assert largest_deviation(parts[name]) < 1e-12


def test_the_largest_deviation_is_found(parts: Mapping[str, Part]) -> None:
    told = list(parts["churn"].golden["probabilities"])
    told[1] += 0.25
    told[2] -= 0.5
    changed = replace(parts["churn"], golden={**parts["churn"].golden, "probabilities": told})
    assert largest_deviation(changed) == pytest.approx(0.5)
    baskets = [list(row) for row in parts["bundles"].golden["probabilities"]]
    baskets[-1][-1] += 0.125
    changed = replace(parts["bundles"], golden={**parts["bundles"].golden, "probabilities": baskets})
    assert largest_deviation(changed) == pytest.approx(0.125)
