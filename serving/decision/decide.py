"""One question becomes one decision: stage after stage, in money, with the reason of every refusal.

    candidates -> consent -> eligibility -> applicability -> suitability -> contact_policy -> score -> arbitrate
    -> control_group -> answer

What keeps people safe fails closed (consent, rules, caps, limits, unknown numbers). `docs/decision.md` has it all.
"""

from collections.abc import Iterable, Iterator

from serving.decision.arbitration import Choice, Ranking, choose, losers, rank
from serving.decision.catalogue import Offer
from serving.decision.chance import uniform
from serving.decision.contact import ContactPolicy
from serving.decision.facts import Facts, History, Question
from serving.decision.policy import Control
from serving.decision.rulebook import Rulebook
from serving.decision.stages import Stages
from serving.decision.trace import Decision, Ended, Group, Priced, Reason


def decide(question: Question, facts: Facts, history: History, rulebook: Rulebook) -> Decision:
    """The answer to one question; the same four arguments give the same decision anywhere and at any time.

    Every offer of the catalogue, and *no offer*, ends in exactly one stage. Asks nobody, writes nothing.
    """
    policy, contact = rulebook.policy, ContactPolicy(question, history, rulebook.policy)
    stages = Stages(question, facts, history, policy, contact)
    reached = [stages.reached(bound) for bound in rulebook.offers]
    ranking = rank([one for one in reached if isinstance(one, Priced)], policy, question.decision_id)
    offers: dict[str | None, Offer] = {bound.offer.id: bound.offer for bound in rulebook.offers}
    choice = choose(ranking, question.limit, offers, contact)
    ended = [one for one in reached if isinstance(one, Ended)]
    return _decision(question, facts, rulebook, choice, ended)


def _decision(
    question: Question, facts: Facts, rulebook: Rulebook, choice: Choice, ended: Iterable[Ended]
) -> Decision:
    """All of it on record; `ended` are the offers that did not reach arbitration."""
    ranking = choice.ranking
    group = group_of(question.customer_id, rulebook.policy.control)
    through = tuple(_through(choice, group))
    return Decision(
        decision_id=question.decision_id,
        customer_id=question.customer_id,
        channel=question.channel,
        placement=question.placement,
        decided_at=question.at,
        as_of=facts.as_of,
        known=facts.known,
        group=group,
        explored=ranking.explored,
        reason=_reason(choice, group),
        given=choice.given if group == "treated" else (),
        withheld=choice.given if group == "control" else (),
        selection_probability=_selection_probability(ranking, group),
        priced=ranking.priced,
        ended=(*ended, *losers(choice, through), *through),
        currency=rulebook.currency,
        margin=rulebook.policy.stake.margin,
        rulebook=rulebook.name,
        release=dict(facts.release),
    )


def group_of(customer_id: str, control: Control) -> Group:
    """The group of a customer: the same for good, whatever is asked, as long as salt and share stay."""
    return "control" if uniform(control.salt, "control", customer_id) < control.share else "treated"


def _reason(choice: Choice, group: Group) -> Reason:
    if choice.given:
        return "offer" if group == "treated" else "control_group"
    if len(choice.ranking.priced) == 1:
        return "none_left"
    return "not_worth_it" if choice.ranking.first == 0 else "explored"


def _selection_probability(ranking: Ranking, group: Group) -> float:
    """That of what the customer gets first: the chosen one, or no offer for who is in the control group."""
    taken = None if group == "control" else ranking.chosen.offer_id
    return next(one.selection_probability for one in ranking.priced if one.offer_id == taken)


def _through(choice: Choice, group: Group) -> Iterator[Ended]:
    """Who is the answer, and whom the control group alone kept from it."""
    if group == "control":
        for place, one in enumerate(choice.given, start=1):
            yield Ended(one.offer_id, "control_group", "control_group", str(place))
        yield Ended(None, "answer", "1")
        return
    for place, one in enumerate(choice.given or (choice.ranking.chosen,), start=1):
        yield Ended(one.offer_id, "answer", str(place))
