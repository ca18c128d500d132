"""Alerts that somebody is in danger, and whom they told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("raised_at", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("taken_by", sa.String(254)),
        sa.Column("taken_at", Moment),
        sa.Column("done_at", Moment),
    )
    op.create_index("ix_alerts_case_id", "alerts", ["case_id"])
    op.create_index("ix_alerts_state", "alerts", ["state", "next_at"])
    op.create_table(
        "notices",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("alert_id", BigId, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("problem", sa.String(255)),
    )
    op.create_index("ix_notices_alert_id", "notices", ["alert_id"])
