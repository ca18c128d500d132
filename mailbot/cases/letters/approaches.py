"""Whom officers write to about a case (P11, P13a, P13b, P18, P26): draft -> sent -> answered, or withdrawn.

What was decided is done by it: an enquiry of the service once it is answered, all else once it is sent. An urgent
referral is followed up all the same until the authority has confirmed that it has it. What is written is sealed with
the narrative; what goes out is a letter of the outbox, queued in the transaction that marks the approach as sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for
from mailbot.cases.alerts import end_alert, raise_alert
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.deciding import decide, oldest_open, settle
from mailbot.cases.letters.letters import queue_letter
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    Identity,
    Narrative,
    told_by,
)
from mailbot.cases.schema import actions, approaches, calls, cases, follow_ups, letters
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import (
    ActionKind,
    ActionState,
    Approach,
    ApproachState,
    Call,
    CaseState,
    Draft,
    KnownSource,
    Letter,
    LetterState,
    TaskKind,
)
from mailbot.errors import NotAllowed

DRAFT_PLACE = "approaches.sealed_draft"
CALL_PLACE = "calls.sealed_call"

CONFIRMED_WITHIN = timedelta(minutes=30)
"""How long after an urgent referral went the authority must have confirmed it, or duty staff are alerted again."""

NOT_CONFIRMED = "the local authority has not confirmed the urgent referral"
OVERDUE = "the answer is overdue"
CAME = "an answer has come: read it, and note whether it settles what was asked"
WARNED = "it was sent although it may give the source away: somebody else looks at it"


class Approaches:
    """What officers have written, or write, to those who must act or may know more."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def start(self, reference: str, officer: Officer, purpose: ActionKind, draft: Draft) -> int:
        """Begins an approach with a first draft; says its number. Audited."""
        token, now = secrets.token_hex(16), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            number: int = connection.execute(
                sa.insert(approaches).returning(approaches.c.id),
                {
                    "token": token,
                    "case_id": case.id,
                    "vault_id": case.vault_id,
                    "purpose": purpose,
                    "state": ApproachState.DRAFT,
                    "started_by": officer.email,
                    "started_at": now,
                    "sealed_draft": self._sealed(case.vault_id, f"{DRAFT_PLACE}:{token}", draft),
                },
            ).scalar_one()
            self._audit(connection, officer, f"{purpose} drafted", reference)
        return number

    def of_case(self, reference: str, officer: Officer) -> list[Approach]:
        """Every approach of a case that `officer` may see, oldest first."""
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer, Permission.READ_CASES)
            rows = connection.execute(_approaches().where(approaches.c.case_id == case.id).order_by(approaches.c.id))
            return [self._opened(connection, row, reference) for row in rows]

    def one(self, reference: str, number: int, officer: Officer) -> Approach:
        """One approach of a case; `NotAllowed` where it is not there for that officer."""
        with storage_errors(), self._engine.connect() as connection:
            row = self._row(connection, reference, number, officer, Permission.READ_CASES)
            return self._opened(connection, row, reference)

    def rewrite(self, reference: str, number: int, officer: Officer, draft: Draft) -> None:
        """Keeps a draft as it stands now. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, number, officer, states=(ApproachState.DRAFT,))
            sealed = self._sealed(row.vault_id, f"{DRAFT_PLACE}:{row.token}", draft)
            connection.execute(sa.update(approaches).where(approaches.c.id == number).values(sealed_draft=sealed))
            self._audit(connection, officer, f"{row.purpose} rewritten", reference)

    def withdraw(self, reference: str, number: int, officer: Officer) -> None:
        """Gives a draft up; it stays on record. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, number, officer, states=(ApproachState.DRAFT,))
            connection.execute(
                sa.update(approaches).where(approaches.c.id == number).values(state=ApproachState.WITHDRAWN)
            )
            self._audit(connection, officer, f"{row.purpose} withdrawn", reference)

    def note_call(self, reference: str, number: int, officer: Officer, call: Call) -> None:
        """Records a telephone call made for an approach: who, when, the reference that was given. Audited."""
        token = secrets.token_hex(16)
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, number, officer)
            connection.execute(
                sa.insert(calls).values(
                    token=token,
                    approach_id=number,
                    called_by=call.called_by,
                    called_at=call.called_at,
                    sealed_call=self._sealed(row.vault_id, f"{CALL_PLACE}:{token}", call),
                )
            )
            self._audit(connection, officer, f"telephone call for {row.purpose}", reference)

    def send(
        self,
        reference: str,
        number: int,
        officer: Officer,
        letter: Letter,
        *,
        due_at: datetime | None,
        warned: bool,
    ) -> None:
        """Queues the letter of a draft and marks it as sent: a decision on the case (P13), audited, made once.

        `warned` says that it may give the source away and goes all the same: somebody with the role looks at it later.
        """
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, number, officer, states=(ApproachState.DRAFT,))
            purpose = ActionKind(row.purpose)
            urgent = purpose is ActionKind.REFER_TO_AUTHORITY
            letter_id = queue_letter(
                connection,
                self._vault,
                now,
                case_id=row.case_id,
                vault_id=row.case_vault_id,
                purpose=f"{purpose}:{number}",
                state=LetterState.DUE,
                channel=letter.channel,
                letter=letter,
                template=letter.template,
            )
            changed = connection.execute(
                sa.update(approaches)
                .where(approaches.c.id == number, approaches.c.state == ApproachState.DRAFT)
                .values(
                    state=ApproachState.SENT,
                    letter_id=letter_id,
                    sent_by=officer.email,
                    sent_at=now,
                    due_at=now + CONFIRMED_WITHIN if urgent else due_at,
                    chase_at=now + CONFIRMED_WITHIN if urgent else due_at,
                )
            )
            if changed.rowcount == 0:
                raise NotAllowed("Somebody else has sent this meanwhile")
            self._decided(connection, row, purpose, officer, due_at, letter)
            if warned:
                add_task(connection, row.case_id, TaskKind.SENT_DESPITE_WARNING, WARNED, None, now)
            act = f"{purpose} sent" + (" despite a warning" if warned else "")
            self._audit(connection, officer, act, reference)

    def answered(self, reference: str, number: int, officer: Officer) -> None:
        """Notes that they have answered, or that the authority has the referral: what was decided is done. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, number, officer, states=(ApproachState.SENT,))
            mark_answered(connection, self._vault, row, self._clock(), officer.email)
            self._audit(connection, officer, f"{row.purpose} answered", reference)

    def chase(self) -> int:
        """Puts what has waited too long for an answer before people; says how many.

        An urgent referral that is not confirmed alerts the duty staff, again and again; another answer becomes a task
        once, for nothing is sent about a case without an officer's click.
        """
        now = self._clock()
        due = sa.select(approaches, cases.c.reference).join(cases, cases.c.id == approaches.c.case_id)
        due = due.where(approaches.c.state == ApproachState.SENT, approaches.c.chase_at <= now)
        with storage_errors(), self._writing.begin() as connection:
            rows = list(connection.execute(due.with_for_update(of=approaches)))
            for row in rows:
                urgent = row.purpose == ActionKind.REFER_TO_AUTHORITY
                if urgent:
                    raise_alert(connection, row.case_id, now)
                why = NOT_CONFIRMED if urgent else OVERDUE
                add_task(connection, row.case_id, TaskKind.ANSWER_OVERDUE, why, None, now)
                connection.execute(
                    sa.update(approaches)
                    .where(approaches.c.id == row.id)
                    .values(chase_at=now + CONFIRMED_WITHIN if urgent else None)
                )
                act = f"{row.purpose} chased"
                audit.record(connection, at=now, actor=audit.MACHINE, act=act, reference=row.reference)
        return len(rows)

    def source(self, reference: str, officer: Officer) -> KnownSource:
        """Who wrote the case, for a letter to be compared with, never for a page to show: what is compared stays here.

        Where several messages make the case, all their words and the details of each.
        """
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer)
            known = [self._source(case, case, NARRATIVE_PLACE, IDENTITY_PLACE)]
            later = sa.select(follow_ups).where(follow_ups.c.case_id == case.id).order_by(follow_ups.c.received_at)
            for row in connection.execute(later):
                told = self._source(row, row, FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)
                if told.address == known[0].address:
                    known.append(told)
        first = known[0]
        return replace(
            first,
            postal=next((one.postal for one in known if one.postal), ""),
            phones=tuple(dict.fromkeys(phone for one in known for phone in one.phones)),
            text="\n\n".join(one.text for one in known),
        )

    def _source(self, row: Any, sealed: Any, narrative_place: str, identity_place: str) -> KnownSource:
        def opened(purpose: Purpose, place: str, content: bytes) -> bytes:
            return self._vault.unseal(row.vault_id, purpose, place, content)

        narrative = opened(Purpose.NARRATIVE, narrative_place, sealed.sealed_narrative)
        identity = opened(Purpose.IDENTITY, identity_place, sealed.sealed_identity)
        return told_by(msgspec.json.decode(narrative, type=Narrative), msgspec.json.decode(identity, type=Identity))

    def _decided(
        self,
        connection: sa.Connection,
        row: Any,
        purpose: ActionKind,
        officer: Officer,
        due_at: datetime | None,
        letter: Letter,
    ) -> None:
        """What was sent is decided, by a review before or by sending it; all but an enquiry is done with that."""
        now = self._clock()
        if oldest_open(connection, row.case_id, purpose) is None:
            of_case = sa.select(cases.c.id, cases.c.vault_id, cases.c.reference).where(cases.c.id == row.case_id)
            decide(connection, connection.execute(of_case).one(), purpose, officer.email, now, due_at=due_at)
        action = oldest_open(connection, row.case_id, purpose)
        if purpose is ActionKind.ASK_THE_SERVICE:
            connection.execute(sa.update(actions).where(actions.c.id == action.id).values(due_at=due_at))
        else:
            draft = self._unsealed(row.vault_id, f"{DRAFT_PLACE}:{row.token}", row.sealed_draft, Draft)
            outcome = f'Sent to {draft.addressee.name} by {letter.channel}: "{letter.subject}"'
            _done(connection, self._vault, row, action, now, officer.email, outcome)
        connection.execute(
            sa.update(cases)
            .where(cases.c.id == row.case_id)
            .values(state=CaseState.OPEN, version=cases.c.version + 1, reviewed_at=now)
        )
        end_alert(connection, row.case_id, now)

    def _row(
        self,
        connection: sa.Connection,
        reference: str,
        number: int,
        officer: Officer,
        needed: Permission = Permission.REVIEW,
        states: Collection[ApproachState] = tuple(ApproachState),
    ) -> Any:
        case = case_for(connection, reference, officer, needed)
        query = _approaches().where(approaches.c.id == number, approaches.c.case_id == case.id)
        row = connection.execute(query).one_or_none()
        if row is None or row.state not in states:
            raise NotAllowed("There is nothing of that kind on this case, or it has been sent or withdrawn meanwhile")
        return row

    def _opened(self, connection: sa.Connection, row: Any, reference: str) -> Approach:
        made = connection.execute(sa.select(calls).where(calls.c.approach_id == row.id).order_by(calls.c.id))
        return Approach(
            id=row.id,
            case_reference=reference,
            purpose=ActionKind(row.purpose),
            state=ApproachState(row.state),
            draft=self._unsealed(row.vault_id, f"{DRAFT_PLACE}:{row.token}", row.sealed_draft, Draft),
            calls=tuple(
                self._unsealed(row.vault_id, f"{CALL_PLACE}:{call.token}", call.sealed_call, Call) for call in made
            ),
            started_by=row.started_by,
            started_at=row.started_at,
            sent_by=row.sent_by,
            sent_at=row.sent_at,
            due_at=row.due_at,
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            letter_state=row.letter_state and LetterState(row.letter_state),
            letter_problem=row.letter_problem,
        )

    def _sealed(self, vault_id: str, place: str, value: Draft | Call) -> bytes:
        return self._vault.seal(vault_id, Purpose.NARRATIVE, place, msgspec.json.encode(value))

    def _unsealed(self, vault_id: str, place: str, sealed: bytes, kind: type[Any]) -> Any:
        return msgspec.json.decode(self._vault.unseal(vault_id, Purpose.NARRATIVE, place, sealed), type=kind)

    def _audit(self, connection: sa.Connection, officer: Officer, act: str, reference: str) -> None:
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference)


def note_answer_to(connection: sa.Connection, vault: Vault, letter_id: int, now: datetime) -> None:
    """Notes that a person has answered a letter, within the transaction that files the answer.

    An enquiry is answered by it. That an authority writes does not say that it has taken the referral on: an officer
    reads it first.
    """
    row = connection.execute(
        _approaches().where(approaches.c.letter_id == letter_id, approaches.c.state == ApproachState.SENT)
    ).one_or_none()
    if row is None:
        return
    add_task(connection, row.case_id, TaskKind.ANSWER_CAME, CAME, None, now)
    if row.purpose != ActionKind.REFER_TO_AUTHORITY:
        mark_answered(connection, vault, row, now, audit.MACHINE)


def mark_answered(connection: sa.Connection, vault: Vault, row: Any, now: datetime, by: str) -> None:
    """The approach of `row` is answered, and what was decided on the case by it is done."""
    connection.execute(
        sa.update(approaches)
        .where(approaches.c.id == row.id)
        .values(state=ApproachState.ANSWERED, answered_at=now, answered_by=by, chase_at=None)
    )
    action = oldest_open(connection, row.case_id, ActionKind(row.purpose))
    if action is not None and row.purpose == ActionKind.ASK_THE_SERVICE:
        _done(connection, vault, row, action, now, by, "Answered: the answer stands on the case")
    if row.purpose == ActionKind.REFER_TO_AUTHORITY:
        end_alert(connection, row.case_id, now)


def _done(connection: sa.Connection, vault: Vault, row: Any, action: Any, now: datetime, by: str, outcome: str) -> None:
    reference, state = row.case_reference, ActionState.DONE
    settle(connection, vault, action, reference, state, by=by, now=now, outcome=outcome)


def _approaches() -> sa.Select[Any]:
    return (
        sa.select(
            approaches,
            cases.c.vault_id.label("case_vault_id"),
            cases.c.reference.label("case_reference"),
            letters.c.state.label("letter_state"),
            letters.c.problem.label("letter_problem"),
        )
        .join(cases, cases.c.id == approaches.c.case_id)
        .outerjoin(letters, letters.c.id == approaches.c.letter_id)
    )
