"""Cases and actions as other systems list them, a page at a time, and which cases have changed since a moment.

A page goes on behind the last one's reference: nothing counts what somebody may not know of, nor leaves a gap for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import actions, audit, cases
from mailbot.cases.store import ENTRY_COLUMNS, entry_of, has_task
from mailbot.domain import ActionKind, ActionState, CaseState, QueueEntry
from mailbot.errors import NotAllowed

PAGE_SIZE = 50
LEAVE_AS_IT_WAS = ("seen in a search", "found by its sender", "identity looked at")
"""Acts of the audit trail that change nothing, beside those that say so by "read"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAction:
    """An action by its case's reference and its place among that case's actions, from 1, which never changes."""

    reference: str
    number: int
    kind: ActionKind
    state: ActionState
    decided_by: str
    decided_at: datetime
    due_at: datetime | None
    owner: str
    settled_by: str | None
    settled_at: datetime | None


class Outlines:
    """Lists without content, for systems that then read what they need."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def cases(
        self, officer: Officer, *, state: CaseState | None, received_since: datetime | None, after: str
    ) -> Sequence[QueueEntry]:
        """Up to `PAGE_SIZE` cases that `officer` may see, oldest first, behind the case `after`."""
        demand(officer, Permission.READ_CASES)
        query = visible(sa.select(*ENTRY_COLUMNS, has_task(officer)), officer)
        if state is not None:
            query = query.where(cases.c.state == state)
        if received_since is not None:
            query = query.where(cases.c.received_at >= received_since)
        with storage_errors(), self._engine.connect() as connection:
            if after:
                query = query.where(_behind(connection, after, officer))
            query = query.order_by(cases.c.received_at, cases.c.reference).limit(PAGE_SIZE)
            return [entry_of(row) for row in connection.execute(query)]

    def actions(
        self, officer: Officer, *, state: ActionState | None, after: tuple[str, int] | None
    ) -> Sequence[ListedAction]:
        """Up to `PAGE_SIZE` actions on cases that `officer` may see, by case and then in the order of deciding."""
        demand(officer, Permission.READ_CASES)
        place = sa.func.row_number().over(partition_by=actions.c.case_id, order_by=actions.c.id).label("number")
        of_case = (cases.c.received_at.label("received_at"), cases.c.reference.label("reference"))
        found = visible(sa.select(actions, place, *of_case).join(cases, cases.c.id == actions.c.case_id), officer)
        listed = found.subquery()
        query = sa.select(listed)
        if state is not None:
            query = query.where(listed.c.state == state)
        with storage_errors(), self._engine.connect() as connection:
            if after is not None:
                at = _received(connection, after[0], officer)
                later_case = (listed.c.received_at > at) | (
                    (listed.c.received_at == at) & (listed.c.reference > after[0])
                )
                same_case = (listed.c.reference == after[0]) & (listed.c.number > after[1])
                query = query.where(later_case | same_case)
            query = query.order_by(listed.c.received_at, listed.c.reference, listed.c.number).limit(PAGE_SIZE)
            return [_action(row) for row in connection.execute(query)]

    def changed_since(self, officer: Officer, since: datetime) -> Sequence[str]:
        """The references of the cases that `officer` may see and on which something was done since then."""
        demand(officer, Permission.READ_CASES)
        changes = sa.select(audit.c.reference).where(
            audit.c.at >= since,
            audit.c.reference.is_not(None),
            audit.c.act.not_in(LEAVE_AS_IT_WAS),
            audit.c.act.not_like("read %"),
            audit.c.act.not_like("% read"),
        )
        query = visible(sa.select(cases.c.reference).where(cases.c.reference.in_(changes)), officer)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query.order_by(cases.c.received_at, cases.c.reference)).scalars().all()


def _behind(connection: sa.Connection, reference: str, officer: Officer) -> sa.ColumnElement[bool]:
    at = _received(connection, reference, officer)
    return (cases.c.received_at > at) | ((cases.c.received_at == at) & (cases.c.reference > reference))


def _received(connection: sa.Connection, reference: str, officer: Officer) -> datetime:
    query = visible(sa.select(cases.c.received_at).where(cases.c.reference == reference), officer)
    at: datetime | None = connection.execute(query).scalar_one_or_none()
    if at is None:
        raise NotAllowed("There is no such case to go on behind, or it is not one you may see")
    return at


def _action(row: Any) -> ListedAction:
    return ListedAction(
        reference=row.reference,
        number=row.number,
        kind=ActionKind(row.kind),
        state=ActionState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        due_at=row.due_at,
        owner=row.owner,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )
