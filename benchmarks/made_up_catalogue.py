"""A made-up catalogue of many offers over the items of a published store, and a policy that lets all compete.

Offers are drawn by a fixed seed and mean nothing; what they are like is that of a retailer with much to say: most
are about one to three items that the customer does not buy yet, some are bundles, some keep who is about to leave,
some thank; each goes over two or three channels, asks who may get it, some have not begun and some are limited.
"""

import json
import random
import re
from collections.abc import Callable, Sequence

from features.store import StoreInfo

OFFERS = 1_000
CAPS_TIMES = 1_000
"""The caps of the policy are raised so many times, see `open_policy`."""

Drawing = random.Random
Lines = dict[str, object]
"""Keys of an offer with their values."""

_CAP = re.compile(r"^contacts = (\d+)$", re.MULTILINE)


def made_up_catalogue(items: Sequence[str], channels: Sequence[str], info: StoreInfo) -> str:
    """`OFFERS` offers as the text of a `catalogue.toml`, always the same for the same items and channels."""
    drawing = random.Random(6)  # noqa: S311 - made-up offers are no secret
    kinds = drawing.choices(list(_KINDS), weights=[weight for weight, _ in _KINDS.values()], k=OFFERS)
    offers = [_offer(number, kind, items, channels, drawing) for number, kind in enumerate(kinds)]
    head = f'version = "made-up"\ncurrency = "{info.currency}"\n'
    return "\n[[offer]]\n".join([head, *map(_toml, offers)])


def open_policy(policy: str) -> str:
    """The text of a policy with caps on contacts so high that they are looked at and hold nobody back.

    A benchmark asks for the same customers all the time: with the caps as they are, hardly anything would be left
    to decide after a second.
    """
    return _CAP.sub(lambda cap: f"contacts = {int(cap[1]) * CAPS_TIMES}", policy)


def _offer(number: int, kind: str, items: Sequence[str], channels: Sequence[str], drawing: Drawing) -> Lines:
    _, lines_of = _KINDS[kind]
    offer: Lines = {
        "id": f"offer-{number}",
        "name": f"Offer {number}",
        "kind": kind,
        "channels": drawing.sample(channels, min(len(channels), drawing.choice([2, 3]))),
        "must": ["known is yes"],
        **lines_of(items, drawing),
    }
    return offer | _sometimes(drawing)


def _sometimes(drawing: Drawing) -> Lines:
    """Of ten offers one has not begun, one has so many pieces a day, and one a budget."""
    limits: list[Lines] = [{"valid_from": "2999-01-01"}, {"per_day": 100_000}, {"budget": 1_000_000.0}]
    return drawing.choice([*limits, *[Lines()] * 7])


def _cross_sell(items: Sequence[str], drawing: Drawing) -> Lines:
    return {
        "items": drawing.sample(items, min(len(items), drawing.choice([1, 1, 2, 3]))),
        "margin": 0.25,
        "incremental": drawing.choice([0.1, 0.2]),
        "discount": drawing.choice([0.0, 0.2, 0.5]),
        "relevant": [f"item_probability >= {drawing.choice([0.005, 0.01, 0.02])}"],
        "good": drawing.choice([[], ["value_tier in [high, medium]"], ["life_cycle in [steady, slowing]"]]),
    }


def _bundle(items: Sequence[str], drawing: Drawing) -> Lines:
    return {"items": drawing.sample(items, 2), "margin": 0.25, "incremental": 0.3}


def _retention(_: Sequence[str], drawing: Drawing) -> Lines:
    return {
        "discount": drawing.choice([1.0, 3.0, 5.0]),
        "redemption": 0.15,
        "save_rate": drawing.choice([0.05, 0.1]),
        "relevant": [f"churn_probability >= {drawing.choice([0.05, 0.1, 0.2])}"],
        "good": drawing.choice([[], ['life_cycle in [slowing, "at risk"]']]),
    }


def _loyalty(_: Sequence[str], drawing: Drawing) -> Lines:
    return {
        "value": drawing.choice([1.0, 2.0]),
        "acceptance": 0.2,
        "incremental": 0.2,
        "relevant": [f"value_tier in [{drawing.choice(['high', 'medium', 'low'])}]"],
    }


_KINDS: dict[str, tuple[int, Callable[[Sequence[str], Drawing], Lines]]] = {
    "cross_sell": (70, _cross_sell),
    "bundle": (10, _bundle),
    "retention": (10, _retention),
    "loyalty": (10, _loyalty),
}
"""How many of a hundred offers are of the kind, and what it needs to say."""


def _toml(offer: Lines) -> str:
    dates = {"valid_from"}  # TOML has a way of its own to write them
    lines = (f"{key} = {value if key in dates else json.dumps(value)}" for key, value in offer.items())
    return "\n".join(lines) + "\n"
