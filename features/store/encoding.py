"""How each row of the store's file is written down, and read back only when nothing in it was altered.

Numbers are packed little-endian, row by row; every row ends with a CRC-32 over all its other columns.
`unpack_...` raises `ValueError`, `TypeError`, `KeyError` or `AttributeError` for a row that nobody packed.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import starmap
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from features.store.content import (
    BundleInfo,
    CandidateInfo,
    DescribedFeature,
    PopularItem,
    Segments,
    StoredCandidates,
    StoredConsent,
    StoredCustomer,
    StoredHabits,
    StoredItem,
    StoredProfile,
    StoreInfo,
)

LAYOUT = 4
TABLES = """
CREATE TABLE info (text TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY NOT NULL,
  in_population INTEGER NOT NULL,
  features BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE catalogue (text TEXT NOT NULL, features BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE candidates (
  customer_id TEXT PRIMARY KEY NOT NULL,
  segment TEXT NOT NULL,
  items BLOB NOT NULL,
  because BLOB NOT NULL,
  pairs BLOB NOT NULL,
  customer BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE habit_items (text TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE habits (
  customer_id TEXT PRIMARY KEY NOT NULL,
  items BLOB NOT NULL,
  share BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE profiles (
  customer_id TEXT PRIMARY KEY NOT NULL,
  text TEXT NOT NULL,
  bought BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
"""
_Number = TypeVar("_Number", bound=np.generic)
_FLOATS = np.dtype("<f8")
_PLACES = np.dtype("<i4")

Catalogue = tuple[tuple[StoredItem, ...], Mapping[str, tuple[PopularItem, ...]]]


def pack_info(info: StoreInfo) -> tuple[str, int]:
    """One JSON text, moments in ISO 8601."""
    text = json.dumps(asdict(info), default=datetime.isoformat)
    return text, _checksum(text.encode())


def unpack_info(text: str, checksum: int) -> StoreInfo:
    """What `pack_info` was given."""
    _demand(_checksum(text.encode()) == checksum)
    fields = json.loads(text)
    fields |= {name: datetime.fromisoformat(fields[name]) for name in ("as_of", "published_at")}
    fields |= {"names": tuple(fields["names"]), "candidates": _candidate_info(fields["candidates"])}
    fields |= {"bundles": None if fields["bundles"] is None else BundleInfo(**fields["bundles"])}
    fields |= {"described": tuple(_described(**feature) for feature in fields["described"])}
    return StoreInfo(**fields)


def _described(*, levels: list[str], **texts: str) -> DescribedFeature:
    return DescribedFeature(**texts, levels=tuple(levels))


def _candidate_info(fields: dict[str, Any] | None) -> CandidateInfo | None:
    if fields is None:
        return None
    names = {key: tuple(fields[key]) for key in ("pair_names", "item_names", "customer_names")}
    return CandidateInfo(**{**fields, **names})


def pack_customer(customer_id: str, customer: StoredCustomer) -> tuple[str, int, bytes, int]:
    """A row of `customers`."""
    inside, features = int(customer.in_population), _pack(customer.features, _FLOATS)
    return customer_id, inside, features, _checksum(customer_id.encode(), bytes([inside]), features)


def unpack_customer(
    customer_id: str, in_population: int, features: bytes, checksum: int, *, width: int
) -> StoredCustomer:
    """What `pack_customer` was given; `width` is the number of features."""
    _demand(_checksum(customer_id.encode(), bytes([in_population]), features) == checksum)
    return StoredCustomer(_unpack(features, _FLOATS, (width,)), bool(in_population))


def pack_candidates(
    customer_id: str, row: StoredCandidates
) -> tuple[str, str, bytes, bytes, bytes, bytes, int]:
    """A row of `candidates`."""
    places = _pack(row.items, _PLACES), _pack(row.because, _PLACES)
    numbers = _pack(row.pairs, _FLOATS), _pack(row.customer, _FLOATS)
    checksum = _checksum(customer_id.encode(), row.segment.encode(), *places, *numbers)
    return customer_id, row.segment, *places, *numbers, checksum


def unpack_candidates(
    customer_id: str, record: tuple[str, bytes, bytes, bytes, bytes, int], info: CandidateInfo
) -> StoredCandidates:
    """What `pack_candidates` was given, without the id; the arrays are views of the record."""
    segment, items, because, pairs, customer, checksum = record
    sealed = _checksum(customer_id.encode(), segment.encode(), items, because, pairs, customer)
    _demand(sealed == checksum)
    n = len(items) // _PLACES.itemsize
    return StoredCandidates(
        items=_unpack(items, _PLACES, (n,)),
        because=_unpack(because, _PLACES, (n,)),
        pairs=_unpack(pairs, _FLOATS, (n, len(info.pair_names))),
        customer=_unpack(customer, _FLOATS, (len(info.customer_names),)),
        segment=segment,
    )


def pack_catalogue(
    items: Iterable[StoredItem], popular: Mapping[str, Sequence[PopularItem]]
) -> tuple[str, bytes, int]:
    """The one row of `catalogue`: names and popular items as one JSON text, the features of all items."""
    items = tuple(items)
    named = [(item.item, item.name, item.parent) for item in items]
    shares = {s: [(int(one.item), float(one.probability)) for one in ones] for s, ones in popular.items()}
    text = json.dumps({"items": named, "popular": shares})
    features = b"".join(_pack(item.features, _FLOATS) for item in items)
    return text, features, _checksum(text.encode(), features)


def unpack_catalogue(text: str, features: bytes, checksum: int, *, width: int) -> Catalogue:
    """What `pack_catalogue` was given; `width` is the number of features of an item."""
    _demand(_checksum(text.encode(), features) == checksum)
    content = json.loads(text)
    rows = _unpack(features, _FLOATS, (len(content["items"]), width))
    items = tuple(
        StoredItem(item, name, parent, row)
        for (item, name, parent), row in zip(content["items"], rows, strict=True)
    )
    return items, {s: tuple(starmap(PopularItem, ones)) for s, ones in content["popular"].items()}


def pack_habit_items(items: Iterable[str]) -> tuple[str, int]:
    """The one row of `habit_items`, a JSON text."""
    text = json.dumps(list(items))
    return text, _checksum(text.encode())


def unpack_habit_items(text: str, checksum: int) -> tuple[str, ...]:
    """What `pack_habit_items` was given."""
    _demand(_checksum(text.encode()) == checksum)
    return tuple(json.loads(text))


def pack_habits(customer_id: str, row: StoredHabits) -> tuple[str, bytes, bytes, int]:
    """A row of `habits`."""
    items, share = _pack(row.items, _PLACES), _pack(row.share, _FLOATS)
    return customer_id, items, share, _checksum(customer_id.encode(), items, share)


def unpack_habits(customer_id: str, items: bytes, share: bytes, checksum: int) -> StoredHabits:
    """What `pack_habits` was given; the arrays are views of the record."""
    _demand(_checksum(customer_id.encode(), items, share) == checksum)
    n = len(items) // _PLACES.itemsize
    return StoredHabits(_unpack(items, _PLACES, (n,)), _unpack(share, _FLOATS, (n,)))


def pack_profile(customer_id: str, profile: StoredProfile) -> tuple[str, str, bytes, int]:
    """A row of `profiles`: segments and consents as one JSON text, moments in ISO 8601."""
    consents = [(one.channel, one.purpose, one.granted, one.at.isoformat()) for one in profile.consents]
    text = json.dumps({"segments": asdict(profile.segments), "consents": consents})
    bought = _pack(profile.bought, _PLACES)
    return customer_id, text, bought, _checksum(customer_id.encode(), text.encode(), bought)


def unpack_profile(customer_id: str, text: str, bought: bytes, checksum: int) -> StoredProfile:
    """What `pack_profile` was given; the array is a view of the record."""
    _demand(_checksum(customer_id.encode(), text.encode(), bought) == checksum)
    content = json.loads(text)
    consents = tuple(
        StoredConsent(channel, purpose, granted, datetime.fromisoformat(at))
        for channel, purpose, granted, at in content["consents"]
    )
    places = _unpack(bought, _PLACES, (len(bought) // _PLACES.itemsize,))
    return StoredProfile(Segments(**content["segments"]), places, consents)


def _pack(values: NDArray[np.generic], kind: np.dtype[np.generic]) -> bytes:
    return values.astype(kind, copy=False).tobytes()


def _unpack(packed: bytes, kind: np.dtype[_Number], shape: tuple[int, ...]) -> NDArray[_Number]:
    """A view that cannot be written to; a copy in the machine's own order on a big-endian machine."""
    values = np.frombuffer(packed, kind).astype(kind.newbyteorder("="), copy=False).reshape(shape)
    values.flags.writeable = False
    return values


def _checksum(*parts: bytes) -> int:
    """Over the parts and where each ends, so that no byte moves from one column to the next unseen."""
    sealed = 0
    for part in parts:
        sealed = zlib.crc32(part, zlib.crc32(len(part).to_bytes(8, "little"), sealed))
    return sealed


def _demand(unaltered: bool) -> None:  # noqa: FBT001 - reads as the sentence that it demands
    if not unaltered:
        raise ValueError("a row was altered")
