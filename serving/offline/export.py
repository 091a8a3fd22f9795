"""The decisions of the ledger with what they brought, as a decision log."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from serving.ledger import Unreadable, open_ledger, read_secret
from serving.offline.decision_log import decision_log
from serving.offline.progress import Advance
from serving.settings import Settings


def export(settings: Settings, out: Path, advance: Advance, until: datetime | None = None) -> tuple[int, int]:
    """Write every decision made before `until` (UTC) with its reward so far.

    Returns how many they are, and how many are left out because they cannot be read. Raises `InputError` where the
    ledger does not exist or cannot be used.
    """
    count, unreadable = 0, list[Unreadable]()
    opened = open_ledger(settings.ledger, read_secret(settings.secret_file), reading=True)
    with closing(opened) as ledger, decision_log(out) as log:
        for logged in ledger.logged(until, unreadable.append):
            log.write(logged.decision, logged.reward)
            count += 1
            advance(1, None)
    return count, len(unreadable)
