"""The artifact of a release is read when it is whole and agrees with itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from serving.live.models import load_live
from serving.release import ARTIFACT, read_artifact
from serving.release.artifact import rules_digest
from serving.scoring.artifact import ModelError
from tests.serving.bundles.tiny import release_into as all_into
from tests.serving.releases import Change, go_live
from tests.serving.rules import CATALOGUE, POLICY
from tests.serving.tiny import write_artifact

CSV = """version,currency,id,name,kind,channels,value,acceptance,incremental
c9,USD,thanks,A thank you,loyalty,web,10,0.5,1
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where nothing is live yet."""
    return tmp_path / "release"


def churn_alone(root: Path, change: Change) -> Path:
    staged = root / ".staged"
    write_artifact(staged / "churn")
    return go_live(root, staged, "3", change)


def test_it_names_models_and_rules(root: Path) -> None:
    artifact = read_artifact(all_into(root, "3") / ARTIFACT)
    contents = artifact.contents
    assert [(one.name, one.version) for one in contents.models] == [
        ("churn", "3"),
        ("cross_sell", "3"),
        ("bundles", "3"),
    ]
    assert contents.rules == rules_digest(CATALOGUE.encode(), POLICY.encode())
    assert (artifact.catalogue.read_text(), artifact.policy.read_text()) == (CATALOGUE, POLICY)


def as_csv(files: dict[str, Any]) -> None:
    del files["catalogue.toml"]
    files["catalogue.csv"] = CSV
    files["release.json"]["catalogue"] = "catalogue.csv"


def test_a_catalogue_may_be_csv(root: Path) -> None:
    churn_alone(root, as_csv)
    rules = load_live(root).rules
    assert rules is not None
    assert rules.catalogue.version == "c9"


def both(files: dict[str, Any]) -> None:
    files["catalogue.csv"] = CSV


def of_the_other_kind(files: dict[str, Any]) -> None:
    as_csv(files)
    files["release.json"] |= {"catalogue": "catalogue.toml", "rules": "0"}
    files["catalogue.toml"] = CATALOGUE


def without_models(files: dict[str, Any]) -> None:
    files["release.json"]["models"] = []


def twice(files: dict[str, Any]) -> None:
    files["release.json"]["models"] *= 2


def more(files: dict[str, Any]) -> None:
    files["release.json"]["surprise"] = 1


def no_golden_customers(files: dict[str, Any]) -> None:
    files["golden.json"] = {}


def narrow(files: dict[str, Any]) -> None:
    files["golden.json"]["churn"]["rows"] = [row[1:] for row in files["golden.json"]["churn"]["rows"]]


def too_few(files: dict[str, Any]) -> None:
    del files["golden.json"]["churn"]["probabilities"][0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (both, "unexpected catalogue"),
        (of_the_other_kind, "unexpected catalogue"),
        (without_models, "models"),
        (twice, "named twice"),
        (more, "surprise"),
        (no_golden_customers, "golden.json scores exactly"),
        (narrow, "every row needs 4 values"),
        (too_few, "every row needs 4 values"),
    ],
)
def test_what_contradicts_itself_is_refused(root: Path, change: Change, sentence: str) -> None:
    churn_alone(root, change)
    with pytest.raises(ModelError, match=sentence):
        load_live(root)


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace('"thanks"', '"stay"'), lambda _: 'version = "1"'],
    ids=["same-id", "no-offers"],
)
def test_rules_that_cannot_be_read_are_refused(root: Path, change: Callable[[str], str]) -> None:
    def altered(files: dict[str, Any]) -> None:
        files["catalogue.toml"] = change(files["catalogue.toml"])

    churn_alone(root, altered)
    with pytest.raises(InputError, match=r"catalogue\.toml"):
        load_live(root)
