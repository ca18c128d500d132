"""What one officer alone cannot do to a child in danger; the first answer; covering words; the past of a case."""

from __future__ import annotations

import dataclasses

import pytest

from mailbot.cases.access import Officer
from mailbot.cases.actions import Actions
from mailbot.cases.deciding import ENDS, LOWERS
from mailbot.cases.history import History
from mailbot.cases.identity.covering import Covering
from mailbot.cases.oversight.first_answers import FirstAnswers, is_blind_in_more
from mailbot.cases.search.search import Search
from mailbot.domain import ActionKind, ActionState, CaseState, Correction, Decision, Role, TaskKind
from mailbot.errors import NotAllowed, StaleWrite
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail

COLLEAGUE = Officer(email="colleague@example.gov.uk", role=Role.OFFICER)
MANAGER = Officer(email="manager@example.gov.uk", role=Role.DUTY_MANAGER)
LOWERED = Decision(
    corrections=(Correction(field="immediate_risk", value="false", reason="It was a drill"),),
)
ENDED = Decision(actions=(ActionKind.NO_FURTHER_ACTION,), note="The council has it already")


def filed(installation: Installation, text: str, **more: str) -> str:
    number = 1 + sum(installation.store.counts(WHISTLEBLOWING_OFFICER).values())
    process(installation.ledger.keep([mail(text, uid=number, **more)]), installation.office)
    newest = max(installation.store.queue(WHISTLEBLOWING_OFFICER), key=lambda one: one.received_at)
    found = [
        one.reference
        for one in installation.store.queue(WHISTLEBLOWING_OFFICER)
        if text in installation.store.open_case(one.reference, WHISTLEBLOWING_OFFICER).narrative
    ]
    return found[0] if found else newest.reference


def ask(installation: Installation, reference: str, decision: Decision, officer: Officer = OFFICER) -> int:
    version = installation.store.open_case(reference, officer).version
    why = installation.store.needs_second(reference, officer, decision)
    assert why is not None
    installation.approvals.ask(reference, officer, version, decision, why)
    return installation.approvals.waiting(reference, officer)[-1].id


# ---- The second officer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("decision", "why"), [(LOWERED, LOWERS), (ENDED, ENDS), (Decision(close=True), ENDS)])
def test_one_officer_alone_can_neither_lower_a_danger_nor_end_its_case(
    installation: Installation, decision: Decision, why: str
) -> None:
    reference = filed(installation, "DANGER")
    version = installation.store.open_case(reference, OFFICER).version

    assert installation.store.needs_second(reference, OFFICER, decision) == why
    with pytest.raises(NotAllowed, match="second officer"):
        installation.store.review(reference, OFFICER, version, decision)
    with pytest.raises(NotAllowed, match="second officer"):
        installation.store.review(reference, OFFICER, version, decision, approved_by=OFFICER)
    assert installation.store.open_case(reference, OFFICER).entry.immediate_risk


def test_what_was_proposed_changes_nothing_until_another_officer_agrees(installation: Installation) -> None:
    reference = filed(installation, "DANGER")
    number = ask(installation, reference, LOWERED)
    before = installation.store.open_case(reference, COLLEAGUE)
    assert before.entry.immediate_risk
    assert [task.kind for task in before.tasks] == [TaskKind.SECOND_OFFICER]
    with pytest.raises(NotAllowed, match="yourself"):
        installation.approvals.approve(reference, number, OFFICER, OFFICER)
    installation.approvals.approve(reference, number, COLLEAGUE, OFFICER)

    after = installation.store.open_case(reference, OFFICER)
    assert not after.entry.immediate_risk
    assert after.tasks == ()
    assert any("Agreed by colleague@example.gov.uk" in note.text for note in after.notes)
    with pytest.raises(NotAllowed, match="decided meanwhile"):
        installation.approvals.approve(reference, number, COLLEAGUE, OFFICER)


def test_a_case_that_changed_meanwhile_must_be_proposed_anew(sqlite: Installation) -> None:
    reference = filed(sqlite, "DANGER")
    number = ask(sqlite, reference, LOWERED)
    version = sqlite.store.open_case(reference, MANAGER).version
    sqlite.store.review(reference, MANAGER, version, Decision(note="They rang again"))

    with pytest.raises(StaleWrite):
        sqlite.approvals.approve(reference, number, COLLEAGUE, OFFICER)
    assert sqlite.store.open_case(reference, OFFICER).entry.immediate_risk
    sqlite.approvals.refuse(reference, number, COLLEAGUE)
    assert sqlite.store.open_case(reference, OFFICER).tasks == ()


def test_a_proposal_cannot_be_put_aside_as_a_task(sqlite: Installation) -> None:
    reference = filed(sqlite, "DANGER")
    ask(sqlite, reference, LOWERED)
    (task,) = sqlite.store.open_case(reference, COLLEAGUE).tasks

    with pytest.raises(NotAllowed):
        sqlite.store.settle_task(reference, COLLEAGUE, task.id)


def test_a_case_that_was_referred_can_be_closed_by_one(sqlite: Installation) -> None:
    reference = filed(sqlite, "DANGER")
    referred = Decision(actions=(ActionKind.REFER_TO_AUTHORITY,))
    sqlite.store.review(reference, OFFICER, sqlite.store.open_case(reference, OFFICER).version, referred)
    case = sqlite.store.open_case(reference, OFFICER)
    actions = Actions(sqlite.engine, sqlite.vault, sqlite.clock)
    actions.settle(reference, case.actions[0].id, OFFICER, ActionState.DONE, "Telephoned the council")
    sqlite.store.review(reference, OFFICER, case.version, Decision(close=True, note="Done"))

    assert sqlite.store.counts(OFFICER)[CaseState.CLOSED] == 1
    sqlite.store.reopen(reference, OFFICER, "The neighbour wrote")
    after = sqlite.store.open_case(reference, OFFICER)
    assert after.entry.state is CaseState.OPEN
    assert after.notes[-1].text == "Opened again: The neighbour wrote"
    with pytest.raises(NotAllowed):
        sqlite.store.reopen(reference, OFFICER, "again")


def test_a_proposal_on_a_restricted_case_is_nobodys_without_the_role(sqlite: Installation) -> None:
    reference = filed(sqlite, "WORKER in DANGER")
    number = ask(sqlite, reference, LOWERED, WHISTLEBLOWING_OFFICER)

    for attempt in (sqlite.approvals.refuse, sqlite.approvals.proposer_of):
        with pytest.raises(NotAllowed):
            attempt(reference, number, MANAGER)
    with pytest.raises(NotAllowed):
        sqlite.approvals.waiting(reference, MANAGER)


# ---- The first answer ------------------------------------------------------------------------------------------------


def test_whoever_opens_a_case_without_danger_answers_first_and_once(installation: Installation) -> None:
    answers = FirstAnswers(installation.engine, installation.vault, installation.clock)
    reference = filed(installation, "The plover is loose.")
    question = answers.question(reference, OFFICER)
    assert question is not None
    assert "plover" in question.case.narrative
    answers.answer(reference, OFFICER, danger=False)

    assert answers.question(reference, COLLEAGUE) is None
    with pytest.raises(NotAllowed):
        answers.answer(reference, COLLEAGUE, danger=True)
    assert answers.agreement(MANAGER).answered == 1


def test_a_danger_that_only_the_officer_sees_is_on_top_and_alerts(installation: Installation) -> None:
    answers = FirstAnswers(installation.engine, installation.vault, installation.clock)
    reference = filed(installation, "He is on the roof.")
    answers.answer(reference, OFFICER, danger=True)

    entry = installation.store.queue(OFFICER)[0]
    assert (entry.reference, entry.priority, entry.immediate_risk) == (reference, 1, True)
    assert [alert.reference for alert in installation.alert_book.open_ones(OFFICER)] == [reference]
    assert answers.agreement(MANAGER).dangers == 1


def test_a_danger_that_was_flagged_is_shown_at_once(sqlite: Installation) -> None:
    answers = FirstAnswers(sqlite.engine, sqlite.vault, sqlite.clock)

    assert answers.question(filed(sqlite, "DANGER"), OFFICER) is None


def test_nothing_of_a_restricted_case_is_asked_of_others(sqlite: Installation) -> None:
    answers = FirstAnswers(sqlite.engine, sqlite.vault, sqlite.clock)
    reference = filed(sqlite, "WORKER here")

    assert answers.question(reference, OFFICER) is None
    assert answers.question(reference, WHISTLEBLOWING_OFFICER) is not None


def test_about_one_case_in_twenty_is_blind_in_more() -> None:
    blind = sum(is_blind_in_more(f"MB-{number:08}") for number in range(4000))

    assert 120 <= blind <= 280


# ---- Covering and restricting ----------------------------------------------------------------------------------------


def test_covered_words_are_nowhere_in_the_case_and_flags_stand_where_they_stood(installation: Installation) -> None:
    covering = Covering(installation.engine, installation.vault, installation.clock)
    reference = filed(installation, "My lad Kestrel, from kestrel Row, says she is in DANGER here.")

    assert covering.cover(reference, OFFICER, "Kestrel") == 2
    case = installation.store.open_case(reference, OFFICER)
    assert "estrel" not in case.narrative
    assert case.narrative.startswith("My lad [covered 1], from [covered 1] Row")
    for one in case.assessment.evidence:
        assert case.narrative[one.start : one.end] == one.text == "DANGER"
    with pytest.raises(NotAllowed, match="nowhere"):
        covering.cover(reference, OFFICER, "Kestrel")
    assert "Kestrel" in installation.approaches.source(reference, OFFICER).text
    search = Search(installation.engine, installation.vault, installation.clock)
    assert (search.find(OFFICER, "kestrel").hits, len(search.find(OFFICER, "lad").hits)) == ((), 1)


def test_a_case_is_restricted_at_once_by_any_officer(installation: Installation) -> None:
    covering = Covering(installation.engine, installation.vault, installation.clock)
    reference = filed(installation, "Nothing much.")
    covering.restrict(reference, OFFICER)

    assert installation.store.queue(OFFICER) == []
    with pytest.raises(NotAllowed):
        covering.cover(reference, OFFICER, "Nothing")
    assert installation.store.open_case(reference, WHISTLEBLOWING_OFFICER).entry.restricted


# ---- The past, and the neighbours ------------------------------------------------------------------------------------


def test_the_past_of_a_case_is_told_in_order_to_those_who_may_see_it(sqlite: Installation) -> None:
    history = History(sqlite.engine)
    reference = filed(sqlite, "WORKER here")
    acts = [event.act for event in history.of(reference, WHISTLEBLOWING_OFFICER)]

    assert acts[0] == "filed"
    assert "read case" in acts
    assert history.of(reference, OFFICER) == []


def test_other_cases_about_the_same_service_stand_beside_it(installation: Installation) -> None:
    history = History(installation.engine)
    first, second = filed(installation, "Nothing much."), filed(installation, "WORKER here")
    urn = Decision(corrections=(Correction(field="urn", value="SC990001", reason="known"),))
    for reference in (first, second):
        version = installation.store.open_case(reference, WHISTLEBLOWING_OFFICER).version
        installation.store.review(reference, WHISTLEBLOWING_OFFICER, version, urn)
    neighbours = history.about_the_same_service(first, "SC990001", WHISTLEBLOWING_OFFICER)

    assert [one.reference for one in neighbours] == [second]
    assert history.about_the_same_service(first, "SC990001", OFFICER) == []
    assert history.about_the_same_service(first, None, WHISTLEBLOWING_OFFICER) == []


def test_a_note_is_kept_with_who_agreed(sqlite: Installation) -> None:
    reference = filed(sqlite, "DANGER")
    number = ask(sqlite, reference, dataclasses.replace(LOWERED, note="I rang the home"))
    sqlite.approvals.approve(reference, number, COLLEAGUE, OFFICER)

    texts = [note.text for note in sqlite.store.open_case(reference, OFFICER).notes]
    assert "I rang the home\n\nAgreed by colleague@example.gov.uk" in texts
