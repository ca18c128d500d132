"""The pages of those who keep the records: what goes, what is held, requests with their last days."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from mailbot.cases.records.courts import Courts, Forum, Included, Order
from mailbot.domain import Correction, Decision, LetterState, Role
from mailbot.pipeline import process
from mailbot.web import accounts
from tests.conftest import OFFICER, PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, sign_in, token_of

TEN_YEARS = 3660


@pytest.fixture
def second(app: Flask, sqlite: Installation) -> FlaskClient:
    """Another records officer, signed in."""
    email = "second.records@example.gov.uk"
    accounts.add(sqlite.engine, email, Role.RECORDS_OFFICER, PASSWORD, added_by="test", at=sqlite.clock())
    client = app.test_client()
    sign_in(client, email)
    return client


def filed(installation: Installation, text: str = "The food is poor.", uid: int = 1) -> str:
    known = {one.reference for one in installation.store.queue(None)}
    process(
        installation.ledger.keep([mail(text, uid=uid, sender=f"A{uid} <a{uid}@post.example>")]), installation.office
    )
    for letter in installation.outbox.claim(10):
        installation.outbox.settle(letter, LetterState.SENT)
    return next(one.reference for one in installation.store.queue(None) if one.reference not in known)


def closed(installation: Installation, text: str, uid: int) -> str:
    reference = filed(installation, text, uid)
    installation.store.review(reference, WHISTLEBLOWING_OFFICER, 1, Decision(note="Seen to", close=True))
    return reference


def send(client: FlaskClient, page: str, **fields: object) -> tuple[int, str]:
    token = token_of(client.get(page).text)
    answer = client.post(page, data={"csrf_token": token, **fields}, follow_redirects=True)
    return answer.status_code, answer.text


def test_two_records_officers_let_a_case_go_and_a_hold_keeps_another(
    sqlite: Installation, signed_in: SignedIn, second: FlaskClient
) -> None:
    goes, stays = closed(sqlite, "The food is poor.", 1), closed(sqlite, "The fence is broken.", 2)
    restricted = closed(sqlite, "WORKER", 3)
    first = signed_in(Role.RECORDS_OFFICER)
    assert "Nothing is due" in first.get("/retention").text
    sqlite.clock.advance(days=10 * TEN_YEARS)
    page = first.get("/retention").text
    assert goes in page
    assert restricted not in page
    assert "The food" not in page
    assert 'href="/retention"' in first.get("/account").text

    code, page = send(first, "/retention", decision="propose")
    assert (code, "Choose what shall go" in page) == (400, True)
    wrong = {"decision": "hold", "reference": restricted, "kind": "legal", "reason": "A claim"}
    code, page = send(first, "/retention", **wrong)
    assert (code, "no such case" in page, "A claim" in page) == (400, True, True)
    code, page = send(first, "/retention", decision="hold", reference=stays, **{"ends-day": "31", "ends-month": "2"})
    assert code == 400
    for text in ("Choose what it is held for", "Enter why it is held", "Write a day such as"):
        assert page.count(text) >= 2, "by the field and in the summary"
    code, page = send(first, "/retention", decision="hold", reference=stays, kind="legal", reason="The Ash claim")
    assert "Legal: The Ash claim" in page
    code, page = send(first, "/retention", decision="propose", references=goes)
    assert "1 proposed" in page
    assert "Confirm" not in page.partition("Waits for a second person")[2].partition("Goes unless")[0]
    code, page = send(second, "/retention", decision="confirm", number=1)
    assert "It goes after" in page
    assert "Undo" in page
    code, page = send(first, "/retention", decision="undo", number=1)
    assert "Undone. It stays" in page
    assert send(first, "/retention", decision="lift", number=1)[0] == 200
    assert "Nothing is held" in first.get("/retention").text
    assert signed_in(Role.AUDITOR).get("/retention").status_code == 403


def test_requests_stand_with_their_last_day_and_courts_need_a_second_person(
    sqlite: Installation, signed_in: SignedIn, second: FlaskClient
) -> None:
    asked, other = filed(sqlite, "Please send me what you hold.", 1), filed(sqlite, "The fence is broken.", 2)
    is_request = (Correction(field="kind", value="information_request", reason="it asks"),)
    sqlite.store.review(asked, OFFICER, 1, Decision(corrections=is_request))
    first = signed_in(Role.RECORDS_OFFICER)
    page = first.get("/requests").text
    assert "Answer by 22 December 2026" in " ".join(page.replace("<strong>", "").replace("</strong>", "").split())
    assert "Please send me" not in page

    _, page = send(first, "/requests", decision="classify", reference=asked, kind="subject_access")
    assert "24 December 2026" in page
    code, page = send(first, "/requests", decision="extend", reference=asked, reason=" ")
    assert (code, page.count("Say why it takes longer")) == (400, 2)
    _, page = send(first, "/requests", decision="extend", reference=asked, reason="Three services are asked")
    assert "24 February 2027" in page
    assert "Three services" in page
    _, page = send(first, "/requests", decision="ask_for", reference=asked, other=other.lower())
    assert f"It asks for {other}" in page
    sqlite.clock.advance(days=100)
    assert "1 is overdue" in first.get("/requests").text
    _, page = send(first, "/requests", decision="answer", reference=asked, outcome="answered")
    assert "No request is open" in page
    assert "late" in page

    courts = Courts(sqlite.engine, sqlite.vault, sqlite.clock)
    order = Order(court_reference="ZE26C00417", reason="Order of 3 November")
    records = accounts.officer(sqlite.engine, "records_officer@example.gov.uk")
    courts.ask(other, records, Forum.COURT, order, [Included.MESSAGES])
    assert "ZE26C00417" in first.get("/requests").text
    assert send(first, "/requests", decision="agree", number=1)[0] == 400
    assert "Approved by second.records" in send(second, "/requests", decision="agree", number=1)[1]


def test_the_pages_ask_the_database_no_more_for_many_cases_than_for_one(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    def queries(number: int) -> dict[str, int]:
        counted = []
        client = signed_in(Role.RECORDS_OFFICER)
        for path in ("/retention", "/requests"):
            seen: list[str] = []

            def note(*given: object, seen: list[str] = seen) -> None:
                seen.append(str(given[2]))

            sa.event.listen(sqlite.engine, "before_cursor_execute", note)
            assert client.get(path).status_code == 200
            sa.event.remove(sqlite.engine, "before_cursor_execute", note)
            counted.append((path, len(seen)))
        assert number
        return dict(counted)

    closed(sqlite, "The food is poor.", 1)
    sqlite.clock.advance(days=TEN_YEARS)
    few = queries(1)
    sqlite.clock.advance(days=-TEN_YEARS)
    for uid in (2, 3, 4):
        closed(sqlite, f"The fence {uid} is broken.", uid)
    sqlite.clock.advance(days=TEN_YEARS)
    assert queries(4) == few
