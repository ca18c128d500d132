"""What each role may do: the one table that pages, commands and their tests read."""

from __future__ import annotations

from enum import StrEnum

from mailbot.domain import Role


class Permission(StrEnum):
    READ_CASES = "read cases"
    READ_RESTRICTED = "read restricted cases"
    REVIEW = "review cases"
    READ_ORIGINALS = "read original messages"
    SEE_HEALTH = "see how the intake stands"
    SETTLE_LETTERS = "settle letters"
    MANAGE_STAFF = "manage staff"


ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.READ_CASES: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.READ_RESTRICTED: frozenset({Role.WHISTLEBLOWING_OFFICER}),
    Permission.REVIEW: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.READ_ORIGINALS: frozenset({Role.WHISTLEBLOWING_OFFICER}),
    Permission.SEE_HEALTH: frozenset(
        {Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.ADMINISTRATOR}
    ),
    Permission.SETTLE_LETTERS: frozenset({Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER}),
    Permission.MANAGE_STAFF: frozenset({Role.ADMINISTRATOR}),
}

CONFIRMED_BY_A_SECOND = frozenset({Role.WHISTLEBLOWING_OFFICER, Role.ADMINISTRATOR})
"""Roles that open what nobody else sees: a second administrator confirms them before they work."""


def may(role: Role, permission: Permission) -> bool:
    """Deny by default: only what stands in the table."""
    return role in ALLOWED[permission]
