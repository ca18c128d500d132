"""Which page of a list is asked for, and other numbers as addresses and forms hold them."""

from __future__ import annotations

from flask import request

MOST = 1_000_000


def page_number() -> int:
    """The number in the address or the form, from 1; 1 where there is none that makes sense."""
    return min(number_in(request.values.get("page", "")) or 1, MOST)


def number_in(written: str) -> int | None:
    """The whole number from 0 that was written; None where there is none, or one beyond all that is numbered here."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 16 else None
