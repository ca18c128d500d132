"""A daily sample of what was held for no danger, read blind: what it finds, and what may be said of the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.oversight.second_looks import estimated
from mailbot.domain import ActionKind, CaseState, Decision, Role
from mailbot.errors import NotAllowed
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail

OTHER = Officer(email="other@example.gov.uk", role=Role.OFFICER)
MANAGER = Officer(email="manager@example.gov.uk", role=Role.DUTY_MANAGER)


def fill(installation: Installation, *texts: str) -> None:
    known = sum(installation.store.counts(WHISTLEBLOWING_OFFICER).values())
    for number, text in enumerate(texts, known + 1):
        process(installation.ledger.keep([mail(text, uid=number)]), installation.office)


def quiet(count: int) -> list[str]:
    return [f"The food is poor, number {number}." for number in range(count)]


def test_a_share_of_an_ended_day_is_drawn_once(installation: Installation) -> None:
    fill(installation, *quiet(7), "DANGER is not drawn")
    assert installation.second_looks.draw(0.5) == 0, "the day has not ended"
    installation.clock.advance(days=1)

    assert installation.second_looks.draw(0.5) == 4
    assert installation.second_looks.draw(0.5) == 0
    waiting = installation.second_looks.waiting(OFFICER)
    assert len(waiting) == 4
    dangers = {one.reference for one in installation.store.queue(OFFICER) if one.immediate_risk}
    assert not dangers & {one.reference for one in waiting}


def test_nothing_is_drawn_where_the_share_is_nothing(sqlite: Installation) -> None:
    fill(sqlite, *quiet(3))
    sqlite.clock.advance(days=1)

    assert sqlite.second_looks.draw(0) == 0


def drawn(installation: Installation, *texts: str) -> str:
    """Files the messages, draws one day later, and gives the reference of the oldest that waits."""
    fill(installation, *texts)
    installation.clock.advance(days=1)
    installation.second_looks.draw(1)
    return installation.second_looks.waiting(WHISTLEBLOWING_OFFICER)[0].reference


def test_the_message_is_shown_without_what_the_machine_said(installation: Installation) -> None:
    reference = drawn(installation, "The food is poor.")
    blind = installation.second_looks.open(reference, OFFICER)

    assert blind.narrative == "The food is poor."
    assert not {field.name for field in dataclasses.fields(blind)} & {"assessment", "priority", "entry"}


def test_whether_a_case_was_read_is_asked_of_its_own_lines_in_the_audit_trail(sqlite: Installation) -> None:
    asked: list[tuple[str, Any]] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    sqlite.second_looks.count_waiting(OFFICER)
    (counting,) = [one for one in asked if "FROM audit" in one[0]]

    with sqlite.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting[0]}", counting[1]).all()
    assert "SEARCH audit USING INDEX ix_audit_reference (reference=? AND act=?)" in [row.detail for row in plan]


def test_whoever_has_read_a_case_gives_no_second_look_at_it(installation: Installation) -> None:
    reference = drawn(installation, "The food is poor.")
    installation.store.open_case(reference, OFFICER)

    assert installation.second_looks.waiting(OFFICER) == []
    with pytest.raises(NotAllowed):
        installation.second_looks.open(reference, OFFICER)
    assert installation.second_looks.open(reference, OTHER).reference == reference


def test_a_danger_found_stands_on_top_of_the_queue_again_though_the_case_was_closed(
    installation: Installation,
) -> None:
    reference = drawn(installation, "The food is poor.")
    version = installation.store.open_case(reference, MANAGER).version
    installation.store.review(reference, MANAGER, version, Decision(actions=(ActionKind.NO_FURTHER_ACTION,)))
    assert installation.store.queue(OFFICER) == []
    installation.second_looks.answer(reference, OFFICER, danger=True)
    (entry,) = installation.store.queue(OFFICER)

    assert entry.reference == reference
    assert entry.state is CaseState.NEW
    assert entry.immediate_risk
    assert entry.priority == 1


def test_an_answer_is_given_once(installation: Installation) -> None:
    reference = drawn(installation, "The food is poor.")
    installation.second_looks.answer(reference, OFFICER, danger=False)

    with pytest.raises(NotAllowed):
        installation.second_looks.answer(reference, OTHER, danger=True)
    (entry,) = installation.store.queue(OFFICER)
    assert not entry.immediate_risk


def test_a_restricted_case_is_looked_at_by_those_who_may_see_it_alone(installation: Installation) -> None:
    reference = drawn(installation, "WORKER here")

    assert installation.second_looks.waiting(OFFICER) == []
    with pytest.raises(NotAllowed):
        installation.second_looks.open(reference, OFFICER)
    assert installation.second_looks.estimate(MANAGER).cases == 0
    assert installation.second_looks.estimate(WHISTLEBLOWING_OFFICER).cases == 1


def test_the_estimate_rests_on_what_was_looked_at(installation: Installation) -> None:
    drawn(installation, *quiet(4))
    looks = installation.second_looks
    assert looks.estimate(MANAGER).missed is None
    first, second, *_ = looks.waiting(OFFICER)
    looks.answer(first.reference, OFFICER, danger=False)
    looks.answer(second.reference, OFFICER, danger=True)
    estimate = looks.estimate(MANAGER)

    assert (estimate.cases, estimate.drawn, estimate.looked_at, estimate.dangers) == (4, 4, 2, 1)
    assert estimate.missed == 2


def test_the_bounds_are_those_of_clopper_and_pearson() -> None:
    none = estimated(1000, 60, 60, 0)
    some = estimated(1000, 60, 60, 3)

    assert (none.missed, none.low) == (0, 0)
    assert none.high == pytest.approx(1000 * (1 - 0.025 ** (1 / 60)))
    assert some.missed == pytest.approx(50)
    assert some.low == pytest.approx(10.4, abs=0.1)
    assert some.high == pytest.approx(139.2, abs=0.1)
    assert estimated(10, 2, 2, 2).high == 10
