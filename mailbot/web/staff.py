"""The list of staff for administrators, the confirmation of restricted roles by a second one, and unlocking."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.clock import now
from mailbot.web import accounts
from mailbot.web.entrance import entrance

pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("")
def show() -> str:
    people = accounts.listed(current_app.extensions["mailbot"].engine)
    locked = entrance().sign_ins.locked(person.email for person in people)
    return render_template("staff.html", people=people, locked=locked)


@pages.post("/confirm")
def confirm() -> Any:
    email = request.form.get("email", "")
    accounts.confirm(current_app.extensions["mailbot"].engine, email, by=g.officer.email, at=now())
    flash(f"Role of {email} confirmed")
    return redirect(url_for("staff.show"))


@pages.post("/unlock")
def unlock() -> Any:
    """Lets an account that failed sign-ins have locked be tried again at once."""
    email = request.form.get("email", "")
    if email not in {person.email for person in accounts.listed(current_app.extensions["mailbot"].engine)}:
        abort(404)
    entrance().sign_ins.unlock(email, by=g.officer.email)
    flash(f"{email} can sign in again")
    return redirect(url_for("staff.show"))
