"""Opening and upgrading the database: SQLite (write-ahead log, every commit on disk) or PostgreSQL."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ConfigError, StorageFailed

Engine = sa.Engine

MIGRATIONS = Path(__file__).parent / "migrations"

FILING_LOCK = 20181003
"""The number of the advisory lock under which messages are filed: two workers must not file one message twice."""

WRITING_LOCK = 20181004
"""The number of the advisory lock that each writing transaction holds on PostgreSQL, from its beginning to its end."""

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON")

POSTGRES_SESSION = (
    "idle_in_transaction_session_timeout = '60s'",
    *("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3"),
    "tcp_user_timeout = 30000",
)
"""Has the server end the session of a machine whose network was cut, and with it the locks that it holds."""

POSTGRES_LINE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30000,
}
"""Has a machine whose network was cut notice it within half a minute."""


def open_database(url: str, audit_key: Callable[[], bytes] | None = None) -> sa.Engine:
    """An engine for `url`; nothing is connected yet. Raises `ConfigError` where the URL or its driver is no use.

    `audit_key` gives the key of the audit trail's chain (`mailbot.cases.audit`): without it nothing can be audited.
    """
    try:
        engine = sa.create_engine(
            url,
            pool_pre_ping=not url.startswith("sqlite"),
            hide_parameters=True,
            connect_args=POSTGRES_LINE if url.startswith("postgresql") else {},
            execution_options={"audit_key": audit_key},
        )
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError):
        raise ConfigError(
            'database.url: not a database URL; allowed: "sqlite:///PATH" | "postgresql+psycopg://…"'
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"database.url: the driver {error.name} is not installed: pip install 'mailbot[postgres]'"
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        sa.event.listen(engine, "connect", _prepare_postgres)
        sa.event.listen(engine, "begin", _begin_postgres)
    return engine


def for_pages(engine: sa.Engine) -> None:
    """Has each connection to SQLite remember 32 MB: what pages count and search is not read from the disk each time."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _remember_much)


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that write. They follow one another, and each waits at its beginning.

    On SQLite they take the write lock at once, not half-way; on PostgreSQL an advisory lock, before any lock on a row,
    so that two can never wait for each other: whatever is audited is linked to the row audited before.
    """
    return engine.execution_options(writes=True)


def claiming(engine: sa.Engine) -> sa.Engine:
    """The same engine for short transactions that write, audit nothing and wait for no row: they need not queue."""
    return engine.execution_options(writes=True, audit_key=None)


def inserting(connection: sa.Connection, table: sa.Table) -> Any:
    """An insertion that may say ON CONFLICT, which SQLAlchemy has for each database apart."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgres

        return insert_postgres(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table)


def alone(connection: sa.Connection) -> None:
    """Has a transaction that was not begun as `writing` wait for those that were; it must hold no row by then."""
    if connection.dialect.name == "postgresql" and not connection.get_execution_options().get("writes"):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITING_LOCK)))


def one_at_a_time(connection: sa.Connection) -> None:
    """Lets the transactions that call this follow one another, as SQLite's write lock makes all of them."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(FILING_LOCK)))


@contextmanager
def held(engine: sa.Engine, name: str, wait_seconds: float) -> Iterator[bool]:
    """Holds what is called `name` against every other process and thread on this database; False where one has it.

    It ends with the process, however that ends: a lock on a file beside SQLite, an advisory lock of PostgreSQL.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with _file_lock(engine, number) if engine.dialect.name == "sqlite" else _advisory_lock(engine, number) as lock:
        until = time.monotonic() + wait_seconds
        while not (taken := lock()) and time.monotonic() < until:
            time.sleep(0.2)
        yield taken


@contextmanager
def _file_lock(engine: sa.Engine, number: int) -> Iterator[Callable[[], bool]]:
    with Path(f"{engine.url.database}.{number & 0xFFFFFFFF:08x}.lock").open("w") as file:

        def lock() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield lock


@contextmanager
def _advisory_lock(engine: sa.Engine, number: int) -> Iterator[Callable[[], bool]]:
    with storage_errors(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            yield lambda: bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar_one())
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turns a database that cannot be reached or written (disk full, locked, gone) into a `StorageFailed` sentence."""
    try:
        yield
    except sa.exc.DatabaseError as error:
        if not _is_the_databases_own(error):
            raise
        raise StorageFailed(
            f"the database failed: {_first_line(error)}. Nothing is lost; mend it and run again"
        ) from error


def upgrade(engine: sa.Engine) -> None:
    """Brings the schema to the newest version; a new database gets it whole."""
    from alembic import command  # takes long to load, and is needed once
    from alembic.config import Config

    with storage_errors(), engine.connect() as connection, _tables_may_be_copied(connection):
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _tables_may_be_copied(connection: sa.Connection) -> Iterator[None]:
    """Has SQLite not mind that a table goes that rows of others point to: one of the same name takes its place."""
    if connection.dialect.name != "sqlite":
        yield
        return
    line: Any = connection.connection.driver_connection  # within a transaction SQLite would not listen
    line.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        line.execute("PRAGMA foreign_keys=ON")


def schema_problem(engine: sa.Engine) -> str | None:
    """None where the schema is the newest; else a sentence that says what to do."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        return f"there is no database at {file}: run `mailbot init`"  # connecting would make an empty one
    try:
        with engine.connect() as connection:
            found = schema_version(connection)
    except sa.exc.DatabaseError as error:
        return f"the database cannot be opened: {_first_line(error)}"
    if found == newest_version():
        return None
    return f"the database is at version {found or 'none'}, this mailbot needs {newest_version()}: run `mailbot init`"


def schema_version(connection: sa.Connection) -> str | None:
    """The migration that the database has come to; None where it has no schema."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def newest_version() -> str:
    """The last of the migrations, which are numbered by their files' names."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late: _begin_sqlite says it
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _remember_much(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA cache_size=-32768")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '30s'")  # as SQLite's busy_timeout: nobody waits for ever for a writer
        for setting in POSTGRES_SESSION:
            cursor.execute(f"SET {setting}")
    connection.commit()


def _begin_postgres(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("writes", False) and options.get("audit_key") is not None:  # a key store is no part of the chain
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING_LOCK})")


def _is_the_databases_own(error: sa.exc.DatabaseError) -> bool:
    """Not what is wrong with one row (a value too long, a key that is taken): mending the database cures no row."""
    return isinstance(error, sa.exc.OperationalError) or type(error) is sa.exc.DatabaseError


def _first_line(error: sa.exc.DatabaseError) -> str:
    return str(error.orig).strip().splitlines()[0]
