"""How the intake stands: when each mailbox was last taken in, since when something waits, and what is wrong.

It is kept in the database, so that the pages, the metrics and a watcher on another machine all know it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases.arrivals.ledger import MessageState
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import intake, messages
from mailbot.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One mailbox. `oldest_unprocessed_at` is when the oldest message arrived that is not dealt with, None without one.

    `problem` is what went wrong last, in words, None where all is well; `polled_at` is None before the first run.
    """

    mailbox: str
    polled_at: datetime | None
    oldest_unprocessed_at: datetime | None
    problem: str | None
    problem_since: datetime | None
    set_aside: int

    def minutes_unprocessed(self, now: datetime) -> float:
        """Minutes since the oldest unprocessed message arrived; 0 without one."""
        return max(0.0, (now - self.oldest_unprocessed_at).total_seconds() / 60) if self.oldest_unprocessed_at else 0.0


class Standings:
    """Notes and tells how the mailboxes stand."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def note_taken_in(self, mailbox: str, oldest_left_at: datetime | None, problem: str | None = None) -> None:
        """Everything in the mailbox has been taken in, but for what arrived at `oldest_left_at` or later.

        `problem` is what will stop it soon all the same, such as a sign-in that cannot be renewed.
        """
        values = {
            "polled_at": self._clock(),
            "oldest_waiting_at": oldest_left_at,
            "problem": problem and problem[:255],
            "problem_since": sa.func.coalesce(intake.c.problem_since, self._clock()) if problem else None,
        }
        self._note(mailbox, values)

    def note_problem(self, mailbox: str, problem: str) -> None:
        """The mailbox could not be taken in; since when counts from the first time."""
        since = sa.func.coalesce(intake.c.problem_since, self._clock())
        self._note(mailbox, {"problem": problem[:255], "problem_since": since})

    def _note(self, mailbox: str, values: Mapping[str, Any]) -> None:
        with storage_errors(), self._writing.begin() as connection:
            known = sa.update(intake).where(intake.c.mailbox == mailbox).values(**values)
            if connection.execute(known).rowcount == 0:
                first = {**values, "problem_since": self._clock() if values["problem"] else None}
                with contextlib.suppress(sa.exc.IntegrityError), connection.begin_nested():  # another was faster
                    connection.execute(sa.insert(intake).values(mailbox=mailbox, **first))

    def listed(self, mailboxes: Sequence[str]) -> list[Standing]:
        """How each of `mailboxes` stands, in that order."""
        count = sa.select(messages.c.mailbox, messages.c.state, sa.func.count(), sa.func.min(messages.c.received_at))
        open_ones = count.where(messages.c.state != MessageState.FILED).group_by(messages.c.mailbox, messages.c.state)
        with storage_errors(), self._engine.connect() as connection:
            noted = {row.mailbox: row for row in connection.execute(sa.select(intake))}
            waiting = {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(open_ones)}
        standings = []
        for mailbox in mailboxes:
            row = noted.get(mailbox)
            _, stored_at = waiting.get((mailbox, MessageState.STORED), (0, None))
            left_at = row.oldest_waiting_at if row else None
            standings.append(
                Standing(
                    mailbox=mailbox,
                    polled_at=row.polled_at if row else None,
                    oldest_unprocessed_at=min(filter(None, (stored_at, left_at)), default=None),
                    problem=row.problem if row else None,
                    problem_since=row.problem_since if row else None,
                    set_aside=waiting.get((mailbox, MessageState.SET_ASIDE), (0, None))[0],
                )
            )
        return standings
