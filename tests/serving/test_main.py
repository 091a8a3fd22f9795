"""The command line, as a user types it."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.serving.places import publish_full, settings_in, variables
from tests.serving.process import environment


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


def test_many_are_decided_on_replayed_and_exported(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_full(settings)
    told = variables(settings)
    channel = ["--channel", "web"]
    decided = serving(tmp_path, "batch", *channel, "--at", "2017-12-04", "--out", "b.parquet", **told)
    assert (decided.returncode, decided.stdout) == (0, "6 decisions are in b.parquet\n"), decided.stderr
    replayed = serving(tmp_path, "replay", "--as-of", "2017-12-04", *channel, "--out", "r.parquet", **told)
    assert replayed.stdout == "6 decisions as of 2017-12-04 are in r.parquet\n", replayed.stderr
    exported = serving(tmp_path, "export", "--out", "e.parquet", **told)
    assert exported.stdout == "6 decisions are in e.parquet\n", exported.stderr
    batch, replay = (pq.read_table(tmp_path / name) for name in ("b.parquet", "r.parquet"))
    assert batch.equals(replay)
    assert pq.read_table(tmp_path / "e.parquet").num_rows == 6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["batch", "--channel", "wbe", "--out", "x"], '"wbe" is no channel'),
        (["replay", "--as-of", "2017-12-05", "--channel", "web", "--out", "x"], "publish --as-of 2017-12-05"),
        (["export", "--out", "x", "--ledger", "sqlite://"], "in memory"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    settings = settings_in(tmp_path)
    publish_full(settings)
    ended = serving(tmp_path, *arguments, **variables(settings))
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


IMPORTS = """
import sys
from starlette.testclient import TestClient
from tests.serving.bundles.tiny import FULL_INFO, habits, release_into
from tests.serving.cross_sell.tiny import candidates
from tests.serving.tiny import ROWS
from pathlib import Path
import serving.server
from serving.app import create_app
from serving.live import Live
from serving.models import load_live
from serving.served import Served
from tests.fakes import MemoryStore

root = Path(sys.argv[1])
release_into(root, "3")
app = create_app(Live(Served(load_live(root), MemoryStore(FULL_INFO, ROWS, candidates(), habits()))))
with TestClient(app) as client:
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
