"""What no decision ever does, in 100,000 of them; and what an offer's value and levers mean."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from math import isclose
from random import Random
from typing import get_args
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.decision.catalogue import Offer
from serving.decision.decide import decide
from serving.decision.ends import End
from serving.decision.facts import Contact
from serving.decision.policy import Cap, Policy
from serving.decision.trace import Decision, Priced, Reason, Stage
from tests.properties.campaigns import (
    RULES,
    TIERS,
    Content,
    Diary,
    Moment,
    any_offers,
    any_policy,
    bound,
    campaign,
    offer,
)
from tests.properties.futures import SLOW
from tests.properties.plainly import reached

EXAMPLES, DECISIONS = 100, 1_000
BERLIN = ZoneInfo("Europe/Berlin")

seeds = st.integers(0, 2**32 - 1)


@settings(SLOW, max_examples=EXAMPLES)
@given(seed=seeds)
def test_no_answer_breaks_what_it_must_keep(seed: int) -> None:
    random = Random(seed)
    rules = bound(any_offers(random), any_policy(random))
    offers = {made.offer.id: made.offer for made in rules.offers}
    diary = Diary()
    for number, moment in enumerate(campaign(rules, random, DECISIONS, diary)):
        adds_up(moment.decision, offers, moment.question.limit)
        for priced in _answer(moment.decision):
            allowed(moment, offers[priced.offer_id or ""], priced, diary)
        within_caps(moment, rules.policy.caps, diary)
        rested(moment, rules.policy, diary)
        if number % 10 == 0:
            assert decide(moment.question, moment.facts, moment.history, rules) == moment.decision


def test_campaigns_come_to_every_stage_and_reason() -> None:
    """The property would hold for decisions that never give anything."""
    stages, reasons, limits = set(), set(), set()
    for seed in range(30):
        random = Random(seed)
        rules = bound(any_offers(random), any_policy(random))
        for moment in campaign(rules, random, 100, Diary()):
            stages |= {one.stage for one in moment.decision.ended}
            reasons.add(moment.decision.reason)
            limits |= {one.rule.split()[0] for one in moment.decision.ended if one.stage == "contact_policy"}
    assert stages == set(get_args(Stage))
    assert reasons == set(get_args(Reason))
    assert limits == {"at", "budget", "cool-off", "per_day", "quiet"}


@settings(SLOW, max_examples=40)
@given(seed=seeds)
def test_doubling_a_value_never_lowers_a_rank(seed: int) -> None:
    random = Random(seed)
    offers, policy = any_offers(random), any_policy(random)
    number = random.randrange(len(offers))
    doubled = [_doubled(one) if place == number else one for place, one in enumerate(offers)]
    rules, more = bound(offers, policy), bound(doubled, policy)
    for moment in campaign(rules, random, 50, Diary()):
        after = decide(moment.question, moment.facts, moment.history, more)
        before, now = _ranks(moment.decision), _ranks(after)
        assert before.keys() == now.keys()
        name = offers[number]["id"]
        assert name not in before or now[name] <= before[name]


@settings(SLOW, max_examples=40)
@given(seed=seeds, percent=st.sampled_from([25.0, -40.0, 7.3]))
def test_neutral_levers_change_nothing(seed: int, percent: float) -> None:
    """Without levers, and with an offer's lever that takes back its kind's."""
    random = Random(seed)
    offers, policy = [{**one, "lever": 0.0} for one in any_offers(random)], any_policy(random)
    plain = bound([{key: one[key] for key in one if key != "lever"} for one in offers], policy)
    kinds = dict.fromkeys(("retention", "cross_sell", "bundle", "loyalty"), percent)
    cancelled = bound([{**one, "lever": -percent} for one in offers], {**policy, "levers": kinds})
    for moment in campaign(plain, random, 50, Diary()):
        for rules in (bound(offers, policy), cancelled):
            decision = decide(moment.question, moment.facts, moment.history, rules)
            assert replace(decision, rulebook="") == replace(moment.decision, rulebook="")


@settings(SLOW, max_examples=30)
@given(seed=seeds)
def test_offers_that_are_asked_together_are_each_asked_alone(seed: int) -> None:
    """A catalogue of many rules about many items; in another order of the catalogue nothing else is decided."""
    random = Random(seed)
    offers, policy = [_choosy(offer(random, number), random) for number in range(25)], any_policy(random)
    rules = bound(offers, policy)
    shuffled = bound(random.sample(offers, len(offers)), policy)
    for moment in campaign(rules, random, 40, Diary()):
        decision = moment.decision
        together = _ends(decision)
        together |= {one.offer_id: one._replace(selection_probability=0.0) for one in decision.priced}
        alone: dict[str | None, End | Priced] = {None: together[None]}
        alone |= {one.offer.id: reached(one, moment, rules.policy) for one in rules.offers}
        assert together == alone
        again = decide(moment.question, moment.facts, moment.history, shuffled)
        assert _ends(again) == _ends(decision)
        assert replace(again, rulebook="", ended=()) == replace(decision, rulebook="", ended=())


def _choosy(offer: Content, random: Random) -> Content:
    """An offer with more rules, half of them about its item."""
    of_item = ["item in [CHEESE, WINE]", "item_probability < 0.3", "item != PASTA or item_probability > 0.4"]
    rules = [*sorted(RULES), *of_item]
    return {**offer, **{tier: random.sample(rules, random.choice([0, 1, 2])) for tier in TIERS}}


def _ends(decision: Decision) -> dict[str | None, End | Priced]:
    """Where each candidate ended."""
    return {name: (one.stage, one.rule, one.value) for one in decision.ended for name in one.offer_ids}


def _doubled(offer: Content) -> Content:
    name = "margin" if "margin" in offer else "value"
    return {**offer, name: 2 * offer[name]} if name in offer else offer


def _ranks(decision: Decision) -> dict[str | None, int]:
    return {one.offer_id: place for place, one in enumerate(decision.priced)}


def _answer(decision: Decision) -> tuple[Priced, ...]:
    """What was given, or would have been: the control group's offers keep every rule too."""
    return decision.given or decision.withheld


def adds_up(decision: Decision, offers: Iterable[str], limit: int) -> None:
    """Every candidate ends once, in a stage that agrees with what the decision says of it."""
    ended = {offer_id: one.stage for one in decision.ended for offer_id in one.offer_ids}
    assert len(ended) == sum(len(one.offer_ids) for one in decision.ended)
    assert ended.keys() == {None, *offers}
    arbitrated = {name for name, stage in ended.items() if stage in {"arbitrate", "control_group", "answer"}}
    assert arbitrated == {one.offer_id for one in decision.priced}
    withheld = {name for name, stage in ended.items() if stage == "control_group"}
    assert withheld == {one.offer_id for one in decision.withheld}
    answered = {name for name, stage in ended.items() if stage == "answer"}
    assert answered == ({one.offer_id for one in decision.given} or {None})
    items = [one.item for one in _answer(decision) if one.item is not None]
    assert len(items) == len(set(items))
    assert len(_answer(decision)) <= limit
    assert not (decision.given if decision.group == "control" else decision.withheld)
    assert isclose(sum(one.selection_probability for one in decision.priced), 1)
    assert 0 < decision.selection_probability <= 1


def allowed(moment: Moment, offer: Offer, priced: Priced, diary: Diary) -> None:
    """The offer lives here and now, every rule holds, nobody is woken up, and its limits are kept."""
    question, day = moment.question, moment.question.at.date()
    assert question.channel in offer.channels
    assert offer.valid_from is None or offer.valid_from <= day
    assert offer.valid_to is None or offer.valid_to >= day
    for rule in (*offer.must, *offer.relevant, *offer.good):
        assert RULES[rule](moment, priced), rule
    assert question.channel != "email" or "email" in moment.agreed
    assert offer.per_day is None or diary.used[day][offer.id] + 1 <= offer.per_day
    assert offer.budget is None or diary.spent[offer.id] + priced.reserved <= offer.budget
    assert isclose(priced.priority, _formula(priced), abs_tol=1e-9)


def _formula(priced: Priced) -> float:
    """docs/decision.md, once more."""
    known = {one.name: one.value for one in priced.factors}
    if priced.kind == "retention":
        saved = known["churn"] * known["stake"] * known["save_rate"] * known["lever"]
        return saved - known["redemption"] * known["discount"] - known["cost"]
    accept = min(1, known["probability"] * known["context"])
    brought = known["incremental"] * known["value"] * known["lever"]
    return accept * (brought - known["discount"]) - known["cost"]


def within_caps(moment: Moment, caps: Iterable[Cap], diary: Diary) -> None:
    """With this answer no window that ends now holds more contacts than its cap."""
    question = moment.question
    new = [
        Contact(one.offer_id or "", one.kind or "loyalty", question.channel, question.at)
        for one in _answer(moment.decision)
    ]
    every = [*diary.contacts[question.customer_id], *new]
    for cap in caps if new else ():
        since = question.at - timedelta(days=cap.days)
        window = [_counted(cap, one) for one in every if one.at > since]
        for counted in {_counted(cap, one) for one in new}:
            assert cap.name not in {None, counted} or window.count(counted) <= cap.contacts


def _counted(cap: Cap, contact: Contact) -> str:
    match cap.per:
        case "offer":
            return contact.offer_id
        case "kind":
            return contact.kind
        case "channel":
            return contact.channel
        case _:
            return "everything"


def rested(moment: Moment, policy: Policy, diary: Diary) -> None:
    """Nothing comes back too early after it was turned down, and nobody is spoken to in quiet hours."""
    at, quiet = moment.question.at, policy.channels[moment.question.channel]
    now = at.astimezone(BERLIN).strftime("%H:%M")
    for one in _answer(moment.decision):
        for rejection in diary.rejections[moment.question.customer_id]:
            days = (at - rejection.at) / timedelta(days=1)
            assert rejection.offer_id != one.offer_id or days >= policy.cool_off.offer_days
            assert rejection.kind != one.kind or days >= policy.cool_off.kind_days
        if quiet.quiet_from and quiet.quiet_to:
            first, last = f"{quiet.quiet_from:%H:%M}", f"{quiet.quiet_to:%H:%M}"
            assert (last <= now < first) if first > last else not first <= now < last
