"""Rules come with the release and are swapped with it, unless files are given."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from features.store import publish_sqlite
from serving.decision.rulebook import Rules, read_rules
from serving.live.answers import release_answer
from serving.live.live import Live
from serving.live.watch import Watch
from serving.settings import Settings
from tests.serving.places import Place, settings_in
from tests.serving.releases import Change, go_live
from tests.serving.tiny import INFO, ROWS, write_artifact

LogLines = Callable[[], list[dict[str, Any]]]


def renamed(files: dict[str, Any]) -> None:
    """Rules of another name."""
    files["catalogue.toml"] = files["catalogue.toml"].replace('version = "c1"', 'version = "c2"')


def unknown(files: dict[str, Any]) -> None:
    """Rules that no store knows."""
    files["catalogue.toml"] = files["catalogue.toml"].replace("churn_band", "churn_bnad")


def of_spend(files: dict[str, Any]) -> None:
    """Rules that only a store with described features knows."""
    files["catalogue.toml"] = files["catalogue.toml"].replace("churn_band = high", "spend_28d > 1")


class Folder:
    """A release folder and a store file, and the watch over them; the rules are those of the release."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_in(folder)
        self.start()
        self.publish()

    def started_anew(self) -> "Folder":
        """Another worker over the same files."""
        other = copy(self)
        other.start()
        return other

    def start(self) -> None:
        """As a worker that has not looked yet."""
        self.live = Live()
        self.watch = Watch(self.live, self.settings)

    def publish(self, *, described: bool = True) -> None:
        info = INFO if described else replace(INFO, described=())
        publish_sqlite(self.settings.store, info, ROWS)

    def release(self, version: str, change: Change = lambda _: None) -> None:
        """Make a release live on disk, and look for it."""
        staged = self.settings.release / ".staged"
        write_artifact(staged / "churn")
        go_live(self.settings.release, staged, version, change)
        self.watch.refresh()

    def served(self) -> tuple[str, str] | None:
        """The release of the models, and the version of the catalogue."""
        served = self.live.served
        if served is None or served.rulebook is None:
            return None
        return served.models.release.version, served.rulebook.name.split("-")[1]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_models_and_rules_are_of_one_release(folder: Folder) -> None:
    folder.release("1")
    assert folder.served() == ("1", "c1")
    held = folder.live.served
    folder.release("2", renamed)
    assert folder.served() == ("2", "c2")
    assert folder.live.faults is None
    assert folder.live.served is not None
    assert release_answer(folder.live.served, None).rules == "release"
    assert held is not None
    assert (held.models.release.version, held.rulebook and held.rulebook.name.split("-")[1]) == ("1", "c1")


def test_at_the_start_models_answer_without_rules(folder: Folder, log_lines: LogLines) -> None:
    folder.release("1", unknown)
    folder.watch.refresh()
    assert folder.served() is None
    assert folder.live.served is not None
    assert folder.live.served.churn is not None
    assert folder.live.fault is None
    assert 'did you mean "churn_band"' in (folder.live.rulebook_fault or "")
    assert [line["event"] for line in log_lines()] == ["ledger-begun", "serving", "rulebook-refused"]
    folder.release("2")
    assert folder.served() == ("2", "c1")
    assert folder.live.faults is None


def test_a_start_takes_the_release_before_one_whose_rules_do_not_bind(
    folder: Folder, log_lines: LogLines
) -> None:
    folder.release("1")
    folder.release("2", unknown)
    started = folder.started_anew()
    for _ in range(3):
        started.watch.refresh()
    assert started.served() == ("1", "c1")
    assert 'did you mean "churn_band"' in (started.live.fault or "")
    assert started.live.fault == folder.live.fault
    assert started.live.rulebook_fault is None
    assert [line["event"] for line in log_lines()] == [
        "ledger-begun",
        "serving",
        "refused",
        "serving",
        "refused",
    ]
    started.release("3", renamed)
    assert started.served() == ("3", "c2")
    assert started.live.faults is None


def test_a_start_does_not_take_a_release_before_that_is_not_whole_either(folder: Folder) -> None:
    folder.release("1", unknown)
    folder.release("2", unknown)
    started = folder.started_anew()
    started.watch.refresh()
    assert started.live.served is not None
    assert started.live.served.models.release.version == "2"
    assert 'did you mean "churn_band"' in (started.live.rulebook_fault or "")


def test_a_release_whose_rules_do_not_bind_is_refused_whole(folder: Folder, log_lines: LogLines) -> None:
    folder.release("1")
    folder.release("2", unknown)
    folder.watch.refresh()
    assert folder.served() == ("1", "c1")
    assert 'did you mean "churn_band"' in (folder.live.fault or "")
    assert folder.live.rulebook_fault is None
    assert [line["event"] for line in log_lines()] == ["ledger-begun", "serving", "refused"]
    folder.release("3", renamed)
    assert folder.served() == ("3", "c2")
    assert folder.live.faults is None


def test_a_store_that_the_rules_do_not_know_waits(folder: Folder) -> None:
    folder.release("1", of_spend)
    before = folder.live.served
    assert before is not None
    folder.publish(described=False)
    folder.watch.refresh()
    assert folder.live.served is before
    assert '"spend_28d" is no attribute' in (folder.live.fault or "")
    folder.publish()
    folder.watch.refresh()
    assert folder.served() == ("1", "c1")
    assert folder.live.served is not before
    assert folder.live.faults is None


def test_files_stand_in_for_the_rules_of_every_release(serving: Place) -> None:
    name = serving.live.rulebook and serving.live.rulebook.name
    staged = serving.settings.release / ".staged"
    write_artifact(staged / "churn")
    go_live(serving.settings.release, staged, "2", renamed)
    assert serving.served() == "2 f1"
    assert serving.live.served is not None
    assert release_answer(serving.live.served, None).rules == "files"
    assert release_answer(serving.live.served, None).rulebook == name


def test_files_that_break_leave_the_old_rules_also_when_the_store_changes(serving: Place) -> None:
    name, policy = serving.live.rulebook and serving.live.rulebook.name, serving.policy.read_text()
    serving.policy.write_text("no TOML")
    assert serving.served() == "1 f1"
    before = serving.live.served
    serving.publish()
    assert serving.served() == "1 f1"
    assert serving.live.served is not before
    assert serving.live.rulebook is not None
    assert serving.live.rulebook.name == name
    assert "TOML" in (serving.live.rulebook_fault or "")
    serving.policy.write_text(policy)
    assert serving.served() == "1 f1"
    assert serving.live.faults is None


def test_files_are_read_when_they_change_and_not_with_every_store(
    serving: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[Path]()

    def noted(catalogue: Path, policy: Path) -> Rules:
        read.append(catalogue)
        return read_rules(catalogue, policy)

    monkeypatch.setattr("serving.live.watch.read_rules", noted)
    serving.publish()
    serving.release("2")
    assert serving.served() == "2 f1"
    assert read == []
    serving.policy.write_text(f"{serving.policy.read_text()}\n")
    for _ in range(2):
        assert serving.served() == "2 f1"
    assert read == [serving.catalogue]


def test_files_that_are_broken_at_the_start_are_not_replaced_by_the_rules_of_the_release(
    place: Place,
) -> None:
    place.policy.write_text("no TOML")
    place.release("1")
    place.publish()
    assert place.served() == "1 f1"
    assert place.live.rulebook is None
    assert "TOML" in (place.live.rulebook_fault or "")


def test_one_file_without_the_other_is_refused() -> None:
    with pytest.raises(InputError, match="go together"):
        Watch(Live(), Settings(catalogue=Path("offers.csv")))
