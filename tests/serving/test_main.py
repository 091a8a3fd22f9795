"""The command line, as a user types it."""

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from features.errors import InputError
from serving.__main__ import commands
from serving.offline.decision_log import DecisionLog
from serving.settings import Settings
from tests.serving.places import variables
from tests.serving.reliability.disks import WITHOUT_ROOTS_RIGHTS
from tests.serving.running import environment


def serving(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving", *arguments]
    settings = {**environment(), **variables}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)


def test_a_pull_without_a_registry_is_one_sentence(tmp_path: Path) -> None:
    pulled = serving(tmp_path, "pull")
    assert pulled.returncode == 2
    assert pulled.stderr.startswith("error: there is no registry at sqlite:///mlflow.db: train")
    assert pulled.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("report",), ("export", "--out", "x"), ("audit",)])
def test_a_folder_that_this_user_may_not_look_into_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    command = [*WITHOUT_ROOTS_RIGHTS, sys.executable, "-m", "serving", *arguments]
    variables = {**environment(), "SERVING_LEDGER": f"sqlite:///{closed}/ledger.sqlite"}
    ended = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    told = "closed to this user (Permission denied): run as one who may use it"
    assert ended.stderr == f"error: {closed}/ledger.sqlite is {told}\n"


def test_an_unknown_variable_is_one_sentence(tmp_path: Path) -> None:
    run = serving(tmp_path, "run", SERVING_STROE="x")
    assert run.returncode == 2
    assert run.stderr.startswith("error: SERVING_STROE is no setting")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--help"], "pull"), (["run", "--help"], "SERVING_PORT"), (["pull", "--help"], "--alias")],
)
def test_help_names_commands_and_variables(tmp_path: Path, arguments: list[str], words: str) -> None:
    shown = serving(tmp_path, *arguments)
    assert shown.returncode == 0
    assert words in shown.stdout


@pytest.mark.parametrize("arguments", [["run", "--port", "70000"], ["pull", "--model", "nobody"]])
def test_a_wrong_option_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    assert serving(tmp_path, *arguments).returncode == 2


def command(settings: Settings, *arguments: object) -> Result:
    """A command of this process: what costs seconds is loaded already."""
    runner = CliRunner(env=variables(settings))
    return runner.invoke(commands, [str(argument) for argument in arguments])


def test_many_are_decided_on_replayed_and_exported(settings: Settings, tmp_path: Path) -> None:
    out, web = tmp_path / "b.parquet", ("--channel", "web")
    decided = command(settings, "batch", *web, "--at", "2017-12-04T12:00", "--out", out)
    assert (decided.exit_code, decided.stdout) == (0, f"6 decisions are in {out}\n")
    again = tmp_path / "r.parquet"
    replayed = command(settings, "replay", "--as-of", "2017-12-04", *web, "--out", again)
    assert replayed.output == f"6 decisions as of 2017-12-04 are in {again}\n"
    assert pq.read_table(out).equals(pq.read_table(again))
    exported = command(settings, "export", "--out", out)
    assert exported.output == f"6 decisions are in {out}\n"
    assert pq.read_table(out).num_rows == 6


def test_a_batch_says_when_it_begins_a_ledger(settings: Settings, tmp_path: Path) -> None:
    arguments = "batch", "--channel", "web", "--out", tmp_path / "b.parquet"
    begun = command(settings, *arguments).stderr
    assert begun.startswith(f"there is no ledger at {tmp_path}/")
    assert "ledger" not in command(settings, *arguments).stderr


def test_a_command_that_is_told_to_end_leaves_no_half_written_file(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(DecisionLog, "write_all", told)
    ended = command(settings, "batch", "--channel", "web", "--out", tmp_path / "out" / "b.parquet")
    assert ended.exit_code == 143
    assert list((tmp_path / "out").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["batch", "--channel", "wbe"], '"wbe" is no channel'),
        (["batch", "--channel", "web", "--store", "none"], "no online store at none"),
        (["batch", "--channel", "web", "--customers", "none"], "cannot read none"),
        (["batch", "--channel", "web", "--at", "2999-01-01"], "2999-01-01 00:00 is no moment to decide at"),
        (["batch", "--channel", "web", "--at", "0001-01-01"], "between 1970 and tomorrow"),
        (["batch", "--channel", "web", "--ledger", "nowhere"], "is no address of a database"),
        (["replay", "--as-of", "2017-12-05", "--channel", "web"], "publish --as-of 2017-12-05"),
        (
            ["replay", "--as-of", "2017-12-04", "--channel", "web", "--ledger", "sqlite:///x"],
            "does not exist",
        ),
        (["export", "--ledger", "sqlite://"], "in memory"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_leaves_no_file(
    settings: Settings, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    ended = command(settings, *arguments, "--out", tmp_path / "x")
    assert isinstance(ended.exception, InputError)
    assert sentence in str(ended.exception)
    assert not (tmp_path / "x").exists()


IMPORTS = """
import sys
from starlette.testclient import TestClient
from tests.serving.bundles.tiny import FULL_INFO, habits, release_into
from tests.serving.cross_sell.tiny import candidates
from tests.serving.callers import HEADER, keyring
from tests.serving.tiny import ROWS
from pathlib import Path
import serving.process.server
from serving.app import create_app
from serving.live.live import Live
from serving.live.models import load_live
from serving.live.served import Served
from tests.fakes import MemoryStore

root = Path(sys.argv[1])
release_into(root, "3")
live = Live(Served(load_live(root), MemoryStore(FULL_INFO, ROWS, candidates(), habits())))
with TestClient(create_app(live, keyring=keyring()), headers=HEADER) as client:
    assert client.get("/v1/customers/1/churn").status_code == 200
    assert client.get("/v1/customers/1/offers").status_code == 200
    assert client.get("/v1/items/BREAD/bundles").status_code == 200
    assert client.post("/v1/bundles", json={"basket": ["BREAD"], "customer_id": "1"}).json()["personal"]
print(sorted({name.split(".")[0] for name in sys.modules} & {"mlflow", "duckdb", "ibis", "mlxtend",
"networkx", "training"}))
"""


def test_the_request_process_never_imports_the_registry(tmp_path: Path) -> None:
    command = [sys.executable, "-c", IMPORTS, str(tmp_path)]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_help_costs_neither_the_registry_nor_the_model(tmp_path: Path) -> None:
    code = "import sys; import serving.__main__; print({'mlflow', 'lightgbm', 'fastapi'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
