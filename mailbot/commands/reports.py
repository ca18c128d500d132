"""`mailbot report`: what the record tells as a whole, on standard output."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mailbot.commands.options import ConfigOption
from mailbot.errors import ReportRefused
from mailbot.parts import Parts, parts_of

if TYPE_CHECKING:  # what draws reports up takes long to load, and most commands need none of it
    from mailbot.reports.annual import AnnualReport
    from mailbot.reports.drafting import Wanted

app = typer.Typer(no_args_is_help=True, help="Reports: what the law asks for, what inspectors need.")

FormatOption = Annotated[Literal["html", "csv", "json", "pdf"], typer.Option("--format", help="The form it takes.")]


@app.command("annual")
def annual(
    year: Annotated[str, typer.Option(help="The reporting year, such as 2025-26.")],
    form: FormatOption = "html",
    as_officer: Annotated[str, typer.Option("--as", help="Who draws it up; else the published one is shown.")] = "",
    as_at: Annotated[str, typer.Option(help="The day at whose end things are counted, such as 2026-05-31.")] = "",
    rounding: Annotated[bool, typer.Option("--rounding", help="Round every count to the nearest 5.")] = False,
    no_suppression: Annotated[
        bool, typer.Option("--no-suppression", help="Withhold no count; needs --because, and is audited.")
    ] = False,
    because: Annotated[str, typer.Option(help="Why no count is withheld. It stands in the report: name nobody.")] = "",
    publish: Annotated[bool, typer.Option("--publish", help="Publish it: it stays as it is for good.")] = False,
    config: ConfigOption = None,
) -> None:
    """The report on workers' disclosures that the law asks for each year, made safe for everybody to read."""
    from mailbot.reports.annual import in_form
    from mailbot.reports.drafting import Wanted
    from mailbot.reports.year import ReportingYear, midnight
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    wanted = Wanted(
        year=ReportingYear.named(year),
        as_at=midnight(_day(as_at) + timedelta(days=1)) - timedelta(microseconds=1) if as_at else None,
        suppression=not no_suppression,
        because=because,
        rounding=rounding,
    )
    if as_officer:
        officer = accounts.officer(installation.engine, as_officer)
        reports = installation.annual_reports
        report = reports.publish(officer, wanted) if publish else reports.draft(officer, wanted)
    else:
        report = _published(installation, wanted, publish=publish)
    write(in_form(report, form))


@app.command("inspection")
def brief(
    urn: str,
    officer: Annotated[str, typer.Option("--as", help="Whose sight of it this is; audited.")],
    form: FormatOption = "html",
    config: ConfigOption = None,
) -> None:
    """What is held for the next inspection of a service, by theme, with nothing in it that gives a source away."""
    from mailbot.reports.inspection import in_form
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    made = installation.briefs.brief(urn.upper(), accounts.officer(installation.engine, officer))
    write(in_form(made, form))


def _published(installation: Parts, wanted: Wanted, *, publish: bool) -> AnnualReport:
    if publish or wanted != type(wanted)(year=wanted.year):
        raise ReportRefused("say who draws the report up: --as ADDRESS, a whistleblowing officer")
    report = installation.annual_reports.published.of(str(wanted.year))
    if report is None:
        raise ReportRefused(
            f"no report of {wanted.year} has been published: a whistleblowing officer draws it up, --as ADDRESS"
        )
    return report


def write(content: bytes) -> None:
    """A report on standard output, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = date.max
    if day == date.max:  # no day comes after it
        raise ReportRefused(f'--as-at: "{written}" is no day; write it so: 2026-05-31')
    return day
