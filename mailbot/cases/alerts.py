"""Alerts that somebody is in danger: raised with the case, told again until a person takes it and has decided.

waiting -> taken -> done. Whatever is due is told; what was told, to whom and whether it went is kept. No alert holds a
word of a message, a name or a kind of case: it asks somebody to sign in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import CONFIRMED_BY_A_SECOND, Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import alerts, cases, notices, staff
from mailbot.clock import Clock
from mailbot.domain import Role
from mailbot.errors import NotAllowed

DECIDED_WITHIN = timedelta(minutes=30)
"""How long after an alert is taken something must have been decided, or it is told again."""


class AlertState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"


class AlertChannel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAlert:
    """One that is to be told now, for the `step`-th time from 0. `restricted` says that few may see its case."""

    id: int
    reference: str
    restricted: bool
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Somebody was told, or could not be: `problem` is why not."""

    channel: AlertChannel
    recipient: str
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An alert that is not done, as staff see it."""

    reference: str
    raised_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStanding:
    """How a channel did last: `problem` is None where the last notice went."""

    channel: AlertChannel
    at: datetime
    problem: str | None


OPEN_ALERT = (
    sa.select(alerts.c.id).where(alerts.c.case_id == sa.bindparam("of"), alerts.c.state != AlertState.DONE).limit(1)
)


def raise_alert(connection: sa.Connection, case_id: int, at: datetime) -> None:
    """Raises an alert for a case, within the transaction that found the danger; one that is open already stays."""
    if connection.execute(OPEN_ALERT, {"of": case_id}).first() is None:
        values = {"case_id": case_id, "raised_at": at, "state": AlertState.WAITING, "told": 0, "next_at": at}
        connection.execute(sa.insert(alerts), values)


def tell_at_once(connection: sa.Connection, case_id: int, at: datetime) -> None:
    """Has a case's alert told again now, where nobody has taken it: more people may see the case than before."""
    waiting = sa.update(alerts).where(alerts.c.case_id == case_id, alerts.c.state == AlertState.WAITING)
    connection.execute(waiting.values(next_at=at))


def end_alert(connection: sa.Connection, case_id: int, at: datetime) -> None:
    """Ends a case's alert: something has been decided, or an officer has found no danger."""
    change = sa.update(alerts).where(alerts.c.case_id == case_id, alerts.c.state != AlertState.DONE)
    connection.execute(change.values(state=AlertState.DONE, done_at=at))


class AlertBook:
    """The alerts of an installation."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def due(self) -> list[DueAlert]:
        """What is to be told now: nobody has taken it, or whoever did has not decided in time. Oldest first."""
        query = (
            sa.select(alerts.c.id, alerts.c.told, cases.c.reference, cases.c.restricted)
            .join(cases, cases.c.id == alerts.c.case_id)
            .where(alerts.c.state != AlertState.DONE, alerts.c.next_at <= self._clock())
            .order_by(alerts.c.raised_at, alerts.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                DueAlert(id=row.id, reference=row.reference, restricted=row.restricted, step=row.told)
                for row in connection.execute(query)
            ]

    def note_told(self, alert: DueAlert, told: Sequence[Notice], next_at: datetime) -> None:
        """Keeps who was told and when it is told next. One that was taken, and not decided, waits again."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            if told:
                rows = [
                    {"alert_id": alert.id, "at": now, "channel": one.channel, "recipient": one.recipient[:254],
                     "problem": one.problem and one.problem[:255]}
                    for one in told
                ]  # fmt: skip
                connection.execute(sa.insert(notices), rows)
            step = alert.step + 1 if any(one.problem is None for one in told) else alert.step
            connection.execute(
                sa.update(alerts)
                .where(alerts.c.id == alert.id, alerts.c.state != AlertState.DONE)
                .values(state=AlertState.WAITING, told=step, next_at=next_at)
            )
            went = [f"{one.channel} to {one.recipient}" for one in told if one.problem is None]
            audit.record(
                connection,
                at=now,
                actor=audit.MACHINE,
                act="alert told" if went else "alert could not be told",
                reference=alert.reference,
                detail=", ".join(went),
            )

    def take(self, reference: str, officer: Officer) -> None:
        """Notes that `officer` deals with it; it is told again where nothing is decided in time. Audited."""
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            query = visible(sa.select(cases.c.id).where(cases.c.reference == reference), officer)
            case_id = connection.execute(query).scalar_one_or_none()
            change = sa.update(alerts).where(alerts.c.case_id == case_id, alerts.c.state == AlertState.WAITING)
            values = {"state": AlertState.TAKEN, "taken_by": officer.email, "taken_at": now}
            taken = connection.execute(change.values(**values, next_at=now + DECIDED_WITHIN)).rowcount
            if case_id is None or not taken:
                raise NotAllowed("There is no alert on this case that waits for somebody")
            audit.record(connection, at=now, actor=officer.email, act="alert taken", reference=reference)

    def open_ones(self, officer: Officer) -> list[OpenAlert]:
        """The alerts that are not done, of cases that `officer` may see; oldest first."""
        demand(officer, Permission.READ_CASES)
        query = (
            sa.select(cases.c.reference, alerts.c.raised_at, alerts.c.taken_by, alerts.c.taken_at, alerts.c.told)
            .join(cases, cases.c.id == alerts.c.case_id)
            .where(alerts.c.state.in_((AlertState.WAITING, AlertState.TAKEN)))
            .order_by(alerts.c.raised_at, alerts.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                OpenAlert(
                    reference=row.reference,
                    raised_at=row.raised_at,
                    taken_by=row.taken_by,
                    taken_at=row.taken_at,
                    told=row.told,
                )
                for row in connection.execute(visible(query, officer))
            ]

    def roles(self) -> dict[str, Role]:
        """The roles of all staff who may sign in and whose role works."""
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(staff.c.email, staff.c.role, staff.c.confirmed_by).where(staff.c.active)
            )
            return {
                row.email: Role(row.role)
                for row in rows
                if row.confirmed_by or Role(row.role) not in CONFIRMED_BY_A_SECOND
            }

    def channels(self) -> list[ChannelStanding]:
        """How each channel did last, those that were never used left out."""
        newest = sa.select(sa.func.max(notices.c.id)).group_by(notices.c.channel)
        query = sa.select(notices).where(notices.c.id.in_(newest)).order_by(notices.c.channel)
        with storage_errors(), self._engine.connect() as connection:
            return [
                ChannelStanding(channel=AlertChannel(row.channel), at=row.at, problem=row.problem)
                for row in connection.execute(query)
            ]
