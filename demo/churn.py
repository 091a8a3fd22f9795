"""Who is about to leave: one customer of each band, with the reasons."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.asking import Service, ask
from demo.terminal import framed
from serving.churn.schemas import ChurnAnswer, ChurnBatchAnswer
from serving.schemas import MAX_BATCH

STORE = Path("workspace/online.sqlite")
SHOWN = 3
"""Customers whose answers are printed."""

_COLOURS = {"high": "red", "medium": "yellow", "low": "green", "lapsed": "bright_black"}
"""Whom to ask for, in this order."""
_MARKS = {"raises": "▲ raises the risk:", "lowers": "▼ lowers the risk:"}


def published_customers(store: Path = STORE) -> list[str]:
    """The first ids of the online store, as many as one batch may ask for."""
    with closing(sqlite3.connect(store)) as connection:
        ids = connection.execute("SELECT customer_id FROM customers ORDER BY 1 LIMIT ?", (MAX_BATCH,))
        return [customer_id for (customer_id,) in ids]


def three_answers(service: Service, customer_ids: Sequence[str]) -> list[ChurnAnswer]:
    """The answers for one customer of each band, or of those who lapsed where a band is empty."""
    batch = ask(service, "/v1/churn:batch", {"customer_ids": list(customer_ids)})
    chosen = choose(ChurnBatchAnswer.model_validate_json(batch).results)
    calls = (f"/v1/customers/{quote(customer_id, safe='')}/churn" for customer_id in chosen)
    return [ChurnAnswer.model_validate_json(ask(service, call)) for call in calls]


def choose(answers: Sequence[ChurnAnswer]) -> list[str]:
    """Ids of up to three customers that differ: the one in the middle of each band, the riskiest band first."""
    ranked = sorted(answers, key=lambda answer: (answer.probability or 0.0, answer.customer_id))
    groups = [[a.customer_id for a in ranked if (a.band or a.status) == kind] for kind in _COLOURS]
    return [group[len(group) // 2] for group in groups if group][:SHOWN]


def churn_panel(answer: ChurnAnswer) -> Panel:
    """An answer for people: how likely, and why."""
    reasons = Table.grid(padding=(0, 1))
    for reason in answer.reasons:
        reasons.add_row(_MARKS[reason.direction], Text(reason.words))
    kind = answer.band or answer.status
    return framed(
        f"customer {answer.customer_id}: {kind}",
        Group(Text(answer.summary, style="bold"), reasons),
        f"{answer.model.name} {answer.model.version}, known as of {answer.as_of:%Y-%m-%d}",
        _COLOURS[kind],
    )
