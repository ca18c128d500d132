"""The brief for a service's next inspection: what is held for it, by theme, with nothing that gives a source away.

Only what officers wrote for inspectors stands in it, never a message's own words. Each passage is compared with what
the vault knows of whoever told us, as a letter to the service would be (P22, P23): one that would give them away is
left out, and the brief says so. Restricted cases are in it only for those who may read them, and are marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from mailbot.cases.access import Officer
from mailbot.cases.identity.sources import Sources
from mailbot.cases.services.enquiries import LinesOfEnquiry
from mailbot.cases.services.held import Held, HeldItem
from mailbot.cases.services.inspections import Inspections, Standing
from mailbot.cases.services.overview import RECENT_DAYS, Month, Overview, Pace, Scope, ScopeKind
from mailbot.cases.services.services import Services
from mailbot.cases.services.standards import Weighings
from mailbot.correspondence.disclosure import LetterPurpose, Source, Verdict, check, verdict
from mailbot.correspondence.told_of_self import with_work
from mailbot.domain import ActionKind, Finding, KnownSource, RegisteredService, Situation
from mailbot.errors import NotAllowed
from mailbot.reports.charts import lines
from mailbot.reports.formats import as_csv, as_html, as_json, as_pdf
from mailbot.reports.trends import Interval, against_kind, against_past
from mailbot.targets import LONDON

NO_THEME = "No theme yet"
LEFT_OUT = "Left out: it would tell who told us"
_NAMES = {
    "childrens_home": "Children's home",
    "local_authority": "Council children's services",
    "fe_residential": "College residential provision",
}
OTHERS_MAY_GUESS = "Others may guess from it who told us: do not use it as it stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What officers wrote of one case. `words` are '' where nothing was written, and where it is `left_out`.

    `guessed` says that others may guess from it who told us.
    """

    reference: str
    restricted: bool
    words: str
    left_out: bool
    guessed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPassage:
    kind: ActionKind
    held_on: datetime
    received_on: datetime
    situations: tuple[Situation, ...]
    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A line of enquiry with what was found, if anything was."""

    asked: Passage
    found: Passage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedPassage:
    """What a case was weighed against, with the finding that stands."""

    standard: str
    finding: Finding
    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that an inspection brief tells.

    `left_out` counts passages; `restricted` says that restricted cases are in it. `now` and `before` are the concerns
    of the last half year and of the year before it; `past` and `kind` how that stands, None where nothing can be said.
    """

    service: RegisteredService
    made_at: datetime
    made_by: str
    inspections: Standing
    months: Sequence[Month]
    past: Interval | None
    now: int
    before: int
    kind: Interval | None
    themes: Sequence[tuple[str, Sequence[HeldPassage]]]
    enquiries: Sequence[Question]
    weighed: Sequence[WeighedPassage]
    left_out: int
    restricted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefs:
    """Makes briefs out of the record."""

    services: Services
    overview: Overview
    held: Held
    inspections: Inspections
    enquiries: LinesOfEnquiry
    weighings: Weighings
    sources: Sources

    def brief(self, urn: str, officer: Officer) -> Brief:
        """The brief for that service as `officer` may read it; reading is audited for each case that is in it.

        Raises `NotAllowed` where the register has no such service or the role does not include it.
        """
        view = self.overview.of(Scope(kind=ScopeKind.SERVICE, name=urn), officer)
        service = self.services.one(urn)
        if service is None:
            raise NotAllowed("The register has no service with that number")
        items = self.held.of_service(urn, officer, "inspection brief")
        asked, weighed = self.enquiries.of_service(urn, officer), self.weighings.of_service(urn, officer)
        references = {one.reference for one in items} | {one.reference for one in asked}
        references |= {one.reference for one in weighed}
        guard = _Guard(service.name, self.sources.of(references, officer))
        themes: dict[str, list[HeldPassage]] = {}
        for item in items:
            held = HeldPassage(
                kind=item.kind,
                held_on=item.decided_at,
                received_on=item.received_at,
                situations=item.situations,
                passage=guard.passage(item.reference, item.restricted, item.words),
            )
            themes.setdefault(item.theme or NO_THEME, []).append(held)
        questions = [
            Question(
                asked=guard.passage(one.reference, one.restricted, one.question),
                found=guard.passage(one.reference, one.restricted, one.found) if one.found else None,
            )
            for one in asked
        ]
        findings = [
            WeighedPassage(
                standard=one.standard.label,
                finding=one.finding,
                passage=guard.passage(one.reference, one.restricted, one.words),
            )
            for one in weighed
            if one.stands
        ]
        pace = view.pace
        return Brief(
            service=service,
            made_at=view.at,
            made_by=officer.email,
            inspections=self.inspections.of_service(urn, officer),
            months=view.months,
            past=against_past(pace.now, pace.before, RECENT_DAYS, pace.days_before),
            now=pace.now,
            before=pace.before,
            kind=against_kind(view.year, view.kind),
            themes=sorted(themes.items(), key=lambda theme: (theme[0] == NO_THEME, theme[0])),
            enquiries=questions,
            weighed=findings,
            left_out=guard.left_out,
            restricted=guard.restricted,
        )

    def guarded(self, service: RegisteredService, items: Sequence[HeldItem], officer: Officer) -> list[HeldItem]:
        """The items for somebody who reads no case: words that would tell who told us are left out, and it is said."""
        guard = _Guard(service.name, self.sources.of({item.reference for item in items}, officer))
        passages = [guard.passage(item.reference, item.restricted, item.words) for item in items]
        return [
            replace(item, words=f"{LEFT_OUT}." if passage.left_out else passage.words)
            for item, passage in zip(items, passages, strict=True)
        ]


class _Guard:
    """Compares passages with whoever told us of their cases, and counts what must stay out."""

    def __init__(self, service_name: str, sources: Mapping[str, KnownSource]) -> None:
        self._service_name = service_name
        self._sources = {reference: _source(known) for reference, known in sources.items()}
        self.left_out = 0
        self.restricted = False

    def passage(self, reference: str, restricted: bool, words: str) -> Passage:
        """The passage as it may stand; one that cannot be compared any more, as its case is erased, stays out."""
        self.restricted |= restricted
        said = self._said(reference, words) if words else Verdict.PASS
        out = said is Verdict.BLOCK
        self.left_out += out
        return Passage(
            reference=reference,
            restricted=restricted,
            words="" if out else words,
            left_out=out,
            guessed=said is Verdict.WARN,
        )

    def _said(self, reference: str, words: str) -> Verdict:
        source = self._sources.get(reference)
        if source is None:
            return Verdict.BLOCK
        return verdict(check(source, self._service_name, words), LetterPurpose.ASK_THE_SERVICE)


def content(brief: Brief) -> Markup:
    """The brief as the content of a page, beginning with its heading."""
    return _html("inspection.html", brief=brief, chart=chart(brief.months), labels=_labels(brief.months))


def page(brief: Brief) -> str:
    """The brief as a page that stands alone and prints well."""
    return as_html(f"Inspection brief: {brief.service.name}", content(brief))


def in_form(brief: Brief, form: str) -> bytes:
    """The brief in one of `mailbot.reports.formats.FORMS`."""
    if form == "json":
        return as_json(brief).encode()
    if form == "csv":
        return as_csv(rows(brief)).encode()
    return as_pdf(page(brief)) if form == "pdf" else page(brief).encode()


def rows(brief: Brief) -> Iterator[Sequence[object]]:
    """The brief's passages as a table, its heading first."""
    yield ("part", "theme or standard", "case", "restricted", "date", "finding", "words")
    for theme, held in brief.themes:
        for one in held:
            yield ("held", theme, *_cells(one.passage, _day(one.held_on), one.kind))
    for question in brief.enquiries:
        yield ("line of enquiry", "", *_cells(question.asked, "", "open" if question.found is None else "answered"))
        if question.found is not None:
            yield ("found", "", *_cells(question.found, "", ""))
    for weighed in brief.weighed:
        yield ("weighed", weighed.standard, *_cells(weighed.passage, "", weighed.finding))


def chart(months: Sequence[Month]) -> Markup:
    """Concerns by month as lines: all of them, and each situation."""
    series = {"All concerns": [month.concerns for month in months]}
    series |= {_named(one): [month.situations[one] for month in months] for one in Situation}
    total = sum(month.concerns for month in months)
    said = f"{total} concerns in {len(months)} months. The figures stand in the table below."
    return lines("Concerns by month", said, [f"{month.begins:%b ’%y}" for month in months], series)


def trend_in_words(pace: Pace, past: Interval | None, kind: Interval | None, *, has_kind: bool) -> Markup:
    """What the figures say of a trend and what they do not, in plain words; of its kind only where it `has_kind`."""
    return _html("trend_said.html", pace=pace, past=past, kind=kind, has_kind=has_kind)


def _cells(passage: Passage, day: str, finding: str) -> tuple[str, str, str, str, str]:
    words = LEFT_OUT if passage.left_out else passage.words
    if passage.guessed:
        words = f"{words} ({OTHERS_MAY_GUESS})"
    return passage.reference, "restricted" if passage.restricted else "", day, str(finding), words


def _source(known: KnownSource) -> Source:
    return with_work(
        Source(name=known.name, address=known.address, postal=known.postal, phones=known.phones, text=known.text)
    )


def _labels(months: Sequence[Month]) -> list[str]:
    return [f"{month.begins:%B %Y}" for month in months]


def _named(value: object) -> str:
    return _NAMES.get(str(value)) or str(value).replace("_", " ").capitalize()


def _day(at: date) -> str:
    """A day, or that of a moment in London, in words."""
    local = at.astimezone(LONDON) if isinstance(at, datetime) else at
    return f"{local.day} {local:%B %Y}"


def _html(name: str, **values: Any) -> Markup:
    return Markup(_pages().get_template(name).render(values))  # noqa: S704  the templates escape what they are given


@cache
def _pages() -> jinja2.Environment:
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("mailbot.reports", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(named=_named, day=_day)
    pages.globals.update(
        situations=tuple(Situation), left_out=LEFT_OUT, others_may_guess=OTHERS_MAY_GUESS, no_theme=NO_THEME
    )
    return pages
