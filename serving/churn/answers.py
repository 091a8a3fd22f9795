"""A customer id becomes an explained churn answer. No HTTP here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from pydantic import ValidationError

from features.store import OnlineStore, StoredCustomer
from features.wording import say
from serving.arrays import Floats
from serving.artifact import FeatureWords, ModelError
from serving.churn.artifact import Definition
from serving.churn.model import ChurnModel
from serving.churn.schemas import ChurnAnswer, Reason
from serving.churn.sentences import Sentences
from serving.freshness import is_stale
from serving.release import ReleasedModel
from serving.schemas import ServedModel


@dataclass(frozen=True)
class _Score:
    probability: float | None
    reasons: list[Reason]


_LAPSED = _Score(None, [])


@dataclass(frozen=True)
class Churn:
    """A model and the store it fits: one consistent set that answers together and is swapped together.

    Raises `ModelError` when both were not made from the same features and the same churn definition.
    """

    released: ReleasedModel
    model: ChurnModel
    store: OnlineStore
    stale_after: timedelta | None = None

    def __post_init__(self) -> None:
        description, info = self.model.description, self.store.info
        same = info.fingerprint == description.fingerprint and list(info.names) == description.features
        if not same or _definition(info.definition) != description.definition:
            raise ModelError(
                f"model {self.released.name} {self.released.version} and the online store were made from "
                "different features or churn definitions: run python -m features publish with the model's "
                "dataset, or train, promote and pull a model for this store"
            )

    @cached_property
    def served_model(self) -> ServedModel:
        """The registered model version that answers."""
        released = self.released
        return ServedModel(name=released.name, version=released.version, release=released.release)

    @cached_property
    def _sentences(self) -> Sentences:
        return Sentences.of(self.model.description.definition, self.store.info.as_of)

    @property
    def stale(self) -> bool:
        """Whether the store's moment of knowledge is older than allowed."""
        return is_stale(self.store.info.as_of, self.stale_after)

    def answer(self, customer_id: str, reasons: int) -> ChurnAnswer | None:
        """One customer's churn with its largest reasons, or None for an unknown id.

        Raises `StoreError` when the store cannot be read.
        """
        answers, _ = self.answers([customer_id], reasons)
        return answers[0] if answers else None

    def answers(self, customer_ids: Sequence[str], reasons: int) -> tuple[list[ChurnAnswer], list[str]]:
        """The known customers in the order asked, and the unknown ids; raises as `answer` does."""
        stored = [(customer_id, self.store.get(customer_id)) for customer_id in customer_ids]
        known = [(customer_id, customer) for customer_id, customer in stored if customer is not None]
        scores = iter(self._scores([customer for _, customer in known if customer.in_population], reasons))
        answers = [
            self._answer(customer_id, next(scores) if customer.in_population else _LAPSED)
            for customer_id, customer in known
        ]
        return answers, [customer_id for customer_id, customer in stored if customer is None]

    def _answer(self, customer_id: str, score: _Score) -> ChurnAnswer:
        sentences = self._sentences
        return ChurnAnswer(
            customer_id=customer_id,
            status="lapsed" if score.probability is None else "active",
            probability=score.probability,
            band=None if score.probability is None else self.model.band(score.probability),
            summary=sentences.summary(score.probability),
            horizon_days=self.model.description.horizon_days,
            definition=sentences.meaning,
            as_of=self.store.info.as_of,
            reasons=score.reasons,
            model=self.served_model,
            stale=self.stale,
        )

    def _scores(self, customers: Sequence[StoredCustomer], reasons: int) -> list[_Score]:
        if not customers:
            return []
        rows = np.stack([customer.features for customer in customers])
        probabilities = self.model.probabilities(rows).tolist()
        if reasons == 0:
            return [_Score(probability, []) for probability in probabilities]
        shares = self.model.contributions(rows).of_features
        return [
            _Score(probability, self._reasons(row, share, reasons))
            for probability, row, share in zip(probabilities, rows, shares, strict=True)
        ]

    def _reasons(self, row: Floats, shares: Floats, count: int) -> list[Reason]:
        largest = np.argsort(-np.abs(shares), kind="stable")[:count]
        features = self.model.features
        return [self._reason(features[i], row[i].item(), shares[i].item()) for i in largest if shares[i] != 0]

    def _reason(self, feature: FeatureWords, value: float, share: float) -> Reason:
        return Reason(
            feature=feature.name,
            value=None if math.isnan(value) else value,
            words=say(feature.words, feature.unit, value, self.model.description.currency, feature.levels),
            direction="raises" if share > 0 else "lowers",
            contribution=share,
        )


def _definition(text: str) -> Definition | None:
    """A store's churn definition, None when it is none that a model could have."""
    try:
        return Definition.model_validate_json(text)
    except ValidationError:
        return None
