"""The models of a release joined with a store and rules: the one set that answers, and is swapped as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from features.errors import InputError
from features.store import OnlineStore
from serving.bundles.answers import Bundles
from serving.churn.answers import Churn
from serving.cross_sell.answers import Offers
from serving.decision.rulebook import Rulebook, Rules
from serving.freshness import is_stale
from serving.live.models import Models
from serving.release import ModelName
from serving.schemas import MAX_REASONS
from serving.scoring.artifact import ModelError


class Served:
    """What answers together: a part for each model of the release that fits the store.

    A part is None when the release has no such model, or when it does not fit: then `unfit` says why. So is the
    rulebook without rules, or when they speak of what the store does not know: then `unbound` says why.
    """

    def __init__(
        self,
        models: Models,
        store: OnlineStore,
        stale_after: timedelta | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.models = models
        self.store = store
        self.rules = rules
        self.rulebook: Rulebook | None = None
        self.unbound: str | None = None
        self.unfit: dict[ModelName, str] = {}
        self.churn: Churn | None = None
        self.offers: Offers | None = None
        self.bundles: Bundles | None = None
        self._stale_after = stale_after
        if models.churn is not None:
            with self._noting("churn"):
                self.churn = Churn(*models.churn, store, stale_after)
        if models.cross_sell is not None:
            with self._noting("cross_sell"):
                self.offers = Offers(*models.cross_sell, store, stale_after)
        if models.bundles is not None:
            self.bundles = Bundles(*models.bundles, store, stale_after)
        if rules is not None:
            self._bind(rules)

    @property
    def versions(self) -> dict[str, str]:
        """The models that answer, each with its version."""
        return {m.name: m.version for m in self.models.release.models if m.name not in self.unfit}

    @property
    def release(self) -> dict[str, str]:
        """What a next best offer names: the release and each model that answers, with its version."""
        return {"release": self.models.release.version, **self.versions}

    @property
    def whole(self) -> bool:
        """Whether every model of the release answers, and next best offers have rules."""
        return self.rulebook is not None and not self.unfit

    @property
    def stale(self) -> bool:
        """Whether the store's moment of knowledge is older than allowed."""
        return is_stale(self.store.info.as_of, self._stale_after)

    @property
    def faults(self) -> list[str]:
        """Why parts of it do not answer."""
        return [*self.unfit.values(), *([self.unbound] if self.unbound else [])]

    def may_replace(self, older: "Served | None") -> bool:
        """Whether this set answers at all, and silences nothing that answers now unless the release drops it."""
        if older is None or not self.versions:
            return bool(self.versions)
        decides = self.rulebook is not None or older.rulebook is None
        return decides and older.versions.keys().isdisjoint(self.unfit)

    def warm_up(self) -> None:
        """Let each part answer once, about the first customer of the store.

        Raises `StoreError` when the store cannot be read.
        """
        first = next(self.store.ids(), None)
        if first is None:  # everybody was erased
            return
        if self.churn is not None:
            self.churn.answer(first, MAX_REASONS)
        if self.offers is not None:
            self.offers.answer(first, "all", 1)
        if self.bundles is not None:
            self.bundles.answer([], first, 1)

    def _bind(self, rules: Rules) -> None:
        try:
            self.rulebook = rules.bound(self.store.info)
        except InputError as fault:
            self.unbound = str(fault)

    @contextmanager
    def _noting(self, name: ModelName) -> Iterator[None]:
        try:
            yield
        except ModelError as fault:
            self.unfit[name] = str(fault)
