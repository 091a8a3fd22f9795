"""Whether a release would answer from the store that is published, before it goes live."""

from contextlib import closing, suppress

from features.errors import InputError
from features.store import OnlineStore, SqliteStore, StoreError
from serving.live.models import Models, load_kept, load_live
from serving.live.served import Served
from serving.settings import Settings


def misfit(settings: Settings, models: Models) -> str | None:
    """Why the running service would refuse a release for its store; None when it would not.

    It refuses what answers with nothing, and what silences a model or the rules that answer now: the first release
    of a dataset may have rules that are not written for it yet. None as well where there is no store: then it
    cannot be told. Files of rules are proven by the service.
    """
    if not settings.store.is_file():
        return None
    try:
        with closing(SqliteStore(settings.store)) as store:
            served = _served(settings, models, store)
            answers = _answering(settings)
            fits = served.may_replace(None if answers is None else _served(settings, answers, store))
    except StoreError as fault:
        return str(fault)
    if fits:
        return None
    return (
        f"it does not fit the store {settings.store}: {'; '.join(served.faults)}; publish the store first, or "
        "release models and rules that go with it"
    )


def _answering(settings: Settings) -> Models | None:
    """What answers now: the live release, or the one before it where that cannot be loaded."""
    for load in (load_live, load_kept):
        with suppress(InputError, OSError):
            return load(settings.release)
    return None


def _served(settings: Settings, models: Models, store: OnlineStore) -> Served:
    return Served(models, store, rules=models.rules if settings.rule_files is None else None)
