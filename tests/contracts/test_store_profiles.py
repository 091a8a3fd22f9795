"""Every online store keeps these promises about who its customers are."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.store import (
    DescribedFeature,
    LifeCycle,
    OnlineStore,
    Segments,
    SqliteStore,
    StoredConsent,
    StoredProfile,
    StoreError,
    StoreInfo,
    ValueTier,
    publish_sqlite,
)
from tests.contracts import test_store
from tests.contracts.test_store_candidates import INFO, ITEMS, offered
from tests.contracts.test_store_damage import alter, answered
from tests.contracts.test_store_round_trip import texts
from tests.fakes import MemoryStore

Row = tuple[str, StoredProfile]
Publish = Callable[[list[Row] | None], OnlineStore]

ASKED = datetime(2017, 11, 30, 23, 59, 59, 250000, tzinfo=UTC)
IDS = [customer_id for customer_id, _, _ in test_store.ROWS]


def profile(bought: list[int], segments: Segments | None = None, *consents: StoredConsent) -> StoredProfile:
    return StoredProfile(segments or Segments(), np.array(bought, np.int32), consents)


GOOD = profile(
    [0, 2, 3],
    Segments(5, 1, 3, "at risk", "high"),
    StoredConsent("email", "marketing", granted=True, at=ASKED),
    StoredConsent("email", 'the "new" purpose/客', granted=False, at=ASKED),
)
KNOWN = {"1": GOOD, "001": profile([1]), "nul\x00inside": profile([], Segments(recency_quintile=2))}
ROWS: list[Row] = [(customer_id, KNOWN.get(customer_id, profile([]))) for customer_id in IDS]


def in_sqlite(folder: Path, rows: list[Row] | None, info: StoreInfo = INFO) -> SqliteStore:
    path = folder / "online.sqlite"
    publish_sqlite(path, info, test_store.ROWS, offered(), profiles=rows)
    return SqliteStore(path)


def in_memory(_: Path, rows: list[Row] | None, info: StoreInfo = INFO) -> MemoryStore:
    return MemoryStore(info, test_store.ROWS, offered(), profiles=rows)


@pytest.fixture(params=[in_sqlite, in_memory])
def publish(request: pytest.FixtureRequest, tmp_path: Path) -> Publish:
    def published(rows: list[Row] | None) -> OnlineStore:
        store: OnlineStore = request.param(tmp_path, rows)
        return store

    return published


@pytest.fixture
def store(publish: Publish) -> Iterator[OnlineStore]:
    opened = publish(ROWS[::-1])
    yield opened
    opened.close()


def told(profile: StoredProfile | None) -> list[object]:
    assert profile is not None
    return [profile.segments, profile.consents, profile.bought.dtype, profile.bought.tolist()]


@pytest.mark.parametrize(("customer_id", "expected"), ROWS, ids=lambda value: ascii(value)[:20])
def test_a_profile_comes_back_as_it_was(
    store: OnlineStore, customer_id: str, expected: StoredProfile
) -> None:
    assert told(store.profile(customer_id)) == told(expected)


@pytest.mark.parametrize("stranger", ["", "2", "0001", " 1", "nul\x00", "\ud800", "y" * 10_000])
def test_a_stranger_has_no_profile(store: OnlineStore, stranger: str) -> None:
    assert store.profile(stranger) is None


def test_ids_are_those_of_all_customers_in_order(store: OnlineStore) -> None:
    assert list(store.ids()) == sorted(IDS)
    pairs = zip(store.ids(), store.ids(), strict=True)
    assert all(one == other and store.get(one) for one, other in pairs)


def test_a_store_without_profiles_has_none(publish: Publish) -> None:
    store = publish(None)
    assert [store.profile(customer_id) for customer_id in IDS] == [None] * len(IDS)
    assert list(store.ids()) == sorted(IDS)


def test_nobody_writes_into_what_a_store_hands_out(store: OnlineStore) -> None:
    found = store.profile("1")
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found.bought[:] = 1


LOCAL = timezone(timedelta(hours=2))
BAD: dict[str, StoredProfile] = {
    "place-beyond": replace(GOOD, bought=np.array([0, len(ITEMS)], np.int32)),
    "place-below": replace(GOOD, bought=np.array([-1, 0], np.int32)),
    "places-fall": replace(GOOD, bought=np.array([2, 1], np.int32)),
    "place-twice": replace(GOOD, bought=np.array([2, 2], np.int32)),
    "places-as-numbers": replace(GOOD, bought=np.array([1.0])),
    "quintile-0": replace(GOOD, segments=Segments(recency_quintile=0)),
    "quintile-6": replace(GOOD, segments=Segments(monetary_quintile=6)),
    "consent-twice": replace(GOOD, consents=(GOOD.consents[0], replace(GOOD.consents[0], granted=False))),
    "consent-no-text": replace(GOOD, consents=(replace(GOOD.consents[0], channel="\ud800"),)),
    "consent-local": replace(GOOD, consents=(replace(GOOD.consents[0], at=ASKED.astimezone(LOCAL)),)),
    "consent-no-zone": replace(GOOD, consents=(replace(GOOD.consents[0], at=ASKED.replace(tzinfo=None)),)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_profile_is_refused(publish: Publish, bad: StoredProfile) -> None:
    with pytest.raises(StoreError, match="profile of customer"):
        publish([("1", bad), *ROWS[1:]])


@pytest.mark.parametrize("field", ["life_cycle", "value_tier"])
def test_a_segment_that_does_not_exist_is_refused(publish: Publish, field: str) -> None:
    unheard: dict[str, Any] = {field: "unheard of"}
    with pytest.raises(StoreError, match="is one of"):
        publish([("1", profile([], Segments(**unheard))), *ROWS[1:]])


@pytest.mark.parametrize(
    "rows",
    [ROWS[:-1], [*ROWS, ("2", GOOD)], [*ROWS[:-1], ("1", GOOD)], [*ROWS[:-1], ("", GOOD)], []],
    ids=["fewer", "more", "doubled", "no-id", "none"],
)
def test_profiles_come_for_everybody_once(publish: Publish, rows: list[Row]) -> None:
    with pytest.raises(StoreError):
        publish(rows)


DESCRIBED = (
    DescribedFeature("days_since_purchase", "days", "last purchase {value} ago"),
    DescribedFeature("baskets_28d", "count", '{value} "basket(s)" 客'),
    DescribedFeature("spend_28d", "level", "spends {value}", ("little", "much")),
)


@pytest.mark.parametrize("publish_into", [in_sqlite, in_memory])
def test_the_description_of_features_comes_back(
    publish_into: Callable[..., OnlineStore], tmp_path: Path
) -> None:
    info = replace(INFO, currency="EUR", described=DESCRIBED)
    assert publish_into(tmp_path, ROWS, info).info == info


@pytest.mark.parametrize("publish_into", [in_sqlite, in_memory])
@pytest.mark.parametrize("described", [DESCRIBED[:-1], DESCRIBED[::-1]], ids=["fewer", "other-order"])
def test_other_features_than_the_stores_are_not_described(
    publish_into: Callable[..., OnlineStore], tmp_path: Path, described: tuple[DescribedFeature, ...]
) -> None:
    with pytest.raises(StoreError, match="every feature in order"):
        publish_into(tmp_path, ROWS, replace(INFO, described=described))


@pytest.mark.parametrize("column", ["text", "bought", "checksum"])
def test_an_altered_profile_is_never_answered(tmp_path: Path, column: str) -> None:
    in_sqlite(tmp_path, ROWS).close()
    alter(tmp_path / "online.sqlite", "profiles", column)
    store = SqliteStore(tmp_path / "online.sqlite")
    with pytest.raises(StoreError, match="publish it again"):
        store.profile("1")
    assert told(store.profile("001")) == told(KNOWN["001"])


@pytest.mark.parametrize("column", ["customer_id", "in_population", "features", "checksum"])
def test_ids_end_at_an_altered_row(tmp_path: Path, column: str) -> None:
    in_sqlite(tmp_path, ROWS).close()
    alter(tmp_path / "online.sqlite", "customers", column)
    with pytest.raises(StoreError, match="publish it again"):
        list(SqliteStore(tmp_path / "online.sqlite").ids())


@cache
def whole() -> bytes:
    """A published file."""
    with TemporaryDirectory() as folder:
        in_sqlite(Path(folder), ROWS).close()
        return Path(folder, "online.sqlite").read_bytes()


@settings(deadline=None, max_examples=100)
@given(place=st.integers(0, 1_000_000), flip=st.integers(1, 255))
def test_no_altered_byte_changes_ids_or_a_profile(place: int, flip: int) -> None:
    content = bytearray(whole())
    content[place % len(content)] ^= flip
    with TemporaryDirectory() as folder:
        path = Path(folder, "online.sqlite")
        path.write_bytes(content)
        store = answered(lambda: SqliteStore(path))
        if store is None:
            return
        assert answered(lambda: list(store.ids())) in (None, sorted(IDS))
        for customer_id, expected in ROWS:
            profile = answered(lambda: store.profile(customer_id))  # noqa: B023 - asked at once
            assert profile is None or told(profile) == told(expected)
        store.close()


quintiles = st.none() | st.integers(1, 5)
segments = st.builds(
    Segments,
    quintiles,
    quintiles,
    quintiles,
    st.sampled_from([None, *get_args(LifeCycle)]),
    st.sampled_from([None, *get_args(ValueTier)]),
)
moments = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
consents = st.lists(
    st.builds(StoredConsent, texts, texts, st.booleans(), moments),
    max_size=3,
    unique_by=lambda one: (one.channel, one.purpose),
)
bought = st.sets(st.integers(0, len(ITEMS) - 1)).map(lambda places: np.array(sorted(places), np.int32))
profiles = st.builds(StoredProfile, segments, bought, consents.map(tuple))


@pytest.mark.parametrize("publish_into", [in_sqlite, in_memory])
@settings(deadline=None, max_examples=40)
@given(given_profile=profiles)
def test_whatever_may_be_stored_comes_back(
    publish_into: Callable[..., OnlineStore], given_profile: StoredProfile
) -> None:
    with TemporaryDirectory() as folder:
        store = publish_into(Path(folder), [("1", given_profile), *ROWS[1:]])
        assert told(store.profile("1")) == told(given_profile)
        store.close()
