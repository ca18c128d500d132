"""Services: finding one on the register, all that is held on it, its provider and its authority (P1, P13)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.access import Permission
from mailbot.cases.services.overview import RECENT_DAYS, Part, Scope, ScopeKind, View
from mailbot.cases.services.services import PAGE
from mailbot.cases.store import may_be
from mailbot.domain import Case, Correction, Decision, RegisteredService
from mailbot.reports.inspection import chart, trend_in_words
from mailbot.reports.trends import Interval, against_kind, against_past
from mailbot.web.case import standing
from mailbot.web.days import day_in
from mailbot.web.paging import page_number

pages = Blueprint("service", __name__)

MOST_MARKED = 25
"""Services named as worse on one page, the surest first."""

KINDS = ("Full inspection", "Interim visit", "Monitoring visit", "Annual engagement meeting", "Regulatory inspection")
"""What may be planned from a service's page."""

YEARS = range(2020, 2100)
"""Of the days for which something may be planned: any other is a slip of the pen."""


@pages.get("/services")
def search() -> str:
    """The register, searched by number, name, place or provider; without words, the services that have got worse."""
    words = " ".join(request.args.get("q", "").split())[:100]
    number = page_number()
    found = _record().services.found(words, number) if words else None
    return render_template(
        "services.html",
        words_asked=words,
        found=found,
        number=number,
        last=max(1, -(-found.total // PAGE)) if found else 1,
        marked=[] if words else marked(_record().overview.paces(g.officer))[:MOST_MARKED],
        form=request.form,
    )


@pages.get("/service/<urn>")
def show(urn: str) -> str:
    """All that is held on a service, over time."""
    return _service_page(urn, {})


@pages.post("/service/<urn>/inspection")
def plan(urn: str) -> Any:
    """Plans the next inspection of one kind, or moves it."""
    _service(urn)
    kind, errors = request.form.get("kind", ""), {}
    try:
        day = day_in(request.form, "day", YEARS)
    except ValueError:
        day = None
    if kind not in KINDS:
        errors["kind"] = "Choose what is planned"
    if day is None:
        errors["day"] = "Enter a real day, such as 27 3 2027"
    if errors or day is None:
        return _service_page(urn, errors), 400
    reference = request.form.get("reference", "").strip().upper() or None
    _record().inspections.plan(urn, g.officer, kind, day, reference)
    flash(f"{kind} planned for {day.day} {day:%B %Y}")
    return redirect(url_for("service.show", urn=urn))


@pages.post("/service/<urn>/inspector")
def name_inspector(urn: str) -> Any:
    """Says who inspects the service."""
    _service(urn)
    inspector = request.form.get("inspector", "")
    if inspector not in _record().inspections.inspectors():
        return _service_page(urn, {"inspector": "Choose an inspector"}), 400
    _record().inspections.name_inspector(urn, g.officer, inspector)
    flash(f"{inspector} inspects this service, and is told of what is held for it")
    return redirect(url_for("service.show", urn=urn))


@pages.get("/provider/<path:name>")
def provider(name: str) -> str:
    """All that is held on the services of a provider."""
    return _scope_page(Scope(kind=ScopeKind.PROVIDER, name=name))


@pages.get("/authority/<path:name>")
def authority(name: str) -> str:
    """All that is held on the services in an authority, and on what names it."""
    return _scope_page(Scope(kind=ScopeKind.AUTHORITY, name=name))


@pages.get("/case/<reference>/service")
def choose(reference: str) -> str:
    """The register, to choose the service that a case is about."""
    return _choice(reference, {})


@pages.post("/case/<reference>/service")
def correct(reference: str) -> Any:
    """Corrects which service a case is about: its number, kind and authority, with the officer's reason."""
    service = _record().services.one(request.form.get("urn", ""))
    reason = request.form.get("reason", "").strip()
    errors = {}
    if service is None:
        errors["urn"] = "Choose the service"
    if not reason:
        errors["reason"] = "Say how you know that it is this service"
    if errors or service is None:
        return _choice(reference, errors), 400
    store = _record().store
    case = store.open_case(reference, g.officer)
    decision = Decision(corrections=_corrections(case, service, reason))
    if not decision.corrections:
        flash(f"{reference} is about {service.name} already")
        return redirect(url_for("case.show", reference=reference))
    why = store.needs_second(reference, g.officer, decision)
    version = request.form.get("version", 0, type=int)
    if why:
        _record().approvals.ask(reference, g.officer, version, decision, why)
        flash(f"{why}: it counts once a second officer agrees")
    else:
        store.review(reference, g.officer, version, decision)
        flash(f"{reference} is about {service.name}, {service.urn}")
    return redirect(url_for("case.show", reference=reference))


def marked(parts: list[Part]) -> list[tuple[Part, Interval]]:
    """The services of which more is said than before, whatever chance may do; the surest first."""
    compared = [(part, pace_of(part)) for part in parts]
    worse = [(part, ratio) for part, ratio in compared if ratio is not None and ratio.is_more]
    return sorted(worse, key=lambda one: (-one[1].low, one[0].urn))


def pace_of(part: Part | View) -> Interval | None:
    """How often something is said of it now, beside its own past."""
    pace = part.pace
    return against_past(pace.now, pace.before, RECENT_DAYS, pace.days_before)


def _corrections(case: Case, service: RegisteredService, reason: str) -> tuple[Correction, ...]:
    """What stands otherwise on the case than on the register."""
    stands = standing(case)
    told = {
        "urn": service.urn,
        "service_name": service.name[:120],
        "service_type": str(service.service_type),
        "local_authority": service.authority,
    }
    return tuple(
        Correction(field=field, value=value, reason=reason)
        for field, value in told.items()
        if value and value != stands[field] and may_be(field, value)
    )


def _choice(reference: str, errors: dict[str, str]) -> str:
    case = _record().store.open_case(reference, g.officer)
    told = case.corrected.get("service_name", case.assessment.service_name) or ""
    words = " ".join(request.values.get("q", told).split())[:100]
    return render_template(
        "service_choice.html",
        case=case,
        words_asked=words,
        found=_record().services.found(words) if words else None,
        errors=errors,
        form=request.form,
    )


def _service(urn: str) -> RegisteredService:
    service: RegisteredService | None = _record().services.one(urn)
    if service is None:
        abort(404)
    return service


def _service_page(urn: str, errors: dict[str, str]) -> str:
    record, service = _record(), _service(urn)
    view = record.overview.of(Scope(kind=ScopeKind.SERVICE, name=urn), g.officer, page_number())
    past, kind = pace_of(view), against_kind(view.year, view.kind)
    plans = g.officer.may(Permission.PLAN_INSPECTIONS)
    return render_template(
        "service.html",
        service=service,
        view=view,
        chart=chart(view.months),
        trend=trend_in_words(view.pace, past, kind, has_kind=True),
        worse=past is not None and past.is_more,
        above_kind=kind is not None and kind.is_more,
        themes=record.held.themes(urn, g.officer),
        inspections=record.inspections.of_service(urn, g.officer),
        inspectors=record.inspections.inspectors() if plans else [],
        kinds=KINDS,
        named=record.weighings.book.named,
        errors=errors,
        form=request.form,
    )


def _scope_page(scope: Scope) -> str:
    view = _record().overview.of(scope, g.officer, page_number())
    if not view.all_parts:
        abort(404)
    past = pace_of(view)
    return render_template(
        "service_scope.html",
        scope=scope,
        view=view,
        chart=chart(view.months),
        trend=trend_in_words(view.pace, past, None, has_kind=False),
        worse=past is not None and past.is_more,
        parts_of=[(part, pace_of(part)) for part in view.parts],
        named=_record().weighings.book.named,
    )


def _record() -> Any:
    return current_app.extensions["mailbot"]
