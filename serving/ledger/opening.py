"""How a ledger is opened: brought up to date by who writes, left as it is by who reads."""

import hashlib

from alembic.util import CommandError
from sqlalchemy import Connection, insert, select

from serving.ledger.database import Database
from serving.ledger.faults import LedgerError
from serving.ledger.ledger import Ledger
from serving.ledger.migrations import is_current, upgrade
from serving.ledger.secret import keyed_hash
from serving.ledger.tables import identity
from serving.telemetry import logs


def open_ledger(url: str, secret: bytes, *, reading: bool = False) -> Ledger:
    """The ledger at a database URL, its tables made or brought up to date; many processes may do so at once.

    Nothing is written to one that is up to date: it opens on a disk that takes no writes as well. With `reading`
    nothing is ever changed, and the ledger has to be there and up to date. Raises `LedgerError` when the database
    cannot be used, belongs to another secret, or was changed by a newer version of this program.
    """
    database = Database(url, reading=reading)
    try:
        unsealed = _opened(database, secret, reading=reading)
    except Exception as fault:
        database.close()
        if isinstance(fault, CommandError):
            raise LedgerError(f"the ledger is of a newer version: update this program ({fault})") from fault
        raise
    return Ledger(database, secret, may_hold_unsealed=unsealed)


def _opened(database: Database, secret: bytes, *, reading: bool) -> bool:
    """Whether the up-to-date ledger began before decisions were sealed."""
    with database.reading() as connection:
        found = _recognised(connection, secret) if is_current(connection) else None
    if reading and found is None:
        raise LedgerError(
            "the ledger is of an older version: start the service, which brings it up to date, then read it"
        )
    if found is None:
        with database.writing(["migrations"]) as connection:
            upgrade(connection)
            found = _recognised(connection, secret)
            if found is None:
                connection.execute(insert(identity).values(place=1, secret_hash=_identities(secret)[1]))
        if found is None:
            logs.event("ledger-begun", ledger=database.address)
    if not reading:
        database.flush()
    return bool(found)


def _recognised(connection: Connection, secret: bytes) -> bool | None:
    """Whether it began before decisions were sealed; None for a ledger that has no identity yet.

    A ledger belongs to the secret that it began with: under another one every id and hash would be new.
    """
    found = connection.execute(select(identity.c.secret_hash)).scalar_one_or_none()
    if found not in (None, *_identities(secret)):
        raise LedgerError("the ledger belongs to another secret: bring back the file at SERVING_SECRET_FILE")
    return None if found is None else found == _identities(secret)[0]


def _identities(secret: bytes) -> tuple[str, str]:
    """Of a ledger that began before decisions were sealed, and of one without any that is not.

    Who has not the secret cannot make one of the other.
    """
    return hashlib.sha256(secret).hexdigest(), keyed_hash(secret, "ledger", "sealed")
