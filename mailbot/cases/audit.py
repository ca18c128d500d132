"""The audit trail: who did what to which case, and when. Rows are only ever added; the database refuses the rest.

A row holds no personal data: the acting member of staff, the act, the case's reference, and words of the taxonomy.

The rows are a chain. Each carries a keyed digest of what it says and of the digest of the row before, under a key that
the database does not hold: whoever changes, takes out or slips in a row by other means cannot make the chain fit again
(`mailbot.cases.audit_trail.check` goes over it). Rows are numbered without a gap from the row that begins the chain.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailbot.cases.database import alone
from mailbot.cases.schema import audit
from mailbot.cases.sealing.vault import Keyring
from mailbot.errors import KeysMissing

MACHINE = "mailbot"
COMMAND_LINE = "command line"

CHAIN_BEGUN = "audit chain begun"
"""The act of the row that links what was written before there was a chain to what came after."""

ROWS_AT_ONCE = 5000

LAST = sa.select(audit.c.id, audit.c.digest).order_by(audit.c.id.desc()).limit(1)


class Row(NamedTuple):
    """A row as it stands in the database: `at` as `written`, `digest` None where it is from before the chain."""

    number: int
    at: str | None
    actor: str | None
    act: str | None
    reference: str | None
    detail: str | None
    digest: str | None


def key_of(keyring: Keyring) -> bytes:
    """The key of the chain, drawn from the keyring's look-up key (HKDF, RFC 5869)."""
    return derived(keyring, b"mailbot audit")


def derived(keyring: Keyring, purpose: bytes) -> bytes:
    """32 bytes of a purpose's own, from which neither the look-up key nor another purpose's bytes can be worked out."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(keyring.lookup)


def record(
    connection: sa.Connection, *, at: datetime, actor: str, act: str, reference: str | None = None, detail: str = ""
) -> int:
    """Adds one row within the transaction of what it tells of, so that neither stands without the other.

    Says its number. Raises `KeysMissing` where the database was opened without the chain's key.
    """
    return _append(connection, at, actor, act, [reference], detail)


def record_each(
    connection: sa.Connection, *, at: datetime, actor: str, act: str, references: Iterable[str], detail: str = ""
) -> None:
    """Adds one row for each of several cases of which the same was done, in one statement."""
    named: list[str | None] = list(references)
    if named:
        _append(connection, at, actor, act, named, detail)


def begin_chain(connection: sa.Connection, at: datetime) -> None:
    """Links what was written before there was a chain; does nothing where it is linked, or nothing was written."""
    alone(connection)
    _last(connection, _key_for(connection), at)


def written(at: datetime) -> str:
    """A time as the digests hold it, which is how SQLite keeps it: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def link(key: bytes, before: str, row: Row) -> str:
    """The digest of a row (HMAC-SHA-256, in hex) that comes after the row of the digest `before`, '' for the first."""
    said = (before, str(row.number), row.at, row.actor, row.act, row.reference, row.detail)
    return hmac.new(key, b"".join(map(_measured, said)), "sha256").hexdigest()


def _measured(field: str | None) -> bytes:
    """A field behind its length, so that no two rows come to the same bytes."""
    if field is None:
        return b"-,"
    content = field.encode("utf-8", "surrogateescape")
    return b"%d:%s," % (len(content), content)


def rows(connection: sa.Connection) -> Iterator[list[Row]]:
    """Every row, byte for byte as it stands, in pieces of `ROWS_AT_ONCE`."""
    columns = [as_it_stands(connection, audit.c[name]).label(name) for name in Row._fields[1:]]
    query = sa.select(audit.c.id, *columns).order_by(audit.c.id).limit(ROWS_AT_ONCE)
    found = [Row(row[0], *map(as_text, row[1:])) for row in connection.execute(query)]
    while found:
        yield found
        rest = connection.execute(query.where(audit.c.id > found[-1].number))
        found = [Row(row[0], *map(as_text, row[1:])) for row in rest]


def as_it_stands(connection: sa.Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column's very bytes on SQLite, which reads more than one spelling of a time, and bytes that are no text."""
    return sa.cast(column, sa.LargeBinary) if connection.dialect.name == "sqlite" else column


def as_text(value: Any) -> str | None:
    """What `as_it_stands` gave, as text from which the bytes can be had back (PEP 383)."""
    if isinstance(value, datetime):
        return written(value)
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _append(
    connection: sa.Connection, at: datetime, actor: str, act: str, references: list[str | None], detail: str
) -> int:
    key = _key_for(connection)
    alone(connection)
    number, digest = _last(connection, key, at)
    added = []
    for reference in references:
        number += 1
        row = Row(number, written(at), str(actor), str(act), reference, str(detail)[:1000], None)
        digest = link(key, digest, row)
        added.append({**_columns(row), "at": at, "digest": digest})
    connection.execute(sa.insert(audit), added)
    return number


def _columns(row: Row) -> dict[str, Any]:
    return {"id": row.number, "actor": row.actor, "act": row.act, "reference": row.reference, "detail": row.detail}


def _key_for(connection: sa.Connection) -> bytes:
    key: Callable[[], bytes] | None = connection.get_execution_options().get("audit_key")
    if key is None:
        raise KeysMissing("nothing can be audited: this database was opened without the key of the audit trail")
    return key()


def _last(connection: sa.Connection, key: bytes, at: datetime) -> tuple[int, str]:
    """The number and the digest of the last row, 0 and '' where there is none."""
    row = connection.execute(LAST).one_or_none()
    if row is None:
        return 0, ""
    if row.digest is not None:
        return row.id, row.digest
    chained = connection.execute(LAST.where(audit.c.digest.is_not(None))).one_or_none()
    if chained is not None:  # somebody slipped a row in, which the check will find: what happens next is audited still
        return row.id, chained.digest
    return _begun(connection, key, at)


def _begun(connection: sa.Connection, key: bytes, at: datetime) -> tuple[int, str]:
    """Adds the row that stands for all those from before, its digest over every one of them."""
    digest, count, number = "", 0, 0
    for piece in rows(connection):
        for row in piece:
            digest, count, number = link(key, digest, row), count + 1, row.number
    first = Row(number + 1, written(at), MACHINE, CHAIN_BEGUN, None, f"{count} rows from before", None)
    digest = link(key, digest, first)
    connection.execute(sa.insert(audit).values(**_columns(first), at=at, digest=digest))
    return first.number, digest
