"""The registered bundle model stands on its own and suggests as the service does."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from mlflow.pyfunc import PythonModelContext

from training.models.bundles import BundlesPyfunc
from training.registry import MODELS

WEIGHTS = np.array(
    [
        [0.0, 0.4, 0.2, 0.001, 0.2],
        [0.3, 0.0, 0.1, -0.2, 0.05],
        [0.2, 0.1, 0.0, 0.3, 0.05],
        [0.1, 0.1, 0.3, 0.0, 0.05],
        [0.1, 0.1, 0.1, 0.1, 0.0],
    ],
    dtype="<f4",
)
IDS = ["BREAD", "BUTTER", "JAM", "MARGARINE", 'a/"b"\n客']
COUNTS = [40, 20, 12, 8, 20]
FLOOR, POWER = 0.005, 1.5


def write(folder: Path) -> Path:
    """Butter and margarine replace each other."""
    folder.mkdir()
    items = [
        {"id": item, "name": item.title(), "parent": "", "count": count, "margin": None}
        for item, count in zip(IDS, COUNTS, strict=True)
    ]
    score = {"habit": 0.5, "floor": FLOOR, "known": 1.2, "unknown": POWER}
    (folder / "model.json").write_text(json.dumps({"kind": "bundles", "baskets": 100, "score": score}))
    (folder / "items.json").write_text(json.dumps(items))
    np.save(folder / "weights.npy", WEIGHTS)
    np.save(folder / "substitutes.npy", np.array([[1, 3]], dtype="<i4"))
    return seal(folder)


def seal(folder: Path) -> Path:
    names = sorted(path.name for path in folder.iterdir() if path.name != "checksums.json")
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "checksums.json").write_text(json.dumps(sums))
    return folder


def read(folder: Path) -> BundlesPyfunc:
    model = BundlesPyfunc()
    model.load_context(PythonModelContext({"bundles": str(folder)}, {}))  # type: ignore[no-untyped-call]  # MLflow's
    return model


@pytest.fixture
def model(tmp_path: Path) -> BundlesPyfunc:
    return read(write(tmp_path / "bundles"))


def ask(model: BundlesPyfunc, *baskets: Sequence[str]) -> list[list[tuple[str, float]]]:
    frame = pd.DataFrame({"basket": [json.dumps(basket) for basket in baskets]})
    answers = model.predict(PythonModelContext({}, {}), frame)["suggestions"]  # type: ignore[no-untyped-call]  # MLflow's
    return [[(one["item_id"], one["probability"]) for one in json.loads(answer)] for answer in answers]


def test_the_likeliest_come_first_with_their_share_of_all_powers(model: BundlesPyfunc) -> None:
    """Beside bread: butter 0.4, jam and the odd one 0.2 each, margarine the floor."""
    powers = {item: score**POWER for item, score in zip(IDS[1:], (0.4, 0.2, FLOOR, 0.2), strict=True)}
    (found,) = ask(model, ["BREAD"])
    assert [item for item, _ in found] == ["BUTTER", "JAM", IDS[4], "MARGARINE"]
    assert dict(found) == pytest.approx(
        {item: power / sum(powers.values()) for item, power in powers.items()}
    )


def test_an_empty_basket_gets_what_is_popular(model: BundlesPyfunc) -> None:
    empty, unknown = ask(model, [], ["WINE", "bread"])
    assert empty == unknown
    assert [item for item, _ in empty] == ["BREAD", "BUTTER", IDS[4], "JAM", "MARGARINE"]
    assert empty[0][1] == pytest.approx(0.4**POWER / sum((count / 100) ** POWER for count in COUNTS))


def test_nothing_of_a_basket_and_no_substitute_is_suggested(model: BundlesPyfunc) -> None:
    of_butter, of_margarine, of_all = ask(model, ["BUTTER", "BUTTER"], ["MARGARINE", IDS[4]], IDS)
    assert {item for item, _ in of_butter} == {"BREAD", "JAM", IDS[4]}
    assert {item for item, _ in of_margarine} == {"BREAD", "JAM"}
    assert of_all == []


def test_rows_and_items_may_come_in_any_order(model: BundlesPyfunc) -> None:
    frame = pd.DataFrame({"x": 1, "basket": ['["JAM", "BREAD"]', '["BREAD", "JAM", "BREAD"]']}, index=[7, 3])
    answer = model.predict(PythonModelContext({}, {}), frame)  # type: ignore[no-untyped-call]  # MLflow's
    assert answer.index.tolist() == [7, 3]
    first, second = answer["suggestions"]
    assert first == second


@pytest.mark.parametrize("basket", ["", "BREAD", '{"a": 1}', "[1]", "[null]", '"BREAD"', "[[]]"])
def test_what_is_no_list_of_ids_is_refused(model: BundlesPyfunc, basket: str) -> None:
    with pytest.raises(ValueError, match="a basket is a JSON list of item ids"):
        model.predict(PythonModelContext({}, {}), pd.DataFrame({"basket": [basket]}))  # type: ignore[no-untyped-call]  # MLflow's


@pytest.mark.parametrize("name", ["model.json", "items.json", "weights.npy", "substitutes.npy"])
def test_an_altered_file_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "bundles")
    (folder / name).write_bytes(b"{" + (folder / name).read_bytes())
    with pytest.raises(ValueError, match=f"{name} of the bundle model was altered"):
        read(folder)


def test_arrays_of_objects_are_never_unpickled(tmp_path: Path) -> None:
    folder = write(tmp_path / "bundles")
    np.save(folder / "weights.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read(seal(folder))


def test_mlflow_saves_and_loads_it_by_path(model: BundlesPyfunc, tmp_path: Path) -> None:
    frame = pd.DataFrame({"basket": ['["BREAD"]', "[]"]})
    answer = model.predict(PythonModelContext({}, {}), frame)  # type: ignore[no-untyped-call]  # MLflow's
    mlflow.pyfunc.save_model(
        tmp_path / "saved",
        python_model=str(MODELS / "bundles.py"),
        artifacts={"bundles": str(tmp_path / "bundles")},
        pip_requirements=["numpy"],
        signature=infer_signature(frame, answer),
        input_example=frame,
    )
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "saved"))
    pd.testing.assert_frame_equal(loaded.predict(frame), answer)
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        loaded.predict(frame.rename(columns={"basket": "items"}))
