"""Tries to sign in that failed: counted for each account and each network address, slowed down and locked.

A try counts as failed from before it is looked at until it turns out to be right, so that many at once do not slip
through. Nothing here knows whether an account exists: a made-up one is slowed down and locked as a real one is. Names
and addresses are kept as keyed digests alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import failed_sign_ins, staff
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock

WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)
LONGEST_DELAY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=1)

SIGN_IN_LOCK = 20261128
"""The number of the advisory lock under which tries are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many failures within `WINDOW` cost nothing, and how many lock."""

    free: int
    locked_at: int


ACCOUNT = Limits(free=3, locked_at=10)
ADDRESS = Limits(free=20, locked_at=30)
"""An office often shares one address, so that it may fail more often than one person."""


def locked_until(failures: Sequence[datetime], limits: Limits) -> datetime | None:
    """Until when failures at these times (oldest first) lock: `LOCKED_FOR` from the one that was too many."""
    last = limits.locked_at - 1
    too_many = [at for first, at in zip(failures, failures[last:], strict=False) if at - first <= WINDOW]
    return too_many[-1] + LOCKED_FOR if too_many else None


def refused_until(failures: Sequence[datetime], limits: Limits, now: datetime) -> datetime | None:
    """Until when a further try is refused unseen: locked, or 1, 2, 4… seconds after each failure that is not free."""
    slow = sum(at > now - WINDOW for at in failures) - limits.free
    delay = min(timedelta(seconds=2.0 ** min(slow - 1, 16)), LONGEST_DELAY)
    ends = [failures[-1] + delay] if slow > 0 else []
    locked = locked_until(failures, limits)
    until = max([*ends, locked] if locked else ends, default=None)
    return until if until and until > now else None


class SignIns:
    """Counts tries to sign in, and says which are refused."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._digest = keyring.digest
        self._clock = clock

    def admit(self, account: str, address: str) -> int | None:
        """The number of a try that may be looked at, counted as failed until `forgive`; None where it is refused."""
        subjects = self._account(account), self._address(address)
        with storage_errors(), self._engine.connect() as connection:
            if self._refused(connection, *subjects):
                return None
        with storage_errors(), self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SIGN_IN_LOCK)))
            if self._refused(connection, *subjects):
                return None
            now = self._clock()
            connection.execute(sa.delete(failed_sign_ins).where(failed_sign_ins.c.at < now - KEPT_FOR))
            values = {"at": now, "account_digest": subjects[0], "address_digest": subjects[1]}
            insert = sa.insert(failed_sign_ins).values(**values).returning(failed_sign_ins.c.id)
            number: int = connection.execute(insert).scalar_one()
            return number

    def forgive(self, number: int) -> None:
        """That try was right."""
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.delete(failed_sign_ins).where(failed_sign_ins.c.id == number))

    def note_failed(self, number: int, account: str, address: str) -> None:
        """That try was wrong: where it locks the account or the address, that is audited."""
        subjects = self._account(account), self._address(address)
        with storage_errors(), self._writing.begin() as connection:
            by_account, by_address = self._failures(connection, *subjects)
            if _locks(number, by_account, ACCOUNT):
                known = connection.execute(sa.select(staff.c.email).where(staff.c.email == _plain(account))).scalar()
                self._record(connection, "account locked", known or "no account of ours")
            if _locks(number, by_address, ADDRESS):
                self._record(connection, "network address locked", f"digest {subjects[1][:12]}")

    def clear(self, account: str) -> None:
        """Somebody signed in to the account, with everything that it takes: its failures count no more."""
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(self._forget(account))

    def unlock(self, account: str, by: str) -> None:
        """An administrator lets the account be tried again at once. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(self._forget(account))
            audit.record(connection, at=self._clock(), actor=by, act="account unlocked", detail=_plain(account))

    def locked(self, accounts: Iterable[str]) -> dict[str, datetime]:
        """Which of the accounts are locked, and until when."""
        by_digest = {self._account(account): account for account in accounts}
        since = self._clock() - WINDOW - LOCKED_FOR
        query = (
            sa.select(failed_sign_ins.c.account_digest, failed_sign_ins.c.at)
            .where(failed_sign_ins.c.account_digest.in_(by_digest), failed_sign_ins.c.at >= since)
            .order_by(failed_sign_ins.c.at, failed_sign_ins.c.id)
        )
        failures: dict[str, list[datetime]] = {}
        with storage_errors(), self._engine.connect() as connection:
            for digest, at in connection.execute(query):
                failures.setdefault(by_digest[digest], []).append(at)
        found = {account: locked_until(times, ACCOUNT) for account, times in failures.items()}
        return {account: until for account, until in found.items() if until and until > self._clock()}

    def _refused(self, connection: sa.Connection, account: str, address: str) -> bool:
        by_account, by_address = self._failures(connection, account, address)
        now = self._clock()
        return any(
            refused_until(list(failures.values()), limits, now)
            for failures, limits in ((by_account, ACCOUNT), (by_address, ADDRESS))
        )

    def _failures(self, connection: sa.Connection, account: str, address: str) -> list[dict[int, datetime]]:
        """When which tries failed lately, oldest first: those of the account, and those from the address."""
        since = self._clock() - WINDOW - LOCKED_FOR
        columns = ((failed_sign_ins.c.account_digest, account), (failed_sign_ins.c.address_digest, address))
        query = sa.select(failed_sign_ins.c.id, failed_sign_ins.c.at).where(failed_sign_ins.c.at >= since)
        ordered = query.order_by(failed_sign_ins.c.at, failed_sign_ins.c.id)
        return [
            {row.id: row.at for row in connection.execute(ordered.where(column == digest))}
            for column, digest in columns
        ]

    def _record(self, connection: sa.Connection, act: str, detail: str) -> None:
        audit.record(connection, at=self._clock(), actor=audit.MACHINE, act=act, detail=detail)

    def _forget(self, account: str) -> sa.Delete:
        return sa.delete(failed_sign_ins).where(failed_sign_ins.c.account_digest == self._account(account))

    def _account(self, account: str) -> str:
        return self._digest(f"account:{_plain(account)}")

    def _address(self, address: str) -> str:
        return self._digest(f"address:{_network(address)}")


def _locks(number: int, failures: dict[int, datetime], limits: Limits) -> bool:
    """Whether it is that try, the last of all, with which the lock begins."""
    times = list(failures.values())
    return next(reversed(failures), None) == number and locked_until(times, limits) == times[-1] + LOCKED_FOR


def _plain(account: str) -> str:
    return account.strip().lower()


def _network(address: str) -> str:
    """The address itself, of IPv6 the /64 that one customer has (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
