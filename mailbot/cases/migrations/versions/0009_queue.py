"""When a case is due and was first seen, who looks at it, saved views and hand-over notes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LONG_AGO = "1970-01-01 00:00:00.000000"
QUEUE_INDEX = [
    *("state", "priority", "due_at", "received_at", "id", "restricted", "reference", "seen_at", "see_by"),
    *("mailbox", "kind", "remit", "service_type", "local_authority", "urn", "assigned_to", "language", "look_first"),
    *("immediate_risk", "adult_in_danger", "child_at_risk", "systemic_failure"),
    *("quality_of_care", "regulatory_breach"),
]
UNSEEN_INDEX = [
    *("seen_at", "state", "see_by", "restricted", "reference"),
    *("kind", "look_first", "immediate_risk", "adult_in_danger"),
]


def upgrade() -> None:
    for name in ("waits_since", "due_at", "see_by"):
        op.add_column("cases", sa.Column(name, Moment, nullable=False, server_default=LONG_AGO))
    op.add_column("cases", sa.Column("seen_at", Moment))
    op.execute(
        "UPDATE cases SET waits_since = received_at, due_at = received_at, see_by = received_at, seen_at = "
        "(SELECT min(at) FROM audit WHERE audit.reference = cases.reference AND audit.act = 'read case')"
    )
    op.drop_index("ix_cases_queue", "cases")
    op.create_index("ix_cases_queue", "cases", QUEUE_INDEX)
    op.create_index("ix_cases_unseen", "cases", UNSEEN_INDEX)
    op.create_index("ix_second_looks_answered_at", "second_looks", ["answered_at"])
    op.create_table(
        "looking",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("officer", sa.String(254), primary_key=True),
        sa.Column("at", Moment, nullable=False),
    )
    op.create_table(
        "views",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("officer", sa.String(254), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.UniqueConstraint("officer", "name", name="uq_views_officer_name"),
    )
    op.create_table(
        "handovers",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("restricted", sa.Boolean, nullable=False),
        sa.Column("written_by", sa.String(254), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("sealed_note", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_handovers_written_at", "handovers", ["written_at"])
    op.create_table(
        "handovers_read",
        sa.Column("handover_id", BigId, sa.ForeignKey("handovers.id"), primary_key=True),
        sa.Column("officer", sa.String(254), primary_key=True),
        sa.Column("read_at", Moment, nullable=False),
    )
