"""The time, passed in wherever it matters so that a test can hold it still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time now, aware, in UTC."""


def now() -> datetime:
    return datetime.now(UTC)
