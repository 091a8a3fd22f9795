"""Somebody who keeps asking, and which release every answer comes from."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from itertools import cycle
from typing import Self
from urllib.parse import quote

from rich.table import Table

from demo.asking import Service, ask
from features.errors import InputError
from serving.churn.schemas import ChurnAnswer
from serving.schemas import ServedModel

PAUSE_SECONDS = 0.01
"""Between an answer and the next question: the machine has other things to do as well."""


@dataclass
class Stretch:
    """Answers in a row that come from the same release."""

    model: ServedModel
    answers: int = 0


class Traffic:
    """Asks about one customer after the other, from a thread of its own, as long as the block lasts."""

    def __init__(self, service: Service, customer_ids: Sequence[str]) -> None:
        self.stretches: list[Stretch] = []
        self.errors: list[str] = []
        self._service = service
        self._customer_ids = customer_ids
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last answer."""
        self._ended.set()
        self._thread.join()

    def _ask_on(self) -> None:
        for customer_id in cycle(self._customer_ids):
            if self._ended.wait(PAUSE_SECONDS):
                return
            try:
                told = ask(self._service, f"/v1/customers/{quote(customer_id, safe='')}/churn")
                self._count(ChurnAnswer.model_validate_json(told).model)
            except (InputError, OSError, HTTPException, ValueError) as fault:
                self.errors.append(f"{type(fault).__name__}: {fault}")

    def _count(self, model: ServedModel) -> None:
        if not self.stretches or self.stretches[-1].model != model:
            self.stretches.append(Stretch(model))
        self.stretches[-1].answers += 1


def traffic_table(traffic: Traffic) -> Table:
    """Which release answered, in the order of time, how often, and with which model."""
    title = f"Answers by release while it was swapped, {len(traffic.errors)} errors"
    table = Table(title=title, title_justify="left", min_width=len(title))
    for head in ("release", "model", "answers"):
        table.add_column(head)
    for stretch in traffic.stretches:
        model = stretch.model
        table.add_row(model.release, f"{model.name} {model.version}", f"{stretch.answers:,}")
    return table
