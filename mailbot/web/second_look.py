"""The second look: cases of low priority drawn by chance, read without what the machine said of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

pages = Blueprint("second_look", __name__, url_prefix="/second-looks")

ANSWERS = {"yes": True, "no": False}


@pages.get("")
def show() -> str:
    """The cases that wait for a second look, but for those this officer has read."""
    return render_template("second_looks.html", waiting=_looks().waiting(g.officer))


@pages.get("/<reference>")
def read(reference: str) -> str:
    """The message alone; opening it is audited."""
    return render_template("second_look.html", case=_looks().open(reference, g.officer), error="")


@pages.post("/<reference>")
def answer(reference: str) -> Any:
    """Keeps the answer; a danger stands on top of the queue at once."""
    given = request.form.get("danger", "")
    if given not in ANSWERS:
        case = _looks().open(reference, g.officer)
        return render_template("second_look.html", case=case, error="Say whether a child is in danger now"), 400
    _looks().answer(reference, g.officer, danger=ANSWERS[given])
    if ANSWERS[given]:
        flash(f"{reference} now stands on top of the queue as a child in danger. Act on it first")
        return redirect(url_for("case.show", reference=reference))
    flash(f"Second look at {reference} saved")
    return redirect(url_for("second_look.show"))


def _looks() -> Any:
    return current_app.extensions["mailbot"].second_looks
