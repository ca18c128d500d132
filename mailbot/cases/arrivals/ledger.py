"""The ledger: one row for every message ever seen, keyed by its place on the server, and the sealed original beside it.

The ledger, not a flag or a folder on the server, says what was done with a message. Its states:
``stored`` (safe with us, not yet judged) -> ``filed`` (a case holds it) | ``set_aside`` (staff must look at it).
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from mailbot.cases.arrivals.leases import Leases
from mailbot.cases.database import claiming, inserting, storage_errors, writing
from mailbot.cases.schema import cases, entries, leases, messages, raw_messages
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Entry, RawMail

RAW_PLACE = "raw_messages.sealed"
ENTRY_PLACE = "entries.sealed_entry"
PLACES_A_QUERY = 500
CLAIMED_BYTES = 8_000_000


class MessageState(StrEnum):
    STORED = "stored"
    FILED = "filed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """A message that is durably ours: its number in the ledger, its vault id and the mail itself.

    `by_hand` says that a person wants it filed as far as it can be read, unjudged. `entry` is what an officer entered
    (P25), and `entered_as` the case it was filed as at once: nothing in the bytes of a message ever says so.
    """

    id: int
    vault_id: str
    mail: RawMail
    by_hand: bool = False
    entry: Entry | None = None
    entered_as: str = ""


class TakenIn(NamedTuple):
    """Where a message lay when it was taken in, its size in bytes, when it arrived, and its SHA-256 in hex."""

    folder: str
    uid_validity: int
    uid: int
    size: int
    received_at: datetime
    sha256: str


class Ledger:
    """What has been taken in, and what became of it."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, leases: Leases | None = None) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._claiming = claiming(engine)
        self._vault = vault
        self._clock = clock
        self.leases = leases or Leases(engine)
        self._in_hand: set[int] = set()
        self._lock = threading.Lock()

    def taking_in(self, mailbox: str, wait_seconds: float) -> AbstractContextManager[bool]:
        """Makes this the one process and thread that takes in that mailbox; False where another is at it."""
        return self.leases.held(f"take in {mailbox}", wait_seconds)

    def states(self, mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> Mapping[int, MessageState]:
        """The state of those of `uids` that the ledger knows."""
        known: dict[int, MessageState] = {}
        with storage_errors(), self._engine.connect() as connection:
            for these in _in_parts(mailbox, folder, uid_validity, uids):
                query = sa.select(messages.c.uid, messages.c.state).where(these)
                known |= {row.uid: MessageState(row.state) for row in connection.execute(query)}
        return known

    def keep(self, mails: Sequence[RawMail]) -> list[StoredMail]:
        """Commits the raw bytes of `mails`, sealed; afterwards a crash loses nothing.

        Where another process has kept one of them meanwhile, that one is left out of what comes back: it is theirs.
        """
        digests = [hashlib.sha256(mail.content).hexdigest() for mail in mails]
        with storage_errors():
            vault_ids = self._vault.open_many(len(mails))
            with self._writing.begin() as connection:
                aside = self._set_aside_among(connection, digests)
                place = ["mailbox", "folder", "uid_validity", "uid"]
                taking = inserting(connection, messages).on_conflict_do_nothing(index_elements=place)
                taking = taking.returning(messages.c.id)
                kept = [
                    self._keep_one(connection, taking, vault_id, mail, digest, may_be_aside=digest in aside)
                    for vault_id, mail, digest in zip(vault_ids, mails, digests, strict=True)
                ]
        return [stored for stored in kept if stored is not None]

    def _keep_one(
        self,
        connection: sa.Connection,
        taking: sa.Executable,
        vault_id: str,
        mail: RawMail,
        digest: str,
        *,
        may_be_aside: bool,
    ) -> StoredMail | None:
        twin = self._set_aside_twin(connection, mail, digest) if may_be_aside else None
        if twin is not None and twin.folder == mail.folder and twin.uid_validity != mail.uid_validity:
            self._take_over(connection, twin.id, mail)
            return None
        values = {
            "vault_id": vault_id,
            "mailbox": mail.mailbox,
            "folder": mail.folder,
            "uid_validity": mail.uid_validity,
            "uid": mail.uid,
            "sha256": digest,
            "size": len(mail.content),
            "received_at": mail.received_at,
            "stored_at": self._clock(),
            "state": MessageState.STORED,
            "moved": False,
        }
        if twin is not None:
            same = {name: getattr(twin, name) for name in ("state", "problem", "danger", "set_aside_at")}
            values |= same  # one item for staff, known at both places
        message_id = connection.execute(taking, values).scalar_one_or_none()
        if message_id is None:
            return None  # the unique place is taken: another process was faster
        sealed = self._vault.seal(vault_id, Purpose.IDENTITY, RAW_PLACE, mail.content)
        connection.execute(sa.insert(raw_messages), {"message_id": message_id, "sealed": sealed})
        return None if twin is not None else StoredMail(id=message_id, vault_id=vault_id, mail=mail)

    @staticmethod
    def _set_aside_among(connection: sa.Connection, digests: Collection[str]) -> set[str]:
        """Those digests of which a message is set aside already, in whatever mailbox."""
        aside = messages.c.state == MessageState.SET_ASIDE
        return set(
            connection.execute(sa.select(messages.c.sha256).where(messages.c.sha256.in_(digests), aside)).scalars()
        )

    @staticmethod
    def _set_aside_twin(connection: sa.Connection, mail: RawMail, digest: str) -> Any:
        """A message of the very same bytes that is set aside already: it cannot be filed this time either."""
        query = sa.select(messages).where(
            messages.c.sha256 == digest,
            messages.c.mailbox == mail.mailbox,
            messages.c.state == MessageState.SET_ASIDE,
        )
        return connection.execute(query.order_by(messages.c.id).limit(1)).one_or_none()

    @staticmethod
    def _take_over(connection: sa.Connection, message_id: int, mail: RawMail) -> None:
        """Gives a message its new place in a folder that was rebuilt and numbers anew."""
        change = (
            sa.update(messages)
            .where(messages.c.id == message_id)
            .values(folder=mail.folder, uid_validity=mail.uid_validity, uid=mail.uid)
        )
        with contextlib.suppress(sa.exc.IntegrityError), connection.begin_nested():  # known at that place already
            connection.execute(change)

    def to_move(self, mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> list[int]:
        """Those of `uids` that are filed and not known to be moved, ascending."""
        found: list[int] = []
        with storage_errors(), self._engine.connect() as connection:
            for these in _in_parts(mailbox, folder, uid_validity, uids):
                query = sa.select(messages.c.uid).where(
                    these, messages.c.state == MessageState.FILED, messages.c.moved.is_(False)
                )
                found += connection.execute(query.order_by(messages.c.uid)).scalars()
        return found

    def taken_in(self, mailbox: str) -> list[TakenIn]:
        """Every message ever taken in from that mailbox, without its words; not what officers entered by hand."""
        columns = (messages.c[name] for name in ("folder", "uid_validity", "uid", "size", "received_at", "sha256"))
        entered = sa.exists().where(entries.c.message_id == messages.c.id)
        query = sa.select(*columns).where(messages.c.mailbox == mailbox, ~entered)
        with storage_errors(), self._engine.connect() as connection:
            return [TakenIn(*row) for row in connection.execute(query)]

    @contextlib.contextmanager
    def claimed(self, limit: int, mailbox: str | None = None, *, handed: bool = False) -> Iterator[list[StoredMail]]:
        """Up to `limit` messages that are stored and not filed, oldest first: nobody else gets them meanwhile.

        All together have at most `CLAIMED_BYTES`, or there is but one: a full mailbox needs no more memory. Of all
        mailboxes or one; with `handed` those alone that a person handed over. What is not filed when it ends is free
        again; what a worker that died had claimed is free as soon as that shows (`mailbot.cases.arrivals.leases`).
        """
        with self.leases.present():
            numbers = self._claim(limit, mailbox, handed=handed)
            try:
                yield self._stored(numbers) if numbers else []
            finally:
                with self._lock:
                    self._in_hand.difference_update(numbers)

    def _claim(self, limit: int, mailbox: str | None, *, handed: bool) -> list[int]:
        stored = sa.select(messages.c.id, messages.c.size).where(messages.c.state == MessageState.STORED)
        if mailbox is not None:
            stored = stored.where(messages.c.mailbox == mailbox)
        if handed:
            stored = stored.where(_handed_over())
        with storage_errors(), self._engine.connect() as connection:
            if connection.execute(stored.limit(1)).first() is None:
                return []
        self.leases.bury()
        others = sa.select(leases.c.holder).where(leases.c.holder != self.leases.holder)
        free = messages.c.claimed_by.is_(None) | messages.c.claimed_by.not_in(others)
        with self._lock:
            query = stored.where(free, messages.c.id.not_in(self._in_hand)).order_by(messages.c.id).limit(limit)
            with storage_errors(), self._claiming.begin() as connection:
                free_ones = connection.execute(query.with_for_update(skip_locked=True, of=messages)).all()
                sizes = itertools.accumulate(row.size for row in free_ones)
                numbers = [row.id for row, size in zip(free_ones, sizes, strict=True) if size <= CLAIMED_BYTES]
                numbers = numbers or [row.id for row in free_ones[:1]]
                change = sa.update(messages).where(messages.c.id.in_(numbers)).values(claimed_by=self.leases.holder)
                if numbers:
                    connection.execute(change)
            self._in_hand.update(numbers)
        return numbers

    def _stored(self, numbers: Collection[int]) -> list[StoredMail]:
        stored = (messages.c.state == MessageState.STORED, messages.c.id.in_(numbers))
        query = _with_bytes().where(*stored).order_by(messages.c.id)
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
            self._vault.take_in_hand({row.vault_id for row in rows})
            return [self._opened(row) for row in rows]

    def original(self, message_id: int) -> StoredMail:
        """One message with its bytes as they arrived."""
        query = _with_bytes().where(messages.c.id == message_id)
        with storage_errors(), self._engine.connect() as connection:
            return self._opened(connection.execute(query).one())

    def _opened(self, row: Any) -> StoredMail:
        entry = None
        if row.sealed_entry is not None:
            sealed = self._vault.unseal(row.vault_id, Purpose.IDENTITY, ENTRY_PLACE, row.sealed_entry)
            entry = msgspec.json.decode(sealed, type=Entry)
        mail = RawMail(
            mailbox=row.mailbox,
            folder=row.folder,
            uid_validity=row.uid_validity,
            uid=row.uid,
            received_at=entry.received_at if entry else row.received_at,
            content=self._vault.unseal(row.vault_id, Purpose.IDENTITY, RAW_PLACE, row.sealed),
        )
        return StoredMail(
            id=row.id,
            vault_id=row.vault_id,
            mail=mail,
            by_hand=row.by_hand,
            entry=entry,
            entered_as=row.entered_as or "",
        )

    def mark_moved(self, mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> None:
        """Notes that the server has these under `processed_folder` now."""
        with storage_errors(), self._writing.begin() as connection:
            for these in _in_parts(mailbox, folder, uid_validity, uids):
                connection.execute(sa.update(messages).where(these).values(moved=True))


def _in_parts(mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> Iterator[sa.ColumnElement[bool]]:
    """Where the messages of those places are, some hundred each time: no database takes a statement of any length."""
    ordered = sorted(uids)
    for at in range(0, len(ordered), PLACES_A_QUERY):
        yield sa.and_(
            messages.c.mailbox == mailbox,
            messages.c.folder == folder,
            messages.c.uid_validity == uid_validity,
            messages.c.uid.in_(ordered[at : at + PLACES_A_QUERY]),
        )


def _handed_over() -> sa.ColumnElement[bool]:
    return messages.c.handed_back_by.is_not(None) | messages.c.id.in_(sa.select(entries.c.message_id))


def _with_bytes() -> sa.Select[Any]:
    """Messages with their sealed bytes, and with what an officer entered where one did."""
    return (
        sa.select(messages, raw_messages.c.sealed, entries.c.sealed_entry, cases.c.reference.label("entered_as"))
        .join(raw_messages, raw_messages.c.message_id == messages.c.id)
        .outerjoin(entries, entries.c.message_id == messages.c.id)
        .outerjoin(cases, cases.c.id == entries.c.case_id)
    )
