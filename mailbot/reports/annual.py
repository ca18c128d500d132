"""The annual report on workers' disclosures that the law asks of us (P21): what it says, and the forms it takes.

The Prescribed Persons (Reports on Disclosures of Information) Regulations 2017 (SI 2017/507), regulation 5, ask for the
number of qualifying disclosures, on how many of them further action was decided, a summary of what was done and of how
the disclosures helped, and what the body is there for; and that nobody can be identified from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from mailbot.errors import ConfigError, ReportRefused
from mailbot.reports.charts import bars
from mailbot.reports.disclosure_control import Figures, Shown, controlled, in_clear, rounded
from mailbot.reports.formats import as_csv, as_html, as_json, as_pdf
from mailbot.reports.year import ReportingYear
from mailbot.targets import LONDON

WITHHELD = "[c]"
"""Stands for a count that is withheld: c for confidential, as government statisticians write it."""

ROUNDED_TO = 5

TITLES = {
    "action": "Further action, by kind",
    "situation": "What the disclosures were about",
    "service": "The services they were about",
}
NOTES = {
    "action": "More than one action may be decided on a disclosure, so that rows may add up to more than their number.",
    "situation": "Each disclosure counts once, under the first of these that it has.",
    "service": "A disclosure may be about two services and then counts under both.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the report says beside its figures, in paragraphs."""

    functions: tuple[str, ...]
    objectives: tuple[str, ...]
    action: tuple[str, ...]
    impact: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How the figures were made safe: what they are withheld below (None: nothing is, `because`), and rounded to."""

    suppress_below: int | None
    because: str = ""
    rounded_to: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualReport:
    """The report of a year, as it stood at `as_at`. `published_on` is None for a draft."""

    year: str
    begins_on: date
    ends_on: date
    as_at: datetime
    published_on: date | None
    control: Control
    figures: Shown
    words: Words


def read_words(path: Path) -> Words:
    """Our own words of the report; raises `ConfigError` where one is missing."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        kept = {name: _paragraphs(written[name]) for name in Words.__slots__}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"reports.words: {path} cannot be read: {error}") from None
    except (KeyError, AttributeError) as error:
        raise ConfigError(f"reports.words: {path} has no text for {error}: write one, as annual_report.toml") from None
    return Words(**kept)


def draw_up(year: ReportingYear, as_at: datetime, figures: Figures, control: Control, words: Words) -> AnnualReport:
    """A draft: the figures as they may be shown under `control`."""
    shown = in_clear(figures) if control.suppress_below is None else controlled(figures, control.suppress_below)
    if control.rounded_to > 1:
        shown = rounded(shown, control.rounded_to)
    return AnnualReport(
        year=str(year),
        begins_on=year.begins_on,
        ends_on=year.ends_on,
        as_at=as_at,
        published_on=None,
        control=control,
        figures=shown,
        words=words,
    )


def chosen_control(suppress_below: int, *, suppression: bool, because: str, rounding: bool) -> Control:
    """How figures are made safe, by what somebody chose; `ReportRefused` where they give no reason to withhold none."""
    reason = " ".join(because.split())
    if not suppression and not reason:
        raise ReportRefused("say why no count is withheld: --because TEXT; it is kept, and stands in the report")
    if suppression and reason:
        raise ReportRefused("a reason is only for a report in which no count is withheld: --no-suppression")
    if len(reason) > 300:
        raise ReportRefused("the reason is too long: at most 300 letters")
    return Control(
        suppress_below=suppress_below if suppression else None,
        because=reason,
        rounded_to=ROUNDED_TO if rounding else 1,
    )


def tables(report: AnnualReport) -> dict[str, Mapping[str, int | None]]:
    """The tables of a report by their names."""
    shown = report.figures
    return {"action": shown.by_action, "situation": shown.by_situation, "service": shown.by_service}


def content(report: AnnualReport) -> Markup:
    """The report as HTML without a page around it, from its heading on."""
    template = _pages().get_template("annual.html")
    return Markup(  # noqa: S704  the template escapes what it is given
        template.render(
            report=report,
            shown=report.figures,
            tables=tables(report),
            titles=TITLES,
            notes=NOTES,
            further=further_in_words(report.figures),
            chart=_chart,
            written=written,
            day=_day,
            as_at=_day(report.as_at.astimezone(LONDON).date()),
        )
    )


def in_form(report: AnnualReport, form: str) -> bytes:
    """The report as html, pdf, csv or json; the same figures in each."""
    if form == "json":
        return as_json(report).encode()
    if form == "csv":
        return as_csv(_rows(report)).encode()
    page = as_html(_title(report), content(report))
    return as_pdf(page) if form == "pdf" else page.encode()


def written(count: int | None) -> str:
    return WITHHELD if count is None else f"{count:,}"


def _plain(count: int | None) -> int | str:
    return WITHHELD if count is None else count


def further_in_words(shown: Shown) -> str:
    """The number with further action, or what may be said of it."""
    return f"at least {shown.further_at_least:,}" if shown.further_at_least is not None else written(shown.further)


def _title(report: AnnualReport) -> str:
    draft = "" if report.published_on else "Draft: "
    return f"{draft}Workers' disclosures about children's social care, {report.year}"


def _rows(report: AnnualReport) -> list[tuple[object, ...]]:
    """What a spreadsheet holds: one line a figure, and how the figures were made safe."""
    shown, control = report.figures, report.control
    figures: list[tuple[object, ...]] = [
        ("Disclosures", "Qualifying disclosures by workers", _plain(shown.total)),
        ("Disclosures", "With further action decided in the year", further_in_words(shown).replace(",", "")),
    ]
    for key, table in tables(report).items():
        figures += [(TITLES[key], name, _plain(count)) for name, count in table.items()]
    figures += [("Not counted above", name, _plain(count)) for name, count in shown.apart.items()]
    withheld = (
        f"not withheld, because: {control.because}"
        if control.suppress_below is None
        else f"{WITHHELD}: withheld, so that nobody can be identified"
    )
    about = [
        ("About", "Year", f"{_day(report.begins_on)} to {_day(report.ends_on)}"),
        ("About", "As at", _day(report.as_at.astimezone(LONDON).date())),
        ("About", "Published", _day(report.published_on) if report.published_on else "draft, not published"),
        ("About", "Small counts", withheld),
        ("About", "Rounded to", control.rounded_to),
    ]
    return [("Table", "Row", "Count"), *figures, *about]


def _chart(key: str, table: Mapping[str, int | None]) -> Markup:
    described = "; ".join(f"{name}: {'withheld' if count is None else count}" for name, count in table.items())
    return bars(TITLES[key], described, list(table.items()))


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.strip().split("\n\n") if part.strip())


@lru_cache(maxsize=1)
def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mailbot.reports", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
