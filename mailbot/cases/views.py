"""Saved views: filters of the queue that a member of staff keeps under a name, for themselves alone.

A view holds values of filters, never a case. The part of a service's name is kept only where the register has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.queue import Filters, Queue, filters_from
from mailbot.cases.schema import views
from mailbot.domain import CaseState
from mailbot.errors import NotAllowed

MOST = 20
LONGEST_NAME = 64
LONGEST_QUERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    id: int
    name: str
    state: CaseState
    filters: Filters


class Views:
    """The views of each member of staff."""

    def __init__(self, engine: sa.Engine, queue: Queue) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._queue = queue

    def listed(self, officer: Officer) -> Sequence[View]:
        """The officer's own, by name."""
        demand(officer, Permission.READ_CASES)
        query = sa.select(views).where(views.c.officer == officer.email).order_by(views.c.name)
        with storage_errors(), self._engine.connect() as connection:
            return [_view(row) for row in connection.execute(query)]

    def save(self, officer: Officer, name: str, state: CaseState, filters: Filters) -> None:
        """Keeps both under `name`, in the place of what was kept there. `NotAllowed` says what is wrong."""
        demand(officer, Permission.READ_CASES)
        wanted, query = " ".join(name.split()), urlencode([("state", state), *filters.chosen])
        if not 0 < len(wanted) <= LONGEST_NAME:
            raise NotAllowed(f"Give the view a name of at most {LONGEST_NAME} characters")
        if not filters.chosen or len(query) > LONGEST_QUERY:
            raise NotAllowed("Choose at least one filter, and not all of them, before you save a view")
        for service in filters.service:
            if not self._queue.knows_service(service):
                raise NotAllowed("No service on the register is called that: a view keeps only such names, or a URN")
        mine = views.c.officer == officer.email
        with storage_errors(), self._writing.begin() as connection:
            change = sa.update(views).where(mine, views.c.name == wanted).values(query=query)
            if connection.execute(change).rowcount:
                return
            if connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one() >= MOST:
                raise NotAllowed(f"You have {MOST} views: delete one first")
            connection.execute(sa.insert(views).values(officer=officer.email, name=wanted, query=query))

    def forget(self, officer: Officer, view_id: int) -> None:
        """Deletes one of the officer's own views."""
        demand(officer, Permission.READ_CASES)
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.delete(views).where(views.c.id == view_id, views.c.officer == officer.email))


def _view(row: Any) -> View:
    pairs = parse_qsl(row.query)
    return View(id=row.id, name=row.name, state=CaseState(dict(pairs)["state"]), filters=filters_from(pairs))
