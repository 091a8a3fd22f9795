"""Whether a release would answer whole from the store that is published, before it goes live."""

from contextlib import closing

from features.store import SqliteStore, StoreError
from serving.models import Models
from serving.served import Served
from serving.settings import Settings


def misfit(settings: Settings, models: Models) -> str | None:
    """Why the service would not answer with all of a release from its store; None when it would.

    None as well where there is no store yet: then it cannot be told. Files of rules are proven by the service.
    """
    if not settings.store.is_file():
        return None
    rules = models.rules if settings.rule_files is None else None
    try:
        with closing(SqliteStore(settings.store)) as store:
            faults = Served(models, store, rules=rules).faults
    except StoreError as fault:
        return str(fault)
    if not faults:
        return None
    return (
        f"it does not fit the store {settings.store}: {'; '.join(faults)}; publish the store first, or release "
        "models and rules that go with it"
    )
