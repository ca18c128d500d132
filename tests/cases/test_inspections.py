"""Inspections and what is held for them: imports, re-timing, themes, findings, and restricted cases nowhere."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.schema import actions, cases, retimings
from mailbot.cases.schema import audit as trail
from mailbot.cases.services.held import Held
from mailbot.cases.services.inspection_file import read_inspections
from mailbot.cases.services.inspections import Inspections, Outcome, differences
from mailbot.cases.services.overview import Overview, Scope, ScopeKind, month_starts
from mailbot.domain import ActionKind, Decision, RegisteredService, Role, ServiceType, TaskKind
from mailbot.errors import NotAllowed, RegisterUnreadable
from mailbot.pipeline import process
from mailbot.web import accounts
from tests.conftest import OFFICER, PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail
from tests.web.conftest import briefs_of

URN = "SC123456"
LARCH = RegisteredService(
    urn=URN,
    name="Larch Bank",
    service_type=ServiceType.CHILDRENS_HOME,
    authority="Lancashire",
    provider="Hollin Care Ltd",
)
INSPECTOR = Officer(email="larch.inspector@example.gov.uk", role=Role.INSPECTOR)
FULL = "Full inspection"


def held(installation: Installation, texts: list[str]) -> list[tuple[str, int]]:
    """Files a case about Larch Bank from each text and holds it for inspection; each reference with its action."""
    installation.services.replace([LARCH], "test")
    process(installation.ledger.keep([mail(text, uid=at) for at, text in enumerate(texts, 1)]), installation.office)
    with installation.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=URN, local_authority="Lancashire"))
    found = []
    for entry in sorted(installation.store.queue(WHISTLEBLOWING_OFFICER), key=lambda one: one.restricted):
        decision = Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,))
        installation.store.review(entry.reference, WHISTLEBLOWING_OFFICER, 1, decision)
        query = sa.select(actions.c.id).join(cases).where(cases.c.reference == entry.reference)
        with installation.engine.connect() as connection:
            found.append((entry.reference, connection.execute(query).scalar_one()))
    return found


def test_what_is_held_is_told_to_the_services_inspector_and_used_with_what_was_found(
    installation: Installation,
) -> None:
    keeping = Held(installation.engine, installation.vault, installation.clock)
    inspections = Inspections(installation.engine, installation.clock)
    ((reference, number),) = held(installation, ["The food is poor."])
    accounts.add(installation.engine, INSPECTOR.email, Role.INSPECTOR, PASSWORD, added_by="test", at=NOON)

    inspections.name_inspector(URN, OFFICER, INSPECTOR.email)
    keeping.keep(reference, OFFICER, number, "Premises and surroundings", "Look into the larder.")
    (mine,), total = keeping.waiting(INSPECTOR, mine=True)
    assert (mine.urn, mine.waiting, mine.new, total) == (URN, 1, 1, 1)
    installation.clock.advance(minutes=5)
    inspections.mark_read(URN, INSPECTOR)
    assert keeping.waiting(INSPECTOR, mine=True)[0][0].new == 0
    (item,) = keeping.of_service(URN, INSPECTOR)
    assert (item.theme, item.words) == ("Premises and surroundings", "Look into the larder.")

    inspections.take_over([Outcome(urn=URN, kind=FULL, held_on=date(2026, 12, 1), overall="Good")], "test")
    done = inspections.of_service(URN, INSPECTOR).held[0]
    keeping.use(URN, INSPECTOR, done.id, {number: "The larder was empty."})

    assert keeping.of_service(URN, INSPECTOR) == []
    (settled,) = keeping.of_case(reference, OFFICER)
    assert (settled.found, settled.used_by, settled.settled) == ("The larder was empty.", INSPECTOR.email, True)
    with pytest.raises(NotAllowed, match="used"):
        keeping.keep(reference, OFFICER, number, "Help and protection", "Later words")
    with installation.engine.connect() as connection:
        dump = "".join(str(row) for row in connection.execute(sa.text("SELECT * FROM held_items")))
        acts = set(connection.execute(sa.select(trail.c.act).where(trail.c.reference == reference)).scalars())
    assert "larder" not in dump
    assert {"held for inspection", "read what is held", "hold_for_inspection done"} <= acts


def test_what_inspectors_should_know_can_be_read_after_its_case_was_joined_to_another(sqlite: Installation) -> None:
    keeping = Held(sqlite.engine, sqlite.vault, sqlite.clock)
    (reference, _), (other, number) = held(sqlite, ["The food is poor.", "The larder is empty."])
    keeping.keep(other, OFFICER, number, "Help and protection", "Look into the larder.")
    with sqlite.engine.begin() as connection:
        ids = {row.reference: row.id for row in connection.execute(sa.select(cases))}
        add_task(connection, ids[other], TaskKind.JOIN, "the same home", ids[reference], sqlite.clock())
    (task,) = sqlite.store.open_case(other, OFFICER).tasks
    sqlite.store.settle_task(other, OFFICER, task.id, join=True)
    keeping.keep(reference, OFFICER, number, "Help and protection", "Look into the larder and the freezer.")

    assert "Look into the larder and the freezer." in [one.words for one in keeping.of_case(reference, OFFICER)]
    with pytest.raises(NotAllowed, match="4000"):
        keeping.keep(reference, OFFICER, number, "Help and protection", "x" * 4001)


def test_restricted_cases_are_in_no_count_list_or_brief_for_those_without_the_role(
    installation: Installation,
) -> None:
    briefs = briefs_of(installation)
    (_, (secret, number)) = held(installation, ["The food is poor.", "WORKER tells of a plover"])
    briefs.held.keep(secret, WHISTLEBLOWING_OFFICER, number, "Help and protection", "Ask how birds are kept.")
    briefs.inspections.plan(URN, WHISTLEBLOWING_OFFICER, FULL, date(2027, 3, 1), secret)

    scopes = [
        Scope(kind=ScopeKind.SERVICE, name=URN),
        Scope(kind=ScopeKind.PROVIDER, name="Hollin Care Ltd"),
        Scope(kind=ScopeKind.AUTHORITY, name="Lancashire"),
    ]
    for who, many in ((OFFICER, 1), (INSPECTOR, 1), (WHISTLEBLOWING_OFFICER, 2)):
        for scope in scopes:
            view = briefs.overview.of(scope, who)
            assert (view.total, len(view.cases), view.open_actions) == (many, many, many)
            assert (view.pace.now, sum(month.concerns for month in view.months)) == (many, many)
        assert [part.pace.now for part in briefs.overview.paces(who)] == [many]
        assert sum(theme.waiting for theme in briefs.held.themes(URN, who)) == many
        assert briefs.held.waiting(who, mine=False)[0][0].waiting == many
        brief = briefs.brief(URN, who)
        assert brief.restricted is (many == 2)
        assert (secret in repr(brief)) is (many == 2)
        assert briefs.inspections.of_service(URN, who).retimings[0].reference == (secret if many == 2 else None)


def test_a_brief_leaves_out_what_would_give_the_source_away_and_says_so(sqlite: Installation) -> None:
    briefs = briefs_of(sqlite)
    (plain, (telling, number)) = held(
        sqlite, ["Nobody checks the fire doors.", "I am Jo Sandiford. The food is poor at Larch House every evening."]
    )
    briefs.held.keep(plain[0], OFFICER, plain[1], "Premises and surroundings", "Look at the doors.")
    briefs.held.keep(telling, OFFICER, number, "Premises and surroundings", "Jo Sandiford says that meals are bad.")
    briefs.enquiries.write(plain[0], OFFICER, "Who checks the alarms?")

    brief = briefs.brief(URN, INSPECTOR)
    ((theme, items),) = brief.themes
    assert theme == "Premises and surroundings"
    assert sorted((one.passage.words, one.passage.left_out) for one in items) == [
        ("", True),
        ("Look at the doors.", False),
    ]
    assert brief.left_out == 1
    shown = briefs.guarded(LARCH, briefs.held.of_service(URN, INSPECTOR), INSPECTOR)
    assert sorted(one.words for one in shown) == ["Left out: it would tell who told us.", "Look at the doors."]
    assert [one.asked.words for one in brief.enquiries] == ["Who checks the alarms?"]
    with sqlite.engine.connect() as connection:
        read = connection.execute(sa.select(trail.c.reference).where(trail.c.act == "inspection brief")).scalars()
        assert sorted(read) == sorted([plain[0], telling])


def test_an_import_shows_differences_loses_nothing_and_records_a_re_timing(installation: Installation) -> None:
    inspections = Inspections(installation.engine, installation.clock)
    planned = Outcome(urn=URN, kind=FULL, number="10300001", planned_on=date(2027, 1, 12))
    first = inspections.take_over([planned], "test")
    later = Outcome(urn=URN, kind=FULL, number="10300001", planned_on=date(2027, 2, 2))
    moved = inspections.take_over([later], "test")
    outcome = Outcome(urn=URN, kind=FULL, held_on=date(2027, 2, 3), overall="Inadequate")
    past = Outcome(urn=URN, kind=FULL, held_on=date(2024, 5, 6), overall="Good")
    done = inspections.take_over([past, outcome], "test")

    assert first.new == (planned,)
    assert differences(*moved.changed[0]) == ["planned_on 2027-01-12 → 2027-02-02"]
    assert done.new == (past,), "an inspection from before it was planned is another one"
    ((before, after),) = done.changed
    assert before == later
    assert (after.planned_on, after.held_on, after.number) == (date(2027, 2, 2), date(2027, 2, 3), "10300001")
    assert inspections.take_over([past, outcome], "test").same == 2
    with installation.engine.connect() as connection:
        (change,) = connection.execute(sa.select(retimings.c.was_on, retimings.c.now_on))
    assert tuple(change) == (date(2027, 1, 12), date(2027, 2, 2))


def test_the_regulators_file_is_read_by_its_own_headings_and_refused_whole_where_a_line_is_wrong(
    tmp_path: Path,
) -> None:
    heads = "URN,Inspection type,Inspection number,Inspection date,Overall experiences and progress,Publication date\n"
    right, wrong = tmp_path / "right.csv", tmp_path / "wrong.csv"
    right.write_text(heads + "sc 123456,Full inspection,10300001,03/02/2027,Good,2027-03-01\n", encoding="utf-8")
    wrong.write_text(heads + "SC123456,Full inspection,1,31/02/2027,Good,\nx,,2,,,\n", encoding="utf-8")

    (read,) = read_inspections(right)
    assert (read.urn, read.held_on, read.published_on) == (URN, date(2027, 2, 3), date(2027, 3, 1))
    with pytest.raises(RegisterUnreadable, match=r"31/02/2027.*'x' is no URN.*no kind.*neither planned nor held"):
        read_inspections(wrong)


def test_concerns_are_counted_by_londons_months_and_the_past_begins_with_the_record(sqlite: Installation) -> None:
    held(sqlite, ["One.", "Two.", "Three."])
    june = next(one for one in reversed(month_starts(NOON)) if one.month == 6)
    moments = (june, june - timedelta(seconds=1), NOON - timedelta(days=200))
    with sqlite.engine.begin() as connection:
        ids = connection.execute(sa.select(cases.c.id).order_by(cases.c.id)).scalars().all()
        for case_id, at in zip(ids, moments, strict=True):
            connection.execute(sa.update(cases).where(cases.c.id == case_id).values(received_at=at))

    view = Overview(sqlite.engine, sqlite.clock).of(Scope(kind=ScopeKind.SERVICE, name=URN), OFFICER)
    by_month = {month.begins.month: month.concerns for month in view.months if month.concerns}
    assert by_month == {5: 2, 6: 1}, "a second before midnight in London is the month before"
    assert (view.pace.now, view.pace.before, view.pace.days_before) == (2, 1, 18)
    assert (view.year, view.kind) == (3, {3: 1})
