"""A member of staff's own account: how they sign in, where they are signed in, and proof that it is they."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_security import current_user

from mailbot.cases.access import ALLOWED, CONFIRMED_BY_A_SECOND
from mailbot.domain import Role
from mailbot.web import accounts, passwords
from mailbot.web.entrance import entrance, note_half_proved, note_proved, onward
from mailbot.web.sign_in_forms import TOO_MANY

pages = Blueprint("account", __name__)

NOT_RIGHT = "The password or the code is not right"


@pages.get("/account")
def show() -> str:
    """How they sign in, and where they are signed in now."""
    return render_template(
        "account.html",
        sessions=entrance().sessions.listed(current_user.id),
        with_app=_has_app(),
        keys=current_user.webauthn,
        codes_left=accounts.recovery_codes_left(entrance().engine, current_user.id),
    )


@pages.post("/account/sessions/<int:number>/end")
def end_session(number: int) -> Any:
    """Ends one of their own sessions, wherever it is."""
    entrance().sessions.end(number, current_user.id, current_user.email)
    flash("Signed out there")
    return redirect(url_for("account.show"))


@pages.post("/account/sessions/end-others")
def end_others() -> Any:
    """Ends all of their sessions but this one."""
    ended = entrance().sessions.end_others(current_user.id, current_user.email, g.session)
    flash(f"Signed out in {ended} other place{'' if ended == 1 else 's'}")
    return redirect(url_for("account.show"))


@pages.route("/account/confirm", methods=["GET", "POST"])
def confirm() -> Any:
    """Asks for password and second factor again, for pages behind `fresh`; for a security key on the page after."""
    further, problem = onward(request.args.get("next"), url_for("account.show")), None
    if current_user.by_provider and current_app.extensions["mailbot"].config.web.oidc:
        return redirect(url_for("single_sign_on.again", next=further))
    if request.method == "POST":
        by_key = request.form.get("by") == "key"
        right = entrance().counted(current_user.email, lambda: _is_right(request.form, by_key=by_key))
        if right and by_key:
            note_half_proved()
            return redirect(url_for("security.wan_verify", next=further))
        if right:
            note_proved()
            flash("You have confirmed that it is you")
            return redirect(further)
        problem = TOO_MANY if right is None else NOT_RIGHT
    return render_template(
        "confirm.html", further=further, problem=problem, with_app=_has_app(), with_key=bool(current_user.webauthn)
    )


@pages.get("/permissions")
def permissions() -> str:
    """Who may do what: the very table by which every page decides."""
    table = [(permission, [role for role in Role if role in roles]) for permission, roles in ALLOWED.items()]
    return render_template(
        "permissions.html", table=table, confirmed=[role for role in Role if role in CONFIRMED_BY_A_SECOND]
    )


def _is_right(form: Any, *, by_key: bool) -> bool:
    """Whether the password is right, and the code where one is to be given; a key answers later."""
    if not current_user.verify_and_update_password(passwords.normalised(form.get("password", ""))):
        return False
    if by_key:
        return bool(current_user.webauthn)
    if not _has_app():
        return not current_user.webauthn
    totp, secret = current_app.extensions["security"].totp_factory, current_user.tf_totp_secret
    return bool(totp.verify_totp(token=form.get("code", ""), totp_secret=secret, user=current_user, window=30))


def _has_app() -> bool:
    return bool(current_user.tf_totp_secret and current_user.tf_primary_method)
