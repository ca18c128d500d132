"""What other systems show the API: a token each, bound to a role and a time, kept as a keyed digest.

A token stands for a system, never for a person: the trail names it as ``token NAME``. One that opens restricted cases
works only once an administrator has confirmed it, as the role of a member of staff does.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import CONFIRMED_BY_A_SECOND, Officer
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import api_tokens
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.domain import Role
from mailbot.errors import MailbotError, NotAllowed

PREFIX = "mb_"
"""What each token begins with, so that scanners for secrets find one that has leaked."""

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
LONGEST_DAYS = 366
ACTOR = "token "


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One line of the list of tokens. `state` is active, waits for confirmation, expired or revoked."""

    id: int
    name: str
    role: Role
    state: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Whom a token lets in, and how often it has asked within this minute."""

    officer: Officer
    asked: int


class ApiTokens:
    """Makes, lists, confirms and revokes tokens, and says whom one lets in."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._keyring = keyring
        self._clock = clock

    def add(self, name: str, role: Role, days: int, by: str) -> tuple[str, bool]:
        """A new token, which is kept nowhere, and whether it waits for confirmation. Audited."""
        if not NAME.fullmatch(name):
            raise MailbotError(f'"{name}" cannot name a token; use small letters, digits, hyphens and full stops')
        if role is Role.ADMINISTRATOR:
            raise MailbotError("no token acts as an administrator; choose the role whose cases the system works on")
        if not 1 <= days <= LONGEST_DAYS:
            raise MailbotError(f"a token lives 1 to {LONGEST_DAYS} days; found {days}")
        secret, now, waits = PREFIX + secrets.token_urlsafe(32), self._clock(), role in CONFIRMED_BY_A_SECOND
        values = {"name": name, "role": role, "token_digest": self._digest(secret), "made_by": by, "made_at": now}
        values |= {"ends_at": now + timedelta(days=days), "confirmed_by": None if waits else by}
        try:
            with storage_errors(), self._writing.begin() as connection:
                connection.execute(sa.insert(api_tokens).values(**values))
                audit.record(connection, at=now, actor=by, act="token made", detail=f"{name}: {role}, {days} days")
        except sa.exc.IntegrityError:
            raise MailbotError(f"there is or was a token {name}: a name stands in the trail for one token") from None
        return secret, waits

    def listed(self) -> Sequence[Token]:
        """Every token there was, by name."""
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(api_tokens).order_by(api_tokens.c.name)).all()
        return [self._line(row) for row in rows]

    def revoke(self, name: str, by: str) -> None:
        """Ends a token at once. Audited."""
        alive = api_tokens.c.name == name, api_tokens.c.revoked_at.is_(None)
        change = sa.update(api_tokens).where(*alive).values(revoked_at=self._clock())
        refusal = f"there is no token {name} that can be revoked; `mailbot token list` shows them"
        self._change(change, refusal, by=by, act="token revoked", name=name)

    def confirm(self, number: int, by: str) -> str:
        """Lets a token work that opens restricted cases; its name. Not for whoever made it. Audited."""
        with storage_errors(), self._engine.connect() as connection:
            query = sa.select(api_tokens.c.name).where(api_tokens.c.id == number)
            name = connection.execute(query).scalar_one_or_none()
        waiting = api_tokens.c.confirmed_by.is_(None), api_tokens.c.revoked_at.is_(None), api_tokens.c.made_by != by
        change = sa.update(api_tokens).where(api_tokens.c.id == number, *waiting).values(confirmed_by=by)
        refusal = "There is no token that waits for your confirmation"
        self._change(change, refusal, by=by, act="token confirmed", name=str(name))
        return str(name)

    def admit(self, secret: str) -> Admitted | None:
        """Whom that token lets in now; None where it is none, or not yet, or no longer. Counts the request."""
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        counted = sa.case((api_tokens.c.minute_at == minute, api_tokens.c.asked + 1), else_=1)
        change = (
            sa.update(api_tokens)
            .where(
                api_tokens.c.token_digest == self._digest(secret),
                api_tokens.c.revoked_at.is_(None),
                api_tokens.c.confirmed_by.is_not(None),
                api_tokens.c.ends_at > now,
            )
            .values(minute_at=minute, asked=counted)
            .returning(api_tokens.c.name, api_tokens.c.role, api_tokens.c.asked)
        )
        with storage_errors(), self._engine.begin() as connection:
            row = connection.execute(change).one_or_none()
        return Admitted(officer=_officer(row), asked=row.asked) if row else None

    def officer_named(self, actor: str) -> Officer | None:
        """The officer that a token's proposals stand under, from its name in the trail; None where it is over."""
        name = actor.removeprefix(ACTOR)
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(sa.select(api_tokens).where(api_tokens.c.name == name)).one_or_none()
        return _officer(row) if row and actor.startswith(ACTOR) and self._state(row) == "active" else None

    def _change(self, change: sa.Update, refusal: str, *, by: str, act: str, name: str) -> None:
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(change).rowcount != 1:
                raise NotAllowed(refusal)
            audit.record(connection, at=self._clock(), actor=by, act=act, detail=name)

    def _line(self, row: Any) -> Token:
        return Token(
            id=row.id,
            name=row.name,
            role=Role(row.role),
            state=self._state(row),
            made_by=row.made_by,
            made_at=row.made_at,
            ends_at=row.ends_at,
            used_at=row.minute_at,
        )

    def _state(self, row: Any) -> str:
        if row.revoked_at is not None:
            return "revoked"
        if row.ends_at <= self._clock():
            return "expired"
        return "active" if row.confirmed_by is not None else "waits for confirmation"

    def _digest(self, secret: str) -> str:
        return self._keyring.digest(f"api token {secret}")


def _officer(row: Any) -> Officer:
    return Officer(email=f"{ACTOR}{row.name}", role=Role(row.role))
