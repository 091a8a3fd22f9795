"""How the ledger's tables came to be, one file a change; a ledger is brought up to date when it is opened."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_ALONE = threading.Lock()  # Alembic's `context` and `op` belong to the whole process


def upgrade(connection: Connection) -> None:
    """Apply what is missing, inside the connection's transaction.

    Raises `alembic.util.CommandError` for a ledger that a newer version of this program has changed.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with _ALONE:
        command.upgrade(config, "head")
