"""Many decisions at once are the single ones, recorded, in a file."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from serving.ledger import Ledger, Outcome
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.deciding import CHUNK
from serving.offline.batch import batch, read_ids, write
from serving.offline.export import export
from serving.settings import Settings
from tests.serving.next_best_offer.tiny import NOON

WEB = Asking("web", "home")


def rows(path: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return read


def decide(settings: Settings, ids: str | None = None, asking: Asking = WEB) -> list[dict[str, Any]]:
    out, listed = settings.store.with_name("out.parquet"), None
    if ids is not None:
        listed = settings.store.with_name("ids.txt")
        listed.write_text(ids)
    with batch(settings, asking, listed, NOON) as decided:
        count = write(decided, out, lambda *_: None)
    assert count == len(rows(out))
    return rows(out)


def test_a_batch_decides_about_everybody_of_the_store_and_records_it(
    settings: Settings, recorded: Ledger
) -> None:
    found = decide(settings)
    assert [row["customer_id"] for row in found] == ["01", "1", "DE/4711", "gone", "returns", "Åse 客"]
    assert [row["offer_id"] for row in found] == ["thanks", "stay", "taste", "taste", "thanks", "taste"]
    assert {row["placement"] for row in found} == {"home"}
    logged = {one.decision.decision_id: one.decision for one in recorded.logged()}
    assert {row["decision_id"] for row in found} == set(logged)
    assert {row["reward"] for row in found} == {None}


def test_a_batch_again_is_the_same(settings: Settings, recorded: Ledger) -> None:
    assert decide(settings) == decide(settings)
    assert len(list(recorded.logged())) == 6


def test_a_file_of_ids_is_decided_on_in_its_order_each_once(settings: Settings) -> None:
    found = decide(settings, "customer_id\ngone\r\nstranger\n\n1\ngone\n")
    assert [(row["customer_id"], row["known"]) for row in found] == [
        ("gone", True),
        ("stranger", False),
        ("1", True),
    ]


def test_progress_is_told_chunk_by_chunk(settings: Settings, tmp_path: Path) -> None:
    listed, told = tmp_path / "ids", list[tuple[int, int | None]]()
    listed.write_text("\n".join(map(str, range(2 * CHUNK + 7))))
    with batch(settings, WEB, listed, NOON) as decided:
        write(decided, tmp_path / "out.parquet", lambda done, of: told.append((done, of)))
    assert told == [(done, 2 * CHUNK + 7) for done in (CHUNK, CHUNK, 7)]


@pytest.mark.parametrize(
    ("content", "rule"), [(b"", "no customer id"), (b"\n\n", "no customer id"), (b"\xff", "UTF-8")]
)
def test_a_file_without_ids_is_refused(tmp_path: Path, content: bytes, rule: str) -> None:
    (tmp_path / "ids").write_bytes(content)
    with pytest.raises(InputError, match=rule):
        read_ids(tmp_path / "ids")


def test_a_missing_file_of_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_ids(tmp_path / "nowhere")


def test_an_id_that_nobody_can_have_leaves_no_file(settings: Settings) -> None:
    with pytest.raises(InputError, match=r"line 2 of .* is no customer id"):
        decide(settings, "1\n" + "x" * 10_000)
    assert not settings.store.with_name("out.parquet").exists()


def test_a_misspelt_channel_is_told_the_nearest(settings: Settings) -> None:
    with pytest.raises(InputError, match=r'"emial" is no channel of .*did you mean "email"'):
        decide(settings, asking=Asking("emial", "emial"))


def test_who_was_erased_is_not_decided_on(settings: Settings, recorded: Ledger) -> None:
    recorded.erase("1", NOON)
    assert "1" not in [row["customer_id"] for row in decide(settings)]


def test_an_export_is_all_of_the_ledger_with_what_it_brought(settings: Settings, recorded: Ledger) -> None:
    found = {row["customer_id"]: row for row in decide(settings)}
    taste = found["gone"]
    recorded.record_outcome(Outcome("k", taste["decision_id"], "purchase", "taste", 8.0, NOON))
    out, told = settings.store.with_name("export.parquet"), list[int]()
    assert export(settings, out, lambda done, _: told.append(done)) == (6, 0)
    exported = {row["customer_id"]: row for row in rows(out)}
    rewards = {customer_id: row.pop("reward") for customer_id, row in exported.items()}
    assert rewards == {one.decision.customer_id: one.reward for one in recorded.logged()}
    assert rewards["gone"] == pytest.approx(0.2 * 8.0)
    assert exported == {
        customer_id: {k: v for k, v in row.items() if k != "reward"} for customer_id, row in found.items()
    }
    assert sum(told) == 6


@pytest.mark.usefixtures("recorded")
def test_an_export_of_an_empty_ledger_is_an_empty_file(settings: Settings) -> None:
    out = settings.store.with_name("export.parquet")
    assert export(settings, out, lambda *_: None) == (0, 0)
    assert rows(out) == []
