"""The contact policy: quiet hours, caps over rolling windows, cool-offs, and the limits of an offer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from serving.decision.catalogue import Offer
from serving.decision.facts import Contact, History, Kind, Question
from serving.decision.policy import Cap, Channel, Policy
from serving.decision.trace import Priced

Breach = tuple[str, str]
"""A rule and the value that it met."""


class ContactPolicy:
    """What may still be said to one customer in one moment, after all that was said before.

    A contact later than the question counts too: another worker made it while this one waited for its turn.
    """

    def __init__(self, question: Question, history: History, policy: Policy) -> None:
        self._question = question
        self._history = history
        self._policy = policy
        reached = ((cap, _reached(cap, question.at, history.contacts)) for cap in policy.caps)
        self._caps = [(cap, things) for cap, things in reached if things]
        self._quiet = _quiet(question.at, policy, policy.channels.get(question.channel))
        rests = policy.cool_off
        turned_down = sorted(history.rejections, key=lambda one: one.at)
        offers, kinds = (_since(question.at, days) for days in (rests.offer_days, rests.kind_days))
        self._offers = {one.offer_id: one.at for one in turned_down if one.at > offers}
        self._kinds = {one.kind: one.at for one in turned_down if one.at > kinds}
        self._something = bool(self._quiet or self._caps or self._offers or self._kinds)

    def breach(self, offer: Offer) -> Breach | None:
        """The first rule that forbids to give the offer: quiet hours, cap, cool-off, limit of the day."""
        said = self._something and (self._quiet or self.cap(offer) or self._resting(offer))
        return said or self._used_up(offer)

    def cap(self, offer: Offer) -> Breach | None:
        """The first cap that is reached."""
        for cap, things in self._caps:
            thing = _thing(cap, offer.id, offer.kind, self._question.channel)
            if thing in things:
                return things[thing]
        return None

    def after(self, offer: Offer) -> "ContactPolicy":
        """What may be said besides when the answer holds the offer: a contact for whatever else it may hold."""
        contact = Contact(offer.id, offer.kind, self._question.channel, self._question.at)
        history = replace(self._history, contacts=(*self._history.contacts, contact))
        return ContactPolicy(self._question, history, self._policy)

    def overspent(self, offer: Offer, priced: Priced) -> Breach | None:
        """The budget when what the offer would take is more than what is left."""
        if offer.budget is None:
            return None
        spent = self._history.spent.get(offer.id, 0.0)
        if spent + priced.reserved <= offer.budget:
            return None
        return "budget", f"{spent:.2f} of {offer.budget:.2f} spent"

    def _resting(self, offer: Offer) -> Breach | None:
        if (at := self._offers.get(offer.id)) is not None:
            return "cool-off of the offer", f"turned down on {at:%Y-%m-%d}"
        if (at := self._kinds.get(offer.kind)) is not None:
            return "cool-off of the kind", f"{offer.kind} turned down on {at:%Y-%m-%d}"
        return None

    def _used_up(self, offer: Offer) -> Breach | None:
        if offer.per_day is None:
            return None
        used = self._history.used.get(offer.id, 0)
        return None if used < offer.per_day else ("per_day", f"{used} of {offer.per_day} given today")


def _reached(cap: Cap, at: datetime, contacts: Sequence[Contact]) -> dict[str, Breach]:
    """What has had as many contacts as the cap allows, by its name, with what to say of it."""
    if len(contacts) < cap.contacts:
        return {}
    since = at - timedelta(days=cap.days)
    counts = Counter(_thing(cap, one.offer_id, one.kind, one.channel) for one in contacts if one.at > since)
    return {
        thing: (cap_in_words(cap), f"{count} contacts with {thing}" if thing else f"{count} contacts")
        for thing, count in counts.items()
        if count >= cap.contacts and cap.name in {None, thing}
    }


def cap_in_words(cap: Cap) -> str:
    """A cap in words, such as `at most 2 contacts per kind in 7 days`."""
    which = f"per {cap.per}" if cap.name is None else f"for {cap.per} {cap.name}"
    return f"at most {cap.contacts} {'contact' if cap.contacts == 1 else 'contacts'} {which} in {cap.days:g} days"


def _thing(cap: Cap, offer_id: str, kind: Kind, channel: str) -> str:
    """What a cap counts a contact for; "" for the customer as a whole."""
    match cap.per:
        case "offer":
            return offer_id
        case "kind":
            return kind
        case "channel":
            return channel
        case "customer":
            return ""


def _since(at: datetime, days: float) -> datetime:
    """From when on a rejection matters; never, where nothing rests."""
    return at - timedelta(days=days) if days else datetime.max.replace(tzinfo=UTC)


def _quiet(at: datetime, policy: Policy, channel: Channel | None) -> Breach | None:
    """The quiet hours of a channel when it is in them: from the first moment up to and without the last."""
    if channel is None or channel.quiet_from is None or channel.quiet_to is None:
        return None
    first, last = channel.quiet_from, channel.quiet_to
    now = at.astimezone(policy.clock.zone).time()
    inside = first <= now < last if first <= last else now >= first or now < last
    if not inside:
        return None
    return f"quiet hours from {first:%H:%M} to {last:%H:%M}", f"{now:%H:%M} in {policy.clock.timezone}"
