"""How the ledger's tables came to be, one file a change; a ledger is brought up to date when it is opened."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_ALONE = threading.Lock()  # Alembic's `context` and `op` belong to the whole process


def is_current(connection: Connection) -> bool:
    """Whether nothing is missing; only reads.

    Raises `alembic.util.CommandError` for a ledger that a newer version of this program has changed.
    """
    changes = ScriptDirectory.from_config(config_of(connection))
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None:
        changes.get_revision(found)
    return found == changes.get_current_head()


def upgrade(connection: Connection) -> None:
    """Apply what is missing, inside the connection's transaction. Raises like `is_current`."""
    with _ALONE:
        command.upgrade(config_of(connection), "head")


def config_of(connection: Connection) -> Config:
    """Of Alembic, for the changes of the ledger at the other end of a connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
