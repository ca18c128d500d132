"""The index that tells whether an officer has read a case, which the queue asks of every second look that waits."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_audit_reference", "audit")
    op.create_index("ix_audit_reference", "audit", ["reference", "act"])
