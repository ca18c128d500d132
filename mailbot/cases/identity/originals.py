"""A case's messages as they were sent: the whole of one while who wrote is open, and the files that came with them.

A file's bytes are taken out of the sealed original each time, never kept beside it. What the virus scanner sealed when
the message came stays sealed; everything else it looks at again (`take_out`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for
from mailbot.cases.arrivals.ledger import RAW_PLACE
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.identity.identity import Identities
from mailbot.cases.masking.narrative import FOLLOW_UP_NARRATIVE_PLACE, NARRATIVE_PLACE, Narrative
from mailbot.cases.schema import follow_ups, messages, raw_messages
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Attachment
from mailbot.errors import NotAllowed

TakeOut = Callable[[bytes, int], tuple[bytes, str | None]]
"""The bytes of that attachment of a message (from 0), and None; or none and why they are not given out."""

MOST = 1_000_000
"""No case has so many messages: databases fail on numbers that are far too large."""

NO_SUCH_FILE = "There is no such file on this case"
ERASED = "The original of this message has been erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file as it was sent, under its name as the case shows it, identity masked."""

    name: str
    content: bytes


class Originals:
    """Gives out what was sent. `scans` says that a virus scanner is there: without one no file is given out."""

    def __init__(
        self, engine: sa.Engine, vault: Vault, clock: Clock, identities: Identities, take_out: TakeOut, *, scans: bool
    ) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._identities = identities
        self._take_out = take_out
        self.scans = scans

    def message(self, reference: str, officer: Officer, number: int) -> bytes:
        """The `number`-th message of the case (from 1, as they came; copies too), every byte. Audited.

        Only while who wrote is open to the officer: its headers tell that.
        """
        with storage_errors(), self._writing.begin() as connection:
            case = self._identities.opened(connection, reference, officer)
            row = self._raw(connection, messages.c.case_id == case.id, number - 1)
            detail = f"message {number}"
            at = self._clock()
            audit.record(
                connection, at=at, actor=officer.email, act="original read", reference=reference, detail=detail
            )
        return self._opened(row)

    def attachment(self, reference: str, officer: Officer, message: int, number: int) -> GivenFile:
        """The file of that number (from 0) of the case's first message (0) or of a later one (from 1). Audited.

        For whoever may read the case. Raises `NotAllowed` with the reason where it is sealed or cannot be scanned.
        """
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer, Permission.READ_CASES)
            part = case if message == 0 else self._later(connection, case.id, message)
            attachment = self._attachment(part, number, first=message == 0)
            row = self._raw(connection, messages.c.vault_id == part.vault_id, 0)
        content, refused_because = self._take_out(self._opened(row), number)
        if refused_because is None and len(content) != attachment.size:
            refused_because = "it is not the file that was read when the message came"
        if refused_because is not None:
            raise NotAllowed(f"The file stays where it is: {refused_because}")
        with storage_errors(), self._writing.begin() as connection:
            at, detail = self._clock(), f"message {message}, file {number}"
            case_for(connection, reference, officer, Permission.READ_CASES)
            audit.record(
                connection, at=at, actor=officer.email, act="attachment read", reference=reference, detail=detail
            )
        return GivenFile(name=attachment.name, content=content)

    @staticmethod
    def _later(connection: sa.Connection, case_id: int, message: int) -> Any:
        """The later message that stands at that place on the case's page."""
        if message > MOST:
            raise NotAllowed(NO_SUCH_FILE)
        query = (
            sa.select(follow_ups)
            .where(follow_ups.c.case_id == case_id)
            .order_by(follow_ups.c.received_at, follow_ups.c.message_id)
            .offset(message - 1)
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotAllowed(NO_SUCH_FILE)
        return row

    def _attachment(self, part: Any, number: int, *, first: bool) -> Attachment:
        place = NARRATIVE_PLACE if first else FOLLOW_UP_NARRATIVE_PLACE
        (clear,) = self._vault.unseal_many(Purpose.NARRATIVE, [(part.vault_id, place, part.sealed_narrative)])
        if clear is None:
            raise NotAllowed(ERASED)
        files = msgspec.json.decode(clear, type=Narrative).attachments
        if number >= len(files):
            raise NotAllowed(NO_SUCH_FILE)
        if files[number].sealed_because is not None:
            raise NotAllowed(f"The file stays sealed: {files[number].sealed_because}")
        return files[number]

    @staticmethod
    def _raw(connection: sa.Connection, which: sa.ColumnElement[bool], at: int) -> Any:
        if not 0 <= at < MOST:
            raise NotAllowed(NO_SUCH_FILE)
        query = (
            sa.select(messages.c.vault_id, raw_messages.c.sealed)
            .join(raw_messages, raw_messages.c.message_id == messages.c.id)
            .where(which)
            .order_by(messages.c.received_at, messages.c.id)
            .offset(at)
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotAllowed(NO_SUCH_FILE)
        return row

    def _opened(self, row: Any) -> bytes:
        (clear,) = self._vault.unseal_many(Purpose.IDENTITY, [(row.vault_id, RAW_PLACE, row.sealed)])
        if clear is None:
            raise NotAllowed(ERASED)
        return clear
