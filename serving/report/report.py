"""The report of a ledger: printed, drawn, and written for programs."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from features.errors import InputError
from serving.ledger import open_ledger, read_secret
from serving.report.figures import Line, as_json, lines
from serving.report.table import print_report
from serving.settings import Settings


def report(settings: Settings, since: datetime | None, picture: Path | None, figures: Path | None) -> None:
    """Print what the offers of the ledger came to in decisions from `since` (UTC) on, None for all of them.

    Counts of erased customers have no date and are in reports without `since` only. `picture` (PNG or SVG; none of
    a ledger without decisions) and `figures` (JSON) are files to write as well. Raises `InputError` where the
    ledger does not exist or cannot be used, or a file cannot be written.
    """
    opened = open_ledger(settings.ledger, read_secret(settings.secret_file), reading=True)
    with closing(opened) as ledger:
        totals = ledger.totals(since)
    found = lines(totals if since is None else replace(totals, kept=()))
    if picture is not None and found:
        from serving.report.picture import save_picture  # noqa: PLC0415 - loads matplotlib

        save_picture(picture, found)
    if figures is not None:
        _write(figures, found, since)
    print_report(Console(), found)


def _write(path: Path, found: list[Line], since: datetime | None) -> None:
    told = {"since": since and since.isoformat(), "lines": as_json(found)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")
    except OSError as fault:
        raise InputError(f"the figures {path} cannot be written ({fault.strerror})") from fault
