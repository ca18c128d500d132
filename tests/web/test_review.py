"""An officer reads a case, corrects, decides and notes; and is stopped where a child could be dropped."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from mailbot.cases.schema import audit
from mailbot.domain import CaseState, Role
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, application, sign_in, token_of


@pytest.fixture
def client(signed_in: SignedIn) -> FlaskClient:
    return signed_in(Role.OFFICER)


def filed(installation: Installation, text: str) -> str:
    process(installation.ledger.keep([mail(text)]), installation.office)
    return installation.store.queue(OFFICER)[0].reference


def submit(client: FlaskClient, reference: str, version: int = 1, **fields: object) -> tuple[int, str]:
    page = client.get(f"/case/{reference}").text
    data = {"csrf_token": token_of(page), "version": version, **fields}
    answer = client.post(f"/case/{reference}", data=data, follow_redirects=True)
    return answer.status_code, answer.text


def test_the_case_page_marks_the_words_and_masks_the_sender(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "There is DANGER here. Ring 07700 900123.\n\nRegards\nJo Sandiford")
    page = client.get(f"/case/{reference}").text

    assert '<mark class="flag flag--immediate_risk">DANGER</mark>' in page
    assert "rule:word" in page
    assert "P3" in page
    for identity in ("Sandiford", "07700 900123", "jo.sandiford@post.example"):
        assert identity not in page


def test_a_case_costs_the_same_number_of_queries_however_much_was_written_about_it(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference, statements, counts = filed(sqlite, "The food is poor."), [], []
    for engine in (sqlite.engine, sqlite.vault._key_store):
        sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for version in (1, 2, 3):
        code, _ = submit(client, reference, version, actions="ask_the_service", note=f"Note {version}")
        assert code == 200
        sqlite.store.open_case(reference, OFFICER)
        client.get(f"/case/{reference}")
        statements.clear()
        client.get(f"/case/{reference}")
        counts.append(len(statements))

    assert len(set(counts)) == 1


def test_words_of_a_message_are_text_and_never_markup(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "<script>alert(1)</script> <b>bold</b>")
    page = client.get(f"/case/{reference}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_decided_case_leaves_the_queue(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "There is DANGER here.")
    code, page = submit(client, reference, actions="refer_to_authority", note="Rang the council at noon")

    assert code == 200
    assert "saved" in page
    assert sqlite.store.queue(OFFICER) == []
    (entry,) = sqlite.store.queue(OFFICER, [CaseState.OPEN])
    case = sqlite.store.open_case(entry.reference, OFFICER)
    assert [action.kind for action in case.actions] == ["refer_to_authority"]
    assert [note.text for note in case.notes] == ["Rang the council at noon"]


def test_a_correction_needs_a_reason_and_keeps_what_was_typed(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, page = submit(client, reference, remit="other_nation", note="In Wrexham")

    assert code == 400
    assert "Say why you changed an answer" in page
    assert "In Wrexham" in page
    assert sqlite.store.open_case(reference, OFFICER).version == 1


def test_a_correction_changes_priority_and_stands_on_record(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, _ = submit(client, reference, immediate_risk="true", reason="He is alone with her tonight")

    assert code == 200
    case = sqlite.store.open_case(reference, OFFICER)
    assert case.entry.priority == 1
    assert "child_at_risk" in case.entry.situations
    assert any("alone with her" in note.text for note in case.notes)


def test_a_case_with_a_child_at_risk_is_not_ended_by_one_officer(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "There is DANGER here.")
    code, page = submit(client, reference, actions="no_further_action")
    assert (code, "Say why, for the second officer" in page) == (400, True)

    code, page = submit(client, reference, actions="no_further_action", note="The council has it.")
    assert "it counts once a second officer agrees" in page
    assert len(sqlite.store.queue(OFFICER)) == 1
    (waiting,) = sqlite.approvals.waiting(reference, OFFICER)
    data = {"csrf_token": token_of(page), "decision": "agree"}
    assert client.post(f"/case/{reference}/second/{waiting.id}", data=data).status_code == 404

    colleague = application(sqlite).test_client()
    sign_in(colleague, f"{Role.DUTY_MANAGER}@example.gov.uk")
    data["csrf_token"] = token_of(colleague.get(f"/case/{reference}").text)
    page = colleague.post(f"/case/{reference}/second/{waiting.id}", data=data, follow_redirects=True).text
    assert "saved, with both your names" in page
    assert sqlite.store.queue(OFFICER) == []


def test_a_closed_case_is_opened_again_with_what_is_new(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, page = submit(client, reference, close="yes")
    assert (code, "Say in the note why the case is closed" in page) == (400, True)
    submit(client, reference, close="yes", note="Answered by telephone.")
    page = client.get(f"/case/{reference}").text
    assert sqlite.store.queue(OFFICER) == []
    data = {"csrf_token": token_of(page), "reason": ""}
    assert "Say what is new" in client.post(f"/case/{reference}/reopen", data=data).text

    page = client.post(
        f"/case/{reference}/reopen", data=data | {"reason": "They wrote again"}, follow_redirects=True
    ).text
    assert "Opened again: They wrote again" in page


def test_words_are_covered_and_a_case_restricted_from_its_page(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "The plover by the gate.")
    data = {"csrf_token": token_of(client.get(f"/case/{reference}").text), "words": "plover"}
    page = client.post(f"/case/{reference}/cover", data=data, follow_redirects=True).text
    assert "[covered 1] by the gate" in page

    assert client.post(f"/case/{reference}/restrict", data=data, follow_redirects=True).status_code == 200
    assert client.get(f"/case/{reference}").status_code == 404


def test_an_officer_answers_before_they_see_what_the_machine_said(sqlite: Installation) -> None:
    reference = filed(sqlite, "He is on the roof.")
    asked = application(sqlite, ask_first=True).test_client()
    sign_in(asked, f"{Role.OFFICER}@example.gov.uk")
    page = asked.get(f"/case/{reference}").text
    assert "Is a child in danger now?" in page
    assert "Why it is flagged" not in page
    data = {"csrf_token": token_of(page), "child_at_risk": "yes"}
    assert asked.post(f"/case/{reference}/first-answer", data=data).status_code == 400

    answer = asked.post(f"/case/{reference}/first-answer", data=data | {"danger": "yes"}, follow_redirects=True)
    assert "now stands on top of the queue" in answer.text
    assert "Why it is flagged" in answer.text
    assert sqlite.store.queue(OFFICER)[0].priority == 1


def test_an_empty_review_is_not_taken_for_agreement(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, page = submit(client, reference)

    assert code == 400
    assert "Choose a decision" in page


def test_a_write_on_a_case_that_has_changed_is_refused_and_the_note_shown(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite, "Nothing much.")
    submit(client, reference, note="first")
    code, page = submit(client, reference, version=1, note="my long note")

    assert code == 409
    assert "my long note" in page


def test_every_field_can_be_corrected_sealed_ones_too(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, _ = submit(
        client, reference, service_name="Larch House", local_authority="Suffolk", urn="1234567", fears_reprisal="true",
        reason="The sender rang",
    )  # fmt: skip

    assert code == 200
    case = sqlite.store.open_case(reference, OFFICER)
    assert case.corrected == {"service_name": "Larch House", "fears_reprisal": "true"}
    assert (case.entry.local_authority, case.entry.urn) == ("Suffolk", "1234567")
    page = client.get(f"/case/{reference}").text
    assert 'value="Larch House"' in page
    assert case.assessment.service_name is None
    with sqlite.engine.connect() as connection:
        assert not any("Larch" in row.detail for row in connection.execute(audit.select()))


def test_what_is_written_must_have_the_form_of_its_field(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, page = submit(client, reference, urn="no number", reason="x")

    assert code == 400
    assert "Write the URN as five to seven digits" in page


def test_a_value_that_is_not_in_the_taxonomy_is_refused(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    code, _ = submit(client, reference, remit="nonsense", reason="x")

    assert code == 400


def letter_page(installation: Installation, reference: str) -> str:
    (outline,) = installation.outbox.of_case(reference)
    return f"/case/{reference}/letter/{outline.id}"


def test_a_held_acknowledgement_goes_only_when_an_officer_sends_it(sqlite: Installation, signed_in: SignedIn) -> None:
    held = mail("WORKER here", sender="Jo <jo@oakfieldcare.example>")
    process(sqlite.ledger.keep([held]), sqlite.office)
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.acknowledgement, sqlite.outbox.claim(10)) == ("withheld", [])

    client = signed_in(Role.WHISTLEBLOWING_OFFICER)
    page = client.get(f"/case/{entry.reference}").text
    assert "a person decides" in page
    token = token_of(page)
    client.post(letter_page(sqlite, entry.reference), data={"csrf_token": token, "decision": "send"})

    (queued,) = sqlite.outbox.claim(10)
    assert queued.letter.recipient == "jo@oakfieldcare.example"
    assert queued.letter.template == "whistleblower"


def test_what_must_not_be_answered_cannot_be_sent_by_a_click(sqlite: Installation, client: FlaskClient) -> None:
    process(sqlite.ledger.keep([mail(headers="Auto-Submitted: auto-replied\r\n")]), sqlite.office)
    reference = sqlite.store.queue(OFFICER)[0].reference
    page = client.get(f"/case/{reference}").text
    data = {"csrf_token": token_of(page), "decision": "send"}

    assert "Send the acknowledgement" not in page
    assert client.post(letter_page(sqlite, reference), data=data).status_code == 404
    assert sqlite.outbox.claim(10) == []


def test_a_letter_that_may_not_have_gone_is_settled_by_an_officer(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "Nothing much.")
    sqlite.outbox.claim(10)
    sqlite.clock.advance(minutes=16)
    sqlite.outbox.give_up_stale()
    data = {"csrf_token": token_of(client.get(f"/case/{reference}").text), "decision": "it_went"}
    client.post(letter_page(sqlite, reference), data=data)

    assert sqlite.store.queue(OFFICER)[0].acknowledgement == "sent"
    assert sqlite.outbox.claim(10) == []


def test_reading_and_changing_are_both_on_the_audit_trail(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite, "There is DANGER here.")
    submit(client, reference, actions="refer_to_authority", note="secret words")

    with sqlite.engine.connect() as connection:
        rows = [row for row in connection.execute(audit.select()) if row.reference == reference]
    acts = {(row.actor, row.act) for row in rows}
    assert ("mailbot", "filed") in acts
    assert ("officer@example.gov.uk", "read case") in acts
    assert ("officer@example.gov.uk", "decided") in acts
    assert not any("secret" in row.detail for row in rows)


def test_an_officer_takes_an_alert_on_the_case_and_the_queue_says_which_nobody_has(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite, "There is DANGER here.")
    assert "Nobody has taken an alert" in client.get("/queue").text
    page = client.get(f"/case/{reference}").text
    assert "I deal with this" in page
    answer = client.post(f"/case/{reference}/alert", data={"csrf_token": token_of(page)}, follow_redirects=True)

    assert "Decide what is done within 30 minutes" in answer.text
    assert "officer@example.gov.uk deals with it" in answer.text
    assert "Nobody has taken" not in client.get("/queue").text


def test_what_the_page_sends_of_itself_is_not_shown_to_whoever_was_signed_out(sqlite: Installation) -> None:
    reference = filed(sqlite, "The food is poor.")
    seen = '{"service_name": "Larch House, which nobody outside may read"}'
    page = application(sqlite).test_client()
    token = token_of(page.get("/sign-in").text)
    written = {"seen": seen, "note": "A note that took long. " * 5, "csrf_token": token}
    answer = page.post(f"/case/{reference}", data=written).text

    assert "A note that took long." in answer
    assert "which nobody outside may read" not in answer


def test_a_number_beyond_all_that_is_numbered_is_a_page_that_is_not_there(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite, "The food is poor.")

    assert client.get(f"/case/{reference}/action/{'9' * 30}").status_code == 404
    assert client.get(f"/actions?page={'9' * 5000}").status_code == 200
