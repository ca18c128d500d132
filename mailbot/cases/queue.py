"""The queue: the cases of one state by priority and time left, narrowed by filters, a page at a time.

Dangers that nobody has seen stand on every page, whatever the filters. Restricted cases are filtered here, as in the
store, in the queries themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases.access import ALLOWED, Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import approaches, cases, letters, services, staff, tasks
from mailbot.cases.store import ENTRY_COLUMNS, OTHER, entry_of, has_task
from mailbot.clock import Clock
from mailbot.domain import (
    ApproachState,
    CaseState,
    Channel,
    Kind,
    LetterState,
    QueueEntry,
    Remit,
    ServiceType,
    Situation,
    TaskKind,
)

PAGE_SIZE = 50
MOST_COUNTED = 1000
"""How many closed cases are counted for the pages that those stand on; for later pages all are, as open ones are."""
LANGUAGES = ("en", "cy")
MINE, NOBODYS = "mine", "nobodys"
NOT_YET, LATE = "not_yet", "late"
ANSWER, LETTER, TASK = "answer", "letter", "task"
OPEN_STATES = (CaseState.NEW, CaseState.OPEN, CaseState.WAITING)

ALLOWED_VALUES: dict[str, Collection[str] | re.Pattern[str]] = {
    "mailbox": re.compile(r"[\w.-]{1,64}"),
    "situation": tuple(Situation),
    "remit": tuple(Remit),
    "service_type": tuple(ServiceType),
    "authority": re.compile(r"[^\x00-\x1f\d]{1,64}"),
    "service": re.compile(r"[^\x00-\x1f@]{2,64}"),
    "assigned": re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}|mine|nobodys"),
    "language": (*LANGUAGES, "other"),
    "waiting_for": (ANSWER, LETTER, TASK, *TaskKind),
    "seen": (NOT_YET, LATE),
}
"""The values that each filter may take, or their form."""

URN = re.compile(r"[A-Z]{0,2}\d{5,7}")

Conditions = Sequence[sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What of the queue is listed: of each filter any one of its values, everything where it has none.

    `service` is a URN or part of a name on the register; `assigned` is an address, or `MINE` or `NOBODYS`.
    """

    mailbox: tuple[str, ...] = ()
    situation: tuple[str, ...] = ()
    remit: tuple[str, ...] = ()
    service_type: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Each filter that is set, with its value."""
        return [(one.name, value) for one in fields(self) for value in getattr(self, one.name)]

    def without(self, name: str, value: str) -> Filters:
        return filters_from([one for one in self.chosen if one != (name, value)])


def filters_from(pairs: Sequence[tuple[str, str]]) -> Filters:
    """The filters that were asked for; what is no filter, or no value of it, is left out."""
    found: dict[str, list[str]] = {name: [] for name in ALLOWED_VALUES}
    for name, given in pairs:
        value = given.strip()
        if name in found and value not in found[name] and _may_be(value, ALLOWED_VALUES[name]):
            found[name].append(value)
    return Filters(**{name: tuple(values) for name, values in found.items()})


def _may_be(value: str, allowed: Collection[str] | re.Pattern[str]) -> bool:
    return bool(allowed.fullmatch(value)) if isinstance(allowed, re.Pattern) else value in allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page of the queue.

    `pinned` are the dangers that nobody has seen; they stand in `counts`, and not in `entries`. `counts` are those of
    each state under the filters; closed cases are counted on their own pages alone, and there are `more` of them, and
    of pages, than were counted. `late` counts what nobody has seen within a working day, whatever the filters. The page
    stands as it was `at` that moment.
    """

    pinned: Sequence[QueueEntry]
    entries: Sequence[QueueEntry]
    number: int
    last: int
    first_of: int
    total: int
    more: bool
    counts: Mapping[CaseState, int]
    late: int
    at: datetime


class Queue:
    """Lists cases for those who work them."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def page(self, officer: Officer, state: CaseState, filters: Filters, number: int = 1) -> QueuePage:
        """The `number`-th page of the cases in `state` that `officer` may see; the last one where there are fewer."""
        demand(officer, Permission.READ_CASES)
        now = self._clock()
        narrow = [_any(name, values, officer, now) for name, values in _by_name(filters)]
        with storage_errors(), self._engine.connect() as connection:
            counts, more = self._counts(connection, officer, narrow, state, number)
            pinned = self._pinned(connection, officer, narrow)
            total = counts[state] - (sum(bool(row.is_chosen) for row in pinned) if state is CaseState.NEW else 0)
            last = max(1, -(-total // PAGE_SIZE))
            number = min(max(number, 1), last)
            chosen = (cases.c.state == state, *narrow, *((~UNSEEN_DANGER,) if state is CaseState.NEW else ()))
            return QueuePage(
                pinned=[entry_of(row) for row in pinned],
                entries=self._listed(connection, officer, chosen, number, None if more else total),
                number=number,
                last=last + more,
                first_of=(number - 1) * PAGE_SIZE + 1,
                total=total,
                more=more,
                counts=counts,
                late=connection.execute(visible(sa.select(sa.func.count()).where(*_late(now)), officer)).scalar_one(),
                at=now,
            )

    def knows_service(self, name: str) -> bool:
        """Whether that is a URN, or a service on the register is called so."""
        if URN.fullmatch(name):
            return True
        query = sa.select(services.c.urn).where(services.c.name.icontains(name, autoescape=True)).limit(1)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    @staticmethod
    def _counts(
        connection: sa.Connection, officer: Officer, narrow: Conditions, state: CaseState, number: int
    ) -> tuple[dict[CaseState, int], bool]:
        """How many cases each state has under the filters, closed ones only for a page of theirs.

        Also says whether there are more closed ones than were counted.
        """
        states = (*OPEN_STATES, CaseState.CLOSED) if state is CaseState.CLOSED else OPEN_STATES
        each = [visible(sa.select(sa.func.count()).where(cases.c.state == one, *narrow), officer) for one in states]
        bounded = state is CaseState.CLOSED and number * PAGE_SIZE <= MOST_COUNTED
        if bounded:
            closed = visible(sa.select(cases.c.id).where(cases.c.state == CaseState.CLOSED, *narrow), officer)
            each[-1] = sa.select(sa.func.count()).select_from(closed.limit(MOST_COUNTED + 1).subquery())
        row = connection.execute(sa.select(*(one.scalar_subquery() for one in each))).one()
        counts = dict(zip(states, row, strict=True))
        if not bounded or counts[state] <= MOST_COUNTED:
            return counts, False
        return counts | {state: MOST_COUNTED}, True

    @staticmethod
    def _pinned(connection: sa.Connection, officer: Officer, narrow: Conditions) -> Sequence[Any]:
        """The rows of the dangers that nobody has seen; `is_chosen` tells which of them the filters would list."""
        is_chosen = sa.and_(sa.true(), *narrow).label("is_chosen")
        query = _entries(officer).add_columns(is_chosen).where(UNSEEN_DANGER)
        return connection.execute(query.order_by(*ORDER)).all()

    @staticmethod
    def _listed(
        connection: sa.Connection, officer: Officer, chosen: Conditions, number: int, total: int | None
    ) -> list[QueueEntry]:
        """The `number`-th page of the cases that are chosen, read from whichever end is nearer where `total` is known.

        Which cases stand on it is found out first, in an index alone: PostgreSQL would read every row before them.
        """
        before, size, backwards = (number - 1) * PAGE_SIZE, PAGE_SIZE, False
        if total is not None:
            size = min(PAGE_SIZE, total - before)
            backwards = total - before - size < before
        skipped = total - before - size if total is not None and backwards else before
        order = [column.desc() for column in ORDER] if backwards else ORDER
        page = visible(sa.select(cases.c.id), officer).where(*chosen).order_by(*order).limit(size).offset(skipped)
        query = _entries(officer).where(cases.c.id.in_(page.scalar_subquery())).order_by(*ORDER)
        return [entry_of(row) for row in connection.execute(query)]


ORDER = (cases.c.priority, cases.c.due_at, cases.c.received_at, cases.c.id)


def _entries(officer: Officer) -> sa.Select[Any]:
    return visible(sa.select(*ENTRY_COLUMNS, has_task(officer)), officer)


UNSEEN_DANGER: sa.ColumnElement[bool] = sa.and_(
    cases.c.state == CaseState.NEW, cases.c.priority == 1, cases.c.seen_at.is_(None)
)

MUST_BE_SEEN: sa.ColumnElement[bool] = sa.or_(
    cases.c.kind != Kind.AUTOMATIC,
    cases.c.look_first.is_(True),
    cases.c.immediate_risk.is_(True),
    cases.c.adult_in_danger.is_(True),
)
"""Everything but what a machine sent, unless there is danger in it."""


def is_late(entry: QueueEntry, now: datetime) -> bool:
    """Whether a person ought to have seen it by now, and nobody has: what `QueuePage.late` counts."""
    must = entry.kind is not Kind.AUTOMATIC or entry.look_first or entry.immediate_risk or entry.adult_in_danger
    return must and entry.seen_at is None and entry.state in OPEN_STATES and entry.see_by < now


def readers(*, restricted: bool) -> sa.Select[Any]:
    """The addresses of the staff who may read cases; restricted ones, too, where asked."""
    roles = ALLOWED[Permission.READ_CASES]
    if restricted:
        roles &= ALLOWED[Permission.READ_RESTRICTED]
    return sa.select(staff.c.email).where(staff.c.active.is_(True), staff.c.role.in_(sorted(roles)))


def is_held() -> sa.ColumnElement[bool]:
    """Whether a case is assigned to somebody who may still read it."""
    everybody, trusted = readers(restricted=False), readers(restricted=True)
    return sa.and_(
        cases.c.assigned_to.is_not(None),
        cases.c.assigned_to.in_(trusted) | (cases.c.restricted.is_(False) & cases.c.assigned_to.in_(everybody)),
    )


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (cases.c.seen_at.is_(None), cases.c.state.in_(OPEN_STATES), cases.c.see_by < now, MUST_BE_SEEN)


def _by_name(filters: Filters) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.name, getattr(filters, one.name)) for one in fields(filters) if getattr(filters, one.name)]


def _any(name: str, values: tuple[str, ...], officer: Officer, now: datetime) -> sa.ColumnElement[bool]:
    if name in COLUMNS:
        return COLUMNS[name].in_(values)
    return sa.or_(*(CONDITIONS[name](value, officer, now) for value in values))


def _of_service(value: str, _officer: Officer, _now: datetime) -> sa.ColumnElement[bool]:
    named = sa.select(services.c.urn).where(services.c.name.icontains(value, autoescape=True))
    return (cases.c.urn == value) | cases.c.urn.in_(named)


def _assigned(value: str, officer: Officer, _now: datetime) -> sa.ColumnElement[bool]:
    if value == NOBODYS:
        return sa.not_(is_held())
    return cases.c.assigned_to == (officer.email if value == MINE else value)


def _in_language(value: str, _officer: Officer, _now: datetime) -> sa.ColumnElement[bool]:
    return cases.c.language.not_in(LANGUAGES) if value == "other" else cases.c.language == value


def _waits_for(value: str, officer: Officer, _now: datetime) -> sa.ColumnElement[bool]:
    if value == ANSWER:
        query = sa.select(approaches.c.case_id).where(approaches.c.state == ApproachState.SENT)
    elif value == LETTER:
        to_post = letters.c.channel == Channel.POST, letters.c.state == LetterState.DUE
        query = sa.select(letters.c.case_id).where(*to_post)
    else:
        query = sa.select(tasks.c.case_id).outerjoin(OTHER, tasks.c.other_case_id == OTHER.c.id)
        query = query.where(tasks.c.done_at.is_(None), *((tasks.c.kind == value,) if value != TASK else ()))
        if not officer.may(Permission.READ_RESTRICTED):
            query = query.where(OTHER.c.restricted.is_not(True))
    return cases.c.id.in_(query)


def _seen(value: str, _officer: Officer, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(*_late(now)) if value == LATE else cases.c.seen_at.is_(None)


COLUMNS: dict[str, sa.Column[Any]] = {
    "mailbox": cases.c.mailbox,
    "remit": cases.c.remit,
    "service_type": cases.c.service_type,
    "authority": cases.c.local_authority,
}
"""The filters that compare a column."""

CONDITIONS: dict[str, Callable[[str, Officer, datetime], sa.ColumnElement[bool]]] = {
    "situation": lambda value, _officer, _now: cases.c[value].is_(True),
    "service": _of_service,
    "assigned": _assigned,
    "language": _in_language,
    "waiting_for": _waits_for,
    "seen": _seen,
}
"""What the others ask of a case."""
