"""First drafts of what officers write to those who must act or may know more (P11, P13a, P13b, P18, P26).

A draft is a template of ``templates/LANGUAGE/drafts`` filled in. What only a person can write stands in it as a prompt
in «guillemets»; nothing is sent while one is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mailbot.correspondence.compose import (
    ENGLISH,
    LANGUAGES,
    LONDON,
    MONTHS,
    WELSH_AND_ENGLISH,
    day_in_words,
    environment,
    filled_in,
    together,
)
from mailbot.correspondence.contacts import read_contacts
from mailbot.domain import APPROACHES, ActionKind, Call, Situation

ANSWER_WITHIN_WORKING_DAYS = {
    ActionKind.ASK_THE_SERVICE: 5,
    ActionKind.SHARE_WITH_BODY: 10,
}
"""In how many working days an answer is asked for. Whoever told us is never chased; a referral is, by the half hour."""

CONCERNS: dict[Situation, str] = {
    Situation.CHILD_AT_RISK: "whether a child is safe",
    Situation.SYSTEMIC_FAILURE: "how the service as a whole is run",
    Situation.QUALITY_OF_CARE: "the care that children get",
    Situation.REGULATORY_BREACH: "whether what the law asks of the service is done",
}
"""What a letter says of each situation to those who have not read the message."""

NOT_TOLD = {
    "dates": "when it happened",
    "names": "who the people are",
    "service": "which service it is",
    "place": "where it is",
    "copies": "what was written about it before",
}
"""What a referral says of each thing that the message leaves out."""

OTHER_BODIES = (
    "Care Quality Commission",
    "Care Inspectorate Wales",
    "Care Inspectorate",
    "Regulation and Quality Improvement Authority",
    "Local Government and Social Care Ombudsman",
    "Parliamentary and Health Service Ombudsman",
    "Ministry of Justice",
    "Police",
)
"""With whom information may be shared (P5, P18, P26)."""

PROMPT = re.compile("«[^»]*»?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """All that a draft's template may use. What is told of the message is masked.

    `alarms` are its words that raised the alarm, `told` is its text. `here` says that the authority is the one of the
    place; `due_on` is the day by which an answer is asked for.
    """

    reference: str
    received_at: datetime
    addressee: str
    person: str = ""
    office: str = ""
    contact_known: bool = True
    here: bool = True
    service_name: str = ""
    urn: str = ""
    authority: str = ""
    situations: frozenset[Situation] = frozenset()
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    told: str = ""
    missing: tuple[str, ...] = ()
    due_on: date | None = None


class Drafter:
    """Writes first drafts. Raises `ArtefactRefused` at once where a template is missing or asks for what it is
    not given."""

    def __init__(self, templates: Path) -> None:
        self._contacts = read_contacts(templates)
        self._environments = {language: environment(templates, language) for language in LANGUAGES}
        nothing = DraftFacts(reference="MB-0000-0000", received_at=datetime(2026, 1, 1, tzinfo=LONDON), addressee="-")
        for purpose in APPROACHES:
            self.draft(purpose, nothing)
        self.draft(ActionKind.ASK_THE_SENDER, nothing, WELSH_AND_ENGLISH)

    def draft(self, purpose: ActionKind, facts: DraftFacts, languages: Sequence[str] = (ENGLISH,)) -> tuple[str, str]:
        """Subject and body. Only the source is written to in Welsh, and in English beneath it."""
        return together([self._in(language, purpose, facts) for language in languages], facts.reference)

    def _in(self, language: str, purpose: ActionKind, facts: DraftFacts) -> tuple[str, str]:
        values: dict[str, Any] = {field.name: getattr(facts, field.name) for field in fields(facts)}
        values |= {
            "received_on": day_in_words(facts.received_at, language),
            "due_on": facts.due_on and _in_words(facts.due_on),
            "concerns": [words for situation, words in CONCERNS.items() if situation in facts.situations],
            "not_told": [NOT_TOLD[one] for one in facts.missing],
            "contacts": self._contacts,
        }
        return filled_in(self._environments, language, f"drafts/{purpose}", values)


def prompts_left(text: str) -> list[str]:
    """What a draft still asks its writer for."""
    return PROMPT.findall(text)


def due_on(purpose: ActionKind, today: date) -> date | None:
    """The day by which an answer is asked for: working days by England's bank holidays; None where none is."""
    days = ANSWER_WITHIN_WORKING_DAYS.get(purpose)
    if days is None:
        return None
    from govuk_bank_holidays.bank_holidays import BankHolidays  # takes long to load

    holidays, day = BankHolidays(use_cached_holidays=True), today
    for _ in range(days):
        day = holidays.get_next_work_day(division=BankHolidays.ENGLAND_AND_WALES, date=day)
    return day


def end_of(day: date) -> datetime:
    """The end of that day in London, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def told_by_telephone(call: Call) -> str:
    """What a letter says of a call that went before it."""
    given = f" The reference given was {call.given_reference}." if call.given_reference else ""
    local = call.called_at.astimezone(LONDON)
    return (
        f"We told you of this by telephone on {day_in_words(call.called_at, ENGLISH)} at {local:%H:%M}; "
        f"{call.called_by} spoke to {call.spoke_to}.{given}"
    )


def _in_words(day: date) -> str:
    return f"{day.day} {MONTHS[ENGLISH][day.month - 1]} {day.year}"
