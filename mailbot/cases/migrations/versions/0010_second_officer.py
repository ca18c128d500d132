"""What a second officer decides, what was answered before the machine's answer was shown, owners and outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("asked_by", sa.String(254), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("why", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(254)),
        sa.Column("decided_at", Moment),
        sa.Column("sealed_decision", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_approvals_case_id", "approvals", ["case_id"])
    op.create_table(
        "first_answers",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("answered_at", Moment, nullable=False),
        sa.Column("answered_by", sa.String(254), nullable=False),
        sa.Column("danger", sa.Boolean, nullable=False),
        sa.Column("child_at_risk", sa.Boolean),
    )
