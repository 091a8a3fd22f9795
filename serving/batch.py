"""Decisions for many customers at once: the same as single ones, recorded, and written as a decision log."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from features.errors import InputError
from features.store import OnlineStore
from serving.decision.rulebook import read_rulebook
from serving.decision.trace import Decision
from serving.decision_log import DecisionLog
from serving.ledger import Ledger, Occasion, open_ledger, read_secret
from serving.live import load_store
from serving.models import load_live
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.deciding import CHUNK, Decider
from serving.next_best_offer.facts import FactSource
from serving.progress import Advance
from serving.served import Served
from serving.settings import Settings


@dataclass(frozen=True)
class Campaign:
    """What a batch needs: who decides, the store with everybody, and the question about each."""

    decider: Decider
    store: OnlineStore
    asking: Asking

    def decide(
        self,
        customer_ids: Iterable[str],
        at: datetime,
        prepared: Callable[[Occasion], Occasion] = lambda occasion: occasion,
    ) -> Iterator[list[Decision]]:
        """The recorded decisions of the customers in their order, chunk by chunk; `at` is UTC.

        `prepared` may change each occasion before it is decided. Raises `StoreError` and `LedgerError`.
        """
        ids = iter(customer_ids)
        while chunk := list(islice(ids, CHUNK)):
            occasions = self.decider.occasions(chunk, self.asking, at)
            yield self.decider.settle([prepared(occasion) for occasion in occasions])


@dataclass(frozen=True)
class Decided:
    """Recorded decisions as they are made, chunk by chunk, and about how many customers they will be."""

    chunks: Iterator[list[Decision]]
    customers: int


@contextmanager
def batch(settings: Settings, asking: Asking, customers: Path | None, at: datetime) -> Iterator[Decided]:
    """Decisions about all customers of the store, or those of a file, recorded; `at` is UTC.

    A decision that was made before is the same again, so that a batch which failed can be run again. Raises
    `InputError` for whatever cannot be used, a model that does not fit the store included.
    """
    with closing(open_ledger(settings.ledger, read_secret(settings.secret_file))) as ledger:
        store = load_store(settings.store, ledger)
        campaign = prepare(settings, asking, store, ledger)
        if customers is None:
            yield Decided(campaign.decide(campaign.store.ids(), at), campaign.store.info.customers)
        else:
            ids = read_ids(customers)
            yield Decided(campaign.decide(ids, at), len(ids))


def prepare(settings: Settings, asking: Asking, store: OnlineStore, ledger: Ledger) -> Campaign:
    """Models, store, rules and ledger, joined for one question. Raises `InputError` for what cannot be used."""
    served = Served(load_live(settings.release), store)
    if served.unfit:
        raise InputError("; ".join(served.unfit.values()))
    rulebook = read_rulebook(settings.catalogue, settings.policy, store.info)
    rulebook.policy.require_channel(asking.channel)
    return Campaign(Decider(FactSource(served), rulebook, ledger), store, asking)


def write(decided: Decided, out: Path, advance: Advance) -> int:
    """Write the decisions as they are made; how many they were. After a failure the older file stands."""
    count = 0
    with DecisionLog(out) as log:
        for decisions in decided.chunks:
            log.write_all(decisions)
            count += len(decisions)
            advance(len(decisions), decided.customers)
    return count


def read_ids(path: Path) -> list[str]:
    """The ids of a file with one in each line, each once, in its order. Raises `InputError` without any."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            f"cannot read {path}: give a file in UTF-8 with one customer id in each line"
        ) from fault
    ids = list(dict.fromkeys(line for line in lines if line))
    if not ids:
        raise InputError(f"{path} has no customer id: write one in each line")
    return ids
