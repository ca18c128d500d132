"""The annual report on workers' disclosures: what it counts, what it withholds, and that it stays as published."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.schema import audit, cases
from mailbot.commands.app import app
from mailbot.config import Reports
from mailbot.domain import ActionKind, Correction, Decision, Role, ServiceType, Situation, TaskKind, Whistleblowing
from mailbot.errors import NotAllowed, ReportRefused
from mailbot.pipeline import process
from mailbot.reports.annual import AnnualReport, in_form
from mailbot.reports.drafting import AnnualReports, Wanted
from mailbot.reports.formats import as_csv
from mailbot.reports.year import ReportingYear
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail
from tests.reports.year_2017_18 import SUMMER, seed, seed_2017_18

THEN, NOW = ReportingYear(2017), ReportingYear(2026)


def reports_of(installation: Installation) -> AnnualReports:
    return AnnualReports(installation.engine, installation.clock, Reports())


def counts(report: AnnualReport, table: str = "by_service") -> list[int | None]:
    return [count for count in getattr(report.figures, table).values() if count != 0]


def lines(content: bytes) -> dict[str, str]:
    return {row[1]: row[2] for row in csv.reader(io.StringIO(content.decode()))}


def test_the_counts_of_2017_18_come_out_as_published_where_that_was_decided_and_else_without_small_ones(
    installation: Installation,
) -> None:
    seed_2017_18(installation)
    reports = reports_of(installation)

    whole = reports.draft(
        WHISTLEBLOWING_OFFICER, Wanted(year=THEN, suppression=False, because="As it was\npublished in 2018")
    )
    safe = reports.draft(WHISTLEBLOWING_OFFICER, Wanted(year=THEN))
    coarse = reports.draft(WHISTLEBLOWING_OFFICER, Wanted(year=THEN, rounding=True))

    assert (whole.figures.total, whole.figures.further) == (safe.figures.total, safe.figures.further) == (271, 200)
    assert counts(whole, "by_situation") == counts(safe, "by_situation") == [42, 84, 96, 49]
    assert counts(whole) == [178, 3, 78, 10, 3, 1]
    assert counts(safe) == [178, None, 78, None, None, None]
    assert (coarse.figures.total, counts(coarse, "by_situation")) == (270, [40, 85, 95, 50])
    assert "No count is withheld" in in_form(whole, "html").decode()
    assert lines(in_form(whole, "csv"))["Small counts"] == "not withheld, because: As it was published in 2018"
    with installation.engine.connect() as connection:
        details = connection.execute(
            sa.select(audit.c.detail).where(audit.c.act == "annual report drawn up").order_by(audit.c.id)
        ).scalars()
        assert ["nothing withheld: As it was published in 2018" in detail for detail in details] == [True, False, False]


def test_every_form_tells_the_same_and_withholds_the_same(sqlite: Installation) -> None:
    seed_2017_18(sqlite)
    report = reports_of(sqlite).draft(WHISTLEBLOWING_OFFICER, Wanted(year=THEN))

    told = json.loads(in_form(report, "json"))
    sheet, page = lines(in_form(report, "csv")), in_form(report, "html").decode()
    document = pypdf.PdfReader(io.BytesIO(in_form(report, "pdf")))
    paper = "\n".join(one.extract_text() for one in document.pages)

    assert "/StructTreeRoot" in document.root_object
    assert told["published_on"] is None
    assert "Draft" in page
    assert "Draft" in paper
    for name, count in told["figures"]["by_service"].items():
        shown = "[c]" if count is None else str(count)
        assert sheet[name] == shown
        assert f"{name.replace(chr(39), '&#39;')}</th><td" in page
        row = page.split(f"{name.replace(chr(39), '&#39;')}</th>")[1].split("</td>")[0]
        assert row.endswith(f">{shown}")
        assert f"{name} {shown}" in " ".join(paper.split())
    assert " style=" not in page
    assert "<script" not in page


def test_it_counts_what_officers_confirmed_as_it_stood_and_what_they_decided(installation: Installation) -> None:
    reports, store, clock = reports_of(installation), installation.store, installation.clock

    def filed(text: str, uid: int) -> str:
        process(installation.ledger.keep([mail(text, uid=uid, sender=f"jo{uid}@post.example")]), installation.office)
        known = {one.reference for one in store.queue(WHISTLEBLOWING_OFFICER)} - set(references)
        return known.pop()

    def drawn(as_at: datetime | None = None) -> tuple[int | None, int | None, list[int]]:
        wanted = Wanted(year=NOW, as_at=as_at, suppression=False, because="A test")
        figures = reports.draft(WHISTLEBLOWING_OFFICER, wanted).figures
        return figures.total, figures.further, [count or 0 for count in figures.apart.values()]

    references: list[str] = []
    for number, text in enumerate(("WORKER one", "WORKER two", "WORKER three", "a neighbour"), start=1):
        references.append(filed(text, number))
    assert drawn() == (0, 0, [3, 0])
    first, second, third, _ = references
    clock.advance(hours=1)
    for reference, change, kinds in (
        (first, ("second_service_type", ServiceType.LOCAL_AUTHORITY), (ActionKind.HOLD_FOR_INSPECTION,)),
        (second, ("service_type", ServiceType.CAFCASS), (ActionKind.SIGNPOST,)),
        (third, ("whistleblowing", Whistleblowing.NOT_COVERED), ()),
    ):
        version = store.open_case(reference, WHISTLEBLOWING_OFFICER).version
        corrections = (Correction(field=change[0], value=change[1], reason="As told"),)
        store.review(reference, WHISTLEBLOWING_OFFICER, version, Decision(corrections=corrections, actions=kinds))

    assert drawn() == (2, 1, [0, 1])
    assert drawn(as_at=NOON) == (0, 0, [3, 0])
    whole = reports.draft(WHISTLEBLOWING_OFFICER, Wanted(year=NOW, suppression=False, because="A test"))
    assert {name: count for name, count in whole.figures.by_service.items() if count} == {
        "Residential care in children's homes": 1,
        "Local authority children's services": 1,
        "Other services, and those of which there are only a few": 1,
    }
    before_joining = clock()
    clock.advance(hours=1)
    with installation.engine.begin() as connection:
        ids = {row.reference: row.id for row in connection.execute(sa.select(cases.c.id, cases.c.reference))}
        add_task(connection, ids[first], TaskKind.JOIN, "it names that case", ids[second], clock())
    (task,) = [one for one in store.open_case(first, WHISTLEBLOWING_OFFICER).tasks if one.kind is TaskKind.JOIN]
    store.settle_task(first, WHISTLEBLOWING_OFFICER, task.id, join=True)
    assert drawn() == (1, 1, [0, 1])
    assert drawn(as_at=before_joining) == (2, 1, [0, 1])


def test_only_who_may_read_restricted_cases_draws_it_up(sqlite: Installation) -> None:
    with pytest.raises(NotAllowed):
        reports_of(sqlite).draft(OFFICER, Wanted(year=THEN))
    with pytest.raises(ReportRefused, match="say why"):
        reports_of(sqlite).draft(WHISTLEBLOWING_OFFICER, Wanted(year=THEN, suppression=False))


def test_what_is_published_stays_and_a_second_version_is_refused(installation: Installation) -> None:
    seed_2017_18(installation)
    reports = reports_of(installation)
    for wanted in (Wanted(year=NOW), Wanted(year=THEN, as_at=SUMMER + timedelta(days=30))):
        with pytest.raises(ReportRefused, match="not over"):
            reports.publish(WHISTLEBLOWING_OFFICER, wanted)

    published = reports.publish(WHISTLEBLOWING_OFFICER, Wanted(year=THEN))
    with pytest.raises(ReportRefused, match="stays as it is"):
        reports.publish(WHISTLEBLOWING_OFFICER, Wanted(year=THEN, rounding=True))

    assert published.published_on == NOON.date()
    assert reports.published.of("2017-18") == published
    assert [(one.year, one.published_by) for one in reports.published.listed()] == [("2017-18", "wb@example.gov.uk")]


def test_a_year_begins_on_1_april_by_london_time() -> None:
    assert str(ReportingYear.of(datetime(2026, 3, 31, 22, 59, tzinfo=UTC))) == "2025-26"
    assert str(ReportingYear.of(datetime(2026, 3, 31, 23, 0, tzinfo=UTC))) == "2026-27"
    assert ReportingYear.named("2099-00") == ReportingYear(2099)
    for wrong in ("2025-27", "2025", "2025-2026", ""):
        with pytest.raises(ReportRefused):
            ReportingYear.named(wrong)


def test_no_cell_of_a_sheet_is_a_formula() -> None:
    written = as_csv([["=1+1", "+1", "-1", "@x", "\tx", "plain", -1, 'a "quote", and more']])

    assert written == '\'=1+1,\'+1,\'-1,\'@x,\'\tx,plain,-1,"a ""quote"", and more"\r\n'


def test_the_command_draws_up_publishes_and_then_shows_what_was_published(sqlite: Installation) -> None:
    told = {"whistleblowing": Whistleblowing.QUALIFYING, "service_type": ServiceType.CHILDRENS_HOME}
    seed(sqlite, [{**told, **dict.fromkeys(Situation, True), "second_service_type": "none"}] * 7)
    config = Path(sqlite.folder, "config.toml")
    config.write_text(
        '[[mailbox]]\nname = "enquiries"\nkind = "maildir"\npath = "mail"\n[outgoing]\nkind = "folder"\n'
        '[keys]\nfile = "keys"\nstore = "sqlite:///keystore.sqlite3"\n'
    )

    def report(*options: str) -> tuple[str, BaseException | None]:
        words = ["report", "annual", "--year", "2017-18", "--config", str(config), *options]
        done = CliRunner().invoke(app, words)
        return done.stdout, done.exception

    officer = f"{Role.WHISTLEBLOWING_OFFICER}@example.gov.uk"
    assert "draws it up" in str(report()[1])
    assert "--as ADDRESS" in str(report("--publish")[1])
    assert json.loads(report("--format", "json", "--as", officer, "--as-at", "2017-06-30")[0])["figures"]["total"] == 0
    draft, _ = report("--format", "csv", "--as", officer)
    assert "A child may be at risk,7" in draft
    published, _ = report("--format", "json", "--as", officer, "--publish")
    assert report("--format", "json")[0] == published
