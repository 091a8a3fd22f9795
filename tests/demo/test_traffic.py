"""Who keeps asking counts answers by release, and every question that got none."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from time import monotonic, sleep

from rich.console import Console

from demo.asking import Service
from demo.servers import free_port
from demo.traffic import Stretch, Traffic, traffic_table
from features.store import publish_sqlite
from serving.schemas import ServedModel
from tests.demo.conftest import Start
from tests.serving.tiny import INFO, ROWS, release_into


def wait_until(holds: Callable[[], object]) -> None:
    """A minute at most."""
    end = monotonic() + 60
    while not holds():
        assert monotonic() < end
        sleep(0.01)


def test_every_answer_is_counted_for_the_release_that_it_comes_from(start: Start, tmp_path: Path) -> None:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    service = start()
    with Traffic(service, [customer_id for customer_id, _, _ in ROWS]) as traffic:
        wait_until(lambda: len(traffic.stretches) == 1)
        release_into(tmp_path / "release", "2")
        wait_until(lambda: len(traffic.stretches) == 2)
        release_into(tmp_path / "release", "1")
        wait_until(lambda: len(traffic.stretches) == 3)
    assert traffic.errors == []
    found = [(one.model.release, one.model.version) for one in traffic.stretches]
    assert found == [("1", "1"), ("2", "2"), ("1", "1")]
    assert all(one.answers for one in traffic.stretches)


def test_questions_without_an_answer_are_counted() -> None:
    with Traffic(Service(free_port(0), "no key"), ["1", "2"]) as traffic:
        wait_until(lambda: traffic.errors)
    assert traffic.stretches == []
    assert traffic.errors[0].startswith("ConnectionRefusedError: ")


def test_the_table_shows_releases_in_the_order_of_time() -> None:
    traffic = Traffic(Service(1, "no key"), [])
    models = [ServedModel(name="churn", version=version, release=version) for version in ("1", "2", "1")]
    traffic.stretches = [Stretch(model, 1000 * count) for count, model in enumerate(models, 1)]
    text = StringIO()
    Console(file=text, width=80).print(traffic_table(traffic))
    title, *lines = text.getvalue().splitlines()
    assert title.strip() == "Answers by release while it was swapped, 0 errors"
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in lines if line.startswith("│")]
    assert rows == [["1", "churn 1", "1,000"], ["2", "churn 2", "2,000"], ["1", "churn 1", "3,000"]]
