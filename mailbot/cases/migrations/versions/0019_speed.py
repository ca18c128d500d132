"""The indexes that the queue's counts are read from."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COUNTS_INDEX = [
    *("state", "restricted", "mailbox", "remit", "service_type", "local_authority", "urn", "assigned_to", "language"),
    *("child_at_risk", "systemic_failure", "quality_of_care", "regulatory_breach", "id", "reference"),
]


def upgrade() -> None:
    op.create_index("ix_cases_state", "cases", ["state", "restricted"])
    op.create_index("ix_cases_counts", "cases", COUNTS_INDEX)
