"""Annual reports: what was published, for every role that reads cases; drafts for those who read restricted ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.access import Permission
from mailbot.errors import ReportRefused
from mailbot.reports.annual import AnnualReport, content, in_form
from mailbot.reports.drafting import AnnualReports, Wanted
from mailbot.reports.formats import FORMS
from mailbot.reports.year import ReportingYear

pages = Blueprint("reports", __name__)

YEARS_BACK = 5


@pages.get("/reports")
def show() -> str:
    """The published reports, and for whistleblowing officers a way to draw one up."""
    return _list(error="")


@pages.get("/reports/annual")
def draft() -> Any:
    """A draft, to be read before it is published or taken away in another form."""
    try:
        wanted = _wanted(request.args)
        report = _reports().draft(g.officer, wanted)
    except ReportRefused as refused:
        return _list(error=str(refused)), 400
    if form := request.args.get("form"):
        return _file(report, form)
    return _page(report, rounding=wanted.rounding, over=report.as_at >= wanted.year.ends_at)


@pages.post("/reports/annual")
def publish() -> Any:
    """Publishes what was read: the same year as at the same moment."""
    try:
        report = _reports().publish(g.officer, _wanted(request.form))
    except ReportRefused as refused:
        return _list(error=str(refused)), 409
    flash(f"The report of {report.year} is published and stays as it is")
    return redirect(url_for("reports.published", year=report.year))


@pages.get("/reports/annual/<year>")
def published(year: str) -> str:
    """A report as it was published."""
    return _page(_published(year))


@pages.get("/reports/annual/<year>/<form>")
def download(year: str, form: str) -> Response:
    """The same as a file."""
    return _file(_published(year), form)


def _reports() -> AnnualReports:
    reports: AnnualReports = current_app.extensions["mailbot"].annual_reports
    return reports


def _published(year: str) -> AnnualReport:
    report = _reports().published.of(year)
    if report is None:
        abort(404)
    return report


def _page(report: AnnualReport, *, rounding: bool = False, over: bool = False) -> str:
    return render_template(
        "report.html", report=report, content=content(report), forms=FORMS, rounding=rounding, over=over
    )


def _list(error: str) -> str:
    newest = _reports().this_year.first
    years = [str(ReportingYear(newest - back)) for back in range(YEARS_BACK)]
    return render_template(
        "reports.html",
        listed=_reports().published.listed(),
        years=years if g.officer.may(Permission.READ_RESTRICTED) else [],
        chosen=request.values.get("year", years[1]),
        error=error[:1].upper() + error[1:],
    )


def _wanted(values: Any) -> Wanted:
    try:
        as_at = datetime.fromisoformat(values["as_at"]) if values.get("as_at") else None
    except ValueError:
        abort(400)
    if as_at is not None and as_at.tzinfo is None:
        abort(400)
    return Wanted(
        year=ReportingYear.named(values.get("year", "")), as_at=as_at, rounding=values.get("rounding") == "yes"
    )


def _file(report: AnnualReport, form: str) -> Response:
    if form not in FORMS:
        abort(404)
    name = f"workers-disclosures-{report.year}{'' if report.published_on else '-draft'}.{form}"
    return Response(
        in_form(report, form),
        content_type=f"{FORMS[form]}; charset=utf-8" if form != "pdf" else FORMS[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
