"""Failed sign-ins, the sessions of staff, their security keys and recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("staff", sa.Column("fs_webauthn_user_handle", sa.String(64)))
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("account_digest", sa.String(64), nullable=False),
        sa.Column("address_digest", sa.String(64), nullable=False),
    )
    op.create_index("ix_failed_sign_ins_account_digest", "failed_sign_ins", ["account_digest", "at"])
    op.create_index("ix_failed_sign_ins_address_digest", "failed_sign_ins", ["address_digest", "at"])
    op.create_index("ix_failed_sign_ins_at", "failed_sign_ins", ["at"])
    op.create_table(
        "sessions",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("secret_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("proved_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
    )
    op.create_index("ix_sessions_staff_id", "sessions", ["staff_id"])
    op.create_table(
        "security_keys",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", sa.JSON),
        sa.Column("backup_state", sa.Boolean, nullable=False),
        sa.Column("device_type", sa.String(64), nullable=False),
        sa.Column("extensions", sa.String(255)),
        sa.Column("lastuse_datetime", Moment, nullable=False),
        sa.Column("usage", sa.String(64), nullable=False),
    )
    op.create_index("ix_security_keys_staff_id", "security_keys", ["staff_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
    )
    op.create_index("ix_recovery_codes_staff_id", "recovery_codes", ["staff_id"])
