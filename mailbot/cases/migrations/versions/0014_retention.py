"""What goes when, what is held, who asked for what, and what was given to courts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("placed_by", sa.String(254), nullable=False),
        sa.Column("placed_at", Moment, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("lifted_by", sa.String(254)),
        sa.Column("lifted_at", Moment),
        sa.Column("sealed_reason", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_holds_case_id", "holds", ["case_id"])
    op.create_table(
        "disposals",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(255), nullable=False),
        sa.Column("proposed_by", sa.String(254), nullable=False),
        sa.Column("proposed_at", Moment, nullable=False),
        sa.Column("confirmed_by", sa.String(254)),
        sa.Column("confirmed_at", Moment),
        sa.Column("carry_out_at", Moment),
        sa.Column("ended_by", sa.String(254)),
        sa.Column("ended_at", Moment),
        sa.Column("ended_because", sa.String(255)),
    )
    op.create_index("ix_disposals_case_id", "disposals", ["case_id"])
    op.create_index("ix_disposals_state", "disposals", ["state", "carry_out_at"])
    op.create_table(
        "removals",
        sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("disposal_id", BigId, sa.ForeignKey("disposals.id"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("settled_at", Moment),
        sa.Column("problem", sa.String(255)),
    )
    op.create_index("ix_removals_disposal_id", "removals", ["disposal_id"])
    op.create_index("ix_removals_state", "removals", ["state"])
    op.create_table(
        "information_requests",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, unique=True),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("extended_by", sa.String(254)),
        sa.Column("extended_at", Moment),
        sa.Column("sealed_extension", sa.LargeBinary),
        sa.Column("answered_by", sa.String(254)),
        sa.Column("answered_at", Moment),
        sa.Column("outcome", sa.String(16)),
    )
    op.create_table(
        "request_cases",
        sa.Column("request_id", BigId, sa.ForeignKey("information_requests.id"), primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("added_by", sa.String(254), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
    )
    op.create_index("ix_request_cases_case_id", "request_cases", ["case_id"])
    op.create_table(
        "court_disclosures",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("forum", sa.String(16), nullable=False),
        sa.Column("included", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.String(254), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("decided_by", sa.String(254)),
        sa.Column("decided_at", Moment),
        sa.Column("made_at", Moment),
        sa.Column("sha256", sa.String(64)),
        sa.Column("sealed_order", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_court_disclosures_case_id", "court_disclosures", ["case_id"])
