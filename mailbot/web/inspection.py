"""What is held for inspections: the inspector's list, what waits for one service, its brief, what was found."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.access import Permission
from mailbot.cases.services.held import PAGE
from mailbot.domain import RegisteredService, Role
from mailbot.reports.formats import FORMS
from mailbot.reports.inspection import content, in_form
from mailbot.web.paging import number_in, page_number

pages = Blueprint("inspection", __name__)


@pages.get("/inspections")
def listed() -> str:
    """The services for which something is held: an inspector's own, unless all are asked for."""
    everybodys = request.args.get("whose", "mine" if g.officer.role is Role.INSPECTOR else "all") == "all"
    number = page_number()
    found, total = _record().held.waiting(g.officer, mine=not everybodys, number=number)
    return render_template(
        "inspections.html",
        found=found,
        total=total,
        number=number,
        last=max(1, -(-total // PAGE)),
        everybodys=everybodys,
        adrift=_record().held.adrift(g.officer) if everybodys and g.officer.may(Permission.READ_CASES) else (),
    )


@pages.get("/inspections/<urn>")
def show(urn: str) -> str:
    """What waits for a service's next inspection, with what inspectors should know; reading it is audited."""
    return _page(urn, {})


@pages.post("/inspections/<urn>")
def use(urn: str) -> Any:
    """Marks what was looked into as used at an inspection, with what was found."""
    _service(urn)
    chosen = [number for written in request.form.getlist("used") if (number := number_in(written)) is not None]
    inspection, errors = number_in(request.form.get("inspection", "")), {}
    if not chosen:
        errors["used"] = "Choose what the inspection looked into"
    if inspection is None:
        errors["inspection"] = "Choose the inspection"
    if errors or inspection is None:
        return _page(urn, errors), 400
    found = {number: request.form.get(f"found-{number}", "") for number in chosen}
    _record().held.use(urn, g.officer, inspection, found)
    flash(f"{len(found)} marked as used")
    return redirect(url_for("inspection.show", urn=urn))


@pages.post("/inspections/<urn>/read")
def mark_read(urn: str) -> Any:
    """Notes that the service's inspector has read what is held for it."""
    _record().inspections.mark_read(urn, g.officer)
    return redirect(url_for("inspection.listed"))


@pages.post("/case/<reference>/held/<int:number>")
def keep(reference: str, number: int) -> Any:
    """Gives what an action of a case holds a theme, and says what inspectors should know."""
    theme, words = request.form.get("theme", ""), request.form.get("words", "").strip()
    if theme not in _record().config.inspection.themes:
        flash("Nothing was saved: choose a theme", "error")
    else:
        _record().held.keep(reference, g.officer, number, theme, words)
        flash("Held for inspection. The service's inspector finds it in their list")
    return redirect(url_for("case.show", reference=reference))


@pages.get("/service/<urn>/brief")
def brief(urn: str) -> Any:
    """The brief for a service's next inspection, on a page or as a file; reading it is audited."""
    service, form = _service(urn), request.args.get("format", "")
    made = _record().briefs.brief(urn, g.officer)
    if form not in FORMS:
        return render_template("brief.html", service=service, content=content(made), forms=FORMS)
    name = f"inspection-brief-{urn}.{form}"
    return Response(
        in_form(made, form), mimetype=FORMS[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _page(urn: str, errors: dict[str, str]) -> str:
    record, service = _record(), _service(urn)
    items = record.held.of_service(urn, g.officer)
    if not g.officer.may(Permission.READ_CASES):
        items = record.briefs.guarded(service, items, g.officer)
    return render_template(
        "held.html",
        service=service,
        items=items,
        used=record.held.used_at(urn, g.officer),
        inspections=record.inspections.of_service(urn, g.officer),
        records=g.officer.may(Permission.PLAN_INSPECTIONS),
        errors=errors,
        form=request.form,
    )


def _service(urn: str) -> RegisteredService:
    service: RegisteredService | None = _record().services.one(urn)
    if service is None:
        abort(404)
    return service


def _record() -> Any:
    return current_app.extensions["mailbot"]
