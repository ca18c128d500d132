"""Hand-over notes: what one shift tells the next. Sealed, each under a key of its own.

A note names cases by reference only. One that names a restricted case, or was written for those who may read such
cases, is shown to nobody else; one that names a case that was restricted since is not, either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import cases, handovers, handovers_read
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

PLACE = "handovers.sealed_note"
SHOWN_FOR = timedelta(days=7)
MOST = 10
LONGEST = 1000
_REFERENCE = re.compile(r"\bMB-[0-9A-Z]{4}-[0-9A-Z]{4}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\S@\S")
_TELEPHONE = re.compile(r"\d(?:[ ()./-]{0,2}\d){8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A note as the next shift reads it. `references` are the cases it names."""

    id: int
    written_by: str
    written_at: datetime
    text: str
    references: tuple[str, ...]


class Handovers:
    """The notes of an installation."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def write(self, officer: Officer, text: str, *, restricted: bool = False) -> None:
        """Keeps a note; `restricted` is for those alone who may read restricted cases. `NotAllowed` says what is wrong.

        Audited, without the words.
        """
        demand(officer, Permission.REVIEW)
        if restricted:
            demand(officer, Permission.READ_RESTRICTED)
        wanted = text.replace("\r\n", "\n").strip()
        _refuse_details(wanted)
        named, now = _named_in(wanted), self._clock()
        (vault_id,) = self._vault.open_many(1)
        sealed = self._vault.seal(vault_id, Purpose.NARRATIVE, PLACE, wanted.encode())
        with storage_errors(), self._writing.begin() as connection:
            known = self._known(connection, named, officer)
            strangers = [one for one in named if one not in known]
            if strangers:
                raise NotAllowed(f"There is no case {strangers[0]}, or it is not one you may see: write it again")
            values = {"vault_id": vault_id, "restricted": restricted or any(known.values()), "sealed_note": sealed}
            connection.execute(sa.insert(handovers).values(**values, written_by=officer.email, written_at=now))
            audit.record(connection, at=now, actor=officer.email, act="hand-over note written")

    def unread(self, officer: Officer) -> Sequence[Handover]:
        """The notes of the last days that `officer` may read and has not marked as read, newest first."""
        demand(officer, Permission.READ_CASES)
        read = sa.exists().where(
            handovers_read.c.handover_id == handovers.c.id, handovers_read.c.officer == officer.email
        )
        query = sa.select(handovers).where(handovers.c.written_at > self._clock() - SHOWN_FOR, ~read)
        if not officer.may(Permission.READ_RESTRICTED):
            query = query.where(handovers.c.restricted.is_(False))
        with storage_errors(), self._engine.connect() as connection:
            found = [self._opened(row) for row in connection.execute(query.order_by(handovers.c.id.desc()).limit(MOST))]
            known = self._known(connection, [name for note in found for name in note.references], officer)
        return [note for note in found if all(name in known for name in note.references)]

    def mark_read(self, officer: Officer, handover_id: int) -> None:
        """Shows that note to this officer no more."""
        if all(note.id != handover_id for note in self.unread(officer)):
            raise NotAllowed("There is no such note, or you have read it")
        values = {"handover_id": handover_id, "officer": officer.email, "read_at": self._clock()}
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.insert(handovers_read).values(**values))

    @staticmethod
    def _known(connection: sa.Connection, references: Sequence[str], officer: Officer) -> dict[str, bool]:
        """Which of them `officer` may see, and whether each is restricted."""
        query = sa.select(cases.c.reference, cases.c.restricted).where(cases.c.reference.in_(references))
        return {row.reference: row.restricted for row in connection.execute(visible(query, officer))}

    def _opened(self, row: Any) -> Handover:
        text = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, PLACE, row.sealed_note).decode()
        return Handover(
            id=row.id,
            written_by=row.written_by,
            written_at=row.written_at,
            text=text,
            references=tuple(_named_in(text)),
        )


def _named_in(text: str) -> list[str]:
    return list(dict.fromkeys(one.upper() for one in _REFERENCE.findall(text)))


def _refuse_details(text: str) -> None:
    if not 0 < len(text) <= LONGEST:
        raise NotAllowed(f"Write a note of at most {LONGEST} characters")
    rest = _REFERENCE.sub("", text)
    if _ADDRESS.search(rest) or _TELEPHONE.search(rest):
        raise NotAllowed("A hand-over note holds no email address and no telephone number: name the case instead")
