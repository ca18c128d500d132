"""Breaking glass: a duty manager opens the masked narrative of a restricted case in which somebody may be in danger.

For when nobody who may see it can be reached. It needs a reason, is audited, ends by itself, and the whistleblowing
lead is told. Who wrote is not opened by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand
from mailbot.cases.alerts import AlertState
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import alerts, cases, openings
from mailbot.clock import Clock
from mailbot.domain import TaskKind
from mailbot.errors import NotAllowed

OPEN_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedAlert:
    """An alert of a restricted case, as somebody sees it who may not read the case."""

    reference: str
    raised_at: datetime
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A restricted case that was opened in an emergency."""

    id: int
    reference: str


class Openings:
    """Restricted cases that duty managers have opened, and those that they may open."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def closed_alerts(self, officer: Officer) -> list[ClosedAlert]:
        """Alerts of restricted cases that the officer cannot read and may open."""
        demand(officer, Permission.BREAK_GLASS)
        query = (
            sa.select(cases.c.reference, alerts.c.raised_at, alerts.c.state)
            .join(alerts, alerts.c.case_id == cases.c.id)
            .where(
                cases.c.restricted.is_(True),
                alerts.c.state.in_((AlertState.WAITING, AlertState.TAKEN)),
                cases.c.reference.not_in(officer.opened),
            )
            .order_by(alerts.c.raised_at, alerts.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                ClosedAlert(reference=row.reference, raised_at=row.raised_at, taken=row.state == AlertState.TAKEN)
                for row in connection.execute(query)
            ]

    def open(self, reference: str, officer: Officer, reason: str) -> None:
        """Opens a restricted case with an alert to `officer` for a day; `reason` stays readable in the audit log."""
        if not any(one.reference == reference for one in self.closed_alerts(officer)):
            raise NotAllowed("There is no alert on a restricted case of that reference")
        if not reason.strip():
            raise NotAllowed("Say why it cannot wait for somebody who may see it")
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case_id = connection.execute(sa.select(cases.c.id).where(cases.c.reference == reference)).scalar_one()
            values = {"case_id": case_id, "opened_by": officer.email, "opened_at": now, "ends_at": now + OPEN_FOR}
            connection.execute(sa.insert(openings).values(**values))
            why = f"{officer.email} opened it in an emergency"
            add_task(connection, case_id, TaskKind.GLASS_BROKEN, why[:255], None, now)
            audit.record(
                connection, at=now, actor=officer.email, act="glass broken", reference=reference, detail=reason.strip()
            )

    def opened_by(self, email: str) -> frozenset[str]:
        """The restricted cases that this member of staff has opened and may still read."""
        query = (
            sa.select(cases.c.reference)
            .join(openings, openings.c.case_id == cases.c.id)
            .where(openings.c.opened_by == email, openings.c.ends_at > self._clock())
        )
        with storage_errors(), self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def untold(self) -> list[Opening]:
        """Those of which the whistleblowing lead has not been told yet."""
        query = (
            sa.select(openings.c.id, cases.c.reference)
            .join(cases, cases.c.id == openings.c.case_id)
            .where(openings.c.told_at.is_(None))
            .order_by(openings.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [Opening(id=row.id, reference=row.reference) for row in connection.execute(query)]

    def note_told(self, opening: Opening) -> None:
        """Notes that the lead has been told. Audited."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.update(openings).where(openings.c.id == opening.id).values(told_at=now))
            audit.record(
                connection, at=now, actor=audit.MACHINE, act="lead told of broken glass", reference=opening.reference
            )
