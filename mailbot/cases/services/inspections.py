"""Inspections of services: planned, re-timed (P13c), held, with what they judged; and who inspects which service."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import cases, inspections, retimings, service_inspectors, staff
from mailbot.clock import Clock
from mailbot.domain import Role
from mailbot.errors import NotAllowed

MOST = 20
"""Past inspections and re-timings shown of a service, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An inspection as the regulator's file has it. What is not told is None or ''.

    The three judgements are those of the social care common inspection framework: overall experiences and progress,
    help and protection, leadership and management.
    """

    urn: str
    kind: str
    number: str | None = None
    planned_on: date | None = None
    held_on: date | None = None
    published_on: date | None = None
    overall: str = ""
    protection: str = ""
    leadership: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """An inspection in the record, by its number there."""

    id: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Retiming:
    """That an inspection was planned for another day; `reference` is the case behind it, where one may be told."""

    kind: str
    was_on: date | None
    now_on: date
    changed_by: str
    changed_at: datetime
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a service stands with its inspections: the next planned, those held, and each re-timing, newest first."""

    next: Inspection | None
    held: tuple[Inspection, ...]
    retimings: tuple[Retiming, ...]
    inspector: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an import changed; `same` counts what stayed as it was. What the file leaves out stays."""

    new: tuple[Outcome, ...]
    changed: tuple[tuple[Outcome, Outcome], ...]
    same: int


class Inspections:
    """The inspections in the record. They are the regulator's own business: nothing of a case is in them."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def of_service(self, urn: str, officer: Officer) -> Standing:
        """How a service stands with its inspections; a case is named only to those who may see it."""
        demand(officer, Permission.SEE_SERVICES)
        seen = visible(sa.select(cases.c.id, cases.c.reference), officer).subquery()
        moved = (
            sa.select(retimings, inspections.c.kind, seen.c.reference)
            .join(inspections, inspections.c.id == retimings.c.inspection_id)
            .outerjoin(seen, seen.c.id == retimings.c.case_id)
            .where(inspections.c.urn == urn)
            .order_by(retimings.c.id.desc())
            .limit(MOST)
        )
        held = sa.select(inspections).where(inspections.c.urn == urn, inspections.c.held_on.is_not(None))
        held = held.order_by(inspections.c.held_on.desc(), inspections.c.id.desc()).limit(MOST)
        who = sa.select(service_inspectors.c.inspector).where(service_inspectors.c.urn == urn)
        with storage_errors(), self._engine.connect() as connection:
            planned = connection.execute(_planned(urn).limit(1)).first()
            return Standing(
                next=_inspection(planned) if planned else None,
                held=tuple(map(_inspection, connection.execute(held))),
                retimings=tuple(map(_retiming, connection.execute(moved))),
                inspector=connection.execute(who).scalar_one_or_none(),
            )

    def plan(self, urn: str, officer: Officer, kind: str, day: date, reference: str | None = None) -> None:
        """Plans the next inspection of that kind of a service, or moves the one that is planned; both are kept on
        record, with the case that gave rise to it if one did. Audited.
        """
        demand(officer, Permission.PLAN_INSPECTIONS)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            needed = Permission.READ_CASES
            case = case_for(connection, reference, officer, needed) if reference else None
            row = connection.execute(_planned(urn).where(inspections.c.kind == kind).limit(1)).first()
            values = {"planned_on": day, "written_by": officer.email, "written_at": now}
            if row is None:
                added = sa.insert(inspections).returning(inspections.c.id)
                number = connection.execute(added, {"urn": urn, "kind": kind, **values}).scalar_one()
            else:
                number = row.id
                connection.execute(sa.update(inspections).where(inspections.c.id == number).values(**values))
            was = row.planned_on if row else None
            self._moved(connection, number, was, day, officer.email, case.id if case else None)
            detail = f"{urn} {kind}: {was or 'not planned'} to {day}"
            act = "inspection re-timed" if was else "inspection planned"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference, detail=detail)

    def inspectors(self) -> list[str]:
        """The addresses of those who may inspect."""
        query = sa.select(staff.c.email).where(staff.c.active.is_(True), staff.c.role == Role.INSPECTOR)
        with storage_errors(), self._engine.connect() as connection:
            return list(connection.execute(query.order_by(staff.c.email)).scalars())

    def name_inspector(self, urn: str, officer: Officer, inspector: str) -> None:
        """Says who inspects a service from now on, and is told of what is held for it; audited."""
        demand(officer, Permission.PLAN_INSPECTIONS)
        if inspector not in self.inspectors():
            raise NotAllowed("Choose an inspector who has an account")
        now = self._clock()
        values = {"inspector": inspector, "named_by": officer.email, "named_at": now, "read_at": None}
        with storage_errors(), self._writing.begin() as connection:
            known = sa.update(service_inspectors).where(service_inspectors.c.urn == urn)
            if connection.execute(known.values(**values)).rowcount == 0:
                connection.execute(sa.insert(service_inspectors).values(urn=urn, **values))
            detail = f"{urn}: {inspector}"
            audit.record(connection, at=now, actor=officer.email, act="inspector named", detail=detail)

    def mark_read(self, urn: str, officer: Officer) -> None:
        """Notes that a service's inspector has read what is held for it until now; nothing for anybody else."""
        mine = (service_inspectors.c.urn == urn) & (service_inspectors.c.inspector == officer.email)
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.update(service_inspectors).where(mine).values(read_at=self._clock()))

    def take_over(self, outcomes: Iterable[Outcome], actor: str) -> Changes:
        """Takes over a file of inspections, all of it or nothing, audited. What it leaves out stays.

        A line means the inspection of its number; without one, that of the service, kind and day, or the planned one
        of that kind where it was held since that was planned. What a line does not tell stays as it was known.
        """
        now, new, changed, same = self._clock(), [], [], 0
        with storage_errors(), self._writing.begin() as connection:
            book = _Book(connection.execute(sa.select(inspections).order_by(inspections.c.id)))
            for line in outcomes:
                before = book.meant_by(line)
                one = _completed(line, before.outcome) if before else line
                if before is None:
                    new.append(one)
                elif before.outcome == one:
                    same += 1
                else:
                    changed.append((before, one))
            written = {"written_by": actor, "written_at": now}
            if new:
                connection.execute(sa.insert(inspections), [{**_values(one), **written} for one in new])
            for before, one in changed:
                alter = sa.update(inspections).where(inspections.c.id == before.id)
                connection.execute(alter.values(**_values(one), **written))
                if one.planned_on and one.planned_on != before.outcome.planned_on:
                    self._moved(connection, before.id, before.outcome.planned_on, one.planned_on, actor, None)
            detail = f"{len(new)} new, {len(changed)} changed"
            audit.record(connection, at=now, actor=actor, act="inspections imported", detail=detail)
        return Changes(new=tuple(new), changed=tuple((old.outcome, one) for old, one in changed), same=same)

    def _moved(
        self, connection: sa.Connection, number: int, was: date | None, day: date, by: str, case_id: int | None
    ) -> None:
        connection.execute(
            sa.insert(retimings).values(
                inspection_id=number, case_id=case_id, was_on=was, now_on=day, changed_by=by, changed_at=self._clock()
            )
        )


class _Book:
    """The inspections that are known, by what a line of a file may name them."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._by_number: dict[str, Inspection] = {}
        self._by_day: dict[tuple[str, str, date | None], Inspection] = {}
        self._planned: dict[tuple[str, str], tuple[date, Inspection]] = {}
        for row in rows:
            one = _inspection(row)
            outcome = one.outcome
            if outcome.number:
                self._by_number[outcome.number] = one
            if outcome.held_on:
                self._by_day[outcome.urn, outcome.kind, outcome.held_on] = one
            else:
                self._planned.setdefault((outcome.urn, outcome.kind), (row.written_at.date(), one))

    def meant_by(self, line: Outcome) -> Inspection | None:
        if line.number and line.number in self._by_number:
            return self._by_number[line.number]
        found = self._by_day.get((line.urn, line.kind, line.held_on)) if line.held_on else None
        since, planned = self._planned.get((line.urn, line.kind), (date.max, None))
        if found is None and planned and (line.held_on is None or line.held_on >= since):
            found = planned
            del self._planned[line.urn, line.kind]
        return found if found and (not line.number or found.outcome.number in (None, line.number)) else None


def differences(old: Outcome, new: Outcome) -> list[str]:
    """The fields in which two say different things, each as it was and is."""
    fields = [field.name for field in dataclasses.fields(Outcome)]
    return [
        f"{name} {getattr(old, name) or 'nothing'} → {getattr(new, name) or 'nothing'}"
        for name in fields
        if getattr(old, name) != getattr(new, name)
    ]


def _completed(line: Outcome, known: Outcome) -> Outcome:
    """The line with what was known before where it tells nothing."""
    return Outcome(**{name: getattr(line, name) or was for name, was in _values(known).items()})


def _planned(urn: str) -> sa.Select[Any]:
    query = sa.select(inspections).where(inspections.c.urn == urn, inspections.c.held_on.is_(None))
    return query.order_by(inspections.c.planned_on, inspections.c.id)


def _values(outcome: Outcome) -> dict[str, Any]:
    return {field.name: getattr(outcome, field.name) for field in dataclasses.fields(Outcome)}


def _inspection(row: Any) -> Inspection:
    told = {field.name: row._mapping[field.name] for field in dataclasses.fields(Outcome)}
    return Inspection(id=row.id, outcome=Outcome(**told))


def _retiming(row: Any) -> Retiming:
    return Retiming(
        kind=row.kind,
        was_on=row.was_on,
        now_on=row.now_on,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        reference=row.reference,
    )
