"""The web application: put together from the configuration and the record, deny by default.

Every endpoint that is not in `PUBLIC` needs a signed-in member of staff, and every one that is not in `NEEDS` is
refused to everybody: a new page works only once somebody has said here who may see it.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_security import Security, SQLAlchemySessionUserDatastore, UserMixin, current_user
from flask_security.core import RoleMixin
from flask_security.totp import Totp
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.exceptions import HTTPException

from mailbot.cases.access import Officer, Permission
from mailbot.cases.alerts import AlertBook
from mailbot.cases.approaches import Approaches
from mailbot.cases.aside import Aside
from mailbot.cases.authorities import Authorities
from mailbot.cases.database import schema_problem
from mailbot.cases.learning import Learning
from mailbot.cases.openings import Openings
from mailbot.cases.outbox import Outbox
from mailbot.cases.second_looks import SecondLooks
from mailbot.cases.standing import Standings
from mailbot.cases.store import Store
from mailbot.cases.vault import Keyring
from mailbot.config import Config
from mailbot.correspondence.contacts import Contact
from mailbot.dispatch import Dispatch
from mailbot.errors import NotAllowed, StaleWrite
from mailbot.web import approach, case, health, model, post, queue, second_look, set_aside, staff, words
from mailbot.web.accounts import Staff

PUBLIC = frozenset(
    {
        "static",
        "start",
        "health_live",
        "health_ready",
        "health.metrics",
        "security.login",
        "security.logout",
        "security.two_factor_setup",
        "security.two_factor_token_validation",
    }
)

NEEDS: dict[str, Permission] = {
    "queue.show": Permission.READ_CASES,
    "case.show": Permission.READ_CASES,
    "case.review": Permission.REVIEW,
    "case.decide_letter": Permission.SETTLE_LETTERS,
    "case.break_glass": Permission.BREAK_GLASS,
    "case.settle_task": Permission.REVIEW,
    "case.take_alert": Permission.REVIEW,
    "approach.choose": Permission.REVIEW,
    "approach.begin": Permission.REVIEW,
    "approach.show": Permission.READ_CASES,
    "approach.write": Permission.REVIEW,
    "approach.call": Permission.REVIEW,
    "approach.answered": Permission.REVIEW,
    "post.show": Permission.SETTLE_LETTERS,
    "post.paper": Permission.SETTLE_LETTERS,
    "post.posted": Permission.SETTLE_LETTERS,
    "post.returned": Permission.SETTLE_LETTERS,
    "set_aside.show": Permission.READ_CASES,
    "set_aside.decide": Permission.REVIEW,
    "set_aside.original": Permission.READ_ORIGINALS,
    "second_look.show": Permission.REVIEW,
    "second_look.read": Permission.REVIEW,
    "second_look.answer": Permission.REVIEW,
    "model.show": Permission.SEE_MODEL,
    "health.show": Permission.SEE_HEALTH,
    "staff.show": Permission.MANAGE_STAFF,
    "staff.confirm": Permission.MANAGE_STAFF,
}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; font-src 'self'; manifest-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the pages work on; found by them as ``current_app.extensions["mailbot"]``."""

    config: Config
    engine: sa.Engine
    store: Store
    outbox: Outbox
    aside: Aside
    standings: Standings
    learning: Learning
    second_looks: SecondLooks
    alert_book: AlertBook
    openings: Openings
    approaches: Approaches
    authorities: Authorities
    authority_names: tuple[str, ...]
    national: Mapping[str, Contact]
    dispatch: Dispatch


def create_app(record: Record, keyring: Keyring) -> Flask:
    """The application over one installation's record."""
    app = Flask("mailbot.web", template_folder="pages")
    app.config.update(_settings(record.config, keyring))
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(str(app.root_path) + "/pages"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.globals.update(words=words, may=_may)
    app.extensions["mailbot"] = record
    CSRFProtect(app)
    _sign_in(app, record.engine)
    for blueprint in (
        queue.pages,
        case.pages,
        approach.pages,
        post.pages,
        set_aside.pages,
        second_look.pages,
        model.pages,
        health.pages,
        staff.pages,
    ):
        app.register_blueprint(blueprint)
    _start_and_health(app, record.engine)
    app.before_request(_deny_by_default)
    app.after_request(_headers)
    _problems(app)
    return app


def _settings(config: Config, keyring: Keyring) -> dict[str, Any]:
    def derived(name: str) -> str:
        return base64.urlsafe_b64encode(hashlib.blake2b(keyring.web, person=name.encode()).digest()[:32]).decode()

    https = bool(config.alerts and config.alerts.public_url.startswith("https://"))
    return {
        "SECRET_KEY": derived("session"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=8),
        "MAX_CONTENT_LENGTH": 2_000_000,
        "WTF_CSRF_TIME_LIMIT": None,
        "SECURITY_PASSWORD_SALT": derived("password"),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
        "SECURITY_JOIN_USER_ROLES": False,  # what staff may do is in `mailbot.cases.access`
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_LOGIN_USER_TEMPLATE": "sign_in.html",
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": config.web.second_factor == "required",
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-factor-code",
        "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "second_factor.html",
        "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "second_factor_code.html",
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TOTP_SECRETS": {"1": derived("totp")},
        "SECURITY_TOTP_ISSUER": "mailbot",
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": ("The address or the password is not right", "error"),
    }


class _Totp(Totp):
    """Refuses a code that has been used: the library's own class keeps no counter (RFC 6238 section 5.2)."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        counter: int | None = getattr(user, "tf_last_counter")  # noqa: B009  the library types its own mixin
        return counter

    def set_last_counter(self, user: UserMixin, match: Any) -> None:
        setattr(user, "tf_last_counter", match.counter)  # noqa: B010


def _sign_in(app: Flask, engine: sa.Engine) -> None:
    session = scoped_session(sessionmaker(engine))
    app.extensions["mailbot.session"] = session
    Security(
        app,
        SQLAlchemySessionUserDatastore(session, Staff, RoleMixin),
        totp_cls=_Totp,
    )

    @app.teardown_appcontext
    def forget_session(_error: BaseException | None) -> None:
        session.remove()


def _start_and_health(app: Flask, engine: sa.Engine) -> None:
    @app.get("/")
    def start() -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("security.login"))
        home = "queue.show" if _may(Permission.READ_CASES) else "staff.show"
        return redirect(url_for(home))

    @app.get("/health/live")
    def health_live() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @app.get("/health/ready")
    def health_ready() -> Response:
        problem = schema_problem(engine)
        return Response(
            "ready\n" if problem is None else "not ready: the database\n",
            503 if problem else 200,
            mimetype="text/plain",
        )


def signed_in() -> Officer:
    """The member of staff who asks; only behind `_deny_by_default`."""
    officer: Officer = current_user.officer
    return officer


def _may(permission: Permission) -> bool:
    return bool(current_user.is_authenticated) and signed_in().may(permission)


def _deny_by_default() -> Any:
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=request.path if request.method == "GET" else None))
    needed = NEEDS.get(endpoint)
    if needed is None or not _may(needed):
        return _problem(
            403, "You cannot see this page", "Your role does not include it. An administrator can change that."
        )
    g.officer = signed_in()
    if g.officer.may(Permission.BREAK_GLASS):
        openings = current_app.extensions["mailbot"].openings
        g.officer = dataclasses.replace(g.officer, opened=openings.opened_by(g.officer.email))
    return None


def _headers(response: Response) -> Response:
    images = "'self' data:" if request.endpoint == "security.two_factor_setup" else "'self'"
    response.headers["Content-Security-Policy"] = POLICY.format(images=images)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _problems(app: Flask) -> None:
    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> Any:
        return _problem(404, "This cannot be shown or done", str(error))

    @app.errorhandler(StaleWrite)
    def stale(error: StaleWrite) -> Any:
        kept = request.form.get("note", "")
        return _problem(409, "This case has changed", f"{error}. Open it again to see it as it stands.", kept)

    @app.errorhandler(CSRFError)
    def no_token(_error: CSRFError) -> Any:
        return _problem(400, "This page was open for too long", "Go back, load it again, and send it once more.")

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Any:
        title = {404: "There is no such page", 405: "That cannot be done here"}.get(
            error.code or 500, "Something went wrong"
        )
        return _problem(error.code or 500, title, "Check the address, or start again from the queue.")


def _problem(code: int, title: str, text: str, kept: str = "") -> tuple[str, int]:
    return render_template("problem.html", title=title, text=text, kept=kept), code
