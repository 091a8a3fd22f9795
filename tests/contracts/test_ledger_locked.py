"""On every database somebody else's lock is waited for up to the deadline; who only reads does not notice it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, event

from serving.ledger import Ledger, LedgerError, TooLate
from tests.entries import enter, giving, outcome, priced, question

CHEESE = priced("cheese", cost=1.0)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else is in the middle of writing."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection, connection.begin() as writing:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE decisions, outcomes, consents IN SHARE MODE")
        yield
        writing.rollback()
    engine.dispose()


def test_nothing_is_promised_and_all_goes_on_afterwards(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = enter(ledger, giving(question(ledger), CHEESE))
    bob, accepted = giving(question(ledger, "bob"), CHEESE), outcome(made.decision_id, "accept")
    with monkeypatch.context() as hurried, locked(url):
        hurried.setattr("serving.ledger.engines.WAIT_SECONDS", 0.1)
        with pytest.raises(TooLate, match="not ready before the deadline: nothing was recorded"):
            ledger.decide_many([bob], {}, days=30, deadline=time.monotonic() + 0.1)
        for refused in (
            lambda: ledger.record_outcome(accepted),
            lambda: ledger.erase("ann", made.decided_at),
        ):
            with pytest.raises(
                LedgerError, match="is locked by somebody else: end what holds it, then try again"
            ):
                refused()
        found = ledger.decision(made.decision_id)
        assert found is not None
        assert found.outcomes == ()
        assert ledger.recorded([made.decision_id]) == {made.decision_id: made}
    assert ledger.record_outcome(accepted)
    assert enter(ledger, bob).customer_id == "bob"
    assert len(list(ledger.logged())) == 2
