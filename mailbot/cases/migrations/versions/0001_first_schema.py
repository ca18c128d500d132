"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _cases()
    _messages()
    _letters()
    _work()
    _staff()
    _append_only_audit()


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("reference", sa.String(16), nullable=False, unique=True),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("mailbox", sa.String(64), nullable=False),
        sa.Column("restricted", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("filed_at", Moment, nullable=False),
        sa.Column("reviewed_at", Moment),
        sa.Column("assigned_to", sa.String(254)),
        sa.Column("acknowledgement", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("immediate_risk", sa.Boolean, nullable=False),
        sa.Column("child_at_risk", sa.Boolean, nullable=False),
        sa.Column("systemic_failure", sa.Boolean, nullable=False),
        sa.Column("quality_of_care", sa.Boolean, nullable=False),
        sa.Column("regulatory_breach", sa.Boolean, nullable=False),
        sa.Column("remit", sa.String(32), nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("whistleblowing", sa.String(32), nullable=False),
        sa.Column("anonymous", sa.Boolean, nullable=False),
        sa.Column("confidentiality", sa.String(16), nullable=False),
        sa.Column("contact", sa.String(16), nullable=False),
        sa.Column("local_authority", sa.String(64)),
        sa.Column("urn", sa.String(16)),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("adult_in_danger", sa.Boolean, nullable=False),
        sa.Column("look_first", sa.Boolean, nullable=False),
        sa.Column("sealed_narrative", sa.LargeBinary, nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_cases_queue", "cases", ["state", "priority", "received_at"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("vault_id", sa.String(32), nullable=False, unique=True),
        sa.Column("mailbox", sa.String(64), nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("uid_validity", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("same_as", sa.String(64)),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("stored_at", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("moved", sa.Boolean, nullable=False),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id")),
        sa.Column("problem", sa.String(255)),
        sa.UniqueConstraint("mailbox", "folder", "uid_validity", "uid", name="uq_messages_place"),
    )
    op.create_index("ix_messages_same_as", "messages", ["same_as"])
    op.create_index("ix_messages_state", "messages", ["state"])
    op.create_index("ix_messages_case_id", "messages", ["case_id"])
    op.create_table(
        "raw_messages",
        sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("template", sa.String(64)),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("withheld_because", sa.String(255)),
        sa.Column("recipient_digest", sa.String(64)),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("claimed_at", Moment),
        sa.Column("settled_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.String(255)),
        sa.Column("sealed_letter", sa.LargeBinary),
        sa.UniqueConstraint("case_id", "purpose", name="uq_letters_case_purpose"),
    )
    op.create_index("ix_letters_state", "letters", ["state", "due_at"])
    op.create_index("ix_letters_recipient_digest", "letters", ["recipient_digest", "created_at"])


def _work() -> None:
    op.create_table(
        "notes",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("written_by", sa.String(254), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("sealed_note", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_notes_case_id", "notes", ["case_id"])
    op.create_table(
        "actions",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("decided_by", sa.String(254), nullable=False),
        sa.Column("decided_at", Moment, nullable=False),
        sa.Column("due_at", Moment),
        sa.Column("done", sa.Boolean, nullable=False),
    )
    op.create_index("ix_actions_case_id", "actions", ["case_id"])
    op.create_table(
        "audit",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(16)),
        sa.Column("detail", sa.String(1000), nullable=False),
    )
    op.create_index("ix_audit_reference", "audit", ["reference"])


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("confirmed_by", sa.String(254)),
        sa.Column("added_by", sa.String(254), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("fs_uniquifier", sa.String(64), nullable=False, unique=True),
        sa.Column("tf_primary_method", sa.String(64)),
        sa.Column("tf_totp_secret", sa.String(255)),
        sa.Column("tf_last_counter", sa.BigInteger),
    )


def _append_only_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is only ever added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
