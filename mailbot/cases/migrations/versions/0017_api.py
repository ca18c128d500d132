"""Tokens for other systems, and what they are told."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    by_provider = sa.Column("by_provider", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("staff", by_provider)
    op.add_column("staff", sa.Column("subject_digest", sa.String(64)))
    op.create_index("ix_staff_subject_digest", "staff", ["subject_digest"], unique=True)
    op.create_table(
        "api_tokens",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_by", sa.String(254), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.Column("confirmed_by", sa.String(254)),
        sa.Column("revoked_at", Moment),
        sa.Column("minute_at", Moment),
        sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("events", sa.String(255), nullable=False),
        sa.Column("made_by", sa.String(254), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("read_through", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("subscription_id", BigId, sa.ForeignKey("subscriptions.id"), nullable=False),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("happened_at", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("settled_at", Moment),
        sa.Column("problem", sa.String(255)),
    )
    op.create_index("ix_deliveries_subscription_id", "deliveries", ["subscription_id"])
    op.create_index("ix_deliveries_case_id", "deliveries", ["case_id"])
    op.create_index("ix_deliveries_state", "deliveries", ["state", "next_at"])
