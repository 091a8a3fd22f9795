"""What today's rules and models would have decided on a past snapshot: the same code, recorded nowhere."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from features.errors import InputError
from features.store import SqliteStore, StoreInfo
from serving.decision.facts import History
from serving.decision.policy import Policy
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion, open_ledger, read_secret, sqlite_file
from serving.next_best_offer.asking import Asked, Asking
from serving.next_best_offer.deciding import Decider
from serving.offline.batch import Decided, prepare
from serving.settings import Settings


@contextmanager
def replay(settings: Settings, asking: Asking, as_of: datetime, past: str | None) -> Iterator[Decided]:
    """Decisions about all customers of a store as of `as_of` (UTC), at the next noon of the policy's clock.

    Volumes, budgets and contacts begin anew in a ledger that is thrown away. With `past`, the URL of a ledger,
    each customer has had the contacts, rejections and consents that it knows of before `as_of`. Who was erased, as
    that ledger and the settings' own know, is left out; the store stays as it is. The ids of the decisions are
    those of the real ledger, so that both can be compared. Raises `InputError` for whatever cannot be used, a
    store of another moment included.
    """
    secret = read_secret(settings.secret_file)
    with ExitStack() as open_files:
        folder = open_files.enter_context(tempfile.TemporaryDirectory())
        fresh = open_files.enter_context(closing(open_ledger(f"sqlite:///{folder}/ledger.sqlite", secret)))
        known, erasures = _ledgers(open_files, settings, past, secret)
        store = open_files.enter_context(closing(SqliteStore(settings.store)))
        _require_moment(store.info, as_of, settings.store)
        campaign = prepare(settings, asking, store, fresh)
        if known is not None:
            campaign = replace(campaign, decider=_Remembering(campaign.decider, fresh, known, as_of))
        erased = {one for ledger in erasures for one in ledger.erased(store.ids())}
        ids = (customer_id for customer_id in store.ids() if customer_id not in erased)
        at = noon_after(as_of, campaign.decider.rulebook.policy)
        yield campaign.decide(ids, at, store.info.customers - len(erased))


def noon_after(moment: datetime, policy: Policy) -> datetime:
    """The first noon of the policy's clock from a moment on, UTC; on the same day, where that begins in UTC."""
    zone = policy.clock.zone
    day = moment.astimezone(zone).date()
    noons = (datetime.combine(day + timedelta(days=days), time(12), zone).astimezone(UTC) for days in (0, 1))
    return next(noon for noon in noons if noon >= moment)


class _Remembering(Decider):
    """Decides with what was said to a customer, and by them, before a moment."""

    def __init__(self, decider: Decider, ledger: Ledger, past: Ledger, before: datetime) -> None:
        super().__init__(decider.source, decider.rulebook, ledger)
        self._past = past
        self._before = before

    def read(self, asked: Sequence[Asked]) -> list[Decision | Occasion]:
        """As without a past."""
        return [self._remembering(one) if isinstance(one, Occasion) else one for one in super().read(asked)]

    def _remembering(self, occasion: Occasion) -> Occasion:
        def decide(history: History) -> Decision:
            customer_id, days = occasion.question.customer_id, self.rulebook.window_days
            return occasion.decide(_joined(self._past.history(customer_id, self._before, days), history))

        return replace(occasion, decide=decide)


def _ledgers(
    open_files: ExitStack, settings: Settings, past: str | None, secret: bytes
) -> tuple[Ledger | None, list[Ledger]]:
    """That of the past, and all that know who was erased."""
    file = sqlite_file(settings.ledger)
    urls = [settings.ledger] if file is None or file.exists() else []
    urls += [] if past is None else [past]
    ledgers = [open_files.enter_context(closing(open_ledger(url, secret, reading=True))) for url in urls]
    return (None if past is None else ledgers[-1]), ledgers


def _require_moment(info: StoreInfo, as_of: datetime, path: Path) -> None:
    if info.as_of != as_of:
        raise InputError(
            f"the store {path} knows customers as of {info.as_of:%Y-%m-%d}, not {as_of:%Y-%m-%d}: publish one "
            f"with python -m features publish --as-of {as_of:%Y-%m-%d} --store FILE and give it here"
        )


def _joined(before: History, history: History) -> History:
    """Both; what is left of the offers is that of the replay."""
    return replace(
        history,
        contacts=before.contacts + history.contacts,
        rejections=before.rejections + history.rejections,
        consents=before.consents,
    )
