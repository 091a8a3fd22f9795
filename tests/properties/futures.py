"""Rows that nobody can know of at a moment, and pasts that are followed by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st

from tests.properties.histories import (
    CHANNELS,
    CUSTOMERS,
    ITEMS,
    KINDS,
    MOMENTS,
    OFFERS,
    STORES,
    Row,
    Rows,
)

SLOW = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""An example costs a second, so that shrinking a failing one would take minutes."""

moments = st.sampled_from(MOMENTS)
seconds = st.sampled_from([0, 1, 86_400]) | st.integers(0, 400 * 86_400)
customers = st.sampled_from([*CUSTOMERS, "stranger"])
money = st.floats(0, 1e6, allow_subnormal=False)
later_rows = {
    "transactions": st.fixed_dictionaries(
        {
            "after": seconds,
            "customer_id": customers,
            "basket_id": st.sampled_from(["b1", "b2", "b3", "b99"]),
            "item_id": st.sampled_from([*ITEMS, "unheard of"]),
            "quantity": st.sampled_from([None, 0.0, 1.0, 9.0]),
            "amount": money,
            "discount": st.none() | money,
            "channel": st.sampled_from([*CHANNELS, "phone"]),
            "store": st.sampled_from([*STORES, "moon"]),
            "promoted": st.sampled_from([None, True, False]),
        }
    ),
    "contacts": st.fixed_dictionaries(
        {"after": seconds, "customer_id": customers, "offer_id": st.sampled_from(OFFERS), "cost": money}
    ),
    "responses": st.fixed_dictionaries(
        {"after": seconds, "customer_id": customers, "offer_id": st.sampled_from(OFFERS), "value": money}
    ),
    "feedback": st.fixed_dictionaries(
        {"after": seconds, "customer_id": customers, "kind": st.sampled_from(KINDS), "score": money}
    ),
    "consents": st.fixed_dictionaries(
        {
            "after": seconds,
            "customer_id": customers,
            "channel": st.sampled_from(["email", "mail"]),
            "purpose": st.sampled_from(["marketing", "service"]),
            "granted": st.booleans(),
        }
    ),
}
futures = st.fixed_dictionaries({name: st.lists(row, max_size=15) for name, row in later_rows.items()})
"""Rows of every table by name; `after` is how many seconds after the moment each lies."""


def copied(rows: Sequence[Row], late: Sequence[int]) -> list[Row]:
    """The rows once more, some seconds after the moment."""
    return [{**row, "after": late[place % len(late)]} for place, row in enumerate(rows)] if late else []


def followed_by(past: Rows, future: Mapping[str, Sequence[Row]], as_of: datetime) -> Rows:
    """The past with other rows, each so many seconds after the moment."""
    later = {
        name: [{**row, "ts": as_of + timedelta(seconds=row["after"])} for row in rows]
        for name, rows in future.items()
    }
    return {name: [*rows, *later.get(name, ())] for name, rows in past.items()}
