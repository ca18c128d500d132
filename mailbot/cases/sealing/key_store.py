"""The key store: the wrapped data keys in a database apart, the names they are wrapped under, and what was backed up.

Whoever wraps a new data key and whoever changes which keys there are go one after the other here, so that no data key
is ever wrapped under a key that is being taken out of the key file.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from mailbot.cases.database import writing
from mailbot.cases.schema import BigId, Moment

KEY_LOCK = 20181005
"""The number of the advisory lock between those who wrap data keys and those who change the keys."""

wrapped_keys = sa.MetaData()

key_table = sa.Table(
    "wrapped_key",
    wrapped_keys,
    sa.Column("vault_id", sa.String(32), primary_key=True),
    sa.Column("purpose", sa.String(16), primary_key=True),
    sa.Column("key_name", sa.String(64), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

current_table = sa.Table(
    "current_key",
    wrapped_keys,
    sa.Column("purpose", sa.String(16), primary_key=True),
    sa.Column("key_name", sa.String(64), nullable=False),
)
"""The key that new data keys are wrapped under, by purpose. A purpose without a row: what the key file says."""

backup_table = sa.Table(
    "verified_backup",
    wrapped_keys,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("verified_at", Moment, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("key_names", sa.Text, nullable=False),
)
"""Backups that were read back and found whole. `made_at` is the time whose state they hold."""


def changing(store: sa.Engine) -> sa.Engine:
    """The key store for transactions that write.

    On PostgreSQL they must not wait for those that write the record: a writing transaction of the record makes keys.
    """
    return writing(store) if store.dialect.name == "sqlite" else store


def forget_old_pages(store: sa.Engine) -> None:
    """Has the database let go of rows that were deleted: SQLite's write-ahead log is emptied, PostgreSQL vacuums."""
    if store.dialect.name == "postgresql":
        with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"VACUUM {key_table.name}"))
        return
    with contextlib.closing(store.raw_connection()) as raw:  # no checkpoint is made within a transaction
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def wait_for_key_changes(connection: sa.Connection) -> None:
    """For a transaction that wraps data keys: the keys stay as they are until it ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(KEY_LOCK)))


def keep_wrappers_out(connection: sa.Connection) -> None:
    """For a transaction that changes the keys: nobody wraps a data key until it ends, and those who did are done."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(KEY_LOCK)))


def current_names(connection: sa.Connection) -> Mapping[str, str]:
    """The name of the current key of each purpose that has one here."""
    return {row.purpose: row.key_name for row in connection.execute(sa.select(current_table))}


def set_current(connection: sa.Connection, purpose: str, name: str) -> None:
    """Has every process wrap new data keys under this key from now on; call `keep_wrappers_out` before."""
    connection.execute(sa.delete(current_table).where(current_table.c.purpose == purpose))
    connection.execute(sa.insert(current_table).values(purpose=purpose, key_name=name))


def names_in_use(connection: sa.Connection, purposes: Collection[str]) -> dict[str, dict[str, int]]:
    """How many data keys are wrapped under which key, by purpose."""
    found: dict[str, dict[str, int]] = {purpose: {} for purpose in purposes}
    columns = (key_table.c.purpose, key_table.c.key_name)
    query = sa.select(*columns, sa.func.count().label("number")).group_by(*columns).order_by(*columns)
    for row in connection.execute(query.where(key_table.c.purpose.in_(purposes))):
        found[row.purpose][row.key_name] = row.number
    return found


def content_of(connection: sa.Connection) -> str:
    """The SHA-256, in hex, of every wrapped data key there is: two key stores that agree in it hold the same keys."""
    digest = hashlib.sha256()
    query = sa.select(key_table).order_by(key_table.c.vault_id, key_table.c.purpose)
    for row in connection.execution_options(yield_per=1000).execute(query):
        digest.update(f"{row.vault_id} {row.purpose} {row.key_name} {row.wrapped.hex()}\n".encode())
    return digest.hexdigest()
