"""Cases: listing the queue, opening a case and writing an officer's review.

Frozen values of `mailbot.domain` go in and out; rows never leave this module. Restricted cases are filtered here, in
the query itself, so that no caller can forget to.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, refuse_erased, visible
from mailbot.cases.alerts import end_alert, raise_alert
from mailbot.cases.arrivals.filing import Filing
from mailbot.cases.arrivals.joining import Joining, restrict_suggested
from mailbot.cases.database import one_at_a_time, storage_errors, writing
from mailbot.cases.deciding import actions_of, decide, due_for, needs_second, refuse_to_end
from mailbot.cases.identity.identity import refuse_settling
from mailbot.cases.masking.narrative import FOLLOW_UP_NARRATIVE_PLACE, NARRATIVE_PLACE, NOTE_PLACE, Narrative
from mailbot.cases.oversight.learning import READ, note_answer
from mailbot.cases.schema import actions, approaches, cases, follow_ups, notes, tasks, writings
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex
from mailbot.cases.waiting import due_anew
from mailbot.clock import Clock
from mailbot.domain import (
    ActionKind,
    ActionState,
    Case,
    CaseState,
    ComplainedFirst,
    Confidentiality,
    Contact,
    Decision,
    FollowUp,
    Kind,
    Note,
    QueueEntry,
    Remit,
    ServiceType,
    Situation,
    Task,
    TaskKind,
    Whistleblowing,
    priority_of,
)
from mailbot.errors import KeysMissing, NotAllowed, StaleWrite
from mailbot.targets import ORDINARY, Targets

CORRECTABLE: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "immediate_risk": ("true", "false"),
    **dict.fromkeys(Situation, ("true", "false")),
    "remit": tuple(Remit),
    "service_type": tuple(ServiceType),
    "second_service_type": ("none", *ServiceType),
    "whistleblowing": tuple(Whistleblowing),
    "anonymous": ("true", "false"),
    "confidentiality": tuple(Confidentiality),
    "contact": tuple(Contact),
    "adult_in_danger": ("true", "false"),
    "written_by_child": ("true", "false"),
    "complained_first": tuple(ComplainedFirst),
    "fears_reprisal": ("true", "false"),
}
"""What an officer may correct by choosing, and the values each field may take."""

WRITTEN: dict[str, re.Pattern[str]] = {
    "service_name": re.compile(r"[^\x00-\x1f]{0,120}"),
    "local_authority": re.compile(r"[^\x00-\x1f\d]{0,64}"),
    "urn": re.compile(r"(?:[A-Z]{0,2}\d{5,7})?"),
    "language": re.compile(r"[a-z]{2,3}"),
}
"""What an officer may correct by writing, and the form each field must have; nothing written clears it."""

READ_BY_MACHINE = "read by another system"
"""As `READ`, and no answer of an officer rests on it."""

SEALED_FIELDS = frozenset({"service_name", "written_by_child", "complained_first", "fears_reprisal"})
"""Fields of the assessment that stand in no clear column."""


class Store:
    """The cases, for those who file them and those who work them."""

    def __init__(
        self,
        engine: sa.Engine,
        vault: Vault,
        clock: Clock,
        restricted_mailboxes: Collection[str] = frozenset(),
        targets: Targets = ORDINARY,
    ) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = frozenset(restricted_mailboxes)
        self._targets = targets

    @contextmanager
    def filing(self) -> Iterator[Filing]:
        """A transaction to file a batch in; committed when the block ends well. Filings follow one another."""
        with storage_errors(), self._writing.begin() as connection:
            one_at_a_time(connection)
            yield Filing(connection, self._vault, self._clock, self._restricted_mailboxes, self._targets)

    def queue(self, officer: Officer | None, states: Collection[CaseState] = (CaseState.NEW,)) -> list[QueueEntry]:
        """The cases in `states` that `officer` may see, by priority, then by when they are due.

        None stands for the command line's list without content, which shows every case's outline.
        """
        query = sa.select(*ENTRY_COLUMNS, has_task(officer)).where(cases.c.state.in_(list(states)))
        if officer is not None:
            demand(officer, Permission.READ_CASES)
            query = visible(query, officer)
        query = query.order_by(cases.c.priority, cases.c.due_at, cases.c.received_at, cases.c.id)
        with storage_errors(), self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def counts(self, officer: Officer) -> dict[CaseState, int]:
        """How many cases of each state `officer` may see."""
        demand(officer, Permission.READ_CASES)
        query = visible(sa.select(cases.c.state, sa.func.count()), officer).group_by(cases.c.state)
        with storage_errors(), self._engine.connect() as connection:
            found = {CaseState(state): int(count) for state, count in connection.execute(query)}
        return {state: found.get(state, 0) for state in CaseState}

    def open_case(self, reference: str, officer: Officer, *, by_machine: bool = False) -> Case:
        """The case as `officer` may read it; the reading is audited. `NotAllowed` if it is not there for them.

        What a program reads (`by_machine`) has been seen by nobody yet.
        """
        demand(officer, Permission.READ_CASES)
        with storage_errors(), self._writing.begin() as connection:
            row = self._visible_row(connection, reference, officer)
            act = READ_BY_MACHINE if by_machine else READ
            audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference)
            if row.seen_at is None and not by_machine:
                connection.execute(sa.update(cases).where(cases.c.id == row.id).values(seen_at=self._clock()))
            return self._case(connection, row, officer)

    def needs_second(self, reference: str, officer: Officer, decision: Decision) -> str | None:
        """Why a review of this case would count only once a second officer agrees; None where it need not.

        Raises `ActionsOpen` where it would close the case over something that is neither done nor dropped.
        """
        demand(officer, Permission.REVIEW)
        with storage_errors(), self._engine.connect() as connection:
            row = self._visible_row(connection, reference, officer)
            if _ends(decision):
                refuse_to_end(connection, row.id, decision.actions)
            values = self._corrected(row, decision)
            return needs_second(row, values, decision, referred=_is_referred(connection, row.id))

    def review(
        self, reference: str, officer: Officer, version: int, decision: Decision, *, approved_by: Officer | None = None
    ) -> None:
        """Writes an officer's review in one transaction, audited.

        Raises `StaleWrite` where the case has changed since `version` was read, `NotAllowed` where it is not theirs or
        where only a second officer can make it count (`mailbot.cases.approvals`) and none has, `ActionsOpen` where it
        would close the case over something that is neither done nor dropped.
        """
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._visible_row(connection, reference, officer)
            if row.version != version:
                raise StaleWrite("Somebody else has changed this case since you opened it. Nothing of yours was saved")
            values = self._corrected(row, decision)
            sealed_changes = {one.field: one.value for one in decision.corrections if one.field in SEALED_FIELDS}
            if sealed_changes:
                values["sealed_narrative"] = self._resealed(row, sealed_changes)
            why = needs_second(row, values, decision, referred=_is_referred(connection, row.id))
            if why and (approved_by is None or approved_by.email == officer.email):
                raise NotAllowed(f"{why}: a second officer must agree")
            ended = _ends(decision)
            if ended:
                refuse_to_end(connection, row.id, decision.actions)
            state = CaseState.CLOSED if ended else CaseState.OPEN if decision.actions else CaseState(row.state)
            if not decision.corrections:
                values["priority"] = row.priority  # a later message may have raised it beyond what its fields say
            values |= due_anew(row, now, values["priority"], self._targets)
            if values["restricted"] and not row.restricted:
                restrict_suggested(connection, row.id, now)
            changed = connection.execute(
                sa.update(cases)
                .where(cases.c.id == row.id, cases.c.version == version)
                .values(**values, state=state, version=version + 1, reviewed_at=now)
            )
            if changed.rowcount == 0:
                raise StaleWrite("Somebody else has changed this case since you opened it. Nothing of yours was saved")
            self._write_review(connection, row, officer, now, decision)
            if approved_by is None:  # of one that waited for a second officer, what its proposer wrote since stays
                mine = (writings.c.case_id == row.id) & (writings.c.officer == officer.email)
                connection.execute(sa.delete(writings).where(mine))
            note_answer(connection, row.id, reference, officer, values, now)
            self._alert(connection, row, values, decision, now)

    @staticmethod
    def _alert(connection: sa.Connection, row: Any, values: dict[str, Any], decision: Decision, now: datetime) -> None:
        """A danger that an officer finds alerts at once; one that is decided on, or is none, alerts no more."""
        danger = values["immediate_risk"] or values["adult_in_danger"]
        if not danger or decision.actions:
            end_alert(connection, row.id, now)
        elif not (row.immediate_risk or row.adult_in_danger):
            raise_alert(connection, row.id, now)

    def reopen(self, reference: str, officer: Officer, reason: str) -> None:
        """Opens a closed case again, `reason` as a note; audited. One that was joined to another stays closed."""
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._visible_row(connection, reference, officer)
            if row.state != CaseState.CLOSED or row.joined_to is not None:
                raise NotAllowed("This case is not closed, or goes on as another")
            connection.execute(
                sa.update(cases).where(cases.c.id == row.id).values(state=CaseState.OPEN, version=row.version + 1)
            )
            self._write_review(connection, row, officer, now, Decision(note=f"Opened again: {reason}"))
            audit.record(connection, at=now, actor=officer.email, act="reopened", reference=reference)

    def settle_task(self, reference: str, officer: Officer, task_id: int, *, join: bool = False) -> str:
        """Notes that a task is seen to; says the reference to go on with. Audited.

        `join` confirms that the case belongs to the other one: its messages become that case's, and it is closed.
        """
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            one_at_a_time(connection)
            row = self._visible_row(connection, reference, officer)
            task = next((one for one in connection.execute(_tasks_of(row.id, officer)) if one.id == task_id), None)
            if task is None or (join and task.kind != TaskKind.JOIN):
                raise NotAllowed("There is no such task on this case, or it is done already")
            _refuse_ones_own(connection, row.id, TaskKind(task.kind), officer)
            refuse_settling(connection, task, officer, now)
            connection.execute(sa.update(tasks).where(tasks.c.id == task_id).values(done_at=now, done_by=officer.email))
            act = f"task {task.kind} {'joined' if join else 'done'}"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference)
            if not join:
                return reference
            other = self._visible_row(connection, task.other_reference, officer)
            Joining(connection, self._vault, self._clock, self._targets).join(row, other)
            detail = f"joined to {other.reference}"
            audit.record(connection, at=now, actor=officer.email, act="case joined", reference=reference, detail=detail)
            return str(other.reference)

    def _write_review(
        self, connection: sa.Connection, row: Any, officer: Officer, now: datetime, decision: Decision
    ) -> None:
        for kind in decision.actions:
            decide(connection, row, kind, officer.email, now, due_at=due_for(kind, now, self._targets))
        reasons = [f"{change.field} set to {change.value}: {change.reason}" for change in decision.corrections]
        for change in decision.corrections:
            audit.record(
                connection,
                at=now,
                actor=officer.email,
                act="corrected",
                reference=row.reference,
                detail=change.field if change.field in SEALED_FIELDS else f"{change.field} = {change.value}",
            )
        for text in filter(None, [*reasons, decision.note.strip()]):
            token = secrets.token_hex(16)
            sealed = self._vault.seal(row.vault_id, Purpose.NARRATIVE, f"{NOTE_PLACE}:{token}", text.encode())
            connection.execute(
                sa.insert(notes).values(
                    token=token, case_id=row.id, written_by=officer.email, written_at=now, sealed_note=sealed
                )
            )
            SearchIndex(connection, self._vault).add_note(row.id, text)
            audit.record(connection, at=now, actor=officer.email, act="noted", reference=row.reference)

    def _corrected(self, row: Any, decision: Decision) -> dict[str, Any]:
        """The assessment's clear columns after the officer's corrections, priority and restriction with them."""
        values = {name: getattr(row, name) for name in _ASSESSMENT_COLUMNS}
        for change in decision.corrections:
            if not may_be(change.field, change.value):
                raise NotAllowed(f"{change.field} cannot be set to {change.value}")
            if change.field not in SEALED_FIELDS:
                values[change.field] = {"true": True, "false": False}.get(change.value, change.value)
        for field in ("local_authority", "urn"):
            values[field] = values[field] or None
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

    def _resealed(self, row: Any, changes: dict[str, str]) -> bytes:
        narrative = self._narrative(row)
        narrative = dataclasses.replace(narrative, corrected=narrative.corrected | changes)
        return self._vault.seal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, msgspec.json.encode(narrative))

    def _narrative(self, row: Any) -> Narrative:
        sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, row.sealed_narrative)
        return msgspec.json.decode(sealed, type=Narrative)

    def _case(self, connection: sa.Connection, row: Any, officer: Officer) -> Case:
        narrative = self._narrative(row)
        note_rows = connection.execute(sa.select(notes).where(notes.c.case_id == row.id).order_by(notes.c.id)).all()
        sealed_notes = [(row.vault_id, f"{NOTE_PLACE}:{note.token}", note.sealed_note) for note in note_rows]
        later = connection.execute(_follow_ups_of(row.id)).all()
        sealed_later = [(one.vault_id, FOLLOW_UP_NARRATIVE_PLACE, one.sealed_narrative) for one in later]
        opened = self._opened([*sealed_notes, *sealed_later])
        return Case(
            entry=entry_of(row),
            version=row.version,
            subject=narrative.subject,
            narrative=narrative.text,
            quoted=narrative.quoted,
            assessment=narrative.assessment,
            reply=narrative.reply,
            attachments=narrative.attachments,
            defects=narrative.defects,
            told=narrative.told,
            corrected=narrative.corrected,
            notes=tuple(
                Note(written_by=note.written_by, written_at=note.written_at, text=text.decode())
                for note, text in zip(note_rows, opened, strict=False)
            ),
            actions=actions_of(connection, self._vault, row.id),
            follow_ups=tuple(
                _follow_up(one.received_at, msgspec.json.decode(clear, type=Narrative))
                for one, clear in zip(later, opened[len(note_rows) :], strict=True)
            ),
            tasks=tuple(
                Task(
                    id=task.id,
                    kind=TaskKind(task.kind),
                    why=task.why,
                    other_case=task.other_reference,
                    created_at=task.created_at,
                )
                for task in connection.execute(_tasks_of(row.id, officer))
            ),
        )

    def _opened(self, sealed: Sequence[tuple[str, str, bytes]]) -> list[bytes]:
        """What is sealed, by one look into the key store; raises `KeysMissing` where a key is gone."""
        found = self._vault.unseal_many(Purpose.NARRATIVE, sealed)
        there = [one for one in found if one is not None]
        if len(there) < len(found):
            raise KeysMissing("the key of this record is not in the key store: it was erased, or the store is another")
        return there

    def _visible_row(self, connection: sa.Connection, reference: str, officer: Officer) -> Any:
        query = visible(sa.select(cases, has_task(officer)).where(cases.c.reference == reference), officer)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotAllowed("There is no such case, or it is not one you may see")
        refuse_erased(row)
        return row


def _follow_up(received_at: datetime, narrative: Narrative) -> FollowUp:
    return FollowUp(
        received_at=received_at,
        subject=narrative.subject,
        narrative=narrative.text,
        quoted=narrative.quoted,
        assessment=narrative.assessment,
        attachments=narrative.attachments,
        defects=narrative.defects,
        told=narrative.told,
    )


def may_be(field: str, value: str) -> bool:
    """Whether an officer may set that field to that value."""
    if field in WRITTEN:
        return WRITTEN[field].fullmatch(value) is not None
    return value in CORRECTABLE.get(field, ())


def _ends(decision: Decision) -> bool:
    """Whether the review closes the case."""
    return decision.close or set(decision.actions) == {ActionKind.NO_FURTHER_ACTION}


def _tasks_of(case_id: int, officer: Officer) -> sa.Select[Any]:
    """The open tasks of a case; not those that speak of a case the officer may not know of."""
    query = (
        sa.select(tasks, OTHER.c.reference.label("other_reference"))
        .outerjoin(OTHER, tasks.c.other_case_id == OTHER.c.id)
        .where(tasks.c.case_id == case_id, tasks.c.done_at.is_(None))
        .order_by(tasks.c.id)
    )
    return query if officer.may(Permission.READ_RESTRICTED) else query.where(OTHER.c.restricted.is_not(True))


OTHER = cases.alias("other")
"""The case that a task speaks of; made once, for that takes longer than a query does."""


def has_task(officer: Officer | None) -> sa.Label[bool]:
    query = (
        sa.select(tasks.c.id)
        .outerjoin(OTHER, tasks.c.other_case_id == OTHER.c.id)
        .where(tasks.c.case_id == cases.c.id, tasks.c.done_at.is_(None))
        .correlate(cases)
    )
    if officer is not None and not officer.may(Permission.READ_RESTRICTED):
        query = query.where(OTHER.c.restricted.is_not(True))
    return query.exists().label("has_task")


def _follow_ups_of(case_id: int) -> sa.Select[Any]:
    return (
        sa.select(follow_ups)
        .where(follow_ups.c.case_id == case_id)
        .order_by(follow_ups.c.received_at, follow_ups.c.message_id)
    )


def _refuse_ones_own(connection: sa.Connection, case_id: int, kind: TaskKind, officer: Officer) -> None:
    """What was done by way of exception is looked at by somebody else, who may see what it touches."""
    if kind is TaskKind.SECOND_OFFICER:
        raise NotAllowed("Agree with what was proposed, or leave the case as it is")
    if kind is TaskKind.GLASS_BROKEN:
        demand(officer, Permission.READ_RESTRICTED)
    if kind is TaskKind.SENT_DESPITE_WARNING:
        mine = sa.select(approaches.c.id).where(approaches.c.case_id == case_id, approaches.c.sent_by == officer.email)
        if connection.execute(mine.limit(1)).first() is not None:
            raise NotAllowed("You sent it: somebody else looks at whether it gives the source away")


def _is_referred(connection: sa.Connection, case_id: int) -> bool:
    """Whether a referral was decided, and not dropped since."""
    query = sa.select(actions.c.id).where(
        actions.c.case_id == case_id,
        actions.c.kind == ActionKind.REFER_TO_AUTHORITY,
        actions.c.state != ActionState.DROPPED,
    )
    return connection.execute(query.limit(1)).first() is not None


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
    "local_authority",
    "urn",
    "second_service_type",
    "language",
)

ENTRY_COLUMNS = [
    column for column in cases.c if column.name not in {"sealed_narrative", "sealed_identity", "vault_id", "joined_to"}
]


def entry_of(row: Any) -> QueueEntry:
    return QueueEntry(
        reference=row.reference,
        mailbox=row.mailbox,
        restricted=row.restricted,
        state=CaseState(row.state),
        priority=row.priority,
        received_at=row.received_at,
        waits_since=row.waits_since,
        due_at=row.due_at,
        see_by=row.see_by,
        seen_at=row.seen_at,
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
        has_task=row.has_task,
        second_service_type=row.second_service_type,
    )
