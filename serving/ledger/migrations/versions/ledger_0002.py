"""Who asked for a decision, and a seal over it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Decisions from before have neither: nobody is named, and nothing is sealed."""
    op.add_column("decisions", sa.Column("asked_by", sa.Text, nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("seal", sa.LargeBinary))
