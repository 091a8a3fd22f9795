"""What the calls about consent and erasure take and give."""

from pydantic import ConfigDict, Field

from serving.ledger import KeptTotal
from serving.next_best_offer.schemas import Channel, Name
from serving.schemas import Answer, ConsentAnswer, Moment, Request, ServedModel


class ConsentPut(Request):
    """What a customer said."""

    model_config = ConfigDict(strict=True)

    channel: Channel
    purpose: Name = Field(default="marketing", description="What for.")
    granted: bool = Field(description="False takes it back.")
    at: Moment | None = Field(default=None, description="When they said so, now when not given.")


class ConsentsAnswer(Answer):
    """All that the customer said to this service; what the data brought is in `GET /v1/customers/{id}`."""

    customer_id: str
    consents: list[ConsentAnswer] = Field(description="By channel and purpose, the newest of each.")


class ErasureAnswer(Answer):
    """What was removed of a customer and what is kept."""

    customer_id: str
    store: dict[str, int] = Field(description="Rows that were removed from the published store, by table.")
    ledger: dict[str, int] = Field(description="Rows that were removed from the ledger, by table.")
    kept: list[KeptTotal] = Field(
        description="Kept: what was added to the sums over all who were erased; `offer_id` null is *no offer*."
    )
    overwritten: bool = Field(
        description="False while a reader of the ledger keeps the removed rows legible in its journal: delete "
        "again later, or wait for the next start."
    )
    remembered: str = Field(description="Kept: what of the id, and for what.")
    models: list[ServedModel] = Field(
        description="Until they are trained again on data without the customer, these hold what they learned from "
        "everybody in the data, this customer included."
    )
