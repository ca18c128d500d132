"""The tables, written once for SQLite and PostgreSQL. `migrations/` carries a database from one version to the next.

Clear columns hold only what queues, counts and reports need: the assessment's values, dates and states. Whatever was
written or tells who wrote it is in columns named ``sealed…`` (`mailbot.cases.sealing.vault`).
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


LONG_AGO = "1970-01-01 00:00:00.000000"
"""The time that a case without a target was due: it stands first of its priority, where it cannot be overlooked."""


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


QUEUE_INDEX = (
    *("state", "priority", "due_at", "received_at", "id", "restricted", "reference", "seen_at", "see_by"),
    *("mailbox", "kind", "remit", "service_type", "local_authority", "urn", "assigned_to", "language", "look_first"),
    *("immediate_risk", "adult_in_danger", "child_at_risk", "systemic_failure"),
    *("quality_of_care", "regulatory_breach"),
)
"""The queue's order, and all that its filters ask: it never touches rows that it does not show, which are long."""

COUNTS_INDEX = (
    *("state", "restricted", "mailbox", "remit", "service_type", "local_authority", "urn", "assigned_to", "language"),
    *("child_at_risk", "systemic_failure", "quality_of_care", "regulatory_breach", "id", "reference"),
)
"""What the filters ask without the queue's order: a third as long to count in."""

UNSEEN_INDEX = (
    *("seen_at", "state", "see_by", "restricted", "reference"),
    *("kind", "look_first", "immediate_risk", "adult_in_danger"),
)

URN_INDEX = (
    *("urn", "received_at", "kind", "restricted", "reference", "joined_to", "local_authority"),
    *("child_at_risk", "systemic_failure", "quality_of_care", "regulatory_breach"),
)
"""All that a service's counts ask."""

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
    sa.Column("waits_since", Moment, nullable=False, server_default=LONG_AGO),
    sa.Column("due_at", Moment, nullable=False, server_default=LONG_AGO),
    sa.Column("see_by", Moment, nullable=False, server_default=LONG_AGO),
    sa.Column("seen_at", Moment),
    *_judged(),
    sa.Column("local_authority", sa.String(64)),
    sa.Column("urn", sa.String(16)),
    sa.Column("second_service_type", sa.String(32), nullable=False, server_default="none"),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("adult_in_danger", sa.Boolean, nullable=False),
    sa.Column("look_first", sa.Boolean, nullable=False),
    sa.Column("sealed_narrative", sa.LargeBinary, nullable=False),
    sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
    sa.Index("ix_cases_queue", *QUEUE_INDEX),
    sa.Index("ix_cases_state", "state", "restricted"),
    sa.Index("ix_cases_counts", *COUNTS_INDEX),
    sa.Index("ix_cases_received_at", "received_at", "id", "restricted", "reference"),
    sa.Index("ix_cases_unseen", *UNSEEN_INDEX),
    sa.Index("ix_cases_urn", *URN_INDEX),
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
    sa.Column("claimed_by", sa.String(16)),
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

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("entered_by", sa.String(254), nullable=False),
    sa.Column("entered_at", Moment, nullable=False),
    sa.Column("sealed_entry", sa.LargeBinary, nullable=False),
)
"""Calls and letters that officers entered by hand, and the case each was filed as at once. `token` is the form's."""

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
    sa.Index("ix_letters_created_at", "created_at", "channel", "state"),
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

search_documents = sa.Table(
    "search_documents",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("tokens", sa.Text, nullable=False),
)
"""Keyed hashes of the words of each case. The index over it is the engine's own and named ``search_index…``."""

senders = sa.Table(
    "senders",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("digest", sa.String(32), primary_key=True, index=True),
)
"""Keyed hashes of the addresses and names of those who wrote a case (`mailbot.cases.search.index`)."""

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

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("asked_by", sa.String(254), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("why", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("decided_by", sa.String(254)),
    sa.Column("decided_at", Moment),
    sa.Column("sealed_decision", sa.LargeBinary, nullable=False),
)
"""Reviews that only a second officer can make count: what one proposed, and what the other said."""

identity_requests = sa.Table(
    "identity_requests",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("asked_by", sa.String(254), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("by_exception", sa.Boolean, nullable=False),
    sa.Column("task_id", BigId, sa.ForeignKey("tasks.id")),
    sa.Column("decided_by", sa.String(254)),
    sa.Column("decided_at", Moment),
    sa.Column("opened_at", Moment),
    sa.Column("ends_at", Moment),
    sa.Column("sealed_reason", sa.LargeBinary, nullable=False),
)
"""Who asked to see who wrote a case, what became of it, and until when it is open to them."""

first_answers = sa.Table(
    "first_answers",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("answered_at", Moment, nullable=False),
    sa.Column("answered_by", sa.String(254), nullable=False),
    sa.Column("danger", sa.Boolean, nullable=False),
    sa.Column("child_at_risk", sa.Boolean),
)
"""What an officer said of a case before they saw what the machine had said."""

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

confirmations = sa.Table(
    "confirmations",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("whistleblowing", sa.String(32), nullable=False),
    sa.Column("child_at_risk", sa.Boolean, nullable=False),
    sa.Column("systemic_failure", sa.Boolean, nullable=False),
    sa.Column("quality_of_care", sa.Boolean, nullable=False),
    sa.Column("regulatory_breach", sa.Boolean, nullable=False),
    sa.Column("service_type", sa.String(32), nullable=False),
    sa.Column("second_service_type", sa.String(32), nullable=False),
)
"""What officers who read the case said of it, each time: reports count what stood on a given day."""

published_reports = sa.Table(
    "published_reports",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("year", sa.String(7), nullable=False, unique=True),
    sa.Column("as_at", Moment, nullable=False),
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("published_by", sa.String(254), nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
"""The annual reports as they were published, in JSON: nothing but what the public reads."""

second_looks = sa.Table(
    "second_looks",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("drawn_at", Moment, nullable=False),
    sa.Column("answered_at", Moment, index=True),
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

looking = sa.Table(
    "looking",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("officer", sa.String(254), primary_key=True),
    sa.Column("at", Moment, nullable=False),
)
"""Who has had a case before them lately."""

views = sa.Table(
    "views",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("officer", sa.String(254), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("query", sa.String(1000), nullable=False),
    sa.UniqueConstraint("officer", "name", name="uq_views_officer_name"),
)
"""Filters of the queue that somebody has kept under a name."""

handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("written_by", sa.String(254), nullable=False),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("sealed_note", sa.LargeBinary, nullable=False),
    sa.Index("ix_handovers_written_at", "written_at"),
)
"""What one shift tells the next."""

handovers_read = sa.Table(
    "handovers_read",
    metadata,
    sa.Column("handover_id", BigId, sa.ForeignKey("handovers.id"), primary_key=True),
    sa.Column("officer", sa.String(254), primary_key=True),
    sa.Column("read_at", Moment, nullable=False),
)

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
    sa.Column("owner", sa.String(254), nullable=False, server_default=""),
    sa.Column("state", sa.String(16), nullable=False, server_default="open"),
    sa.Column("settled_at", Moment),
    sa.Column("settled_by", sa.String(254)),
    sa.Column("vault_id", sa.String(32), nullable=False, server_default=""),
    sa.Column("sealed_outcome", sa.LargeBinary),
    sa.Index("ix_actions_state", "state", "owner", "due_at"),
)
"""What was decided on a case, who sees to it by when, and what came of it."""

lines_of_enquiry = sa.Table(
    "lines_of_enquiry",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("written_by", sa.String(254), nullable=False),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("answered_by", sa.String(254)),
    sa.Column("answered_at", Moment),
    sa.Column("sealed_question", sa.LargeBinary, nullable=False),
    sa.Column("sealed_found", sa.LargeBinary),
)
"""What an inspection is to find out, as a case has raised it."""

case_standards = sa.Table(
    "case_standards",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("standard", sa.String(64), nullable=False),
    sa.Column("finding", sa.String(16), nullable=False),
    sa.Column("weighed_by", sa.String(254), nullable=False),
    sa.Column("weighed_at", Moment, nullable=False),
    sa.Column("sealed_words", sa.LargeBinary, nullable=False),
)
"""Regulations and standards that a case was weighed against. A later finding on the same one stands; both are kept."""

writings = sa.Table(
    "writings",
    metadata,
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("officer", sa.String(254), primary_key=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kept_at", Moment, nullable=False),
    sa.Column("sealed_writing", sa.LargeBinary, nullable=False),
)
"""Reviews that somebody has begun to write and not saved yet."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("act", sa.String(64), nullable=False),
    sa.Column("reference", sa.String(16)),
    sa.Column("detail", sa.String(1000), nullable=False),
    sa.Column("digest", sa.String(64)),
    sa.Index("ix_audit_reference", "reference", "act"),
    sa.Index("ix_audit_actor", "actor", "id"),
    sa.Index("ix_audit_act", "act", "id"),
    sa.Index("ix_audit_at", "at", "id"),
)
"""Who did what. `digest` makes the rows a chain (`mailbot.cases.audit`); rows from before there was one have none."""

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("through", sa.BigInteger, nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
)
"""How far the audit trail went at some time: its last row's number and digest, signed. Only ever added to."""

checkpoints_sent = sa.Table(
    "checkpoints_sent",
    metadata,
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoints.id"), primary_key=True),
    sa.Column("tried_at", Moment, nullable=False),
    sa.Column("sent_at", Moment),
    sa.Column("problem", sa.String(255)),
)
"""Which checkpoints another host has been handed, and why one could not be."""

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
    sa.Column("fs_webauthn_user_handle", sa.String(64)),
    sa.Column("by_provider", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("subject_digest", sa.String(64)),
    sa.Index("ix_staff_subject_digest", "subject_digest", unique=True),
)
"""Whoever works here. Those `by_provider` sign in there alone; the digest is of who they are there, once they did."""

failed_sign_ins = sa.Table(
    "failed_sign_ins",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("account_digest", sa.String(64), nullable=False),
    sa.Column("address_digest", sa.String(64), nullable=False),
    sa.Index("ix_failed_sign_ins_account_digest", "account_digest", "at"),
    sa.Index("ix_failed_sign_ins_address_digest", "address_digest", "at"),
    sa.Index("ix_failed_sign_ins_at", "at"),
)
"""Tries to sign in that failed, by keyed digests of the account's name as typed and of the network address."""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("secret_digest", sa.String(64), nullable=False, unique=True),
    sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("proved_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
)
"""Who is signed in where. `proved_at` is when they last showed password and second factor."""

security_keys = sa.Table(
    "security_keys",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False, index=True),
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
"""Public halves of WebAuthn credentials; the names are Flask-Security's."""

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("staff_id", BigId, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("code_digest", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)
"""Codes for when the second factor is lost, as keyed digests."""

inspections = sa.Table(
    "inspections",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("urn", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("number", sa.String(32), unique=True),
    sa.Column("planned_on", sa.Date),
    sa.Column("held_on", sa.Date),
    sa.Column("published_on", sa.Date),
    sa.Column("overall", sa.String(64), nullable=False, server_default=""),
    sa.Column("protection", sa.String(64), nullable=False, server_default=""),
    sa.Column("leadership", sa.String(64), nullable=False, server_default=""),
    sa.Column("written_by", sa.String(254), nullable=False),
    sa.Column("written_at", Moment, nullable=False),
    sa.Index("ix_inspections_urn", "urn", "held_on"),
)
"""Inspections of services, planned or held, with their judgements. `number` is the regulator's own, if it has one."""

retimings = sa.Table(
    "retimings",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("inspection_id", BigId, sa.ForeignKey("inspections.id"), nullable=False, index=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), index=True),
    sa.Column("was_on", sa.Date),
    sa.Column("now_on", sa.Date, nullable=False),
    sa.Column("changed_by", sa.String(254), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)
"""Each time that an inspection was planned or re-timed, and the case that gave rise to it, if one did."""

held_items = sa.Table(
    "held_items",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("action_id", BigId, sa.ForeignKey("actions.id"), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("theme", sa.String(64), nullable=False),
    sa.Column("written_by", sa.String(254), nullable=False),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("sealed_words", sa.LargeBinary, nullable=False),
    sa.Column("inspection_id", BigId, sa.ForeignKey("inspections.id"), index=True),
    sa.Column("used_by", sa.String(254)),
    sa.Column("used_at", Moment),
    sa.Column("sealed_found", sa.LargeBinary),
)
"""What an action keeps for an inspection: its theme, what inspectors should know, and what they found."""

service_inspectors = sa.Table(
    "service_inspectors",
    metadata,
    sa.Column("urn", sa.String(16), primary_key=True),
    sa.Column("inspector", sa.String(254), nullable=False, index=True),
    sa.Column("named_by", sa.String(254), nullable=False),
    sa.Column("named_at", Moment, nullable=False),
    sa.Column("read_at", Moment),
)
"""Who inspects a service, and until when they have read what is held for it."""

calendars = sa.Table(
    "calendars",
    metadata,
    sa.Column("officer", sa.String(254), primary_key=True),
    sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
    sa.Column("made_at", Moment, nullable=False),
)
"""The secret address of somebody's calendar of what is due, as a keyed digest."""

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
    sa.Column("made_by", sa.String(254), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("confirmed_by", sa.String(254)),
    sa.Column("revoked_at", Moment),
    sa.Column("minute_at", Moment),
    sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
)
"""What other systems show the API, as keyed digests; `asked` counts the requests of the minute `minute_at`."""

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("url", sa.String(1000), nullable=False),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("events", sa.String(255), nullable=False),
    sa.Column("made_by", sa.String(254), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("read_through", sa.BigInteger, nullable=False),
)
"""Other systems that are told what happens, and up to which row of the audit trail that has been looked at."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("subscription_id", BigId, sa.ForeignKey("subscriptions.id"), nullable=False, index=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("happened_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("settled_at", Moment),
    sa.Column("problem", sa.String(255)),
    sa.Index("ix_deliveries_state", "state", "next_at"),
)
"""Each thing that a subscription is told, until it has been taken or given up."""

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("what", sa.String(128), primary_key=True),
    sa.Column("holder", sa.String(16), nullable=False),
    sa.Column("session", sa.Integer),
    sa.Column("until", Moment),
    sa.Index("ix_leases_holder", "holder"),
)
"""What one worker does and no other, such as taking in a mailbox: `mailbot.cases.arrivals.leases`."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("placed_by", sa.String(254), nullable=False),
    sa.Column("placed_at", Moment, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("lifted_by", sa.String(254)),
    sa.Column("lifted_at", Moment),
    sa.Column("sealed_reason", sa.LargeBinary, nullable=False),
)
"""Why a case is kept beyond its time, and through which day; without one, until somebody lifts it."""

disposals = sa.Table(
    "disposals",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("why", sa.String(255), nullable=False),
    sa.Column("proposed_by", sa.String(254), nullable=False),
    sa.Column("proposed_at", Moment, nullable=False),
    sa.Column("confirmed_by", sa.String(254)),
    sa.Column("confirmed_at", Moment),
    sa.Column("carry_out_at", Moment),
    sa.Column("ended_by", sa.String(254)),
    sa.Column("ended_at", Moment),
    sa.Column("ended_because", sa.String(255)),
    sa.Index("ix_disposals_state", "state", "carry_out_at"),
)
"""What goes when its time is over: a case, or its originals on the mail server. Two people, then 30 days, then done."""

removals = sa.Table(
    "removals",
    metadata,
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("disposal_id", BigId, sa.ForeignKey("disposals.id"), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("settled_at", Moment),
    sa.Column("problem", sa.String(255)),
)
"""Originals to be taken off the mail server, and whether they have been."""

information_requests = sa.Table(
    "information_requests",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, unique=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("extended_by", sa.String(254)),
    sa.Column("extended_at", Moment),
    sa.Column("sealed_extension", sa.LargeBinary),
    sa.Column("answered_by", sa.String(254)),
    sa.Column("answered_at", Moment),
    sa.Column("outcome", sa.String(16)),
)
"""What was done with requests for information. A request that nobody has touched has no row: its case is its record."""

request_cases = sa.Table(
    "request_cases",
    metadata,
    sa.Column("request_id", BigId, sa.ForeignKey("information_requests.id"), primary_key=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), primary_key=True, index=True),
    sa.Column("added_by", sa.String(254), nullable=False),
    sa.Column("added_at", Moment, nullable=False),
)
"""Cases that a request asks for: while it is open they stay."""

court_disclosures = sa.Table(
    "court_disclosures",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", BigId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("vault_id", sa.String(32), nullable=False),
    sa.Column("forum", sa.String(16), nullable=False),
    sa.Column("included", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("asked_by", sa.String(254), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("decided_by", sa.String(254)),
    sa.Column("decided_at", Moment),
    sa.Column("made_at", Moment),
    sa.Column("sha256", sa.String(64)),
    sa.Column("sealed_order", sa.LargeBinary, nullable=False),
)
"""What was given to a court or an appeal: who asked, who agreed, what was in it. Order and reason are sealed."""
