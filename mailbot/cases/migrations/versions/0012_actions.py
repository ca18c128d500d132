"""Owners and outcomes of actions, lines of enquiry, standards weighed, reviews kept while they are written."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("actions", sa.Column("owner", sa.String(254), nullable=False, server_default=""))
    op.add_column("actions", sa.Column("state", sa.String(16), nullable=False, server_default="open"))
    op.add_column("actions", sa.Column("settled_at", Moment))
    op.add_column("actions", sa.Column("settled_by", sa.String(254)))
    op.add_column("actions", sa.Column("vault_id", sa.String(32), nullable=False, server_default=""))
    op.add_column("actions", sa.Column("sealed_outcome", sa.LargeBinary))
    op.execute(
        "UPDATE actions SET owner = decided_by, "
        "vault_id = (SELECT vault_id FROM cases WHERE cases.id = actions.case_id)"
    )
    op.execute("UPDATE actions SET state = 'done', settled_at = decided_at, settled_by = decided_by WHERE done")
    # what went before this was there is neither done nor known to be open: it must not keep its case from being closed
    op.execute(
        "UPDATE actions SET state = 'dropped', settled_at = decided_at WHERE state = 'open' AND case_id IN "
        "(SELECT id FROM cases WHERE state = 'closed') "
        "AND kind NOT IN ('hold_for_inspection', 'bring_inspection_forward', 'inspect')"
    )
    op.drop_column("actions", "done")
    op.create_index("ix_actions_state", "actions", ["state", "owner", "due_at"])
    op.create_table(
        "lines_of_enquiry",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("written_by", sa.String(254), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("answered_by", sa.String(254)),
        sa.Column("answered_at", Moment),
        sa.Column("sealed_question", sa.LargeBinary, nullable=False),
        sa.Column("sealed_found", sa.LargeBinary),
    )
    op.create_index("ix_lines_of_enquiry_case_id", "lines_of_enquiry", ["case_id"])
    op.create_table(
        "case_standards",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("standard", sa.String(64), nullable=False),
        sa.Column("finding", sa.String(16), nullable=False),
        sa.Column("weighed_by", sa.String(254), nullable=False),
        sa.Column("weighed_at", Moment, nullable=False),
        sa.Column("sealed_words", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_case_standards_case_id", "case_standards", ["case_id"])
    op.create_table(
        "writings",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("officer", sa.String(254), primary_key=True),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kept_at", Moment, nullable=False),
        sa.Column("sealed_writing", sa.LargeBinary, nullable=False),
    )
