"""What happened to a case, in order, and the other cases about the same service (P1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import audit, cases
from mailbot.domain import CaseState

MOST = 20
"""Other cases shown beside one, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done to a case, or with it."""

    at: datetime
    actor: str
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another case about the same service."""

    reference: str
    received_at: datetime
    state: CaseState
    priority: int


class History:
    """The past of a case and its neighbours, for those who may see it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, reference: str, officer: Officer) -> list[Event]:
        """Everything on the audit trail of a case that `officer` may see, oldest first."""
        demand(officer, Permission.READ_CASES)
        seen = visible(sa.select(cases.c.reference).where(cases.c.reference == reference), officer)
        query = (
            sa.select(audit.c.at, audit.c.actor, audit.c.act)
            .where(audit.c.reference.in_(seen.scalar_subquery()))
            .order_by(audit.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [Event(at=row.at, actor=row.actor, act=row.act) for row in connection.execute(query)]

    def about_the_same_service(self, reference: str, urn: str | None, officer: Officer) -> list[Neighbour]:
        """The other cases with that URN that `officer` may see, newest first; none where it is not known."""
        demand(officer, Permission.READ_CASES)
        if not urn:
            return []
        query = (
            sa.select(cases.c.reference, cases.c.received_at, cases.c.state, cases.c.priority)
            .where(cases.c.urn == urn, cases.c.reference != reference, cases.c.joined_to.is_(None))
            .order_by(cases.c.received_at.desc(), cases.c.id.desc())
            .limit(MOST)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                Neighbour(
                    reference=row.reference,
                    received_at=row.received_at,
                    state=CaseState(row.state),
                    priority=row.priority,
                )
                for row in connection.execute(visible(query, officer))
            ]
