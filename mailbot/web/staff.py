"""The list of staff for administrators, and the confirmation of restricted roles by a second one of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.clock import now
from mailbot.web import accounts

pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("")
def show() -> str:
    people = accounts.listed(current_app.extensions["mailbot"].engine)
    return render_template("staff.html", people=people)


@pages.post("/confirm")
def confirm() -> Any:
    email = request.form.get("email", "")
    accounts.confirm(current_app.extensions["mailbot"].engine, email, by=g.officer.email, at=now())
    flash(f"Role of {email} confirmed")
    return redirect(url_for("staff.show"))
