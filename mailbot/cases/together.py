"""Working together: who has a case, and who has it before them now."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, may, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.queue import is_held, readers
from mailbot.cases.schema import cases, looking
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

LOOKING_FOR = timedelta(minutes=2)
"""How long somebody counts as looking at a case after they opened it."""

NO_SUCH_CASE = "There is no such case, or it is not one you may see"


class Together:
    """Assigns cases, and tells who looks at them."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def take(self, reference: str, officer: Officer) -> None:
        """Assigns the case to `officer`, where nobody who may read it has it. Audited."""
        demand(officer, Permission.REVIEW)
        with storage_errors(), self._writing.begin() as connection:
            row = self._held(connection, reference, officer)
            if row.assigned_to == officer.email:
                return
            if row.restricted and not may(officer.role, Permission.READ_RESTRICTED):
                raise NotAllowed("A restricted case that you opened in an emergency is not one you can keep")
            if row.is_held:
                raise NotAllowed(f"{row.assigned_to} has this case: ask them to give it back, or assign it")
            self._assign(connection, row, officer, officer.email, "case taken")

    def give_back(self, reference: str, officer: Officer) -> None:
        """Makes the officer's own case nobody's. Audited."""
        demand(officer, Permission.REVIEW)
        with storage_errors(), self._writing.begin() as connection:
            row = self._held(connection, reference, officer)
            if row.assigned_to != officer.email:
                raise NotAllowed("This case is not yours to give back")
            self._assign(connection, row, officer, None, "case given back")

    def assign(self, reference: str, officer: Officer, colleague: str) -> None:
        """Assigns the case to a colleague who may read it, whoever has it now. Audited."""
        demand(officer, Permission.REVIEW)
        with storage_errors(), self._writing.begin() as connection:
            row = self._held(connection, reference, officer)
            who = readers(restricted=row.restricted)
            if colleague not in connection.execute(who).scalars().all():
                raise NotAllowed("Choose a colleague who may read this case")
            self._assign(connection, row, officer, colleague, "case assigned")

    def colleagues(self, officer: Officer, *, restricted: bool = False) -> Sequence[str]:
        """The staff who may read cases, by address; only those who may read restricted ones where asked."""
        demand(officer, Permission.READ_CASES)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(readers(restricted=restricted).order_by("email")).scalars().all()

    def look(self, reference: str, officer: Officer) -> Sequence[str]:
        """Notes that `officer` has the case before them; tells who else has."""
        demand(officer, Permission.READ_CASES)
        now = self._clock()
        query = visible(sa.select(cases.c.id).where(cases.c.reference == reference), officer)
        with storage_errors(), self._writing.begin() as connection:
            case_id = connection.execute(query).scalar_one_or_none()
            if case_id is None:
                raise NotAllowed(NO_SUCH_CASE)
            connection.execute(sa.delete(looking).where(looking.c.at < now - LOOKING_FOR))
            mine = (looking.c.case_id == case_id) & (looking.c.officer == officer.email)
            if not connection.execute(sa.update(looking).where(mine).values(at=now)).rowcount:
                values = {"case_id": case_id, "officer": officer.email, "at": now}
                with contextlib.suppress(sa.exc.IntegrityError), connection.begin_nested():  # in two tabs at once
                    connection.execute(sa.insert(looking).values(**values))
            others = sa.select(looking.c.officer).where(
                looking.c.case_id == case_id, looking.c.officer != officer.email
            )
            return connection.execute(others.order_by(looking.c.officer)).scalars().all()

    @staticmethod
    def _held(connection: sa.Connection, reference: str, officer: Officer) -> Any:
        """The case's row, held until the end of the transaction, and whether somebody who may read it has it."""
        columns = (cases.c.id, cases.c.reference, cases.c.restricted, cases.c.assigned_to)
        query = sa.select(*columns, is_held().label("is_held")).where(cases.c.reference == reference)
        row = connection.execute(visible(query, officer).with_for_update(of=cases)).one_or_none()
        if row is None:
            raise NotAllowed(NO_SUCH_CASE)
        return row

    def _assign(self, connection: sa.Connection, row: Any, officer: Officer, to: str | None, act: str) -> None:
        connection.execute(sa.update(cases).where(cases.c.id == row.id).values(assigned_to=to))
        detail = to if to and to != officer.email else ""
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=row.reference, detail=detail)
