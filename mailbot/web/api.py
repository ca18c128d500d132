"""The API for other systems of the organisation: cases, actions, services and figures to read, decisions to post.

A token in the Authorization header is all that counts (RFC 6750); no cookie is read or set. Nothing here approves or
sends a letter, lowers a danger or tells who wrote, whatever the token's role: there is no address that could.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, current_app, g, request
from msgspec import UNSET, Struct, UnsetType
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from mailbot.cases.access import Permission
from mailbot.cases.api.outlines import PAGE_SIZE
from mailbot.cases.deciding import LOWERS
from mailbot.cases.services.overview import Scope, ScopeKind
from mailbot.clock import now
from mailbot.domain import Decision, Role
from mailbot.errors import ActionsOpen, MailbotError, NotAllowed, StaleWrite
from mailbot.web.api_answers import action_line, case_line, case_read, service_line, service_read, statistics
from mailbot.web.api_description import OPERATIONS, PROBLEM, Operation, openapi
from mailbot.web.api_shapes import (
    ActionPage,
    ActionsAsked,
    CasePage,
    CaseRead,
    CasesAsked,
    Decided,
    DecisionGiven,
    FieldProblem,
    Problem,
    ServicePage,
    ServiceRead,
    ServicesAsked,
    Statistics,
)
from mailbot.web.case import decision_from, standing

pages = Blueprint("api", __name__, url_prefix="/api/v1")

NEEDS = {f"api.{one.name}": one.permission for one in OPERATIONS}
"""What a token's role must include, for each address."""

Asked = TypeVar("Asked", bound=Struct)
REFERENCE = re.compile(r"MB-[0-9A-Z]{4}-[0-9A-Z]{4}")
NO_SUCH = "There is no such case, or it is not one you may see"
ONLY_A_PERSON = "Only a person can take away that somebody may be in danger: do it on the case's page"
CHANGED = "The case has changed since that version. Nothing was saved: read it again, then decide"


class Refused(Exception):
    """What a request is refused with."""

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers or {}


def admit(needed: Permission | None) -> None:
    """Lets a request pass that shows a token of a role with the permission; `g.officer` is whom it acts as.

    Raises `Refused` otherwise. The request counts against the token's limit in either case.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _refused(401, "Show a token", "Send it as: Authorization: Bearer mb_…", {"WWW-Authenticate": "Bearer"})
    record = current_app.extensions["mailbot"]
    admitted = record.tokens.admit(secret.strip())
    if admitted is None or admitted.officer.role is Role.ADMINISTRATOR:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise _refused(401, "That token is not valid", "It is none, waits, has expired or was revoked", challenge)
    if admitted.asked > record.config.api.requests_a_minute:
        raise _refused(
            429,
            "Too many requests",
            f"At most {record.config.api.requests_a_minute} a minute are answered",
            {"Retry-After": str(60 - now().second)},
        )
    if needed is None or not admitted.officer.may(needed):
        raise _refused(403, "This token may not do that", f"Its role is {admitted.officer.role}")
    g.officer = admitted.officer


def _serves(name: str) -> Callable[[Callable[..., Struct | tuple[Struct, int]]], Callable[..., Response]]:
    """Puts what a function answers at its operation's address."""
    (operation,) = (one for one in OPERATIONS if one.name == name)

    def served(answer: Callable[..., Struct | tuple[Struct, int]]) -> Callable[..., Response]:
        def view(**named: str) -> Response:
            asked = _asked(operation)
            given = {"given": _given(operation.body)} if operation.body else {}
            found = answer(**named, **given) if operation.asked.__struct_fields__ == () else answer(asked=asked)
            content, status = found if isinstance(found, tuple) else (found, 200)
            return Response(msgspec.json.encode(content), status, mimetype="application/json")

        pages.add_url_rule(operation.rule, operation.name, view, methods=[operation.method])
        return view

    return served


@pages.get("/openapi.json")
def description() -> Response:
    """The description of all this, for everybody."""
    return Response(openapi(), mimetype="application/json")


@_serves("cases")
def cases(asked: CasesAsked) -> CasePage:
    found = _record().outlines.cases(
        g.officer, state=_or_none(asked.state), received_since=_or_none(asked.received_since), after=asked.after or ""
    )
    return CasePage(
        cases=[case_line(one) for one in found], after=found[-1].reference if len(found) == PAGE_SIZE else None
    )


@_serves("case")
def case(reference: str) -> CaseRead:
    return case_read(_opened(reference))


@_serves("decide")
def decide(reference: str, given: DecisionGiven) -> tuple[Decided, int]:
    """The rules are those of the case's page, and one more: no danger is lowered from here."""
    record, opened = _record(), _opened(reference)
    if opened.version != given.version:
        raise _stale(opened.version)
    stands = standing(opened)
    decision, errors = decision_from(_as_form(given), stands)
    errors |= {field: "There is no such field" for field in given.corrections if field not in stands}
    if errors:
        raise _faulty(errors)
    try:
        why = record.store.needs_second(reference, g.officer, decision)
        if why == LOWERS:
            raise _refused(403, "A person must do that", ONLY_A_PERSON)
        if why:
            return _ask_second(reference, given.version, decision, why)
        record.store.review(reference, g.officer, given.version, decision)
    except ActionsOpen as error:
        raise _faulty({"close": str(error)}) from None
    except StaleWrite:
        raise _stale(_opened(reference).version) from None
    return Decided(reference=reference, version=given.version + 1, waits_for_second_officer=None), 200


@_serves("actions")
def actions(asked: ActionsAsked) -> ActionPage:
    after = None
    if asked.after:
        reference, _, number = str(asked.after).rpartition("-")
        after = (reference, int(number))
    found = [
        action_line(one) for one in _record().outlines.actions(g.officer, state=_or_none(asked.state), after=after)
    ]
    return ActionPage(actions=found, after=found[-1].id if len(found) == PAGE_SIZE else None)


@_serves("services")
def services(asked: ServicesAsked) -> ServicePage:
    found = _record().services.found(asked.words or "", asked.page or 1)
    return ServicePage(services=[service_line(one) for one in found.services], total=found.total)


@_serves("service")
def service(urn: str) -> ServiceRead:
    one = _record().services.one(urn) if re.fullmatch(r"[A-Z]{0,2}\d{5,7}", urn, re.ASCII) else None
    if one is None:
        raise NotAllowed("There is no such service on the register")
    return service_read(one, _record().overview.of(Scope(kind=ScopeKind.SERVICE, name=urn), g.officer))


@_serves("figures")
def figures() -> Statistics:
    return statistics(_record().overseeing.figures(g.officer))


@pages.app_errorhandler(Refused)
def refused(error: Refused) -> Response:
    return _answered(error.problem, error.headers)


@pages.errorhandler(NotAllowed)
def not_allowed(error: NotAllowed) -> Response:
    return _answered(_problem(404, "This cannot be shown or done", str(error)))


@pages.errorhandler(MailbotError)
def failed(_error: MailbotError) -> Response:
    return _answered(_problem(503, "That did not work", "Nothing was changed. Try again later"))


@pages.errorhandler(HTTPException)
def other(error: HTTPException) -> Response:
    """What goes wrong on the way to an address, or at one that there is not."""
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return _answered(_problem(error.code or 500, error.name, "See /api/v1/openapi.json"), kept)


def _record() -> Any:
    return current_app.extensions["mailbot"]


def _opened(reference: str) -> Any:
    if not REFERENCE.fullmatch(reference):
        raise NotAllowed(NO_SUCH)
    return _record().store.open_case(reference, g.officer, by_machine=True)


def _ask_second(reference: str, version: int, decision: Decision, why: str) -> tuple[Decided, int]:
    if not (decision.note.strip() or any(one.reason for one in decision.corrections)):
        raise _faulty({"note": "Say why, for the second officer to judge it"})
    _record().approvals.ask(reference, g.officer, version, decision, why)
    return Decided(reference=reference, version=version, waits_for_second_officer=why), 202


def _as_form(given: DecisionGiven) -> MultiDict[str, str]:
    """The decision as the page's form would hold it, so that the very same rules judge it."""
    form = MultiDict({**given.corrections, "reason": given.reason, "note": given.note})
    form.setlist("actions", [str(one) for one in given.actions])
    if given.close:
        form["close"] = "yes"
    return form


def _asked(operation: Operation) -> Any:
    """The query, checked against its shape; what stands in it twice is not."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    try:
        if twice:
            raise msgspec.ValidationError(f"`{twice[0]}` was given twice")
        return msgspec.convert(request.args.to_dict(), operation.asked, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(400, "The query is not as described", str(error)) from None


def _given(shape: type[Asked]) -> Asked:
    if request.mimetype != "application/json":
        raise _refused(415, "Send JSON", "Content-Type: application/json")
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except msgspec.DecodeError as error:
        raise _refused(400, "The body is not as described", str(error)) from None


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _stale(version: int) -> Refused:
    return Refused(_problem(409, "The case has changed", CHANGED, version=version))


def _faulty(errors: dict[str, str]) -> Refused:
    told = [FieldProblem(field=field, detail=detail) for field, detail in errors.items()]
    return Refused(_problem(400, "The decision cannot be made so", "See what is wrong, field by field", errors=told))


def _refused(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Refused:
    return Refused(_problem(status, title, detail), headers)


def _problem(
    status: int,
    title: str,
    detail: str,
    *,
    version: int | UnsetType = UNSET,
    errors: list[FieldProblem] | UnsetType = UNSET,
) -> Problem:
    return Problem(type="about:blank", title=title, status=status, detail=detail, version=version, errors=errors)


def _answered(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(problem), problem.status, headers, mimetype=PROBLEM)
