"""What to add to a basket: two items that belong together, and what is missing beside them."""

from collections.abc import Mapping
from urllib.parse import quote

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.asking import Service, ask, why_silent
from demo.terminal import CONSOLE, framed
from features.wording import PLACE, say
from serving.bundles.schemas import MAX_SUGGESTIONS, BundlesAnswer, Suggestion

SUGGESTED = 3
"""Suggestions that are printed."""


def print_bundle(service: Service) -> None:
    """What to add to a small basket, or why nothing is said of one."""
    silent = why_silent(service, "bundles")
    basket = {} if silent else small_basket(service)
    if not basket:
        why = silent or "nothing to begin with goes with anything beyond chance"
        CONSOLE.print(Text(f"No bundles: {why}."))
        return
    CONSOLE.print(bundle_panel(_asked(service, {"basket": list(basket), "limit": SUGGESTED}), basket))


def small_basket(service: Service) -> dict[str, str]:
    """The best item to begin with that goes with another beyond chance, and that other: id -> name.

    Empty when there is no such item.
    """
    for starter in _asked(service, {"basket": [], "limit": MAX_SUGGESTIONS}).suggestions:
        call = f"/v1/items/{quote(starter.item_id, safe='')}/bundles?limit=1"
        for partner in BundlesAnswer.model_validate_json(ask(service, call)).suggestions:
            return {each.item_id: each.name for each in (starter, partner)}
    return {}


def bundle_panel(answer: BundlesAnswer, names: Mapping[str, str]) -> Panel:
    """What to add to a basket, whose items have these names: the item, how likely, and what speaks for it."""
    rows = Table.grid(padding=(0, 2))
    for suggestion in answer.suggestions:
        likely = say(PLACE, "share", suggestion.probability)
        rows.add_row(likely, Text(suggestion.name), Text(evidence(suggestion, names)))
    held = " and ".join(names[item] for item in answer.basket)
    return framed(
        f"{held} in the basket: what is missing, by {answer.ranked_by.replace('_', ' ')}",
        rows,
        f"{answer.model.name} {answer.model.version}, baskets before {answer.learned_through:%Y-%m-%d}",
        "magenta",
    )


def evidence(suggestion: Suggestion, names: Mapping[str, str]) -> str:
    """The rule behind a suggestion in words: how many baskets, and how many more than by chance."""
    if suggestion.count is None or suggestion.lift is None:
        return "bought with them too seldom to tell"
    because = " and ".join(names[item] for item in suggestion.because)
    baskets = say("{value} basket(s)", "count", suggestion.count)
    times = say("{value} times as many as by chance", "ratio", suggestion.lift)
    unsure = "" if suggestion.evidence == "significant" else " (weak evidence)"
    return f"{baskets} with {because}: {times}, {_held_fixed(suggestion.adjusted_lift)}{unsure}"


def _held_fixed(adjusted_lift: float | None) -> str:
    if adjusted_lift is None:
        return "not comparable with basket size, store, season and promotions held fixed"
    return say(
        "{value} times with basket size, store, season and promotions held fixed", "ratio", adjusted_lift
    )


def _asked(service: Service, basket: Mapping[str, object]) -> BundlesAnswer:
    return BundlesAnswer.model_validate_json(ask(service, "/v1/bundles", basket))
