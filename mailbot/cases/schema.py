"""The tables, written once for SQLite and PostgreSQL. `migrations/` carries a database from one version to the next.

Clear columns hold only what queues, counts and reports need: the assessment's values, dates and states. Whatever was
written or tells who wrote it is in columns named ``sealed…`` (`mailbot.cases.vault`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Moment(sa.TypeDecorator[datetime]):
    """An aware time in UTC, on engines with and without time zones; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _judged() -> tuple[sa.Column[Any], ...]:
    """What a message is judged on, and what an officer may answer otherwise."""
    return (
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
    )


cases = sa.Table(
    "cases",
    metadata,
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
    sa.Column("joined_to", BigId, sa.ForeignKey("cases.id")),
    sa.Column("acknowledgement", sa.String(16), nullable=False),
    *_judged(),
    sa.Column("local_authority", sa.String(64)),
    sa.Column("urn", sa.String(16)),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("adult_in_danger", sa.Boolean, nullable=False),
    sa.Column("look_first", sa.Boolean, nullable=False),
    sa.Column("sealed_narrative", sa.LargeBinary, nullable=False),
    sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
    sa.Index("ix_cases_queue", "state", "priority", "received_at"),
)

messages = sa.Table(
    "messages",
    metadata,
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
    sa.Column("message_id_digest", sa.String(64)),
    sa.Column("topic_digest", sa.String(64)),
    sa.Column("danger", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("set_aside_at", Moment),
    sa.Column("handed_back_by", sa.String(254)),
    sa.Column("by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("mailbox", "folder", "uid_validity", "uid", name="uq_messages_place"),
    sa.Index("ix_messages_same_as", "same_as"),
    sa.Index("ix_messages_sha256", "sha256"),
    sa.Index("ix_messages_message_id_digest", "message_id_digest"),
    sa.Index("ix_messages_topic_digest", "topic_digest"),
    sa.Index("ix_messages_state", "state"),
    sa.Index("ix_messages_case_id", "case_id"),
)

raw_messages = sa.Table(
    "raw_messages",
    metadata,
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

letters = sa.Table(
    "letters",
    metadata,
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
    sa.Column("printed_at", Moment),
    sa.Column("arrived_at", Moment),
    sa.Column("reply_token_digest", sa.String(64)),
    sa.UniqueConstraint("case_id", "purpose", name="uq_letters_case_purpose"),
    sa.Index("ix_letters_state", "state", "due_at"),
    sa.Index("ix_letters_recipient_digest", "recipient_digest", "created_at"),
    sa.Index("ix_letters_created_at", "created_at"),
    sa.Index("ix_letters_reply_token_digest", "reply_token_digest"),
)

follow_ups = sa.Table(
    "follow_ups",
    metadata,
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("sealed_narrative", sa.LargeBinary, nullable=False),
    sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("why", sa.String(255), nullable=False),
    sa.Column("other_case_id", BigId, sa.ForeignKey("cases.id")),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("done_by", sa.String(254)),
)

intake = sa.Table(
    "intake",
    metadata,
    sa.Column("mailbox", sa.String(64), primary_key=True),
    sa.Column("polled_at", Moment),
    sa.Column("oldest_waiting_at", Moment),
    sa.Column("problem", sa.String(255)),
    sa.Column("problem_since", Moment),
)
"""How each mailbox stands: when it was last taken in, and since when something waits that could not be."""

services = sa.Table(
    "services",
    metadata,
    sa.Column("urn", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("service_type", sa.String(32), nullable=False),
    sa.Column("authority", sa.String(64), nullable=False),
    sa.Column("town", sa.String(64), nullable=False),
    sa.Column("postcode", sa.String(16), nullable=False),
    sa.Column("places", sa.Integer),
    sa.Column("provider", sa.String(255), nullable=False),
    sa.Column("manager", sa.String(128), nullable=False, server_default=""),
    sa.Column("responsible_individual", sa.String(128), nullable=False, server_default=""),
    sa.Column("email", sa.String(254), nullable=False, server_default=""),
    sa.Column("postal", sa.String(512), nullable=False, server_default=""),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("imported_at", Moment, nullable=False),
)
"""The regulator's published register. What it lists no longer stays, as closed."""

authorities = sa.Table(
    "authorities",
    metadata,
    sa.Column("authority", sa.String(64), primary_key=True),
    sa.Column("office", sa.String(255), nullable=False),
    sa.Column("hours", sa.String(128), nullable=False),
    sa.Column("telephone", sa.String(32), nullable=False),
    sa.Column("out_of_hours_telephone", sa.String(32), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("sample", sa.Boolean, nullable=False),
    sa.Column("imported_at", Moment, nullable=False),
)
"""Whom to tell in each local authority, as imported last."""

approaches = sa.Table(
    "approaches",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("started_by", sa.String(254), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("letter_id", BigId, sa.ForeignKey("letters.id"), index=True),
    sa.Column("sent_by", sa.String(254)),
    sa.Column("sent_at", Moment),
    sa.Column("due_at", Moment),
    sa.Column("chase_at", Moment),
    sa.Column("answered_at", Moment),
    sa.Column("answered_by", sa.String(254)),
    sa.Column("sealed_draft", sa.LargeBinary, nullable=False),
    sa.Index("ix_approaches_state", "state", "chase_at"),
)
"""Somebody written to about a case. What is written, and to whom, is sealed with the case's narrative."""

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("approach_id", BigId, sa.ForeignKey("approaches.id"), nullable=False, index=True),
    sa.Column("called_by", sa.String(254), nullable=False),
    sa.Column("called_at", Moment, nullable=False),
    sa.Column("sealed_call", sa.LargeBinary, nullable=False),
)
"""Telephone calls made for an approach."""

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("opened_by", sa.String(254), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("told_at", Moment),
)
"""A restricted case opened by a duty manager in an emergency (breaking glass), until when, and the lead told of it."""

opinions = sa.Table(
    "opinions",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("decides", sa.Boolean, nullable=False),
    sa.Column("judged_at", Moment, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    *_judged(),
    sa.Index("ix_opinions_judged_at", "judged_at"),
)
"""What each model said of a case's first message: the one that decided, and the one that ran beside it."""

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("answered_at", Moment, nullable=False),
    *_judged(),
    sa.UniqueConstraint("case_id", name="uq_answers_case_id"),
    sa.Index("ix_answers_answered_at", "answered_at"),
)
"""What an officer who read the case said of it, last: what the model is measured by and may learn from."""

second_looks = sa.Table(
    "second_looks",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("drawn_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("answered_by", sa.String(254)),
    sa.Column("danger", sa.Boolean),
)
"""Cases of low priority drawn by chance each day, for somebody to read who does not see what the machine said."""

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("taken_by", sa.String(254)),
    sa.Column("taken_at", Moment),
    sa.Column("done_at", Moment),
    sa.Index("ix_alerts_state", "state", "next_at"),
)
"""That somebody may be in danger: waiting, taken or done. `told` counts how often duty staff were told."""

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("alert_id", BigId, sa.ForeignKey("alerts.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("recipient", sa.String(254), nullable=False),
    sa.Column("problem", sa.String(255)),
)
"""Each telling of an alert: which channel, to whom of the staff, and why it did not go."""

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("written_by", sa.String(254), nullable=False),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("sealed_note", sa.LargeBinary, nullable=False),
)

actions = sa.Table(
    "actions",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("decided_by", sa.String(254), nullable=False),
    sa.Column("decided_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("done", sa.Boolean, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("act", sa.String(64), nullable=False),
    sa.Column("reference", sa.String(16)),
    sa.Column("detail", sa.String(1000), nullable=False),
    sa.Index("ix_audit_reference", "reference"),
)

staff = sa.Table(
    "staff",
    metadata,
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
