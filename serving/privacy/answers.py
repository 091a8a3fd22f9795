"""What was said and what was erased, as answers. No HTTP here."""

from collections.abc import Mapping
from datetime import datetime

from serving.decision.facts import Consent
from serving.ledger import Erasure, Ledger
from serving.live.served import Served
from serving.live.watch import Watch
from serving.privacy.schemas import ConsentPut, ConsentsAnswer, ErasureAnswer
from serving.schemas import ConsentAnswer, ServedModel

REMEMBERED = "a keyed hash of the id, so that a later publish does not bring the customer back"


def put_consent(ledger: Ledger, customer_id: str, said: ConsentPut, at: datetime) -> ConsentsAnswer:
    """Record what a customer said at `at`; all that they said by now. Raises `LedgerError`."""
    ledger.set_consent(customer_id, said.channel, said.purpose, Consent(said.granted, at))
    known = sorted(ledger.consents(customer_id).items())
    return ConsentsAnswer(
        customer_id=customer_id,
        consents=[
            ConsentAnswer(channel=channel, purpose=purpose, granted=one.granted, at=one.at)
            for (channel, purpose), one in known
        ],
    )


def erase(
    ledger: Ledger, watch: Watch, served: Served | None, customer_id: str, now: datetime
) -> ErasureAnswer:
    """Remove a customer from ledger and store; again after a failure in between removes the rest.

    `served` is what answers, whose models were trained on the customer perhaps.

    The ledger goes first: from then on no store that holds the customer is served. Raises `LedgerError`, and
    `StoreError` when the store cannot be written.
    """
    erasure = ledger.erase(customer_id, now)
    return _answer(customer_id, served, erasure, watch.forget(customer_id))


def _answer(
    customer_id: str, served: Served | None, erasure: Erasure, store: Mapping[str, int]
) -> ErasureAnswer:
    models = () if served is None else served.models.release.models
    return ErasureAnswer(
        customer_id=customer_id,
        store=dict(store),
        ledger=dict(erasure.removed),
        kept=list(erasure.kept),
        overwritten=erasure.overwritten,
        remembered=REMEMBERED,
        models=[
            ServedModel(name=model.name, version=model.version, release=model.release) for model in models
        ],
    )
