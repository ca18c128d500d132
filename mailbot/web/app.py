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
from flask_security import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from mailbot.cases.access import Officer, Permission
from mailbot.cases.accounts.calendars import Calendars
from mailbot.cases.actions import Actions
from mailbot.cases.alerts import AlertBook
from mailbot.cases.api.api_tokens import ApiTokens
from mailbot.cases.api.outlines import Outlines
from mailbot.cases.api.subscriptions import Subscriptions
from mailbot.cases.approvals import Approvals
from mailbot.cases.arrivals.aside import Aside
from mailbot.cases.arrivals.by_hand import Entries
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.audit_trail.trail import Trail
from mailbot.cases.bulk import Bulk
from mailbot.cases.database import for_pages, schema_problem
from mailbot.cases.handovers import Handovers
from mailbot.cases.history import History
from mailbot.cases.identity.covering import Covering
from mailbot.cases.identity.identity import Identities
from mailbot.cases.identity.openings import Openings
from mailbot.cases.identity.originals import Originals
from mailbot.cases.letters.approaches import Approaches
from mailbot.cases.letters.outbox import Outbox
from mailbot.cases.oversight.first_answers import FirstAnswers
from mailbot.cases.oversight.learning import Learning
from mailbot.cases.oversight.measures import Measures
from mailbot.cases.oversight.oversight import Overseeing
from mailbot.cases.oversight.second_looks import SecondLooks
from mailbot.cases.oversight.standing import Standings
from mailbot.cases.queue import Queue
from mailbot.cases.records.courts import Courts
from mailbot.cases.records.requests import Requests
from mailbot.cases.records.retention import Disposals
from mailbot.cases.sealing.vault import Keyring
from mailbot.cases.search.search import Search
from mailbot.cases.services.authorities import Authorities
from mailbot.cases.services.enquiries import LinesOfEnquiry
from mailbot.cases.services.held import Held
from mailbot.cases.services.inspections import Inspections
from mailbot.cases.services.overview import Overview
from mailbot.cases.services.services import Services
from mailbot.cases.services.standards import Weighings
from mailbot.cases.store import Store
from mailbot.cases.together import Together
from mailbot.cases.views import Views
from mailbot.cases.writings import Writings
from mailbot.clock import Clock, now
from mailbot.config import Config
from mailbot.correspondence.contacts import Contact
from mailbot.dispatch import Dispatch
from mailbot.errors import ConfigError, NotAllowed, StaleWrite
from mailbot.reports.drafting import AnnualReports
from mailbot.reports.inspection import Briefs
from mailbot.web import (
    account,
    actions,
    api,
    approach,
    audit,
    bulk,
    by_hand,
    calendar,
    case,
    dashboard,
    files,
    health,
    identity,
    inspection,
    model,
    other_systems,
    post,
    queue,
    records,
    reports,
    search,
    second_look,
    service,
    set_aside,
    sign_in,
    single_sign_on,
    staff,
    together,
    weighing,
    words,
    writing,
)

PUBLIC = frozenset(
    {
        "static",
        "start",
        "calendar.feed",
        "api.description",
        "single_sign_on.begin",
        "single_sign_on.back",
        "health_live",
        "health_ready",
        "health.metrics",
        "health.intake",
        "security.login",
        "security.logout",
        "security.two_factor_setup",
        "security.two_factor_token_validation",
        "security.tf_select",
        "security.wan_signin",
        "security.wan_signin_response",
        "security.mf_recovery",
    }
)

NEEDS: dict[str, Permission] = {
    "queue.show": Permission.READ_CASES,
    "queue.save_view": Permission.READ_CASES,
    "queue.forget_view": Permission.READ_CASES,
    "together.assign": Permission.REVIEW,
    "together.write": Permission.REVIEW,
    "together.mark_read": Permission.READ_CASES,
    "bulk.show": Permission.REVIEW,
    "bulk.close": Permission.REVIEW,
    "case.show": Permission.READ_CASES,
    "case.review": Permission.REVIEW,
    "case.decide_letter": Permission.SETTLE_LETTERS,
    "case.break_glass": Permission.BREAK_GLASS,
    "case.first_answer": Permission.REVIEW,
    "actions.listed": Permission.READ_CASES,
    "actions.show": Permission.REVIEW,
    "actions.write": Permission.REVIEW,
    "weighing.enquiries": Permission.REVIEW,
    "weighing.write_enquiry": Permission.REVIEW,
    "weighing.answer_enquiry": Permission.REVIEW,
    "weighing.standards": Permission.REVIEW,
    "weighing.weigh": Permission.REVIEW,
    "writing.keep": Permission.REVIEW,
    "writing.throw_away": Permission.REVIEW,
    "case.second_officer": Permission.REVIEW,
    "case.cover": Permission.REVIEW,
    "case.restrict": Permission.REVIEW,
    "case.reopen": Permission.REVIEW,
    "case.settle_task": Permission.REVIEW,
    "case.take_alert": Permission.REVIEW,
    "identity.show": Permission.SEE_IDENTITY,
    "identity.ask": Permission.SEE_IDENTITY,
    "files.original": Permission.SEE_IDENTITY,
    "files.attachment": Permission.READ_CASES,
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
    "search.show": Permission.READ_CASES,
    "search.ask": Permission.READ_CASES,
    "search.sender": Permission.LOOK_UP_SENDERS,
    "by_hand.show": Permission.REVIEW,
    "by_hand.enter": Permission.REVIEW,
    "set_aside.show": Permission.READ_CASES,
    "set_aside.decide": Permission.REVIEW,
    "set_aside.original": Permission.READ_ORIGINALS,
    "second_look.show": Permission.REVIEW,
    "second_look.read": Permission.REVIEW,
    "second_look.answer": Permission.REVIEW,
    "service.search": Permission.SEE_SERVICES,
    "service.show": Permission.SEE_SERVICES,
    "service.provider": Permission.SEE_SERVICES,
    "service.authority": Permission.SEE_SERVICES,
    "service.plan": Permission.PLAN_INSPECTIONS,
    "service.name_inspector": Permission.PLAN_INSPECTIONS,
    "service.choose": Permission.REVIEW,
    "service.correct": Permission.REVIEW,
    "inspection.listed": Permission.SEE_SERVICES,
    "inspection.show": Permission.SEE_SERVICES,
    "inspection.use": Permission.PLAN_INSPECTIONS,
    "inspection.mark_read": Permission.SEE_SERVICES,
    "inspection.keep": Permission.REVIEW,
    "inspection.brief": Permission.SEE_SERVICES,
    "calendar.renew": Permission.READ_CASES,
    "dashboard.show": Permission.SEE_OVERSIGHT,
    "dashboard.table": Permission.SEE_OVERSIGHT,
    "model.show": Permission.SEE_MODEL,
    "reports.show": Permission.SEE_REPORTS,
    "reports.published": Permission.SEE_REPORTS,
    "reports.download": Permission.SEE_REPORTS,
    "reports.draft": Permission.READ_RESTRICTED,
    "reports.publish": Permission.READ_RESTRICTED,
    "records.retention": Permission.KEEP_RECORDS,
    "records.decide": Permission.KEEP_RECORDS,
    "records.requests": Permission.KEEP_RECORDS,
    "records.write": Permission.KEEP_RECORDS,
    "audit.show": Permission.READ_AUDIT,
    "health.show": Permission.SEE_HEALTH,
    "staff.show": Permission.MANAGE_STAFF,
    "staff.confirm": Permission.MANAGE_STAFF,
    "staff.unlock": Permission.MANAGE_STAFF,
    "other_systems.show": Permission.MANAGE_OTHER_SYSTEMS,
    "other_systems.confirm": Permission.MANAGE_OTHER_SYSTEMS,
    "other_systems.again": Permission.MANAGE_OTHER_SYSTEMS,
    "single_sign_on.again": Permission.OWN_ACCOUNT,
    **api.NEEDS,
    "account.show": Permission.OWN_ACCOUNT,
    "account.end_session": Permission.OWN_ACCOUNT,
    "account.end_others": Permission.OWN_ACCOUNT,
    "account.confirm": Permission.OWN_ACCOUNT,
    "account.permissions": Permission.OWN_ACCOUNT,
    "security.change_password": Permission.OWN_ACCOUNT,
    "security.mf_recovery_codes": Permission.OWN_ACCOUNT,
    "security.wan_register": Permission.OWN_ACCOUNT,
    "security.wan_register_response": Permission.OWN_ACCOUNT,
    "security.wan_delete": Permission.OWN_ACCOUNT,
    "security.wan_verify": Permission.OWN_ACCOUNT,
    "security.wan_verify_response": Permission.OWN_ACCOUNT,
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
    queue: Queue
    views: Views
    together: Together
    handovers: Handovers
    bulk: Bulk
    search: Search
    entries: Entries
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
    first_answers: FirstAnswers
    approvals: Approvals
    covering: Covering
    history: History
    services: Services
    overview: Overview
    overseeing: Overseeing
    inspections: Inspections
    held: Held
    briefs: Briefs
    calendars: Calendars
    actions: Actions
    lines_of_enquiry: LinesOfEnquiry
    weighings: Weighings
    writings: Writings
    trail: Trail
    checkpoints: Checkpoints
    measures: Measures
    identities: Identities
    originals: Originals
    tokens: ApiTokens
    outlines: Outlines
    subscriptions: Subscriptions
    annual_reports: AnnualReports
    disposals: Disposals
    requests: Requests
    courts: Courts


class Number(IntegerConverter):
    """A number in an address: none beyond what either database can number, so that it is a page that is not there."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": 2**31 - 1, **kwargs})


def create_app(record: Record, keyring: Keyring, clock: Clock = now) -> Flask:
    """The application over one installation's record. `clock` times sign-ins and sessions."""
    app = Flask("mailbot.web", template_folder="pages")
    app.url_map.converters["int"] = Number
    app.config.update(_settings(record.config, keyring, clock))
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(str(app.root_path) + "/pages"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.globals.update(words=words, may=_may)
    app.extensions["mailbot"] = record
    CSRFProtect(app).exempt(api.pages)  # it knows no cookie, so that no other site can make a browser ask it
    for_pages(record.engine)
    sign_in.set_up(app, record.engine, record.config, keyring, clock)
    single_sign_on.set_up(app, record.config)
    for blueprint in (
        queue.pages,
        together.pages,
        bulk.pages,
        case.pages,
        actions.pages,
        weighing.pages,
        writing.pages,
        identity.pages,
        files.pages,
        approach.pages,
        post.pages,
        by_hand.pages,
        search.pages,
        set_aside.pages,
        second_look.pages,
        service.pages,
        inspection.pages,
        dashboard.pages,
        calendar.pages,
        model.pages,
        reports.pages,
        records.pages,
        audit.pages,
        health.pages,
        staff.pages,
        other_systems.pages,
        api.pages,
        account.pages,
    ):
        app.register_blueprint(blueprint)
    _start_and_health(app, record.engine)
    app.before_request(_deny_by_default)
    app.after_request(_headers)
    _problems(app)
    return app


def _settings(config: Config, keyring: Keyring, clock: Clock) -> dict[str, Any]:
    def derived(name: str) -> str:
        return base64.urlsafe_b64encode(hashlib.blake2b(keyring.web, person=name.encode()).digest()[:32]).decode()

    https = bool(config.alerts and config.alerts.public_url.startswith("https://"))
    return {
        "SECRET_KEY": derived("session"),
        "SEARCH_KEY": derived("search"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=config.web.session_hours),
        "MAX_CONTENT_LENGTH": 2_000_000,
        "WTF_CSRF_TIME_LIMIT": None,
        **sign_in.settings(config, derived, clock),
    }


def _start_and_health(app: Flask, engine: sa.Engine) -> None:
    @app.get("/")
    def start() -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("security.login"))
        home = "queue.show" if _may(Permission.READ_CASES) else "staff.show"
        if _may(Permission.READ_AUDIT):
            home = "audit.show"
        elif _may(Permission.SEE_SERVICES) and not _may(Permission.READ_CASES):
            home = "inspection.listed"
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
    if request.blueprint == "api":
        return api.admit(NEEDS.get(endpoint))
    if not current_user.is_authenticated:
        if kept := _written():
            return _problem(403, "You have been signed out", "Copy what you wrote, sign in and put it in again.", kept)
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


def _written() -> str:
    """What somebody had written into a form that comes too late: shown again, so that it is not lost."""
    unwritten = ("csrf_token", "seen")  # what the page itself sends, not what was written
    texts = (text for name, text in request.form.items() if name not in unwritten and "password" not in name)
    return "\n\n".join(text for text in texts if len(text) > 40)


def _headers(response: Response) -> Response:
    images = "'self' data:" if request.endpoint == "security.two_factor_setup" else "'self'"
    response.headers.setdefault("Content-Security-Policy", POLICY.format(images=images))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _problems(app: Flask) -> None:
    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> Any:
        return _problem(404, "This cannot be shown or done", str(error), _written())

    @app.errorhandler(ConfigError)
    def not_installed(error: ConfigError) -> Any:
        return _problem(409, "This cannot be made here", str(error), _written())

    @app.errorhandler(StaleWrite)
    def stale(error: StaleWrite) -> Any:
        kept = request.form.get("note", "") or _written()
        return _problem(409, "This case has changed", f"{error}. Open it again to see it as it stands.", kept)

    @app.errorhandler(CSRFError)
    def no_token(_error: CSRFError) -> Any:
        return _problem(400, "This page was open for too long", "Go back, load it again, and send it once more.")

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Any:
        if request.path.startswith("/api/"):
            return api.other(error)
        title = {404: "There is no such page", 405: "That cannot be done here"}.get(
            error.code or 500, "Something went wrong"
        )
        return _problem(error.code or 500, title, "Check the address, or start again from the queue.")


def _problem(code: int, title: str, text: str, kept: str = "") -> tuple[str, int]:
    return render_template("problem.html", title=title, text=text, kept=kept), code
