"""Telephone calls and letters that officers enter by hand, with what they were told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "entries",
        sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("entered_by", sa.String(254), nullable=False),
        sa.Column("entered_at", Moment, nullable=False),
        sa.Column("sealed_entry", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_entries_case_id", "entries", ["case_id"])
