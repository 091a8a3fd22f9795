"""The command line: what it prints, what it leaves, and its exit code."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import mlflow
import pytest

from tests.market import write_config, write_grocer, write_leavers, write_subscribers
from tests.training.judge.made import Row, write_log
from tests.training.shell import Shell
from training.__main__ import MODULES, commands
from training.registry import VERDICT
from training.verdict import CHAMPION

ROOT = Path(__file__).parents[2]


def test_training_then_the_gate_then_training_again(shell: Shell, tmp_path: Path) -> None:
    train = ["churn", "--dataset", write_leavers(tmp_path), "--config", write_config(tmp_path)]
    gate = ["promote", "--config", tmp_path / "config.toml"]

    first = shell(*train, "--metrics-json", "out/churn.json")
    assert (first.code, first.out.splitlines()[-1]) == (
        0,
        "churn version 1 is registered; the gate: python -m training promote --model churn",
    )
    assert "means over 2 test periods" in first.out
    assert json.loads((tmp_path / "out" / "churn.json").read_text())["dataset"] == "leavers"
    assert (tmp_path / "workspace" / "leavers" / "reports" / "churn" / "model_card.md").is_file()
    assert not (tmp_path / "mlruns").exists()

    yes = shell(*gate)
    assert (yes.code, yes.out.splitlines()[-1]) == (0, "churn version 1 is the champion")
    assert "FAILS" not in yes.out

    assert shell(*train).code == 0
    again = shell(*gate)
    assert (again.code, again.out.splitlines()[-1]) == (0, "churn version 2 is the champion")
    assert "holds  at most 0.005 AUC below the champion on the same rows" in again.out
    assert "+0.0000 (95 % interval +0.0000 to +0.0000)" in again.out

    strict = write_config(tmp_path, max_calibration_error=0.001)
    no = shell("promote", "--config", strict, "--version", 1)
    assert (no.code, no.out.splitlines()[-1]) == (1, "churn version 1 stays a challenger")
    assert "FAILS  a calibration error of at most 0.001" in no.out

    client = mlflow.MlflowClient()
    assert client.get_model_version_by_alias("churn", CHAMPION).version in {2, "2"}
    verdicts = [json.loads(client.get_model_version("churn", number).tags[VERDICT]) for number in ("1", "2")]
    assert [verdict["promoted"] for verdict in verdicts] == [False, True]


def test_the_terminal_is_free_of_other_people_s_notes(shell: Shell, tmp_path: Path) -> None:
    said = shell("churn", "--dataset", write_subscribers(tmp_path), "--config", write_config(tmp_path))
    assert said.code == 0
    assert not [word for word in ("INFO", "Warning", "alembic", "WARNING") if word in said.err + said.out]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"origins": 0}, "churn.origins"),
        ({"churn.horizons": 4}, "churn.horizons"),
        ({"origins": 50}, "a backtest over 50 horizons needs"),
    ],
)
def test_bad_values_are_one_sentence_and_register_nothing(
    shell: Shell, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    config = write_config(tmp_path, **change)
    said = shell("churn", "--dataset", write_leavers(tmp_path), "--config", config)
    assert said.code == 2
    assert message in said.err.splitlines()[-1]
    assert said.err.splitlines()[-1].startswith("error: ")
    assert list(mlflow.MlflowClient().search_registered_models()) == []
    assert not (tmp_path / "workspace" / "leavers" / "reports").exists()


def test_cross_sell_then_its_gate(shell: Shell, tmp_path: Path) -> None:
    data = ["--dataset", write_grocer(tmp_path), "--config", write_config(tmp_path)]
    said = shell("cross-sell", *data, "--metrics-json", "out/cross_sell.json")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "share of the purchases that are among 16 candidates a customer".ljust(
        80
    )
    assert said.out.splitlines()[-1] == (
        "cross_sell version 1 is registered; the gate: python -m training promote --model cross_sell"
    )
    assert not [word for word in ("INFO", "Warning", "alembic", "WARNING") if word in said.err + said.out]
    figures = json.loads((tmp_path / "out" / "cross_sell.json").read_text())
    assert figures["item_level"] == "product"
    assert list(figures["effort"]["seconds"]) == ["loading", "training", "reporting", "total"]
    assert (tmp_path / "workspace" / "grocer" / "reports" / "cross_sell" / "model_card.md").is_file()

    gate = shell("promote", "--model", "cross_sell", "--config", tmp_path / "config.toml")
    assert "a higher NDCG@10 of new purchases than popularity" in gate.out
    assert gate.out.splitlines()[-1] == "cross_sell version 1 is the champion"
    assert gate.code == 0

    narrow = write_config(tmp_path, min_coverage=1.0)
    refused = shell("promote", "--model", "cross_sell", "--config", narrow, "--version", 1)
    assert refused.code == 1
    assert "FAILS  lists of new items that show at least 100.0 % of the items" in refused.out
    verdict = json.loads(mlflow.MlflowClient().get_model_version("cross_sell", "1").tags[VERDICT])
    assert verdict["promoted"] is False


def test_another_item_level_takes_the_place_of_the_declared_one(shell: Shell, tmp_path: Path) -> None:
    data = ["--dataset", write_grocer(tmp_path), "--config", write_config(tmp_path)]
    said = shell("cross-sell", *data, "--item-level", "category", "--metrics-json", "m.json")
    assert said.code == 0, said.err
    figures = json.loads((tmp_path / "m.json").read_text())
    assert (figures["item_level"], figures["items"]) == ("category", 4)


@pytest.mark.parametrize(
    ("write", "options", "message"),
    [
        (write_subscribers, [], "add [cross_sell] with item_level"),
        (write_grocer, ["--item-level", "brand"], "the items table has no column of that name"),
        (write_grocer, ["--item-level", "flavour"], "'flavour' is not one of"),
    ],
)
def test_offers_that_cannot_be_made_are_one_sentence(
    shell: Shell, tmp_path: Path, write: Callable[[Path], Path], options: list[str], message: str
) -> None:
    said = shell("cross-sell", "--dataset", write(tmp_path), *options)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert list(mlflow.MlflowClient().search_registered_models()) == []


def test_a_missing_dataset_is_one_sentence(shell: Shell, tmp_path: Path) -> None:
    said = shell("churn", "--dataset", tmp_path / "none.toml")
    assert (said.code, said.err.splitlines()[-1].split(":")[0]) == (2, "error")


def test_promotion_before_any_training_says_what_to_run(shell: Shell) -> None:
    said = shell("promote")
    assert said.code == 2
    assert "python -m training churn" in said.err


def test_a_registry_that_does_not_answer_is_told_before_the_training(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{write_subscribers(tmp_path)}/mlflow.db")
    said = shell("churn", "--dataset", tmp_path / "dataset.toml")
    assert (said.code, said.out) == (2, "")
    assert "set MLFLOW_TRACKING_URI" in said.err


def test_logged_decisions_judge_a_policy(shell: Shell, tmp_path: Path) -> None:
    halves = {"cheese": 0.5, None: 0.5}
    rows = [
        Row(f"d{number}", f"c{number}", *chosen, halves)
        for number, chosen in enumerate(10 * [("cheese", 3.0), (None, 1.0)])
    ]
    write_log(tmp_path / "logged.parquet", rows)
    always = [Row(row.decision, row.customer, "cheese", None, {"cheese": 1.0}) for row in rows]
    write_log(tmp_path / "replayed.parquet", always)
    files = ["--decisions", "replayed.parquet", "--logged", "logged.parquet"]
    said = shell("judge", *files, "--metrics-json", "out/judge.json")
    assert said.code == 0, said.err
    assert "20 decisions of 20 customers" in said.out
    figures = json.loads((tmp_path / "out" / "judge.json").read_text())
    assert figures["logging"]["estimate"] == 2.0
    assert figures["estimates"]["judged policy"]["snips"]["estimate"] == pytest.approx(3.0)

    alone = shell("judge", "--decisions", "replayed.parquet")
    assert (alone.code, alone.out) == (2, "")
    assert alone.err.splitlines()[-1].startswith("error: replayed.parquet has no reward")


def test_every_command_is_there_by_its_name() -> None:
    context = click.Context(commands)
    assert {name: found.name for name in MODULES if (found := commands.get_command(context, name))} == {
        name: name for name in MODULES
    }
    assert commands.get_command(context, "train") is None


def test_a_rollback_waits_for_no_library_that_trains_or_draws() -> None:
    code = (
        "import sys, training.__main__ as there, click;"
        "there.commands.get_command(click.Context(there.commands), 'rollback');"
        "print(sorted({'duckdb', 'ibis', 'lightgbm', 'matplotlib', 'mlflow', 'sklearn'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT)
    assert ran.stdout == "['mlflow']\n"
