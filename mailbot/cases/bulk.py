"""Closing several cases at once: only such as ask for nothing, and only messages whose whole text was on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.deciding import KEEPS_A_CASE_OPEN
from mailbot.cases.schema import actions, cases, tasks
from mailbot.cases.store import Store
from mailbot.clock import Clock
from mailbot.domain import ActionKind, Attachment, Case, CaseState, Decision, Kind, Whistleblowing
from mailbot.errors import NotAllowed, StaleWrite

AT_ONCE = 10
KINDS = (Kind.AUTOMATIC, Kind.SPAM, Kind.ENQUIRY)
LOW_PRIORITY = 4

REASONS = {
    "answered": "The acknowledgement answers it",
    "machine": "A machine's message that asks for nothing",
    "spam": "Spam",
    "nothing": "It asks for nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Up to `AT_ONCE` cases as they are read before they are closed; `total` is how many there are."""

    cases: Sequence[Case]
    number: int
    last: int
    total: int


class Bulk:
    """Shows what may be closed together, and closes it."""

    def __init__(self, engine: sa.Engine, store: Store, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._store = store
        self._clock = clock

    def batch(self, officer: Officer, number: int = 1) -> Batch:
        """The `number`-th batch, opened for `officer`: reading each is audited, and each has been seen by somebody."""
        demand(officer, Permission.REVIEW)
        count = visible(sa.select(sa.func.count()).where(*_ELIGIBLE), officer)
        query = visible(sa.select(cases.c.reference).where(*_ELIGIBLE), officer)
        query = query.order_by(cases.c.priority, cases.c.due_at, cases.c.received_at, cases.c.id)
        with storage_errors(), self._engine.connect() as connection:
            total = connection.execute(count).scalar_one()
            last = max(1, -(-total // AT_ONCE))
            number = min(max(number, 1), last)
            references = connection.execute(query.limit(AT_ONCE).offset((number - 1) * AT_ONCE)).scalars().all()
        opened = [self._store.open_case(reference, officer) for reference in references]
        return Batch(cases=opened, number=number, last=last, total=total)

    def close(self, officer: Officer, shown: Mapping[str, int], chosen: Sequence[str], reason: str) -> None:
        """Closes the `chosen` of the cases `shown` (by version), each audited with the reason.

        Raises `NotAllowed` where one of them was not shown or may not be closed so, `StaleWrite` where one has changed
        since; then none is closed.
        """
        demand(officer, Permission.REVIEW)
        if reason not in REASONS:
            raise NotAllowed("Choose why they are closed")
        if not chosen or any(reference not in shown for reference in chosen):
            raise NotAllowed("Only messages whose text was on the screen can be closed together")
        self._refuse_changed(officer, {reference: shown[reference] for reference in chosen})
        decision = Decision(actions=(ActionKind.NO_FURTHER_ACTION,), note=f"Closed with others: {REASONS[reason]}")
        for reference in chosen:
            self._store.review(reference, officer, shown[reference], decision)
            with storage_errors(), self._writing.begin() as connection:
                audit.record(
                    connection,
                    at=self._clock(),
                    actor=officer.email,
                    act="closed with others",
                    reference=reference,
                    detail=REASONS[reason],
                )

    def _refuse_changed(self, officer: Officer, versions: Mapping[str, int]) -> None:
        query = sa.select(cases.c.reference, cases.c.version).where(cases.c.reference.in_(versions), *_ELIGIBLE)
        with storage_errors(), self._engine.connect() as connection:
            stand = {row.reference: row.version for row in connection.execute(visible(query, officer))}
        changed = sorted(reference for reference, version in versions.items() if stand.get(reference) != version)
        if changed:
            raise StaleWrite(
                f"{', '.join(changed)} changed since you read it, or may not be closed so. None was closed"
            )


def is_all_on_screen(case: Case) -> bool:
    """Whether the pages can show everything that was sent: a scan, a picture or what stays sealed is not on screen."""
    files: list[Attachment] = [*case.attachments, *(one for later in case.follow_ups for one in later.attachments)]
    return not case.assessment.look_first and all(_is_read(one) for one in files)


def _is_read(attachment: Attachment) -> bool:
    return attachment.text is not None and not attachment.unread and attachment.sealed_because is None


_ELIGIBLE: tuple[sa.ColumnElement[Any], ...] = (
    cases.c.state == CaseState.NEW,
    cases.c.priority >= LOW_PRIORITY,
    cases.c.kind.in_(KINDS),
    cases.c.child_at_risk.is_(False),
    cases.c.immediate_risk.is_(False),
    cases.c.adult_in_danger.is_(False),
    cases.c.look_first.is_(False),
    cases.c.whistleblowing == Whistleblowing.NONE,
    ~sa.exists().where(tasks.c.case_id == cases.c.id, tasks.c.done_at.is_(None)),
    ~sa.exists().where(actions.c.case_id == cases.c.id, *KEEPS_A_CASE_OPEN),
)
