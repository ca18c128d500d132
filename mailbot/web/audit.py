"""The audit trail: who did what and when, and whether the trail is as it was written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, g, render_template, request

from mailbot.cases.audit_trail.trail import Asked
from mailbot.web.paging import number_in

pages = Blueprint("audit", __name__)

DAY_ERROR = "Enter a day as it is written in 24/11/2026"
FIELDS = ("actor", "act", "reference", "day")


@pages.get("/audit")
def show() -> Any:
    """A page of the trail, newest first, narrowed to what was asked."""
    record = current_app.extensions["mailbot"]
    written = {field: request.args.get(field, "").strip()[:254] for field in FIELDS}
    errors = {}
    try:
        day = _day(written["day"])
    except ValueError:
        day, errors["day"] = None, DAY_ERROR
    asked = Asked(actor=written["actor"].lower(), act=written["act"], reference=written["reference"].upper(), day=day)
    page = None if errors else record.trail.page(g.officer, asked, number_in(request.args.get("before", "")))
    shown = render_template(
        "audit.html",
        page=page,
        asked={field: value for field, value in written.items() if value},
        errors=errors,
        later="before" in request.args,
        standing=record.checkpoints.standing(),
        sends=bool(record.config.audit.send_to),
    )
    return (shown, 400) if errors else shown


def _day(written: str) -> date | None:
    """The day meant, None where none was written; ValueError where it cannot be read."""
    if not written:
        return None
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y"):
        try:
            found = datetime.strptime(written, form).date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            continue
        if 2000 <= found.year <= 9000:
            return found
    raise ValueError(written)
