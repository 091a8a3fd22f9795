"""The calls of the service: parse, ask, format. All behaviour lives in `serving.churn` and `serving.live`."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.convertors import Convertor, register_url_convertor

from serving.churn.answers import Churn
from serving.churn.schemas import ChurnAnswer, ChurnBatch, ChurnBatchAnswer, ChurnQuery
from serving.live import Live
from serving.problems import NotReady, ProblemDocument, UnknownCustomer
from serving.schemas import CustomerId, Health, ReleaseAnswer

CHUNK = 25
"""Customers of a batch between two looks at other requests: some 10 ms with reasons."""

FAULTS = {
    400: "The body cannot be read.",
    404: "No customer has this id.",
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


async def _ready(live: Annotated[Live, Depends(_live)]) -> Churn:
    if live.churn is None:
        raise NotReady(live.fault or "the service is starting")
    return live.churn


LiveNow = Annotated[Live, Depends(_live)]
Ready = Annotated[Churn, Depends(_ready)]


async def churn_of_customer(
    customer_id: Annotated[CustomerId, Path(examples=["1"])],
    query: Annotated[ChurnQuery, Query()],
    churn: Ready,
) -> ChurnAnswer:
    """Probability that one customer churns, with the reasons in words.

    Percent-encode the id; a slash in it is fine. Whom the churn definition does not cover is `lapsed`.
    """
    answer = churn.answer(customer_id, query.reasons)
    if answer is None:
        raise UnknownCustomer
    return answer


async def churn_of_batch(batch: ChurnBatch, churn: Ready) -> ChurnBatchAnswer:
    """The same for up to 1,000 customers, all from one release; unknown ids are listed apart."""
    answer = ChurnBatchAnswer(results=[], unknown=[])
    for start in range(0, len(batch.customer_ids), CHUNK):
        results, unknown = churn.answers(batch.customer_ids[start : start + CHUNK], batch.reasons)
        answer.results.extend(results)
        answer.unknown.extend(unknown)
        await asyncio.sleep(0)
    return answer


async def release(churn: Ready, live: LiveNow) -> ReleaseAnswer:
    """Which model and data answer right now, and whether something newer was refused."""
    description, info = churn.model.description, churn.store.info
    return ReleaseAnswer(
        model=churn.served_model,
        run_id=churn.release.run_id,
        alias=churn.release.alias,
        pulled_at=churn.release.pulled_at,
        fingerprint=info.fingerprint,
        labelled_through=description.labelled_through,
        population=description.population,
        definition=description.definition,
        as_of=info.as_of,
        published_at=info.published_at,
        customers=info.customers,
        stale=churn.stale,
        fault=live.fault,
    )


async def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


async def ready(_: Ready) -> Health:
    """A verified model and the store that it fits are loaded."""
    return Health(status="ready")


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
    calls.add_api_route("/v1/release", release, tags=["operations"], **_documented(ReleaseAnswer, 503))
    calls.add_api_route("/livez", alive, tags=["operations"], **_documented(Health))
    calls.add_api_route("/readyz", ready, tags=["operations"], **_documented(Health, 503))
    return calls


def _documented(answer: type, *faults: int) -> dict[str, Any]:
    problems = {
        status: {"model": ProblemDocument, "description": FAULTS[status]} for status in (*faults, 500)
    }
    return {"response_model": answer, "responses": problems}
