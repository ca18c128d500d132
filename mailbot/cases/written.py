"""What officers write upon cases: the words as they are kept, and the rows of a case or of a service to be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import cases
from mailbot.errors import NotAllowed

LONGEST = 5000
"""Characters of one piece of writing."""


def words_of(text: str, wanted: str, *, longest: int = LONGEST, least: int = 1) -> str:
    """The words of a text from a form; raises `NotAllowed`, asking for `wanted`, where there are none or too many."""
    words = text.replace("\r\n", "\n").strip()
    if not least <= len(words) <= longest:
        raise NotAllowed(f"{wanted} in at most {longest} characters")
    return words


def of_case(engine: sa.Engine, query: sa.Select[Any], reference: str, officer: Officer) -> Sequence[Any]:
    """The rows of a `query` over cases that belong to this one, where `officer` may see it."""
    demand(officer, Permission.READ_CASES)
    with storage_errors(), engine.connect() as connection:
        return connection.execute(visible(query.where(cases.c.reference == reference), officer)).all()


def of_service(
    writing: sa.Engine, query: sa.Select[Any], urn: str, officer: Officer, *, at: datetime, act: str
) -> Sequence[Any]:
    """The rows of a `query` over every case about that service that `officer` may see; audited as `act` on each.

    What `officer` may do with services is for the caller to ask.
    """
    with storage_errors(), writing.begin() as connection:
        rows = connection.execute(visible(query.where(cases.c.urn == urn), officer)).all()
        references = dict.fromkeys(row.reference for row in rows)
        audit.record_each(connection, at=at, actor=officer.email, act=act, references=references)
    return rows
