"""Who wrote a case: asked for with a reason, agreed to where a second officer must, shown for minutes.

Until it is open the page says the same for every case; what is shown then stands in no address, log or cache.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, make_response, redirect, render_template, request, url_for

from mailbot.cases.identity.identity import LONGEST_REASON, Identities, RequestState, Standing
from mailbot.web.entrance import fresh

pages = Blueprint("identity", __name__, url_prefix="/case/<reference>/identity")

DECIDED = {
    "approve": "Approved. Whoever asked opens it within 24 hours, and sees it for some minutes",
    "refuse": "Refused. Who wrote stays sealed",
    "open": "Open now. Close it as soon as you have what you need",
    "close": "Closed",
    "take_back": "Your request is taken back",
}
WRITING_MINUTES = 60
"""Whoever takes long to write the reason does not lose it: what it opens is behind a fresh sign-in of its own."""


@pages.route("", methods=["GET", "POST"])
@fresh()
def show(reference: str) -> Any:
    """The form to ask, how a request stands, or who wrote; and what waits of others for those who may decide it."""
    if request.method == "POST":
        return _decide(reference)
    standing = _identities().standing(reference, g.officer)
    if standing.state is RequestState.OPEN:
        return _opened(reference, standing)
    return _page(reference, standing, {})


@pages.post("/ask")
@fresh(within_minutes=WRITING_MINUTES)
def ask(reference: str) -> Any:
    """Asks to see who wrote, for the reason in the form."""
    reason = request.form.get("reason", "").strip()
    errors = {}
    if not reason:
        errors["reason"] = "Enter why you must know who wrote"
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = f"Reason must be {LONGEST_REASON:,} characters or fewer"
    if errors:
        return _page(reference, _identities().standing(reference, g.officer), errors), 400
    if _identities().ask(reference, g.officer, reason) is RequestState.WAITING:
        flash("Asked. A second officer decides")
    return redirect(url_for("identity.show", reference=reference))


def _decide(reference: str) -> Any:
    decision, number = request.form.get("decision", ""), request.form.get("number", 0, type=int)
    identities = _identities()
    if decision == "approve":
        identities.approve(reference, number, g.officer)
    elif decision == "refuse":
        identities.refuse(reference, number, g.officer)
    elif decision == "open":
        identities.open(reference, g.officer)
    elif decision in ("close", "take_back"):
        identities.close(reference, g.officer)
    else:
        abort(400)
    flash(DECIDED[decision])
    return redirect(url_for("identity.show", reference=reference))


def _page(reference: str, standing: Standing, errors: dict[str, str]) -> str:
    return render_template(
        "identity.html",
        reference=reference,
        standing=standing,
        longest=LONGEST_REASON,
        form=request.form,
        errors=errors,
    )


def _opened(reference: str, standing: Standing) -> Any:
    """Who wrote; a browser that is left open loads the page again when the time is over, and shows it no more."""
    known = _identities().look(reference, g.officer)
    page = render_template("identity_open.html", reference=reference, standing=standing, known=known)
    answer = make_response(page)
    answer.headers["Refresh"] = str(known.minutes_left * 60)
    return answer


def _identities() -> Identities:
    identities: Identities = current_app.extensions["mailbot"].identities
    return identities
