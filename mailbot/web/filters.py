"""The filters of the queue as the page shows them: what may be chosen, and what is chosen, in officers' words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailbot.cases.access import Officer, Permission
from mailbot.cases.queue import ANSWER, LANGUAGES, LATE, LETTER, MINE, NOBODYS, NOT_YET, TASK, Filters
from mailbot.domain import Remit, ServiceType, Situation, TaskKind
from mailbot.web import words

NAMES = {
    "mailbox": "Mailbox",
    "situation": "Situation",
    "remit": "Remit",
    "service_type": "Kind of service",
    "authority": "Local authority",
    "service": "Service",
    "assigned": "Assigned to",
    "language": "Language",
    "waiting_for": "Waits for",
    "seen": "Seen",
}

SAID: Mapping[str, Mapping[str, str]] = {
    "assigned": {MINE: "Me", NOBODYS: "Nobody"},
    "language": {"en": "English", "cy": "Welsh", "other": "Another language"},
    "waiting_for": {
        ANSWER: "Somebody to answer us",
        LETTER: "A letter to be posted",
        TASK: "Any task",
        **{kind: words.TASKS.get(kind, words.said(kind)) for kind in TaskKind},
    },
    "seen": {NOT_YET: "By nobody yet", LATE: "By nobody within a working day"},
}
"""Values that are said otherwise than those of the taxonomy."""

AS_WRITTEN = frozenset({"mailbox", "authority", "service"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One filter of the form: its values with their words; several may be chosen where `many`."""

    name: str
    label: str
    values: Sequence[tuple[str, str]]
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is set, in words, and what is asked without it."""

    text: str
    rest: Mapping[str, Sequence[str]]


def said(name: str, value: str) -> str:
    """A value of a filter in officers' words."""
    if name in AS_WRITTEN:
        return value
    return SAID.get(name, {}).get(value) or (value if "@" in value else words.said(value))


def choices(record: Any, officer: Officer) -> list[Choice]:
    """What may be chosen; the mailboxes are those of which the officer may see cases."""
    boxes = [box.name for box in record.config.mailbox if not box.restricted or officer.may(Permission.READ_RESTRICTED)]
    values: dict[str, Sequence[str]] = {
        "mailbox": boxes,
        "situation": tuple(Situation),
        "remit": tuple(Remit),
        "service_type": tuple(ServiceType),
        "authority": record.authority_names,
        "assigned": (MINE, NOBODYS, *record.together.colleagues(officer)),
        "language": (*LANGUAGES, "other"),
        "waiting_for": (ANSWER, LETTER, TASK, *TaskKind),
        "seen": (NOT_YET, LATE),
    }
    return [
        Choice(
            name=name,
            label=NAMES[name],
            values=[(str(one), said(name, one)) for one in allowed],
            many=name == "situation",
        )
        for name, allowed in values.items()
    ]


def chips(filters: Filters) -> list[Chip]:
    """What is set, each with the filters that are left when it goes."""
    return [
        Chip(text=f"{NAMES[name]}: {said(name, value)}", rest=asked(filters.without(name, value)))
        for name, value in filters.chosen
    ]


def asked(filters: Filters) -> dict[str, Any]:
    """The filters as parameters of an address."""
    found: dict[str, list[str]] = {}
    for name, value in filters.chosen:
        found.setdefault(name, []).append(value)
    return found
