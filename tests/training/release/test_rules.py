"""Catalogue and policy as a release carries them: unchanged, and named by what they hold."""

import hashlib
from pathlib import Path

import pytest

from features.errors import InputError
from training.release.rules import Rules, read_rules

CSV = 'version,currency,id,name\n7,EUR,tea,"Tea; 5 % off"\n7,EUR,jam,\n'


def of(catalogue: str, policy: str = 'version = "8"', name: str = "catalogue.toml") -> Rules:
    return Rules(name, catalogue.encode(), policy.encode())


def test_both_files_are_carried_byte_by_byte(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf# 5 \xe2\x82\xac\r\nversion = "7"\r\n'
    (tmp_path / "spring.toml").write_bytes(content)
    (tmp_path / "strict.toml").write_bytes(b'version = "8"')
    rules = read_rules(tmp_path / "spring.toml", tmp_path / "strict.toml")
    rules.write(tmp_path)
    assert (tmp_path / "catalogue.toml").read_bytes() == content
    assert (tmp_path / "policy.toml").read_bytes() == b'version = "8"'
    assert rules.catalogue_version() == "7"


def test_a_catalogue_in_csv_keeps_its_ending(tmp_path: Path) -> None:
    (tmp_path / "spring.CSV").write_text(CSV)
    (tmp_path / "policy.toml").write_text("")
    rules = read_rules(tmp_path / "spring.CSV", tmp_path / "policy.toml")
    assert rules.catalogue_name == "catalogue.csv"
    assert rules.catalogue_version() == "7"


def test_the_digest_is_of_both_files_with_a_zero_byte_between() -> None:
    assert of("a", "b").digest == hashlib.sha256(b"a\0b").hexdigest()[:12]
    assert len({of("a", "b").digest, of("ab", "").digest, of("", "ab").digest}) == 3


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (of("version = "), "Invalid value"),
        (of('currency = "EUR"'), "it does not say one version"),
        (of("version = '7'\nx = " + 5000 * "["), "nested too deep"),
        (Rules("catalogue.toml", b"\xff", b""), "can't decode"),
        (of("", name="catalogue.csv"), "it does not say one version"),
        (of(CSV + "8,EUR,rum,\n", name="catalogue.csv"), "it does not say one version"),
        (of(CSV + '7,EUR,"rum\n', name="catalogue.csv"), "it is no CSV"),
    ],
    ids=["no toml", "none", "deep", "no text", "empty", "two", "no csv"],
)
def test_a_catalogue_that_cannot_be_read_says_why(rules: Rules, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        rules.catalogue_version()


@pytest.mark.parametrize(
    ("policy", "fault"), [("version", "Expected '='"), ("[control]", "does not say one version")]
)
def test_a_policy_that_cannot_be_read_says_why(policy: str, fault: str) -> None:
    assert of("").policy_version() == "8"
    with pytest.raises(ValueError, match=fault):
        of("", policy).policy_version()


@pytest.mark.parametrize("missing", ["catalogue", "policy"])
def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, missing: str) -> None:
    for name in {"catalogue", "policy"} - {missing}:
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=rf"cannot read .*{missing}: .*; name the file with --{missing}"):
        read_rules(tmp_path / "catalogue", tmp_path / "policy")
