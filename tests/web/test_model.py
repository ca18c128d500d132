"""The model page and second looks, as the people who work with them see them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from mailbot.cases.access import Officer
from mailbot.domain import ActionKind, Decision, Role
from mailbot.pipeline import process
from mailbot.web.model import drift_in_words
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, token_of

OTHER = Officer(email="other@example.gov.uk", role=Role.OFFICER)


def filed(installation: Installation, text: str) -> str:
    number = sum(installation.store.counts(WHISTLEBLOWING_OFFICER).values()) + 1
    process(installation.ledger.keep([mail(text, uid=number)]), installation.office)
    return installation.store.queue(WHISTLEBLOWING_OFFICER)[0].reference


def drawn(installation: Installation, text: str) -> str:
    reference = filed(installation, text)
    installation.clock.advance(days=1)
    installation.second_looks.draw(1)
    return reference


def answer(client: FlaskClient, reference: str, **fields: str) -> tuple[int, str]:
    token = token_of(client.get(f"/second-looks/{reference}").text)
    given = client.post(f"/second-looks/{reference}", data={"csrf_token": token, **fields}, follow_redirects=True)
    return given.status_code, given.text


def test_the_model_page_says_what_it_knows_before_anybody_has_answered(signed_in: SignedIn) -> None:
    page = signed_in(Role.DUTY_MANAGER).get("/model").text

    assert "No officer has answered a case yet" in page
    assert "Nothing has been looked at again yet" in page
    assert "Text model" in page


def test_the_model_page_tells_what_officers_changed(sqlite: Installation, signed_in: SignedIn) -> None:
    reference = filed(sqlite, "There is DANGER here.")
    version = sqlite.store.open_case(reference, OFFICER).version
    sqlite.store.review(reference, OFFICER, version, Decision(actions=(ActionKind.REFER_TO_AUTHORITY,)))
    page = signed_in(Role.DUTY_MANAGER).get("/model").text

    assert "decides, 1 answered" in page
    assert "1 of 1 seen, 0 false alarms" in page


def test_the_model_page_is_for_those_who_answer_for_it(signed_in: SignedIn) -> None:
    assert signed_in(Role.AUDITOR).get("/model").status_code == 200
    assert signed_in(Role.OFFICER).get("/model").status_code == 403
    assert 'href="/model"' not in signed_in(Role.OFFICER).get("/queue").text


def test_a_second_look_shows_the_message_and_nothing_of_its_judgement(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    reference = drawn(sqlite, "The food is poor.")
    client = signed_in(Role.OFFICER)
    page = client.get(f"/second-looks/{reference}").text

    assert 'Second looks <span class="tabs__count">1</span>' in client.get("/queue").text
    assert reference in client.get("/second-looks").text
    assert "The food is poor." in page
    for judged in ("Quality of care", "Priority", "Concern in remit", "rule:", "Flag"):
        assert judged not in page


def test_an_answer_of_no_leaves_the_case_where_it_is(sqlite: Installation, signed_in: SignedIn) -> None:
    reference = drawn(sqlite, "The food is poor.")
    code, page = answer(signed_in(Role.OFFICER), reference, danger="no")

    assert code == 200
    assert f"Second look at {reference} saved" in page
    assert "None waits for you" in page
    assert not sqlite.store.queue(OFFICER)[0].immediate_risk


def test_an_answer_of_yes_opens_the_case_as_a_child_in_danger(sqlite: Installation, signed_in: SignedIn) -> None:
    reference = drawn(sqlite, "The food is poor.")
    _, page = answer(signed_in(Role.OFFICER), reference, danger="yes")

    assert "A child may be in danger now" in page
    assert "stands on top of the queue" in page


@pytest.mark.parametrize("given", [{}, {"danger": "perhaps"}])
def test_no_answer_is_asked_for_again(sqlite: Installation, signed_in: SignedIn, given: dict[str, str]) -> None:
    reference = drawn(sqlite, "The food is poor.")
    code, page = answer(signed_in(Role.OFFICER), reference, **given)

    assert code == 400
    assert "Say whether a child is in danger now" in page
    assert "The food is poor." in page


def test_a_restricted_case_is_no_second_look_for_an_officer(sqlite: Installation, signed_in: SignedIn) -> None:
    reference = drawn(sqlite, "WORKER and a plover")
    client = signed_in(Role.OFFICER)

    assert reference not in client.get("/second-looks").text
    assert client.get(f"/second-looks/{reference}").status_code == 404


@pytest.mark.parametrize(("index", "words"), [(0.02, "steady"), (0.2, "some change"), (0.4, "changed: look into it")])
def test_drift_is_told_in_words(index: float, words: str) -> None:
    assert drift_in_words(index) == words
