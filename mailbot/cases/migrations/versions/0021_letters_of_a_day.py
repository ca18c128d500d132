"""The index that the letters of a day are counted by, with every batch of mail: without a look at the letters."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_letters_created_at", "letters")
    op.create_index("ix_letters_created_at", "letters", ["created_at", "channel", "state"])
