"""The accounts of staff: what Flask-Security signs in, and what the command line adds and disables.

The one place outside `mailbot.cases` that speaks to SQLAlchemy, because Flask-Security wants mapped classes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import argon2
import sqlalchemy as sa
from flask_security import UserMixin
from sqlalchemy.orm import DeclarativeBase

from mailbot.cases import audit, schema
from mailbot.cases.access import CONFIRMED_BY_A_SECOND, Officer
from mailbot.cases.database import storage_errors, writing
from mailbot.domain import Role
from mailbot.errors import MailbotError, NotAllowed

SHORTEST_PASSWORD = 12

table = schema.staff


class _Base(DeclarativeBase):
    metadata = schema.metadata


class Staff(_Base, UserMixin):
    """A row of the staff table as Flask-Security sees it. What they may do is `role`, never the library's roles."""

    __table__ = table

    if TYPE_CHECKING:
        role: str
        tf_last_counter: int | None
    else:
        roles = ()

    @property
    def officer(self) -> Officer:
        return Officer(email=self.email, role=Role(self.role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One line of the list of staff. `state` is active, waits for confirmation, or disabled."""

    email: str
    role: Role
    state: str


def is_empty(engine: sa.Engine) -> bool:
    """Whether nobody has an account yet."""
    with storage_errors(), engine.connect() as connection:
        return connection.execute(sa.select(table.c.id).limit(1)).first() is None


def add(
    engine: sa.Engine,
    email: str,
    role: Role,
    password: str,
    *,
    added_by: str,
    at: datetime,
    confirmed_by: str | None = None,
) -> bool:
    """Adds an account; True where its role waits for a second administrator's confirmation before it works."""
    address = _checked_address(email)
    waits = role in CONFIRMED_BY_A_SECOND and confirmed_by is None
    values = {
        "email": address,
        "password": _hashed(password),
        "active": not waits,
        "role": role,
        "confirmed_by": confirmed_by or (None if waits else added_by),
        "added_by": added_by,
        "added_at": at,
        "fs_uniquifier": secrets.token_hex(32),
    }
    try:
        with storage_errors(), writing(engine).begin() as connection:
            connection.execute(sa.insert(table).values(**values))
            audit.record(connection, at=at, actor=added_by, act="staff added", detail=f"{role}")
    except sa.exc.IntegrityError:
        raise MailbotError(f"{address} has an account already; `mailbot staff list` shows it") from None
    return waits


def confirm(engine: sa.Engine, email: str, by: str, at: datetime) -> None:
    """Confirms a restricted role; only an administrator other than the one who added it may."""
    change = (
        sa.update(table)
        .where(table.c.email == email, table.c.confirmed_by.is_(None), table.c.added_by != by, table.c.email != by)
        .values(confirmed_by=by, active=True)
    )
    _change_one(engine, change, actor=by, act="staff confirmed", at=at)


def disable(engine: sa.Engine, email: str, by: str, at: datetime) -> None:
    """Ends an account and every session of it."""
    change = (
        sa.update(table)
        .where(table.c.email == email.lower())
        .values(
            active=False, confirmed_by=sa.func.coalesce(table.c.confirmed_by, by), fs_uniquifier=secrets.token_hex(32)
        )
    )
    _change_one(engine, change, actor=by, act="staff disabled", at=at)


def reset(engine: sa.Engine, email: str, password: str, by: str, at: datetime) -> None:
    """Sets a new password, forgets the second factor and ends every session."""
    change = (
        sa.update(table)
        .where(table.c.email == email.lower())
        .values(
            password=_hashed(password), tf_primary_method=None, tf_totp_secret=None, fs_uniquifier=secrets.token_hex(32)
        )
    )
    _change_one(engine, change, actor=by, act="staff reset", at=at)


def listed(engine: sa.Engine) -> list[Person]:
    """Everybody with an account, by address."""
    with storage_errors(), engine.connect() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.email))
        return [
            Person(email=row.email, role=Role(row.role), state=_state(row.active, row.confirmed_by)) for row in rows
        ]


def officer(engine: sa.Engine, email: str) -> Officer:
    """The active member of staff with that address, for commands that act as somebody."""
    query = sa.select(table).where(table.c.email == email.lower(), table.c.active.is_(True))
    with storage_errors(), engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotAllowed(f"{email} is not an active member of staff; `mailbot staff list` shows who is")
    return Officer(email=row.email, role=Role(row.role))


def _change_one(engine: sa.Engine, change: sa.Update, *, actor: str, act: str, at: datetime) -> None:
    with storage_errors(), writing(engine).begin() as connection:
        if connection.execute(change).rowcount != 1:
            raise MailbotError("no such account, or it is not one that can be changed so by you")
        audit.record(connection, at=at, actor=actor, act=act)


def _state(active: bool, confirmed_by: str | None) -> str:
    if active:
        return "active"
    return "disabled" if confirmed_by else "waits for confirmation"


def _checked_address(email: str) -> str:
    address = email.strip().lower()
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@") or " " in address:
        raise MailbotError(f"{email!r} is no mail address")
    return address


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise MailbotError(f"the password has {len(password)} characters; at least {SHORTEST_PASSWORD} are needed")
    return argon2.PasswordHasher().hash(password)
