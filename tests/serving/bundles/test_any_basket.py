"""Whatever is in a basket and whosever it is, the answer is that of the formulas written plainly."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.bundles.answers import Bundles
from serving.bundles.model import load_model
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import (
    HABITS,
    IDS,
    RELEASED,
    RULES,
    STORE_INFO,
    habits,
    offline_probability,
    own_shares,
    ranking,
)
from tests.serving.tiny import ROWS


@pytest.fixture(scope="module")
def bundles(bundles_artifact: Path) -> Bundles:
    return Bundles(RELEASED, load_model(bundles_artifact), MemoryStore(STORE_INFO, ROWS, habits=habits()))


def speaks(basket: list[int], item: int) -> tuple[str, list[str]]:
    """The evidence for an item, one rule at a time."""
    found = [
        (q_value <= 0.05 and not explained, count / before, [IDS[code] for code in antecedent])
        for (antecedent, consequent), (count, before, _, _, _, q_value, _, _, explained) in RULES.items()
        if consequent == item and set(antecedent) <= set(basket)
    ]
    if not found:
        return "none", []
    significant, _, because = max(found)
    return "significant" if significant else "weak", because


@settings(deadline=None)
@given(
    basket=st.lists(st.sampled_from(range(len(IDS)))),
    customer_id=st.sampled_from([*HABITS, "stranger", None]),
    limit=st.integers(1, 50),
)
def test_any_basket_is_answered_as_by_the_formulas(
    bundles: Bundles, basket: list[int], customer_id: str | None, limit: int
) -> None:
    own = own_shares(customer_id) if customer_id in ("1", "Åse 客") else None
    answer = bundles.answer([IDS[code] for code in basket], customer_id, limit)
    assert answer.personal is (own is not None)
    assert [one.item_id for one in answer.suggestions] == ranking(basket, own)[:limit]
    for one in answer.suggestions:
        code = IDS.index(one.item_id)
        assert one.probability == pytest.approx(offline_probability(basket, code, own), rel=0, abs=1e-12)
        assert (one.evidence, one.because) == speaks(basket, code)
        assert one.evidence != "significant" or not one.explained
