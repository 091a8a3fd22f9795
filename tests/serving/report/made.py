"""Totals of a ledger, written by hand."""

from dataclasses import replace

from serving.decision.trace import Group
from serving.ledger.records import Counts, CustomerTotal, KeptTotal

NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)


def counts(**values: float) -> Counts:
    """Counts that are 0 where nothing is said."""
    whole = {name: int(value) for name, value in values.items() if name not in {"value", "cost"}}
    return replace(NOTHING, **whole, value=values.get("value", 0.0), cost=values.get("cost", 0.0))


def total(
    offer: str | None, channel: str, group: Group, customer: str, first: str | None = None, **values: float
) -> CustomerTotal:
    """Of answers that began with `first`, the offer itself when nothing is said."""
    return CustomerTotal(offer, first or offer, channel, group, customer, counts(decisions=1, **values))


def kept(offer: str | None, channel: str, group: Group, **values: float) -> KeptTotal:
    return KeptTotal(offer, channel, group, counts(**values))


def campaign(size: int, control: int) -> list[CustomerTotal]:
    """`size` customers who are given cheese, half of whom buy, and `control` from whom it is withheld, a tenth.

    Value 4 a purchase and cost 1 a contact; money a customer is 1 with the offer, 0.4 without it.
    """
    treated = [
        total("cheese", "web", "treated", f"t{n}", contacts=1, cost=1, purchases=n % 2, value=4 * (n % 2))
        for n in range(size)
    ]
    withheld = [
        total("cheese", "web", "control", f"c{n}", purchases=n % 10 == 0, value=4 * (n % 10 == 0))
        for n in range(control)
    ]
    return [*treated, *withheld]
