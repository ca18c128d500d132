"""The ledger: one row for every message ever seen, keyed by its place on the server, and the sealed original beside it.

The ledger, not a flag or a folder on the server, says what was done with a message. Its states:
``stored`` (safe with us, not yet judged) -> ``filed`` (a case holds it) | ``set_aside`` (staff must look at it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import messages, raw_messages
from mailbot.cases.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import RawMail

RAW_PLACE = "raw_messages.sealed"


class MessageState(StrEnum):
    STORED = "stored"
    FILED = "filed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """A message that is durably ours: its number in the ledger, its vault id and the mail itself.

    `by_hand` says that a person wants it filed as far as it can be read, unjudged.
    """

    id: int
    vault_id: str
    mail: RawMail
    by_hand: bool = False


class Ledger:
    """What has been taken in, and what became of it."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def states(self, mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> Mapping[int, MessageState]:
        """The state of those of `uids` that the ledger knows."""
        known: dict[int, MessageState] = {}
        ordered = sorted(uids)
        with storage_errors(), self._engine.connect() as connection:
            for at in range(0, len(ordered), 500):
                query = sa.select(messages.c.uid, messages.c.state).where(
                    messages.c.mailbox == mailbox,
                    messages.c.folder == folder,
                    messages.c.uid_validity == uid_validity,
                    messages.c.uid.in_(ordered[at : at + 500]),
                )
                known |= {row.uid: MessageState(row.state) for row in connection.execute(query)}
        return known

    def keep(self, mails: Sequence[RawMail]) -> list[StoredMail]:
        """Commits the raw bytes of `mails`, sealed; afterwards a crash loses nothing.

        Where another process has kept one of them meanwhile, that one is left out of what comes back: it is theirs.
        """
        with storage_errors():
            vault_ids = self._vault.open_many(len(mails))
            with self._writing.begin() as connection:
                kept = [
                    self._keep_one(connection, vault_id, mail) for vault_id, mail in zip(vault_ids, mails, strict=True)
                ]
        return [stored for stored in kept if stored is not None]

    def _keep_one(self, connection: sa.Connection, vault_id: str, mail: RawMail) -> StoredMail | None:
        if self._is_set_aside(connection, mail):
            return None
        values = {
            "vault_id": vault_id,
            "mailbox": mail.mailbox,
            "folder": mail.folder,
            "uid_validity": mail.uid_validity,
            "uid": mail.uid,
            "sha256": hashlib.sha256(mail.content).hexdigest(),
            "size": len(mail.content),
            "received_at": mail.received_at,
            "stored_at": self._clock(),
            "state": MessageState.STORED,
            "moved": False,
        }
        try:
            with connection.begin_nested():
                message_id = connection.execute(sa.insert(messages).returning(messages.c.id), values).scalar_one()
        except sa.exc.IntegrityError:
            return None  # the unique place is taken: another process was faster
        sealed = self._vault.seal(vault_id, Purpose.IDENTITY, RAW_PLACE, mail.content)
        connection.execute(sa.insert(raw_messages).values(message_id=message_id, sealed=sealed))
        return StoredMail(id=message_id, vault_id=vault_id, mail=mail)

    @staticmethod
    def _is_set_aside(connection: sa.Connection, mail: RawMail) -> bool:
        """Whether the very same bytes are set aside already: found again under a new UID, they stay one item.

        The row takes the new place, so that the message is known there: a folder that was rebuilt numbers anew.
        """
        change = (
            sa.update(messages)
            .where(
                messages.c.sha256 == hashlib.sha256(mail.content).hexdigest(),
                messages.c.mailbox == mail.mailbox,
                messages.c.state == MessageState.SET_ASIDE,
            )
            .values(folder=mail.folder, uid_validity=mail.uid_validity, uid=mail.uid)
        )
        try:
            with connection.begin_nested():
                return connection.execute(change).rowcount > 0
        except sa.exc.IntegrityError:
            return False  # that place is known already: `_keep_one` finds the same

    def arrivals(self, mailbox: str) -> list[tuple[int, datetime]]:
        """(size in bytes, time of arrival) of every message ever taken in from that mailbox."""
        query = sa.select(messages.c.size, messages.c.received_at).where(messages.c.mailbox == mailbox)
        with storage_errors(), self._engine.connect() as connection:
            return [(row.size, row.received_at) for row in connection.execute(query)]

    def known_bytes(self, mailbox: str, digests: Sequence[str]) -> set[str]:
        """Those of the SHA-256 digests (hex) that a message taken in from that mailbox has."""
        query = sa.select(messages.c.sha256).where(messages.c.mailbox == mailbox, messages.c.sha256.in_(digests))
        with storage_errors(), self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def unfiled(self, mailbox: str, limit: int) -> list[StoredMail]:
        """Messages that were stored and not filed, oldest first: what a crash left half-way."""
        return self._stored(messages.c.mailbox == mailbox, limit)

    def handed_back(self, limit: int) -> list[StoredMail]:
        """Messages that were set aside and that a person wants tried again or filed by hand, oldest first."""
        return self._stored(messages.c.handed_back_by.is_not(None), limit)

    def _stored(self, which: sa.ColumnElement[bool], limit: int) -> list[StoredMail]:
        query = (
            sa.select(messages, raw_messages.c.sealed)
            .join(raw_messages)
            .where(messages.c.state == MessageState.STORED, which)
            .order_by(messages.c.id)
            .limit(limit)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [self._opened(row) for row in connection.execute(query)]

    def original(self, message_id: int) -> StoredMail:
        """One message with its bytes as they arrived."""
        query = sa.select(messages, raw_messages.c.sealed).join(raw_messages).where(messages.c.id == message_id)
        with storage_errors(), self._engine.connect() as connection:
            return self._opened(connection.execute(query).one())

    def _opened(self, row: sa.Row[tuple[object, ...]]) -> StoredMail:
        mail = RawMail(
            mailbox=row.mailbox,
            folder=row.folder,
            uid_validity=row.uid_validity,
            uid=row.uid,
            received_at=row.received_at,
            content=self._vault.unseal(row.vault_id, Purpose.IDENTITY, RAW_PLACE, row.sealed),
        )
        return StoredMail(id=row.id, vault_id=row.vault_id, mail=mail, by_hand=row.by_hand)

    def mark_moved(self, mailbox: str, folder: str, uid_validity: int, uids: Collection[int]) -> None:
        """Notes that the server has these under `processed_folder` now."""
        change = (
            sa.update(messages)
            .where(
                messages.c.mailbox == mailbox,
                messages.c.folder == folder,
                messages.c.uid_validity == uid_validity,
                messages.c.uid.in_(sorted(uids)),
            )
            .values(moved=True)
        )
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(change)
