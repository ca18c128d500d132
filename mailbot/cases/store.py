"""Cases: filing a judged message, listing the queue, opening a case and writing an officer's review.

Frozen values of `mailbot.domain` go in and out; rows never leave this module. Restricted cases are filtered here, in
the query itself, so that no caller can forget to.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Permission, may
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.ledger import MessageState, StoredMail
from mailbot.cases.mask import Masked, Masker
from mailbot.cases.schema import actions, cases, letters, messages, notes
from mailbot.cases.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import (
    Action,
    ActionKind,
    Address,
    Assessment,
    Attachment,
    Case,
    CaseState,
    Channel,
    Confidentiality,
    Contact,
    Decision,
    Email,
    Evidence,
    Kind,
    Letter,
    LetterState,
    Note,
    QueueEntry,
    Remit,
    Reply,
    Role,
    ServiceType,
    Situation,
    Whistleblowing,
    priority_of,
)
from mailbot.errors import NotAllowed, StaleWrite

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NARRATIVE_PLACE = "cases.sealed_narrative"
IDENTITY_PLACE = "cases.sealed_identity"
LETTER_PLACE = "letters.sealed_letter"
NOTE_PLACE = "notes.sealed_note"
ACKNOWLEDGEMENT = "acknowledgement"

CORRECTABLE: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "immediate_risk": ("true", "false"),
    **dict.fromkeys(Situation, ("true", "false")),
    "remit": tuple(Remit),
    "service_type": tuple(ServiceType),
    "whistleblowing": tuple(Whistleblowing),
    "anonymous": ("true", "false"),
    "confidentiality": tuple(Confidentiality),
    "contact": tuple(Contact),
    "adult_in_danger": ("true", "false"),
}
"""What an officer may correct on the review form, and the values each field may take."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Narrative:
    """What is sealed under the narrative key: the message as officers read it, and how it was judged."""

    subject: str
    text: str
    quoted: str
    assessment: Assessment
    reply: Reply
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is sealed under the identity key: who wrote, and what the tokens of the narrative stand for."""

    sender: Address
    reply_to: Address | None
    postal_address: str | None
    signature: str
    tokens: dict[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A signed-in member of staff, as far as the record needs to know them."""

    email: str
    role: Role

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)


def new_reference() -> str:
    """A case reference such as ``MB-4F7K-29QX``: 40 random bits that tell nothing of the case, its type or its turn."""
    letters_ = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"MB-{letters_[:4]}-{letters_[4:]}"


def masked(email: Email, assessment: Assessment) -> tuple[Narrative, Identity]:
    """The message parted into what officers read, identity masked, and who wrote it.

    Evidence spans are carried over to the masked text. `reply` of the narrative is filled in by `Filing.file`.
    """
    masker = Masker(email, assessment.postal_address)
    parts = {
        "text": masker.mask(email.text),
        "subject": masker.mask(email.subject),
        "quoted": masker.mask(email.quoted),
    }
    attachments = []
    for number, attachment in enumerate(email.attachments):
        words = masker.mask(attachment.text) if attachment.text is not None else None
        parts[f"attachment:{number}"] = words or masker.mask("")
        attachments.append(
            dataclasses.replace(
                attachment, name=masker.mask(attachment.name).text, text=words.text if words is not None else None
            )
        )
    tokens: dict[str, str] = {}
    for part in parts.values():
        tokens |= part.tokens
    shown = dataclasses.replace(
        assessment,
        postal_address=None,
        people=tuple(masker.mask(person).text for person in assessment.people),
        evidence=tuple(_carried_over(evidence, parts[evidence.part]) for evidence in assessment.evidence),
    )
    narrative = Narrative(
        subject=parts["subject"].text,
        text=parts["text"].text,
        quoted=parts["quoted"].text,
        assessment=shown,
        reply=Reply(channel=Channel.NONE, template=None, withheld_because=None),
        attachments=tuple(attachments),
        defects=email.defects,
    )
    identity = Identity(
        sender=email.sender,
        reply_to=email.reply_to,
        postal_address=assessment.postal_address,
        signature=email.signature,
        tokens=tokens,
    )
    return narrative, identity


def _carried_over(evidence: Evidence, part: Masked) -> Evidence:
    start, end = part.span(evidence.start, evidence.end)
    return dataclasses.replace(evidence, start=start, end=end, text=part.text[start:end])


class Filing:
    """One transaction in which a batch of judged messages becomes cases."""

    def __init__(
        self, connection: sa.Connection, vault: Vault, clock: Clock, restricted_mailboxes: Collection[str]
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = restricted_mailboxes

    def file(
        self,
        stored: StoredMail,
        reference: str,
        email: Email,
        assessment: Assessment,
        reply: Reply,
        letter: Letter | None,
    ) -> None:
        """Files one message: a new case with its acknowledgement in the outbox, or one more copy of a known message.

        The same message come to both mailboxes is one case under the stricter mailbox's access, acknowledged once.
        Does nothing where another process has filed it meanwhile.
        """
        same_as = self._vault.keyring.digest(_fingerprint(email, stored.mail.content))
        claim = (
            sa.update(messages)
            .where(messages.c.id == stored.id, messages.c.state == MessageState.STORED)
            .values(state=MessageState.FILED, same_as=same_as)
        )
        if self._connection.execute(claim).rowcount == 0:
            return
        case_id = self._join_known(stored, same_as) or self._new_case(
            stored, reference, email, assessment, reply, letter
        )
        self._connection.execute(sa.update(messages).where(messages.c.id == stored.id).values(case_id=case_id))

    def _join_known(self, stored: StoredMail, same_as: str) -> int | None:
        query = (
            sa.select(cases.c.id, cases.c.reference)
            .join(messages, messages.c.case_id == cases.c.id)
            .where(messages.c.same_as == same_as)
            .limit(1)
        )
        known = self._connection.execute(query).one_or_none()
        if known is None:
            return None
        if stored.mail.mailbox in self._restricted_mailboxes:
            self._connection.execute(
                sa.update(cases)
                .where(cases.c.id == known.id)
                .values(restricted=True, mailbox=stored.mail.mailbox, version=cases.c.version + 1)
            )
        self._audit("same message received again", known.reference, f"mailbox {stored.mail.mailbox}")
        case_id: int = known.id
        return case_id

    def _new_case(
        self,
        stored: StoredMail,
        reference: str,
        email: Email,
        assessment: Assessment,
        reply: Reply,
        letter: Letter | None,
    ) -> int:
        narrative, identity = masked(email, assessment)
        narrative = dataclasses.replace(narrative, reply=reply)
        state = LetterState.DUE if letter is not None else LetterState.WITHHELD
        case_id: int = self._connection.execute(
            sa.insert(cases).returning(cases.c.id),
            {
                "reference": reference,
                "vault_id": stored.vault_id,
                "mailbox": stored.mail.mailbox,
                "restricted": assessment.restricted or stored.mail.mailbox in self._restricted_mailboxes,
                "state": CaseState.NEW,
                "version": 1,
                "received_at": stored.mail.received_at,
                "filed_at": self._clock(),
                "acknowledgement": state,
                **_clear_columns(assessment),
                "sealed_narrative": self._seal(stored.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, narrative),
                "sealed_identity": self._seal(stored.vault_id, Purpose.IDENTITY, IDENTITY_PLACE, identity),
            },
        ).scalar_one()
        self._queue_letter(case_id, stored.vault_id, reply, letter, state)
        self._audit("filed", reference, f"priority {assessment.priority}; acknowledgement {state}")
        return case_id

    def _queue_letter(
        self, case_id: int, vault_id: str, reply: Reply, letter: Letter | None, state: LetterState
    ) -> None:
        token, now = secrets.token_hex(16), self._clock()
        sealed = letter and self._seal(vault_id, Purpose.IDENTITY, f"{LETTER_PLACE}:{token}", letter)
        self._connection.execute(
            sa.insert(letters).values(
                token=token,
                case_id=case_id,
                purpose=ACKNOWLEDGEMENT,
                template=reply.template,
                channel=reply.channel,
                state=state,
                withheld_because=reply.withheld_because,
                created_at=now,
                due_at=now,
                attempts=0,
                sealed_letter=sealed,
            )
        )

    def _seal(self, vault_id: str, purpose: Purpose, place: str, value: object) -> bytes:
        return self._vault.seal(vault_id, purpose, place, msgspec.json.encode(value))

    def _audit(self, act: str, reference: str, detail: str) -> None:
        audit.record(
            self._connection, at=self._clock(), actor=audit.MACHINE, act=act, reference=reference, detail=detail
        )


class Store:
    """The cases, for those who file them and those who work them."""

    def __init__(
        self, engine: sa.Engine, vault: Vault, clock: Clock, restricted_mailboxes: Collection[str] = frozenset()
    ) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = frozenset(restricted_mailboxes)

    @contextmanager
    def filing(self) -> Iterator[Filing]:
        """A transaction to file a batch in; committed when the block ends well."""
        with storage_errors(), self._writing.begin() as connection:
            yield Filing(connection, self._vault, self._clock, self._restricted_mailboxes)

    def set_aside(self, stored: StoredMail, problem: str) -> None:
        """Marks a message that could not be filed, for staff to see; its bytes are kept."""
        change = (
            sa.update(messages)
            .where(messages.c.id == stored.id, messages.c.state == MessageState.STORED)
            .values(state=MessageState.SET_ASIDE, problem=problem[:255])
        )
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(change)
            audit.record(
                connection, at=self._clock(), actor=audit.MACHINE, act="set aside", detail=f"message {stored.id}"
            )

    def queue(self, officer: Officer | None, states: Collection[CaseState] = (CaseState.NEW,)) -> list[QueueEntry]:
        """The cases in `states` that `officer` may see, by priority, then oldest first.

        None stands for the command line's list without content, which shows every case's outline.
        """
        query = sa.select(*_ENTRY_COLUMNS).where(cases.c.state.in_(list(states)))
        if officer is not None:
            self._demand(officer, Permission.READ_CASES)
            query = _visible(query, officer)
        query = query.order_by(cases.c.priority, cases.c.received_at, cases.c.id)
        with storage_errors(), self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def counts(self, officer: Officer) -> dict[CaseState, int]:
        """How many cases of each state `officer` may see."""
        self._demand(officer, Permission.READ_CASES)
        query = _visible(sa.select(cases.c.state, sa.func.count()), officer).group_by(cases.c.state)
        with storage_errors(), self._engine.connect() as connection:
            found = {CaseState(state): int(count) for state, count in connection.execute(query)}
        return {state: found.get(state, 0) for state in CaseState}

    def open_case(self, reference: str, officer: Officer) -> Case:
        """The case as `officer` may read it; the reading is audited. `NotAllowed` if it is not there for them."""
        self._demand(officer, Permission.READ_CASES)
        with storage_errors(), self._writing.begin() as connection:
            row = self._visible_row(connection, reference, officer)
            audit.record(connection, at=self._clock(), actor=officer.email, act="read case", reference=reference)
            return self._case(connection, row)

    def review(self, reference: str, officer: Officer, version: int, decision: Decision) -> None:
        """Writes an officer's review in one transaction, audited.

        Raises `StaleWrite` where the case has changed since `version` was read, `NotAllowed` where it is not theirs or
        where a case in which a child may be at risk would be ended with nothing done.
        """
        self._demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._visible_row(connection, reference, officer)
            if row.version != version:
                raise StaleWrite("Somebody else has changed this case since you opened it. Nothing of yours was saved")
            values = self._corrected(row, decision)
            _refuse_to_drop_a_child(values, decision)
            ended = decision.close or set(decision.actions) == {ActionKind.NO_FURTHER_ACTION}
            state = CaseState.CLOSED if ended else CaseState.OPEN if decision.actions else CaseState(row.state)
            changed = connection.execute(
                sa.update(cases)
                .where(cases.c.id == row.id, cases.c.version == version)
                .values(**values, state=state, version=version + 1, reviewed_at=now)
            )
            if changed.rowcount == 0:
                raise StaleWrite("Somebody else has changed this case since you opened it. Nothing of yours was saved")
            self._write_review(connection, row, officer, now, decision)

    def _write_review(
        self, connection: sa.Connection, row: Any, officer: Officer, now: datetime, decision: Decision
    ) -> None:
        for kind in decision.actions:
            connection.execute(
                sa.insert(actions).values(
                    case_id=row.id,
                    kind=kind,
                    decided_by=officer.email,
                    decided_at=now,
                    done=kind is ActionKind.NO_FURTHER_ACTION,
                )
            )
            audit.record(connection, at=now, actor=officer.email, act="decided", reference=row.reference, detail=kind)
        reasons = [f"{change.field} set to {change.value}: {change.reason}" for change in decision.corrections]
        for change in decision.corrections:
            audit.record(
                connection,
                at=now,
                actor=officer.email,
                act="corrected",
                reference=row.reference,
                detail=f"{change.field} = {change.value}",
            )
        for text in filter(None, [*reasons, decision.note.strip()]):
            token = secrets.token_hex(16)
            sealed = self._vault.seal(row.vault_id, Purpose.NARRATIVE, f"{NOTE_PLACE}:{token}", text.encode())
            connection.execute(
                sa.insert(notes).values(
                    token=token, case_id=row.id, written_by=officer.email, written_at=now, sealed_note=sealed
                )
            )
            audit.record(connection, at=now, actor=officer.email, act="noted", reference=row.reference)

    def _corrected(self, row: Any, decision: Decision) -> dict[str, Any]:
        """The assessment's clear columns after the officer's corrections, priority and restriction with them."""
        values = {name: getattr(row, name) for name in _ASSESSMENT_COLUMNS}
        for change in decision.corrections:
            if change.value not in CORRECTABLE.get(change.field, ()):
                raise NotAllowed(f"{change.field} cannot be set to {change.value}")
            values[change.field] = {"true": True, "false": False}.get(change.value, change.value)
        if values["immediate_risk"]:
            values["child_at_risk"] = True
        values["priority"] = priority_of(
            kind=Kind(values["kind"]),
            remit=Remit(values["remit"]),
            immediate_risk=values["immediate_risk"],
            adult_in_danger=values["adult_in_danger"],
            situations=frozenset(situation for situation in Situation if values[situation]),
            look_first=values["look_first"],
        )
        values["restricted"] = row.restricted or values["whistleblowing"] != Whistleblowing.NONE
        return values

    def _case(self, connection: sa.Connection, row: Any) -> Case:
        sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, row.sealed_narrative)
        narrative = msgspec.json.decode(sealed, type=Narrative)
        note_rows = connection.execute(sa.select(notes).where(notes.c.case_id == row.id).order_by(notes.c.id))
        action_rows = connection.execute(sa.select(actions).where(actions.c.case_id == row.id).order_by(actions.c.id))
        return Case(
            entry=_entry(row),
            version=row.version,
            subject=narrative.subject,
            narrative=narrative.text,
            quoted=narrative.quoted,
            assessment=narrative.assessment,
            reply=narrative.reply,
            attachments=narrative.attachments,
            defects=narrative.defects,
            notes=tuple(
                Note(written_by=note.written_by, written_at=note.written_at, text=self._note_text(row.vault_id, note))
                for note in note_rows
            ),
            actions=tuple(
                Action(
                    kind=ActionKind(action.kind),
                    decided_by=action.decided_by,
                    decided_at=action.decided_at,
                    due_at=action.due_at,
                    done=action.done,
                )
                for action in action_rows
            ),
        )

    def _note_text(self, vault_id: str, note: Any) -> str:
        place = f"{NOTE_PLACE}:{note.token}"
        return self._vault.unseal(vault_id, Purpose.NARRATIVE, place, note.sealed_note).decode()

    def _visible_row(self, connection: sa.Connection, reference: str, officer: Officer) -> Any:
        query = _visible(sa.select(cases).where(cases.c.reference == reference), officer)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotAllowed("There is no such case, or it is not one you may see")
        return row

    @staticmethod
    def _demand(officer: Officer, permission: Permission) -> None:
        if not officer.may(permission):
            raise NotAllowed(f"Your role does not allow you to {permission}")


def _visible(query: sa.Select[Any], officer: Officer) -> sa.Select[Any]:
    """The query cut down to what `officer` may know of: the one place where restriction is decided."""
    return query if officer.may(Permission.READ_RESTRICTED) else query.where(cases.c.restricted.is_(False))


def _refuse_to_drop_a_child(values: dict[str, Any], decision: Decision) -> None:
    ends = decision.close or ActionKind.NO_FURTHER_ACTION in decision.actions
    if ends and (values["immediate_risk"] or values["child_at_risk"]):
        raise NotAllowed("A child may be at risk: decide an action for the child before the case is ended")


def _fingerprint(email: Email, content: bytes) -> str:
    """What makes two deliveries the same message: Message-ID, From, Date and body; trace headers differ by way."""
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    sent_at = email.sent_at.isoformat() if email.sent_at else ""
    parts = [email.message_id, email.sender.address, sent_at, body.rstrip().decode("latin-1")]
    if not email.message_id:
        parts.append(head.decode("latin-1"))  # nothing names it: only the very same bytes are the same message
    return "\0".join(parts)


_ASSESSMENT_COLUMNS = (
    "kind",
    "immediate_risk",
    *Situation,
    "remit",
    "service_type",
    "whistleblowing",
    "anonymous",
    "confidentiality",
    "contact",
    "adult_in_danger",
    "look_first",
)

_ENTRY_COLUMNS = [
    column for column in cases.c if column.name not in {"sealed_narrative", "sealed_identity", "vault_id"}
]


def _clear_columns(assessment: Assessment) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: getattr(assessment, name)
        for name in (
            *("priority", "kind", "immediate_risk", "remit", "service_type", "whistleblowing", "anonymous"),
            *("confidentiality", "contact", "local_authority", "urn", "language", "adult_in_danger"),
        )
    }
    columns |= {situation: situation in assessment.situations for situation in Situation}
    return columns | {"look_first": assessment.look_first is not None}


def _entry(row: Any) -> QueueEntry:
    return QueueEntry(
        reference=row.reference,
        mailbox=row.mailbox,
        restricted=row.restricted,
        state=CaseState(row.state),
        priority=row.priority,
        received_at=row.received_at,
        acknowledgement=row.acknowledgement,
        kind=Kind(row.kind),
        immediate_risk=row.immediate_risk,
        situations=frozenset(situation for situation in Situation if getattr(row, situation)),
        remit=Remit(row.remit),
        service_type=ServiceType(row.service_type),
        whistleblowing=Whistleblowing(row.whistleblowing),
        anonymous=row.anonymous,
        confidentiality=Confidentiality(row.confidentiality),
        contact=Contact(row.contact),
        local_authority=row.local_authority,
        urn=row.urn,
        language=row.language,
        adult_in_danger=row.adult_in_danger,
        look_first=row.look_first,
        assigned_to=row.assigned_to,
    )
