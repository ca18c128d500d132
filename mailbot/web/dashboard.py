"""Oversight: how much comes in, how soon it is seen, what officers change, what is withheld or overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from markupsafe import Markup

from mailbot.cases.oversight.oversight import WEEKS, Oversight
from mailbot.domain import LetterState, Situation
from mailbot.reports.charts import bars, lines
from mailbot.reports.formats import as_csv
from mailbot.web import words

pages = Blueprint("dashboard", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures as a table, with a chart of them where one tells more. `said` is what they mean, in a sentence."""

    name: str
    title: str
    said: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    chart: Markup | None = None


@pages.get("/dashboard")
def show() -> str:
    """The figures over the cases that this member of staff may know of."""
    figures: Oversight = current_app.extensions["mailbot"].overseeing.figures(g.officer)
    return render_template("dashboard.html", tables=tables(figures), figures=figures, weeks=WEEKS)


@pages.get("/dashboard.csv")
def table() -> Response:
    """One of the tables, for spreadsheets."""
    figures: Oversight = current_app.extensions["mailbot"].overseeing.figures(g.officer)
    found = {one.name: one for one in tables(figures)}.get(request.args.get("table", ""))
    if found is None:
        abort(404)
    return Response(
        as_csv([found.headings, *found.rows]),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{found.name}.csv"'},
    )


def tables(figures: Oversight) -> list[Table]:
    """Everything the page shows, in its order."""
    return [_volumes(figures), _situations(figures), _responses(figures), _overrides(figures), _letters(figures)]


def _volumes(figures: Oversight) -> Table:
    labels = [words.moment(week.begins).rpartition(",")[0] for week in figures.weeks]
    series = {
        "All messages that became cases": [week.cases for week in figures.weeks],
        "Concerns": [week.concerns for week in figures.weeks],
        "Danger now": [week.dangers for week in figures.weeks],
    }
    total = sum(week.cases for week in figures.weeks)
    said = f"{total:,} cases came in {len(labels)} weeks. The last week is not over yet."
    return Table(
        name="weeks",
        title="What came in, by week",
        said=said,
        headings=("Week beginning", "Cases", "Concerns", "Danger now"),
        rows=[
            (label, week.cases, week.concerns, week.dangers) for label, week in zip(labels, figures.weeks, strict=True)
        ],
        chart=lines("Cases by week", said, [f"{week.begins.day} {week.begins:%b}" for week in figures.weeks], series),
    )


def _situations(figures: Oversight) -> Table:
    rows = [(words.said(one), sum(week.situations[one] for week in figures.weeks)) for one in Situation]
    said = "A case may be in several situations, and in none."
    return Table(
        name="situations",
        title="Situations",
        said=said,
        headings=("Situation", "Cases"),
        rows=rows,
        chart=bars("Situations", said, rows),
    )


def _responses(figures: Oversight) -> Table:
    return Table(
        name="responses",
        title="How soon cases are seen",
        said="A person must see each within one working day, automatic mail apart. Overdue are new cases whose target "
        "for review has passed.",
        headings=("Priority", "Seen in time", "Late, seen or not", "Not seen yet, in time", "Overdue now"),
        rows=[
            (words.PRIORITIES[one.priority], one.in_time, one.too_late, one.not_yet, one.overdue)
            for one in figures.responses
        ],
    )


def _overrides(figures: Oversight) -> Table:
    return Table(
        name="overrides",
        title="Where officers overrode the model",
        said="Of the cases that officers opened and reviewed, how many they answered otherwise than the machine.",
        headings=("Answer", "Changed", "Reviewed"),
        rows=[(words.named(one.field), one.changed, one.answered) for one in figures.overrides],
    )


def _letters(figures: Oversight) -> Table:
    rows = [(words.ACKNOWLEDGEMENTS[one], figures.acknowledgements[one]) for one in LetterState]
    withheld = figures.acknowledgements[LetterState.WITHHELD]
    said = f"{withheld:,} acknowledgement{' was' if withheld == 1 else 's were'} withheld, for the reason on each case."
    return Table(
        name="acknowledgements",
        title="Acknowledgements",
        said=said,
        headings=("State", "Cases"),
        rows=rows,
        chart=bars("Acknowledgements", said, rows),
    )
