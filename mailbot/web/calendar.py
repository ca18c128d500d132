"""One's own calendar of what is due, for a calendar program that cannot sign in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request, url_for

from mailbot.cases.accounts.calendars import as_ical
from mailbot.clock import now
from mailbot.web.entrance import address_of

pages = Blueprint("calendar", __name__)


@pages.get("/calendar.ics")
def feed() -> Response:
    """The calendar behind the secret that the address holds; the same refusal for every wrong one."""
    entries = current_app.extensions["mailbot"].calendars.due(request.args.get("token", ""))
    if entries is None:
        abort(403)
    return Response(as_ical(entries, now()), mimetype="text/calendar")


@pages.post("/account/calendar")
def renew() -> Any:
    """Makes a new secret address and shows it this once."""
    token = current_app.extensions["mailbot"].calendars.renew(g.officer)
    address = address_of("calendar.feed", token=token)
    flash(f"Your calendar's address, shown only now: {address}. Whoever has it sees what is due of you.")
    return redirect(url_for("account.show"))
