"""The outbox: letters on their way out. due -> sending -> sent | unknown | failed; withheld ones never start.

A letter is claimed (committed as ``sending``) before it is handed over, so that a crash in between leaves a letter that
may or may not have gone: it becomes ``unknown``, which a person settles, and is never sent a second time by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.arrivals.joining import LETTER_RETURNED, note_lost
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.letters.letters import ACKNOWLEDGEMENT, LETTER_PLACE
from mailbot.cases.schema import cases, letters
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Channel, Letter, LetterState, QueuedLetter, TaskKind
from mailbot.errors import NotAllowed

GIVEN_UP_AFTER = timedelta(minutes=15)
"""A letter that has been ``sending`` for longer belongs to a process that died."""

RETRY_AFTER_MINUTES = (1, 5, 15, 60, 180, 360)
"""Minutes to wait after each failed attempt; the last one repeats until `TRIED_FOR` is over (RFC 5321 4.5.4.1)."""

TRIED_FOR = timedelta(days=5)
RETURNS_WITHIN = timedelta(days=30)
"""How long a posted letter is listed, so that it can be marked when it comes back."""
ASKED_FOR = timedelta(days=7)
"""How long GOV.UK Notify remembers what it was sent, unless its account says otherwise."""
NOT_TAKEN = "the letter could not be sent"


class LetterDecision(StrEnum):
    """What a person may decide about a letter: send a held one, send one again, or note that it did go."""

    SEND = "send"
    SEND_AGAIN = "send_again"
    IT_WENT = "it_went"


DECISIONS: dict[LetterDecision, tuple[frozenset[LetterState], LetterState]] = {
    LetterDecision.SEND: (frozenset({LetterState.WITHHELD}), LetterState.DUE),
    LetterDecision.SEND_AGAIN: (frozenset({LetterState.UNKNOWN, LetterState.FAILED}), LetterState.DUE),
    LetterDecision.IT_WENT: (frozenset({LetterState.UNKNOWN}), LetterState.SENT),
}
"""From which states each decision may be taken, and where it leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOutline:
    """A letter without its content: how it stands, for lists and the case page."""

    id: int
    case_reference: str
    purpose: str
    template: str | None
    channel: Channel
    state: LetterState
    withheld_because: str | None
    problem: str | None
    decisions: tuple[LetterDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOutline:
    """A letter on paper without its content. `printed_at` is when it came to lie in the print folder."""

    id: int
    case_reference: str
    purpose: str
    state: LetterState
    created_at: datetime
    printed_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckLetter:
    """A letter that should be gone by now and is not, or may not be, without its content."""

    id: int
    case_reference: str
    purpose: str
    channel: Channel
    state: LetterState
    created_at: datetime
    problem: str | None


GOES_WITHIN = timedelta(minutes=15)
"""How long an email may be due before officers see it among those that have not gone."""


def _is_stuck(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a letter may not have gone, could not be sent, or is an email that waits for too long."""
    waits = letters.c.state.in_((LetterState.DUE, LetterState.SENDING)) & (letters.c.channel == Channel.EMAIL)
    return letters.c.state.in_((LetterState.UNKNOWN, LetterState.FAILED)) | (
        waits & (letters.c.created_at < now - GOES_WITHIN)
    )


def _is_to_post() -> sa.ColumnElement[bool]:
    return (letters.c.channel == Channel.POST) & (letters.c.state == LetterState.DUE)


def _is_time(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a letter's turn has come; one that is never due, because the clock was set back, goes at once."""
    never = now + timedelta(minutes=2 * max(RETRY_AFTER_MINUTES))
    return (letters.c.due_at <= now) | (letters.c.attempts == 0) | (letters.c.due_at > never)


def _open_to(state: str) -> tuple[LetterDecision, ...]:
    return tuple(decision for decision, (before, _) in DECISIONS.items() if state in before)


class Outbox:
    """Letters that are due, and what became of them."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def claim(self, limit: int, channels: Collection[Channel] = (Channel.EMAIL,)) -> list[QueuedLetter]:
        """Takes up to `limit` letters of these channels that are due, as ``sending``: nobody else gets them."""
        now = self._clock()
        query = (
            sa.select(letters, cases.c.reference, cases.c.vault_id)
            .join(cases)
            .where(letters.c.state == LetterState.DUE, letters.c.channel.in_(channels), _is_time(now))
            .order_by(letters.c.due_at, letters.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=letters)
        )
        with storage_errors(), self._writing.begin() as connection:
            rows = list(connection.execute(query))
            connection.execute(
                sa.update(letters)
                .where(letters.c.id.in_([row.id for row in rows]))
                .values(state=LetterState.SENDING, claimed_at=now, attempts=letters.c.attempts + 1)
            )
            for row in rows:
                self._show(connection, row.id, LetterState.SENDING)
        return [
            QueuedLetter(id=row.id, case_reference=row.reference, letter=self._opened(row), attempts=row.attempts + 1)
            for row in rows
        ]

    def settle(self, queued: QueuedLetter, state: LetterState, problem: str | None = None) -> None:
        """Writes what became of a claimed letter."""
        with storage_errors(), self._writing.begin() as connection:
            self._settle(connection, queued.id, queued.case_reference, state, problem)

    def postpone(self, queued: QueuedLetter, problem: str) -> LetterState:
        """Puts a letter back for later, or gives it up as ``failed`` after five days; says which."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            created_at = connection.execute(
                sa.select(letters.c.created_at).where(letters.c.id == queued.id)
            ).scalar_one()
            if now - created_at > TRIED_FOR:
                self._settle(connection, queued.id, queued.case_reference, LetterState.FAILED, problem)
                return LetterState.FAILED
            wait = RETRY_AFTER_MINUTES[min(queued.attempts, len(RETRY_AFTER_MINUTES)) - 1]
            connection.execute(
                sa.update(letters)
                .where(letters.c.id == queued.id)
                .values(state=LetterState.DUE, due_at=now + timedelta(minutes=wait), problem=problem[:255])
            )
            self._show(connection, queued.id, LetterState.DUE)
            audit.record(
                connection, at=now, actor=audit.MACHINE, act="letter postponed", reference=queued.case_reference
            )
            return LetterState.DUE

    def give_up_stale(self) -> int:
        """Marks letters of a process that died while sending as ``unknown``, for a person to settle; how many."""
        stale = (letters.c.state == LetterState.SENDING) & (letters.c.claimed_at < self._clock() - GIVEN_UP_AFTER)
        problem = "the program ended while this was being sent: it may or may not have gone"
        return self._settle_all(stale, LetterState.UNKNOWN, problem)

    def leave_to_people(self, problem: str) -> int:
        """Marks as ``unknown`` all that is due or being sent, for a person to settle; how many."""
        waits = letters.c.state.in_((LetterState.DUE, LetterState.SENDING))
        return self._settle_all(waits, LetterState.UNKNOWN, problem)

    def give_up_overdue(self, channels: Collection[Channel], problem: str) -> int:
        """Marks as ``failed`` what no server has taken for five days, for a person to find; how many."""
        overdue = (letters.c.state == LetterState.DUE) & (letters.c.created_at < self._clock() - TRIED_FOR)
        return self._settle_all(overdue & letters.c.channel.in_(channels), LetterState.FAILED, problem)

    def _settle_all(self, these: sa.ColumnElement[bool], state: LetterState, problem: str) -> int:
        query = sa.select(letters.c.id, cases.c.reference).join(cases).where(these)
        with storage_errors(), self._writing.begin() as connection:
            rows = list(connection.execute(query))
            for row in rows:
                self._settle(connection, row.id, row.reference, state, problem)
        return len(rows)

    def waiting(self) -> tuple[int, int]:
        """How many emails are due now or later, and how many letters wait to be printed and posted."""
        query = sa.select(letters.c.channel, sa.func.count()).where(letters.c.state == LetterState.DUE)
        with storage_errors(), self._engine.connect() as connection:
            found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query.group_by(letters.c.channel))}
        return found.get(Channel.EMAIL, 0), found.get(Channel.POST, 0)

    def of_case(self, reference: str) -> Sequence[LetterOutline]:
        """The letters of a case, oldest first, without their content. Ask only for a case the officer may see."""
        query = sa.select(letters, cases.c.reference).join(cases).where(cases.c.reference == reference)
        with storage_errors(), self._engine.connect() as connection:
            return [
                LetterOutline(
                    id=row.id,
                    case_reference=row.reference,
                    purpose=row.purpose,
                    template=row.template,
                    channel=Channel(row.channel),
                    state=LetterState(row.state),
                    withheld_because=row.withheld_because,
                    problem=row.problem,
                    decisions=_open_to(row.state) if row.sealed_letter else (),
                )
                for row in connection.execute(query.order_by(letters.c.id))
            ]

    def by_post(self, officer: Officer) -> list[PostOutline]:
        """Letters to be posted, oldest first, then those posted in the last month, of cases that `officer` may see."""
        demand(officer, Permission.SETTLE_LETTERS)
        lately = self._clock() - RETURNS_WITHIN
        query = (
            sa.select(letters, cases.c.reference)
            .join(cases)
            .where(
                _is_to_post()
                | (letters.c.channel == Channel.POST)
                & (letters.c.state == LetterState.SENT)
                & (letters.c.settled_at > lately),
            )
            .order_by(letters.c.state, letters.c.created_at, letters.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                PostOutline(
                    id=row.id,
                    case_reference=row.reference,
                    purpose=row.purpose,
                    state=LetterState(row.state),
                    created_at=row.created_at,
                    printed_at=row.printed_at,
                    settled_at=row.settled_at,
                )
                for row in connection.execute(visible(query, officer))
            ]

    def stuck(self, officer: Officer) -> list[StuckLetter]:
        """Letters that should be gone by now, the oldest first, of cases that `officer` may see."""
        demand(officer, Permission.SETTLE_LETTERS)
        query = sa.select(letters, cases.c.reference).join(cases).where(_is_stuck(self._clock()))
        query = visible(query, officer).order_by(letters.c.created_at, letters.c.id)
        with storage_errors(), self._engine.connect() as connection:
            return [
                StuckLetter(
                    id=row.id,
                    case_reference=row.reference,
                    purpose=row.purpose,
                    channel=Channel(row.channel),
                    state=LetterState(row.state),
                    created_at=row.created_at,
                    problem=row.problem,
                )
                for row in connection.execute(query)
            ]

    def count_for_officers(self, officer: Officer) -> int:
        """How many letters wait for the post or should be gone by now, of cases that `officer` may see."""
        demand(officer, Permission.SETTLE_LETTERS)
        query = sa.select(sa.func.count()).select_from(letters).join(cases)
        query = query.where(_is_to_post() | _is_stuck(self._clock()))
        with storage_errors(), self._engine.connect() as connection:
            return int(connection.execute(visible(query, officer)).scalar_one())

    def to_post(self, number: int, officer: Officer) -> QueuedLetter:
        """A letter to be posted, with the address it goes to; seeing it is audited as seeing identity."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._post_row(connection, number, officer, LetterState.DUE)
            now = self._clock()
            audit.record(connection, at=now, actor=officer.email, act="printed letter", reference=row.reference)
            return QueuedLetter(id=row.id, case_reference=row.reference, letter=self._opened(row), attempts=1)

    def mark_posted(self, number: int, officer: Officer) -> str:
        """Notes that a printed letter has been posted; says its case's reference."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._post_row(connection, number, officer, LetterState.DUE)
            self._settle(connection, row.id, row.reference, LetterState.SENT, None, actor=officer.email)
            return str(row.reference)

    def mark_returned(self, number: int, officer: Officer) -> str:
        """Notes that a posted letter came back; says its case's reference."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._post_row(connection, number, officer, LetterState.SENT)
            self._settle(connection, row.id, row.reference, LetterState.FAILED, LETTER_RETURNED, actor=officer.email)
            return str(row.reference)

    def to_print(self) -> list[QueuedLetter]:
        """Every letter to be posted, for the print folder."""
        query = (
            sa.select(letters, cases.c.reference, cases.c.vault_id)
            .join(cases)
            .where(letters.c.channel == Channel.POST, letters.c.state == LetterState.DUE)
            .order_by(letters.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                QueuedLetter(id=row.id, case_reference=row.reference, letter=self._opened(row), attempts=row.attempts)
                for row in connection.execute(query)
            ]

    def note_printed(self, number: int) -> None:
        """Notes that a letter lies in the print folder, address and all. Audited the first time."""
        now = self._clock()
        unprinted = letters.c.id == number, letters.c.printed_at.is_(None)
        case_of = sa.select(cases.c.reference).join(letters).where(letters.c.id == number)
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(sa.update(letters).where(*unprinted).values(printed_at=now)).rowcount:
                reference = connection.execute(case_of).scalar_one()
                audit.record(connection, at=now, actor=audit.MACHINE, act="letter laid out", reference=reference)

    def in_question(self) -> list[tuple[QueuedLetter, LetterState]]:
        """Letters of which it is not known whether they went, or have arrived, for as long as that can be asked."""
        query = (
            sa.select(letters, cases.c.reference, cases.c.vault_id)
            .join(cases)
            .where(
                letters.c.state.in_((LetterState.UNKNOWN, LetterState.SENT)),
                letters.c.arrived_at.is_(None),
                letters.c.claimed_at > self._clock() - ASKED_FOR,
            )
            .order_by(letters.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                (
                    QueuedLetter(
                        id=row.id, case_reference=row.reference, letter=self._opened(row), attempts=row.attempts
                    ),
                    LetterState(row.state),
                )
                for row in connection.execute(query)
            ]

    def note_arrived(self, number: int) -> None:
        """Notes that a letter has arrived, or was posted: it need not be asked after any more."""
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.update(letters).where(letters.c.id == number).values(arrived_at=self._clock()))

    def decide(self, reference: str, number: int, officer: Officer, decision: LetterDecision) -> None:
        """What a person decides about a letter that the program must not decide on; audited."""
        demand(officer, Permission.SETTLE_LETTERS)
        before, after = DECISIONS[decision]
        query = (
            sa.select(letters.c.id, letters.c.channel)
            .join(cases)
            .where(
                cases.c.reference == reference,
                letters.c.id == number,
                letters.c.state.in_(before),
                letters.c.sealed_letter.is_not(None),
            )
        )
        with storage_errors(), self._writing.begin() as connection:
            row = connection.execute(visible(query, officer)).one_or_none()
            if row is None:
                raise NotAllowed("There is no letter of this case to decide on, or it is not one you may see")
            if after is LetterState.DUE:
                now, channel = self._clock(), row.channel if row.channel != Channel.NONE else Channel.EMAIL
                connection.execute(
                    sa.update(letters).where(letters.c.id == row.id).values(due_at=now, channel=channel, created_at=now)
                )
            self._settle(connection, row.id, reference, after, None, actor=officer.email)

    def _post_row(self, connection: sa.Connection, number: int, officer: Officer, state: LetterState) -> Any:
        demand(officer, Permission.SETTLE_LETTERS)
        query = (
            sa.select(letters, cases.c.reference, cases.c.vault_id)
            .join(cases)
            .where(letters.c.id == number, letters.c.channel == Channel.POST, letters.c.state == state)
        )
        row = connection.execute(visible(query, officer)).one_or_none()
        if row is None:
            raise NotAllowed("There is no such letter, or it is not one you may see")
        return row

    def _opened(self, row: Any) -> Letter:
        place = f"{LETTER_PLACE}:{row.token}"
        return msgspec.json.decode(
            self._vault.unseal(row.vault_id, Purpose.IDENTITY, place, row.sealed_letter), type=Letter
        )

    def _settle(
        self,
        connection: sa.Connection,
        letter_id: int,
        reference: str,
        state: LetterState,
        problem: str | None,
        actor: str = audit.MACHINE,
    ) -> None:
        now = self._clock()
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == letter_id)
            .values(state=state, settled_at=now, problem=problem and problem[:255])
        )
        self._show(connection, letter_id, state)
        if state is LetterState.FAILED:
            note_lost(connection, letter_id, TaskKind.LETTER_FAILED, problem or NOT_TAKEN, now)
        audit.record(connection, at=now, actor=actor, act=f"letter {state}", reference=reference)

    @staticmethod
    def _show(connection: sa.Connection, letter_id: int, state: LetterState) -> None:
        """Keeps the queue's column in step with the acknowledgement's state."""
        acknowledged = sa.select(letters.c.case_id).where(
            letters.c.id == letter_id, letters.c.purpose == ACKNOWLEDGEMENT
        )
        connection.execute(sa.update(cases).where(cases.c.id.in_(acknowledged)).values(acknowledgement=state))
