"""Inspections, what was held for them, and calendars of what is due."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
URN_INDEX = [
    *("urn", "received_at", "kind", "restricted", "reference", "joined_to", "local_authority"),
    *("child_at_risk", "systemic_failure", "quality_of_care", "regulatory_breach"),
]


def upgrade() -> None:
    op.create_index("ix_cases_urn", "cases", URN_INDEX)
    op.create_table(
        "inspections",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("urn", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("number", sa.String(32), unique=True),
        sa.Column("planned_on", sa.Date),
        sa.Column("held_on", sa.Date),
        sa.Column("published_on", sa.Date),
        sa.Column("overall", sa.String(64), nullable=False, server_default=""),
        sa.Column("protection", sa.String(64), nullable=False, server_default=""),
        sa.Column("leadership", sa.String(64), nullable=False, server_default=""),
        sa.Column("written_by", sa.String(254), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
    )
    op.create_index("ix_inspections_urn", "inspections", ["urn", "held_on"])
    op.create_table(
        "retimings",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("inspection_id", BigId, sa.ForeignKey("inspections.id"), nullable=False),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id")),
        sa.Column("was_on", sa.Date),
        sa.Column("now_on", sa.Date, nullable=False),
        sa.Column("changed_by", sa.String(254), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
    )
    op.create_index("ix_retimings_inspection_id", "retimings", ["inspection_id"])
    op.create_index("ix_retimings_case_id", "retimings", ["case_id"])
    op.create_table(
        "held_items",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("action_id", BigId, sa.ForeignKey("actions.id"), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("theme", sa.String(64), nullable=False),
        sa.Column("written_by", sa.String(254), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("sealed_words", sa.LargeBinary, nullable=False),
        sa.Column("inspection_id", BigId, sa.ForeignKey("inspections.id")),
        sa.Column("used_by", sa.String(254)),
        sa.Column("used_at", Moment),
        sa.Column("sealed_found", sa.LargeBinary),
    )
    op.create_index("ix_held_items_case_id", "held_items", ["case_id"])
    op.create_index("ix_held_items_inspection_id", "held_items", ["inspection_id"])
    op.create_table(
        "service_inspectors",
        sa.Column("urn", sa.String(16), primary_key=True),
        sa.Column("inspector", sa.String(254), nullable=False),
        sa.Column("named_by", sa.String(254), nullable=False),
        sa.Column("named_at", Moment, nullable=False),
        sa.Column("read_at", Moment),
    )
    op.create_index("ix_service_inspectors_inspector", "service_inspectors", ["inspector"])
    op.create_table(
        "calendars",
        sa.Column("officer", sa.String(254), primary_key=True),
        sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_at", Moment, nullable=False),
    )
