"""A customer id becomes an explained churn answer. No HTTP here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from pydantic import ValidationError

from features.store import OnlineStore
from features.wording import say
from serving.churn.artifact import Definition
from serving.churn.model import ChurnModel
from serving.churn.schemas import ChurnAnswer, Reason
from serving.churn.sentences import Sentences
from serving.freshness import is_stale
from serving.release import ReleasedModel
from serving.schemas import ServedModel
from serving.scoring.arrays import Floats
from serving.scoring.artifact import FeatureWords, ModelError


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
        customer = self.store.get(customer_id)
        if customer is None:
            return None
        if not customer.in_population:
            return self._answer(customer_id, None, [])
        row = customer.features[np.newaxis]
        probability = self.model.probabilities(row).item()
        return self._answer(customer_id, probability, self._reasons(row, reasons) if reasons else [])

    def answers(self, customer_ids: Sequence[str], reasons: int) -> tuple[list[ChurnAnswer], list[str]]:
        """The known customers in the order asked, and the unknown ids; raises as `answer` does.

        One by one: trees take as long for many rows together as for each alone.
        """
        asked = [(customer_id, self.answer(customer_id, reasons)) for customer_id in customer_ids]
        unknown = [customer_id for customer_id, answer in asked if answer is None]
        return [answer for _, answer in asked if answer is not None], unknown

    def _answer(self, customer_id: str, probability: float | None, reasons: list[Reason]) -> ChurnAnswer:
        sentences = self._sentences
        return ChurnAnswer(
            customer_id=customer_id,
            status="lapsed" if probability is None else "active",
            probability=probability,
            band=None if probability is None else self.model.band(probability),
            summary=sentences.summary(probability),
            horizon_days=self.model.description.horizon_days,
            definition=sentences.meaning,
            as_of=self.store.info.as_of,
            reasons=reasons,
            model=self.served_model,
            stale=self.stale,
        )

    def _reasons(self, row: Floats, count: int) -> list[Reason]:
        """The largest of one row, shape (1, k)."""
        [shares], [values] = self.model.contributions(row).of_features, row
        largest = np.argsort(-np.abs(shares), kind="stable")[:count]
        features = self.model.features
        return [self._reason(features[i], values[i].item(), shares[i].item()) for i in largest if shares[i]]

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
