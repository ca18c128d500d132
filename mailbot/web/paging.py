"""Which page of a list is asked for."""

from __future__ import annotations

from flask import request

MOST = 1_000_000


def page_number() -> int:
    """The number in the address or the form, from 1; 1 where there is none that makes sense."""
    written = request.values.get("page", "1")
    return min(int(written), MOST) if written.isascii() and written.isdigit() and int(written[:9]) > 0 else 1
