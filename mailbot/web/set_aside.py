"""What could not be filed: seen, tried again, filed by hand, and the original for those who may see it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.web.entrance import fresh

pages = Blueprint("set_aside", __name__, url_prefix="/set-aside")

DECISIONS = {"retry": False, "file": True}
"""What an officer may decide, and whether the message is then filed by hand."""


@pages.get("")
def show() -> str:
    """Everything that is set aside and that this officer may know of; words of danger first."""
    return render_template("set_aside.html", waiting=current_app.extensions["mailbot"].aside.listed(g.officer))


@pages.post("/<int:number>")
def decide(number: int) -> Any:
    """Hands a message back to the worker, which tries it again or files it by hand within seconds."""
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        abort(400)
    current_app.extensions["mailbot"].aside.hand_back(number, g.officer, by_hand=DECISIONS[decision])
    flash(f"Message {number} will be {'filed by hand' if DECISIONS[decision] else 'tried again'} within seconds")
    return redirect(url_for("set_aside.show"))


@pages.get("/<int:number>/original")
@fresh(back_to="set_aside.show")
def original(number: int) -> Response:
    """The untouched message as a download, never shown in the browser; needs a fresh sign-in, and is audited."""
    mail = current_app.extensions["mailbot"].aside.original(number, g.officer)
    headers = {"Content-Disposition": f'attachment; filename="message-{number}.eml"'}
    return Response(mail.content, mimetype="application/octet-stream", headers=headers)
