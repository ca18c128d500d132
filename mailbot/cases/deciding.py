"""What is decided on a case, within the transaction of whoever decides: actions begun, settled, and left open (P13).

And what one officer alone may not decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.schema import actions
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.domain import OUTLIVE_THE_CASE, Action, ActionKind, ActionState, Decision
from mailbot.errors import ActionsOpen
from mailbot.targets import LONDON, ORDINARY, Target, Targets, after, end_of_day

OUTCOME_PLACE = "actions.sealed_outcome"

DANGERS = ("immediate_risk", "child_at_risk", "adult_in_danger")
"""The flags that one officer may set and only two may take away."""

LOWERS = "It takes away that somebody may be in danger"
ENDS = "A child may be at risk, and nothing was referred to the local authority"

SAME_DAY = Target()
"""By the end of the day in London on which it was decided."""

DUE: dict[ActionKind, Target | None] = {
    ActionKind.REFER_TO_AUTHORITY: SAME_DAY,
    ActionKind.ASK_THE_SERVICE: Target(working=True, working_days=5),
    ActionKind.BRING_INSPECTION_FORWARD: Target(working=True, working_days=5),
    ActionKind.HOLD_FOR_INSPECTION: None,
    ActionKind.INSPECT: Target(working=True, working_days=10),
    ActionKind.SIGNPOST: Target(working=True, working_days=2),
    ActionKind.SHARE_WITH_BODY: Target(working=True, working_days=5),
    ActionKind.ASK_THE_SENDER: Target(working=True, working_days=2),
    ActionKind.NO_FURTHER_ACTION: None,
}
"""Within what time each kind of action is to be done, unless somebody sets another day; None where no time is set."""


def needs_second(before: Any, after: Mapping[str, Any], decision: Decision, *, referred: bool) -> str | None:
    """Why a second officer must agree; None where one may decide.

    `before` and `after` hold the case's flags before and after the review; `referred` says that a referral to the
    local authority was decided earlier.
    """
    if any(getattr(before, flag) and not after[flag] for flag in DANGERS):
        return LOWERS
    ends = decision.close or ActionKind.NO_FURTHER_ACTION in decision.actions
    risk = after["immediate_risk"] or after["child_at_risk"]
    if ends and risk and not (referred or ActionKind.REFER_TO_AUTHORITY in decision.actions):
        return ENDS
    return None


def due_for(kind: ActionKind, now: datetime, targets: Targets = ORDINARY) -> datetime | None:
    """When an action of that kind, decided `now`, is due; in UTC."""
    target = DUE[kind]
    if target is None:
        return None
    if target is SAME_DAY:
        return end_of_day(now.astimezone(LONDON).date())
    return after(now, target, targets)


def decide(
    connection: sa.Connection,
    case: Any,
    kind: ActionKind,
    by: str,
    now: datetime,
    *,
    due_at: datetime | None,
) -> int:
    """Begins an action on `case`, owned by whoever decides it; says its number. No further action is done at once."""
    ends = kind is ActionKind.NO_FURTHER_ACTION
    number: int = connection.execute(
        sa.insert(actions).returning(actions.c.id),
        {
            "case_id": case.id,
            "vault_id": case.vault_id,
            "kind": kind,
            "decided_by": by,
            "decided_at": now,
            "due_at": due_at,
            "owner": by,
            "state": ActionState.DONE if ends else ActionState.OPEN,
            "settled_by": by if ends else None,
            "settled_at": now if ends else None,
        },
    ).scalar_one()
    audit.record(connection, at=now, actor=by, act="decided", reference=case.reference, detail=kind)
    return number


def settle(
    connection: sa.Connection,
    vault: Vault,
    action: Any,
    reference: str,
    state: ActionState,
    *,
    by: str,
    now: datetime,
    outcome: str,
) -> bool:
    """Marks an open action (its row) as done or dropped with what came of it; False where it is settled already."""
    sealed = vault.seal(action.vault_id, Purpose.NARRATIVE, f"{OUTCOME_PLACE}:{action.id}", outcome.encode())
    changed = connection.execute(
        sa.update(actions)
        .where(actions.c.id == action.id, actions.c.state == ActionState.OPEN)
        .values(state=state, settled_by=by, settled_at=now, sealed_outcome=sealed)
    )
    if changed.rowcount == 0:
        return False
    audit.record(connection, at=now, actor=by, act=f"{action.kind} {state}", reference=reference)
    return True


def oldest_open(connection: sa.Connection, case_id: int, kind: ActionKind) -> Any:
    """The row of the open action of that kind that was decided first; None where there is none."""
    query = sa.select(actions).where(
        actions.c.case_id == case_id, actions.c.kind == kind, actions.c.state == ActionState.OPEN
    )
    return connection.execute(query.order_by(actions.c.id).limit(1)).one_or_none()


def refuse_to_end(connection: sa.Connection, case_id: int, decided: Collection[ActionKind]) -> None:
    """Raises `ActionsOpen`, naming them, where a case would be closed with actions that are neither done nor dropped.

    `decided` are those of the review that closes it. What ends with an inspection stays open beyond the case.
    """
    query = sa.select(actions.c.kind, actions.c.owner).where(actions.c.case_id == case_id, *KEEPS_A_CASE_OPEN)
    waiting = [f"{_named(row.kind)} ({row.owner})" for row in connection.execute(query.order_by(actions.c.id))]
    ends = (*OUTLIVE_THE_CASE, ActionKind.NO_FURTHER_ACTION)
    waiting += [f"{_named(kind)} (decided now)" for kind in decided if kind not in ends]
    if waiting:
        raise ActionsOpen(
            f"It cannot be closed while these are open: {'; '.join(waiting)}. Mark each as done, or drop it, first"
        )


def actions_of(connection: sa.Connection, vault: Vault, case_id: int) -> tuple[Action, ...]:
    """Every action of a case, in the order they were decided, with what came of each."""
    rows = connection.execute(sa.select(actions).where(actions.c.case_id == case_id).order_by(actions.c.id)).all()
    return opened(vault, rows)


def opened(vault: Vault, rows: Sequence[Any]) -> tuple[Action, ...]:
    """The actions of these rows; what came of them is unsealed with one look into the key store."""
    sealed = [(row.vault_id, f"{OUTCOME_PLACE}:{row.id}", row.sealed_outcome) for row in rows if row.sealed_outcome]
    found = iter(vault.unseal_many(Purpose.NARRATIVE, sealed))
    return tuple(
        Action(
            id=row.id,
            kind=ActionKind(row.kind),
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            due_at=row.due_at,
            owner=row.owner,
            state=ActionState(row.state),
            settled_by=row.settled_by,
            settled_at=row.settled_at,
            outcome=(next(found) or b"").decode() if row.sealed_outcome else "",
        )
        for row in rows
    )


def _named(kind: str) -> str:
    return kind.replace("_", " ")


KEEPS_A_CASE_OPEN: tuple[sa.ColumnElement[bool], ...] = (
    actions.c.state == ActionState.OPEN,
    actions.c.kind.not_in(OUTLIVE_THE_CASE),
)
"""Which actions must be done or dropped before their case is closed."""
