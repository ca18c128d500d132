"""Messages that could not be filed: kept, seen by staff, tried again or filed by hand. Nothing here ever vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission
from mailbot.cases.arrivals.ledger import Ledger, MessageState, StoredMail
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import messages
from mailbot.clock import Clock
from mailbot.domain import RawMail
from mailbot.errors import NotAllowed

NOT_THERE = "There is no such message set aside, or it is not one you may see"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A message that could not be filed: where it came from, since when, what was wrong, words of danger in it.

    `handed_back` says that a person has decided and the worker has yet to do it.
    """

    id: int
    mailbox: str
    received_at: datetime
    set_aside_at: datetime
    size: int
    problem: str
    danger: bool
    handed_back: bool


class Aside:
    """What is set aside; the very same bytes twice are one item.

    Officers do not see what came to a restricted mailbox; the command line sees outlines.
    """

    def __init__(
        self, engine: sa.Engine, ledger: Ledger, clock: Clock, restricted_mailboxes: frozenset[str] = frozenset()
    ) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._ledger = ledger
        self._clock = clock
        self._restricted_mailboxes = restricted_mailboxes

    def put(self, stored: StoredMail, problem: str, *, danger: bool) -> None:
        """Sets a message aside; its bytes are kept. With `danger` it stands above the queue."""
        change = (
            sa.update(messages)
            .where(messages.c.id == stored.id, messages.c.state == MessageState.STORED)
            .values(
                state=MessageState.SET_ASIDE,
                problem=problem[:255],
                danger=danger,
                set_aside_at=self._clock(),
                handed_back_by=None,
                by_hand=False,
            )
        )
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(change)
            self._audit(connection, audit.MACHINE, "set aside", stored.id)

    def listed(self, officer: Officer | None) -> Sequence[SetAside]:
        """Everything that waits, words of danger first, then oldest first; None stands for the command line."""
        query = self._visible(officer, Permission.READ_CASES, or_handed_back=True)
        query = query.order_by(messages.c.danger.desc(), messages.c.received_at, messages.c.id)
        with storage_errors(), self._engine.connect() as connection:
            firsts = {(row.mailbox, row.sha256): row for row in reversed(connection.execute(query).all())}
            return [
                SetAside(
                    id=row.id,
                    mailbox=row.mailbox,
                    received_at=row.received_at,
                    set_aside_at=row.set_aside_at or row.stored_at,
                    size=row.size,
                    problem=row.problem or "",
                    danger=row.danger,
                    handed_back=row.state != MessageState.SET_ASIDE,
                )
                for row in reversed(firsts.values())
            ]

    def original(self, message_id: int, officer: Officer) -> RawMail:
        """The untouched message, sender and all; seeing it is audited."""
        query = self._visible(officer, Permission.READ_ORIGINALS).where(messages.c.id == message_id)
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(query).one_or_none() is None:
                raise NotAllowed(NOT_THERE)
            self._audit(connection, officer.email, "read original of message set aside", message_id)
        return self._ledger.original(message_id).mail

    def hand_back(self, message_id: int, officer: Officer | None, *, by_hand: bool) -> None:
        """Puts a message back in line: to be judged again or, `by_hand`, to be filed unjudged as far as it can be read.

        The worker does so within seconds.
        """
        actor = officer.email if officer else audit.COMMAND_LINE
        query = self._visible(officer, Permission.REVIEW).where(messages.c.id == message_id)
        with storage_errors(), self._writing.begin() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotAllowed(NOT_THERE)
            connection.execute(
                sa.update(messages)
                .where(
                    messages.c.mailbox == row.mailbox,
                    messages.c.sha256 == row.sha256,
                    messages.c.state == MessageState.SET_ASIDE,
                )
                .values(state=MessageState.STORED, handed_back_by=actor, by_hand=by_hand, claimed_by=None)
            )
            self._audit(connection, actor, "set aside filed by hand" if by_hand else "set aside retried", message_id)

    def _visible(
        self, officer: Officer | None, permission: Permission, *, or_handed_back: bool = False
    ) -> sa.Select[Any]:
        which = messages.c.state == MessageState.SET_ASIDE
        if or_handed_back:
            which |= (messages.c.state == MessageState.STORED) & messages.c.handed_back_by.is_not(None)
        query = sa.select(messages).where(which)
        if officer is None:
            return query
        if not officer.may(permission):
            raise NotAllowed(f"Your role does not allow you to {permission}")
        if officer.may(Permission.READ_RESTRICTED):
            return query
        return query.where(messages.c.mailbox.not_in(self._restricted_mailboxes))

    def _audit(self, connection: sa.Connection, actor: str, act: str, message_id: int) -> None:
        audit.record(connection, at=self._clock(), actor=actor, act=act, detail=f"message {message_id}")
