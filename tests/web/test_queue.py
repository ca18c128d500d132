"""The queue page without JavaScript: filters, chips, tabs, pages, views, hand-over, who has a case, closing several."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from mailbot.cases.schema import audit, cases
from mailbot.domain import CaseState, Kind, Role
from mailbot.pipeline import process
from tests.conftest import WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, token_of

File = Callable[..., str]


@pytest.fixture
def client(signed_in: SignedIn) -> FlaskClient:
    return signed_in(Role.OFFICER)


@pytest.fixture
def file(sqlite: Installation) -> File:
    """Files a message of somebody else each time, and sets clear columns of its case."""
    filed: list[str] = []

    def one(text: str = "The food is poor.", **columns: Any) -> str:
        number = len(filed) + 1
        sender = f"Jo <jo{number}@post.example>"
        process(sqlite.ledger.keep([mail(text, uid=number, sender=sender)]), sqlite.office)
        states = list(CaseState)
        (new,) = {one.reference for one in sqlite.store.queue(WHISTLEBLOWING_OFFICER, states)} - set(filed)
        filed.append(new)
        if columns:
            with sqlite.engine.begin() as connection:
                connection.execute(sa.update(cases).where(cases.c.reference == new).values(**columns))
        return new

    return one


def listed(page: str) -> list[str]:
    return re.findall(r'queue__reference" href="/case/([^"]+)"', page)


def post(client: FlaskClient, path: str, data: dict[str, Any], from_page: str = "/queue") -> tuple[int, str]:
    token = token_of(client.get(from_page).text)
    answer = client.post(path, data={**data, "csrf_token": token}, follow_redirects=True)
    return answer.status_code, answer.text


def test_every_filter_stands_in_the_form_with_what_is_chosen(client: FlaskClient, file: File) -> None:
    file()
    page = client.get("/queue?remit=grievance&situation=child_at_risk&service=Larch").text

    names = (
        "mailbox situation remit service_type authority service assigned language waiting_for seen"
    ).split()  # fmt: skip
    for name in names:
        assert re.search(rf'name="{name}"', page), name
    assert '<option value="grievance" selected>Grievance</option>' in page
    assert re.search(r'value="child_at_risk" checked', page)
    assert 'value="Larch"' in page


def test_filters_narrow_the_list_and_the_counts_of_every_tab(client: FlaskClient, file: File) -> None:
    welsh, english = file(language="cy"), file()
    file(language="cy", state=CaseState.OPEN)
    page = client.get("/queue?language=cy").text

    assert listed(page) == [welsh]
    assert english not in page
    assert "To review (1)" in page
    assert re.search(r'href="/queue\?state=open&amp;language=cy">In hand <span class="tabs__count">1<', page)


def test_closed_cases_are_counted_on_their_own_tab_alone_and_not_without_end(
    client: FlaskClient, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.cases.queue.PAGE_SIZE", 1)
    monkeypatch.setattr("mailbot.cases.queue.MOST_COUNTED", 2)
    for _ in range(4):
        file(state=CaseState.CLOSED)
    assert re.search(r'href="/queue\?state=closed">Closed</a>', client.get("/queue").text)

    page = client.get("/queue?state=closed").text
    assert 'Closed <span class="tabs__count">over 2<' in page
    assert "1 to 1 of over 2" in page
    assert "Page 2 of 3 or more" in page
    assert 'Closed <span class="tabs__count">4<' in client.get("/queue?state=closed&page=4").text


def test_a_chip_takes_its_filter_away_and_leaves_the_others(client: FlaskClient, file: File) -> None:
    file()
    page = client.get("/queue?situation=child_at_risk&situation=quality_of_care&assigned=nobodys").text
    chips = dict(re.findall(r'class="chip" href="([^"]+)"><span[^>]*>[^<]*</span> ([^<]+?) <', page))

    assert chips == {
        "/queue?state=new&amp;situation=quality_of_care&amp;assigned=nobodys": "Situation: Child at risk",
        "/queue?state=new&amp;situation=child_at_risk&amp;assigned=nobodys": "Situation: Quality of care",
        "/queue?state=new&amp;situation=child_at_risk&amp;situation=quality_of_care": "Assigned to: Nobody",
    }


def test_a_filter_that_is_none_shows_everything_and_no_chip(client: FlaskClient, file: File) -> None:
    reference = file()
    page = client.get("/queue?remit=nonsense&page=x&colour=red").text

    assert listed(page) == [reference]
    assert "chip" not in page


def test_a_danger_nobody_has_seen_stands_first_under_any_filter(client: FlaskClient, file: File) -> None:
    danger, welsh = file("DANGER here"), file(language="cy")

    assert listed(client.get("/queue?language=cy").text) == [danger, welsh]
    client.get(f"/case/{danger}")
    assert listed(client.get("/queue?language=cy").text) == [welsh]


def test_the_row_says_when_it_is_due_and_that_nobody_has_seen_it(
    sqlite: Installation, client: FlaskClient, file: File
) -> None:
    reference = file()
    page = client.get("/queue").text
    assert "due in 23 hours" in page or "due in 1 day" in page
    assert "Seen by nobody yet" in page
    sqlite.clock.advance(days=2)
    page = client.get("/queue").text
    assert "overdue by 1 day" in page
    assert "1 message has been seen by nobody within one working day" in page
    assert listed(client.get("/queue?seen=late").text) == [reference]
    client.get(f"/case/{reference}")
    assert "Seen by nobody" not in client.get("/queue").text


def test_long_lists_are_cut_into_pages_that_keep_the_filters(
    client: FlaskClient, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.cases.queue.PAGE_SIZE", 2)
    filed = [file() for _ in range(3)]
    first = client.get("/queue?remit=regulated").text
    (after,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = client.get(html.unescape(after)).text

    assert listed(first) == filed[:2]
    assert "1 to 2 of 3" in first
    assert listed(second) == filed[2:]
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second
    assert "remit=regulated" in after


def test_a_view_is_saved_shown_opened_and_deleted(client: FlaskClient, file: File) -> None:
    welsh = file(language="cy")
    file()
    code, page = post(client, "/queue/views", {"name": "Welsh", "state": "new", "language": "cy"})
    assert code == 200
    (address,) = re.findall(r'href="([^"]+)">Welsh</a>', page)
    assert listed(client.get(html.unescape(address)).text) == [welsh]
    (delete,) = re.findall(r'action="(/queue/views/\d+/delete)"', page)
    _, page = post(client, delete, {})

    assert ">Welsh</a>" not in page


def test_views_are_ones_own(client: FlaskClient, signed_in: SignedIn, file: File) -> None:
    file()
    post(client, "/queue/views", {"name": "Welsh", "state": "new", "language": "cy"})

    assert ">Welsh</a>" not in signed_in(Role.DUTY_MANAGER).get("/queue").text


def test_a_case_is_taken_and_given_back_on_its_page(client: FlaskClient, signed_in: SignedIn, file: File) -> None:
    reference = file()
    _, page = post(client, f"/case/{reference}/assign", {"decision": "take"})
    assert "You have this case." in page
    assert "you have it" in client.get("/queue?assigned=mine").text
    manager = signed_in(Role.DUTY_MANAGER)
    assert "officer@example.gov.uk has this case" in manager.get(f"/case/{reference}").text
    code, page = post(manager, f"/case/{reference}/assign", {"decision": "take"})
    assert (code, "ask them to give it back" in page) == (404, True)
    _, page = post(client, f"/case/{reference}/assign", {"decision": "give_back"})

    assert "Nobody has this case." in page
    assert post(client, f"/case/{reference}/assign", {"decision": "eat"})[0] == 400


def test_a_case_is_assigned_to_a_colleague_from_a_list_of_those_who_may_read_it(
    client: FlaskClient, file: File
) -> None:
    reference = file()
    page = client.get(f"/case/{reference}").text
    offered = re.findall(r"<option>([^<]+@[^<]+)</option>", page)
    assert offered == ["duty_manager@example.gov.uk", "officer@example.gov.uk", "whistleblowing_officer@example.gov.uk"]
    _, page = post(client, f"/case/{reference}/assign", {"decision": "assign", "colleague": offered[0]})
    assert "duty_manager@example.gov.uk has this case" in page

    code, _ = post(client, f"/case/{reference}/assign", {"decision": "assign", "colleague": "auditor@example.gov.uk"})
    assert code == 404


def test_who_looks_at_a_case_now_is_told_to_the_other(client: FlaskClient, signed_in: SignedIn, file: File) -> None:
    reference = file()
    assert "looking at this now" not in client.get(f"/case/{reference}").text

    page = signed_in(Role.DUTY_MANAGER).get(f"/case/{reference}").text
    assert "officer@example.gov.uk is looking at this now" in page


def test_a_note_for_the_next_shift_is_shown_until_it_is_read(
    client: FlaskClient, signed_in: SignedIn, file: File
) -> None:
    reference = file()
    post(client, "/queue/handover", {"note": f"Watch {reference}, <b>the council rings back</b>"})
    manager = signed_in(Role.DUTY_MANAGER)
    page = manager.get("/queue").text
    assert "&lt;b&gt;the council rings back&lt;/b&gt;" in page
    (read,) = re.findall(r'action="(/queue/handover/\d+/read)"', page)
    _, page = post(manager, read, {})

    assert "rings back" not in page
    assert "rings back" in client.get("/queue").text
    assert post(client, "/queue/handover", {"note": "Ring 020 7946 0123"})[0] == 404


def test_a_note_about_a_restricted_case_is_on_no_other_page(
    client: FlaskClient, signed_in: SignedIn, file: File
) -> None:
    reference = file("WORKER")
    trusted = signed_in(Role.WHISTLEBLOWING_OFFICER)
    post(trusted, "/queue/handover", {"note": f"Watch {reference}"})

    assert f"Watch {reference}" in trusted.get("/queue").text
    assert reference not in client.get("/queue").text


def enquiries(file: File, count: int = 2) -> list[str]:
    return [file(f"What does it cost? {number}", kind=Kind.ENQUIRY, priority=5) for number in range(count)]


def shown_on(page: str) -> str:
    (token,) = re.findall(r'name="shown" value="([^"]+)"', page)
    return html.unescape(token)


def test_ticked_messages_that_stood_on_the_page_are_closed(
    sqlite: Installation, client: FlaskClient, file: File
) -> None:
    first, second = enquiries(file)
    page = client.get("/queue/bulk").text
    assert "What does it cost? 0" in page
    assert "What does it cost? 1" in page
    data = {"shown": shown_on(page), "chosen": [first], "reason": "answered", "read": "yes"}
    code, page = post(client, "/queue/bulk", data)

    assert (code, "1 case closed" in page) == (200, True)
    assert [one.reference for one in sqlite.store.queue(WHISTLEBLOWING_OFFICER)] == [second]
    with sqlite.engine.connect() as connection:
        acts = connection.execute(sa.select(audit.c.act, audit.c.detail).where(audit.c.reference == first)).all()
    assert ("read case", "") in acts
    assert ("closed with others", "The acknowledgement answers it") in acts


def test_what_is_missing_is_said_and_nothing_closed(client: FlaskClient, file: File) -> None:
    first, _ = enquiries(file)
    shown = shown_on(client.get("/queue/bulk").text)
    code, page = post(client, "/queue/bulk", {"shown": shown})
    assert code == 400
    for text in ("Tick the messages", "Choose why they are closed", "Say that you have read each"):
        assert text in page
    code, page = post(client, "/queue/bulk", {"shown": shown, "chosen": first, "reason": "spam"})

    assert code == 400
    assert re.search(rf'value="{first}" checked', page), "what was ticked stays ticked"


def test_only_what_this_page_showed_to_this_officer_can_be_closed(
    sqlite: Installation, client: FlaskClient, signed_in: SignedIn, file: File
) -> None:
    first, _ = enquiries(file)
    shown = shown_on(client.get("/queue/bulk").text)
    later = file("And this?", kind=Kind.ENQUIRY, priority=5)
    data = {"chosen": [first, later], "reason": "answered", "read": "yes"}

    assert post(client, "/queue/bulk", data | {"shown": shown})[0] == 404
    assert post(client, "/queue/bulk", data | {"shown": shown + "x"})[0] == 400
    assert post(client, "/queue/bulk", data | {"shown": ""})[0] == 400
    assert post(signed_in(Role.DUTY_MANAGER), "/queue/bulk", data | {"shown": shown, "chosen": first})[0] == 400
    assert len(sqlite.store.queue(WHISTLEBLOWING_OFFICER)) == 3


def test_a_case_that_has_changed_since_is_not_closed(sqlite: Installation, client: FlaskClient, file: File) -> None:
    first, second = enquiries(file)
    shown = shown_on(client.get("/queue/bulk").text)
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(cases).where(cases.c.reference == first).values(version=2))
    data = {"shown": shown, "chosen": [first, second], "reason": "answered", "read": "yes"}
    code, page = post(client, "/queue/bulk", data)

    assert (code, first in page) == (409, True)
    assert len(sqlite.store.queue(WHISTLEBLOWING_OFFICER)) == 2


def test_the_queue_costs_the_same_number_of_queries_however_long_it_is(
    sqlite: Installation, client: FlaskClient, file: File
) -> None:
    statements: list[str] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    counts = []
    for _ in range(2):
        file("DANGER")
        file()
        client.get("/queue")
        statements.clear()
        client.get("/queue?remit=regulated")
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_the_page_names_no_script_of_its_own_in_line(client: FlaskClient, file: File) -> None:
    file()
    for path in ("/queue", "/queue/bulk"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert " style=" not in page
        assert " onclick=" not in page
