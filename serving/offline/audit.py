"""The audit of a ledger: every seal checked, and what was decided as a table for an auditor, without names."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from serving.decision.trace import Decision, Priced
from serving.ledger import Ledger, Sealed, State, open_ledger, read_secret
from serving.offline.output import output
from serving.offline.progress import Advance
from serving.settings import Settings

COLUMNS = (
    "decided_at",
    "asked_by",
    "customer",
    "state",
    "decision_id",
    "channel",
    "placement",
    "group",
    "reason",
    "offer",
    "priority",
    "factors",
    "release",
    "rulebook",
)
"""`customer` is a pseudonym; what was changed into something unreadable is left empty."""


@dataclass(frozen=True)
class Audit:
    """How many decisions are in which state, and the ids of changed ones.

    Of the whole ledger also the ids of decisions that are gone while their answers are there, and what no decision
    tells of, by offer; empty for a part of it: an answer has no date, and only the whole adds up.
    """

    states: Counter[State]
    changed: Sequence[str]
    orphans: Sequence[str]
    untold: Mapping[str, int]

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not (self.changed or self.orphans or self.untold)


def audit(settings: Settings, since: datetime | None, out: Path | None, advance: Advance) -> Audit:
    """Check every decision made from `since` (UTC) on, and write those checked to `out` (CSV).

    Raises `InputError` where the ledger does not exist or cannot be used, or the file cannot be written.
    """
    states, changed = Counter[State](), list[str]()
    opened = open_ledger(settings.ledger, read_secret(settings.secret_file), reading=True)
    with closing(opened) as ledger, _table(out) as rows:
        for page in ledger.sealed(since):
            states.update(one.state for one in page)
            changed += (one.decision_id for one in page if one.state == "changed")
            if rows is not None:
                rows.writerows(row for one in page for row in _rows(one, ledger))
            advance(len(page), None)
        if since is not None:
            return Audit(states, changed, (), {})
        return Audit(states, changed, ledger.orphans(), ledger.untold())


@contextmanager
def _table(out: Path | None) -> Iterator[Any]:
    """Writes rows into a file that takes its place at the end; None without one."""
    if out is None:
        yield None
        return
    with output(out, "table") as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        yield _writer(text)
        text.detach()


def _writer(file: TextIO) -> Any:  # noqa: ANN401 - the type of csv's writers has no public name
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    return writer


def _rows(sealed: Sealed, ledger: Ledger) -> Iterator[tuple[object, ...]]:
    """One for each offer that was given, or one."""
    known = (
        sealed.at and sealed.at.isoformat(),
        sealed.asked_by,
        ledger.pseudonym(sealed.customer_id),
        sealed.state,
    )
    decision = sealed.decision()
    for offer in (decision and decision.given) or (None,):
        yield (*known, sealed.decision_id, *_told(decision, offer))


def _told(decision: Decision | None, offer: Priced | None) -> tuple[object, ...]:
    if decision is None:
        return ("",) * 9
    release = " ".join(f"{name}={version}" for name, version in sorted(decision.release.items()))
    factors = () if offer is None else offer.factors
    return (
        *(decision.channel, decision.placement, decision.group, decision.reason),
        *(("", "") if offer is None else (offer.offer_id, offer.priority)),
        " ".join(f"{factor.name}={factor.value}" for factor in factors),
        *(release, decision.rulebook),
    )
