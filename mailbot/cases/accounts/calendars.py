"""A member of staff's own calendar of what is due: reached by a secret address, and with nothing in it but references
and kinds of action (RFC 5545).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import actions, calendars, cases, staff
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.domain import ActionState, Role

MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAction:
    """An open action of theirs, by its number."""

    id: int
    reference: str
    kind: str
    due_at: datetime


class Calendars:
    """Secret addresses of calendars, kept as keyed digests, and what stands behind them."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._keyring = keyring
        self._clock = clock

    def renew(self, officer: Officer) -> str:
        """A new secret for the officer's calendar; the one before opens nothing any more. Audited."""
        demand(officer, Permission.READ_CASES)
        token, now = secrets.token_urlsafe(32), self._clock()
        values = {"token_digest": self._digest(token), "made_at": now}
        with storage_errors(), self._writing.begin() as connection:
            mine = sa.update(calendars).where(calendars.c.officer == officer.email)
            if connection.execute(mine.values(**values)).rowcount == 0:
                connection.execute(sa.insert(calendars).values(officer=officer.email, **values))
            audit.record(connection, at=now, actor=officer.email, act="calendar address made")
        return token

    def due(self, token: str) -> Sequence[DueAction] | None:
        """What is due of whoever has that secret, as far as their role lets them know; None where nobody has it."""
        who = (
            sa.select(staff.c.email, staff.c.role)
            .join(calendars, calendars.c.officer == staff.c.email)
            .where(calendars.c.token_digest == self._digest(token), staff.c.active.is_(True))
        )
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(who).one_or_none()
            officer = Officer(email=row.email, role=Role(row.role)) if row else None
            if officer is None or not officer.may(Permission.READ_CASES):
                return None
            return [
                DueAction(id=one.id, reference=one.reference, kind=one.kind, due_at=one.due_at)
                for one in connection.execute(_theirs(officer))
            ]

    def _digest(self, token: str) -> str:
        return self._keyring.digest(f"calendar {token}")


def _theirs(officer: Officer) -> sa.Select[Any]:
    query = sa.select(actions.c.id, actions.c.kind, actions.c.due_at, cases.c.reference)
    query = query.join(cases, cases.c.id == actions.c.case_id).where(
        actions.c.owner == officer.email, actions.c.state == ActionState.OPEN, actions.c.due_at.is_not(None)
    )
    return visible(query, officer).order_by(actions.c.due_at, actions.c.id).limit(MOST)


def as_ical(entries: Sequence[DueAction], now: datetime) -> str:
    """The entries as a calendar. Neither references nor kinds hold what RFC 5545 would have escaped or folded."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//mailbot//due actions//EN", "METHOD:PUBLISH"]
    for one in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:action-{one.id}@mailbot",
            f"DTSTAMP:{_moment(now)}",
            f"DTSTART:{_moment(one.due_at)}",
            f"SUMMARY:{one.reference} {one.kind.replace('_', ' ')}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
