"""A day as forms ask for it: three fields, as the GOV.UK Design System has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date


def day_in(form: Mapping[str, str], field: str, years: range) -> date | None:
    """The day written into ``field-day``, ``field-month`` and ``field-year``; None where all three are empty.

    Raises ValueError where they are no day, or none of `years`.
    """
    parts = [form.get(f"{field}-{part}", "").strip() for part in ("year", "month", "day")]
    if not any(parts):
        return None
    try:
        day = date(*(int(part) for part in parts))
    except OverflowError:
        raise ValueError(f"no day: {'-'.join(parts)[:40]}") from None
    if day.year not in years:
        raise ValueError(f"no such year: {day.year}")
    return day
