"""What today's rules and models would have decided on a past snapshot: the same code, recorded nowhere."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from features.errors import InputError
from features.store import SqliteStore, StoreInfo
from serving.batch import Campaign, Decided, prepare
from serving.decision.facts import History
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion, open_ledger, read_secret
from serving.next_best_offer.asking import Asking
from serving.settings import Settings


@contextmanager
def replay(settings: Settings, asking: Asking, as_of: datetime, past: str | None) -> Iterator[Decided]:
    """Decisions about all customers of a store as of `as_of` (UTC), with that moment as the clock.

    Volumes, budgets and contacts begin anew in a ledger that is thrown away. With `past`, the URL of a ledger,
    each customer has had the contacts, rejections and consents that it knows of before `as_of`, and who was erased
    is left out. The store stays as it is. The ids of the decisions are those of the real ledger, so that both can
    be compared.
    Raises `InputError` for whatever cannot be used, a store of another moment included.
    """
    secret = read_secret(settings.secret_file)
    with ExitStack() as open_files:
        folder = open_files.enter_context(tempfile.TemporaryDirectory())
        ledger = open_files.enter_context(closing(open_ledger(f"sqlite:///{folder}/ledger.sqlite", secret)))
        known = None if past is None else open_files.enter_context(closing(open_ledger(past, secret)))
        store = open_files.enter_context(closing(SqliteStore(settings.store)))
        _require_moment(store.info, as_of, settings.store)
        campaign = prepare(settings, asking, store, ledger)
        erased = set() if known is None else known.erased(store.ids())
        ids = (customer_id for customer_id in store.ids() if customer_id not in erased)
        decided = campaign.decide(ids, as_of, _remembering(known, campaign))
        yield Decided(decided, store.info.customers - len(erased))


def _require_moment(info: StoreInfo, as_of: datetime, path: Path) -> None:
    if info.as_of != as_of:
        raise InputError(
            f"the store {path} knows customers as of {info.as_of:%Y-%m-%d}, not {as_of:%Y-%m-%d}: publish one "
            f"with python -m features publish --as-of {as_of:%Y-%m-%d} --store FILE and give it here"
        )


def _remembering(past: Ledger | None, campaign: Campaign) -> Callable[[Occasion], Occasion]:
    """Lets a decision know what was said to the customer, and by them, before its moment."""
    if past is None:
        return lambda occasion: occasion
    days = campaign.decider.rulebook.window_days

    def remembering(occasion: Occasion) -> Occasion:
        def decide(history: History) -> Decision:
            question = occasion.question
            before = past.history(question.customer_id, question.at, days)
            return occasion.decide(_joined(before, history))

        return replace(occasion, decide=decide)

    return remembering


def _joined(before: History, history: History) -> History:
    """Both; what is left of the offers is that of the replay."""
    return replace(
        history,
        contacts=before.contacts + history.contacts,
        rejections=before.rejections + history.rejections,
        consents=before.consents,
    )
