"""Several workers on one record."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("messages", sa.Column("claimed_by", sa.String(16)))
    op.create_table(
        "leases",
        sa.Column("what", sa.String(128), primary_key=True),
        sa.Column("holder", sa.String(16), nullable=False),
        sa.Column("session", sa.Integer),
        sa.Column("until", Moment),
    )
    op.create_index("ix_leases_holder", "leases", ["holder"])
