"""Closing several cases at once, each of which stood on the page in full."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from mailbot.cases.bulk import REASONS, is_all_on_screen
from mailbot.web.paging import page_number

pages = Blueprint("bulk", __name__, url_prefix="/queue/bulk")

SHOWN_FOR_SECONDS = 8 * 3600


@pages.get("")
def show() -> str:
    """Up to ten cases one below the other, in full; reading each is audited."""
    return _page({})


@pages.post("")
def close() -> Any:
    """Closes exactly those ticked, of those that the page showed to this officer."""
    shown, chosen = _shown(), request.form.getlist("chosen")
    reason = request.form.get("reason", "")
    errors = {}
    if not chosen:
        errors["chosen"] = "Tick the messages to be closed"
    if reason not in REASONS:
        errors["reason"] = "Choose why they are closed"
    if request.form.get("read") != "yes":
        errors["read"] = "Say that you have read each of them"
    if errors:
        return _page(errors), 400
    current_app.extensions["mailbot"].bulk.close(g.officer, shown, chosen, reason)
    flash(f"{len(chosen)} case{'s' if len(chosen) > 1 else ''} closed")
    return redirect(url_for("bulk.show", page=page_number()))


def _page(errors: dict[str, str]) -> str:
    batch = current_app.extensions["mailbot"].bulk.batch(g.officer, page_number())
    shown = {case.entry.reference: case.version for case in batch.cases if is_all_on_screen(case)}
    return render_template(
        "bulk.html",
        batch=batch,
        shown=shown,
        token=_signer().dumps({"officer": g.officer.email, "shown": shown}),
        reasons=REASONS,
        errors=errors,
        form=request.form,
    )


def _shown() -> dict[str, int]:
    """The versions of the cases that the page showed, as this program signed them for this officer."""
    try:
        signed = _signer().loads(request.form.get("shown", ""), max_age=SHOWN_FOR_SECONDS)
    except BadSignature:
        abort(400)
    if signed["officer"] != g.officer.email:
        abort(400)
    shown: dict[str, int] = signed["shown"]
    return shown


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="bulk")
