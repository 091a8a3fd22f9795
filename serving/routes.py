"""The calls of the service: parse, ask, format. All behaviour lives in the models' packages and `serving.live`."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.convertors import Convertor, register_url_convertor

from serving.bundles.answers import Bundles
from serving.bundles.schemas import Basket, BundlesAnswer, BundlesQuery
from serving.churn.answers import Churn
from serving.churn.schemas import ChurnAnswer, ChurnBatch, ChurnBatchAnswer, ChurnQuery
from serving.cross_sell.answers import Offers
from serving.cross_sell.schemas import OffersAnswer, OffersQuery
from serving.live import Live
from serving.problems import NotReady, ProblemDocument, UnknownCustomer, UnknownItem
from serving.schemas import CustomerId, Health, ItemId, Readiness, ReleaseAnswer
from serving.served import Served

CHUNK = 25
"""Customers of a batch between two looks at other requests: some 10 ms with reasons."""

FAULTS = {
    400: "The body cannot be read.",
    404: "Nobody, or no item, has this id.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    422: "A part of the request breaks a rule.",
    500: "The service failed; the header x-request-id names the line in its log.",
    503: "Not ready; the detail says what to run.",
}


class AnyText(Convertor[str]):
    """The rest of a path, slashes and line breaks included: which ids are legal is for the schema to say."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """The text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """The text as it is."""
        return value


async def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


async def _served(live: Annotated[Live, Depends(_live)]) -> Served:
    if live.served is None:
        raise NotReady(live.fault or "the service is starting")
    return live.served


async def _churn(served: Annotated[Served, Depends(_served)]) -> Churn:
    if served.churn is None:
        raise NotReady(served.why_not("churn"))
    return served.churn


async def _offers(served: Annotated[Served, Depends(_served)]) -> Offers:
    if served.offers is None:
        raise NotReady(served.why_not("cross_sell"))
    return served.offers


async def _bundles(served: Annotated[Served, Depends(_served)]) -> Bundles:
    if served.bundles is None:
        raise NotReady(served.why_not("bundles"))
    return served.bundles


LiveNow = Annotated[Live, Depends(_live)]
ServedNow = Annotated[Served, Depends(_served)]
ChurnNow = Annotated[Churn, Depends(_churn)]
OffersNow = Annotated[Offers, Depends(_offers)]
BundlesNow = Annotated[Bundles, Depends(_bundles)]


async def churn_of_customer(
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[ChurnQuery, Query()],
    churn: ChurnNow,
) -> ChurnAnswer:
    """Probability that one customer churns, with the reasons in words.

    Percent-encode the id; a slash in it is fine. Whom the churn definition does not cover is `lapsed`.
    """
    answer = churn.answer(customer_id, query.reasons)
    if answer is None:
        raise UnknownCustomer
    return answer


async def churn_of_batch(batch: ChurnBatch, churn: ChurnNow) -> ChurnBatchAnswer:
    """The same for up to 1,000 customers, all from one release; unknown ids are listed apart."""
    answer = ChurnBatchAnswer(results=[], unknown=[])
    for start in range(0, len(batch.customer_ids), CHUNK):
        results, unknown = churn.answers(batch.customer_ids[start : start + CHUNK], batch.reasons)
        answer.results.extend(results)
        answer.unknown.extend(unknown)
        await asyncio.sleep(0)
    return answer


async def offers_of_customer(
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[OffersQuery, Query()],
    offers: OffersNow,
) -> OffersAnswer:
    """What to offer one customer: the most probable items first, with the reasons in words.

    Percent-encode the id; a slash in it is fine. A customer without a history, unknown ones included, is
    `cold` and gets the popular items.
    """
    return offers.answer(customer_id, query.kind, query.limit)


async def bundles_of_basket(basket: Basket, bundles: BundlesNow) -> BundlesAnswer:
    """What to add to a basket: the best items first, each with the statistics of the rule that speaks for it.

    Never what is in the basket, never what replaces it. Unknown items are ignored and listed; when none is
    known, an empty basket included, the best items to begin with come, flagged as `starter`.
    """
    return bundles.answer(basket.basket, basket.customer_id, basket.limit)


async def bundles_of_item(
    item_id: Annotated[ItemId, Path(examples=["PASTA"])],
    query: Annotated[BundlesQuery, Query()],
    bundles: BundlesNow,
) -> BundlesAnswer:
    """What goes with one item, beyond chance and beyond promotions: only suggestions of significant evidence.

    Percent-encode the id; a slash in it is fine.
    """
    answer = bundles.of_item(item_id, query.limit)
    if answer is None:
        raise UnknownItem
    return answer


async def release(served: ServedNow, live: LiveNow) -> ReleaseAnswer:
    """Which models and data answer right now, and whether something newer was refused."""
    return served.release_answer(live.fault)


async def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


async def ready(served: ServedNow) -> Readiness:
    """At least one verified model answers from a store that it fits."""
    return Readiness(status="degraded" if served.unfit else "ready")


def router() -> APIRouter:
    """All calls with their documented answers."""
    register_url_convertor("any", AnyText())
    calls = APIRouter()
    one = "/v1/customers/{customer_id:any}/churn"
    calls.add_api_route(one, churn_of_customer, tags=["churn"], **_documented(ChurnAnswer, 404, 422, 503))
    calls.add_api_route(
        "/v1/churn:batch",
        churn_of_batch,
        methods=["POST"],
        tags=["churn"],
        **_documented(ChurnBatchAnswer, 400, 408, 413, 422, 503),
    )
    offers = "/v1/customers/{customer_id:any}/offers"
    calls.add_api_route(
        offers, offers_of_customer, tags=["cross-sell"], **_documented(OffersAnswer, 422, 503)
    )
    calls.add_api_route(
        "/v1/bundles",
        bundles_of_basket,
        methods=["POST"],
        tags=["bundles"],
        **_documented(BundlesAnswer, 400, 408, 413, 422, 503),
    )
    item = "/v1/items/{item_id:any}/bundles"
    calls.add_api_route(item, bundles_of_item, tags=["bundles"], **_documented(BundlesAnswer, 404, 422, 503))
    calls.add_api_route("/v1/release", release, tags=["operations"], **_documented(ReleaseAnswer, 503))
    calls.add_api_route("/livez", alive, tags=["operations"], **_documented(Health))
    calls.add_api_route("/readyz", ready, tags=["operations"], **_documented(Readiness, 503))
    return calls


def _documented(answer: type, *faults: int) -> dict[str, Any]:
    problems = {
        status: {"model": ProblemDocument, "description": FAULTS[status]} for status in (*faults, 500)
    }
    return {"response_model": answer, "responses": problems}
