"""Accounts of staff whom the organisation's own sign-in service lets in: found, made and kept as it says.

Whoever signs in there is known here by issuer and subject (OpenID Connect Core section 5.7), as a keyed digest; an
address is only what they are called. Their role follows their groups at each sign-in. A role that opens what nobody
else sees still waits for an administrator's confirmation here: whoever rules the groups alone opens nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import argon2
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import CONFIRMED_BY_A_SECOND
from mailbot.cases.accounts.sessions import ending
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import recovery_codes, security_keys, sessions, staff
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.domain import Role
from mailbot.errors import MailbotError, NotAllowed

PROVIDER = "single sign-on"

DISABLED = "Your account here is disabled. An administrator can tell you why"
WAITS = "Your role here waits until an administrator has confirmed it under Staff. Ask one, then sign in again"
ANOTHERS = "Your address belongs to another account of the provider. An administrator must hand it over to you first"
LOCAL = (
    "There is an account here with your address that signs in with a password. An administrator must hand it over first"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom the provider has let in: who they are there for ever, what they are called, and what they may be here."""

    issuer: str
    subject: str
    address: str
    role: Role


class ProviderAccounts:
    """The accounts of those who sign in at the provider."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._writing = writing(engine)
        self._keyring = keyring
        self._clock = clock

    def admit(self, person: Person) -> str:
        """The address of the account they may use now, made or brought up to date first. Audited.

        Raises `NotAllowed`, which says why, where it is disabled, waits for confirmation or signs in otherwise.
        """
        digest = self.digest(person)
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, digest, person.address)
            if row is None:
                self._add(connection, person, digest)
                refusal = WAITS if person.role in CONFIRMED_BY_A_SECOND else None
            else:
                refusal = self._bring_up_to_date(connection, row, person, digest)
        if refusal:
            raise NotAllowed(refusal)
        return row.email if row is not None else person.address

    def is_same(self, email: str, person: Person) -> bool:
        """Whether that account is this person's."""
        with storage_errors(), self._writing.connect() as connection:
            query = sa.select(staff.c.subject_digest).where(staff.c.email == email)
            return connection.execute(query).scalar_one_or_none() == self.digest(person)

    def digest(self, person: Person) -> str:
        return self._keyring.digest(f"provider {person.issuer} {person.subject}")

    def hand_over(self, email: str, by: str) -> None:
        """Has an account sign in at the provider alone, from its next sign-in there; its password ends. Audited."""
        address, now = email.strip().lower(), self._clock()
        values = {"by_provider": True, "subject_digest": None, "password": _nobodys_password()}
        values |= {"tf_primary_method": None, "tf_totp_secret": None, "fs_uniquifier": secrets.token_hex(32)}
        change = sa.update(staff).where(staff.c.email == address).values(**values)
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(change).rowcount != 1:
                raise MailbotError(f"{address} has no account; `mailbot staff list` shows who has one")
            number = connection.execute(sa.select(staff.c.id).where(staff.c.email == address)).scalar_one()
            for kept in (security_keys, recovery_codes):
                connection.execute(sa.delete(kept).where(kept.c.staff_id == number))
            connection.execute(ending(now).where(sessions.c.staff_id == number))
            audit.record(connection, at=now, actor=by, act="staff handed over to single sign-on", detail=address)

    @staticmethod
    def _row(connection: sa.Connection, digest: str, address: str) -> Any:
        """The account that is theirs, else the one that was handed over under their address and is nobody's yet."""
        row = connection.execute(sa.select(staff).where(staff.c.subject_digest == digest)).one_or_none()
        if row is not None:
            return row
        row = connection.execute(sa.select(staff).where(staff.c.email == address)).one_or_none()
        if row is not None and not (row.by_provider and row.subject_digest is None):
            raise NotAllowed(ANOTHERS if row.by_provider else LOCAL)
        return row

    def _add(self, connection: sa.Connection, person: Person, digest: str) -> None:
        now, waits = self._clock(), person.role in CONFIRMED_BY_A_SECOND
        connection.execute(
            sa.insert(staff).values(
                email=person.address,
                password=_nobodys_password(),
                active=not waits,
                role=person.role,
                confirmed_by=None if waits else PROVIDER,
                added_by=PROVIDER,
                added_at=now,
                fs_uniquifier=secrets.token_hex(32),
                by_provider=True,
                subject_digest=digest,
            )
        )
        audit.record(connection, at=now, actor=PROVIDER, act="staff added", detail=f"{person.role}")

    def _bring_up_to_date(self, connection: sa.Connection, row: Any, person: Person, digest: str) -> str | None:
        """Gives the account to whom it is and the role it has there; why it may not be used, None where it may."""
        changes: dict[str, Any] = {} if row.subject_digest == digest else {"subject_digest": digest}
        disabled = not row.active and row.confirmed_by is not None
        if row.role != person.role:
            waits = person.role in CONFIRMED_BY_A_SECOND
            changes |= {"role": person.role, "added_by": PROVIDER}
            if not disabled:
                changes |= {"active": not waits, "confirmed_by": None if waits else PROVIDER}
            connection.execute(ending(self._clock()).where(sessions.c.staff_id == row.id))
            act, detail = "staff role changed", f"{row.role} to {person.role}, by their groups"
            audit.record(connection, at=self._clock(), actor=PROVIDER, act=act, detail=f"{row.email}: {detail}")
        if changes:
            connection.execute(sa.update(staff).where(staff.c.id == row.id).values(**changes))
        if disabled:
            return DISABLED
        return None if changes.get("active", row.active) else WAITS


def _nobodys_password() -> str:
    """The hash of a password that nobody knows, so that a try to sign in with one costs what it costs elsewhere."""
    return argon2.PasswordHasher().hash(secrets.token_hex(32))
