"""The register of services; what models and officers said of each case; cases drawn for a second look."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _services()
    _opinions()
    _answers()
    _second_looks()


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("urn", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("authority", sa.String(64), nullable=False),
        sa.Column("town", sa.String(64), nullable=False),
        sa.Column("postcode", sa.String(16), nullable=False),
        sa.Column("places", sa.Integer),
        sa.Column("provider", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("imported_at", Moment, nullable=False),
    )


def _opinions() -> None:
    op.create_table(
        "opinions",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("decides", sa.Boolean, nullable=False),
        sa.Column("judged_at", Moment, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        *_said(),
    )
    op.create_index("ix_opinions_case_id", "opinions", ["case_id"])
    op.create_index("ix_opinions_judged_at", "opinions", ["judged_at"])


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("answered_at", Moment, nullable=False),
        *_said(),
        sa.UniqueConstraint("case_id", name="uq_answers_case_id"),
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"])


def _second_looks() -> None:
    op.create_table(
        "second_looks",
        sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("drawn_at", Moment, nullable=False),
        sa.Column("answered_at", Moment),
        sa.Column("answered_by", sa.String(254)),
        sa.Column("danger", sa.Boolean),
    )
    op.create_index("ix_second_looks_day", "second_looks", ["day"])


def _said() -> list[sa.Column[object]]:
    return [
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
    ]
