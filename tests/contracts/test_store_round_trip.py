"""Whatever may be stored comes back as it was."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.store import (
    CandidateInfo,
    CandidateRows,
    OnlineStore,
    PopularItem,
    StoredCandidates,
    StoredItem,
    StoreInfo,
)
from tests.contracts import test_store
from tests.contracts.test_store_candidates import bits, found, published
from tests.fakes import MemoryStore

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ids = texts.filter(bool)
numbers = st.floats(allow_infinity=False)
names = st.lists(texts, max_size=3).map(tuple)


@st.composite
def popular_items(draw: st.DrawFn, items: int) -> list[PopularItem]:
    places = draw(st.lists(st.integers(0, items - 1), unique=True))
    shares = draw(st.lists(st.floats(0, 1), min_size=len(places), max_size=len(places)))
    return [PopularItem(*one) for one in zip(places, sorted(shares, reverse=True), strict=True)]


@st.composite
def candidate_lists(draw: st.DrawFn, info: CandidateInfo, items: int) -> StoredCandidates:
    places = draw(st.lists(st.integers(0, items - 1), unique=True))
    return StoredCandidates(
        items=np.array(places, np.int32),
        because=draw(arrays(np.int32, len(places), elements=st.integers(-1, items - 1))),
        pairs=draw(arrays(np.float64, (len(places), len(info.pair_names)), elements=numbers)),
        customer=draw(arrays(np.float64, len(info.customer_names), elements=numbers)),
        segment=draw(texts),
    )


@st.composite
def stores(draw: st.DrawFn) -> tuple[StoreInfo, CandidateRows]:
    described = st.builds(
        CandidateInfo, texts, texts, st.integers(1, 999), st.integers(1, 999), names, names, names, st.just(0)
    )
    info = draw(described)
    features = arrays(np.float64, len(info.item_names), elements=numbers)
    items = draw(
        st.lists(
            st.builds(StoredItem, ids, texts, texts, features), min_size=1, unique_by=lambda one: one.item
        )
    )
    rows = draw(st.dictionaries(ids, candidate_lists(info, len(items)), min_size=1, max_size=5))
    segments = draw(st.dictionaries(texts, popular_items(len(items)), max_size=3))
    popular = {"": draw(popular_items(len(items))), **segments}
    described_rows = replace(info, customers=len(rows))
    return replace(test_store.INFO, candidates=described_rows), CandidateRows(
        items, list(rows.items()), popular
    )


def in_sqlite(folder: Path, info: StoreInfo, candidates: CandidateRows) -> OnlineStore:
    return published(folder / "online.sqlite", info, candidates)


def in_memory(_: Path, info: StoreInfo, candidates: CandidateRows) -> OnlineStore:
    return MemoryStore(info, test_store.ROWS, candidates)


@pytest.mark.parametrize("publish", [in_sqlite, in_memory])
@settings(deadline=None, max_examples=60)
@given(content=stores())
def test_what_is_published_comes_back(
    publish: Callable[[Path, StoreInfo, CandidateRows], OnlineStore], content: tuple[StoreInfo, CandidateRows]
) -> None:
    info, candidates = content
    with TemporaryDirectory() as folder:
        store = publish(Path(folder), info, candidates)
        assert store.info == info
        assert [bits(item) for item in store.items] == [bits(item) for item in candidates.items]
        for segment, popular in candidates.popular.items():
            assert store.popular(segment) == tuple(popular)
        for customer_id, row in candidates.rows:
            assert bits(found(store, customer_id)) == bits(row)
        store.close()
