"""What each role may do: the one table that pages, commands and their tests read; and who may know of which case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mailbot.cases.schema import cases
from mailbot.domain import Role
from mailbot.errors import CaseErased, NotAllowed


class Permission(StrEnum):
    READ_CASES = "read cases"
    READ_RESTRICTED = "read restricted cases"
    REVIEW = "review cases"
    READ_ORIGINALS = "read original messages"
    SEE_HEALTH = "see how the intake stands"
    SEE_MODEL = "see how the model does"
    PROMOTE_MODEL = "have another model decide"
    SETTLE_LETTERS = "settle letters"
    OVERRIDE_DISCLOSURE = "send what may give a source away"
    BREAK_GLASS = "open a restricted case in an emergency"
    LOOK_UP_SENDERS = "look up senders"
    SEE_IDENTITY = "see who wrote"
    SEE_SERVICES = "see services"
    PLAN_INSPECTIONS = "plan inspections and say what they found"
    SEE_OVERSIGHT = "see how the work goes"
    READ_AUDIT = "read the audit trail"
    MANAGE_STAFF = "manage staff"
    MANAGE_OTHER_SYSTEMS = "manage what other systems may do and are told"
    KEEP_RECORDS = "keep the records"
    SEE_REPORTS = "see published reports"
    OWN_ACCOUNT = "see their own account, and who may do what"


ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.READ_CASES: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.READ_RESTRICTED: frozenset({Role.WHISTLEBLOWING_OFFICER}),
    Permission.REVIEW: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.READ_ORIGINALS: frozenset({Role.WHISTLEBLOWING_OFFICER}),
    Permission.SEE_HEALTH: frozenset(
        {Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.ADMINISTRATOR}
    ),
    Permission.SEE_MODEL: frozenset({Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.AUDITOR}),
    Permission.PROMOTE_MODEL: frozenset({Role.DUTY_MANAGER}),
    Permission.SETTLE_LETTERS: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.OVERRIDE_DISCLOSURE: frozenset({Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.BREAK_GLASS: frozenset({Role.DUTY_MANAGER}),
    Permission.LOOK_UP_SENDERS: frozenset({Role.WHISTLEBLOWING_OFFICER}),
    Permission.SEE_IDENTITY: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.SEE_SERVICES: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.INSPECTOR}),
    Permission.PLAN_INSPECTIONS: frozenset(
        {Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.INSPECTOR}
    ),
    Permission.SEE_OVERSIGHT: frozenset({Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.AUDITOR}),
    Permission.READ_AUDIT: frozenset({Role.AUDITOR, Role.RECORDS_OFFICER}),
    Permission.MANAGE_STAFF: frozenset({Role.ADMINISTRATOR}),
    Permission.MANAGE_OTHER_SYSTEMS: frozenset({Role.ADMINISTRATOR}),
    Permission.KEEP_RECORDS: frozenset({Role.RECORDS_OFFICER, Role.WHISTLEBLOWING_OFFICER}),
    Permission.SEE_REPORTS: frozenset(Role) - {Role.ADMINISTRATOR},
    Permission.OWN_ACCOUNT: frozenset(Role),
}

CONFIRMED_BY_A_SECOND = frozenset({Role.WHISTLEBLOWING_OFFICER, Role.ADMINISTRATOR})
"""Roles that open what nobody else sees: a second administrator confirms them before they work."""


def may(role: Role, permission: Permission) -> bool:
    """Deny by default: only what stands in the table."""
    return role in ALLOWED[permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A signed-in member of staff, as far as the record needs to know them.

    `opened` are the restricted cases that they have opened in an emergency and may read for now.
    """

    email: str
    role: Role
    opened: frozenset[str] = frozenset()

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)


def demand(officer: Officer, permission: Permission) -> None:
    """Raises `NotAllowed` where the officer's role does not include the permission."""
    if not officer.may(permission):
        raise NotAllowed(f"Your role does not allow you to {permission}")


def visible(query: sa.Select[Any], officer: Officer) -> sa.Select[Any]:
    """A query over cases cut down to what `officer` may know of: the one place where restriction is decided."""
    if officer.may(Permission.READ_RESTRICTED):
        return query
    if not officer.opened:  # without the other half an index answers at once
        return query.where(cases.c.restricted.is_(False))
    return query.where(cases.c.restricted.is_(False) | cases.c.reference.in_(officer.opened))


def case_for(
    connection: sa.Connection,
    reference: str,
    officer: Officer,
    needed: Permission = Permission.REVIEW,
    *,
    hold: bool = False,
) -> Any:
    """The case's row, where `officer` may see it and has the permission; with `hold`, until the transaction's end.

    Raises `NotAllowed`, which does not tell whether there is such a case.
    """
    demand(officer, needed)
    query = visible(sa.select(cases).where(cases.c.reference == reference), officer)
    row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise NotAllowed("There is no such case, or it is not one you may see")
    refuse_erased(row)
    return row


def refuse_erased(case: Any) -> None:
    """Raises `CaseErased` where the case's row is all that is left of it: its time was over."""
    if not case.sealed_narrative:
        raise CaseErased(f"{case.reference} was erased when its time was over: nothing of it can be read or written")
