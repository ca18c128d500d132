"""What of a case waits for a person: since when, by when it is to be reviewed, and whether anybody has seen it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailbot.domain import CaseState
from mailbot.targets import Targets, due_at, see_by


def waits_from(at: datetime, priority: int, targets: Targets) -> dict[str, Any]:
    """The clear columns of a case that begins to wait at `at`, seen by nobody."""
    return {"waits_since": at, "due_at": due_at(at, priority, targets), "see_by": see_by(at, targets), "seen_at": None}


def waits_again(case: Any, at: datetime, priority: int, targets: Targets) -> dict[str, Any]:
    """The same after something came for `case` at `at` that a person must see; what waits already is due no later."""
    values = waits_from(at, priority, targets)
    if case.state == CaseState.NEW:
        values["waits_since"] = min(case.waits_since, at)
        values["due_at"] = min(case.due_at, values["due_at"])
        if case.seen_at is None:
            values["see_by"] = min(case.see_by, values["see_by"])
    return values


def due_anew(case: Any, at: datetime, priority: int, targets: Targets) -> dict[str, Any]:
    """When `case` is due after its priority became another at `at`; nothing where it stays the same.

    What becomes more urgent counts from now, but is due no later than it was; what becomes less counts from the start.
    """
    if priority == case.priority:
        return {}
    if priority < case.priority:
        return {"due_at": min(case.due_at, due_at(at, priority, targets))}
    return {"due_at": due_at(case.waits_since, priority, targets)}
