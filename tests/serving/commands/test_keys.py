"""Keys on the command line: what a shell takes, what a person reads, what is refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from features.errors import InputError
from serving.__main__ import commands
from serving.keys.key import hash_of
from serving.keys.key_file import read_keys
from tests.serving.running import environment

KEY = re.compile(r"nbo_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def keys(path: Path, *arguments: str) -> Result:
    return CliRunner(env={"SERVING_KEYS": str(path)}).invoke(commands, ["keys", *arguments])


def states(path: Path) -> list[str]:
    """What the list says of each key, without the moment."""
    _, *rows = keys(path, "list").stdout.splitlines()
    return [re.sub(r" \d{4}-.*", "", row.split("  ")[-1]) for row in rows]


def created(path: Path, *more: str) -> str:
    return keys(path, "create", "--name", "shop", "--scope", "read", *more).stdout.strip()


def test_a_shell_takes_the_key_and_a_person_reads_the_rest(tmp_path: Path) -> None:
    line = f'KEY=$({sys.executable} -m serving keys create --name shop --scope read --scope decide); echo "[$KEY]"'
    settings = {**environment(), "SERVING_KEYS": str(tmp_path / "w" / "keys.json")}
    ran = subprocess.run(["/bin/sh", "-c", line], env=settings, capture_output=True, text=True, check=True)
    (key,) = KEY.findall(ran.stdout)
    assert ran.stdout == f"[{key}]\n"
    assert (
        ran.stderr
        == f"key {key[4:12]} of shop may read, decide, 100 times a second, without end; it is shown this once\n"
    )
    (record,) = read_keys(tmp_path / "w" / "keys.json")
    assert record.sha256 == hash_of(key)


def test_what_is_allowed_twice_is_allowed_once(path: Path) -> None:
    said = keys(path, "create", "--name", "shop", "--scope", "read", "--scope", "read").stderr
    assert "may read, 100 times" in said
    assert read_keys(path)[0].scopes == ("read",)


def test_the_list_shows_who_has_which_key_and_no_key(path: Path) -> None:
    texts = [created(path), created(path, "--days", "30", "--rate", "7"), created(path)]
    keys(path, "revoke", texts[2][4:12])
    listed = keys(path, "list").stdout
    heads, *rows = listed.splitlines()
    assert heads.split() == ["id", "name", "scopes", "a", "second", "created", "state"]
    assert [row.split()[:4] for row in rows] == [
        [texts[0][4:12], "shop", "read", "100"],
        [texts[1][4:12], "shop", "read", "7"],
        [texts[2][4:12], "shop", "read", "100"],
    ]
    assert states(path) == ["valid", "valid until", "revoked"]
    assert not any(text[13:] in listed for text in texts)


def test_a_rotated_key_is_printed_alone(path: Path) -> None:
    old = created(path)
    rotated = keys(path, "rotate", old[4:12], "--overlap-hours", "2")
    new = rotated.stdout.strip()
    assert KEY.fullmatch(new)
    told = (
        rf"key {new[4:12]}, without end, takes the place of {old[4:12]}, until \S+ \S+ UTC; it is shown this"
    )
    assert re.match(told, rotated.stderr)
    assert states(path) == ["valid until", "valid"]


def test_another_file_can_be_named(path: Path, tmp_path: Path) -> None:
    created(path, "--keys", str(tmp_path / "other.json"))
    assert not path.exists()
    assert len(read_keys(tmp_path / "other.json")) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["revoke", "nobody"], "there is no key nobody: python -m serving keys list"),
        (["rotate", "nobody"], "there is no key nobody"),
        (["create", "--name", "a/b", "--scope", "read"], "the name of a key cannot be 'a/b'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(path: Path, arguments: list[str], sentence: str) -> None:
    created(path)
    before = path.read_bytes()
    ended = keys(path, *arguments)
    assert isinstance(ended.exception, InputError)
    assert sentence in str(ended.exception)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "--name", "shop"],
        ["create", "--scope", "read"],
        ["create", "--name", "shop", "--scope", "all"],
        ["create", "--name", "shop", "--scope", "read", "--days", "0"],
        ["create", "--name", "shop", "--scope", "read", "--rate", "0"],
        ["rotate", "x", "--overlap-hours", "-1"],
    ],
)
def test_a_wrong_option_is_refused(path: Path, arguments: list[str]) -> None:
    assert keys(path, *arguments).exit_code == 2
    assert not path.exists()


def test_a_list_of_nothing_says_how_to_make_a_key(path: Path) -> None:
    assert "python -m serving keys create" in str(keys(path, "list").exception)
