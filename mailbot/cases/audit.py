"""The audit trail: who did what to which case, and when. Rows are only ever added; the database refuses the rest.

A row holds no personal data: the acting member of staff, the act, the case's reference, and words of the taxonomy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from mailbot.cases.schema import audit

MACHINE = "mailbot"
COMMAND_LINE = "command line"


def record(
    connection: sa.Connection, *, at: datetime, actor: str, act: str, reference: str | None = None, detail: str = ""
) -> None:
    """Adds one row within the transaction of what it tells of, so that neither stands without the other."""
    connection.execute(sa.insert(audit).values(at=at, actor=actor, act=act, reference=reference, detail=detail[:1000]))


def record_each(
    connection: sa.Connection, *, at: datetime, actor: str, act: str, references: Iterable[str], detail: str = ""
) -> None:
    """Adds one row for each of several cases of which the same was done, in one statement."""
    shared = {"at": at, "actor": actor, "act": act, "detail": detail[:1000]}
    rows = [{**shared, "reference": reference} for reference in references]
    if rows:
        connection.execute(sa.insert(audit), rows)
