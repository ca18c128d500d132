"""A copy of a whole database as it is at one moment, while others go on writing; and the way back.

SQLite is copied by its own online backup, PostgreSQL by `pg_dump`; both see one snapshot, in which the rows of each
table are counted as well. Nothing in a copy is clear that is not clear in the database.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa

from mailbot.cases.database import schema_version, storage_errors
from mailbot.cases.sealing.key_file import sync_folder
from mailbot.cases.sealing.key_store import content_of, key_table, names_in_use
from mailbot.cases.sealing.vault import Purpose
from mailbot.errors import BackupRefused

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps PostgreSQL's programs, a folder a version."""

PAGES_A_STEP = 4096
UNCOUNTED = ("sqlite_", "search_index")
"""Tables that an engine keeps for itself; their content follows from the others."""

Say = Callable[[str], None]
"""Tells of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What stood in a database when it was copied."""

    schema: str
    tables: dict[str, int]
    key_names: dict[str, dict[str, int]] = field(default_factory=dict)
    content: str = ""


def copy(engine: sa.Engine, to: Path, say: Say) -> Counted:
    """Copies the whole database into the new file `to`, readable by its owner alone."""
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with storage_errors(), engine.connect().execution_options(**options) as connection, connection.begin():
        counted = count(connection)
        if engine.dialect.name == "sqlite":
            _copy_sqlite(_driver(connection), to, say)
        else:
            snapshot = connection.execute(sa.select(sa.func.pg_export_snapshot())).scalar_one()
            say("pg_dump is copying the database")
            _run_postgres(
                connection, "pg_dump", ["--format=custom", "--no-password", f"--snapshot={snapshot}", f"--file={to}"]
            )
    return counted


def count(connection: sa.Connection) -> Counted:
    """The rows of every table that is not the engine's own, and the version of the schema ('' where it has none)."""
    names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith(UNCOUNTED)]
    tables = {
        name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
        for name in sorted(names)
    }
    if key_table.name in tables and "cases" not in tables:
        used = names_in_use(connection, list(Purpose))
        return Counted(schema="", tables=tables, key_names=used, content=content_of(connection))
    return Counted(schema=schema_version(connection) or "", tables=tables)


def read_back(engine_name: str, copied: Path) -> dict[str, int]:
    """The rows of each table in a copy, all of which is read; raises `BackupRefused` where it is not whole."""
    return _rows_of_sqlite(copied) if engine_name == "sqlite" else _rows_of_dump(copied)


def demand_empty(engine: sa.Engine) -> None:
    """Raises `BackupRefused` where there is anything in a database that putting a copy back would lose."""
    if engine.dialect.name == "sqlite":
        file = _file_of(engine)
        if not file.exists():
            for stray in (Path(f"{file}-wal"), Path(f"{file}-journal")):
                if stray.exists():
                    raise BackupRefused(
                        f"{stray} belongs to a database that is gone: move it away, then run this again"
                    )
            return
    with storage_errors(), engine.connect() as connection:
        found = count(connection)
    full = [name for name, rows in found.tables.items() if rows and name != "alembic_version"]
    if full:
        raise BackupRefused(
            f"{engine.url.render_as_string()} is not empty ({', '.join(full[:3])}…): nothing was written; move it away "
            "or name an empty database, then run this again"
        )


def put_back(engine: sa.Engine, tables: Mapping[str, int], unpack: Callable[[BinaryIO], None], say: Say) -> None:
    """Makes the empty database of `engine` what a copy holds, all of it or nothing; `unpack` writes the copy.

    Raises `BackupRefused` where the rows are not those of `tables` then.
    """
    say("putting the database back")
    if engine.dialect.name == "sqlite":
        _put_back_sqlite(engine, tables, unpack)
        return
    with storage_errors(), engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        if there - tables.keys():
            raise BackupRefused("the database has tables that the backup does not know: make an empty one (createdb)")
        anew = ["--clean", "--if-exists"] if there else []
        connection.rollback()
        words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", *anew]
        _run_postgres(connection, "pg_restore", [*words, "--no-password"], unpack, into=True)
        connection.rollback()
        found = count(connection).tables
    if found != tables:
        raise BackupRefused(f"the database has other rows than the backup: {_differences(found, tables)}")


def _put_back_sqlite(engine: sa.Engine, tables: Mapping[str, int], unpack: Callable[[BinaryIO], None]) -> None:
    target = _file_of(engine)
    fresh = target.with_name(f".{target.name}.restoring")
    fresh.unlink(missing_ok=True)  # left by one that was killed
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            unpack(file)
            file.flush()
            os.fsync(descriptor)
        found = _rows_of_sqlite(fresh)
        if found != tables:
            raise BackupRefused(f"the copy has other rows than its manifest says: {_differences(found, tables)}")
        engine.dispose()
        if target.exists():
            _close_for_good(target)
            target.unlink()
        os.replace(fresh, target)
        sync_folder(target.parent)
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)


def _close_for_good(file: Path) -> None:
    """Ends the write-ahead log of an empty database: left behind, it would be applied to the one put in its place."""
    with contextlib.closing(sqlite3.connect(file, timeout=1)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "in use"
    if mode != "delete":
        raise BackupRefused(f"{file} is in use: stop web and worker, then run this again")


def _copy_sqlite(source: sqlite3.Connection, to: Path, say: Say) -> None:
    def step(_status: int, left: int, of: int) -> None:
        say(f"{100 * (of - left) // max(of, 1)} % of the database copied")

    with contextlib.closing(sqlite3.connect(to)) as target:
        try:
            source.backup(target, pages=PAGES_A_STEP, progress=step)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        except sqlite3.Error as error:
            raise BackupRefused(f"the database cannot be copied: {error}") from None


def _rows_of_sqlite(file: Path) -> dict[str, int]:
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            if problems != ["ok"]:
                raise BackupRefused(f"the copy of the database is damaged: {problems[0]}")
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            return {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  our own tables
                for name in sorted(names)
                if not name.startswith(UNCOUNTED)
            }
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"the copy of the database is damaged: {error}") from None


def _rows_of_dump(file: Path) -> dict[str, int]:
    """Counts the lines between ``COPY table … FROM stdin;`` and ``\\.``: what `pg_restore` would write."""
    command = [_program("pg_restore"), "--data-only", "--file=-", str(file)]
    rows: dict[str, int] = {}
    table = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603  no shell
        for line in cast(BinaryIO, running.stdout):
            if table and line == b"\\.\n":
                table = ""
            elif table:
                rows[table] += 1
            elif line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                table = line.split(b" (")[0].rpartition(b".")[2].strip(b'"').decode()
                rows[table] = 0
        said = cast(BinaryIO, running.stderr).read()
    if running.returncode != 0:
        raise BackupRefused(f"the copy of the database is damaged: {_first_line(said)}")
    return rows


def _run_postgres(
    connection: sa.Connection,
    program: str,
    words: Sequence[str],
    feed: Callable[[BinaryIO], None] | None = None,
    *,
    into: bool = False,
) -> None:
    """Runs one of PostgreSQL's programs on the database of `connection`; its password goes by the environment alone."""
    conninfo, environment = _where(connection)
    command = [_program(program), *words, f"--dbname={conninfo}"]
    running = subprocess.Popen(  # noqa: S603  no shell
        command, env=environment, stdin=subprocess.PIPE if feed else subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with running:
        try:
            if feed:
                feed(cast(BinaryIO, running.stdin))
        except BrokenPipeError:
            said = b""  # it ended early, and says why below
        except BaseException:
            running.kill()  # before it takes the end of its input for the end of the copy
            raise
        _, said = running.communicate()
    if running.returncode != 0:
        raise BackupRefused(f"{program} failed: {_first_line(said)}{'; nothing was written' if into else ''}")


def _where(connection: sa.Connection) -> tuple[str, dict[str, str]]:
    """Where `connection` leads, without its password, and the environment that holds that."""
    from psycopg.conninfo import make_conninfo

    _, given = connection.dialect.create_connect_args(connection.engine.url)
    password = given.get("password")
    hidden = ("password", "sslpassword")  # a command line is seen by everybody on the machine
    shown = {name: str(value) for name, value in given.items() if isinstance(value, str | int) and name not in hidden}
    environment = {name: value for name, value in os.environ.items() if name != "MAILBOT_KEYS"}
    if password:
        environment["PGPASSWORD"] = password
    return make_conninfo(**shown), environment


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        kept = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
        if not kept:
            raise BackupRefused(f"{name} is not installed: apt-get install postgresql-client")
        found = str(kept[-1])
    return found


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _file_of(engine: sa.Engine) -> Path:
    return Path(str(engine.url.database))


def _first_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "it said nothing"


def _differences(found: Mapping[str, int], wanted: Mapping[str, int]) -> str:
    names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    return ", ".join(f"{name} {found.get(name)} for {wanted.get(name)}" for name in names[:3])
