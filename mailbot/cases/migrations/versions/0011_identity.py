"""Who wrote is opened on request, for a time."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "identity_requests",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("asked_by", sa.String(254), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by_exception", sa.Boolean, nullable=False),
        sa.Column("task_id", BigId, sa.ForeignKey("tasks.id")),
        sa.Column("decided_by", sa.String(254)),
        sa.Column("decided_at", Moment),
        sa.Column("opened_at", Moment),
        sa.Column("ends_at", Moment),
        sa.Column("sealed_reason", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_identity_requests_case_id", "identity_requests", ["case_id"])
