"""Figures that were published stay as they were."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")

COUNTED = "whistleblowing, child_at_risk, systemic_failure, quality_of_care, regulatory_breach, service_type"


def upgrade() -> None:
    """What officers said last is the first of what is kept each time: earlier answers were not."""
    op.add_column("cases", sa.Column("second_service_type", sa.String(32), nullable=False, server_default="none"))
    op.create_table(
        "confirmations",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("whistleblowing", sa.String(32), nullable=False),
        sa.Column("child_at_risk", sa.Boolean, nullable=False),
        sa.Column("systemic_failure", sa.Boolean, nullable=False),
        sa.Column("quality_of_care", sa.Boolean, nullable=False),
        sa.Column("regulatory_breach", sa.Boolean, nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("second_service_type", sa.String(32), nullable=False),
    )
    op.create_index("ix_confirmations_case_id", "confirmations", ["case_id"])
    op.execute(
        f"INSERT INTO confirmations (case_id, at, {COUNTED}, second_service_type) "  # noqa: S608  column names alone
        f"SELECT case_id, answered_at, {COUNTED}, 'none' FROM answers"
    )
    op.create_table(
        "published_reports",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("year", sa.String(7), nullable=False, unique=True),
        sa.Column("as_at", Moment, nullable=False),
        sa.Column("published_at", Moment, nullable=False),
        sa.Column("published_by", sa.String(254), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
    )
