"""Who does what, where several workers share one record: a lease is held by one of them, and taken over from the dead.

A lease goes on for as long as its holder lives, which shows in two ways. On PostgreSQL the holder keeps a connection
open, whose end the server notices at once when the process dies; and it renews its leases, so that one whose network is
cut has lost them `LASTS_SECONDS` later, whatever the server still believes of the connection. On SQLite all workers
are on one machine, and a lock on a file beside the database tells who lives.

No lease keeps two from doing a thing at the same moment: a worker that was stopped and goes on does not know that
another has taken over. What must happen once is held by the record: the place and the state of a message or a letter.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from mailbot.cases.database import claiming, inserting, storage_errors
from mailbot.cases.schema import leases
from mailbot.errors import StorageFailed
from mailbot.log import log

LASTS_SECONDS = 20
RENEWED_EVERY_SECONDS = 5
ASKED_EVERY_SECONDS = 0.2
"""How often one who waits for a lease asks for it."""


class Leases:
    """The leases of one worker, named `holder`: everything in a process that shares one record shares one of these."""

    def __init__(self, engine: sa.Engine) -> None:
        self.holder = secrets.token_hex(8)
        self._presence = f"worker {self.holder}"
        self._engine = engine
        self._claiming = claiming(engine)
        self._is_postgres = engine.dialect.name == "postgresql"
        self._lock = threading.RLock()
        self._uses = 0
        self._leaving = threading.Event()
        self._line: sa.Connection | None = None
        self._session: int | None = None
        self._file: IO[str] | None = None
        self._keeps: set[str] = set()
        self._renewed_at = 0.0
        self._asked_at: dict[str, float] = {}

    @contextmanager
    def present(self) -> Iterator[None]:
        """Within it this worker is known to live: what it holds and has claimed is nobody else's."""
        with self._lock:
            if self._uses == 0:
                self._come()
            self._uses += 1
        try:
            yield
        finally:
            with self._lock:
                self._uses -= 1
                if self._uses == 0:
                    self._go()

    @contextmanager
    def held(self, what: str, wait_seconds: float = 0) -> Iterator[bool]:
        """Holds `what` against every other worker and thread; False where another still has it after that long."""
        with self.present():
            until = time.monotonic() + wait_seconds
            while not (taken := self._take(what)) and time.monotonic() < until:
                time.sleep(ASKED_EVERY_SECONDS)
            try:
                yield taken
            finally:
                if taken:
                    self._give_up(leases.c.what == what)

    def keeps(self, what: str) -> bool:
        """Whether `what` is this worker's to do: the first that asks keeps it until it ends. Ask while `present`."""
        with self._lock:
            if what in self._keeps:
                return not self._is_postgres or time.monotonic() - self._renewed_at < LASTS_SECONDS
            if time.monotonic() - self._asked_at.get(what, -LASTS_SECONDS) < RENEWED_EVERY_SECONDS:
                return False
            self._asked_at[what] = time.monotonic()
            if self._take(what):
                self._keeps.add(what)
            return what in self._keeps

    def bury(self) -> int:
        """Takes their leases from those that live no longer; says how many."""
        with storage_errors(), self._claiming.begin() as connection:
            return self._bury(connection)

    def _take(self, what: str) -> bool:
        with storage_errors(), self._claiming.begin() as connection:
            self._bury(connection)
            return self._insert(connection, what)

    def _insert(self, connection: sa.Connection, what: str) -> bool:
        row = {"what": what, "holder": self.holder, "session": self._session, "until": self._until()}
        insert = inserting(connection, leases).values(**row).on_conflict_do_nothing().returning(leases.c.what)
        return connection.execute(insert).first() is not None

    def _give_up(self, which: sa.ColumnElement[bool]) -> None:
        """A lease that cannot be given up, as the database is gone, ends with its holder."""
        with contextlib.suppress(StorageFailed), storage_errors(), self._claiming.begin() as connection:
            connection.execute(sa.delete(leases).where(leases.c.holder == self.holder, which))

    # ---- Being there ------------------------------------------------------------------------------------------------

    def _come(self) -> None:
        try:
            self._show_life()
            with storage_errors(), self._claiming.begin() as connection:
                self._insert(connection, self._presence)
        except StorageFailed:
            self._end_life()
            raise
        self._renewed_at = time.monotonic()
        if self._is_postgres:
            self._leaving = threading.Event()
            threading.Thread(target=self._renew_on, args=[self._leaving], name="leases", daemon=True).start()

    def _go(self) -> None:
        self._leaving.set()
        self._give_up(sa.true())
        self._keeps.clear()
        self._asked_at.clear()
        self._end_life()

    def _show_life(self) -> None:
        if not self._is_postgres:
            self._file = self._path_of(self.holder).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        elif self._line is None:
            with storage_errors():
                self._line = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                self._session = self._line.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()

    def _end_life(self) -> None:
        if self._file is not None:
            self._path_of(self.holder).unlink(missing_ok=True)
            self._file.close()
            self._file = None
        if self._line is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # the server may have hung up before
                self._line.close()
            self._line = None

    def _renew_on(self, leaving: threading.Event) -> None:
        while not leaving.wait(RENEWED_EVERY_SECONDS):
            try:
                self._renew(leaving)
            except StorageFailed as error:
                log.error("leases not renewed", action="renew leases", problem=str(error))

    def _renew(self, leaving: threading.Event) -> None:
        """Renews what is still ours; where others have buried us meanwhile, we come anew and hold nothing."""
        with self._lock:
            if leaving.is_set():
                return
            self._show_life()
            change = sa.update(leases).where(leases.c.holder == self.holder)
            change = change.values(until=self._until(), session=self._session).returning(leases.c.what)
            try:
                with storage_errors():
                    ours = set(self._line.execute(change).scalars()) if self._line else set()
            except StorageFailed:
                self._end_life()
                raise
            self._renewed_at = time.monotonic()
            self._keeps &= ours
            if self._presence not in ours:
                with storage_errors(), self._claiming.begin() as connection:
                    self._insert(connection, self._presence)

    def _until(self) -> Any:
        """By the database's clock, which all workers share; None where the process' own life tells."""
        return database_time() + timedelta(seconds=LASTS_SECONDS) if self._is_postgres else None

    # ---- The dead ---------------------------------------------------------------------------------------------------

    def _bury(self, connection: sa.Connection) -> int:
        if self._is_postgres:
            over = leases.c.until < database_time()
            sessions: sa.Select[Any] = sa.select(sa.column("pid")).select_from(sa.table("pg_stat_activity"))
            gone = leases.c.session.not_in(sessions)
            dead = sa.select(leases.c.what).where(over | gone).with_for_update(skip_locked=True)
        else:
            holders = connection.execute(sa.select(leases.c.holder).distinct()).scalars()
            ended = [holder for holder in holders if holder != self.holder and not self._lives(holder)]
            if not ended:
                return 0
            dead = sa.select(leases.c.what).where(leases.c.holder.in_(ended))
        return connection.execute(sa.delete(leases).where(leases.c.what.in_(dead))).rowcount

    def _lives(self, holder: str) -> bool:
        """Whether that process still has the lock on its file; the file of one that has not goes."""
        try:
            file = self._path_of(holder).open("r+")
        except FileNotFoundError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            self._path_of(holder).unlink(missing_ok=True)
            return False

    def _path_of(self, holder: str) -> Path:
        return Path(f"{self._engine.url.database}.{holder}.lock")


def database_time() -> sa.ColumnElement[Any]:
    """What the clock of PostgreSQL shows now, not when the transaction began."""
    return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))
