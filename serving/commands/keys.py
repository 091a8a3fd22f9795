"""`keys create`, `list`, `revoke` and `rotate`: who may call the service.

The text of a new key is all that goes to stdout, so that a shell can take it; words about it go to stderr.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from serving.commands import options
from serving.keys.changes import DEFAULT_RATE, Rights, create_key, revoke_key, rotate_key
from serving.keys.key import SCOPES, id_of
from serving.keys.key_file import MAX_RATE, KeyRecord, read_keys
from serving.settings import Settings

MAX_DAYS = 3650
MAX_OVERLAP_HOURS = 24 * 90
KEYS = click.option(
    "--keys", "path", type=options.FILE, help="File of keys.  [SERVING_KEYS, workspace/keys.json]"
)


@click.group()
def keys() -> None:
    """Make, list, revoke and replace the keys of callers; a running service takes each change up at once."""


@keys.command()
@click.option("--name", required=True, help="Whose key it is, such as shop.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    callback=lambda _, __, scopes: tuple(dict.fromkeys(scopes)),
    help="What it allows, once for each: to look, to ask for decisions, to report and consent, to erase.",
)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="Days until it expires.  [never]")
@click.option(
    "--rate",
    type=click.IntRange(1, MAX_RATE),
    default=DEFAULT_RATE,
    show_default=True,
    help="Calls a second.",
)
@KEYS
@click.pass_obj
def create(settings: Settings, /, path: Path | None, days: int | None, **given: Any) -> None:  # noqa: ANN401 - options of several types
    """Make a key and print it, this once; only its hash is kept."""
    now = datetime.now(UTC)
    rights = Rights(**given, expires_at=None if days is None else now + timedelta(days=days))
    text = create_key(path or settings.keys, rights, now)
    click.echo(text)
    said = f"may {', '.join(rights.scopes)}, {rights.rate:,} times a second, {_until(rights.expires_at)}"
    click.echo(f"key {id_of(text)} of {rights.name} {said}; it is shown this once", err=True)


@keys.command("list")
@KEYS
@click.pass_obj
def list_keys(settings: Settings, /, path: Path | None) -> None:
    """Print who has which key; the keys themselves are not kept."""
    now = datetime.now(UTC)
    heads = ("id", "name", "scopes", "a second", "created", "state")
    rows = [heads, *(_row(record, now) for record in read_keys(path or settings.keys, of_anybody=True))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@keys.command()
@click.argument("key_id", metavar="ID")
@KEYS
@click.pass_obj
def revoke(settings: Settings, /, key_id: str, path: Path | None) -> None:
    """End a key now: the next call with it is refused."""
    revoke_key(path or settings.keys, key_id, datetime.now(UTC))
    click.echo(f"key {key_id} is revoked", err=True)


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, MAX_OVERLAP_HOURS),
    default=24,
    show_default=True,
    help="Hours for which both are valid.",
)
@KEYS
@click.pass_obj
def rotate(settings: Settings, /, key_id: str, overlap_hours: int, path: Path | None) -> None:
    """Make a key with the rights of another one and print it, this once; the other one ends after the overlap."""
    file, overlap = path or settings.keys, timedelta(hours=overlap_hours)
    text = rotate_key(file, key_id, overlap, datetime.now(UTC))
    click.echo(text)
    ends = {record.id: record.ends for record in read_keys(file, of_anybody=True)}
    click.echo(
        f"key {id_of(text)}, {_until(ends[id_of(text)])}, takes the place of {key_id}, {_until(ends[key_id])}; "
        "it is shown this once",
        err=True,
    )


def _row(record: KeyRecord, now: datetime) -> tuple[str, ...]:
    scopes, created = ", ".join(record.scopes), f"{record.created_at:%Y-%m-%d}"
    return record.id, record.name, scopes, f"{record.rate:,}", created, _state(record, now)


def _until(ends: datetime | None) -> str:
    return "without end" if ends is None else f"until {ends:%Y-%m-%d %H:%M} UTC"


def _state(record: KeyRecord, now: datetime) -> str:
    if record.ends is None:
        return "valid"
    if now < record.ends:
        return f"valid until {record.ends:%Y-%m-%d %H:%M}"
    verb = "expired" if record.ends == record.expires_at else "revoked"
    return f"{verb} {record.ends:%Y-%m-%d %H:%M}"
