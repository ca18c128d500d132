"""Erasing a case: its keys destroyed, whatever was sealed under them emptied, and rows left that count and no more.

`TREATMENT` says of every table that belongs to a case what erasure does to it. What stays tells no reader who wrote or
what: states, times, members of staff, values of the taxonomy, which reports count (P21, P27).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.schema import alerts, approaches, cases, messages, metadata, tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What erasure does to the rows of a table: they go where `goes`, else `emptied` columns get these values.

    `because` says what the rows are for that stay.
    """

    because: str = ""
    goes: bool = False
    emptied: Mapping[str, Any] = field(default_factory=dict)


def _emptied(because: str, *sealed: str, **others: Any) -> Treatment:
    return Treatment(because=because, emptied=dict.fromkeys(sealed, b"") | others)


GOES = Treatment(goes=True)

TREATMENT: dict[str, Treatment] = {
    "cases": _emptied(
        "annual reports, figures of services and the reference in the audit trail",
        "sealed_narrative",
        "sealed_identity",
        assigned_to=None,
    ),
    "messages": _emptied(
        "the ledger: what was taken in is known again on the mail server, and never taken in twice",
        same_as=None,
        message_id_digest=None,
        topic_digest=None,
        problem=None,
    ),
    "raw_messages": _emptied("one row a message of the ledger", "sealed"),
    "entries": _emptied("that an officer entered it, and when", "sealed_entry", digest=""),
    "letters": _emptied(
        "that a letter went, and when",
        sealed_letter=None,
        recipient_digest=None,
        reply_token_digest=None,
        withheld_because=None,
        problem=None,
    ),
    "follow_ups": _emptied("how many messages came, and when", "sealed_narrative", "sealed_identity"),
    "search_documents": GOES,
    "senders": GOES,
    "tasks": _emptied("what was done on the case, and by whom", why=""),
    "approaches": _emptied("that somebody was written to, and whether they answered", "sealed_draft"),
    "calls": _emptied("that somebody was called", "sealed_call"),
    "openings": Treatment(because="that a restricted case was opened in an emergency, and by whom"),
    "approvals": _emptied("that a second officer decided", "sealed_decision"),
    "identity_requests": _emptied("who saw who wrote, and when", "sealed_reason"),
    "first_answers": Treatment(because="how well dangers were seen: values of the taxonomy"),
    "opinions": Treatment(because="annual reports, and how well models did: values of the taxonomy"),
    "answers": GOES,  # an erased case teaches nothing more
    "confirmations": Treatment(because="annual reports: values of the taxonomy"),
    "second_looks": Treatment(because="how many dangers were missed"),
    "deliveries": _emptied("which other system was told of an event, no word of the case", problem=None),
    "alerts": Treatment(because="how soon somebody decided"),
    "notices": Treatment(because="which staff were told, and when"),
    "looking": GOES,
    "notes": _emptied("that somebody noted something", "sealed_note"),
    "actions": _emptied("annual reports: what was decided", sealed_outcome=None),
    "lines_of_enquiry": _emptied("that a line was written and answered", "sealed_question", sealed_found=None),
    "case_standards": _emptied("which standards were weighed, and the finding", "sealed_words"),
    "writings": GOES,
    "retimings": Treatment(because="the inspection's own history"),
    "held_items": _emptied("what was held for an inspection, by theme", "sealed_words", sealed_found=None),
    "holds": _emptied("that the case was held, and until when", "sealed_reason"),
    "disposals": Treatment(because="who agreed to the erasure, and when"),
    "removals": Treatment(because="what was taken off the mail server"),
    "information_requests": _emptied("that a request was answered in time", sealed_extension=None),
    "request_cases": Treatment(because="which cases a request asked for"),
    "court_disclosures": _emptied("what was given to a court, who asked and who agreed", "sealed_order"),
}
"""Every table that belongs to a case. A new one that is not spoken of here fails a test."""

_THROUGH = {"message_id": messages, "approach_id": approaches, "alert_id": alerts}
"""By which columns a table without a case of its own belongs to one."""


def together(case_id: int) -> sa.Select[Any]:
    """The numbers of a case and of those that were joined to it: they go as one."""
    return sa.select(cases.c.id).where((cases.c.id == case_id) | (cases.c.joined_to == case_id))


def vault_ids(connection: sa.Connection, case_ids: Collection[int]) -> set[str]:
    """Under whose keys anything of these cases is sealed."""
    found: set[str] = set()
    for name in TREATMENT:
        table = metadata.tables[name]
        if "vault_id" in table.c:
            query = sa.select(table.c.vault_id).where(_of(table, case_ids))
            found.update(filter(None, connection.execute(query).scalars()))
    return found


def empty(connection: sa.Connection, case_ids: Collection[int], at: datetime) -> None:
    """Empties every row of these cases as `TREATMENT` says; their keys are destroyed before."""
    for name, treatment in TREATMENT.items():
        table = metadata.tables[name]
        if treatment.goes:
            connection.execute(sa.delete(table).where(_of(table, case_ids)))
        elif treatment.emptied:
            connection.execute(sa.update(table).where(_of(table, case_ids)).values(**treatment.emptied))
    asking = tasks.c.other_case_id.in_(case_ids) & tasks.c.done_at.is_(None)
    connection.execute(sa.update(tasks).where(asking).values(done_at=at, done_by=audit.MACHINE))
    unread = metadata.tables["second_looks"]
    connection.execute(sa.delete(unread).where(unread.c.case_id.in_(case_ids), unread.c.answered_at.is_(None)))


def _of(table: sa.Table, case_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """That a row belongs to one of these cases."""
    if table is cases:
        return cases.c.id.in_(case_ids)
    if "case_id" in table.c:
        return table.c.case_id.in_(case_ids)
    name = next(name for name in _THROUGH if name in table.c)
    owner = _THROUGH[name]
    return table.c[name].in_(sa.select(owner.c.id).where(owner.c.case_id.in_(case_ids)))
