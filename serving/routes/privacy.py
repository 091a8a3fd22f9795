"""The calls of what customers agreed to, and of forgetting them."""

from typing import Annotated

from fastapi import APIRouter, Path

from serving.privacy.answers import erase, put_consent
from serving.privacy.schemas import ConsentPut, ConsentsAnswer, ErasureAnswer
from serving.routes.channels import require_channel, require_purpose
from serving.routes.incoming import Incoming
from serving.routes.moments import past
from serving.routes.paths import OF_BODIES, NoQuery, WholeId, documented
from serving.schemas import CustomerId


async def consent_of_customer(
    incoming: Incoming,
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    _: NoQuery,
    said: ConsentPut,
) -> ConsentsAnswer:
    """What a customer agrees to, or no longer, for one channel and purpose; the newest statement holds.

    Of two statements of one moment the refusal holds. It decides from the next decision on.
    """
    ledger, runtime, rulebook = incoming.ledger, incoming.runtime, incoming.live.rulebook
    at = past(said.at, runtime.clock())
    if rulebook is not None:
        require_channel(said.channel, rulebook.policy, "body.channel")
        require_purpose(said.purpose, said.channel, rulebook.policy, "body.purpose")
    return await runtime.writings.run(put_consent, ledger, customer_id, said, at)


async def erasure_of_customer(
    incoming: Incoming, customer_id: Annotated[CustomerId, Path(examples=["1"])], _: NoQuery
) -> ErasureAnswer:
    """Forget a customer: what was removed, and what is kept without a name.

    Percent-encode the id, a slash in it too. Takes as long as writing the store. Unknown ids are remembered as
    well, so that no later publish brings them.
    """
    runtime, served = incoming.runtime, incoming.live.served
    at = runtime.clock()
    return await runtime.erasures.run(erase, incoming.ledger, incoming.watch, served, customer_id, at)


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    answered = documented(ConsentsAnswer, *OF_BODIES, needs="write")
    consents = "/v1/customers/{customer_id:any}/consents"
    calls.add_api_route(consents, consent_of_customer, methods=["PUT"], tags=["customers"], **answered)
    calls.add_api_route(
        "/v1/customers/{customer_id:any}",
        erasure_of_customer,
        methods=["DELETE"],
        tags=["customers"],
        route_class_override=WholeId,
        **documented(ErasureAnswer, 422, 503, needs="admin"),
    )
