"""Whom officers write to about a case, the authorities' contact points, and restricted cases opened in an emergency."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for name, length in (("manager", 128), ("responsible_individual", 128), ("email", 254), ("postal", 512)):
        op.add_column("services", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    for name in ("printed_at", "arrived_at"):
        op.add_column("letters", sa.Column(name, Moment))
    op.create_table(
        "authorities",
        sa.Column("authority", sa.String(64), primary_key=True),
        sa.Column("office", sa.String(255), nullable=False),
        sa.Column("hours", sa.String(128), nullable=False),
        sa.Column("telephone", sa.String(32), nullable=False),
        sa.Column("out_of_hours_telephone", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("sample", sa.Boolean, nullable=False),
        sa.Column("imported_at", Moment, nullable=False),
    )
    op.create_table(
        "approaches",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started_by", sa.String(254), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("letter_id", BigId, sa.ForeignKey("letters.id")),
        sa.Column("sent_by", sa.String(254)),
        sa.Column("sent_at", Moment),
        sa.Column("due_at", Moment),
        sa.Column("chase_at", Moment),
        sa.Column("answered_at", Moment),
        sa.Column("answered_by", sa.String(254)),
        sa.Column("sealed_draft", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_approaches_case_id", "approaches", ["case_id"])
    op.create_index("ix_approaches_letter_id", "approaches", ["letter_id"])
    op.create_index("ix_approaches_state", "approaches", ["state", "chase_at"])
    op.create_table(
        "calls",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("approach_id", BigId, sa.ForeignKey("approaches.id"), nullable=False),
        sa.Column("called_by", sa.String(254), nullable=False),
        sa.Column("called_at", Moment, nullable=False),
        sa.Column("sealed_call", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_calls_approach_id", "calls", ["approach_id"])
    op.create_table(
        "openings",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("opened_by", sa.String(254), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.Column("told_at", Moment),
    )
    op.create_index("ix_openings_case_id", "openings", ["case_id"])
