"""The tables of the ledger; docs/ledger.md says what each one is for, `migrations` makes them.

Moments are whole microseconds since 1970 in UTC: exact, and the same in every database.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Whole ones since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(since: int) -> datetime:
    """That of so many microseconds since 1970. Raises `OverflowError` for what is none."""
    return _EPOCH + since * _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the same in every database
        """Whole microseconds since 1970."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the same in every database
        """The moment again."""
        return None if value is None else moment(value)


metadata = MetaData()

identity = Table(
    "identity",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("secret_hash", Text, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("control", Boolean, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("margin", Double, nullable=False),
    Column("trace", LargeBinary, nullable=False),
    Column("asked_by", Text, nullable=False, server_default=""),
    Column("seal", LargeBinary),
    Index("decisions_by_customer", "customer_id", "decided_at"),
)

answers = Table(
    "answers",
    metadata,
    Column("decision_id", Text, ForeignKey("decisions.decision_id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("offer_id", Text),
    Column("kind", Text),
    Column("given", Boolean, nullable=False),
    Column("cost", Double, nullable=False),
    Column("discount", Double, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("decision_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Double),
    Column("at", Moment, nullable=False),
    Column("counts", Boolean, nullable=False),
    ForeignKeyConstraint(["decision_id", "place"], ["answers.decision_id", "answers.place"]),
    Index("outcomes_by_answer", "decision_id", "place"),
    Index(
        "outcomes_once",
        "decision_id",
        "place",
        "kind",
        unique=True,
        sqlite_where=text("counts AND kind IN ('impression', 'accept', 'reject')"),
        postgresql_where=text("counts AND kind IN ('impression', 'accept', 'reject')"),
    ),
    Index(
        "rejections",
        "customer_id",
        "at",
        sqlite_where=text("kind = 'reject'"),
        postgresql_where=text("kind = 'reject'"),
    ),
)

of_answer = (answers.c.decision_id == outcomes.c.decision_id) & (answers.c.place == outcomes.c.place)
"""Joins outcomes to the answer that each speaks of."""

used = Table(
    "used",
    metadata,
    Column("offer_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("times", Integer, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("offer_id", Text, primary_key=True),
    Column("money", Double, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("granted", Boolean, nullable=False),
)

erasures = Table(
    "erasures",
    metadata,
    Column("customer_hash", Text, primary_key=True),
    Column("at", Moment, nullable=False),
)

kept_counts = Table(
    "kept_counts",
    metadata,
    Column("offer_id", Text, primary_key=True),  # "" is no offer: a key holds no null
    Column("channel", Text, primary_key=True),
    Column("control", Boolean, primary_key=True),
    Column("decisions", BigInteger, nullable=False),
    Column("contacts", BigInteger, nullable=False),
    Column("impressions", BigInteger, nullable=False),
    Column("accepts", BigInteger, nullable=False),
    Column("rejects", BigInteger, nullable=False),
    Column("redeems", BigInteger, nullable=False),
    Column("purchases", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("cost", Double, nullable=False),
)
