"""What is served right now becomes an answer. No HTTP here."""

from features.store import OnlineStore
from serving.bundles.artifact import Description as BundlesText
from serving.churn.artifact import Description as ChurnText
from serving.cross_sell.artifact import Description as CrossSellText
from serving.live.schemas import CandidatesAnswer, HabitsAnswer, ModelAnswer, ReleaseAnswer, StoreAnswer
from serving.live.served import Served
from serving.release import ReleasedModel


def release_answer(served: Served, fault: str | None) -> ReleaseAnswer:
    """What answers, with the reason why something else is not served."""
    models, store = served.models, served.store
    release, churn = models.release, models.churn
    every = churn, models.cross_sell, models.bundles
    return ReleaseAnswer(
        version=release.version,
        replaces=release.pulled.replaces,
        models=[_model_answer(served, pair[0], pair[1].description) for pair in every if pair is not None],
        alias=release.pulled.alias,
        pulled_at=release.pulled.pulled_at,
        definition=churn and churn[1].description.definition,
        store=_store_answer(store),
        rules="release" if served.rules is models.rules else "files",
        rulebook=served.rulebook and served.rulebook.name,
        stale=served.stale,
        fault=fault,
    )


def _model_answer(
    served: Served, released: ReleasedModel, description: ChurnText | CrossSellText | BundlesText
) -> ModelAnswer:
    return ModelAnswer(
        name=released.name,
        version=released.version,
        release=released.release,
        run_id=released.run_id,
        labelled_through=description.labelled_through,
        population=description.population,
        answers=released.name in served.versions,
    )


def _store_answer(store: OnlineStore) -> StoreAnswer:
    info, held = store.info, store.info.candidates
    candidates = held and CandidatesAnswer(
        fingerprint=held.fingerprint,
        item_level=held.item_level,
        horizon_days=held.horizon_days,
        new_after_days=held.new_after_days,
        items=len(store.items),
        customers=held.customers,
    )
    habits = info.bundles and HabitsAnswer(
        item_level=info.bundles.item_level, items=len(store.habit_items), customers=info.bundles.customers
    )
    return StoreAnswer(
        fingerprint=info.fingerprint,
        as_of=info.as_of,
        published_at=info.published_at,
        customers=info.customers,
        candidates=candidates,
        habits=habits,
    )
