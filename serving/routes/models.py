"""The calls of the three models: parse, ask, format."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query

from serving.bundles.schemas import Basket, BundlesAnswer, BundlesQuery
from serving.churn.schemas import ChurnAnswer, ChurnBatch, ChurnBatchAnswer, ChurnQuery
from serving.cross_sell.schemas import OffersAnswer, OffersQuery
from serving.problems import UnknownCustomer, UnknownItem
from serving.routes.incoming import Incoming
from serving.routes.paths import OF_BODIES, NoQuery, documented
from serving.schemas import CustomerId, ItemId

BETWEEN_LOOKS = 25
"""Customers of a batch between two looks at other requests: some 10 ms with reasons."""


async def churn_of_customer(
    incoming: Incoming,
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[ChurnQuery, Query()],
) -> ChurnAnswer:
    """Probability that one customer churns, with the reasons in words.

    Percent-encode the id; a slash in it is fine. Whom the churn definition does not cover is `lapsed`.
    """
    answer = incoming.churn.answer(customer_id, query.reasons)
    if answer is None:
        raise UnknownCustomer
    return answer


async def churn_of_batch(incoming: Incoming, batch: ChurnBatch, _: NoQuery) -> ChurnBatchAnswer:
    """The same for up to 1,000 customers, all from one release; unknown ids are listed apart."""
    churn, answer = incoming.churn, ChurnBatchAnswer(results=[], unknown=[])
    for start in range(0, len(batch.customer_ids), BETWEEN_LOOKS):
        results, unknown = churn.answers(batch.customer_ids[start : start + BETWEEN_LOOKS], batch.reasons)
        answer.results.extend(results)
        answer.unknown.extend(unknown)
        await asyncio.sleep(0)
    return answer


async def offers_of_customer(
    incoming: Incoming,
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[OffersQuery, Query()],
) -> OffersAnswer:
    """What to offer one customer: the most probable items first, with the reasons in words.

    Percent-encode the id; a slash in it is fine. A customer without a history, unknown ones included, is
    `cold` and gets the popular items.
    """
    return incoming.offers.answer(customer_id, query.kind, query.limit)


async def bundles_of_basket(incoming: Incoming, basket: Basket, _: NoQuery) -> BundlesAnswer:
    """What to add to a basket: the best items first, each with the statistics of the rule that speaks for it.

    Never what is in the basket, never what replaces it. Unknown items are ignored and listed; when none is
    known, an empty basket included, the best items to begin with come, flagged as `starter`.
    """
    return incoming.bundles.answer(basket.basket, basket.customer_id, basket.limit)


async def bundles_of_item(
    incoming: Incoming,
    item_id: Annotated[ItemId, Path(examples=["PASTA"])],
    query: Annotated[BundlesQuery, Query()],
) -> BundlesAnswer:
    """What goes with one item, beyond chance and beyond promotions: only suggestions of significant evidence.

    Percent-encode the id; a slash in it is fine.
    """
    answer = incoming.bundles.of_item(item_id, query.limit)
    if answer is None:
        raise UnknownItem
    return answer


def add_to(calls: APIRouter) -> None:
    """Take these calls into a router."""
    calls.add_api_route(
        "/v1/customers/{customer_id:any}/churn",
        churn_of_customer,
        tags=["churn"],
        **documented(ChurnAnswer, 404, 422, 503, needs="read"),
    )
    calls.add_api_route(
        "/v1/churn:batch",
        churn_of_batch,
        methods=["POST"],
        tags=["churn"],
        **documented(ChurnBatchAnswer, *OF_BODIES, needs="read"),
    )
    calls.add_api_route(
        "/v1/customers/{customer_id:any}/offers",
        offers_of_customer,
        tags=["cross-sell"],
        **documented(OffersAnswer, 422, 503, needs="read"),
    )
    calls.add_api_route(
        "/v1/bundles",
        bundles_of_basket,
        methods=["POST"],
        tags=["bundles"],
        **documented(BundlesAnswer, *OF_BODIES, needs="read"),
    )
    calls.add_api_route(
        "/v1/items/{item_id:any}/bundles",
        bundles_of_item,
        tags=["bundles"],
        **documented(BundlesAnswer, 404, 422, 503, needs="read"),
    )
