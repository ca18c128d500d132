"""PostgreSQL on a Unix socket: one cluster for a session, a database of its own for each test that wants one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from tests.servers import Account, ServerMissing, unprivileged

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps them, a folder a version: ``15/bin/initdb``. They are not on the PATH."""

SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a new cluster, without a TCP port or a password; raises `ServerMissing`."""
    programs = _programs()
    account = unprivileged("postgres", "nobody")
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # short: a socket's path holds 107 bytes
    try:
        account.owns(folder)
        data = folder / "data"
        options = " ".join(["-k", str(folder), *(f"-c {setting}" for setting in SETTINGS)])
        _run(
            account, folder, programs / "initdb", "-D", data, "-U", "mailbot", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        control = (programs / "pg_ctl", "-D", data, "-w")
        _run(account, folder, *control, "-t", "30", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://mailbot@/postgres?host={folder}"
        finally:
            _run(account, folder, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def fresh_database(cluster_url: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database of the cluster, a copy of `template`; dropped afterwards with whoever is connected."""
    name = f"test_{secrets.token_hex(8)}"
    engine = sa.create_engine(cluster_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield sa.make_url(cluster_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def _programs() -> Path:
    """The folder of the newest version's programs."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if not found:
        raise ServerMissing("postgresql")
    return max(found, key=lambda programs: [int(number) for number in programs.parent.name.split(".")])


def _run(account: Account, folder: Path, *command: object) -> None:
    """Runs one of the programs to its end; RuntimeError with what it said where it fails."""
    with (folder / "said").open("w+", encoding="utf-8") as said:
        ended = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=said,  # a file: the server that pg_ctl leaves behind would keep a pipe open
            stderr=said,
            check=False,
            **account.as_started(),
        )
        if ended.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{Path(str(command[0])).name} failed: {said.read()}")
