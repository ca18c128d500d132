"""The taxonomy's values as staff read them, and times as staff write them (London)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mailbot.domain import Situation
from mailbot.targets import last_day

LONDON = ZoneInfo("Europe/London")

SPECIAL = {
    "immediate_risk": "Child in danger now",
    "child_at_risk": "Child at risk",
    "childrens_home": "Children's home",
    "local_authority": "Council children's services",
    "fe_residential": "College residential provision",
    "fe_college": "Further education college",
    "cafcass": "Cafcass",
    "urn": "URN",
    "other_ofsted": "Other Ofsted route",
    "not_applicable": "Does not apply",
    "none": "None",
    "do_not_contact": "Do not contact",
    "true": "Yes",
    "false": "No",
    "refer_to_authority": "Refer to the local authority",
    "ask_the_service": "Ask the service",
    "hold_for_inspection": "Hold for the next inspection",
    "share_with_body": "Share with another body",
    "ask_the_sender": "Ask whoever wrote",
}

PRIORITIES = {1: "Danger now", 2: "Look first", 3: "Concern in remit", 4: "Other concern", 5: "Other"}

PRIORITY_COLOURS = {1: "red", 2: "orange", 3: "blue", 4: "light-blue", 5: "grey"}

ACKNOWLEDGEMENTS = {
    "due": "To be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "unknown": "May not have gone",
    "failed": "Could not be sent",
    "withheld": "Not sent",
}

TASKS = {
    "join": "Does this belong to another case?",
    "letter_returned": "A letter came back",
    "same_message_id": "Two messages under one Message-ID",
    "letter_failed": "A letter could not be sent",
    "answer_overdue": "No answer yet",
    "answer_came": "An answer has come",
    "sent_despite_warning": "Sent although it may give the source away",
    "glass_broken": "Opened in an emergency",
    "second_officer": "A second officer decides",
    "identity_asked": "Somebody asks to see who wrote",
    "identity_opened": "Who wrote was opened without a second officer",
}

APPROACH_STATES = {"draft": "Draft", "sent": "Waits for an answer", "answered": "Answered", "withdrawn": "Given up"}

GIVEAWAYS = {
    "name": "The source's name, or part of it",
    "nickname": "A name they go by",
    "address": "Their email address",
    "phone": "Their telephone number",
    "postal": "Where they live",
    "employer": "Where they work",
    "job": "What they do",
    "dates_of_employment": "When they worked there",
    "signature": "How they sign",
    "verbatim": "Their own words",
    "only_few_could_know": "What only few could know",
}

TOLD = {"call": "Said on the telephone", "letter": "Said in the letter"}

SITUATIONS = tuple(Situation)

FREE = frozenset({"service_name", "local_authority", "urn", "language"})
"""Fields that officers write, where others are chosen: a local authority's name is no kind of service."""


def said(value: object) -> str:
    """A value of the taxonomy in plain words."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = str(value)
    return SPECIAL.get(text) or text.replace("_", " ").capitalize()


def answer(field: str, value: str) -> str:
    """A value beside its field: what officers write as they wrote it, what they choose in plain words."""
    return (value if field in FREE else said(value)) if value else "(empty)"


def named(field: str) -> str:
    """A field of the assessment in plain words; `local_authority` is also a kind of service, said otherwise."""
    return "Local authority" if field == "local_authority" else said(field)


def moment(at: datetime) -> str:
    """A time as staff write it: 24 November 2026, 4:50pm."""
    local = at.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{local.day} {local:%B %Y}, {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def age(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that fits."""
    minutes = int(((now or datetime.now(UTC)) - at).total_seconds() // 60)
    for unit, length in (("day", 1440), ("hour", 60)):
        if minutes >= length:
            count = minutes // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{max(minutes, 0)} minute{'' if minutes == 1 else 's'}"


def left(due_at: datetime, now: datetime | None = None) -> str:
    """How long until something is due, or since it was, in the largest unit that fits."""
    at = now or datetime.now(UTC)
    return f"due in {age(at, due_at)}" if due_at > at else f"overdue by {age(due_at, at)}"


def by_when(due_at: datetime) -> str:
    """When something is due: 24 November 2026 where it is the end of that day, else with the time."""
    local, day = due_at.astimezone(LONDON), last_day(due_at)
    return f"{day.day} {day:%B %Y}" if (local.hour, local.minute) == (0, 0) else moment(due_at)
