"""What could be offered to whom as of a moment, as an online store keeps it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.columns import Column
from features.dataset import CrossSell
from features.interactions import Codes
from features.item_level import PARENT, catalogue
from features.pair.joined import REPEAT
from features.pairs import PairRows, PairSnapshot, pair_set
from features.popularity import EVERYBODY, popular_items, segments
from features.store import CandidateInfo, CandidateRows, StoredCandidates, StoredItem
from features.tables import Tables

_NOTHING = np.empty(0, dtype=np.int32)


class Candidates:
    """The candidates of every customer at `as_of`, computed while they are read, some customers at a time.

    Items are those that anybody has bought. A customer of the customers table without a purchase has a row
    without candidates. Raises `InputError` when the items table cannot give the declared level.
    """

    def __init__(self, tables: Tables, cross_sell: CrossSell, as_of: datetime) -> None:
        self.snapshot = PairSnapshot(tables, pair_set(tables, cross_sell), as_of)
        self.count = 0
        """How many were read so far."""
        self._tables = tables
        self._segments = segments(tables, cross_sell.segment)
        self._without = sorted(set(self._segments).difference(self.snapshot.customers.tolist()))

    @property
    def info(self) -> CandidateInfo:
        """What the candidates are, and how many customers have a row."""
        pairs = self.snapshot.pairs
        return CandidateInfo(
            fingerprint=pairs.fingerprint,
            item_level=pairs.cross_sell.item_level,
            horizon_days=pairs.cross_sell.horizon_days,
            new_after_days=pairs.cross_sell.new_after_days,
            pair_names=tuple(feature.name for feature in pairs.pair),
            item_names=tuple(feature.name for feature in pairs.item),
            customer_names=tuple(feature.name for feature in pairs.customer),
            customers=len(self.snapshot.customers) + len(self._without),
        )

    def content(self) -> CandidateRows:
        """All that a store keeps of them; the rows can be read once."""
        horizon = self.snapshot.pairs.cross_sell.horizon_days
        popular = popular_items(self.snapshot.lines, self._segments, horizon)
        return CandidateRows(self._items(), self._rows(), popular)

    def bought(self) -> dict[str, Codes]:
        """By customer id, the places of the items that are not new to them, rising."""
        lately = self.snapshot.lines.bought(self.snapshot.pairs.cross_sell.new_after_days)
        places = np.split(lately.indices.astype(np.int32), lately.indptr[1:-1])
        return dict(zip(self.snapshot.customers.tolist(), places, strict=True))

    def _items(self) -> list[StoredItem]:
        """The items in the order of their codes; one that the items table does not know has its id as a name."""
        rows = catalogue(self._tables.items, self.snapshot.pairs.cross_sell.item_level).to_pyarrow()
        known = {row[Column.ITEM]: (row[Column.NAME], row[PARENT]) for row in rows.to_pylist()}
        items = self.snapshot.items.tolist()
        told = [(item, *known.get(item, (item, ""))) for item in items]
        return [
            StoredItem(item, name, parent, features)
            for (item, name, parent), features in zip(told, self.snapshot.of_items(), strict=True)
        ]

    def _rows(self) -> Iterator[tuple[str, StoredCandidates]]:
        features, bought = self.snapshot.of_customers(), self.snapshot.lines.bought()
        ids = self.snapshot.customers.tolist()
        for place, rows in self._by_customer():
            self.count += len(rows.item)
            own = bought.indices[bought.indptr[place] : bought.indptr[place + 1]]
            segment = self._segments.get(ids[place], EVERYBODY)
            yield ids[place], self._stored(rows, own.astype(np.int32), features[place], segment)
        no_pairs, unknown = np.empty((0, len(self.snapshot.pairs.pair))), np.full(features.shape[1], np.nan)
        for name in self._without:
            yield name, StoredCandidates(_NOTHING, _NOTHING, no_pairs, unknown, self._segments[name])

    def _by_customer(self) -> Iterator[tuple[int, PairRows]]:
        """The rows of each customer with a purchase; at last of those to whom no source proposes anything."""
        left = np.ones(len(self.snapshot.customers), dtype=bool)
        for rows in self.snapshot.blocks():
            starts = np.flatnonzero(np.diff(rows.customer, prepend=-1))
            left[rows.customer] = False
            for start, end in pairwise([*starts, len(rows.customer)]):
                yield int(rows.customer[start]), _part(rows, slice(start, end))
        nothing = np.empty((0, len(self.snapshot.pairs.names)))
        for place in np.flatnonzero(left).tolist():
            yield place, PairRows(_NOTHING, _NOTHING, _NOTHING.astype(np.int64), nothing)

    def _stored(
        self, rows: PairRows, bought: Codes, features: NDArray[np.float64], segment: str
    ) -> StoredCandidates:
        """A customer's rows, those first that the first source proposes."""
        order = np.argsort(rows.proposed & -rows.proposed, kind="stable")
        items = rows.item[order]
        pairs = rows.values[order, : len(self.snapshot.pairs.pair)]
        because = self.snapshot.weights.strongest(bought, items)
        because[pairs[:, self.snapshot.pairs.names.index(REPEAT)] == 1.0] = -1
        return StoredCandidates(items, because, pairs, features, segment)


def _part(rows: PairRows, part: slice) -> PairRows:
    return PairRows(rows.customer[part], rows.item[part], rows.proposed[part], rows.values[part])
