"""Who wrote: opened to an officer who asks and says why, for minutes, on record.

Until it is open nothing here touches what is sealed of it: the request for a case of which nothing is known takes the
same steps, gives the same answers and costs the same as for any other. A restricted case that was opened by breaking
glass is not one that an officer may see in their own right, and its identity stays sealed to them.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.arrivals.ledger import ENTRY_PLACE
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.masking.mask import PHONE, POSTAL, SENDER
from mailbot.cases.masking.narrative import FOLLOW_UP_IDENTITY_PLACE, IDENTITY_PLACE, Identity
from mailbot.cases.schema import cases, entries, follow_ups, identity_requests, messages, senders, tasks
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Address, CaseState, Entry, TaskKind, Whistleblowing
from mailbot.errors import NotAllowed

REASON_PLACE = "identity_requests.sealed_reason"
LONGEST_REASON = 1000
"""Characters of a reason: the audit trail keeps it whole."""

STANDS_FOR = timedelta(hours=24)
"""How long a request waits for a second officer, and an approval for whoever asked."""

MOST_OTHERS = 20
"""Other cases of the same sender that are shown, the newest."""

NEVER = "never"
ASKED = "{} asks to see who wrote"
OPENED = "{} saw who wrote at once, because somebody may be in danger"
NOT_OPEN = "Who wrote is not open to you: ask for it on the page of the case"
NOTHING_WAITS = "There is no such request, or it has been decided meanwhile"


class RequestState(StrEnum):
    """A request waits for a second officer where it needs one; it is opened, and ends by itself or is closed."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that waits for a second officer."""

    id: int
    asked_by: str
    asked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an officer's own request stands, None where they have none; and what of others' they may decide.

    `seconded` says that a second officer agrees first for whistleblowers and restricted cases.
    """

    state: RequestState | None
    at: datetime | None
    decided_by: str | None
    others: tuple[Request, ...]
    minutes: int
    seconded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote one message, as far as anything tells it. What is not known is ''.

    `stands_for` is what each token of the narrative stands for; `telephone_times` when somebody who called may be rung
    safely. `erased` says that the key of it is gone.
    """

    received_at: datetime
    name: str = ""
    address: str = ""
    reply_to: Address | None = None
    postal: str = ""
    telephones: tuple[str, ...] = ()
    telephone_times: str = ""
    signature: str = ""
    stands_for: tuple[tuple[str, str], ...] = ()
    erased: bool = False

    @property
    def known(self) -> bool:
        """Whether anything at all tells who wrote."""
        told = (self.name, self.address, self.reply_to, self.postal, self.telephones, self.telephone_times)
        return any((*told, self.signature, self.stands_for))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameSender:
    """Another case that somebody wrote who wrote this one."""

    reference: str
    received_at: datetime
    state: CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who wrote a case: one for each of its messages, the first one first; `originals` counts the messages as sent."""

    writers: tuple[Writer, ...]
    others: tuple[SameSender, ...]
    originals: int
    ends_at: datetime
    minutes_left: int


class Identities:
    """Opens who wrote, for `minutes`; `second_officer` is ``whistleblowers`` or ``never`` (see `mailbot.config`)."""

    def __init__(
        self,
        engine: sa.Engine,
        vault: Vault,
        clock: Clock,
        minutes: int = 15,
        second_officer: str = "whistleblowers",
    ) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._minutes = minutes
        self._second_officer = second_officer

    def standing(self, reference: str, officer: Officer) -> Standing:
        """How it stands between the officer and this case; nothing of who wrote is read."""
        with storage_errors(), self._engine.connect() as connection:
            case = _case(connection, reference, officer)
            mine = self._mine(connection, case, officer)
            others = self._others(connection, case, officer)
        return Standing(
            state=RequestState(mine.state) if mine else None,
            at=(mine.ends_at or mine.decided_at or mine.asked_at) if mine else None,
            decided_by=mine.decided_by if mine else None,
            others=others,
            minutes=self._minutes,
            seconded=self._second_officer != NEVER,
        )

    def ask(self, reference: str, officer: Officer, reason: str) -> RequestState:
        """Asks to see who wrote; says whether it is open or waits. Audited, with the reason, which stays readable.

        A request that stands already is left as it is. Raises `NotAllowed` without a reason, or with too long a one.
        """
        why, now = reason.strip(), self._clock()
        if not why or len(why) > LONGEST_REASON:
            raise NotAllowed(f"Say why you must know who wrote, in at most {LONGEST_REASON} characters")
        with storage_errors(), self._writing.begin() as connection:
            case = _case(connection, reference, officer, hold=True)
            mine = self._mine(connection, case, officer)
            if mine is not None and mine.state != RequestState.REFUSED:
                return RequestState(mine.state)
            _tidy(connection, case.id, officer, now)
            audit.record(connection, at=now, actor=officer.email, act="identity asked", reference=reference, detail=why)
            by_exception = self._needs_second(case) and bool(case.immediate_risk or case.adult_in_danger)
            waits = self._needs_second(case) and not by_exception
            self._keep(connection, case, officer, why, now, waits=waits, by_exception=by_exception)
            if not waits:
                self._audit_opened(connection, reference, officer, now, by_exception=by_exception)
        return RequestState.WAITING if waits else RequestState.OPEN

    def approve(self, reference: str, number: int, officer: Officer) -> None:
        """Agrees that another officer sees who wrote. Audited; raises `NotAllowed` where it is one's own."""
        self._decide(reference, number, officer, RequestState.APPROVED)

    def refuse(self, reference: str, number: int, officer: Officer) -> None:
        """Leaves it sealed. Audited; raises `NotAllowed` where it is one's own."""
        self._decide(reference, number, officer, RequestState.REFUSED)

    def open(self, reference: str, officer: Officer) -> None:
        """Opens what a second officer approved: from now on the minutes count. Audited."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = _case(connection, reference, officer, hold=True)
            mine = self._mine(connection, case, officer)
            if mine is None or mine.state != RequestState.APPROVED:
                raise NotAllowed(NOTHING_WAITS)
            values = {"state": RequestState.OPEN, "opened_at": now, "ends_at": self._end(now)}
            _change(connection, mine.id, values)
            self._audit_opened(connection, reference, officer, now, by_exception=False)

    def close(self, reference: str, officer: Officer) -> None:
        """Ends the officer's own request, whether it waits, is approved or is open; nothing where there is none."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = _case(connection, reference, officer, hold=True)
            mine = self._mine(connection, case, officer)
            if mine is None or mine.state == RequestState.REFUSED:
                return
            _change(connection, mine.id, {"state": RequestState.CLOSED, "ends_at": now})
            if mine.state == RequestState.WAITING:
                _settle(connection, mine.task_id, officer, now)
            act = "identity closed" if mine.state == RequestState.OPEN else "identity taken back"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference)

    def look(self, reference: str, officer: Officer) -> Known:
        """Who wrote, while it is open to the officer; each look is audited, and each other case that it names."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = self.opened(connection, reference, officer)
            ends_at = self._mine(connection, case, officer).ends_at
            writers = self._writers(connection, case)
            others = _of_the_same_sender(connection, case, officer)
            copies = sa.select(sa.func.count()).where(messages.c.case_id == case.id)
            originals = int(connection.execute(copies.select_from(messages)).scalar_one())
            audit.record(connection, at=now, actor=officer.email, act="identity looked at", reference=reference)
            found = [one.reference for one in others]
            audit.record_each(connection, at=now, actor=officer.email, act="found by its sender", references=found)
        return Known(
            writers=writers,
            others=others,
            originals=originals,
            ends_at=ends_at,
            minutes_left=math.ceil((ends_at - now) / timedelta(minutes=1)),
        )

    def opened(self, connection: sa.Connection, reference: str, officer: Officer) -> Any:
        """The case's row where who wrote is open to `officer` now; raises `NotAllowed` where it is not."""
        case = _case(connection, reference, officer)
        mine = self._mine(connection, case, officer)
        if mine is None or mine.state != RequestState.OPEN:
            raise NotAllowed(NOT_OPEN)
        return case

    def _needs_second(self, case: Any) -> bool:
        return self._second_officer != NEVER and (case.restricted or case.whistleblowing != Whistleblowing.NONE)

    def _end(self, now: datetime) -> datetime:
        return now + timedelta(minutes=self._minutes)

    def _mine(self, connection: sa.Connection, case: Any, officer: Officer) -> Any:
        """The officer's last request as far as it still counts, or that it was refused; None where there is none.

        What was opened before the case came to need a second officer counts no more.
        """
        query = (
            sa.select(identity_requests)
            .where(identity_requests.c.case_id == case.id, identity_requests.c.asked_by == officer.email)
            .order_by(identity_requests.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None or row.state == RequestState.CLOSED:
            return None
        agreed = row.decided_by is not None or row.by_exception or not self._needs_second(case)
        if row.state == RequestState.OPEN:
            return row if agreed and row.ends_at > self._clock() else None
        return row if (row.decided_at or row.asked_at) + STANDS_FOR > self._clock() else None

    def _others(self, connection: sa.Connection, case: Any, officer: Officer) -> tuple[Request, ...]:
        """What waits of others, for those who may decide it."""
        if not officer.may(Permission.READ_RESTRICTED):
            return ()
        query = sa.select(identity_requests).where(
            identity_requests.c.case_id == case.id,
            identity_requests.c.asked_by != officer.email,
            *_waits(self._clock()),
        )
        rows = connection.execute(query.order_by(identity_requests.c.id)).all()
        sealed = [(case.vault_id, f"{REASON_PLACE}:{row.token}", row.sealed_reason) for row in rows]
        reasons = self._vault.unseal_many(Purpose.NARRATIVE, sealed)
        return tuple(
            Request(id=row.id, asked_by=row.asked_by, asked_at=row.asked_at, reason=(clear or b"").decode())
            for row, clear in zip(rows, reasons, strict=True)
        )

    def _keep(
        self, connection: sa.Connection, case: Any, officer: Officer, why: str, now: datetime, **how: bool
    ) -> None:
        """The request, with the task that goes with it where there is one."""
        waits, token = how["waits"], secrets.token_hex(16)
        task_id = None
        if waits or how["by_exception"]:
            kind = TaskKind.IDENTITY_ASKED if waits else TaskKind.IDENTITY_OPENED
            task = {"case_id": case.id, "kind": kind, "why": (ASKED if waits else OPENED).format(officer.email)[:255]}
            task_id = connection.execute(
                sa.insert(tasks).returning(tasks.c.id), {**task, "created_at": now}
            ).scalar_one()
        place = f"{REASON_PLACE}:{token}"
        connection.execute(
            sa.insert(identity_requests).values(
                token=token,
                case_id=case.id,
                asked_by=officer.email,
                asked_at=now,
                state=RequestState.WAITING if waits else RequestState.OPEN,
                by_exception=how["by_exception"],
                task_id=task_id,
                opened_at=None if waits else now,
                ends_at=None if waits else self._end(now),
                sealed_reason=self._vault.seal(case.vault_id, Purpose.NARRATIVE, place, why.encode()),
            )
        )

    def _audit_opened(
        self, connection: sa.Connection, reference: str, officer: Officer, now: datetime, *, by_exception: bool
    ) -> None:
        detail = f"for {self._minutes} minutes" + ("; danger, without a second officer" if by_exception else "")
        audit.record(connection, at=now, actor=officer.email, act="identity opened", reference=reference, detail=detail)

    def _decide(self, reference: str, number: int, officer: Officer, state: RequestState) -> None:
        demand(officer, Permission.READ_RESTRICTED)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = _case(connection, reference, officer, hold=True)
            query = sa.select(identity_requests).where(
                identity_requests.c.case_id == case.id, identity_requests.c.id == number, *_waits(now)
            )
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotAllowed(NOTHING_WAITS)
            if row.asked_by == officer.email:
                raise NotAllowed("You asked for it yourself: another officer must decide")
            _change(connection, row.id, {"state": state, "decided_by": officer.email, "decided_at": now})
            _settle(connection, row.task_id, officer, now)
            detail = f"asked by {row.asked_by}"
            act = f"identity {state}"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference, detail=detail)

    def _writers(self, connection: sa.Connection, case: Any) -> tuple[Writer, ...]:
        """Who wrote each message of the case, with what an officer entered of those who called."""
        later = (
            sa.select(follow_ups.c.vault_id, follow_ups.c.received_at, follow_ups.c.sealed_identity)
            .where(follow_ups.c.case_id == case.id)
            .order_by(follow_ups.c.received_at, follow_ups.c.message_id)
        )
        parts = [(case.vault_id, case.received_at, IDENTITY_PLACE, case.sealed_identity)]
        parts += [
            (row.vault_id, row.received_at, FOLLOW_UP_IDENTITY_PLACE, row.sealed_identity)
            for row in connection.execute(later)
        ]
        entered = connection.execute(
            sa.select(messages.c.vault_id, entries.c.sealed_entry)
            .join(entries, entries.c.message_id == messages.c.id)
            .where(messages.c.case_id == case.id)
        ).all()
        sealed = [(vault_id, place, part) for vault_id, _, place, part in parts]
        sealed += [(row.vault_id, ENTRY_PLACE, row.sealed_entry) for row in entered]
        clear = self._vault.unseal_many(Purpose.IDENTITY, sealed)
        told = {
            row.vault_id: msgspec.json.decode(one, type=Entry)
            for row, one in zip(entered, clear[len(parts) :], strict=True)
            if one is not None
        }
        return tuple(
            _writer(received_at, one, told.get(vault_id))
            for (vault_id, received_at, _, _), one in zip(parts, clear[: len(parts)], strict=True)
        )


def refuse_settling(connection: sa.Connection, task: Any, officer: Officer, now: datetime) -> None:
    """A request is not settled by a click on its task, nor what was opened by way of exception by whoever opened it."""
    if task.kind not in (TaskKind.IDENTITY_ASKED, TaskKind.IDENTITY_OPENED):
        return
    demand(officer, Permission.READ_RESTRICTED)
    mine = sa.select(identity_requests.c.id).where(identity_requests.c.task_id == task.id)
    if task.kind == TaskKind.IDENTITY_ASKED and connection.execute(mine.where(*_waits(now))).first() is not None:
        raise NotAllowed("Approve or refuse it on the page Who wrote")
    if connection.execute(mine.where(identity_requests.c.asked_by == officer.email)).first() is not None:
        raise NotAllowed("You asked for it yourself: somebody else looks at it")


def _case(connection: sa.Connection, reference: str, officer: Officer, *, hold: bool = False) -> Any:
    """A case that the officer may see in their own right: broken glass does not count here."""
    case = case_for(connection, reference, replace(officer, opened=frozenset()), Permission.SEE_IDENTITY, hold=hold)
    if case.joined_to is not None:
        raise NotAllowed("This case goes on as another: who wrote is asked for there")
    return case


def _waits(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Requests that wait for a second officer still, on a case that is not joined to another since."""
    alone = sa.exists().where(cases.c.id == identity_requests.c.case_id, cases.c.joined_to.is_(None))
    return (
        identity_requests.c.state == RequestState.WAITING,
        identity_requests.c.asked_at > now - STANDS_FOR,
        alone,
    )


def _change(connection: sa.Connection, number: int, values: dict[str, Any]) -> None:
    connection.execute(sa.update(identity_requests).where(identity_requests.c.id == number).values(**values))


def _settle(connection: sa.Connection, task_id: int | None, officer: Officer, now: datetime) -> None:
    done = sa.update(tasks).where(tasks.c.id == task_id, tasks.c.done_at.is_(None))
    connection.execute(done.values(done_at=now, done_by=officer.email))


def _tidy(connection: sa.Connection, case_id: int, officer: Officer, now: datetime) -> None:
    """Takes away the tasks of the officer's own requests that nobody decided in time."""
    lapsed = sa.select(identity_requests.c.task_id).where(
        identity_requests.c.case_id == case_id,
        identity_requests.c.asked_by == officer.email,
        identity_requests.c.state == RequestState.WAITING,
    )
    done = sa.update(tasks).where(tasks.c.id.in_(lapsed), tasks.c.done_at.is_(None))
    connection.execute(done.values(done_at=now, done_by=audit.MACHINE))


def _writer(received_at: datetime, sealed: bytes | None, entry: Entry | None) -> Writer:
    if sealed is None:
        return Writer(received_at=received_at, erased=True)
    identity = msgspec.json.decode(sealed, type=Identity)
    signed, rung, live = (
        [words for token, words in identity.tokens.items() if token.startswith(f"[{kind} ")]
        for kind in (SENDER, PHONE, POSTAL)
    )
    if entry is not None:
        rung.append(entry.telephone)
    return Writer(
        received_at=received_at,
        name=identity.sender.name or (entry.name if entry else "") or max(signed, key=len, default=""),
        address=identity.sender.address,
        reply_to=identity.reply_to,
        postal=identity.postal_address or next(iter(live), ""),
        telephones=tuple(dict.fromkeys(filter(None, rung))),
        telephone_times=entry.telephone_times if entry else "",
        signature=identity.signature,
        stands_for=tuple(identity.tokens.items()),
    )


def _of_the_same_sender(connection: sa.Connection, case: Any, officer: Officer) -> tuple[SameSender, ...]:
    """The newest other cases that the officer may see in their own right, by address or full name."""
    digests = sa.select(senders.c.digest).where(senders.c.case_id == case.id)
    wrote = sa.select(senders.c.case_id).where(senders.c.digest.in_(digests))
    query = (
        sa.select(cases.c.reference, cases.c.received_at, cases.c.state)
        .where(cases.c.id.in_(wrote), cases.c.id != case.id, cases.c.joined_to.is_(None))
        .order_by(cases.c.received_at.desc(), cases.c.id.desc())
        .limit(MOST_OTHERS)
    )
    rows: Sequence[Any] = connection.execute(visible(query, replace(officer, opened=frozenset()))).all()
    return tuple(
        SameSender(reference=row.reference, received_at=row.received_at, state=CaseState(row.state)) for row in rows
    )
