"""The reporting year: from 1 April to 31 March, by London time (regulation 2 of SI 2017/507)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mailbot.errors import ReportRefused
from mailbot.targets import LONDON

_WRITTEN = re.compile(r"(20\d\d)-(\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class ReportingYear:
    """The year that begins on 1 April of `first`."""

    first: int

    @classmethod
    def named(cls, written: str) -> ReportingYear:
        """The year that is written 2025-26; raises `ReportRefused` where it is written otherwise."""
        found = _WRITTEN.fullmatch(written)
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            raise ReportRefused(f'"{written}" is not a reporting year: write two that follow, such as 2025-26')
        return cls(int(found[1]))

    @classmethod
    def of(cls, at: datetime) -> ReportingYear:
        """The year in which a moment lies."""
        local = at.astimezone(LONDON)
        return cls(local.year if local.month >= 4 else local.year - 1)

    @property
    def begins_on(self) -> date:
        return date(self.first, 4, 1)

    @property
    def ends_on(self) -> date:
        return date(self.first + 1, 3, 31)

    @property
    def begins_at(self) -> datetime:
        return midnight(self.begins_on)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is not in it."""
        return midnight(self.ends_on + timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first}-{(self.first + 1) % 100:02}"


def midnight(day: date) -> datetime:
    """When a day begins in London."""
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)
