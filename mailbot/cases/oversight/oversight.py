"""How the work goes: what comes in, how soon it is seen, what officers change, what is withheld or overdue.

Only counts over cases that the member of staff may know of, by a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.oversight.learning import SAID
from mailbot.cases.queue import MUST_BE_SEEN, OPEN_STATES
from mailbot.cases.schema import answers, approaches, cases, opinions
from mailbot.clock import Clock
from mailbot.domain import ActionKind, ApproachState, CaseState, Kind, LetterState, Situation
from mailbot.targets import LONDON

WEEKS = 26
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What came in one week, which begins on a Monday in London."""

    begins: datetime
    cases: int
    concerns: int
    dangers: int
    situations: Mapping[Situation, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How soon the cases of a priority were seen, of those that must be: in time, too late, not yet.

    `overdue` waits for review beyond its target now.
    """

    priority: int
    in_time: int
    too_late: int
    not_yet: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """How many of the cases that officers answered they answered otherwise than the model, in one field."""

    field: str
    changed: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An answer of a service that has not come in time."""

    reference: str
    urn: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """The figures of the last `WEEKS` weeks, as they stood `at` that moment. `overdue_answers` counts all."""

    at: datetime
    weeks: Sequence[Week]
    responses: Sequence[Response]
    overrides: Sequence[Override]
    acknowledgements: Mapping[LetterState, int]
    overdue: Sequence[Overdue]
    overdue_answers: int


class Overseeing:
    """Reads the figures for those who oversee the work."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def figures(self, officer: Officer) -> Oversight:
        """The figures over the cases that `officer` may know of."""
        demand(officer, Permission.SEE_OVERSIGHT)
        now = self._clock()
        starts = week_starts(now)
        since = cases.c.received_at >= starts[0]
        with storage_errors(), self._engine.connect() as connection:
            acknowledged = sa.select(cases.c.acknowledgement, sa.func.count().label("many")).where(since)
            acknowledged = visible(acknowledged, officer).group_by(cases.c.acknowledgement)
            counted = {LetterState(row.acknowledgement): row.many for row in connection.execute(acknowledged)}
            overdue, overdue_answers = _overdue(connection, officer, now)
            return Oversight(
                at=now,
                weeks=_weeks(connection, officer, starts),
                responses=_responses(connection, officer, since, now),
                overrides=_overrides(connection, officer, starts[0]),
                acknowledgements={state: counted.get(state, 0) for state in LetterState},
                overdue=overdue,
                overdue_answers=overdue_answers,
            )


def week_starts(now: datetime) -> list[datetime]:
    """When each of the last `WEEKS` weeks began in London, this one last."""
    today = now.astimezone(LONDON).date()
    monday = today - timedelta(days=today.weekday())
    days = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    return [datetime.combine(day, time(), LONDON) for day in days]


def _weeks(connection: sa.Connection, officer: Officer, starts: Sequence[datetime]) -> list[Week]:
    ladder: Any = sa.case(*((cases.c.received_at < end, at) for at, end in enumerate(starts[1:])), else_=WEEKS - 1)
    danger = cases.c.immediate_risk | cases.c.adult_in_danger
    columns = [ladder.label("week"), cases.c.kind, danger.label("danger"), *(cases.c[one] for one in Situation)]
    found = visible(sa.select(*columns).where(cases.c.received_at >= starts[0]), officer).subquery()
    query = sa.select(
        found.c.week,
        sa.func.count().label("cases"),
        _sum(found.c.kind == Kind.CONCERN).label("concerns"),
        _sum(found.c.danger).label("dangers"),
        *(_sum(found.c[one]).label(one) for one in Situation),
    ).group_by(found.c.week)
    rows = {row.week: row._mapping for row in connection.execute(query)}
    nothing = dict.fromkeys(("cases", "concerns", "dangers", *Situation), 0)
    return [_week(start, rows.get(at, nothing)) for at, start in enumerate(starts)]


def _week(start: datetime, counts: Mapping[Any, int]) -> Week:
    return Week(
        begins=start,
        cases=counts["cases"],
        concerns=counts["concerns"],
        dangers=counts["dangers"],
        situations={one: counts[one] for one in Situation},
    )


def _responses(connection: sa.Connection, officer: Officer, since: Any, now: datetime) -> list[Response]:
    unseen, waits = cases.c.seen_at.is_(None), cases.c.state.in_(OPEN_STATES)
    query: sa.Select[Any] = sa.select(
        cases.c.priority,
        _sum(cases.c.seen_at <= cases.c.see_by).label("in_time"),
        _sum((cases.c.seen_at > cases.c.see_by) | (unseen & waits & (cases.c.see_by < now))).label("too_late"),
        _sum(unseen & waits & (cases.c.see_by >= now)).label("not_yet"),
        _sum((cases.c.state == CaseState.NEW) & (cases.c.due_at < now)).label("overdue"),
    ).where(since, MUST_BE_SEEN)
    rows = connection.execute(visible(query, officer).group_by(cases.c.priority).order_by(cases.c.priority))
    return [
        Response(
            priority=row.priority,
            in_time=row.in_time,
            too_late=row.too_late,
            not_yet=row.not_yet,
            overdue=row.overdue,
        )
        for row in rows
    ]


def _overrides(connection: sa.Connection, officer: Officer, since: datetime) -> list[Override]:
    changed = [_sum(opinions.c[field] != answers.c[field]).label(f"of_{field}") for field in SAID]
    columns: list[Any] = [sa.func.count().label("answered"), *changed]
    query = (
        sa.select(*columns)
        .select_from(answers)
        .join(opinions, (opinions.c.case_id == answers.c.case_id) & opinions.c.decides)
        .join(cases, cases.c.id == answers.c.case_id)
        .where(answers.c.answered_at >= since)
    )
    row = connection.execute(visible(query, officer)).one()._mapping
    return [Override(field=field, changed=row[f"of_{field}"] or 0, answered=row["answered"]) for field in SAID]


def _overdue(connection: sa.Connection, officer: Officer, now: datetime) -> tuple[list[Overdue], int]:
    query = sa.select(cases.c.reference, cases.c.urn, approaches.c.due_at, sa.func.count().over().label("total"))
    query = query.join(approaches, approaches.c.case_id == cases.c.id).where(
        approaches.c.purpose == ActionKind.ASK_THE_SERVICE,
        approaches.c.state == ApproachState.SENT,
        approaches.c.due_at < now,
    )
    query = visible(query, officer).order_by(approaches.c.due_at, cases.c.reference).limit(MOST)
    rows = connection.execute(query).all()
    listed = [Overdue(reference=row.reference, urn=row.urn, due_at=row.due_at) for row in rows]
    return listed, rows[0].total if rows else 0


def _sum(condition: Any) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
