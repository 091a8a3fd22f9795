"""The calls about one customer: parse, ask, format."""

from typing import Annotated

from fastapi import APIRouter, Path

from serving.customers.answers import Consents, customer_answer
from serving.customers.schemas import CustomerAnswer
from serving.ledger import Ledger, LedgerError
from serving.problems import UnknownCustomer
from serving.routes.incoming import Incoming
from serving.routes.paths import NoQuery, WholeId, documented
from serving.runtime import Runtime
from serving.schemas import CustomerId
from serving.telemetry import logs


async def customer(
    incoming: Incoming, customer_id: Annotated[CustomerId, Path(examples=["1"])], _: NoQuery
) -> CustomerAnswer:
    """What is known of one customer: segments, churn, purchases and consents.

    Percent-encode the id, a slash in it too. Where the ledger cannot be asked, consents are the published ones.
    """
    served = incoming.served
    said = await _said(incoming.live.ledger, incoming.runtime, customer_id)
    answer = customer_answer(served, customer_id, said)
    if answer is None:
        raise UnknownCustomer
    return answer


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    calls.add_api_route(
        "/v1/customers/{customer_id:any}",
        customer,
        tags=["customers"],
        route_class_override=WholeId,
        **documented(CustomerAnswer, 404, 422, 503, needs="read"),
    )


async def _said(ledger: Ledger | None, runtime: Runtime, customer_id: str) -> Consents:
    """What the customer said to the service; nothing where it cannot be known, which spoils no answer."""
    if ledger is None:
        return {}
    try:
        return await runtime.readings.run(ledger.consents, customer_id)
    except LedgerError as fault:
        logs.fault("consents-unknown", reason=str(fault))
        return {}
