"""Nothing of an artifact is parsed before all of it was verified, and no contradiction is believed."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.bundles.artifact import PARTS, RULE, read_artifact
from serving.scoring.artifact import ModelError
from tests.serving.bundles.tiny import BUTTER, IDS, MARGARINE, RULES, WEIGHTS, write_artifact
from tests.serving.tiny import Change


def test_a_whole_artifact_is_read(bundles_artifact: Path) -> None:
    read = read_artifact(bundles_artifact)
    assert read.description.labelled_through == datetime(2017, 12, 4, tzinfo=UTC)
    assert [item.id for item in read.items] == IDS
    assert read.weights.tolist() == WEIGHTS.tolist()
    assert len(read.rules) == len(RULES)
    assert read.substitutes.tolist() == [[BUTTER, MARGARINE]]
    assert not any(array.flags.writeable for array in (read.weights, read.rules, read.substitutes))


@pytest.mark.parametrize("name", PARTS)
def test_an_altered_file_is_not_parsed(tmp_path: Path, name: str) -> None:
    path = write_artifact(tmp_path / "bundles") / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=f"{name} in .* was altered"):
        read_artifact(tmp_path / "bundles")


def put(name: str, key: str, value: object) -> Change:
    """`key` may be dotted; a number in it is a place."""

    def change(files: dict[str, Any]) -> None:
        *path, last = [int(step) if step.isdigit() else step for step in key.split(".")]
        part = files[name]
        for step in path:
            part = part[step]
        part[last] = value

    return change


def rule(column: str, value: object, place: int = 0) -> Change:
    def change(files: dict[str, Any]) -> None:
        files["rules.npy"][column][place] = value

    return change


def array(name: str, content: object) -> Change:
    return lambda files: files.update({name: content})


def cut(name: str) -> Change:
    """A whole header that promises more than there is."""

    def change(files: dict[str, Any]) -> None:
        whole = BytesIO()
        np.save(whole, files[name])
        files[name] = whole.getvalue()[:-3]

    return change


def promising(side: int) -> Change:
    """A header of a square with this side, and 16 numbers."""

    def change(files: dict[str, Any]) -> None:
        head = BytesIO()
        described = {"descr": "<f4", "fortran_order": False, "shape": (side, side)}
        np.lib.format.write_array_header_2_0(head, described)
        files["weights.npy"] = head.getvalue() + b"\0" * 64

    return change


def twice(files: dict[str, Any]) -> None:
    files["rules.npy"] = np.concatenate([files["rules.npy"], files["rules.npy"][3:4]])


NAN, INFINITE = float("nan"), float("inf")
OBJECTS = np.array([{"a": 1}], dtype=object)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("model.json", "schema", 2), "schema"),
        (put("model.json", "kind", "churn"), "kind"),
        (put("model.json", "surprise", 1), "surprise"),
        (put("model.json", "item_level", ""), "item_level"),
        (put("model.json", "baskets", 0), "baskets"),
        (put("model.json", "baskets", 100), r"items\.json: an item is in no more baskets"),
        (put("model.json", "learned_through", None), "learned_through"),
        (put("model.json", "score.habit", -0.1), r"score\.habit"),
        (put("model.json", "score.habit", INFINITE), r"score\.habit"),
        (put("model.json", "score.floor", 0), r"score\.floor"),
        (put("model.json", "score.known", 0), r"score\.known"),
        (put("model.json", "score.unknown", NAN), r"score\.unknown"),
        (put("model.json", "score.sharpness", 1), r"score\.sharpness"),
        (put("model.json", "evidence.max_q_value", 1.5), r"evidence\.max_q_value"),
        (put("model.json", "evidence.min_count", 0), r"evidence\.min_count"),
        (array("items.json", []), "at least one item"),
        (put("items.json", "1.id", "BREAD"), "an id comes once"),
        (put("items.json", "1.id", ""), r"1\.id"),
        (put("items.json", "1.count", -1), r"1\.count"),
        (put("items.json", "1.margin", INFINITE), r"1\.margin"),
        (put("items.json", "1.price", 1.0), r"1\.price"),
        (put("golden.json", "items", []), "every golden basket needs its items"),
        (put("golden.json", "items.0", []), "every golden basket needs its items"),
        (put("golden.json", "items", [[]] * 5), "every golden basket needs its items"),
        (
            array("golden.json", {"baskets": [[0]], "items": [[]], "probabilities": [[]]}),
            "every golden basket",
        ),
        (put("golden.json", "probabilities.0", [0.1]), "every golden basket needs its items"),
        (put("golden.json", "probabilities.0.0", 1.1), r"probabilities\.0\.0"),
        (put("golden.json", "baskets", []), "baskets"),
        (put("golden.json", "baskets.1", [8]), r"golden\.json: a code is one of the 8 items"),
        (put("golden.json", "items.0.0", -1), r"golden\.json: a code is one of the 8 items"),
        (array("weights.npy", WEIGHTS[:-1]), r"weights\.npy: one row and one column"),
        (array("weights.npy", WEIGHTS.ravel()), r"weights\.npy: one row and one column"),
        (array("weights.npy", WEIGHTS.astype("<f8")), r"weights\.npy holds float64 instead of float32"),
        (array("weights.npy", WEIGHTS.astype(">f4")), r"weights\.npy holds >f4 instead of float32"),
        (array("weights.npy", OBJECTS), r"weights\.npy holds object"),
        (array("weights.npy", b""), "EOF|magic"),
        (array("weights.npy", b"PK\x03\x04" + b"0" * 100), "magic"),
        (array("weights.npy", b"\x93NUMPY\x01\x00\x05\x00x=1\n\n"), "header"),
        (array("weights.npy", b"\x93NUMPY\x09\x00" + b"0" * 100), "."),
        (array("weights.npy", b"\x93NUMPY\x01\x00\x05\x00{'a(\n"), "header"),
        (cut("weights.npy"), r"weights\.npy is longer or shorter"),
        (promising(10**9), r"weights\.npy is longer or shorter"),
        (promising(10**30), r"weights\.npy is longer or shorter"),
        (promising(-4), "only specify one unknown dimension"),
        (put("weights.npy", "2", NAN), r"weights\.npy: a weight is a finite number"),
        (put("weights.npy", "2", INFINITE), r"weights\.npy: a weight is a finite number"),
        (array("substitutes.npy", np.zeros((2, 3), "<i4")), r"substitutes\.npy: rows of two items"),
        (array("substitutes.npy", np.zeros(2, "<i4")), r"substitutes\.npy: rows of two items"),
        (array("substitutes.npy", np.array([[3, 1]], "<i4")), r"substitutes\.npy: the smaller"),
        (array("substitutes.npy", np.array([[1, 1]], "<i4")), r"substitutes\.npy: the smaller"),
        (array("substitutes.npy", np.array([[-1, 1]], "<i4")), r"substitutes\.npy: the smaller"),
        (array("substitutes.npy", np.array([[1, 8]], "<i4")), r"substitutes\.npy: the smaller"),
        (array("substitutes.npy", OBJECTS), r"substitutes\.npy holds object"),
        (array("rules.npy", np.zeros((2, 2), RULE)), r"rules\.npy: one row a rule"),
        (array("rules.npy", np.zeros(3, "<i8")), r"rules\.npy holds int64"),
        (cut("rules.npy"), r"rules\.npy is longer or shorter"),
        (twice, r"rules\.npy: a rule comes once"),
        (rule("antecedent", (-1, -1, -1)), r"rules\.npy: an antecedent has one to three items"),
        (rule("antecedent", (1, -1, 2)), r"rules\.npy: an antecedent has one to three items"),
        (rule("antecedent", (-2, -1, -1)), r"rules\.npy: a code is one of the 8 items"),
        (rule("antecedent", (8, -1, -1)), r"rules\.npy: a code is one of the 8 items"),
        (rule("antecedent", (2, 0, -1)), r"rules\.npy: the items of an antecedent go up"),
        (rule("antecedent", (2, 2, -1)), r"rules\.npy: the items of an antecedent go up"),
        (rule("consequent", 0), r"rules\.npy: what follows is not among its antecedent"),
        (rule("consequent", 8), r"rules\.npy: a code is one of the 8 items"),
        (rule("consequent", -1), r"rules\.npy: a code is one of the 8 items"),
        (rule("count", 0), r"rules\.npy: no more baskets"),
        (rule("count", 401), r"rules\.npy: no more baskets"),
        (rule("count", 201), r"rules\.npy: no more baskets"),
        (rule("antecedent_count", 399), r"rules\.npy: the antecedent of a pair"),
        (rule("antecedent_count", 1001, 6), r"rules\.npy: no more baskets"),
        (rule("lift_low", NAN), r"rules\.npy: a lift is a finite number"),
        (rule("lift_high", INFINITE), r"rules\.npy: a lift is a finite number"),
        (rule("adjusted_lift", INFINITE), r"rules\.npy: a lift is a finite number"),
        (rule("p_value", NAN), r"rules\.npy: a p_value is within 0 to 1"),
        (rule("q_value", 1.1), r"rules\.npy: a q_value is within 0 to 1"),
        (rule("relation", 3), r"rules\.npy: a relation is 0, 1 or 2"),
        (rule("relation", -1), r"rules\.npy: a relation is 0, 1 or 2"),
    ],
)
def test_a_contradiction_is_refused_with_its_place(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_artifact(write_artifact(tmp_path / "bundles", change))


@pytest.mark.parametrize("name", ["rules.npy", "substitutes.npy"])
def test_there_may_be_no_rule_and_no_substitute(tmp_path: Path, name: str) -> None:
    def none(files: dict[str, Any]) -> None:
        files[name] = files[name][:0]

    read = read_artifact(write_artifact(tmp_path / "bundles", none))
    assert min(len(read.rules), len(read.substitutes)) == 0
