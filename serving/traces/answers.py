"""A recorded decision becomes its trace. No HTTP here."""

from serving.decision.trace import Decision
from serving.ledger import Recorded
from serving.next_best_offer import sentences
from serving.traces.schemas import DecisionAnswer, EndedAnswer, PricedAnswer, RecordedOutcome


def trace_of(recorded: Recorded) -> DecisionAnswer:
    """All of a recorded decision."""
    decision = recorded.decision
    return DecisionAnswer(
        decision_id=decision.decision_id,
        customer_id=decision.customer_id,
        channel=decision.channel,
        placement=decision.placement,
        decided_at=decision.decided_at,
        asked_by=recorded.asked_by,
        as_of=decision.as_of,
        status="known" if decision.known else "unknown",
        group=decision.group,
        explored=decision.explored,
        reason=decision.reason,
        why=sentences.why(decision),
        given=[one.offer_id for one in decision.given if one.offer_id is not None],
        withheld=[one.offer_id for one in decision.withheld if one.offer_id is not None],
        selection_probability=decision.selection_probability,
        currency=decision.currency,
        priced=_priced(decision),
        ended=_ended(decision),
        release=decision.release,
        rulebook=decision.rulebook,
        outcomes=[
            RecordedOutcome(key=one.key, kind=one.kind, offer_id=one.offer_id, value=one.value, at=one.at)
            for one in recorded.outcomes
        ],
        impressions=recorded.impressions,
    )


def _ended(decision: Decision) -> list[EndedAnswer]:
    return [
        EndedAnswer(offer_id=offer_id, stage=one.stage, rule=one.rule, value=one.value)
        for one in decision.ended
        for offer_id in one.offer_ids
    ]


def _priced(decision: Decision) -> list[PricedAnswer]:
    return [
        PricedAnswer(
            offer_id=one.offer_id,
            kind=one.kind,
            item=one.item,
            priority=one.priority,
            reserved=one.reserved,
            factors=[sentences.factor_answer(factor, decision.currency) for factor in one.factors],
            selection_probability=one.selection_probability,
        )
        for one in decision.priced
    ]
