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
from flask_security import UserMixin, WebAuthnMixin
from sqlalchemy.orm import DeclarativeBase, relationship

from mailbot.cases import audit, schema
from mailbot.cases.access import CONFIRMED_BY_A_SECOND, Officer
from mailbot.cases.accounts.sessions import ending
from mailbot.cases.database import storage_errors, writing
from mailbot.domain import Role
from mailbot.errors import MailbotError, NotAllowed
from mailbot.web import passwords

table = schema.staff
codes = schema.recovery_codes


class _Base(DeclarativeBase):
    metadata = schema.metadata


class SecurityKey(_Base, WebAuthnMixin):
    """A row of the table of security keys as Flask-Security sees it."""

    __table__ = schema.security_keys

    if TYPE_CHECKING:
        staff_id: int

    def get_user_mapping(self) -> dict[str, int]:
        """By what the library finds whose key it is."""
        return {"id": self.staff_id}


class Staff(_Base, UserMixin):
    """A row of the staff table as Flask-Security sees it. What they may do is `role`, never the library's roles."""

    __table__ = table

    if TYPE_CHECKING:
        role: str
        by_provider: bool
        tf_last_counter: int | None
    else:
        roles = ()
        webauthn = relationship(SecurityKey, cascade="all, delete-orphan", order_by=schema.security_keys.c.id)

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
        "password": _hashed(password, address),
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
    """Ends an account and every session of it, at once."""
    change = (
        sa.update(table)
        .where(table.c.email == email.lower())
        .values(
            active=False, confirmed_by=sa.func.coalesce(table.c.confirmed_by, by), fs_uniquifier=secrets.token_hex(32)
        )
    )
    _change_one(engine, change, _sessions_end(email, at), actor=by, act="staff disabled", at=at)


def reset(engine: sa.Engine, email: str, password: str, by: str, at: datetime) -> None:
    """Sets a new password, forgets the second factor (app, keys and recovery codes) and ends every session.

    Who signed in at a provider signs in with that password from now on.
    """
    address = email.lower()
    change = (
        sa.update(table)
        .where(table.c.email == address)
        .values(
            password=_hashed(password, address),
            tf_primary_method=None,
            tf_totp_secret=None,
            fs_uniquifier=secrets.token_hex(32),
            by_provider=False,
            subject_digest=None,
        )
    )
    forgotten = [sa.delete(kept).where(kept.c.staff_id == _id_of(address)) for kept in (schema.security_keys, codes)]
    _change_one(engine, change, *forgotten, _sessions_end(address, at), actor=by, act="staff reset", at=at)


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


def use_counter(engine: sa.Engine, staff_id: int, counter: int) -> bool:
    """Uses up the code of that time step (RFC 6238 section 5.2); False where it, or a later one, was used before."""
    unused = table.c.tf_last_counter.is_(None) | (table.c.tf_last_counter < counter)
    change = sa.update(table).where(table.c.id == staff_id, unused).values(tf_last_counter=counter)
    with storage_errors(), writing(engine).begin() as connection:
        return connection.execute(change).rowcount == 1


def set_recovery_codes(engine: sa.Engine, staff_id: int, email: str, digests: list[str], at: datetime) -> None:
    """Puts new recovery codes, given as their digests, in the place of all earlier ones. Audited."""
    rows = [{"staff_id": staff_id, "code_digest": digest, "made_at": at} for digest in digests]
    with storage_errors(), writing(engine).begin() as connection:
        connection.execute(sa.delete(codes).where(codes.c.staff_id == staff_id))
        connection.execute(sa.insert(codes), rows)
        audit.record(connection, at=at, actor=email, act="recovery codes made")


def use_recovery_code(engine: sa.Engine, staff_id: int, email: str, digest: str, at: datetime) -> bool:
    """Uses up the code with that digest; False where it is none of theirs, or was used before. Audited."""
    unused = codes.c.staff_id == staff_id, codes.c.code_digest == digest, codes.c.used_at.is_(None)
    with storage_errors(), writing(engine).begin() as connection:
        used = connection.execute(sa.update(codes).where(*unused).values(used_at=at)).rowcount == 1
        if used:
            audit.record(connection, at=at, actor=email, act="recovery code used")
    return used


def recovery_codes_left(engine: sa.Engine, staff_id: int) -> int:
    """How many recovery codes have not been used."""
    query = sa.select(sa.func.count()).where(codes.c.staff_id == staff_id, codes.c.used_at.is_(None))
    with storage_errors(), engine.connect() as connection:
        return connection.execute(query).scalar_one()


def note(engine: sa.Engine, email: str, act: str, at: datetime) -> None:
    """Audits what a member of staff did to their own account."""
    with storage_errors(), writing(engine).begin() as connection:
        audit.record(connection, at=at, actor=email, act=act)


def _id_of(email: str) -> sa.ScalarSelect[int]:
    return sa.select(table.c.id).where(table.c.email == email.lower()).scalar_subquery()


def _sessions_end(email: str, at: datetime) -> sa.Update:
    return ending(at).where(schema.sessions.c.staff_id == _id_of(email))


def _change_one(
    engine: sa.Engine, change: sa.Update, *more: sa.Delete | sa.Update, actor: str, act: str, at: datetime
) -> None:
    """Makes the change and what follows from it, or none of it."""
    with storage_errors(), writing(engine).begin() as connection:
        if connection.execute(change).rowcount != 1:
            raise MailbotError("no such account, or it is not one that can be changed so by you")
        for one in more:
            connection.execute(one)
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


def _hashed(password: str, address: str) -> str:
    if problem := passwords.problem(password, address):
        raise MailbotError(problem)
    return argon2.PasswordHasher().hash(passwords.normalised(password))
