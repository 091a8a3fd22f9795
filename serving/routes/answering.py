"""What answers right now, for the calls to depend on; what is missing is a problem.

None depends on another one: FastAPI takes longer to ask for a dependency than any of them to answer.
"""

from typing import Annotated

from fastapi import Depends, Request

from serving.bundles.answers import Bundles
from serving.churn.answers import Churn
from serving.cross_sell.answers import Offers
from serving.decision.rulebook import Rulebook
from serving.keys.key import Key
from serving.ledger import Ledger
from serving.live import Live, Watch
from serving.next_best_offer.desk import Desk
from serving.problems import WHY, NotReady
from serving.runtime import Runtime
from serving.served import Served
from serving.vitals import Vitals


def _live_of(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


def _served_of(request: Request) -> Served:
    live = _live_of(request)
    if live.served is None:
        raise NotReady(f"Nothing is served yet. {WHY}")
    return live.served


async def _live(request: Request) -> Live:
    return _live_of(request)


async def _served(request: Request) -> Served:
    return _served_of(request)


async def _churn(request: Request) -> Churn:
    served = _served_of(request)
    if served.churn is None:
        raise NotReady(served.why_not("churn"))
    return served.churn


async def _offers(request: Request) -> Offers:
    served = _served_of(request)
    if served.offers is None:
        raise NotReady(served.why_not("cross_sell"))
    return served.offers


async def _bundles(request: Request) -> Bundles:
    served = _served_of(request)
    if served.bundles is None:
        raise NotReady(served.why_not("bundles"))
    return served.bundles


async def _ledger(request: Request) -> Ledger:
    live = _live_of(request)
    if live.ledger is None:
        raise NotReady(f"The ledger cannot be used. {WHY}")
    return live.ledger


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _watch(request: Request) -> Watch:
    watch: Watch | None = request.app.state.watch
    if watch is None:
        raise NotReady(f"No store is watched, so that nobody can be removed from it. {WHY}")
    return watch


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _vitals(request: Request) -> Vitals:
    vitals: Vitals = request.app.state.vitals
    return vitals


async def _caller(request: Request) -> str:
    key: Key = request.scope["state"]["key"]
    return key.id


async def _rulebook(request: Request) -> Rulebook:
    live, _ = _live_of(request), _served_of(request)
    if live.rulebook is None:
        raise NotReady(f"There are no rules to decide by. {WHY}")
    return live.rulebook


LiveNow = Annotated[Live, Depends(_live)]
ServedNow = Annotated[Served, Depends(_served)]
ChurnNow = Annotated[Churn, Depends(_churn)]
OffersNow = Annotated[Offers, Depends(_offers)]
BundlesNow = Annotated[Bundles, Depends(_bundles)]
WatchNow = Annotated[Watch, Depends(_watch)]
LedgerNow = Annotated[Ledger, Depends(_ledger)]
RuntimeNow = Annotated[Runtime, Depends(_runtime)]
VitalsNow = Annotated[Vitals, Depends(_vitals)]
DeskNow = Annotated[Desk, Depends(_desk)]
CallerNow = Annotated[str, Depends(_caller)]
"""The id of the key that asks."""
RulebookNow = Annotated[Rulebook, Depends(_rulebook)]
