"""Plain sentences about a decision: why it is what it is, and what each of its numbers says."""

from collections import Counter
from collections.abc import Sequence

from features.wording import PLACE, say
from serving.decision.trace import Decision, Factor
from serving.next_best_offer.schemas import FactorAnswer


def why(decision: Decision) -> str:
    """The reason of an answer as a sentence."""
    match decision.reason:
        case "offer":
            worth = say(PLACE, "money", decision.given[0].priority, decision.currency)
            return f"{_drawn(decision)} is expected to bring {worth} more than no offer."
        case "control_group":
            return "The customer is in the control group: it gets no offers, so that their effect can be measured."
        case "not_worth_it":
            return "No offer is expected to bring more than it costs."
        case "explored":
            return "No offer was drawn by lot, so that its effect can be measured."
        case "none_left":
            return f"No offer was left for this customer: {_where(decision)}."


def factor_answer(factor: Factor, currency: str) -> FactorAnswer:
    """One number of a price, with words such as `save rate 10 % (assumption)`."""
    said = say(PLACE, factor.unit, factor.value, currency)
    words = f"{factor.name.replace('_', ' ')} {said} ({factor.source})"
    return FactorAnswer(
        name=factor.name, value=factor.value, unit=factor.unit, source=factor.source, words=words
    )


def goes_with(names: Sequence[str]) -> str:
    """Why an item is added to a basket that holds others."""
    return f"goes with {' and '.join(names)}"


def _drawn(decision: Decision) -> str:
    return "The offer, drawn by lot among the best," if decision.explored else "The best offer"


def _where(decision: Decision) -> str:
    """Where the candidates ended, the most frequent stage first."""
    stages = Counter(
        ended.stage for ended in decision.ended for offer_id in ended.offer_ids if offer_id is not None
    )
    return ", ".join(f"{count} ended in {stage.replace('_', ' ')}" for stage, count in stages.most_common())
