"""The canonical tables of a dataset: checked, typed and written once as Parquet, then read lazily."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend

from features import kinds, sources, validation
from features.columns import Column, Table
from features.contract import CONTRACT, TableContract
from features.dataset import Dataset

_FOLDER = "tables"
_RECORD = "record.json"


@dataclass(frozen=True)
class Tables:
    """Canonical tables as lazy Ibis tables over Parquet files; None for one that the dataset does not have.

    Ids and text are strings, timestamps are UTC without a zone and in whole seconds, numbers float64, flags
    boolean. `fingerprint` is the SHA-256 over the files; `period` the first and last transaction, if any.
    """

    connection: Backend
    fingerprint: str
    period: tuple[datetime, datetime] | None
    transactions: ibis.Table | None = None
    promotions: ibis.Table | None = None
    items: ibis.Table | None = None
    customers: ibis.Table | None = None
    contacts: ibis.Table | None = None
    responses: ibis.Table | None = None
    feedback: ibis.Table | None = None
    consents: ibis.Table | None = None


def load_tables(dataset: Dataset, workspace: Path) -> Tables:
    """Check every mapped table and write them all as `<workspace>/tables/NAME.parquet`, or none of them.

    Files already there are used again when they were written from the same declaration and the same source
    files (size and time of change); databases are always read anew. The same input gives the same bytes.
    Raises `InputError` at the first table that breaks a rule; then the workspace stays as it was.
    """
    workspace = workspace.resolve()
    workspace.mkdir(parents=True, exist_ok=True)
    inputs = _inputs(dataset)
    if inputs is None or not _is_written_from(inputs, workspace / _FOLDER):
        with tempfile.TemporaryDirectory(prefix=".loading-", dir=workspace) as staging:
            fresh = _write(dataset, Path(staging))
            record = {"inputs": inputs, "fingerprint": _fingerprint(fresh)}
            (fresh / _RECORD).write_text(json.dumps(record), encoding="utf-8")
            _replace(workspace / _FOLDER, fresh, Path(staging) / "replaced")
    return _open(workspace)


def _inputs(dataset: Dataset) -> str | None:
    """SHA-256 of all that decides what is written; None when a database does, which can change unseen."""
    files = [sources.file_of(dataset, dataset.sources[name]) for name in sources.used_sources(dataset)]
    code = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (sources, kinds, validation)]
    seen = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file is not None]
    if len(seen) < len(files):
        return None
    everything = json.dumps([dataset.model_dump_json(), seen, repr(CONTRACT), code])
    return hashlib.sha256(everything.encode()).hexdigest()


def _is_written_from(inputs: str, folder: Path) -> bool:
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(record == {"inputs": inputs, "fingerprint": _fingerprint(folder)})


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.parquet")):
        with file.open("rb") as content:
            digest.update(f"{file.stem} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _write(dataset: Dataset, staging: Path) -> Path:
    """Check all tables, then write them; the folder of the files."""
    fresh = staging / _FOLDER
    fresh.mkdir()
    connection = _connect(staging / "spill")
    try:
        raw = sources.open_tables(connection, dataset, staging)
        now = datetime.now(UTC)
        checked = {
            name: validation.canonical(rows, _expected(dataset, name, now)) for name, rows in raw.items()
        }
        for name, table in checked.items():
            with sources.reading_source(raw[name].origin):
                connection.to_parquet(table, fresh / f"{name}.parquet")
    finally:
        connection.disconnect()
    return fresh


def _expected(dataset: Dataset, name: str, now: datetime) -> validation.Expected:
    customers = name == Table.CUSTOMERS
    return validation.Expected(
        table=name,
        contract=_contract(dataset, name),
        mapped=dataset.tables[name].columns,
        levels=dataset.attributes if customers else {},
        now=now,
    )


def _contract(dataset: Dataset, name: str) -> TableContract:
    label = dataset.churn.label_column
    if name != Table.CUSTOMERS or label is None:
        return CONTRACT[name]
    return CONTRACT[name].requiring(label, filled=label == Column.CHURNED)


def _replace(folder: Path, fresh: Path, replaced: Path) -> None:
    if folder.exists():
        folder.rename(replaced)
    fresh.rename(folder)


def _connect(spill: Path) -> Backend:
    """A database in memory that may spill over; its own progress bar would get between what commands print."""
    connection = ibis.duckdb.connect(temp_directory=str(spill))
    ((shown,),) = connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:  # in a notebook it is off, and a word about it asks for a package of widgets
        connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _open(workspace: Path) -> Tables:
    connection = _connect(workspace / ".spill")
    folder = workspace / _FOLDER
    files = {name: folder / f"{name}.parquet" for name in CONTRACT}
    tables = {
        name: connection.read_parquet(file, table_name=name) for name, file in files.items() if file.is_file()
    }
    return Tables(
        connection=connection,
        fingerprint=_fingerprint(folder),
        period=_period(tables.get(Table.TRANSACTIONS)),
        **tables,
    )


def _period(transactions: ibis.Table | None) -> tuple[datetime, datetime] | None:
    if transactions is None:
        return None
    ts = transactions[Column.TS]
    (row,) = transactions.aggregate(first=ts.min(), last=ts.max()).to_pyarrow().to_pylist()
    return row["first"].replace(tzinfo=UTC), row["last"].replace(tzinfo=UTC)
