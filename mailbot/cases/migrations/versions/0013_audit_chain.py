"""The audit trail is a chain, with checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")

REFUSAL = "the audit trail is only ever added to"


def upgrade() -> None:
    op.add_column("audit", sa.Column("digest", sa.String(64)))
    for column in ("actor", "act", "at"):
        op.create_index(f"ix_audit_{column}", "audit", [column, "id"])
    op.create_table(
        "checkpoints",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.UniqueConstraint("through", name="uq_checkpoints_through"),
    )
    op.create_table(
        "checkpoints_sent",
        sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoints.id"), primary_key=True),
        sa.Column("tried_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
        sa.Column("problem", sa.String(255)),
    )
    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER checkpoints_no_{verb.lower()} BEFORE {verb} ON checkpoints "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    # REPLACE takes a row out without asking a trigger of deletion
    for table, taken in (("audit", "id = NEW.id"), ("checkpoints", "id = NEW.id OR through = NEW.through")):
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608  words of ours
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
