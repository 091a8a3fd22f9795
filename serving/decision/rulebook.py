"""Catalogue and policy joined: every offer with its rules compiled, ready to decide with."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.errors import InputError
from features.store import StoreInfo
from serving.decision.attributes import Attribute, attributes_of
from serving.decision.bound import BoundOffer
from serving.decision.catalogue import Catalogue, Offer, read_catalogue
from serving.decision.conditions import Condition, parse
from serving.decision.nearest import nearest
from serving.decision.policy import Policy, read_policy
from serving.decision.sections import refuse
from serving.decision.shelf import Shelf, shelf

_NAME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that marketers decided, checked as a whole.

    `name` is the policy's version, the catalogue's and a hash of the content of both files: other comments,
    another order of keys or another layout of the files give the same one. `window_days` is how far back a
    decision looks: the longest cap or cool-off.
    """

    name: str
    currency: str
    offers: tuple[BoundOffer, ...]
    policy: Policy
    window_days: float
    _shelves: dict[str, Shelf] = field(default_factory=dict, init=False, compare=False, repr=False)

    def shelf(self, channel: str, day: date) -> Shelf:
        """The offers of a channel on a day (UTC), made ready by the first decision of the day."""
        found = self._shelves.get(channel)
        if found is None or found.day != day:
            found = self._shelves[channel] = shelf(self.offers, self.policy, channel, day)
        return found


@dataclass(frozen=True, slots=True)
class Rules:
    """Catalogue and policy, each checked for itself, and the files that they were read from."""

    catalogue: Catalogue
    policy: Policy
    files: tuple[Path, Path]

    def bound(self, info: StoreInfo) -> Rulebook:
        """Both checked against each other and against what a store knows of customers.

        Raises `InputError` with the path of a file and every problem of it.
        """
        attributes = attributes_of(info, self.policy.channels)
        return rulebook(self.catalogue, self.policy, attributes, info.currency, self.files)


def read_rules(catalogue: Path, policy: Path, today: date | None = None) -> Rules:
    """Both files, each for itself.

    Raises `InputError` with the path of a file and every problem of it; with `today` (UTC) offers that have ended
    are refused too. Who serves gives no day: a service that starts anew the day after an offer's last goes on with
    the others.
    """
    return Rules(read_catalogue(catalogue, today), read_policy(policy), (catalogue, policy))


def read_rulebook(catalogue: Path, policy: Path, info: StoreInfo, today: date | None = None) -> Rulebook:
    """Both files bound to what a store knows. Raises `InputError` as reading and binding them does."""
    return read_rules(catalogue, policy, today).bound(info)


def rulebook(
    catalogue: Catalogue,
    policy: Policy,
    attributes: Mapping[str, Attribute],
    currency: str,
    files: tuple[Path | str, Path | str] = ("the catalogue", "the policy"),
) -> Rulebook:
    """Catalogue and policy as one; `currency` is the store's, "" when it does not say.

    Raises `InputError` with every channel, attribute, offer or currency that there is not in the first of the
    `files` that has any.
    """
    compiled, faults = _compiled(catalogue, attributes)
    refuse(files[0], [*_misfits(catalogue, policy, currency), *faults])
    refuse(files[1], _unknown_offers(policy, catalogue))
    return Rulebook(
        name=f"{policy.version}-{catalogue.version}-{_digest(catalogue, policy)}",
        currency=catalogue.currency,
        offers=tuple(_bound(offer, policy, compiled) for offer in catalogue.offers),
        policy=policy,
        window_days=max(
            policy.cool_off.offer_days, policy.cool_off.kind_days, *(cap.days for cap in policy.caps)
        ),
    )


def _compiled(
    catalogue: Catalogue, attributes: Mapping[str, Attribute]
) -> tuple[dict[str, Condition], Sequence[str]]:
    """Every rule of the catalogue by its text, and what is wrong with the others."""
    compiled: dict[str, Condition] = {}
    faults = []
    for offer in catalogue.offers:
        for text in (*offer.must, *offer.relevant, *offer.good):
            try:
                compiled[text] = compiled.get(text) or parse(text, attributes)
            except InputError as fault:
                faults.append(f'offer "{offer.id}": {fault}')
    return compiled, faults


def _misfits(catalogue: Catalogue, policy: Policy, currency: str) -> Iterator[str]:
    if currency and catalogue.currency != currency:
        yield f"its amounts are in {catalogue.currency}, those of the store in {currency}"
    for offer in catalogue.offers:
        for channel in offer.channels:
            if channel not in policy.channels:
                yield f'offer "{offer.id}": "{channel}" is no channel{nearest(channel, policy.channels)}'
        if _lever(offer, policy) < 0:
            yield f'offer "{offer.id}": its lever and that of its kind sum to less than -100 percent'


def _unknown_offers(policy: Policy, catalogue: Catalogue) -> list[str]:
    ids = [offer.id for offer in catalogue.offers]
    named = ((number, cap.name) for number, cap in enumerate(policy.caps, start=1) if cap.per == "offer")
    return [
        f'cap {number}: "{name}" is no offer{nearest(name, ids)}'
        for number, name in named
        if name is not None and name not in ids
    ]


def _bound(offer: Offer, policy: Policy, compiled: Mapping[str, Condition]) -> BoundOffer:
    must, relevant, good = (
        tuple(compiled[text] for text in tier) for tier in (offer.must, offer.relevant, offer.good)
    )
    costs = {
        name: policy.channels[name].cost if offer.cost is None else offer.cost for name in offer.channels
    }
    return BoundOffer(offer, must, relevant, good, costs, _lever(offer, policy))


def _lever(offer: Offer, policy: Policy) -> float:
    return 1 + (policy.levers.of(offer.kind) + offer.lever) / 100


def _digest(catalogue: Catalogue, policy: Policy) -> str:
    content = [part.model_dump(mode="json") for part in (catalogue, policy)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_NAME_DIGITS]
