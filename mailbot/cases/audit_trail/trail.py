"""The audit trail as auditors read it: newest first, narrowed by who, what, which case and which day.

What was done to a case that the reader may not see is there, without its reference and its details.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.arrivals.threads import REFERENCE_ALPHABET
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import audit, cases

AT_ONCE = 50
LONDON = ZoneInfo("Europe/London")
HIDDEN = "a case you may not see"

_REFERENCE = re.compile(rf"MB-[{REFERENCE_ALPHABET}]{{4}}-[{REFERENCE_ALPHABET}]{{4}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row. `reference` is None where it is about no case, or about one that the reader may not see (`hidden`)."""

    number: int
    at: datetime
    actor: str
    act: str
    reference: str | None
    detail: str
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the rows are narrowed to; '' and None for all. `day` is a day in London."""

    actor: str = ""
    act: str = ""
    reference: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, newest first. `older_than` is the number to ask for what comes after; None at the end."""

    entries: tuple[Entry, ...]
    older_than: int | None


class Trail:
    """The audit trail, for those who may read it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, officer: Officer, asked: Asked, older_than: int | None = None) -> Page:
        """The newest rows, or those from before the row `older_than`. Two queries."""
        demand(officer, Permission.READ_AUDIT)
        query = sa.select(audit).where(*_narrowed(asked, officer)).order_by(audit.c.id.desc()).limit(AT_ONCE + 1)
        if older_than is not None:
            query = query.where(audit.c.id < older_than)
        with storage_errors(), self._engine.connect() as connection:
            found = connection.execute(query).all()
            shown = found[:AT_ONCE]
            known = self._known(connection, (name for row in shown for name in _named_in(row)), officer)
        return Page(
            entries=tuple(_entry(row, known) for row in shown),
            older_than=shown[-1].id if len(found) > AT_ONCE else None,
        )

    @staticmethod
    def _known(connection: sa.Connection, names: Iterable[str], officer: Officer) -> frozenset[str]:
        """Those of the references that the officer may know of."""
        query = sa.select(cases.c.reference).where(cases.c.reference.in_(sorted(set(names))))
        return frozenset(connection.execute(visible(query, officer)).scalars())


def _narrowed(asked: Asked, officer: Officer) -> list[sa.ColumnElement[bool]]:
    which: list[sa.ColumnElement[bool]] = []
    if asked.actor:
        which.append(audit.c.actor == asked.actor)
    if asked.act:
        which.append(audit.c.act == asked.act)
    if asked.reference:
        seen = visible(sa.select(cases.c.reference).where(cases.c.reference == asked.reference), officer)
        which.append(audit.c.reference.in_(seen.scalar_subquery()))
    if asked.day is not None:
        begins = datetime.combine(asked.day, time(), LONDON)
        ends = datetime.combine(asked.day + timedelta(days=1), time(), LONDON)
        which += [audit.c.at >= begins, audit.c.at < ends]
    return which


def _named_in(row: Any) -> list[str]:
    """Every reference that a row tells, in its details, too."""
    return [*filter(None, [row.reference]), *_REFERENCE.findall(row.detail)]


def _entry(row: Any, known: frozenset[str]) -> Entry:
    hidden = row.reference is not None and row.reference not in known
    detail = _REFERENCE.sub(lambda name: name[0] if name[0] in known else HIDDEN, row.detail)
    return Entry(
        number=row.id,
        at=row.at,
        actor=row.actor,
        act=row.act,
        reference=None if hidden else row.reference,
        detail="" if hidden else detail,
        hidden=hidden,
    )
