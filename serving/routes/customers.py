"""The calls about one customer: parse, ask, format."""

from typing import Annotated

from fastapi import APIRouter, Path

from serving.customers.answers import customer_answer
from serving.customers.schemas import CustomerAnswer
from serving.problems import UnknownCustomer
from serving.routes.answering import DeskNow, LiveNow, ServedNow
from serving.routes.paths import documented
from serving.schemas import CustomerId


async def customer(
    customer_id: Annotated[CustomerId, Path(examples=["1"])], served: ServedNow, live: LiveNow, desk: DeskNow
) -> CustomerAnswer:
    """What is known of one customer: segments, churn, purchases and consents.

    Percent-encode the id; a slash in it is fine. Where no ledger is open, consents are the published ones.
    """
    said = {} if live.ledger is None else await desk.run(live.ledger.consents, customer_id)
    answer = customer_answer(served, customer_id, said)
    if answer is None:
        raise UnknownCustomer
    return answer


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router, after those whose path goes on behind the id: an id may hold slashes."""
    calls.add_api_route(
        "/v1/customers/{customer_id:any}",
        customer,
        tags=["customers"],
        **documented(CustomerAnswer, 404, 422, 503),
    )
