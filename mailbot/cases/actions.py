"""Actions as staff work them (P13): who sees to which, by when, what came of it; and the list of what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.alerts import raise_alert
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.deciding import settle
from mailbot.cases.queue import readers
from mailbot.cases.schema import actions, cases
from mailbot.cases.sealing.vault import Vault
from mailbot.cases.written import words_of
from mailbot.clock import Clock
from mailbot.domain import ActionKind, ActionState
from mailbot.errors import NotAllowed
from mailbot.targets import end_of_day, last_day

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An open action in the list. `out_of_reach` says that its owner may not see the case (any more)."""

    id: int
    reference: str
    restricted: bool
    kind: ActionKind
    owner: str
    due_at: datetime | None
    decided_at: datetime
    out_of_reach: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPage:
    """One page of the open actions, those due first on top; `mine` and `everybodys` count all of each."""

    entries: Sequence[Listed]
    number: int
    last: int
    mine: int
    everybodys: int
    overdue: int
    at: datetime


class Actions:
    """The actions of an installation, each for those who may see its case."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def page(self, officer: Officer, *, mine: bool, number: int = 1) -> ActionPage:
        """The `number`-th page of the open actions that `officer` owns, or of all on cases that they may see.

        The last page where there are fewer. `overdue` counts among those listed.
        """
        demand(officer, Permission.READ_CASES)
        now, is_mine = self._clock(), actions.c.owner == officer.email
        with storage_errors(), self._engine.connect() as connection:
            late = actions.c.due_at < now
            sums = {"mine": is_mine, "overdue": is_mine & late if mine else late}
            counted: list[sa.ColumnElement[Any]] = [
                sa.func.count().label("everybodys"),
                *(_counted(one).label(name) for name, one in sums.items()),
            ]
            counts = connection.execute(visible(_open(sa.select(*counted)), officer)).one()
            last = max(1, -(-(counts.mine if mine else counts.everybodys) // PAGE_SIZE))
            number = min(max(number, 1), last)
            query = visible(_open(sa.select(*_LISTED, _out_of_reach().label("out_of_reach"))), officer)
            if mine:
                query = query.where(is_mine)
            query = query.order_by(actions.c.due_at.is_(None), actions.c.due_at, actions.c.id)
            rows = connection.execute(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
        return ActionPage(
            entries=[_listed(row) for row in rows],
            number=number,
            last=last,
            mine=counts.mine,
            everybodys=counts.everybodys,
            overdue=counts.overdue,
            at=now,
        )

    def owners(self, reference: str, officer: Officer) -> Sequence[str]:
        """Who may own an action of that case: the staff who may see it, by address."""
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer)
            return _owners(connection, case)

    def change(self, reference: str, number: int, officer: Officer, *, owner: str, due_on: date | None) -> None:
        """Gives an open action another owner, who may see the case, and another last day, or none. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            case, row = _row(connection, reference, number, officer)
            _refuse_settled(row)
            same = due_on is not None and row.due_at is not None and last_day(row.due_at) == due_on
            due_at = row.due_at if same else end_of_day(due_on) if due_on else None
            if owner != row.owner and owner not in _owners(connection, case):
                raise NotAllowed("Choose a colleague who may see this case")
            connection.execute(
                sa.update(actions)
                .where(actions.c.id == number, actions.c.state == ActionState.OPEN)
                .values(owner=owner, due_at=due_at)
            )
            if owner != row.owner:
                self._audit(connection, officer, f"{row.kind} given to somebody", reference, owner)
            if due_at != row.due_at:
                when = f"{due_at:%Y-%m-%d %H:%M} UTC" if due_at else "no day"
                self._audit(connection, officer, f"{row.kind} due another day", reference, when)

    def settle(self, reference: str, number: int, officer: Officer, state: ActionState, outcome: str) -> None:
        """Marks an open action as done, with what came of it, or dropped, with why. Audited, without the words.

        Where the referral of a danger is dropped, duty staff are alerted again until somebody decides otherwise.
        """
        words = words_of(outcome, "Say what came of it, or why it is dropped,")
        if state is ActionState.OPEN:
            raise NotAllowed("An action is done or dropped")
        with storage_errors(), self._writing.begin() as connection:
            case, row = _row(connection, reference, number, officer)
            now = self._clock()
            if not settle(connection, self._vault, row, reference, state, by=officer.email, now=now, outcome=words):
                _refuse_settled(row)
                raise NotAllowed("Somebody else has settled this action meanwhile")
            referral = state is ActionState.DROPPED and row.kind == ActionKind.REFER_TO_AUTHORITY
            if referral and (case.immediate_risk or case.adult_in_danger):
                raise_alert(connection, case.id, now)

    def _audit(self, connection: sa.Connection, officer: Officer, act: str, reference: str, detail: str) -> None:
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference, detail=detail)


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _open(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.select_from(actions)
        .join(cases, cases.c.id == actions.c.case_id)
        .where(actions.c.state == ActionState.OPEN)
    )


def _out_of_reach() -> sa.ColumnElement[bool]:
    everybody, trusted = readers(restricted=False), readers(restricted=True)
    reached = actions.c.owner.in_(trusted) | (cases.c.restricted.is_(False) & actions.c.owner.in_(everybody))
    return sa.not_(reached)


def _owners(connection: sa.Connection, case: Any) -> list[str]:
    return list(connection.execute(readers(restricted=case.restricted).order_by("email")).scalars())


def _row(connection: sa.Connection, reference: str, number: int, officer: Officer) -> tuple[Any, Any]:
    case = case_for(connection, reference, officer)
    query = sa.select(actions).where(actions.c.id == number, actions.c.case_id == case.id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotAllowed("There is no such action on this case")
    return case, row


def _refuse_settled(row: Any) -> None:
    if row.state != ActionState.OPEN:
        raise NotAllowed(f"{row.settled_by or 'Somebody'} has marked this action as {row.state} meanwhile")


def _listed(row: Any) -> Listed:
    return Listed(
        id=row.id,
        reference=row.reference,
        restricted=row.restricted,
        kind=ActionKind(row.kind),
        owner=row.owner,
        due_at=row.due_at,
        decided_at=row.decided_at,
        out_of_reach=row.out_of_reach,
    )


_LISTED = (
    *(actions.c[name] for name in ("id", "kind", "owner", "due_at", "decided_at")),
    cases.c.reference,
    cases.c.restricted,
)
