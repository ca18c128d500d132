"""Who is signed in: each session with when it began, when it was last seen, and whether it has ended.

The browser's cookie holds a random secret; the database holds its SHA-256 alone, so that no copy of the database signs
anybody in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import sessions
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

SEEN_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in. `proved_at` is when password and second factor were last shown; `browser` is its family in words."""

    id: int
    browser: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime


class Sessions:
    """Begins, finds and ends sessions. One that is not used for `idle`, or is `longest` old, is over."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, idle: timedelta, longest: timedelta) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock
        self._idle = idle
        self._longest = longest

    def begin(self, staff_id: int, email: str, browser: str, proved_at: datetime | None = None) -> str:
        """A new session; gives back its secret, which is kept nowhere else. Audited.

        `proved_at` is when they last showed elsewhere who they are, where it was not here and now.
        """
        secret, now = secrets.token_urlsafe(32), self._clock()
        values = {
            "secret_digest": _digest(secret),
            "staff_id": staff_id,
            "browser": browser[:64],
            "created_at": now,
            "seen_at": now,
            "proved_at": proved_at or now,
        }
        old = sa.delete(sessions).where(sessions.c.staff_id == staff_id, sessions.c.created_at < now - KEPT_FOR)
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(old)
            connection.execute(sa.insert(sessions).values(**values))
            audit.record(connection, at=now, actor=email, act="signed in", detail=browser)
        return secret

    def current(self, secret: str, staff_id: int) -> Session | None:
        """The session of that secret and member of staff, noted as seen; None where it is over or another's."""
        found = self._alive(staff_id).where(sessions.c.secret_digest == _digest(secret))
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            return None
        if self._clock() - row.seen_at >= SEEN_EVERY:
            self._change(row.id, seen_at=self._clock())
        return _session(row)

    def note_proved(self, session: Session) -> None:
        """Password and second factor were shown again."""
        self._change(session.id, proved_at=self._clock())

    def listed(self, staff_id: int) -> list[Session]:
        """The sessions of a member of staff that are not over, the last used first."""
        query = self._alive(staff_id).order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
        with storage_errors(), self._engine.connect() as connection:
            return [_session(row) for row in connection.execute(query)]

    def end(self, number: int, staff_id: int, email: str) -> None:
        """Ends one session of that member of staff; raises `NotAllowed` where it is over or another's. Audited."""
        if not self._end(staff_id, email, "session ended", sessions.c.id == number):
            raise NotAllowed("There is no such session of yours")

    def end_others(self, staff_id: int, email: str, but: Session | None) -> int:
        """Ends every session of that member of staff `but` one; how many. Audited."""
        others = sessions.c.id != but.id if but else sa.true()
        return self._end(staff_id, email, "other sessions ended", others)

    def sign_out(self, session: Session, staff_id: int, email: str) -> None:
        """Ends the session that asks. Audited."""
        self._end(staff_id, email, "signed out", sessions.c.id == session.id)

    def _end(self, staff_id: int, email: str, act: str, which: sa.ColumnElement[bool]) -> int:
        now = self._clock()
        change = ending(now).where(sessions.c.staff_id == staff_id, which)
        with storage_errors(), self._writing.begin() as connection:
            ended = connection.execute(change).rowcount
            if ended:
                audit.record(connection, at=now, actor=email, act=act)
        return ended

    def _alive(self, staff_id: int) -> sa.Select[Any]:
        now = self._clock()
        return sa.select(sessions).where(
            sessions.c.staff_id == staff_id,
            sessions.c.ended_at.is_(None),
            sessions.c.seen_at > now - self._idle,
            sessions.c.created_at > now - self._longest,
        )

    def _change(self, number: int, **values: Any) -> None:
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.id == number).values(**values))


def ending(at: datetime) -> sa.Update:
    """The statement that ends sessions, to be narrowed to those meant."""
    return sa.update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=at)


def _session(row: Any) -> Session:
    return Session(
        id=row.id, browser=row.browser, created_at=row.created_at, seen_at=row.seen_at, proved_at=row.proved_at
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
