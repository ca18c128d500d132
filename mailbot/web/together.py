"""Working together: taking, giving back and assigning a case, and what one shift tells the next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, request, url_for

pages = Blueprint("together", __name__)


@pages.post("/case/<reference>/assign")
def assign(reference: str) -> Any:
    """Takes the case, gives it back, or assigns it to a colleague."""
    together, decision = current_app.extensions["mailbot"].together, request.form.get("decision", "")
    if decision == "take":
        together.take(reference, g.officer)
        flash(f"{reference} is yours")
    elif decision == "give_back":
        together.give_back(reference, g.officer)
        flash(f"{reference} is nobody's")
    elif decision == "assign":
        colleague = request.form.get("colleague", "")
        together.assign(reference, g.officer, colleague)
        flash(f"{reference} is assigned to {colleague}")
    else:
        abort(400)
    return redirect(url_for("case.show", reference=reference))


@pages.post("/queue/handover")
def write() -> Any:
    """Keeps a note for the next shift."""
    restricted = request.form.get("restricted") == "yes"
    current_app.extensions["mailbot"].handovers.write(g.officer, request.form.get("note", ""), restricted=restricted)
    flash("Note kept for the next shift")
    return redirect(url_for("queue.show"))


@pages.post("/queue/handover/<int:number>/read")
def mark_read(number: int) -> Any:
    """Shows a note to this officer no more."""
    current_app.extensions["mailbot"].handovers.mark_read(g.officer, number)
    flash("Note marked as read")
    return redirect(url_for("queue.show"))
