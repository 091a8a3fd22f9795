"""Who wins: the order in money, the lot that explores, and what else fits into the same answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from serving.decision.catalogue import Offer
from serving.decision.chance import uniform
from serving.decision.contact import Breach, ContactPolicy
from serving.decision.ends import End
from serving.decision.policy import Policy
from serving.decision.trace import Priced

NO_OFFER = Priced(offer_id=None, kind=None, item=None, priority=0.0, reserved=0.0, values=(), sources=())
"""A candidate of every decision: it costs nothing and brings nothing."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everybody who reached arbitration, the best first; `first` is the place of the one that was chosen.

    `selection_probability` of each is that of being the first answer to this customer. `explored` says that
    `first` was drawn by lot.
    """

    priced: tuple[Priced, ...]
    first: int
    explored: bool

    @property
    def chosen(self) -> Priced:
        """The one that was chosen, the best or by lot."""
        return self.priced[self.first]


def rank(offers: Sequence[Priced], policy: Policy, decision_id: str) -> Ranking:
    """The order in money, and who is chosen of it: by priority, *no offer* before an equal one, then by id.

    With probability e (`exploration.share`) a lot decides, evenly among those at most `max_loss` below the best,
    *no offer* among them. With m of them each has e / m, and the best 1 - e more. All of this in the 1 - c of
    customers outside the control group; the c in it get *no offer*.
    """
    order = sorted((*offers, NO_OFFER), key=_place)
    salt, share = policy.control.salt, policy.exploration.share
    least = order[0].priority - policy.exploration.max_loss
    near = next((place for place, one in enumerate(order) if one.priority < least), len(order))
    explored = near > 1 and uniform(salt, "explore", decision_id) < share
    for place in {*range(near), order.index(NO_OFFER)}:
        chance = (share / near if place < near else 0.0) + (1 - share if place == 0 else 0.0)
        order[place] = _with(order[place], chance, policy)
    return Ranking(
        priced=tuple(order),
        first=int(uniform(salt, "lot", decision_id) * near) if explored else 0,
        explored=explored,
    )


def _place(one: Priced) -> tuple[float, bool, str]:
    return (-one.priority, one.offer_id is not None, one.offer_id or "")


def _with(one: Priced, chance: float, policy: Policy) -> Priced:
    control = policy.control.share
    share = (1 - control) * chance + (control if one.offer_id is None else 0.0)
    return one._replace(selection_probability=share)


@dataclass(frozen=True, slots=True)
class Choice:
    """The offers of one answer, and the rule that kept others out though there was room for them."""

    ranking: Ranking
    given: tuple[Priced, ...] = ()
    passed_over: Mapping[str | None, Breach] = field(default_factory=dict)


def choose(
    ranking: Ranking, limit: int, offers: Mapping[str | None, Offer], contact: ContactPolicy
) -> Choice:
    """The chosen one and, up to `limit`, the best that go with it; none when *no offer* was chosen.

    Those that follow are worth more than nothing, are about other items, and keep the caps: what the answer
    already holds counts as a contact.
    """
    chosen = ranking.chosen
    given: list[Priced] = []
    passed_over: dict[str | None, Breach] = {}
    others = [one for one in ranking.priced if one.priority > 0 and one is not chosen]
    for one in (chosen, *others) if chosen.offer_id is not None else ():
        breach = _same_item(one, given) or contact.cap(offers[one.offer_id])
        if breach is not None:
            passed_over[one.offer_id] = breach
            continue
        given.append(one)
        if len(given) == limit:
            break
        contact = contact.after(offers[one.offer_id])
    return Choice(ranking, tuple(given), passed_over)


def losers(choice: Choice, through: Collection[str | None]) -> dict[str | None, End]:
    """Where everybody who reached arbitration and did not come through it ended, *no offer* among them."""
    return {
        one.offer_id: _lost(choice, place, one)
        for place, one in enumerate(choice.ranking.priced)
        if one.offer_id not in through
    }


def _lost(choice: Choice, place: int, one: Priced) -> End:
    if one.offer_id in choice.passed_over:
        return "arbitrate", *choice.passed_over[one.offer_id]
    outbid = bool(choice.given) and (one.priority > 0 or one.offer_id is None)
    rule = "explored" if place < choice.ranking.first else "priority" if outbid else "not_worth_it"
    return "arbitrate", rule, f"{one.priority:z.2f}"


def _same_item(one: Priced, given: Sequence[Priced]) -> Breach | None:
    twice = one.item is not None and one.item in {other.item for other in given}
    return ("same_item", one.item or "") if twice else None
