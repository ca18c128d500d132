"""What officers answer is kept to measure the model by and to learn from, and goes with the case's keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.oversight.learning import FLAGS, stability_index
from mailbot.cases.schema import answers, audit, cases, opinions
from mailbot.cases.sealing.vault import key_table
from mailbot.domain import (
    ActionKind,
    Assessment,
    Correction,
    Decision,
    Email,
    Role,
    SecondOpinion,
    ServiceType,
    Situation,
)
from mailbot.errors import NotAllowed
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import WordJudge, mail

MANAGER = Officer(email="manager@example.gov.uk", role=Role.DUTY_MANAGER)
HELD = Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,))


class TwoJudges(WordJudge):
    """A challenger beside the words: it sees a danger wherever it reads BESIDE."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        judged = zip(emails, super().assess(emails), strict=True)
        return [dataclasses.replace(one, second_opinion=self._beside(email, one)) for email, one in judged]

    def _beside(self, email: Email, one: Assessment) -> SecondOpinion:
        same = {field.name: getattr(one, field.name) for field in dataclasses.fields(SecondOpinion)}
        return SecondOpinion(**{**same, "model": "learnt@2", "immediate_risk": "BESIDE" in email.text})


def filed(installation: Installation, text: str) -> str:
    number = sum(installation.store.counts(WHISTLEBLOWING_OFFICER).values()) + 1
    before = {one.reference for one in installation.store.queue(WHISTLEBLOWING_OFFICER)}
    office = dataclasses.replace(installation.office, assessor=TwoJudges())
    process(installation.ledger.keep([mail(text, uid=number)]), office)
    (new,) = {one.reference for one in installation.store.queue(WHISTLEBLOWING_OFFICER)} - before
    return new


def reviewed(installation: Installation, reference: str, officer: Officer = OFFICER, **corrected: str) -> None:
    case = installation.store.open_case(reference, officer)
    corrections = tuple(Correction(field=field, value=value, reason="read") for field, value in corrected.items())
    decision = dataclasses.replace(HELD, corrections=corrections)
    installation.store.review(reference, officer, case.version, decision, approved_by=WHISTLEBLOWING_OFFICER)


def answered(installation: Installation) -> list[Any]:
    with installation.engine.connect() as connection:
        return list(connection.execute(sa.select(answers)))


def test_a_review_after_reading_is_an_answer_to_every_question(installation: Installation) -> None:
    reference = filed(installation, "The food is poor.")
    reviewed(installation, reference, service_type="boarding_school", immediate_risk="true")
    (answer,) = answered(installation)

    assert answer.service_type == "boarding_school"
    assert answer.immediate_risk
    assert answer.child_at_risk, "a child in danger is a child at risk"
    assert answer.quality_of_care, "what the officer left as it was is an answer too"


def test_a_review_by_somebody_who_never_opened_the_narrative_teaches_nothing(installation: Installation) -> None:
    reference = filed(installation, "The food is poor.")
    installation.store.review(reference, OFFICER, 1, HELD)

    assert answered(installation) == []


def test_the_last_answer_counts(installation: Installation) -> None:
    reference = filed(installation, "The food is poor.")
    reviewed(installation, reference, service_type="boarding_school")
    reviewed(installation, reference, service_type="cafcass")
    (answer,) = answered(installation)

    assert answer.service_type == "cafcass"


def test_an_answered_case_is_a_lesson_with_the_sender_masked(installation: Installation) -> None:
    reference = filed(installation, "The food is poor. Ring 07700 900123.\n\nRegards\nJo Sandiford")
    reviewed(installation, reference, service_type="boarding_school")
    (lesson,), erased = installation.learning.lessons("tester")

    assert erased == 0
    assert lesson.reference == reference
    assert "The food is poor." in lesson.text
    assert "900123" not in lesson.text
    assert "Sandiford" not in lesson.text
    assert lesson.labels["service_type"] == ServiceType.BOARDING_SCHOOL
    assert lesson.labels["situations"] == [Situation.QUALITY_OF_CARE]
    with installation.engine.connect() as connection:
        assert connection.execute(sa.select(audit.c.detail).where(audit.c.actor == "tester")).scalar_one() == "1 cases"


def test_a_case_whose_key_is_destroyed_is_left_out(installation: Installation) -> None:
    kept, gone = (filed(installation, text) for text in ("The food is poor.", "The heating is off."))
    for reference in (kept, gone):
        reviewed(installation, reference)
    with installation.engine.connect() as connection:
        vault_id = connection.execute(sa.select(cases.c.vault_id).where(cases.c.reference == gone)).scalar_one()
    installation.vault._in_hand.clear()
    with installation.vault._key_store.begin() as connection:
        connection.execute(sa.delete(key_table).where(key_table.c.vault_id == vault_id))
    lessons, erased = installation.learning.lessons("tester")

    assert [one.reference for one in lessons] == [kept]
    assert erased == 1


def test_the_figures_tell_what_each_model_saw_of_what_officers_found(installation: Installation) -> None:
    for text, danger in (("DANGER here", "true"), ("DANGER, or so it seems", "false"), ("BESIDE me", "true")):
        reference = filed(installation, text)
        reviewed(installation, reference, immediate_risk=danger)
    filed(installation, "DANGER, but nobody has answered yet")
    figures = installation.learning.figures(MANAGER)
    (decides,) = figures.scores
    beside = {one.model: one for one in figures.beside}
    danger = decides.flags[FLAGS.index("immediate_risk")]

    assert decides.answered == 3
    assert (danger.said, danger.right, danger.wanted) == (2, 1, 2)
    assert danger.recall == danger.precision == 0.5
    assert decides.same["service_type"] == 3
    assert decides.same["immediate_risk"] == 1
    challenger = beside["learnt@2"].flags[FLAGS.index("immediate_risk")]
    assert (challenger.said, challenger.right, challenger.wanted) == (1, 1, 2)
    assert beside["none"].answered == 3
    assert [week.cases for week in figures.weeks] == [4]
    assert [week.dangers for week in figures.weeks] == [3]


def test_the_figures_leave_out_what_the_role_may_not_see(installation: Installation) -> None:
    reference = filed(installation, "WORKER here")
    reviewed(installation, reference, WHISTLEBLOWING_OFFICER)

    assert installation.learning.figures(MANAGER).scores == []
    assert installation.learning.figures(MANAGER).weeks == []
    assert installation.learning.figures(WHISTLEBLOWING_OFFICER).scores[0].answered == 1


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR, Role.INSPECTOR, Role.RECORDS_OFFICER])
def test_the_figures_are_not_for_every_role(sqlite: Installation, role: Role) -> None:
    with pytest.raises(NotAllowed):
        sqlite.learning.figures(Officer(email="one@example.gov.uk", role=role))


def test_only_a_duty_manager_has_another_model_decide_and_it_is_audited(installation: Installation) -> None:
    with pytest.raises(NotAllowed), installation.learning.promotion(OFFICER):
        pytest.fail("an officer promoted a model")
    with installation.learning.promotion(MANAGER) as promotion:
        promotion.promoted = "learnt@2"

    with installation.engine.connect() as connection:
        row = connection.execute(sa.select(audit).where(audit.c.act == "model promoted")).one()
    assert (row.actor, row.detail) == (MANAGER.email, "learnt@2")


def test_what_a_person_filed_by_hand_counts_for_no_model(sqlite: Installation) -> None:
    (stored,) = sqlite.ledger.keep([mail("CRASH")])
    process([dataclasses.replace(stored, by_hand=True)], sqlite.office)

    with sqlite.engine.connect() as connection:
        assert connection.execute(sa.select(opinions)).all() == []


def test_the_stability_index_is_nothing_for_the_same_shares_and_grows_with_the_change() -> None:
    before = {"concern": 80, "enquiry": 20}

    assert stability_index(before, {"concern": 800, "enquiry": 200}) < 0.001
    assert 0.1 < stability_index(before, {"concern": 65, "enquiry": 35}) < 0.25
    assert stability_index(before, {"concern": 20, "enquiry": 80}) > 1
    assert stability_index(before, {"concern": 80, "enquiry": 20, "spam": 60}) > 0.25
    assert stability_index({}, before) == 0
