"""Who is on duty: read from one file, every hour of the week covered, London time.

manager = "lead@example.gov.uk"           # told when nobody takes an alert

[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "18:00"                              # "to" before "from" ends on the next day; "24:00" is midnight
people = ["first@example.gov.uk", "next@example.gov.uk"]   # alerted in this order

[[instead]]                               # on these days the shifts that begin are these, and no others
dates = [2026-12-25, 2026-12-26]
from = "00:00"
to = "24:00"
people = ["first@example.gov.uk"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from mailbot.domain import Role
from mailbot.errors import ConfigError

LONDON = ZoneInfo("Europe/London")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
A_MONDAY = date(2026, 1, 5)
"""Any Monday without a change of clocks that week."""


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """Hours on some days of every week, and who is alerted in them, in order."""

    days: tuple[str, ...]
    begins: str
    ends: str
    people: tuple[str, ...]


class Instead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """Hours on some dates, in the place of the shifts that would begin on them."""

    dates: tuple[date, ...]
    begins: str
    ends: str
    people: tuple[str, ...]


class RotaFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manager: str
    shift: tuple[Shift, ...]
    instead: tuple[Instead, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hours:
    """From `begins` to `ends` minutes after midnight of the day it begins on; `ends` may lie on the next day."""

    begins: int
    ends: int
    people: tuple[str, ...]


class Rota:
    """Tells who is on duty."""

    def __init__(self, file: RotaFile) -> None:
        self.manager = file.manager
        self._weekly: dict[int, list[_Hours]] = {day: [] for day in range(7)}
        self._dated: dict[date, list[_Hours]] = {}
        for number, shift in enumerate(file.shift, 1):
            hours = _hours(shift, f"shift {number}")
            for day in shift.days:
                if day not in DAYS:
                    raise ConfigError(f"rota, shift {number}: found day {day!r}; allowed: {', '.join(DAYS)}")
                self._weekly[DAYS.index(day)].append(hours)
        for number, instead in enumerate(file.instead, 1):
            for day_ in instead.dates:
                self._dated.setdefault(day_, []).append(_hours(instead, f"instead {number}"))

    @classmethod
    def load(cls, path: Path) -> Rota:
        """Reads the file; raises `ConfigError` with what was found and what is allowed."""
        try:
            return cls(msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RotaFile))
        except OSError as error:
            raise ConfigError(f"alerts.rota: {path} cannot be read: {error.strerror}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ConfigError(f"alerts.rota: {path}: {error}") from None

    @property
    def everybody(self) -> frozenset[str]:
        """All who stand on it, the manager too."""
        hours = [one for day in (*self._weekly.values(), *self._dated.values()) for one in day]
        return frozenset({self.manager, *(person for one in hours for person in one.people)})

    def on_duty(self, at: datetime) -> tuple[str, ...]:
        """Who is alerted at that moment, in order; whoever stands in two shifts once."""
        local = at.astimezone(LONDON)
        minute = local.hour * 60 + local.minute
        found = [*self._people(local.date(), minute)]
        found += self._people(local.date() - timedelta(days=1), minute + MINUTES_A_DAY)
        return tuple(dict.fromkeys(found))

    def problems(self, roles: Mapping[str, Role], today: date) -> list[str]:
        """What is wrong with it: hours without anybody or without a whistleblowing officer, people without an account.

        `roles` are those of the staff who may sign in. The ordinary week is looked at, and every special day to come.
        """
        strangers = sorted(person for person in self.everybody if person not in roles)
        found = [f"rota: {person} has no account that works: `mailbot staff add`" for person in strangers]
        for day in self._days_to_look_at(today):
            for what, kinds in (("nobody", set(Role)), ("no whistleblowing officer", {Role.WHISTLEBLOWING_OFFICER})):
                gap = self._gap(day, {person for person, role in roles.items() if role in kinds})
                if gap is not None:
                    when = f"{day:%A} {day}" if day in self._dated else f"{day:%A}s"
                    found.append(f"rota: {what} on duty on {when} at {gap // 60:02d}:{gap % 60:02d}")
        return found

    def _days_to_look_at(self, today: date) -> list[date]:
        special = {day + timedelta(days=after) for day in self._dated for after in (0, 1)}
        return [A_MONDAY + timedelta(days=number) for number in range(7)] + sorted(
            day for day in special if day >= today
        )

    def _gap(self, day: date, able: Collection[str]) -> int | None:
        """The first minute of the day at which none of those is on duty."""
        hours = [(one.begins, one.ends, one.people) for one in self._beginning_on(day)]
        before = self._beginning_on(day - timedelta(days=1))
        hours += [(one.begins - MINUTES_A_DAY, one.ends - MINUTES_A_DAY, one.people) for one in before]
        covered = 0
        for begins, ends, people in sorted(hours):
            if begins <= covered and any(person in able for person in people):
                covered = max(covered, ends)
        return covered if covered < MINUTES_A_DAY else None

    def _beginning_on(self, day: date) -> list[_Hours]:
        return self._dated.get(day, self._weekly[day.weekday()])

    def _people(self, day: date, minute: int) -> Iterator[str]:
        for hours in self._beginning_on(day):
            if hours.begins <= minute < hours.ends:
                yield from hours.people


def _hours(written: Shift | Instead, where: str) -> _Hours:
    if not written.people:
        raise ConfigError(f"rota, {where}: found no people; allowed: one or more addresses")
    begins, ends = _minute(written.begins, where), _minute(written.ends, where)
    return _Hours(begins, ends if ends > begins else ends + MINUTES_A_DAY, written.people)


def _minute(written: str, where: str) -> int:
    if written == "24:00":
        return MINUTES_A_DAY
    try:
        at = time.fromisoformat(written)
    except ValueError:
        raise ConfigError(f"rota, {where}: found {written!r}; allowed: a time such as 08:00, or 24:00") from None
    return at.hour * 60 + at.minute
