"""Values of the process come from the environment, and a mistyped one is an error."""

from datetime import timedelta
from pathlib import Path

import pytest

from features.errors import InputError
from serving.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SERVING_{name.upper()}", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_defaults_listen_on_loopback_only() -> None:
    settings = read_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.release, settings.store) == (Path("workspace/release"), Path("workspace/online.sqlite"))
    assert (settings.alias, settings.tracking_uri) == ("champion", "sqlite:///mlflow.db")
    assert settings.stale_after is None
    assert settings.rule_files is None
    assert (settings.ledger, settings.secret_file) == (
        "sqlite:///workspace/ledger.sqlite",
        Path("workspace/secret"),
    )
    assert settings.budget_ms == 200
    assert (settings.keys, settings.workers, settings.most_in_flight) == (Path("workspace/keys.json"), 1, 64)
    assert (settings.drain_seconds, settings.ready_when_stale) == (5.0, True)


def test_variables_replace_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_PORT", "9000")
    monkeypatch.setenv("SERVING_STALE_AFTER_DAYS", "7")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    settings = read_settings()
    assert (settings.port, settings.tracking_uri) == (9000, "sqlite:///other.db")
    assert settings.stale_after == timedelta(days=7)


def test_rules_are_files_when_both_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_CATALOGUE", "offers.csv")
    monkeypatch.setenv("SERVING_POLICY", "policy.toml")
    assert read_settings().rule_files == (Path("offers.csv"), Path("policy.toml"))


@pytest.mark.parametrize("name", ["SERVING_CATALOGUE", "SERVING_POLICY"])
def test_one_file_of_rules_without_the_other_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "file")
    with pytest.raises(InputError, match="go together"):
        _ = read_settings().rule_files


def test_our_own_registry_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    monkeypatch.setenv("SERVING_TRACKING_URI", "sqlite:///ours.db")
    assert read_settings().tracking_uri == "sqlite:///ours.db"


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(f"SERVING_{name.upper()}", "")
    assert read_settings() == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SERVING_STROE", "x", "SERVING_STROE is no setting; there are .*SERVING_STORE"),
        ("SERVING_PORT", "http", "SERVING_PORT"),
        ("SERVING_PORT", "70000", "SERVING_PORT"),
        ("SERVING_STALE_AFTER_DAYS", "0", "SERVING_STALE_AFTER_DAYS"),
        ("SERVING_STALE_AFTER_DAYS", "999999999", "SERVING_STALE_AFTER_DAYS.* 36500"),
        ("SERVING_DRAIN_SECONDS", "inf", "SERVING_DRAIN_SECONDS.* 3600"),
        ("SERVING_DRAIN_SECONDS", "nan", "SERVING_DRAIN_SECONDS"),
        ("SERVING_BUDGET_MS", "0", "SERVING_BUDGET_MS"),
        ("SERVING_MODELS", "churn", "SERVING_MODELS is no setting"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=message):
        read_settings()
