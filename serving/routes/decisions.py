"""The calls of the next best offer: ask, say what became of it, and see how it came about."""

from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from serving.ledger import UnknownDecision
from serving.next_best_offer.schemas import (
    NextBestOfferAnswer,
    NextBestOfferAsked,
    NextBestOfferBatch,
    NextBestOfferBatchAnswer,
    NextBestOfferQuery,
    asking_of,
)
from serving.outcomes.answers import outcome_of
from serving.outcomes.schemas import DecisionId, OutcomeAnswer, OutcomePosted
from serving.routes.channels import require_channel
from serving.routes.incoming import Incoming
from serving.routes.moments import past
from serving.routes.paths import OF_BODIES, NoQuery, documented
from serving.schemas import CustomerId
from serving.traces.answers import trace_of
from serving.traces.schemas import DecisionAnswer

TAGS: list[str | Enum] = ["next best offer"]
DECISION = "$response.body#/decision_id"
LINKS = {
    "outcome": {
        "operationId": "outcome_of_decision",
        "requestBody": {"decision_id": DECISION},
        "description": "Tells what became of it; `key` and `kind` are the caller's to add.",
    },
    "trace": {
        "operationId": "decision",
        "parameters": {"decision_id": DECISION},
        "description": "Asks how it came about.",
    },
}
"""Where the answer of one next best offer leads to."""


async def next_best_offer_of_customer(
    incoming: Incoming,
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[NextBestOfferQuery, Query()],
) -> NextBestOfferAnswer:
    """The one offer to make to a customer, or none, with every factor in money.

    The same customer, channel, placement and day have one decision, however often it is asked for. An unknown
    customer is an answer as well. Past the budget of time the answer is a flagged *no offer* that counts nowhere.
    Percent-encode the id; a slash in it is fine.
    """
    require_channel(query.channel, incoming.rulebook.policy, "query.channel")
    answer = await incoming.desk.answer(customer_id, asking_of(query), incoming.key.id)
    return _noted(incoming, answer)


async def next_best_offer(incoming: Incoming, asked: NextBestOfferAsked, _: NoQuery) -> NextBestOfferAnswer:
    """The same with what the customer is doing: basket, page, location. Another context is another decision."""
    require_channel(asked.channel, incoming.rulebook.policy, "body.channel")
    answer = await incoming.desk.answer(asked.customer_id, asking_of(asked), incoming.key.id)
    return _noted(incoming, answer)


async def next_best_offer_of_batch(
    incoming: Incoming, batch: NextBestOfferBatch, _: NoQuery
) -> NextBestOfferBatchAnswer:
    """The same for up to 1,000 customers, in the order asked; a batch has no budget of time."""
    require_channel(batch.channel, incoming.rulebook.policy, "body.channel")
    results = await incoming.desk.answers(batch.customer_ids, asking_of(batch), incoming.key.id)
    return NextBestOfferBatchAnswer(results=results)


async def outcome_of_decision(incoming: Incoming, posted: OutcomePosted, _: NoQuery) -> OutcomeAnswer:
    """What became of a decision: seen, accepted, rejected, redeemed, bought.

    In any order and however late; posting the same again under its key changes nothing. An impression, an
    acceptance and a rejection count once for each offer of a decision.
    """
    ledger, runtime = incoming.ledger, incoming.runtime
    outcome = outcome_of(posted, past(posted.at, runtime.clock()))
    recorded = await runtime.writings.run(ledger.record_outcome, outcome)
    return OutcomeAnswer(recorded=recorded)


async def decision(
    incoming: Incoming, decision_id: Annotated[DecisionId, Path()], _: NoQuery
) -> DecisionAnswer:
    """How a decision came about, stage by stage: where every candidate ended, by which rule and value."""
    recorded = await incoming.runtime.readings.run(incoming.ledger.decision, decision_id)
    if recorded is None:
        raise UnknownDecision
    return trace_of(recorded)


def _noted(incoming: Incoming, answer: NextBestOfferAnswer) -> NextBestOfferAnswer:
    """The answer, of which the log line of the call will name the decision."""
    incoming.state.decision_id = answer.decision_id
    incoming.state.degraded = answer.degraded
    return answer


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    posted: dict[str, Any] = {"methods": ["POST"], "tags": TAGS}
    calls.add_api_route(
        "/v1/customers/{customer_id:any}/next-best-offer",
        next_best_offer_of_customer,
        tags=TAGS,
        **documented(NextBestOfferAnswer, 422, 503, needs="decide", links=LINKS),
    )
    calls.add_api_route(
        "/v1/next-best-offer",
        next_best_offer,
        **posted,
        **documented(NextBestOfferAnswer, *OF_BODIES, needs="decide", links=LINKS),
    )
    calls.add_api_route(
        "/v1/next-best-offer:batch",
        next_best_offer_of_batch,
        **posted,
        **documented(NextBestOfferBatchAnswer, *OF_BODIES, needs="decide"),
    )
    calls.add_api_route(
        "/v1/outcomes",
        outcome_of_decision,
        **posted,
        **documented(OutcomeAnswer, 404, 409, *OF_BODIES, needs="write"),
    )
    calls.add_api_route(
        "/v1/decisions/{decision_id:any}",
        decision,
        tags=TAGS,
        **documented(DecisionAnswer, 404, 422, 503, needs="read"),
    )
