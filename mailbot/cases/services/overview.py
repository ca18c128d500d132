"""All that is held on a service, a provider or an authority (P1): counts over time, what is open, its cases.

Every count and list goes over the cases that the officer may see, totals included. A page asks a fixed number of
queries, however much there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import actions, approaches, case_standards, cases, lines_of_enquiry, services
from mailbot.clock import Clock
from mailbot.domain import (
    ActionKind,
    ActionState,
    ApproachState,
    CaseState,
    Finding,
    Kind,
    Situation,
)
from mailbot.targets import LONDON

MONTHS = 24
RECENT_DAYS, BEFORE_DAYS = 182, 364
"""The last half year is compared with the year before it."""
PAGE = 50
MOST = 20


class ScopeKind(StrEnum):
    SERVICE = "service"
    PROVIDER = "provider"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is looked at: a service by its URN, or a provider or authority by its name on the register."""

    kind: ScopeKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The concerns that came in one month of London's calendar; a case may be in several situations."""

    begins: datetime
    concerns: int
    situations: Mapping[Situation, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many concerns came in the last `RECENT_DAYS` and in the `days_before` before them."""

    now: int
    before: int
    days_before: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case in a list: only what may be listed without opening it."""

    reference: str
    received_at: datetime
    state: CaseState
    priority: int
    kind: Kind
    situations: tuple[Situation, ...]
    restricted: bool
    urn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An action that is open, or an answer that is due."""

    reference: str
    kind: ActionKind
    owner: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A service of a provider or an authority, and the concerns about it lately and before."""

    urn: str
    name: str
    active: bool
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page of a service, provider or authority tells. `total` counts the cases, whatever their kind.

    `kind` says, for a service alone, of how many services of its kind each number of concerns came in the last year,
    and `year` how many about this one. `open_actions` and `open_answers` count all; the lists hold the first.
    `enquiries` counts lines of enquiry by their state, `weighed` the findings that stand by standard's code.
    """

    at: datetime
    months: Sequence[Month]
    pace: Pace
    year: int
    kind: Mapping[int, int]
    actions: Sequence[Due]
    open_actions: int
    answers: Sequence[Due]
    open_answers: int
    enquiries: Mapping[str, int]
    weighed: Sequence[tuple[str, Finding, int]]
    parts: Sequence[Part]
    all_parts: int
    cases: Sequence[Line]
    total: int
    number: int
    last: int


COUNTED: tuple[sa.ColumnElement[bool], ...] = (cases.c.kind == Kind.CONCERN, cases.c.joined_to.is_(None))
"""What is counted: each concern once."""


class Overview:
    """Reads what is held, for those who may see services."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def of(self, scope: Scope, officer: Officer, number: int = 1) -> View:
        """Everything a page of `scope` tells, with the `number`-th page of its cases."""
        demand(officer, Permission.SEE_SERVICES)
        now, where = self._clock(), within(scope)
        with storage_errors(), self._engine.connect() as connection:
            total = connection.execute(
                visible(sa.select(sa.func.count()).where(where, cases.c.joined_to.is_(None)), officer)
            ).scalar_one()
            last = max(1, -(-total // PAGE))
            number = min(max(number, 1), last)
            counts = connection.execute(_pace(where, now, officer)).one()
            acts, open_actions = _due(connection, _actions(where), officer)
            asked, open_answers = _due(connection, _answers(where), officer)
            parts, all_parts = _parts(connection, scope, now, officer)
            return View(
                at=now,
                months=_months(connection, where, now, officer),
                pace=_paced(counts, now, _first(connection, officer)),
                year=counts.year or 0,
                kind=_kind(connection, scope.name, now, officer) if scope.kind is ScopeKind.SERVICE else {},
                actions=acts,
                open_actions=open_actions,
                answers=asked,
                open_answers=open_answers,
                enquiries=_enquiries(connection, where, officer),
                weighed=_weighed(connection, where, officer),
                parts=parts,
                all_parts=all_parts,
                cases=[_line(row) for row in connection.execute(_cases(where, number, officer))],
                total=total,
                number=number,
                last=last,
            )

    def paces(self, officer: Officer) -> list[Part]:
        """Every service on the register of which anything was said lately, with how much was said before."""
        demand(officer, Permission.SEE_SERVICES)
        now = self._clock()
        with storage_errors(), self._engine.connect() as connection:
            first = _first(connection, officer)
            counted = _counted_by_service(now, officer).subquery()
            query = sa.select(services.c.urn, services.c.name, services.c.active, counted)
            query = query.join(counted, counted.c.of == services.c.urn).where(counted.c.now > 0)
            return [_part(row, now, first) for row in connection.execute(query)]


def within(scope: Scope) -> sa.ColumnElement[bool]:
    """The cases about a service; about any service of a provider; or about one in an authority, or that name it."""
    if scope.kind is ScopeKind.SERVICE:
        return cases.c.urn == scope.name
    column = services.c.provider if scope.kind is ScopeKind.PROVIDER else services.c.authority
    theirs = cases.c.urn.in_(sa.select(services.c.urn).where(column == scope.name))
    return theirs if scope.kind is ScopeKind.PROVIDER else theirs | (cases.c.local_authority == scope.name)


def month_starts(now: datetime, count: int = MONTHS) -> list[datetime]:
    """When each of the last `count` months of London's calendar began, this one last; aware, in London."""
    local = now.astimezone(LONDON)
    months = [local.year * 12 + local.month - 1 - back for back in range(count - 1, -1, -1)]
    return [datetime(one // 12, one % 12 + 1, 1, tzinfo=LONDON) for one in months]


def _months(connection: sa.Connection, where: Any, now: datetime, officer: Officer) -> list[Month]:
    starts = month_starts(now)
    ladder: Any = sa.case(*((cases.c.received_at < end, at) for at, end in enumerate(starts[1:])), else_=MONTHS - 1)
    found = visible(
        sa.select(ladder.label("month"), *(cases.c[one] for one in Situation)).where(
            where, *COUNTED, cases.c.received_at >= starts[0]
        ),
        officer,
    ).subquery()
    sums = [_sum(found.c[situation]).label(situation) for situation in Situation]
    query = sa.select(found.c.month, sa.func.count().label("concerns"), *sums).group_by(found.c.month)
    rows = {row.month: row for row in connection.execute(query)}
    return [
        Month(
            begins=start,
            concerns=rows[at].concerns if at in rows else 0,
            situations={one: getattr(rows[at], one) if at in rows else 0 for one in Situation},
        )
        for at, start in enumerate(starts)
    ]


def _pace(where: Any, now: datetime, officer: Officer) -> sa.Select[Any]:
    query = sa.select(*_paces(now)).where(where, *COUNTED, _lately(now))
    return visible(query, officer)


def _paces(now: datetime) -> list[sa.Label[Any]]:
    recent, year = now - timedelta(days=RECENT_DAYS), now - timedelta(days=BEFORE_DAYS)
    return [
        _sum(cases.c.received_at >= recent).label("now"),
        _sum(cases.c.received_at < recent).label("before"),
        _sum(cases.c.received_at >= year).label("year"),
    ]


def _lately(now: datetime) -> sa.ColumnElement[bool]:
    return cases.c.received_at >= now - timedelta(days=RECENT_DAYS + BEFORE_DAYS)


def _paced(row: Any, now: datetime, first: datetime) -> Pace:
    """The record may be younger than the time that is compared: no more of it counts than there is."""
    recorded = (now - first).total_seconds() / 86400 - RECENT_DAYS
    days = min(float(BEFORE_DAYS), max(recorded, 0.0))
    return Pace(now=row.now or 0, before=row.before or 0, days_before=days)


def _first(connection: sa.Connection, officer: Officer) -> datetime:
    """When the first case of the record came, as far as the officer may know."""
    query = visible(sa.select(cases.c.received_at), officer).order_by(cases.c.received_at).limit(1)
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found or datetime.max.replace(tzinfo=LONDON)


def _kind(connection: sa.Connection, urn: str, now: datetime, officer: Officer) -> dict[int, int]:
    """Of how many open services of the same kind each number of concerns came in the last year."""
    this = services.alias("this")
    same = sa.select(this.c.service_type).where(this.c.urn == urn).scalar_subquery()
    alike = sa.select(services.c.urn).where(services.c.service_type == same, services.c.active.is_(True))
    year = now - timedelta(days=BEFORE_DAYS)
    query = sa.select(cases.c.urn.label("of"), sa.func.count().label("many"))
    query = visible(query.where(cases.c.urn.in_(alike), *COUNTED, cases.c.received_at >= year), officer)
    counted = query.group_by(cases.c.urn).subquery()
    many = sa.func.coalesce(counted.c.many, 0)
    kind = (
        sa.select(many.label("many"), sa.func.count().label("services"))
        .select_from(services.outerjoin(counted, counted.c.of == services.c.urn))
        .where(services.c.service_type == same, services.c.active.is_(True))
        .group_by(many)
    )
    return {row.many: row.services for row in connection.execute(kind)}


def _counted_by_service(now: datetime, officer: Officer) -> sa.Select[Any]:
    query = sa.select(cases.c.urn.label("of"), *_paces(now)).where(*COUNTED, _lately(now))
    return visible(query, officer).group_by(cases.c.urn)


def _parts(connection: sa.Connection, scope: Scope, now: datetime, officer: Officer) -> tuple[list[Part], int]:
    """The services of a provider or an authority, those first of which most is said lately."""
    if scope.kind is ScopeKind.SERVICE:
        return [], 0
    column = services.c.provider if scope.kind is ScopeKind.PROVIDER else services.c.authority
    theirs = sa.select(services.c.urn).where(column == scope.name)
    counted = _counted_by_service(now, officer).where(cases.c.urn.in_(theirs)).subquery()
    lately = sa.func.coalesce(counted.c.now, 0)
    query = (
        sa.select(services.c.urn, services.c.name, services.c.active, counted, sa.func.count().over().label("parts"))
        .select_from(services.outerjoin(counted, counted.c.of == services.c.urn))
        .where(column == scope.name)
        .order_by(lately.desc(), services.c.active.desc(), services.c.name, services.c.urn)
        .limit(PAGE)
    )
    rows = connection.execute(query).all()
    first = _first(connection, officer)
    return [_part(row, now, first) for row in rows], rows[0].parts if rows else 0


def _part(row: Any, now: datetime, first: datetime) -> Part:
    return Part(urn=row.urn, name=row.name, active=row.active, pace=_paced(row, now, first))


def _actions(where: Any) -> sa.Select[Any]:
    query = sa.select(cases.c.reference, actions.c.kind, actions.c.owner, actions.c.due_at)
    return query.join(actions, actions.c.case_id == cases.c.id).where(where, actions.c.state == ActionState.OPEN)


def _answers(where: Any) -> sa.Select[Any]:
    sent_by = approaches.c.sent_by.label("owner")
    query = sa.select(cases.c.reference, approaches.c.purpose.label("kind"), sent_by, approaches.c.due_at)
    return query.join(approaches, approaches.c.case_id == cases.c.id).where(
        where, approaches.c.state == ApproachState.SENT
    )


def _due(connection: sa.Connection, query: sa.Select[Any], officer: Officer) -> tuple[list[Due], int]:
    found = visible(query, officer).subquery()
    last = sa.case((found.c.due_at.is_(None), 1), else_=0)
    page = sa.select(found, sa.func.count().over().label("total")).order_by(last, found.c.due_at, found.c.reference)
    rows = connection.execute(page.limit(MOST)).all()
    listed = [
        Due(reference=row.reference, kind=ActionKind(row.kind), owner=row.owner or "", due_at=row.due_at)
        for row in rows
    ]
    return listed, rows[0].total if rows else 0


def _enquiries(connection: sa.Connection, where: Any, officer: Officer) -> dict[str, int]:
    columns: list[Any] = [lines_of_enquiry.c.state, sa.func.count().label("many")]
    query = sa.select(*columns).join(cases, cases.c.id == lines_of_enquiry.c.case_id).where(where)
    query = visible(query, officer).group_by(lines_of_enquiry.c.state)
    return {row.state: row.many for row in connection.execute(query)}


def _weighed(connection: sa.Connection, where: Any, officer: Officer) -> list[tuple[str, Finding, int]]:
    newest = sa.select(sa.func.max(case_standards.c.id)).group_by(case_standards.c.case_id, case_standards.c.standard)
    said = (case_standards.c.standard, case_standards.c.finding)
    columns: list[Any] = [*said, sa.func.count().label("many")]
    query = sa.select(*columns).join(cases, cases.c.id == case_standards.c.case_id)
    query = visible(query.where(where, case_standards.c.id.in_(newest)), officer).group_by(*said).order_by(*said)
    return [(row.standard, Finding(row.finding), row.many) for row in connection.execute(query)]


def _cases(where: Any, number: int, officer: Officer) -> sa.Select[Any]:
    columns = [cases.c[name] for name in ("reference", "received_at", "state", "priority", "kind", "restricted", "urn")]
    query = sa.select(*columns, *(cases.c[one] for one in Situation)).where(where, cases.c.joined_to.is_(None))
    query = query.order_by(cases.c.received_at.desc(), cases.c.reference)
    return visible(query, officer).limit(PAGE).offset((number - 1) * PAGE)


def _line(row: Any) -> Line:
    return Line(
        reference=row.reference,
        received_at=row.received_at,
        state=CaseState(row.state),
        priority=row.priority,
        kind=Kind(row.kind),
        situations=tuple(one for one in Situation if getattr(row, one)),
        restricted=row.restricted,
        urn=row.urn,
    )


def _sum(condition: Any) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
