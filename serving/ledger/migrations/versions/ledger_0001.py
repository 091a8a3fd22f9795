"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Everything a ledger began with."""
    _decisions()
    _counters()
    _people()


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("control", sa.Boolean, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("margin", sa.Double, nullable=False),
        sa.Column("trace", sa.LargeBinary, nullable=False),
    )
    op.create_index("decisions_by_customer", "decisions", ["customer_id", "decided_at"])
    op.create_table(
        "answers",
        sa.Column("decision_id", sa.Text, sa.ForeignKey("decisions.decision_id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("offer_id", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("discount", sa.Double, nullable=False),
    )
    _outcomes()


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["decision_id", "place"], ["answers.decision_id", "answers.place"]),
    )
    once = sa.text("counts AND kind IN ('impression', 'accept', 'reject')")
    rejected = sa.text("kind = 'reject'")
    op.create_index("outcomes_by_answer", "outcomes", ["decision_id", "place"])
    op.create_index(
        "outcomes_once",
        "outcomes",
        ["decision_id", "place", "kind"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )
    op.create_index(
        "rejections", "outcomes", ["customer_id", "at"], sqlite_where=rejected, postgresql_where=rejected
    )


def _counters() -> None:
    op.create_table(
        "used",
        sa.Column("offer_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "spent",
        sa.Column("offer_id", sa.Text, primary_key=True),
        sa.Column("money", sa.Double, nullable=False),
    )
    names = "decisions", "contacts", "impressions", "accepts", "rejects", "redeems", "purchases"
    op.create_table(
        "kept_counts",
        sa.Column("offer_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("control", sa.Boolean, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in names),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("cost", sa.Double, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "identity",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("customer_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("granted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("customer_hash", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
