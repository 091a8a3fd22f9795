"""Decisions for many customers at once: the same as single ones, recorded, and written as a decision log."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from features.errors import InputError
from features.store import OnlineStore
from serving.decision.rulebook import Rulebook, read_rules
from serving.decision.trace import Decision
from serving.ids import MAX_ID, is_customer_id
from serving.ledger import Erased, Ledger, open_ledger, read_secret
from serving.live.models import load_live
from serving.live.served import Served
from serving.live.store import load_store
from serving.next_best_offer.asking import Asked, Asking
from serving.next_best_offer.deciding import CHUNK, Decider
from serving.next_best_offer.fact_source import FactSource
from serving.offline.decision_log import decision_log
from serving.offline.progress import Advance
from serving.settings import Settings

HEADER = (1, "customer_id")
BATCH = "batch"
"""Who asks, where no key does."""
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
TOMORROW = timedelta(days=1)


@dataclass(frozen=True)
class Decided:
    """Decisions as they are made, chunk by chunk, and about how many customers they will be.

    Who is erased meanwhile is left out. So is who has a row of the store, or a decision, that cannot be read: why
    is in `left_out`, once the chunks have come. Their iterator raises `StoreError` and `LedgerError` for what is
    everybody's fault, and whatever else kept somebody from a decision.
    """

    chunks: Iterator[list[Decision]]
    customers: int
    left_out: Sequence[InputError] = ()


@dataclass(frozen=True)
class Campaign:
    """What a batch needs: who decides, the store with everybody, and the question about each."""

    decider: Decider
    store: OnlineStore
    asking: Asking

    def decide(self, customer_ids: Iterable[str], at: datetime, customers: int) -> Decided:
        """The recorded decisions of so many customers in their order, made as they are asked for; `at` is UTC."""
        left_out: list[InputError] = []
        return Decided(self._chunks(iter(customer_ids), at, left_out), customers, left_out)

    def _chunks(
        self, ids: Iterator[str], at: datetime, left_out: list[InputError]
    ) -> Iterator[list[Decision]]:
        while chunk := list(islice(ids, CHUNK)):
            decided = self.decider.decided([Asked(one, self.asking, at, BATCH) for one in chunk])
            for one in decided:
                if isinstance(one, InputError) and not isinstance(one, Erased):
                    left_out.append(one)
                elif isinstance(one, Exception) and not isinstance(one, Erased):
                    raise one
            yield [one for one in decided if isinstance(one, Decision)]


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
            yield campaign.decide(campaign.store.ids(), at, campaign.store.info.customers)
        else:
            ids = read_ids(customers)
            yield campaign.decide(ids, at, len(ids))


def prepare(settings: Settings, asking: Asking, store: OnlineStore, ledger: Ledger) -> Campaign:
    """Models, store, rules and ledger, joined for one question. Raises `InputError` for what cannot be used."""
    served, rulebook = ready(settings, store)
    rulebook.policy.require_channel(asking.channel)
    return Campaign(Decider(FactSource(served), rulebook, ledger), store, asking)


def ready(settings: Settings, store: OnlineStore) -> tuple[Served, Rulebook]:
    """The live release joined with a store, and its rules or those of the files that were given.

    Raises `InputError` unless every part of it fits.
    """
    models, files = load_live(settings.release), settings.rule_files
    served = Served(models, store, rules=read_rules(*files) if files else models.rules)
    if served.faults or served.rulebook is None:
        raise InputError("; ".join(served.faults) or "the release has no rules")
    return served, served.rulebook


def write(decided: Decided, out: Path, advance: Advance) -> int:
    """Write the decisions as they are made; how many they were. After a failure the older file stands."""
    count = 0
    with decision_log(out) as log:
        for decisions in decided.chunks:
            log.write_all(decisions)
            count += len(decisions)
            advance(len(decisions), decided.customers)
    return count


def read_ids(path: Path) -> list[str]:
    """The ids of a file with one in each line, each once, in its order; a first line `customer_id` is a header.

    Raises `InputError` without any, and for a line that can be nobody's id.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            f"cannot read {path}: give a file in UTF-8 with one customer id in each line"
        ) from fault
    ids = {line: number for number, line in enumerate(lines, start=1) if line and (number, line) != HEADER}
    for line, number in ids.items():
        if not is_customer_id(line):
            raise InputError(
                f"line {number} of {path} is no customer id: one has 1 to {MAX_ID} characters, none for control"
            )
    if not ids:
        raise InputError(f"{path} has no customer id: write one in each line")
    return list(ids)


def require_moment(at: datetime, now: datetime) -> None:
    """Refuse a clock that is wrong: contacts of a later moment would count until then. Raises `InputError`."""
    if not FIRST <= at <= now + TOMORROW:
        raise InputError(f"{at:%Y-%m-%d %H:%M} is no moment to decide at: give one between 1970 and tomorrow")
