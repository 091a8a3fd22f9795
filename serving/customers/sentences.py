"""Plain words about where a customer stands and what they use to buy."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from features.store import LifeCycle, Segments
from features.wording import PLACE, say

_LIFE_CYCLES: Mapping[LifeCycle, str] = MappingProxyType(
    {
        "new": "a new customer",
        "growing": "spends clearly more than before",
        "steady": "buys as usual",
        "slowing": "spends clearly less than before",
        "at risk": "silent for much longer than usual",
        "lost": "silent for so long that they have most likely gone",
    }
)


def standing(segments: Segments) -> Iterator[str]:
    """Life cycle, value and quintiles in words; what is unknown is left out."""
    if segments.life_cycle is not None:
        yield _LIFE_CYCLES[segments.life_cycle]
    if segments.value_tier is not None:
        yield f"of {segments.value_tier} value"
    ranked = {
        "recency {} of 5, where 5 bought most recently": segments.recency_quintile,
        "frequency {} of 5, where 5 bought most often": segments.frequency_quintile,
        "spend {} of 5, where 5 spent most": segments.monetary_quintile,
    }
    yield from (words.format(quintile) for words, quintile in ranked.items() if quintile is not None)


def habit(item: str, share: float) -> str:
    """How usual an item is."""
    return say(f"{item} in {PLACE} of the baskets", "share", share)
