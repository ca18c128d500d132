"""Requests for information: what the law gives us to answer each, and how it stands (P28).

A request is a case of the kind information_request, from the moment it is filed: nobody has to enter it for its time to
run. Under the Freedom of Information Act 2000 (section 10) it is answered within 20 working days after the day it came;
a subject access request (UK GDPR, article 12) within one month, which two more may be added to, with a reason.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.records.retention import before
from mailbot.cases.schema import cases, information_requests, request_cases
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Kind
from mailbot.errors import NotAllowed
from mailbot.targets import LONDON, is_working_day

EXTENSION_PLACE = "information_requests.sealed_extension"
LONGEST = 1000
WORKING_DAYS = 20
MOST = 200


class RequestKind(StrEnum):
    FOI = "foi"
    SUBJECT_ACCESS = "subject_access"


class Outcome(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationRequest:
    """A request as those who keep the records see it, no word of it: its last day, and the cases that it asks for.

    `late` says that it is open beyond that day, or was answered after it.
    """

    reference: str
    restricted: bool
    received_at: datetime
    kind: RequestKind
    due_on: date
    late: bool
    extended_at: datetime | None
    extension: str
    answered_at: datetime | None
    answered_by: str | None
    outcome: Outcome | None
    cases: tuple[str, ...]


def last_day(kind: RequestKind, received_on: date, *, extended: bool = False) -> date:
    """The last day on which a request that came then is answered in time.

    Working days leave out weekends and England's bank holidays; the day it came does not count. A month ends on the
    same day of the next, or the next month's last, or the working day after it.
    """
    if kind is RequestKind.SUBJECT_ACCESS:
        day = before(received_on, -3 if extended else -1)
        while not is_working_day(day):
            day += timedelta(days=1)
        return day
    day, left = received_on, WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


class Requests:
    """Requests for information, for those who keep the records."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def listed(self, officer: Officer, *, answered: bool = False) -> list[InformationRequest]:
        """The open requests that `officer` may see, those due first on top; or the answered ones, the last first."""
        demand(officer, Permission.KEEP_RECORDS)
        done = information_requests.c.answered_at
        query = (
            sa.select(*_SHOWN)
            .select_from(cases.outerjoin(information_requests, information_requests.c.case_id == cases.c.id))
            .where(cases.c.kind == Kind.INFORMATION_REQUEST, cases.c.joined_to.is_(None))
            .where(done.is_not(None) if answered else done.is_(None) & (cases.c.sealed_narrative != b""))
            .order_by(done.desc() if answered else cases.c.received_at, cases.c.id)
            .limit(MOST)
        )
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(visible(query, officer)).all()
            linked = self._linked(connection, [row.number for row in rows if row.number], officer)
        sealed = [(row.vault_id, f"{EXTENSION_PLACE}:{row.token}", row.sealed_extension) for row in rows]
        told = iter(self._vault.unseal_many(Purpose.NARRATIVE, [one for one in sealed if one[2]]))
        found = [self._request(row, (next(told) if row.sealed_extension else None), linked) for row in rows]
        return found if answered else sorted(found, key=lambda one: (one.due_on, one.received_at))

    def classify(self, reference: str, officer: Officer, kind: RequestKind) -> None:
        """Says under which law it is answered, which sets its last day. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._open(connection, reference, officer)
            values = {"kind": kind, "extended_at": None, "extended_by": None, "sealed_extension": None}
            self._change(connection, row, **(values if kind != row.kind else {"kind": kind}))
            self._audit(connection, officer, f"request is {kind}", reference)

    def extend(self, reference: str, officer: Officer, reason: str) -> None:
        """Adds two months to a subject access request that is complex, for the reason that whoever asked is told.

        Audited. Raises `NotAllowed` for another request, a second time, without a reason, or after the first month.
        """
        words, now = reason.strip(), self._clock()
        if not 0 < len(words) <= LONGEST:
            raise NotAllowed(f"Say why it takes longer, in at most {LONGEST} characters")
        with storage_errors(), self._writing.begin() as connection:
            row = self._open(connection, reference, officer)
            if row.kind != RequestKind.SUBJECT_ACCESS or row.extended_at is not None:
                raise NotAllowed("Only a subject access request can be given two more months, and only once")
            came = row.received_at.astimezone(LONDON).date()
            if now.astimezone(LONDON).date() > last_day(RequestKind.SUBJECT_ACCESS, came):
                raise NotAllowed("The month is over: it must have been extended, and whoever asked told, within it")
            place = f"{EXTENSION_PLACE}:{row.token}"
            sealed = self._vault.seal(row.vault_id, Purpose.NARRATIVE, place, words.encode())
            self._change(connection, row, extended_at=now, extended_by=officer.email, sealed_extension=sealed)
            self._audit(connection, officer, "request extended", reference)

    def answer(self, reference: str, officer: Officer, outcome: Outcome) -> None:
        """Notes that it is dealt with, and how. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._open(connection, reference, officer)
            values = {"answered_at": self._clock(), "answered_by": officer.email, "outcome": outcome}
            self._change(connection, row, **values)
            self._audit(connection, officer, f"request {outcome}", reference)

    def ask_for(self, reference: str, officer: Officer, other: str) -> None:
        """Notes that it asks for another case, which stays for as long as the request is open. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._open(connection, reference, officer)
            case = case_for(connection, other, officer, Permission.KEEP_RECORDS)
            pair = {"request_id": row.number, "case_id": case.id}
            known = sa.select(request_cases.c.case_id).filter_by(**pair)
            if connection.execute(known).first() is None:
                made = {"added_by": officer.email, "added_at": self._clock()}
                connection.execute(sa.insert(request_cases).values(**pair, **made))
            self._audit(connection, officer, "request asks for a case", reference, other)

    def _open(self, connection: sa.Connection, reference: str, officer: Officer) -> Any:
        """The row of an open request, made where nobody has touched it yet."""
        case = case_for(connection, reference, officer, Permission.KEEP_RECORDS, hold=True)
        query = sa.select(*_SHOWN).join(cases, cases.c.id == information_requests.c.case_id)
        query = query.where(information_requests.c.case_id == case.id)
        row = connection.execute(query).one_or_none()
        if case.kind != Kind.INFORMATION_REQUEST or (row is not None and row.answered_at is not None):
            raise NotAllowed("There is no such request, or it has been dealt with")
        if row is None:
            values = {"case_id": case.id, "vault_id": case.vault_id, "kind": RequestKind.FOI}
            made = sa.insert(information_requests).values(token=secrets.token_hex(16), **values)
            connection.execute(made)
            row = connection.execute(query).one()
        return row

    @staticmethod
    def _change(connection: sa.Connection, row: Any, **values: Any) -> None:
        mine = information_requests.c.id == row.number
        connection.execute(sa.update(information_requests).where(mine).values(**values))

    @staticmethod
    def _linked(connection: sa.Connection, numbers: Sequence[int], officer: Officer) -> dict[int, list[str]]:
        query = sa.select(request_cases.c.request_id, cases.c.reference)
        query = query.join(cases, cases.c.id == request_cases.c.case_id).order_by(cases.c.id)
        found: dict[int, list[str]] = {}
        for row in connection.execute(visible(query.where(request_cases.c.request_id.in_(numbers)), officer)):
            found.setdefault(row.request_id, []).append(row.reference)
        return found

    def _request(self, row: Any, extension: bytes | None, linked: dict[int, list[str]]) -> InformationRequest:
        kind = RequestKind(row.kind or RequestKind.FOI)
        day = last_day(kind, row.received_at.astimezone(LONDON).date(), extended=row.extended_at is not None)
        ended = (row.answered_at or self._clock()).astimezone(LONDON).date()
        return InformationRequest(
            reference=row.reference,
            restricted=row.restricted,
            received_at=row.received_at,
            kind=kind,
            due_on=day,
            late=ended > day,
            extended_at=row.extended_at,
            extension=(extension or b"").decode(),
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            outcome=Outcome(row.outcome) if row.outcome else None,
            cases=tuple(linked.get(row.number, ())),
        )

    def _audit(self, connection: sa.Connection, officer: Officer, act: str, reference: str, detail: str = "") -> None:
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference, detail=detail)


_SHOWN = (
    information_requests.c.id.label("number"),
    *(
        information_requests.c[name]
        for name in ("token", "vault_id", "kind", "extended_at", "sealed_extension", "answered_at", "answered_by")
    ),
    information_requests.c.outcome,
    cases.c.reference,
    cases.c.restricted,
    cases.c.received_at,
)
