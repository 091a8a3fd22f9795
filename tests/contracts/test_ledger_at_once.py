"""Random campaigns whose questions are asked at once keep every rule, consent, cap and limit, as one by one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest

from serving.decision.decide import decide
from serving.decision.facts import History
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion
from serving.next_best_offer.deciding import limits_of
from tests.entries import enter
from tests.properties.campaigns import Diary, Moment, any_offers, any_policy, bound, campaign
from tests.properties.test_decisions import adds_up, allowed, within_caps

QUESTIONS, THREADS = 200, 16


@pytest.mark.parametrize("seed", range(3))
def test_a_campaign_asked_at_once_breaks_nothing(seed: int, ledger: Ledger) -> None:
    random = Random(seed)
    rules = bound(any_offers(random), any_policy(random))
    limits = limits_of(rules)
    asked = list(campaign(rules, random, QUESTIONS, Diary()))

    def decided(moment: Moment) -> Decision:
        def one(history: History) -> Decision:
            return decide(moment.question, moment.facts, history, rules)

        return enter(ledger, Occasion(moment.question, one), limits, days=rules.window_days)

    with ThreadPoolExecutor(THREADS) as threads:
        decisions = list(threads.map(decided, random.sample(asked, len(asked)) + asked))
    by_id = {one.decision_id: one for one in decisions}
    assert all(by_id[one.decision_id] == one for one in decisions)  # a repeat is the same decision
    assert sum(len(one.given) for one in by_id.values()) > 0

    offers, diary = {made.offer.id: made.offer for made in rules.offers}, Diary()
    for moment in sorted(asked, key=lambda one: one.question.at):
        before = moment.facts.consents.get(("email", "marketing"))
        agreed = frozenset({"email"} if before is not None and before.granted else ())
        decision = by_id[moment.question.decision_id]
        found = replace(moment, history=History(), decision=decision, agreed=agreed)
        adds_up(decision, offers, moment.question.limit)
        for priced in decision.given:
            allowed(found, offers[priced.offer_id or ""], priced, diary)
        within_caps(found, rules.policy.caps, diary)
        diary.keep(decision)
