"""The request of a call, and with it what answers right now; what is missing is a problem.

Parts are read from it, and not declared as dependencies: FastAPI takes longer to find one than any to answer.
"""

from functools import lru_cache

from fastapi import Request
from starlette.datastructures import QueryParams

from serving.bundles.answers import Bundles
from serving.churn.answers import Churn
from serving.cross_sell.answers import Offers
from serving.decision.rulebook import Rulebook
from serving.keys.key import Key
from serving.ledger import Ledger
from serving.live.live import Live
from serving.live.served import Served
from serving.live.watch import Watch
from serving.next_best_offer.desk import Desk
from serving.problems import RELEASE_SAYS, WHY, NotReady
from serving.release import ModelName
from serving.runtime import Runtime
from serving.vitals import Vitals

SHORT = 200
"""Bytes of a query that is remembered once it was parsed."""


class Incoming(Request):
    """A request that knows who answers it; a part that is missing raises `NotReady`."""

    @property
    def query_params(self) -> QueryParams:
        """The query; the same few come again and again."""
        query: bytes = self.scope["query_string"]
        return _parsed(query) if len(query) <= SHORT else QueryParams(query)

    @property
    def live(self) -> Live:
        """Whatever is served right now."""
        live: Live = self.app.state.live
        return live

    @property
    def served(self) -> Served:
        """Models, store and rules, which are one set."""
        served = self.live.served
        if served is None:
            raise NotReady(f"Nothing is served yet. {WHY}")
        return served

    @property
    def churn(self) -> Churn:
        """Who is about to leave."""
        served = self.served
        if served.churn is None:
            raise _silent("churn")
        return served.churn

    @property
    def offers(self) -> Offers:
        """What customers would buy."""
        served = self.served
        if served.offers is None:
            raise _silent("cross_sell")
        return served.offers

    @property
    def bundles(self) -> Bundles:
        """What goes with a basket."""
        served = self.served
        if served.bundles is None:
            raise _silent("bundles")
        return served.bundles

    @property
    def rulebook(self) -> Rulebook:
        """What marketers decided."""
        served = self.served
        if served.rulebook is None:
            raise NotReady(f"There are no rules to decide by. {WHY}")
        return served.rulebook

    @property
    def ledger(self) -> Ledger:
        """What remembers."""
        ledger = self.live.ledger
        if ledger is None:
            raise NotReady(f"The ledger cannot be used. {WHY}")
        return ledger

    @property
    def desk(self) -> Desk:
        """Where questions are answered."""
        desk: Desk = self.app.state.desk
        return desk

    @property
    def watch(self) -> Watch:
        """What brings newer data, and removes customers from it."""
        watch: Watch | None = self.app.state.watch
        if watch is None:
            raise NotReady(f"No store is watched, so that nobody can be removed from it. {WHY}")
        return watch

    @property
    def runtime(self) -> Runtime:
        """The clock, and threads to wait in."""
        runtime: Runtime = self.app.state.runtime
        return runtime

    @property
    def vitals(self) -> Vitals:
        """How the service is."""
        vitals: Vitals = self.app.state.vitals
        return vitals

    @property
    def key(self) -> Key:
        """Who asks."""
        key: Key = self.scope["state"]["key"]
        return key


@lru_cache(maxsize=1000)
def _parsed(query: bytes) -> QueryParams:
    return QueryParams(query)


def _silent(name: ModelName) -> NotReady:
    return NotReady(f"The {name} model does not answer. {RELEASE_SAYS}")
