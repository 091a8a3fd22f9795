"""One question becomes one decision: stage after stage, in money, with the reason of every refusal.

    candidates -> consent -> eligibility -> applicability -> suitability -> contact_policy -> score -> arbitrate
    -> control_group -> answer

What keeps people safe fails closed (consent, rules, caps, limits, unknown numbers). `docs/decision.md` has it all.
"""

from serving.decision.arbitration import Choice, Ranking, choose, losers, rank
from serving.decision.chance import uniform
from serving.decision.contact import ContactPolicy
from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, History, Question
from serving.decision.policy import Control
from serving.decision.rulebook import Rulebook
from serving.decision.stages import Stages
from serving.decision.trace import Decision, Group, Reason


def decide(question: Question, facts: Facts, history: History, rulebook: Rulebook) -> Decision:
    """The answer to one question; the same four arguments give the same decision anywhere and at any time.

    Every offer of the catalogue, and *no offer*, ends in exactly one stage. Asks nobody, writes nothing.
    """
    policy, contact = rulebook.policy, ContactPolicy(question, history, rulebook.policy)
    shelf = rulebook.shelf(question.channel, question.at.date())
    ends = Ends(shelf.closed)
    reached = Stages(question, facts, history, policy, contact).reached(shelf, ends)
    ranking = rank(reached, policy, question.decision_id)
    choice = choose(ranking, question.limit, shelf.offers, contact)
    return _decision(question, facts, rulebook, choice, ends)


def _decision(question: Question, facts: Facts, rulebook: Rulebook, choice: Choice, ends: Ends) -> Decision:
    """All of it on record; `ends` has the offers that did not reach arbitration."""
    ranking = choice.ranking
    group = group_of(question.customer_id, rulebook.policy.control)
    through = _through(choice, group)
    for offer_id, end in (losers(choice, through) | through).items():
        ends.add(end, offer_id)
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
        ended=ends.gathered(),
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


def _through(choice: Choice, group: Group) -> dict[str | None, End]:
    """Who is the answer, and whom the control group alone kept from it."""
    if group == "treated":
        shown = choice.given or (choice.ranking.chosen,)
        return {one.offer_id: ("answer", str(place), "") for place, one in enumerate(shown, start=1)}
    withheld: dict[str | None, End] = {
        one.offer_id: ("control_group", "control_group", str(place))
        for place, one in enumerate(choice.given, start=1)
    }
    return {**withheld, None: ("answer", "1", "")}
