"""Annual reports that were published: frozen as they were, one a year, for everybody to read.

A second version for the same year is refused. Whoever held both could take one from the other and see what a few
disclosures more or less had changed, however well each had been made safe.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import published_reports
from mailbot.clock import Clock
from mailbot.errors import ReportRefused
from mailbot.reports.annual import AnnualReport
from mailbot.reports.year import ReportingYear
from mailbot.targets import LONDON


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """That the report of a year was published, when and by whom of the staff."""

    year: str
    published_at: datetime
    published_by: str


class PublishedReports:
    """The reports of an installation."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock

    def listed(self) -> list[Publication]:
        """All of them, the newest year first."""
        columns = (published_reports.c.year, published_reports.c.published_at, published_reports.c.published_by)
        query = sa.select(*columns).order_by(published_reports.c.year.desc())
        with storage_errors(), self._engine.connect() as connection:
            return [Publication(**row._mapping) for row in connection.execute(query)]

    def of(self, year: str) -> AnnualReport | None:
        """The report of a year as it was published; None where none was."""
        query = sa.select(published_reports.c.report).where(published_reports.c.year == year)
        with storage_errors(), self._engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else msgspec.json.decode(found, type=AnnualReport)

    def publish(self, officer: Officer, draft: AnnualReport) -> AnnualReport:
        """Freezes a draft as the report of its year; audited.

        Raises `ReportRefused` where it does not reach to the year's end or the year has its report, and `NotAllowed`.
        """
        demand(officer, Permission.READ_RESTRICTED)
        if draft.as_at < ReportingYear.named(draft.year).ends_at:
            raise ReportRefused(f"{draft.year} was not over as at that day: publish it as at 1 April or later")
        now = self._clock()
        report = replace(draft, published_on=now.astimezone(LONDON).date())
        try:
            with storage_errors(), self._writing.begin() as connection:
                connection.execute(
                    sa.insert(published_reports).values(
                        year=report.year,
                        as_at=report.as_at,
                        published_at=now,
                        published_by=officer.email,
                        report=msgspec.json.encode(report).decode(),
                    )
                )
                act = "annual report published"
                audit.record(connection, at=now, actor=officer.email, act=act, detail=report.year)
        except sa.exc.IntegrityError:
            raise ReportRefused(
                f"the report of {report.year} has been published and stays as it is: what a second version changed "
                "would tell of a few disclosures"
            ) from None
        return report
