"""Which versions a release pins, and what is known of them."""

import hashlib
import json
from pathlib import Path

import mlflow
import pytest

from features.errors import InputError
from tests.serving import tiny
from tests.training.release import made
from training.registry import Version
from training.release.parts import MODELS, Part, open_part, pins
from training.verdict import Verdict


def numbers(versions: list[Version]) -> dict[str, int]:
    return {version.model: version.number for version in versions}


@pytest.mark.usefixtures("champions")
def test_the_champions_are_pinned_unless_a_version_is_named_or_a_model_left_out(tmp_path: Path) -> None:
    made.registered(tmp_path / "newer", "churn", verdict=made.NO)
    assert numbers(pins({}, ())) == dict.fromkeys(MODELS, 1)
    assert list(numbers(pins({}, ()))) == list(MODELS)
    assert numbers(pins({"churn": 2}, ["bundles"])) == {"churn": 2, "cross_sell": 1}


@pytest.mark.usefixtures("registry")
def test_models_without_a_champion_stay_out_but_not_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of churn, cross_sell, bundles has a champion: train"):
        pins({}, ())
    made.registered(tmp_path / "held-back", "churn", verdict=made.NO)
    made.registered(tmp_path / "judged", "bundles")
    assert numbers(pins({}, ())) == {"bundles": 1}
    with pytest.raises(InputError, match="none of churn, cross_sell has a champion"):
        pins({}, ["bundles"])
    with pytest.raises(InputError, match="none of no models has a champion"):
        pins({}, MODELS)


@pytest.mark.usefixtures("champions")
def test_a_pin_that_makes_no_sense_is_one_sentence() -> None:
    with pytest.raises(InputError, match="bundles has no version 9"):
        pins({"bundles": 9}, ())
    with pytest.raises(InputError, match="bundles is pinned and left out at once"):
        pins({"bundles": 1}, ["bundles"])


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("verdict", "passed"), [(made.YES, True), (made.NO, False), (None, False)])
def test_a_part_knows_whether_it_has_passed_its_gate(
    tmp_path: Path, verdict: Verdict | None, *, passed: bool
) -> None:
    version = made.registered(tmp_path, "bundles", verdict)
    assert open_part(version, tmp_path / "part").passed is passed


def test_a_part_is_listed_with_what_tells_it_from_others(parts: dict[str, Part], tmp_path: Path) -> None:
    part, folder = parts["churn"], tiny.write_artifact(tmp_path / "churn")
    assert part.label == "churn 1"
    assert part.as_json() == {
        "name": "churn",
        "version": "1",
        "run_id": part.version.run_id,
        "fingerprint": "f1",
        "checksum": hashlib.sha256((folder / "checksums.json").read_bytes()).hexdigest(),
    }
    assert part.golden == json.loads((folder / "golden.json").read_text())


@pytest.mark.usefixtures("registry")
def test_a_run_that_is_gone_says_no_dataset(tmp_path: Path) -> None:
    version = made.registered(tmp_path, "churn", dataset="shop")
    assert open_part(version, tmp_path / "before").dataset == "shop"
    gone = Version("churn", 1, 32 * "0")
    assert open_part(gone, tmp_path / "after").dataset == ""


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("harm", ["altered", "gone"])
def test_a_model_whose_files_are_altered_or_gone_is_one_sentence(tmp_path: Path, harm: str) -> None:
    version = made.registered(tmp_path, "churn")
    (logged,) = (
        path for path in tmp_path.rglob("golden.json") if "mlruns" in path.parts and "churn" in path.parts
    )
    if harm == "altered":
        logged.write_text(logged.read_text().replace("0.", "0.0", 1))
    else:
        logged.unlink()
    with pytest.raises(
        InputError, match=r"models:/churn/1 cannot be loaded \(.+\): train and promote it again"
    ):
        open_part(version, tmp_path / "part")
    assert mlflow.MlflowClient().get_model_version("churn", "1").status == "READY"
