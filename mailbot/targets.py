"""How soon a case is to be reviewed: round the clock, or in working time by England's bank holidays (London)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mailbot.errors import ConfigError

LONDON = ZoneInfo("Europe/London")
SATURDAY = 5
LONGEST = 366
FORM = re.compile(r"(\d{1,5}) (minute|hour|working hour|working day)s?")
MEASURES = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "working hour": timedelta(hours=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A length of time: `lasts` round the clock or, `working`, within office hours; or whole `working_days`."""

    lasts: timedelta = timedelta()
    working: bool = False
    working_days: int = 0


def target_of(written: str) -> Target:
    """The target that was written, such as ``30 minutes``, ``2 working hours`` or ``1 working day``.

    Raises `ConfigError` with what was found and what is allowed.
    """
    found = FORM.fullmatch(written.strip().lower())
    count = int(found.group(1)) if found else 0
    if found is None or count < 1:
        raise ConfigError(
            f'found "{written}"; allowed: a number above 0 of minutes, hours, working hours, working days'
        )
    measure = found.group(2)
    target = (
        Target(working=True, working_days=count)
        if measure == "working day"
        else Target(lasts=count * MEASURES[measure], working=measure.startswith("working"))
    )
    if target.working_days > LONGEST or target.lasts > timedelta(days=LONGEST):
        raise ConfigError(f'found "{written}"; allowed: a year at most')
    return target


def _ordinary() -> dict[int, Target]:
    written = ("30 minutes", "1 hour", "1 working day", "2 working days", "5 working days")
    return {priority: target_of(one) for priority, one in enumerate(written, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The target of each priority, and the office hours of a working day in London."""

    by_priority: Mapping[int, Target] = field(default_factory=_ordinary)
    opens: time = time(9)
    closes: time = time(17)

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ConfigError(
                f"found {self.opens:%H:%M} to {self.closes:%H:%M}; allowed: hours that end later that day"
            )


ORDINARY = Targets()
"""The targets of an installation that sets none."""

SEEN_WITHIN = Target(working=True, working_days=1)
"""Within what time a person sees everything but automatic mail."""


def due_at(received_at: datetime, priority: int, targets: Targets) -> datetime:
    """By when a case of that priority is to be reviewed which came at `received_at`; in UTC."""
    return after(received_at, targets.by_priority[priority], targets)


def see_by(received_at: datetime, targets: Targets) -> datetime:
    """By when a person is to have seen what came at `received_at`: within one working day; in UTC."""
    return after(received_at, SEEN_WITHIN, targets)


def end_of_day(day: date) -> datetime:
    """The end of that day in London, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def last_day(due: datetime) -> date:
    """The last day in London on which something due at that time is not late: the end of a day is that day's."""
    return (due - timedelta(microseconds=1)).astimezone(LONDON).date()


def is_working_day(day: date) -> bool:
    """Whether the offices of England work: no weekend, no bank holiday (as known to the library's own copy)."""
    return day.weekday() < SATURDAY and day not in _bank_holidays()


def after(at: datetime, target: Target, targets: Targets) -> datetime:
    """When the time `target` has passed since `at`, in the office hours of `targets` where it says so; UTC."""
    if not target.working:
        return at.astimezone(UTC) + target.lasts
    a_day = datetime.combine(date.min, targets.closes) - datetime.combine(date.min, targets.opens)
    left = target.lasts + target.working_days * a_day
    day = at.astimezone(LONDON).date()
    while True:
        if is_working_day(day):
            opens, closes = (
                datetime.combine(day, one, LONDON).astimezone(UTC) for one in (targets.opens, targets.closes)
            )
            begins = max(opens, at.astimezone(UTC))
            if begins + left <= closes:
                return begins + left
            left -= max(closes - begins, timedelta())
        day += timedelta(days=1)


@lru_cache(maxsize=1)
def _bank_holidays() -> frozenset[date]:
    from govuk_bank_holidays.bank_holidays import BankHolidays

    known = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(one["date"] for one in known)
