"""The search page: what it shows, to whom, and that what was asked for stands nowhere readable."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from mailbot.cases.schema import audit
from mailbot.domain import Role
from mailbot.pipeline import process
from tests.conftest import OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, token_of

READERS = (Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER)


def filed(installation: Installation, *texts: str) -> None:
    mails = [
        mail(text, uid=number, sender=f"Ann Other{number} <ann{number}@post.example>")
        for number, text in enumerate(texts)
    ]
    process(installation.ledger.keep(mails), installation.office)


def asked(client: FlaskClient, words: str, page: str = "/search") -> Any:
    """The answer to the form of a page, as a browser gets it."""
    token = token_of(client.get(page).text)
    return client.post("/search", data={"csrf_token": token, "words": words}, follow_redirects=True)


def test_what_is_found_is_shown_with_the_words_around_it_marked(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, "There is a <b>heron</b> & DANGER here. Ring 07700 900123.", "Nothing.")
    page = asked(signed_in(Role.OFFICER), "herons").text
    (entry, _) = sqlite.store.queue(OFFICER)

    assert "1 case, newest first" in page
    assert f'href="/case/{entry.reference}"' in page
    assert "&lt;b&gt;<mark>heron</mark>&lt;/b&gt; &amp; DANGER here. Ring [phone 1]." in page
    assert "Danger now" in page
    assert "Received 24 November 2026, 12:00pm" in page


@pytest.mark.parametrize("role", READERS)
def test_those_who_may_read_cases_can_search_from_the_queue(signed_in: SignedIn, role: Role) -> None:
    assert "Nothing found" in asked(signed_in(role), "heron", page="/queue").text


def test_others_cannot_search_and_see_no_field(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    page = client.get("/staff").text

    assert "/search" not in page
    assert client.get("/search").status_code == 403
    assert client.post("/search", data={"csrf_token": token_of(page), "words": "heron"}).status_code == 403


def test_the_words_asked_for_stand_in_no_address(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, "The heron.")
    client = signed_in(Role.OFFICER)
    answer = asked(client, "heron")

    assert len(answer.history) == 1
    assert "heron" not in answer.history[0].headers["Location"]
    address = answer.request.full_path
    assert "1 case" in client.get(address).text
    assert "case" not in client.get(address[:-5] + "AAAA").text.split("</form>")[2]


def test_an_empty_or_common_query_says_what_to_enter(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, "The heron.")
    client = signed_in(Role.OFFICER)

    page = asked(client, "the").text
    assert "There is a problem" in page
    assert 'href="#words"' in page
    assert 'value="the"' in page
    assert "There is a problem" not in asked(client, " ").text


def test_older_cases_are_on_the_next_page(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, *(f"Mould in room {number + 100}." for number in range(23)))
    client = signed_in(Role.OFFICER)
    first = asked(client, "mould").text
    (older,) = re.findall(r'href="(/search\?[^"]*)"[^>]*rel="next"', first)
    second = client.get(older.replace("&amp;", "&")).text

    assert "23 cases, newest first (page 1 of 2)" in first
    shown = [set(re.findall(r'href="/case/([^"]+)"', page)) for page in (first, second)]
    assert [len(one) for one in shown] == [20, 3]
    assert not shown[0] & shown[1]
    assert client.get("/search?page=99999999999999999999999").status_code == 200


def test_where_more_cases_have_the_words_than_are_counted_the_page_says_so(
    sqlite: Installation, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(sqlite, *(f"Mould in room {number + 100}." for number in range(23)))
    monkeypatch.setattr("mailbot.cases.search.search.COUNTED", 20)
    page = asked(signed_in(Role.OFFICER), "mould").text

    assert "More than 20 cases, newest first (page 1)" in page
    assert 'rel="next"' in page


def test_a_page_of_results_takes_as_many_queries_however_many_cases_it_shows(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    client = signed_in(Role.OFFICER)
    counts = []

    def queries(words: str) -> int:
        seen: list[str] = []
        listen = (sqlite.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
        keys = (sqlite.vault._key_store, "before_cursor_execute", lambda *told: seen.append(told[2]))
        for one in (listen, keys):
            sa.event.listen(*one)
        assert "newest first" in asked(client, words).text
        for one in (listen, keys):
            sa.event.remove(*one)
        return len(seen)

    filed(sqlite, "otter and heron", *("heron" for _ in range(15)))
    counts = [queries("otter"), queries("heron")]
    assert counts[0] == counts[1]


def test_a_restricted_case_and_none_at_all_look_alike(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, "WORKER saw the plover.")
    client = signed_in(Role.OFFICER)

    def shown(words: str) -> str:
        page = asked(client, words).text
        return re.sub(rf"{words}|gAAAA[\w=-]+|name=\"csrf_token\" value=\"[^\"]+\"", "", page)

    assert shown("plover") == shown("nobody")
    assert "<mark>plover</mark>" in asked(signed_in(Role.WHISTLEBLOWING_OFFICER), "plover").text


def look_up(client: FlaskClient, sender: str, reason: str) -> Any:
    token = token_of(client.get("/search").text)
    return client.post("/search/sender", data={"csrf_token": token, "sender": sender, "reason": reason})


def test_a_sender_is_found_by_the_identity_role_with_a_reason(sqlite: Installation, signed_in: SignedIn) -> None:
    filed(sqlite, "WORKER saw the plover.", "Somebody else.")
    client = signed_in(Role.WHISTLEBLOWING_OFFICER)

    answer = look_up(client, "ann0@post.example", "She rang")
    assert "1 case by that sender" in answer.text
    assert answer.text.count('href="/case/') == 1
    assert "No case by that sender" in look_up(client, "nobody@post.example", "She rang").text
    refused = look_up(client, "ann0@post.example", "")
    assert refused.status_code == 400
    assert "Enter why you look this sender up" in refused.text
    assert 'value="ann0@post.example"' in refused.text
    assert "Enter a whole email address" in look_up(client, "ann", "why").text
    with sqlite.engine.connect() as connection:
        acts = [row.act for row in connection.execute(sa.select(audit)) if "sender" in row.act]
    assert acts == ["sender looked up", "found by its sender", "sender looked up"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WHISTLEBLOWING_OFFICER])
def test_no_other_role_can_look_a_sender_up(sqlite: Installation, signed_in: SignedIn, role: Role) -> None:
    filed(sqlite, "The heron.")
    client = signed_in(role)
    page = client.get("/search").text

    assert "Find a sender" not in page
    token = token_of(client.get("/queue").text) if role in READERS else ""
    data = {"csrf_token": token, "sender": "ann0@post.example", "reason": "why"}
    assert client.post("/search/sender", data=data).status_code == (403 if role in READERS else 400)
