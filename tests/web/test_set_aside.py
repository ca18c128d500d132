"""What could not be filed: seen by those who may, tried again, filed by hand, and its original as a download."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailbot.cases.access import Permission, may
from mailbot.cases.schema import audit
from mailbot.domain import Role
from mailbot.office import Tally
from mailbot.pipeline import process
from mailbot.taking_in import file_handed_back
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, token_of


def set_aside(installation: Installation, *texts: str, mailbox: str = "enquiries") -> None:
    for number, text in enumerate(texts, 1):
        batch = installation.ledger.keep([mail(f"CRASH {text}", uid=number, mailbox=mailbox)])
        assert process(batch, installation.office) == Tally(set_aside=1)


def decide(client: FlaskClient, number: int, decision: str) -> TestResponse:
    token = token_of(client.get("/set-aside").text)
    data = {"csrf_token": token, "decision": decision}
    return client.post(f"/set-aside/{number}", data=data, follow_redirects=True)


def acts(installation: Installation) -> list[tuple[str, str, str]]:
    with installation.engine.connect() as connection:
        return [(row.actor, row.act, row.detail) for row in connection.execute(audit.select().order_by(audit.c.id))]


def numbers(page: str) -> list[int]:
    """The messages on the page, from the top."""
    return [int(number) for number in re.findall(r"<strong>(\d+)</strong>", page)]


# Who sees what


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_it_may(sqlite: Installation, signed_in: SignedIn, role: Role) -> None:
    set_aside(sqlite, "plain")
    set_aside(sqlite, "restricted", mailbox="whistleblowing")
    answer = signed_in(role).get("/set-aside")

    if not may(role, Permission.READ_CASES):
        assert answer.status_code == 403
        assert numbers(answer.text) == []
        return
    restricted = may(role, Permission.READ_RESTRICTED)
    assert numbers(answer.text) == ([1, 2] if restricted else [1])
    assert ("whistleblowing" in answer.text) == restricted
    assert f"Set aside ({2 if restricted else 1})" in answer.text
    assert ("Download the original" in answer.text) == may(role, Permission.READ_ORIGINALS)
    assert ("Try again" in answer.text) == may(role, Permission.REVIEW)


def test_the_page_tells_nothing_of_who_wrote_or_what(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "a plover")
    page = signed_in(Role.WHISTLEBLOWING_OFFICER).get("/set-aside").text

    assert "could not be filed: ValueError" in page
    for word in ("plover", "Sandiford", "post.example", "Larch"):
        assert word not in page


def test_words_of_danger_stand_first(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "plain", "DANGER", "plain too")
    page = signed_in(Role.OFFICER).get("/set-aside").text

    assert numbers(page) == [2, 1, 3]
    assert page.count("Words of danger") == 1


def test_where_nothing_is_set_aside_the_page_says_so(signed_in: SignedIn) -> None:
    assert "Nothing is set aside" in signed_in(Role.OFFICER).get("/set-aside").text


# The queue


def test_the_queue_counts_what_the_officer_may_see(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "one", "two")
    set_aside(sqlite, "three", mailbox="whistleblowing")

    for role, number in ((Role.OFFICER, 2), (Role.WHISTLEBLOWING_OFFICER, 3), (Role.DUTY_MANAGER, 2)):
        page = signed_in(role).get("/queue").text
        assert re.search(rf'Set aside <span class="tabs__count">{number}</span>', page), role


@pytest.mark.parametrize(
    ("dangerous", "said"), [(1, "Words of danger in a message"), (2, "Words of danger in 2 messages")]
)
def test_words_of_danger_in_what_is_set_aside_stand_above_the_queue(
    sqlite: Installation, signed_in: SignedIn, dangerous: int, said: str
) -> None:
    set_aside(sqlite, "plain", *["DANGER"] * dangerous)
    page = signed_in(Role.OFFICER).get("/queue").text

    assert said in page
    assert page.index(said) < page.index('class="tabs"')
    assert 'href="/set-aside"' in page


def test_without_words_of_danger_nothing_stands_above_the_queue(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "plain")

    assert "Words of danger" not in signed_in(Role.OFFICER).get("/queue").text


def test_danger_in_a_restricted_mailbox_is_told_only_to_those_who_may_see_it(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    set_aside(sqlite, "DANGER", mailbox="whistleblowing")

    assert "Words of danger" not in signed_in(Role.OFFICER).get("/queue").text
    assert "Words of danger" in signed_in(Role.WHISTLEBLOWING_OFFICER).get("/queue").text


# What is done with it


def test_filed_by_hand_it_becomes_a_restricted_case_and_leaves_the_page(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    set_aside(sqlite, "the words of it")
    client = signed_in(Role.OFFICER)
    page = decide(client, 1, "file").text

    assert "Message 1 will be filed by hand within seconds" in page
    assert "the worker has yet to do it" in page
    assert file_handed_back(sqlite.office) == Tally(filed=1)
    assert numbers(client.get("/set-aside").text) == []
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.restricted, entry.look_first, entry.acknowledgement) == (True, True, "withheld")
    assert sqlite.store.queue(OFFICER) == []
    assert ("officer@example.gov.uk", "set aside filed by hand", "message 1") in acts(sqlite)


def test_tried_again_in_vain_it_comes_back(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "DANGER")
    client = signed_in(Role.OFFICER)
    page = decide(client, 1, "retry").text

    assert "Message 1 will be tried again within seconds" in page
    assert "the worker has yet to do it" in page
    assert file_handed_back(sqlite.office) == Tally(set_aside=1)
    again = client.get("/set-aside").text
    assert numbers(again) == [1]
    assert "Words of danger" in again
    assert ("officer@example.gov.uk", "set aside retried", "message 1") in acts(sqlite)


def test_words_of_danger_stay_above_the_queue_until_the_message_is_filed(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    """Handed back while the worker is down, it is neither set aside nor filed: it must not be out of sight."""
    set_aside(sqlite, "DANGER")
    client = signed_in(Role.OFFICER)
    decide(client, 1, "retry")

    assert "Words of danger" in client.get("/queue").text
    file_handed_back(sqlite.office)
    assert "Words of danger" in client.get("/queue").text


def test_a_second_decision_on_the_same_message_changes_nothing(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "one", "two")
    client = signed_in(Role.OFFICER)
    decide(client, 1, "file")
    before = len(acts(sqlite))

    assert decide(client, 1, "retry").status_code == 404
    assert len(acts(sqlite)) == before
    with sqlite.ledger.claimed(10, handed=True) as (handed,):
        assert handed.by_hand


@pytest.mark.parametrize("decision", ["", "delete", "RETRY"])
def test_what_is_no_decision_is_refused(sqlite: Installation, signed_in: SignedIn, decision: str) -> None:
    set_aside(sqlite, "one")
    client = signed_in(Role.OFFICER)

    assert decide(client, 1, decision).status_code == 400
    assert len(sqlite.office.aside.listed(OFFICER)) == 1


def test_a_decision_without_the_forms_token_is_refused(sqlite: Installation, signed_in: SignedIn) -> None:
    set_aside(sqlite, "one")

    assert signed_in(Role.OFFICER).post("/set-aside/1", data={"decision": "file"}).status_code == 400
    assert len(sqlite.office.aside.listed(OFFICER)) == 1


def test_an_officer_decides_nothing_of_a_restricted_mailbox_and_learns_nothing_of_it(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    set_aside(sqlite, "plain")
    set_aside(sqlite, "restricted", mailbox="whistleblowing")
    client = signed_in(Role.OFFICER)
    there, nowhere = decide(client, 2, "file"), decide(client, 99, "file")

    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace("/2", "/99") == nowhere.text
    assert len(sqlite.office.aside.listed(WHISTLEBLOWING_OFFICER)) == 2


# The original


def test_the_original_is_a_download_of_the_very_bytes_and_its_reading_is_audited(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    set_aside(sqlite, "<script>alert(1)</script>", mailbox="whistleblowing")
    answer = signed_in(Role.WHISTLEBLOWING_OFFICER).get("/set-aside/1/original")

    assert answer.status_code == 200
    assert answer.data == mail("CRASH <script>alert(1)</script>", mailbox="whistleblowing").content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="message-1.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert acts(sqlite)[-1] == (
        "whistleblowing_officer@example.gov.uk",
        "read original of message set aside",
        "message 1",
    )


@pytest.mark.parametrize("role", [role for role in Role if not may(role, Permission.READ_ORIGINALS)])
def test_other_roles_get_no_original_and_nothing_is_said_of_it(
    sqlite: Installation, signed_in: SignedIn, role: Role
) -> None:
    set_aside(sqlite, "a plover")
    client = signed_in(role)
    before = acts(sqlite)
    answer = client.get("/set-aside/1/original")

    assert answer.status_code == 403
    assert "plover" not in answer.text
    assert acts(sqlite) == before


def test_the_original_of_a_message_that_is_filed_is_not_given_here(sqlite: Installation, signed_in: SignedIn) -> None:
    process(sqlite.ledger.keep([mail("good")]), sqlite.office)
    client = signed_in(Role.WHISTLEBLOWING_OFFICER)
    before = acts(sqlite)

    assert client.get("/set-aside/1/original").status_code == 404
    assert acts(sqlite) == before


def test_nobody_sees_anything_without_signing_in(app: Flask, sqlite: Installation) -> None:
    set_aside(sqlite, "one")
    for path in ("/set-aside", "/set-aside/1/original", "/health"):
        answer = app.test_client().get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in")
