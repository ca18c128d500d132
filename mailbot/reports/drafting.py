"""Annual reports of an installation: drawn up by whoever may read restricted cases, published, read by everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.clock import Clock
from mailbot.config import Reports, shipped
from mailbot.errors import ReportRefused
from mailbot.reports.annual import AnnualReport, Control, chosen_control, draw_up, read_words
from mailbot.reports.disclosures import Disclosures
from mailbot.reports.published import PublishedReports
from mailbot.reports.year import ReportingYear


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which report somebody wants drawn up. `as_at` is None for how things stand now."""

    year: ReportingYear
    as_at: datetime | None = None
    suppression: bool = True
    because: str = ""
    rounding: bool = False


class AnnualReports:
    """Draws up and publishes; what was published is read in `published`."""

    def __init__(self, engine: sa.Engine, clock: Clock, settings: Reports) -> None:
        self.published = PublishedReports(engine, clock)
        self._disclosures = Disclosures(engine, clock)
        self._clock = clock
        self._settings = settings

    @property
    def this_year(self) -> ReportingYear:
        return ReportingYear.of(self._clock())

    def draft(self, officer: Officer, wanted: Wanted) -> AnnualReport:
        """The report as wanted; audited. Raises `NotAllowed`, and `ReportRefused` where it cannot be drawn up."""
        now = self._clock()
        as_at = wanted.as_at or now
        if not wanted.year.begins_at <= as_at <= now:
            raise ReportRefused(f"the report of {wanted.year} can be drawn up as at any day from its first until today")
        control = self._control(wanted)
        detail = f", nothing withheld: {control.because}" if control.suppress_below is None else ""
        figures = self._disclosures.figures(wanted.year, officer, as_at, detail)
        words = Path(self._settings.words) if self._settings.words else shipped("templates") / "annual_report.toml"
        return draw_up(wanted.year, as_at, figures, control, read_words(words))

    def publish(self, officer: Officer, wanted: Wanted) -> AnnualReport:
        """Draws the report up and publishes it, for good."""
        return self.published.publish(officer, self.draft(officer, wanted))

    def _control(self, wanted: Wanted) -> Control:
        return chosen_control(
            self._settings.suppress_below,
            suppression=wanted.suppression,
            because=wanted.because,
            rounding=wanted.rounding,
        )
