"""Originals that are to be taken off the mail server, once a verified backup holds them; what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.records.retention import DisposalState, What
from mailbot.cases.schema import cases, disposals, messages, removals
from mailbot.clock import Clock


class RemovalState(StrEnum):
    DUE = "due"
    REMOVED = "removed"
    GONE = "gone"
    """Nothing like it was on the server: somebody had taken it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRemove:
    """A message as the ledger knows it: where it lay when it was taken in, its size, arrival and SHA-256 in hex.

    `shared` says that the ledger holds another one of the same bytes that stays.
    """

    message_id: int
    folder: str
    uid_validity: int
    uid: int
    size: int
    received_at: datetime
    sha256: str
    shared: bool


class Removals:
    """The list of what is to be taken off the mail server."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def due(self, mailbox: str, backed_up_to: datetime, limit: int = 500) -> Sequence[ToRemove]:
        """What is to go from that mailbox and is in every backup from `backed_up_to` on, oldest first."""
        twin = messages.alias("twin")
        listed = sa.select(removals.c.message_id)
        shared = sa.exists().where(
            twin.c.mailbox == messages.c.mailbox,
            twin.c.sha256 == messages.c.sha256,
            twin.c.id != messages.c.id,
            twin.c.id.not_in(listed),
        )
        places = ("folder", "uid_validity", "uid", "size", "received_at", "sha256")
        query = (
            sa.select(removals.c.message_id, *(messages.c[name] for name in places), shared.label("shared"))
            .join(messages, messages.c.id == removals.c.message_id)
            .where(
                removals.c.state == RemovalState.DUE,
                messages.c.mailbox == mailbox,
                messages.c.stored_at <= backed_up_to,
            )
            .order_by(removals.c.message_id)
            .limit(limit)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [ToRemove(**row._mapping) for row in connection.execute(query)]

    def settle(self, message_ids: Sequence[int], state: RemovalState) -> None:
        """Notes what became of these; audited for each case. Where it was all of a removal, that is done."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            these = removals.c.message_id.in_(message_ids)
            connection.execute(sa.update(removals).where(these).values(state=state, settled_at=now, problem=None))
            names = (
                sa.select(cases.c.reference)
                .join(messages, messages.c.case_id == cases.c.id)
                .where(messages.c.id.in_(message_ids))
                .distinct()
                .order_by(cases.c.reference)
            )
            references = connection.execute(names).scalars().all()
            act = "original removed from the server" if state is RemovalState.REMOVED else "original not on the server"
            audit.record_each(connection, at=now, actor=audit.MACHINE, act=act, references=references)
            left = sa.select(removals.c.disposal_id).where(removals.c.state == RemovalState.DUE)
            whole = sa.select(removals.c.disposal_id).where(these)
            over = sa.update(disposals).where(
                disposals.c.id.in_(whole),
                disposals.c.id.not_in(left),
                disposals.c.what == What.ORIGINALS,
                disposals.c.state == DisposalState.UNDER_WAY,
            )
            connection.execute(over.values(state=DisposalState.DONE, ended_by=audit.MACHINE, ended_at=now))

    def note_problem(self, message_ids: Sequence[int], problem: str) -> None:
        """Notes why these could not be taken off; the next run tries again."""
        change = sa.update(removals).where(removals.c.message_id.in_(message_ids)).values(problem=problem[:255])
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(change)
