"""The queue as record: its order, each filter, counts that equal the lists, who has a case, who has seen it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.bulk import Bulk, is_all_on_screen
from mailbot.cases.handovers import Handovers
from mailbot.cases.queue import Filters, Queue, QueuePage, filters_from
from mailbot.cases.schema import audit, cases, handovers, staff
from mailbot.cases.together import Together
from mailbot.cases.views import Views
from mailbot.domain import (
    ActionKind,
    Attachment,
    CaseState,
    Correction,
    Decision,
    Kind,
    RegisteredService,
    Role,
    ServiceType,
    TaskKind,
)
from mailbot.errors import NotAllowed, StaleWrite
from mailbot.pipeline import process
from mailbot.targets import ORDINARY, due_at, see_by
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail

COLLEAGUE = Officer(email="colleague@example.gov.uk", role=Role.OFFICER)
MANAGER = Officer(email="duty_manager@example.gov.uk", role=Role.DUTY_MANAGER)
INSPECTOR = Officer(email="inspector@example.gov.uk", role=Role.INSPECTOR)
PEOPLE = (OFFICER, COLLEAGUE, WHISTLEBLOWING_OFFICER, MANAGER, INSPECTOR)


class Desk:
    """An installation with staff, and cases filed one after the other."""

    def __init__(self, installation: Installation) -> None:
        self.of = installation
        self.queue = Queue(installation.engine, installation.clock)
        self.views = Views(installation.engine, self.queue)
        self.together = Together(installation.engine, installation.clock)
        self.handovers = Handovers(installation.engine, installation.vault, installation.clock)
        self.bulk = Bulk(installation.engine, installation.store, installation.clock)
        self._uid = 0
        with installation.engine.begin() as connection:
            connection.execute(sa.delete(staff))
            for number, one in enumerate(PEOPLE):
                values = {"email": one.email, "role": one.role, "active": True, "password": "-", "added_by": "test"}
                connection.execute(sa.insert(staff).values(**values, added_at=NOON, fs_uniquifier=str(number)))

    def file(self, text: str = "The food is poor.", **changes: Any) -> str:
        """A case filed now, with clear columns as given."""
        self._uid += 1
        received = dataclasses.replace(
            mail(text, uid=self._uid, sender=f"Jo <jo{self._uid}@post.example>"), received_at=self.of.clock()
        )
        before = self.references(CaseState.NEW)
        process(self.of.ledger.keep([received]), self.of.office)
        (reference,) = self.references(CaseState.NEW) - before
        if changes:
            self.change(reference, **changes)
        return reference

    def references(self, state: CaseState) -> set[str]:
        return {one.reference for one in self.of.store.queue(WHISTLEBLOWING_OFFICER, [state])}

    def change(self, reference: str, **values: Any) -> None:
        with self.of.engine.begin() as connection:
            connection.execute(sa.update(cases).where(cases.c.reference == reference).values(**values))

    def row(self, reference: str) -> Any:
        with self.of.engine.connect() as connection:
            return connection.execute(sa.select(cases).where(cases.c.reference == reference)).one()

    def page(self, officer: Officer = OFFICER, number: int = 1, **filters: Any) -> QueuePage:
        return self.queue.page(officer, CaseState.NEW, Filters(**filters), number)

    def listed(self, officer: Officer = OFFICER, **filters: Any) -> list[str]:
        return [one.reference for one in self.page(officer, **filters).entries]

    def acts(self, reference: str) -> list[tuple[str, str, str]]:
        with self.of.engine.connect() as connection:
            rows = connection.execute(sa.select(audit).where(audit.c.reference == reference).order_by(audit.c.id))
            return [(row.actor, row.act, row.detail) for row in rows]


@pytest.fixture
def desk(installation: Installation) -> Desk:
    return Desk(installation)


def test_a_case_is_due_by_its_priority_from_when_it_came(desk: Desk) -> None:
    reference = desk.file()
    row = desk.row(reference)

    assert row.due_at == due_at(NOON, row.priority, ORDINARY)
    assert row.see_by == see_by(NOON, ORDINARY)
    assert row.seen_at is None


def test_the_queue_is_ordered_by_priority_then_by_what_is_due_first(desk: Desk) -> None:
    later = desk.file()
    desk.of.clock.advance(hours=1)
    sooner, low, high = desk.file(), desk.file(priority=5), desk.file(priority=2)
    desk.change(sooner, due_at=NOON)

    assert desk.listed() == [high, sooner, later, low]
    assert [one.reference for one in desk.of.store.queue(OFFICER)] == [high, sooner, later, low]


def test_a_danger_nobody_has_seen_stands_on_every_page_under_every_filter(desk: Desk) -> None:
    danger = desk.file("DANGER here")
    other = desk.file()
    page = desk.page(language=("cy",))

    assert [one.reference for one in page.pinned] == [danger]
    assert page.entries == []
    assert page.counts[CaseState.NEW] == 0, "the counts are those of the filters"
    assert [one.reference for one in desk.queue.page(OFFICER, CaseState.CLOSED, Filters()).pinned] == [danger]

    desk.of.store.open_case(danger, OFFICER)
    page = desk.page()
    assert page.pinned == []
    assert [one.reference for one in page.entries] == [danger, other]


def test_a_restricted_danger_is_pinned_for_those_alone_who_may_see_it(desk: Desk) -> None:
    desk.file("DANGER for a WORKER")

    assert desk.page(OFFICER).pinned == []
    assert len(desk.page(WHISTLEBLOWING_OFFICER).pinned) == 1


FILTERED: dict[tuple[str, str], dict[str, Any]] = {
    ("mailbox", "other-box"): {"mailbox": "other-box"},
    ("situation", "systemic_failure"): {"systemic_failure": True},
    ("remit", "grievance"): {"remit": "grievance"},
    ("service_type", "boarding_school"): {"service_type": "boarding_school"},
    ("authority", "Suffolk"): {"local_authority": "Suffolk"},
    ("service", "1234567"): {"urn": "1234567"},
    ("service", "larch h"): {"urn": "7654321"},
    ("assigned", "mine"): {"assigned_to": OFFICER.email},
    ("assigned", COLLEAGUE.email): {"assigned_to": COLLEAGUE.email},
    ("language", "cy"): {"language": "cy"},
    ("language", "other"): {"language": "pl"},
    ("seen", "late"): {"see_by": NOON.replace(year=2025)},
}


def test_each_filter_finds_what_it_asks_for_and_nothing_else(desk: Desk) -> None:
    larch = RegisteredService(
        urn="7654321", name="Larch House", service_type=ServiceType.CHILDRENS_HOME, authority="Suffolk"
    )
    desk.of.services.replace([larch], "test")
    wanted = {asked: desk.file(**columns) for asked, columns in FILTERED.items()}

    assert {(name, value): desk.listed(**{name: (value,)}) for name, value in FILTERED} == {
        asked: [reference] for asked, reference in wanted.items()
    }
    assert set(desk.listed()) == set(wanted.values())


def test_any_of_several_values_of_one_filter_and_all_filters_together(desk: Desk) -> None:
    welsh, polish = desk.file(language="cy"), desk.file(language="pl", remit="grievance")
    desk.file()

    assert set(desk.listed(language=("cy", "other"))) == {welsh, polish}
    assert desk.listed(language=("cy", "other"), remit=("grievance",)) == [polish]


def test_a_sign_of_a_search_pattern_in_a_services_name_is_no_pattern(desk: Desk) -> None:
    desk.file(urn="1234567")

    assert desk.listed(service=("%%",)) == []


def test_what_waits_for_an_answer_and_what_has_a_task_are_found(desk: Desk) -> None:
    first = desk.file()
    desk.file()
    assert desk.listed(waiting_for=("task",)) == []
    with desk.of.engine.begin() as connection:
        add_task(connection, desk.row(first).id, TaskKind.LETTER_FAILED, "it could not go", None, NOON)

    assert desk.listed(waiting_for=("task",)) == [first]
    assert desk.listed(waiting_for=("letter_failed",)) == [first]
    assert desk.listed(waiting_for=("answer_came",)) == []
    assert desk.listed(waiting_for=("answer",)) == []


def test_a_task_that_speaks_of_a_restricted_case_is_no_filter_for_others(desk: Desk) -> None:
    plain, worker = desk.file(), desk.file("WORKER")
    with desk.of.engine.begin() as connection:
        add_task(connection, desk.row(plain).id, TaskKind.JOIN, "alike", desk.row(worker).id, NOON)

    assert desk.listed(OFFICER, waiting_for=("task",)) == []
    assert desk.listed(WHISTLEBLOWING_OFFICER, waiting_for=("join",)) == [plain]


@pytest.mark.parametrize("filters", [{}, {"remit": ("regulated",)}, {"seen": ("not_yet",)}, {"assigned": ("nobodys",)}])
def test_the_counts_equal_the_lists_and_leave_restricted_cases_out(
    desk: Desk, filters: dict[str, tuple[str, ...]]
) -> None:
    for text in ("one", "two", "WORKER", "DANGER", "DANGER and WORKER"):
        desk.file(text)
    desk.change(desk.file("closed"), state=CaseState.CLOSED)
    for officer in (OFFICER, WHISTLEBLOWING_OFFICER):
        for state in CaseState:
            page = desk.queue.page(officer, state, Filters(**filters))
            matching = [one for one in page.pinned if one.state is state]
            assert page.counts[state] == len(page.entries) + len(matching)
            assert (CaseState.CLOSED in page.counts) is (state is CaseState.CLOSED)
            assert officer is WHISTLEBLOWING_OFFICER or not any(one.restricted for one in page.entries)


def test_pages_hold_fifty_and_every_case_stands_on_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailbot.cases.queue.PAGE_SIZE", 3)
    filed = [desk.file() for _ in range(7)]
    pages = [desk.page(number=number) for number in (1, 2, 3)]

    assert [one.reference for page in pages for one in page.entries] == filed
    assert [(page.first_of, len(page.entries)) for page in pages] == [(1, 3), (4, 3), (7, 1)]
    assert (desk.page(number=9).number, desk.page(number=9).last) == (3, 3)


def test_beyond_what_is_counted_every_closed_case_still_stands_on_a_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.cases.queue.PAGE_SIZE", 2)
    monkeypatch.setattr("mailbot.cases.queue.MOST_COUNTED", 4)
    filed = [desk.file() for _ in range(9)]
    for reference in (*filed, desk.file("WORKER")):
        desk.change(reference, state=CaseState.CLOSED)
    pages = [desk.queue.page(OFFICER, CaseState.CLOSED, Filters(), number) for number in (1, 2, 3, 4, 5)]

    assert [one.reference for page in pages for one in page.entries] == filed
    assert [(page.total, page.more, page.last) for page in pages] == [(4, True, 3)] * 2 + [(9, False, 5)] * 3
    assert all(page.counts[CaseState.CLOSED] == page.total for page in pages)


@pytest.mark.parametrize("filters", [{}, {"situation": ("quality_of_care",), "assigned": ("nobodys",)}])
def test_a_page_costs_the_same_number_of_queries_however_many_cases_there_are(
    desk: Desk, filters: dict[str, tuple[str, ...]]
) -> None:
    counts = []
    for _ in range(2):
        desk.file("DANGER")
        desk.file()
        statements: list[str] = []
        sa.event.listen(desk.of.engine, "before_cursor_execute", lambda *given, to=statements: to.append(given[2]))
        desk.page(**filters)
        counts.append(len(statements))
        desk.file("one more")
        del statements

    assert counts[0] == counts[1] == 4 + (desk.of.engine.dialect.name == "sqlite")


def test_counting_never_touches_the_rows_themselves_which_are_long(sqlite: Installation) -> None:
    asked: list[tuple[str, Any]] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    filters = {
        "mailbox": "a", "situation": "child_at_risk", "remit": "regulated", "service_type": "childrens_home",
        "authority": "Kent", "service": "SC123456", "assigned": "nobodys", "language": "cy", "seen": "not_yet",
    }  # fmt: skip
    for chosen in ({}, *({name: (value,)} for name, value in filters.items())):
        asked.clear()
        for officer in (OFFICER, WHISTLEBLOWING_OFFICER, dataclasses.replace(MANAGER, opened=frozenset({"MB-1"}))):
            Queue(sqlite.engine, sqlite.clock).page(officer, CaseState.CLOSED, Filters(**chosen))
        counting = [one for one in asked if one[0].startswith("SELECT (SELECT count(*)")]
        assert len(counting) == 3
        with sqlite.engine.connect() as connection:
            plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all() for sql, given in counting]
        steps = [row.detail for plan in plans for row in plan if " cases" in row.detail]
        assert steps
        assert all("COVERING INDEX" in step for step in steps), (chosen, steps)


def test_what_nobody_has_seen_within_a_working_day_is_counted_but_for_what_a_machine_sent(desk: Desk) -> None:
    late, machine = desk.file(), desk.file(kind=Kind.AUTOMATIC)
    worrying = desk.file(kind=Kind.AUTOMATIC, look_first=True)
    desk.file("WORKER")
    assert desk.page().late == 0
    desk.of.clock.advance(days=1, seconds=1)

    assert desk.page().late == 2
    assert set(desk.listed(seen=("late",))) == {late, worrying}
    assert desk.page(WHISTLEBLOWING_OFFICER).late == 3
    desk.of.store.open_case(late, OFFICER)
    assert desk.listed(seen=("late",)) == [worrying]
    assert machine in desk.listed(seen=("not_yet",))


def test_a_case_is_seen_once_and_unseen_again_when_its_sender_writes_more(desk: Desk) -> None:
    reference = desk.file()
    desk.of.store.open_case(reference, OFFICER)
    seen_at = desk.row(reference).seen_at
    assert seen_at == desk.of.clock()
    desk.of.clock.advance(minutes=5)
    desk.of.store.open_case(reference, COLLEAGUE)
    assert desk.row(reference).seen_at == seen_at

    token = answer_address(desk.of)
    desk.of.clock.advance(hours=1)
    more = dataclasses.replace(
        mail("DANGER now", uid=99, to=token, sender="Jo <jo1@post.example>"), received_at=desk.of.clock()
    )
    process(desk.of.ledger.keep([more]), desk.of.office)

    row = desk.row(reference)
    assert row.seen_at is None
    assert (row.priority, row.due_at) == (1, due_at(desk.of.clock(), 1, ORDINARY))
    assert row.waits_since == NOON
    assert [one.reference for one in desk.page().pinned] == [reference]


def answer_address(installation: Installation) -> str:
    (queued,) = installation.outbox.claim(1)
    return queued.letter.tagged_address


def test_a_correction_that_raises_is_due_sooner_and_one_that_lowers_later(desk: Desk) -> None:
    reference = desk.file()
    desk.of.clock.advance(hours=2)
    correct(desk, reference, "immediate_risk", "true")
    assert desk.row(reference).due_at == due_at(desk.of.clock(), 1, ORDINARY)

    other = desk.file()
    came_at = desk.of.clock()
    desk.of.clock.advance(hours=2)
    correct(desk, other, "remit", "other_nation")
    assert desk.row(other).priority == 4
    assert desk.row(other).due_at == due_at(came_at, 4, ORDINARY)


def correct(desk: Desk, reference: str, field: str, value: str) -> None:
    version = desk.of.store.open_case(reference, OFFICER).version
    decision = Decision(corrections=(Correction(field=field, value=value, reason="told by telephone"),))
    desk.of.store.review(reference, OFFICER, version, decision)


def test_a_danger_found_by_a_second_look_is_due_from_then_and_pinned(desk: Desk) -> None:
    reference = desk.file()
    desk.of.store.open_case(reference, COLLEAGUE)
    desk.of.clock.advance(days=1)
    desk.of.second_looks.draw(1)
    desk.of.second_looks.answer(reference, OFFICER, danger=True)

    assert [one.reference for one in desk.page().pinned] == [reference]
    assert desk.row(reference).due_at == due_at(desk.of.clock(), 1, ORDINARY)


def test_a_case_is_taken_given_back_and_assigned_on_record(desk: Desk) -> None:
    reference = desk.file()
    desk.together.take(reference, OFFICER)
    assert desk.listed(assigned=("mine",)) == [reference]
    assert desk.listed(COLLEAGUE, assigned=("nobodys",)) == []
    with pytest.raises(NotAllowed, match=OFFICER.email):
        desk.together.take(reference, COLLEAGUE)
    with pytest.raises(NotAllowed):
        desk.together.give_back(reference, COLLEAGUE)
    desk.together.assign(reference, MANAGER, COLLEAGUE.email)
    desk.together.give_back(reference, COLLEAGUE)

    assert desk.listed(assigned=("nobodys",)) == [reference]
    assert desk.acts(reference)[1:] == [
        (OFFICER.email, "case taken", ""),
        (MANAGER.email, "case assigned", COLLEAGUE.email),
        (COLLEAGUE.email, "case given back", ""),
    ]


def test_a_case_is_assigned_to_those_alone_who_may_read_it(desk: Desk) -> None:
    plain, worker = desk.file(), desk.file("WORKER")

    for stranger in (INSPECTOR.email, "nobody@example.gov.uk", ""):
        with pytest.raises(NotAllowed):
            desk.together.assign(plain, OFFICER, stranger)
    with pytest.raises(NotAllowed):
        desk.together.assign(worker, WHISTLEBLOWING_OFFICER, OFFICER.email)
    with pytest.raises(NotAllowed):
        desk.together.assign(worker, OFFICER, WHISTLEBLOWING_OFFICER.email)
    assert desk.together.colleagues(WHISTLEBLOWING_OFFICER, restricted=True) == [WHISTLEBLOWING_OFFICER.email]
    assert set(desk.together.colleagues(OFFICER)) == {one.email for one in PEOPLE} - {INSPECTOR.email}


def test_a_case_whose_holder_may_no_longer_read_it_is_nobodys(desk: Desk) -> None:
    left, now_restricted = desk.file(assigned_to=COLLEAGUE.email), desk.file(assigned_to=OFFICER.email)
    desk.change(now_restricted, restricted=True)
    with desk.of.engine.begin() as connection:
        connection.execute(sa.update(staff).where(staff.c.email == COLLEAGUE.email).values(active=False))

    assert set(desk.listed(WHISTLEBLOWING_OFFICER, assigned=("nobodys",))) == {left, now_restricted}
    desk.together.take(left, OFFICER)
    desk.together.take(now_restricted, WHISTLEBLOWING_OFFICER)
    assert desk.row(left).assigned_to == OFFICER.email


def test_a_case_opened_in_an_emergency_is_not_kept(desk: Desk) -> None:
    worker = desk.file("WORKER in DANGER")
    opened = dataclasses.replace(MANAGER, opened=frozenset({worker}))

    with pytest.raises(NotAllowed, match="emergency"):
        desk.together.take(worker, opened)


def test_who_looks_at_a_case_is_shown_to_the_others_for_two_minutes(desk: Desk) -> None:
    reference, other = desk.file(), desk.file()
    assert desk.together.look(reference, OFFICER) == []
    assert desk.together.look(reference, COLLEAGUE) == [OFFICER.email]
    assert desk.together.look(other, COLLEAGUE) == []
    desk.of.clock.advance(minutes=1)
    assert desk.together.look(reference, OFFICER) == [COLLEAGUE.email]
    desk.of.clock.advance(minutes=1, seconds=1)
    assert desk.together.look(reference, COLLEAGUE) == [OFFICER.email]
    desk.of.clock.advance(minutes=3)
    assert desk.together.look(reference, OFFICER) == []
    with pytest.raises(NotAllowed):
        desk.together.look(desk.file("WORKER"), OFFICER)


def test_a_view_is_kept_for_its_owner_and_saved_again_under_the_same_name(desk: Desk) -> None:
    desk.views.save(OFFICER, " Welsh  ones ", CaseState.OPEN, Filters(language=("cy",), situation=("child_at_risk",)))
    desk.views.save(OFFICER, "Welsh ones", CaseState.NEW, Filters(language=("cy",)))
    (view,) = desk.views.listed(OFFICER)

    assert (view.name, view.state, view.filters) == ("Welsh ones", CaseState.NEW, Filters(language=("cy",)))
    assert desk.views.listed(COLLEAGUE) == []
    desk.views.forget(COLLEAGUE, view.id)
    assert len(desk.views.listed(OFFICER)) == 1
    desk.views.forget(OFFICER, view.id)
    assert desk.views.listed(OFFICER) == []


def test_a_view_without_a_name_or_filter_or_with_words_of_its_own_is_refused(desk: Desk) -> None:
    for name, filters in (
        ("", Filters(language=("cy",))),
        ("x" * 65, Filters(language=("cy",))),
        ("All", Filters()),
        ("About Jo", Filters(service=("Jo Sandiford",))),
    ):
        with pytest.raises(NotAllowed):
            desk.views.save(OFFICER, name, CaseState.NEW, filters)


def test_what_is_no_filter_or_no_value_of_one_is_left_out() -> None:
    asked = [("remit", "nonsense"), ("remit", "grievance"), ("state", "new"), ("remit", "grievance"), ("urn", "1")]
    asked += [("assigned", "me@x y"), ("service", "a"), ("authority", " Suffolk "), ("mailbox", "")]

    assert filters_from(asked) == Filters(remit=("grievance",), authority=("Suffolk",))


def test_a_hand_over_note_is_sealed_and_shown_until_each_has_read_it(desk: Desk) -> None:
    reference = desk.file()
    desk.handovers.write(OFFICER, f"Watch {reference}: the council rings back at nine.")
    (note,) = desk.handovers.unread(COLLEAGUE)

    assert (note.written_by, note.references) == (OFFICER.email, (reference,))
    desk.handovers.mark_read(COLLEAGUE, note.id)
    assert desk.handovers.unread(COLLEAGUE) == []
    assert len(desk.handovers.unread(MANAGER)) == 1
    with desk.of.engine.connect() as connection:
        assert b"council" not in connection.execute(sa.select(handovers.c.sealed_note)).scalar_one()
    desk.of.clock.advance(days=8)
    assert desk.handovers.unread(MANAGER) == []


def test_a_note_about_a_restricted_case_is_for_those_alone_who_may_see_it(desk: Desk) -> None:
    plain, worker = desk.file(), desk.file("WORKER")
    desk.handovers.write(WHISTLEBLOWING_OFFICER, f"See {worker.lower()}.")
    desk.handovers.write(WHISTLEBLOWING_OFFICER, "For us alone.", restricted=True)
    desk.handovers.write(WHISTLEBLOWING_OFFICER, f"See {plain}.")
    assert [note.text for note in desk.handovers.unread(OFFICER)] == [f"See {plain}."]
    assert len(desk.handovers.unread(WHISTLEBLOWING_OFFICER)) == 3

    desk.change(plain, restricted=True)
    assert desk.handovers.unread(OFFICER) == []
    with pytest.raises(NotAllowed):
        desk.handovers.write(OFFICER, f"See {worker}.")
    with pytest.raises(NotAllowed):
        desk.handovers.write(OFFICER, "For them alone.", restricted=True)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x" * 1001, "Ring 020 7946 0123.", "Ring 01632-960123", "Write to jo@post.example", "MB-0000-0000"],
)
def test_a_note_with_details_or_a_case_that_is_not_there_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(NotAllowed):
        desk.handovers.write(OFFICER, text)


def enquiry(desk: Desk, text: str = "What does it cost to register?", **changes: Any) -> str:
    return desk.file(text, **({"kind": Kind.ENQUIRY, "priority": 5} | changes))


def test_what_asks_for_nothing_is_closed_together_and_on_record_as_read_and_closed(desk: Desk) -> None:
    first, second, left = (enquiry(desk, f"{number} times?") for number in range(3))
    batch = desk.bulk.batch(OFFICER)
    shown = {case.entry.reference: case.version for case in batch.cases}
    assert set(shown) == {first, second, left}
    assert desk.row(left).seen_at is not None
    desk.bulk.close(OFFICER, shown, [first, second], "answered")

    assert desk.references(CaseState.CLOSED) == {first, second}
    acts = [(actor, act) for actor, act, _ in desk.acts(first)]
    assert (OFFICER.email, "read case") in acts
    assert (OFFICER.email, "closed with others", "The acknowledgement answers it") in desk.acts(first)
    assert "closed with others" not in [act for _, act, _ in desk.acts(left)]


def test_nothing_that_a_person_must_look_at_by_itself_is_offered_or_closed(desk: Desk) -> None:
    looked_at: list[dict[str, Any]] = [
        {"priority": 3},
        {"kind": Kind.CONCERN},
        {"kind": Kind.INFORMATION_REQUEST},
        {"child_at_risk": True},
        {"immediate_risk": True},
        {"adult_in_danger": True},
        {"look_first": True},
        {"whistleblowing": "not_covered"},
        {"state": CaseState.OPEN},
    ]
    references = [enquiry(desk, f"Number {number}?", **changes) for number, changes in enumerate(looked_at)]

    assert desk.bulk.batch(OFFICER).cases == []
    for reference in references:
        with pytest.raises(StaleWrite):
            desk.bulk.close(OFFICER, {reference: 1}, [reference], "answered")


def test_a_case_that_was_not_on_the_screen_is_not_closed(desk: Desk) -> None:
    shown, other = enquiry(desk), enquiry(desk, "Another?")

    with pytest.raises(NotAllowed):
        desk.bulk.close(OFFICER, {shown: 1}, [shown, other], "answered")
    with pytest.raises(NotAllowed):
        desk.bulk.close(OFFICER, {shown: 1}, [shown], "because")
    assert desk.references(CaseState.CLOSED) == set()


def test_where_one_has_changed_since_none_is_closed(desk: Desk) -> None:
    same, changed = enquiry(desk), enquiry(desk, "Another?")
    desk.change(changed, version=2)

    with pytest.raises(StaleWrite, match=changed):
        desk.bulk.close(OFFICER, {same: 1, changed: 1}, [same, changed], "answered")
    assert desk.references(CaseState.CLOSED) == set()


def test_restricted_enquiries_are_in_nobody_elses_batch(desk: Desk) -> None:
    reference = enquiry(desk, restricted=True)

    assert desk.bulk.batch(OFFICER).total == 0
    assert [one.entry.reference for one in desk.bulk.batch(WHISTLEBLOWING_OFFICER).cases] == [reference]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": None},
        {"text": "read", "unread": True},
        {"text": "read", "sealed_because": "the scanner found something"},
    ],
)
def test_a_message_with_what_cannot_be_shown_is_never_all_on_screen(desk: Desk, changes: dict[str, Any]) -> None:
    case = desk.of.store.open_case(enquiry(desk), OFFICER)
    picture = Attachment(name="scan.png", media_type="image/png", size=10, **changes)
    letter = Attachment(name="letter.txt", media_type="text/plain", size=10, text="read")

    assert is_all_on_screen(dataclasses.replace(case, attachments=(letter,)))
    assert not is_all_on_screen(dataclasses.replace(case, attachments=(letter, picture)))


def test_a_closed_case_keeps_no_place_in_any_batch_and_stands_decided(desk: Desk) -> None:
    reference = enquiry(desk)
    desk.bulk.close(OFFICER, {reference: 1}, [reference], "spam")
    case = desk.of.store.open_case(reference, OFFICER)

    assert [action.kind for action in case.actions] == [ActionKind.NO_FURTHER_ACTION]
    assert [note.text for note in case.notes] == ["Closed with others: Spam"]
    assert desk.bulk.batch(OFFICER).total == 0
