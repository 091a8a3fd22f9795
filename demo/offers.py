"""What to offer each of these customers, new and bought again."""

from collections.abc import Sequence
from urllib.parse import quote

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.asking import Service, ask, why_silent
from demo.terminal import CONSOLE, framed
from features.wording import PLACE, say
from serving.cross_sell.schemas import OffersAnswer

OFFERED = {"repeat": ("buys again", 2), "new": ("new", 3)}
"""Kinds of offers that are asked for: how they are called, and how many."""


def print_offers(service: Service, customer_ids: Sequence[str]) -> None:
    """What to offer each customer, or why no model says it."""
    silent = why_silent(service, "cross_sell")
    if silent:
        CONSOLE.print(Text(f"No offers: {silent}."))
        return
    for customer_id in customer_ids:
        call = f"/v1/customers/{quote(customer_id, safe='')}/offers"
        asked = (f"{call}?kind={kind}&limit={limit}" for kind, (_, limit) in OFFERED.items())
        CONSOLE.print(offers_panel([OffersAnswer.model_validate_json(ask(service, one)) for one in asked]))


def offers_panel(answers: Sequence[OffersAnswer]) -> Panel:
    """What to offer one customer, answer by answer: the item, how likely, and the two strongest reasons."""
    rows = Table.grid(padding=(0, 2))
    for offer in (offer for answer in answers for offer in answer.offers):
        likely, why = say(PLACE, "share", offer.probability), "\n".join(r.words for r in offer.reasons[:2])
        rows.add_row(OFFERED[offer.kind][0], likely, Text(offer.name), Text(why))
    first = answers[0]
    said = "no history, so what is popular" if first.status == "cold" else "likely to buy"
    return framed(
        f"customer {first.customer_id}: {said} within {first.horizon_days} days",
        rows,
        f"{first.model.name} {first.model.version}, known as of {first.as_of:%Y-%m-%d}",
        "cyan",
    )
