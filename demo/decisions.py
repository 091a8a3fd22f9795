"""What to do about customers: three next best offers, one of them none, with factors and the way there."""

import uuid
from collections import Counter
from collections.abc import Sequence

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.asking import Service, ask
from demo.terminal import CONSOLE, framed
from features.errors import InputError
from features.wording import PLACE, say
from serving.decision.trace import STAGES
from serving.next_best_offer.schemas import NextBestOfferAnswer, NextBestOfferBatchAnswer
from serving.outcomes.schemas import OutcomeAnswer
from serving.traces.schemas import DecisionAnswer

CHANNEL = "web"
"""Where customers come by themselves, so that no consent is needed."""

PURCHASE = 42.5
"""What the customer pays in the outcome that is posted."""

_NONE = "no offer"
_COLOURS = {
    _NONE: "bright_black",
    "retention": "red",
    "cross_sell": "cyan",
    "bundle": "magenta",
    "loyalty": "green",
}


def print_decisions(service: Service, customer_ids: Sequence[str]) -> None:
    """The next best offers of three customers, what becomes of one, or why nothing is decided."""
    try:
        chosen = three_decisions(service, customer_ids)
    except InputError as silent:
        CONSOLE.print(Text(f"No next best offers: {silent}"))
        return
    for answer in chosen:
        CONSOLE.print(decision_panel(answer, trace(service, answer)))
    for answer in chosen:
        if answer.offers:
            CONSOLE.print(Text(posted(service, answer)))
            break


def three_decisions(service: Service, customer_ids: Sequence[str]) -> list[NextBestOfferAnswer]:
    """Three answers that differ: offers of different kinds first, at last one of no offer."""
    asked = {"customer_ids": list(customer_ids), "channel": CHANNEL}
    answers = NextBestOfferBatchAnswer.model_validate_json(
        ask(service, "/v1/next-best-offer:batch", asked)
    ).results
    if fault := next((answer.fault for answer in answers if answer.fault), None):
        raise InputError(fault)
    return choose(answers)


def choose(answers: Sequence[NextBestOfferAnswer]) -> list[NextBestOfferAnswer]:
    """The most valuable offers of two kinds (or two of one), and at last a customer without an offer.

    No offer for its price comes before none for lack of any, and this before the control group and the lot.
    """
    offered = sorted(answers, key=lambda answer: -_worth(answer))
    firsts = {_kind(answer): answer for answer in reversed(offered) if answer.offers}
    best = sorted(firsts.values(), key=lambda answer: -_worth(answer))
    best += [answer for answer in offered if answer.offers and answer not in best]
    without = [answer for answer in answers if not answer.offers]
    without.sort(key=lambda answer: (answer.reason != "not_worth_it", answer.reason != "none_left"))
    return [*best[: 3 - len(without[:1])], *without[:1]]


def trace(service: Service, answer: NextBestOfferAnswer) -> DecisionAnswer:
    """How the decision behind an answer came about."""
    return DecisionAnswer.model_validate_json(ask(service, f"/v1/decisions/{answer.decision_id}"))


def decision_panel(answer: NextBestOfferAnswer, traced: DecisionAnswer) -> Panel:
    """An answer for people: the offer, every factor of its price, and where the other candidates ended."""
    kind = _kind(answer)
    factors = [Text(f"  {factor.words}") for offer in answer.offers for factor in offer.factors]
    about = [Text(_title(answer), style="bold"), Text(answer.why)]
    return framed(
        f"customer {answer.customer_id}: {kind.replace('_', ' ')}",
        Group(*about, *factors, Text("Where the others ended:"), _ended(traced)),
        f"decision {traced.decision_id[:8]}, rulebook {answer.rulebook}, known as of {answer.as_of:%Y-%m-%d}",
        _COLOURS[kind],
    )


def posted(service: Service, answer: NextBestOfferAnswer) -> str:
    """Say that the customer bought what was offered, and what the service made of it."""
    outcome = {
        "key": uuid.uuid4().hex,
        "decision_id": answer.decision_id,
        "kind": "purchase",
        "value": PURCHASE,
    }
    recorded = OutcomeAnswer.model_validate_json(ask(service, "/v1/outcomes", outcome)).recorded
    money = say(PLACE, "money", PURCHASE, answer.offers[0].currency)
    said = "recorded" if recorded else "known already"
    return f"Outcome posted: customer {answer.customer_id} bought for {money} after this offer; {said}."


def _title(answer: NextBestOfferAnswer) -> str:
    if not answer.offers:
        return "No offer"
    first = answer.offers[0]
    return f"{first.name}: {first.item_name}" if first.item_name else first.name


def _ended(traced: DecisionAnswer) -> Table:
    """How many candidates ended in which stage by which rule, in the order of the stages."""
    rows = Table.grid(padding=(0, 2))
    ended = (one for one in traced.ended if one.offer_id is not None and one.stage != "answer")
    counts = Counter((one.stage, one.rule) for one in ended)
    for (stage, rule), count in sorted(counts.items(), key=lambda counted: STAGES.index(counted[0][0])):
        rows.add_row("", f"{count}", stage.replace("_", " "), Text(rule))
    return rows


def _worth(answer: NextBestOfferAnswer) -> float:
    return answer.offers[0].priority if answer.offers else 0.0


def _kind(answer: NextBestOfferAnswer) -> str:
    return answer.offers[0].kind if answer.offers else _NONE
