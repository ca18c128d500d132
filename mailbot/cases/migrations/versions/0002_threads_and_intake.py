"""Threads, tasks, what is set aside, and how each mailbox stands."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("message_id_digest", sa.String(64)),
        sa.Column("topic_digest", sa.String(64)),
        sa.Column("danger", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("set_aside_at", Moment),
        sa.Column("handed_back_by", sa.String(254)),
        sa.Column("by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("messages", column)
    for name in ("sha256", "message_id_digest", "topic_digest"):
        op.create_index(f"ix_messages_{name}", "messages", [name])
    with op.batch_alter_table("cases") as table:  # SQLite adds a foreign key only by copying the table
        table.add_column(sa.Column("joined_to", BigId, sa.ForeignKey("cases.id", name="fk_cases_joined_to")))
    op.add_column("letters", sa.Column("reply_token_digest", sa.String(64)))
    for name in ("created_at", "reply_token_digest"):
        op.create_index(f"ix_letters_{name}", "letters", [name])
    _follow_ups()
    _tasks()
    _intake()


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("sealed_narrative", sa.LargeBinary, nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_follow_ups_case_id", "follow_ups", ["case_id"])


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("why", sa.String(255), nullable=False),
        sa.Column("other_case_id", BigId, sa.ForeignKey("cases.id")),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        sa.Column("done_by", sa.String(254)),
    )
    op.create_index("ix_tasks_case_id", "tasks", ["case_id"])


def _intake() -> None:
    op.create_table(
        "intake",
        sa.Column("mailbox", sa.String(64), primary_key=True),
        sa.Column("polled_at", Moment),
        sa.Column("oldest_waiting_at", Moment),
        sa.Column("problem", sa.String(255)),
        sa.Column("problem_since", Moment),
    )
