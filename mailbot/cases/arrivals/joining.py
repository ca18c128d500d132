"""One more message for a case that is there: its words kept, and what it says of danger raised, never lowered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.alerts import raise_alert
from mailbot.cases.arrivals.ledger import StoredMail
from mailbot.cases.letters.letters import ACKNOWLEDGEMENT
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    Identity,
    Narrative,
)
from mailbot.cases.schema import (
    actions,
    approaches,
    case_standards,
    cases,
    follow_ups,
    letters,
    lines_of_enquiry,
    messages,
    tasks,
)
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex
from mailbot.cases.waiting import due_anew, waits_again
from mailbot.clock import Clock
from mailbot.domain import (
    ActionKind,
    Assessment,
    CaseState,
    Confidentiality,
    Contact,
    Kind,
    LetterState,
    Remit,
    Situation,
    TaskKind,
    Whistleblowing,
)
from mailbot.targets import ORDINARY, Targets

LETTER_RETURNED = "it came back: it reached nobody"

FLAGS = (*Situation, "immediate_risk", "adult_in_danger", "look_first", "restricted")
"""Clear columns that a further message may set and none unsets."""


class Joining:
    """Brings messages into cases, within the transaction of whoever asks."""

    def __init__(self, connection: sa.Connection, vault: Vault, clock: Clock, targets: Targets = ORDINARY) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._targets = targets

    def add(
        self, case: Any, stored: StoredMail, narrative: Narrative, identity: Identity, found: Mapping[str, Any]
    ) -> None:
        """Adds a newly arrived message to `case`; `found` holds the clear columns that it alone would have."""
        sealed = self._vault.seal
        self._connection.execute(
            sa.insert(follow_ups).values(
                message_id=stored.id,
                case_id=case.id,
                vault_id=stored.vault_id,
                received_at=stored.mail.received_at,
                sealed_narrative=sealed(
                    stored.vault_id, Purpose.NARRATIVE, FOLLOW_UP_NARRATIVE_PLACE, msgspec.json.encode(narrative)
                ),
                sealed_identity=sealed(
                    stored.vault_id, Purpose.IDENTITY, FOLLOW_UP_IDENTITY_PLACE, msgspec.json.encode(identity)
                ),
            )
        )
        SearchIndex(self._connection, self._vault).add_message(case.id, narrative, identity)
        self._raise(case, found, stored.mail.received_at)
        audit.record(
            self._connection,
            at=self._clock(),
            actor=audit.MACHINE,
            act="message joined",
            reference=case.reference,
            detail=f"mailbox {stored.mail.mailbox}",
        )

    def join(self, case: Any, other: Any) -> None:
        """Makes the messages of `case` those of `other`, and closes `case`, which points there from now on."""
        case, other = self._held(case), self._held(other)
        first = self._connection.execute(
            sa.select(messages.c.id, messages.c.received_at).where(messages.c.vault_id == case.vault_id)
        ).one()
        self._connection.execute(
            sa.insert(follow_ups).values(
                message_id=first.id,
                case_id=other.id,
                vault_id=case.vault_id,
                received_at=first.received_at,
                sealed_narrative=self._moved(
                    case, Purpose.NARRATIVE, case.sealed_narrative, NARRATIVE_PLACE, FOLLOW_UP_NARRATIVE_PLACE
                ),
                sealed_identity=self._moved(
                    case, Purpose.IDENTITY, case.sealed_identity, IDENTITY_PLACE, FOLLOW_UP_IDENTITY_PLACE
                ),
            )
        )
        for table in (actions, approaches, case_standards, follow_ups, lines_of_enquiry, messages, tasks):
            self._connection.execute(sa.update(table).where(table.c.case_id == case.id).values(case_id=other.id))
        self._connection.execute(sa.update(cases).where(cases.c.joined_to == case.id).values(joined_to=other.id))
        self._connection.execute(
            sa.update(tasks)
            .where(tasks.c.other_case_id == case.id, tasks.c.case_id != other.id)
            .values(other_case_id=other.id)
        )
        since = case.waits_since if case.state == CaseState.NEW else self._clock()
        self._raise(other, {name: getattr(case, name) for name in (*CLEAR, *FLAGS)}, since)
        self._connection.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(state=CaseState.CLOSED, joined_to=other.id, version=cases.c.version + 1)
        )
        SearchIndex(self._connection, self._vault).rewrite([case.id, other.id])

    def return_letter(self, case: Any, letter_id: int) -> None:
        """Notes that a letter of `case` reached nobody, for an officer to find another way."""
        now = self._clock()
        purpose = self._connection.execute(
            sa.update(letters)
            .where(letters.c.id == letter_id)
            .values(state=LetterState.FAILED, settled_at=now, problem=LETTER_RETURNED)
            .returning(letters.c.purpose)
        ).scalar_one()
        values = {"acknowledgement": LetterState.FAILED} if purpose == ACKNOWLEDGEMENT else {}
        self._connection.execute(sa.update(cases).where(cases.c.id == case.id).values(state=CaseState.NEW, **values))
        note_lost(self._connection, letter_id, TaskKind.LETTER_RETURNED, LETTER_RETURNED, now)
        audit.record(self._connection, at=now, actor=audit.MACHINE, act="letter returned", reference=case.reference)

    def _held(self, case: Any) -> Any:
        """The case as it stands now, held until the end of the transaction: what was read before may be old."""
        return self._connection.execute(sa.select(cases).where(cases.c.id == case.id).with_for_update()).one()

    def _moved(self, case: Any, purpose: Purpose, sealed: bytes, before: str, after: str) -> bytes:
        clear = self._vault.unseal(case.vault_id, purpose, before, sealed)
        return self._vault.seal(case.vault_id, purpose, after, clear)

    def _raise(self, case: Any, found: Mapping[str, Any], came_at: datetime) -> None:
        values = raised(case, found)
        again = waits_again if "state" in values else due_anew
        values |= again(case, came_at, values["priority"], self._targets)
        self._connection.execute(
            sa.update(cases).where(cases.c.id == case.id).values(**values, version=cases.c.version + 1)
        )
        if found["restricted"] and not case.restricted:
            restrict_suggested(self._connection, case.id, self._clock())


def add_task(
    connection: sa.Connection, case_id: int, kind: TaskKind, why: str, other_case_id: int | None, now: datetime
) -> None:
    """Puts a task before the officers of a case, unless the very same waits there already."""
    waiting = sa.select(tasks.c.id).where(
        tasks.c.case_id == case_id,
        tasks.c.kind == kind,
        tasks.c.done_at.is_(None),
        tasks.c.other_case_id.is_not_distinct_from(other_case_id),
    )
    if connection.execute(waiting.limit(1)).one_or_none() is None:
        values = {"case_id": case_id, "kind": kind, "why": why, "other_case_id": other_case_id, "created_at": now}
        connection.execute(sa.insert(tasks).values(**values))


def note_lost(connection: sa.Connection, letter_id: int, kind: TaskKind, why: str, now: datetime) -> None:
    """Puts a letter that reached nobody before the officers of its case; an urgent referral alerts again."""
    letter = connection.execute(
        sa.select(letters.c.case_id, letters.c.purpose, cases.c.joined_to)
        .join(cases, cases.c.id == letters.c.case_id)
        .where(letters.c.id == letter_id)
    ).one()
    case_id = letter.joined_to or letter.case_id
    add_task(connection, case_id, kind, why[:255], None, now)
    if letter.purpose.startswith(ActionKind.REFER_TO_AUTHORITY):
        raise_alert(connection, case_id, now)


def restrict_suggested(connection: sa.Connection, case_id: int, at: datetime) -> None:
    """Restricts the cases of which nobody has said yet whether they belong to one that is restricted now (P22).

    Each is audited.
    """
    suggested = sa.select(tasks.c.case_id).where(
        tasks.c.other_case_id == case_id, tasks.c.kind == TaskKind.JOIN, tasks.c.done_at.is_(None)
    )
    these = cases.c.id.in_(suggested), cases.c.restricted.is_(False)
    references = connection.execute(sa.select(cases.c.reference).where(*these).order_by(cases.c.id)).scalars().all()
    connection.execute(sa.update(cases).where(*these).values(restricted=True))
    act = "restricted with another case"
    audit.record_each(connection, at=at, actor=audit.MACHINE, act=act, references=references)


def raised(case: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """The clear columns of `case` after one more message: flags, priority and restriction go up, never down.

    What a person writes, or must look at, opens the case again where it was closed or waits. A concern makes one of a
    case that was none. A wish not to be named or written to holds from whenever it is said.
    """
    values: dict[str, Any] = {flag: getattr(case, flag) or found[flag] for flag in FLAGS}
    values["priority"] = min(case.priority, found["priority"])
    if found["kind"] != Kind.AUTOMATIC or found["look_first"]:
        values["state"] = CaseState.NEW
    if found["kind"] == Kind.CONCERN and case.kind != Kind.CONCERN:
        values |= {field: found[field] for field in ("kind", "remit", "service_type")}
    elif case.remit == Remit.UNCLEAR and found["kind"] == Kind.CONCERN:
        values |= {field: found[field] for field in ("remit", "service_type")}
    if case.whistleblowing == Whistleblowing.NOT_COVERED and found["whistleblowing"] == Whistleblowing.QUALIFYING:
        values["whistleblowing"] = Whistleblowing.QUALIFYING
    for field, nothing in (("whistleblowing", Whistleblowing.NONE), ("local_authority", None), ("urn", None)):
        if getattr(case, field) == nothing:
            values[field] = found[field]
    for field, wish in (("confidentiality", Confidentiality.REQUESTED), ("contact", Contact.DO_NOT_CONTACT)):
        if found[field] == wish:
            values[field] = wish
    if found["contact"] == Contact.TELEPHONE and case.contact != Contact.DO_NOT_CONTACT:
        values["contact"] = Contact.TELEPHONE
    if "mailbox" in found and not case.restricted:
        values["mailbox"] = found["mailbox"]
    return values


CLEAR = (
    *("priority", "kind", "immediate_risk", "remit", "service_type", "whistleblowing", "anonymous"),
    *("confidentiality", "contact", "local_authority", "urn", "language", "adult_in_danger"),
)


def clear_columns(assessment: Assessment) -> dict[str, Any]:
    """What of an assessment stands in clear columns of a case: what queues, counts and reports need."""
    columns: dict[str, Any] = {name: getattr(assessment, name) for name in CLEAR}
    columns |= {situation: situation in assessment.situations for situation in Situation}
    if assessment.registered:
        columns["urn"] = assessment.registered.urn
    return columns | {"look_first": assessment.look_first is not None}
