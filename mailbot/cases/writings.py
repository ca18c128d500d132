"""Reviews that somebody has begun and not saved: kept sealed while they are written, for whoever writes them alone."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, case_for
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import writings
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock

PLACE = "writings.sealed_writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What of a case an officer had before them: each answer as it stood, and how many there were of the rest."""

    stands: dict[str, str]
    notes: int
    actions: int
    messages: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an officer has put into the form of a review: the answers they changed, and what they wrote and chose."""

    seen: Seen
    answers: dict[str, str]
    actions: tuple[str, ...] = ()
    reason: str = ""
    note: str = ""
    close: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.actions or self.reason.strip() or self.note.strip() or self.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A review as it was kept last, and on which version of the case it was begun."""

    kept_at: datetime
    version: int
    written: Written


class Writings:
    """The reviews that are being written. Nobody reads another's."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def keep(self, reference: str, officer: Officer, version: int, written: Written) -> datetime:
        """Keeps it in the place of what was kept before; says when. An empty one leaves nothing kept."""
        now, content = self._clock(), msgspec.json.encode(written)
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            mine = (writings.c.case_id == case.id) & (writings.c.officer == officer.email)
            if written.is_empty:
                connection.execute(sa.delete(writings).where(mine))
                return now
            sealed = self._vault.seal(case.vault_id, Purpose.NARRATIVE, _place(officer), content)
            values = {"vault_id": case.vault_id, "version": version, "kept_at": now, "sealed_writing": sealed}
            if connection.execute(sa.update(writings).where(mine).values(**values)).rowcount == 0:
                row = {"case_id": case.id, "officer": officer.email, **values}
                with contextlib.suppress(sa.exc.IntegrityError), connection.begin_nested():  # in two tabs at once
                    connection.execute(sa.insert(writings).values(**row))
        return now

    def kept(self, reference: str, officer: Officer) -> Writing | None:
        """What `officer` has begun on a case that they may see; None where there is nothing."""
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer, Permission.READ_CASES)
            mine = (writings.c.case_id == case.id) & (writings.c.officer == officer.email)
            row = connection.execute(sa.select(writings).where(mine)).one_or_none()
        if row is None:
            return None
        sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, _place(officer), row.sealed_writing)
        written = msgspec.json.decode(sealed, type=Written)
        return Writing(kept_at=row.kept_at, version=row.version, written=written)

    def throw_away(self, reference: str, officer: Officer) -> None:
        """Keeps what the officer has begun no longer."""
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            mine = (writings.c.case_id == case.id) & (writings.c.officer == officer.email)
            connection.execute(sa.delete(writings).where(mine))


def _place(officer: Officer) -> str:
    return f"{PLACE}:{officer.email}"
