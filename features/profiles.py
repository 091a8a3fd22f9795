"""What rules and people ask about a customer beyond the features, as an online store keeps it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from features.columns import Column, Table
from features.interactions import Codes
from features.segments import segments
from features.snapshot import history
from features.store import StoredConsent, StoredProfile
from features.tables import Tables

_NOTHING = np.empty(0, dtype=np.int32)


def profiles(
    tables: Tables, as_of: datetime, snapshot: pa.Table, bought: Mapping[str, Codes]
) -> Iterator[tuple[str, StoredProfile]]:
    """A profile of every customer of the snapshot at `as_of`, in its order.

    `bought` has, by customer id, the places of the items bought lately. Consents of who is not in the snapshot
    are left out: nothing is sent to them.
    """
    answered = consents_at(tables, as_of)
    for customer_id, found in segments(snapshot).items():
        yield (
            customer_id,
            StoredProfile(found, bought.get(customer_id, _NOTHING), answered.get(customer_id, ())),
        )


def consents_at(tables: Tables, as_of: datetime) -> dict[str, tuple[StoredConsent, ...]]:
    """By customer id, the newest answer before `as_of` for each channel and purpose; of two at once, a refusal."""
    given = history(tables, as_of).tables.get(Table.CONSENTS)
    if given is None:
        return {}
    asked = [Column.CUSTOMER, Column.CHANNEL, Column.PURPOSE]
    newest = ibis.row_number().over(group_by=asked, order_by=["age", Column.GRANTED])
    rows = given.mutate(newest=newest).filter(_.newest == 0).order_by(asked).to_pyarrow().to_pylist()
    found: dict[str, list[StoredConsent]] = defaultdict(list)
    for row in rows:
        at = row[Column.TS].replace(tzinfo=UTC)
        consent = StoredConsent(row[Column.CHANNEL], row[Column.PURPOSE], row[Column.GRANTED], at)
        found[row[Column.CUSTOMER]].append(consent)
    return {customer_id: tuple(consents) for customer_id, consents in found.items()}
