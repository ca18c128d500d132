"""Actions, lines of enquiry and standards on their pages; a review that is kept, and one over which others wrote."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from mailbot.cases.oversight.first_answers import FirstAnswers
from mailbot.domain import ActionKind, Assessment, Correction, Decision, Email, Role
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import WordJudge, mail
from tests.web.conftest import SignedIn, token_of


class NamingJudge(WordJudge):
    """Picks out two people: whoever wrote, whom the page must not name, and somebody else."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        return [dataclasses.replace(one, people=("Kayla Brown", "Jo Sandiford")) for one in super().assess(emails)]


@pytest.fixture
def client(signed_in: SignedIn) -> FlaskClient:
    return signed_in(Role.OFFICER)


def filed(installation: Installation, text: str = "The food is poor.") -> str:
    known = {one.reference for one in installation.store.queue(None)}
    process(installation.ledger.keep([mail(text, uid=len(text))]), installation.office)
    return next(one.reference for one in installation.store.queue(None) if one.reference not in known)


def decide(installation: Installation, reference: str, *kinds: ActionKind) -> list[int]:
    version = installation.store.open_case(reference, OFFICER).version
    installation.store.review(reference, OFFICER, version, Decision(actions=kinds))
    return [one.id for one in installation.store.open_case(reference, OFFICER).actions]


def send(client: FlaskClient, address: str, page: str, **fields: object) -> tuple[int, str]:
    token = token_of(client.get(page).text)
    answer = client.post(address, data={"csrf_token": token, **fields}, follow_redirects=True)
    return answer.status_code, answer.text


def form_of(client: FlaskClient, reference: str, query: str = "") -> dict[str, object]:
    """The form of the review as a browser would send it when nothing is touched."""
    page = client.get(f"/case/{reference}{query}").text
    form = page[page.index('id="review"') :]
    fields: dict[str, object] = {"csrf_token": token_of(page)}
    for name in ("version", "seen"):
        found = re.search(rf'name="{name}" value="([^"]*)"', form)
        assert found
        fields[name] = found.group(1).replace("&#34;", '"')
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        assert chosen, name
        fields[name] = chosen.group(1)
    for name in ("service_name", "local_authority", "urn", "language"):
        value = re.search(rf'name="{name}"[^>]*value="([^"]*)"', form)
        fields[name] = value.group(1) if value else ""
    fields["note"] = re.findall(r'<textarea[^>]*name="note"[^>]*>(.*?)</textarea>', form, re.DOTALL)[0]
    fields["actions"] = re.findall(r'name="actions"[^>]*value="(\w+)" checked', form)
    return fields


def test_an_action_is_changed_done_and_shown_and_closing_over_it_is_refused_beside_the_field(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite)
    (number,) = decide(sqlite, reference, ActionKind.SIGNPOST)
    page = f"/case/{reference}/action/{number}"
    answer = client.post(
        f"/case/{reference}", data=form_of(client, reference) | {"close": "yes", "note": "All is said"}
    )
    assert answer.status_code == 400
    assert "signpost (officer@example.gov.uk). Mark each as done" in answer.text
    assert "All is said" in answer.text

    due = {"due-day": "31", "due-month": "2", "due-year": "2027"}
    code, text = send(client, page, page, decision="change", owner="duty_manager@example.gov.uk", **due)
    assert (code, "Write a day such as" in text, 'href="#due"' in text) == (400, True, True)
    due = {"due-day": "26", "due-month": "2", "due-year": "2027"}
    code, text = send(client, page, page, decision="change", owner="duty_manager@example.gov.uk", **due)
    assert "duty_manager@example.gov.uk sees to it, due 26 February 2027" in text
    code, text = send(client, page, page, decision="done", done=" ")
    assert (code, "Say what came of it" in text) == (400, True)
    code, text = send(client, page, page, decision="done", done="Told them of the ombudsman")
    assert "Told them of the ombudsman" in text
    assert "signpost done" in text
    code, text = send(client, page, f"/case/{reference}", decision="dropped", dropped="Written at the same time")
    assert (code, "Written at the same time" in text, "as done meanwhile" in text) == (400, True, True)


def test_the_list_of_actions_takes_as_many_queries_however_many_there_are(
    sqlite: Installation, client: FlaskClient, signed_in: SignedIn
) -> None:
    assert "You have nothing open" in client.get("/actions").text
    reference, worker = filed(sqlite), filed(sqlite, "WORKER")
    decide(sqlite, reference, ActionKind.SIGNPOST)
    sqlite.store.review(worker, WHISTLEBLOWING_OFFICER, 1, Decision(actions=(ActionKind.INSPECT,)))
    asked: list[str] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    few = client.get("/actions?whose=everybody").text
    count = len(asked)
    assert reference in few
    assert worker not in few
    assert worker in signed_in(Role.WHISTLEBLOWING_OFFICER).get("/actions?whose=everybody").text

    decide(sqlite, reference, *(ActionKind.SIGNPOST for _ in range(60)))
    asked.clear()
    many = client.get("/actions?whose=everybody").text
    assert len(asked) == count
    assert "Page 2 of 2" in many


def test_a_line_of_enquiry_and_a_finding_are_written_on_their_pages_and_shown_on_the_case(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite)
    enquiries, standards = f"/case/{reference}/enquiries", f"/case/{reference}/standards"
    assert send(client, enquiries, enquiries, question="")[0] == 400
    _, page = send(client, enquiries, enquiries, question="Who cooks at weekends?")
    found = re.search(r"/enquiries/(\d+)", page)
    assert found
    assert send(client, f"/case/{reference}{found.group(0)}", enquiries)[0] == 400
    answer = f"found-{found.group(1)}"
    send(client, f"{enquiries}/{found.group(1)}", enquiries, **{answer: "Nobody does"})

    code, page = send(client, standards, standards, standard="childrens-homes-2015/10", finding="sure")
    assert (code, "Choose what you found" in page, "Say why" in page) == (400, True, True)
    chosen = {"standard": "childrens-homes-2015/10", "finding": "may_be_breached", "words": "No warm meal"}
    send(client, standards, standards, **chosen)
    case = client.get(f"/case/{reference}").text
    for text in ("Who cooks at weekends?", "Nobody does", "The health and well-being standard", "No warm meal"):
        assert text in case


def test_a_review_is_kept_without_a_script_offered_again_and_thrown_away(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite)
    keep = f"/case/{reference}/writing"
    written = form_of(client, reference) | {"note": "Half a sent", "remit": "unclear", "actions": ["signpost"]}
    page = client.post(keep, data=written, follow_redirects=True).text
    assert "You began a review on 24 November 2026, 12:00pm" in page
    assert "Half a sent" not in page
    quiet = client.post(keep, data=written, headers={"Accept": "application/json"})
    assert quiet.get_json() == {"kept": "Kept at 12:00pm"}
    assert client.post(keep, data={"csrf_token": written["csrf_token"], "note": "x"}).status_code == 400

    form = form_of(client, reference, "?go_on=yes")
    assert (form["note"], form["remit"], form["actions"]) == ("Half a sent", "unclear", ["signpost"])
    client.post(keep, data=form_of(client, reference), follow_redirects=True)
    assert "You began" not in client.get(f"/case/{reference}").text
    client.post(keep, data=written)
    _, page = send(client, f"{keep}/throw-away", f"/case/{reference}")
    assert "thrown away" in page
    assert "You began" not in page


def test_of_two_who_write_at_once_the_second_sees_both_and_goes_on_with_nothing_lost(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite)
    mine = form_of(client, reference) | {"note": "My long note", "contact": "post", "reason": "They say so"}
    colleague = Decision(
        corrections=(Correction(field="remit", value="unclear", reason="No place told"),),
        actions=(ActionKind.ASK_THE_SENDER,),
        note="Rang them",
    )
    sqlite.store.review(reference, WHISTLEBLOWING_OFFICER, 1, colleague)
    answer = client.post(f"/case/{reference}", data=mine)
    assert answer.status_code == 409
    wrote, changed = answer.text.split("What has changed since")
    for text in ("My long note", "Contact", "Post", "They say so"):
        assert text in wrote
    assert "Remit" not in wrote
    for text in ("<del>Regulated</del> <ins>Unclear</ins>", "Rang them", "wb@example.gov.uk", "Ask whoever wrote"):
        assert text in changed

    form = form_of(client, reference, "?go_on=yes")
    assert (form["version"], form["remit"], form["contact"], form["note"]) == ("2", "unclear", "post", "My long note")
    assert client.post(f"/case/{reference}", data=form | {"reason": "They say so"}).status_code == 302
    case = sqlite.store.open_case(reference, OFFICER)
    assert (case.entry.remit, case.entry.contact) == ("unclear", "post")
    assert {"Rang them", "My long note"} <= {note.text for note in case.notes}
    assert "You began" not in client.get(f"/case/{reference}").text


def test_a_name_is_searched_for_by_a_form_that_leaves_it_out_of_the_address(
    sqlite: Installation, client: FlaskClient
) -> None:
    office = dataclasses.replace(sqlite.office, assessor=NamingJudge())
    process(sqlite.ledger.keep([mail("Kayla Brown is cold.\n\nJo Sandiford")]), office)
    reference = sqlite.store.queue(OFFICER)[0].reference
    page = client.get(f"/case/{reference}").text
    assert "Search for Kayla Brown" in page
    assert "Sandiford" not in page
    answer = client.post("/search", data={"csrf_token": token_of(page), "words": "Kayla Brown"})
    assert "Kayla" not in answer.headers["Location"]


def test_the_model_page_says_how_first_answers_compare(sqlite: Installation, signed_in: SignedIn) -> None:
    manager = signed_in(Role.DUTY_MANAGER)
    assert "Nobody has answered yet" in manager.get("/model").text
    answers = FirstAnswers(sqlite.engine, sqlite.vault, sqlite.clock)
    answers.answer(filed(sqlite), OFFICER, danger=True)
    answers.answer(filed(sqlite, "WORKER"), WHISTLEBLOWING_OFFICER, danger=True)

    page = manager.get("/model").text
    assert "Officers said of 1 case without a flag of danger" in page
    assert "In 1 of them they saw a danger that it had not" in page
