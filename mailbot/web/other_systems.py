"""Other systems, for administrators: the tokens that let them in, and how telling them goes. No case is named here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for

pages = Blueprint("other_systems", __name__, url_prefix="/deliveries")


@pages.get("")
def show() -> str:
    record = current_app.extensions["mailbot"]
    return render_template(
        "other_systems.html",
        tokens=record.tokens.listed(),
        subscriptions=record.subscriptions.listed(),
        deliveries=record.subscriptions.lately(g.officer),
    )


@pages.post("/tokens/<int:number>/confirm")
def confirm(number: int) -> Any:
    """Lets a token work that opens restricted cases."""
    name = current_app.extensions["mailbot"].tokens.confirm(number, by=g.officer.email)
    flash(f"Token {name} confirmed")
    return redirect(url_for("other_systems.show"))


@pages.post("/<int:number>/again")
def again(number: int) -> Any:
    """Has a delivery tried again that was given up."""
    current_app.extensions["mailbot"].subscriptions.again(number, g.officer)
    flash("It is tried again now")
    return redirect(url_for("other_systems.show"))
