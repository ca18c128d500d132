"""The form for a call or a letter: danger first, nothing typed is lost, one case however often it is sent."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from mailbot.cases.access import Permission, may
from mailbot.cases.schema import cases
from mailbot.config import Config, Mailbox, Outgoing, Web
from mailbot.domain import EntryKind, Role
from mailbot.taking_in import file_handed_back
from mailbot.web.app import create_app
from mailbot.web.by_hand import MAX_FILES_BYTES, UNKNOWN, kind_of
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.web.conftest import COMPILED, SignedIn, record_of, token_of

PDF = b"%PDF-1.4 a scan"


@pytest.fixture
def app(sqlite: Installation) -> Flask:
    config = Config(
        mailbox=(
            Mailbox(name="enquiries", kind="maildir", path="."),
            Mailbox(name="whistleblowing", kind="maildir", path=".", restricted=True),
        ),
        outgoing=Outgoing(kind="folder"),
        web=Web(second_factor="optional", ask_first=False),
    )
    app = create_app(record_of(sqlite, config), sqlite.vault.keyring)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def client(signed_in: SignedIn) -> FlaskClient:
    return signed_in(Role.OFFICER)


def form_token(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{32})"', page)
    assert found
    return found.group(1)


def send(client: FlaskClient, kind: str = "call", page: str = "", **fields: Any) -> TestResponse:
    page = page or client.get(f"/new-{kind}").text
    data = {"csrf_token": token_of(page), "token": form_token(page), "relation": "other", **fields}
    return posted(client, f"/new-{kind}", data)


def posted(client: FlaskClient, path: str, data: dict[str, Any]) -> TestResponse:
    """As a browser posts a form with files; nothing is left in a temporary file."""
    stream, _, boundary = stream_encode_multipart(MultiDict(_pairs(data)), use_tempfile=False)
    return client.post(path, data=stream.read(), content_type=f"multipart/form-data; boundary={boundary}")


def _pairs(data: dict[str, Any]) -> list[tuple[str, Any]]:
    """Each field with each of its values; a file is its bytes and its name."""
    found = [(name, one) for name, value in data.items() for one in (value if isinstance(value, list) else [value])]
    return [(name, FileStorage(one[0], one[1], name) if isinstance(one, tuple) else one) for name, one in found]


def kept(installation: Installation) -> int:
    with installation.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one())


# ---- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(EntryKind))
def test_the_form_is_for_those_who_review(signed_in: SignedIn, role: Role, kind: EntryKind) -> None:
    client = signed_in(role)
    answer = client.get(f"/new-{kind}")

    assert answer.status_code == (200 if may(role, Permission.REVIEW) else 403)
    if may(role, Permission.READ_CASES):
        assert (f"/new-{kind}" in client.get("/queue").text) == may(role, Permission.REVIEW)


def test_an_officer_files_into_the_restricted_mailbox_and_sees_nothing_of_it(
    sqlite: Installation, client: FlaskClient
) -> None:
    answer = send(client, said="a plover planted here", mailbox="whistleblowing", danger="child")

    assert answer.headers["Location"] == "/queue"
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    client.get("/queue")  # says what was entered, once
    for path in ("/queue", f"/case/{entry.reference}", "/set-aside", "/health"):
        page = client.get(path).text
        assert "plover" not in page
        assert entry.reference not in page


@pytest.mark.parametrize(
    ("role", "mailbox"), [(Role.OFFICER, "enquiries"), (Role.WHISTLEBLOWING_OFFICER, "whistleblowing")]
)
def test_what_officers_enter_mostly_is_chosen_for_them(
    sqlite: Installation, signed_in: SignedIn, role: Role, mailbox: str
) -> None:
    client = signed_in(role)
    assert f'<option value="{mailbox}" selected>' in client.get("/new-call").text

    send(client, said="Something")
    assert [one.mailbox for one in sqlite.store.queue(WHISTLEBLOWING_OFFICER)] == [mailbox]


# ---- Danger ----------------------------------------------------------------------------------------------------------


def test_danger_alone_alerts_within_the_form_and_leads_to_the_numbers(
    sqlite: Installation, client: FlaskClient
) -> None:
    answer = send(client, danger="child", contact="email", anonymous="yes", name="Jo", email="jo at")

    (entry,) = sqlite.store.queue(OFFICER)
    assert (entry.priority, entry.immediate_risk) == (1, True)
    assert [one.reference for one in sqlite.alert_book.due()] == [entry.reference]
    assert answer.headers["Location"] == f"/case/{entry.reference}"
    page = client.get(answer.headers["Location"]).text
    assert "the alert is raised" in page
    assert "Numbers and urgent referral" in page
    assert "Yes, a child" in page


# ---- What was typed --------------------------------------------------------------------------------------------------

TYPED = {
    "service_name": "Larch <House>",
    "place": "Ipswich",
    "name": "Jo Sandiford",
    "postal": "4 Mill Row\nIpswich <Suffolk>",
    "telephone": "01632 960 001",
    "telephone_times": "after 6pm",
}


def test_what_was_typed_stays_when_something_is_wrong(sqlite: Installation, client: FlaskClient) -> None:
    chosen = {"contact": "email", "confidentiality": "waived", "relation": "child", "mailbox": "whistleblowing"}
    answer = send(client, email="jo at post", said="He is cold.\nThe food is poor.", **TYPED, **chosen)

    assert (answer.status_code, kept(sqlite)) == (400, 0)
    page = answer.text
    assert "<title>Error: Enter a call" in page
    assert "There is a problem" in page
    assert '<a href="#email">Write an email address such as name@post.example</a>' in page
    assert 'id="email-error"' in page
    for value in ("Larch &lt;House&gt;", "Ipswich", "Jo Sandiford", "01632 960 001", "after 6pm", "jo at post"):
        assert f'value="{value}"' in page
    assert "He is cold.\nThe food is poor.</textarea>" in page
    assert "4 Mill Row\nIpswich &lt;Suffolk&gt;</textarea>" in page
    for value in ("email", "waived", "child"):
        assert re.search(rf'value="{value}" checked', page)
    assert '<option value="whistleblowing" selected>' in page
    assert "autofocus" not in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"said": " "}, "said"),
        ({"contact": "email"}, "email"),
        ({"contact": "post", "postal": "\n \n"}, "postal"),
        ({"contact": "telephone"}, "telephone"),
        ({"contact": "telephone", "telephone": "12"}, "telephone"),
        ({"anonymous": "yes", "name": "Jo"}, "name"),
        ({"service_name": "x" * 121}, "service_name"),
        ({"files": (io.BytesIO(b"MZ\x90 not a scan"), "letter.pdf")}, "files"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_in_the_summary(
    sqlite: Installation, client: FlaskClient, fields: dict[str, Any], field: str
) -> None:
    answer = send(client, **{"said": "The food is poor.", **fields})

    assert (answer.status_code, kept(sqlite)) == (400, 0)
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert f'id="{field}"' in answer.text


@pytest.mark.parametrize(
    ("day", "right"), [(("3", "5", "2020"), True), (("31", "2", "2020"), False), (("1", "1", "2990"), False)]
)
def test_the_day_a_letter_arrived_must_be_one_that_has_been(
    sqlite: Installation, client: FlaskClient, day: tuple[str, str, str], right: bool
) -> None:
    parts = dict(zip(("arrived-day", "arrived-month", "arrived-year"), day, strict=True))
    answer = send(client, "letter", said="It is cold.", **parts)

    assert (answer.status_code, kept(sqlite)) == ((302, 1) if right else (400, 0))
    if right:
        assert sqlite.store.queue(OFFICER)[0].received_at.isoformat() == "2020-05-03T11:00:00+00:00"
    else:
        assert 'href="#arrived-day"' in answer.text


def test_an_answer_that_no_form_offers_counts_as_none(sqlite: Installation, client: FlaskClient) -> None:
    send(client, said="It is cold.", contact="pigeon", confidentiality="no", relation="boss", mailbox="none", token="x")

    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.contact, entry.confidentiality, entry.mailbox, entry.restricted) == (
        "email",
        "assumed",
        "enquiries",
        True,
    )


def test_when_the_database_fails_what_was_typed_is_shown_again(
    sqlite: Installation, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/new-call").text
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sqlite.engine.dispose()
    sa.event.listen(sqlite.engine, "connect", limit)
    answer = send(client, page=page, said="word " * 40_000)
    sa.event.remove(sqlite.engine, "connect", limit)
    sqlite.engine.dispose()

    assert answer.status_code == 503
    assert "It could not be entered" in answer.text
    assert "word word" in answer.text
    assert form_token(answer.text) == form_token(page)


# ---- Once ------------------------------------------------------------------------------------------------------------


def test_a_double_click_is_one_case(sqlite: Installation, client: FlaskClient) -> None:
    page = client.get("/new-call").text
    for _ in range(2):
        assert send(client, page=page, said="It is cold.").status_code == 302

    assert kept(sqlite) == 1


def test_the_same_form_with_other_words_is_shown_again_to_be_entered_as_another_case(
    sqlite: Installation, client: FlaskClient
) -> None:
    page = client.get("/new-call").text
    send(client, page=page, said="It is cold.")
    answer = send(client, page=page, said="It is cold, and he hit her.")

    assert (answer.status_code, kept(sqlite)) == (409, 1)
    assert "This form was sent already" in answer.text
    assert "and he hit her.</textarea>" in answer.text
    assert form_token(answer.text) != form_token(page)
    send(client, page=answer.text, said="It is cold, and he hit her.")
    assert kept(sqlite) == 2


def test_every_form_counts_by_itself(client: FlaskClient) -> None:
    assert form_token(client.get("/new-call").text) != form_token(client.get("/new-call").text)


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_a_letter_is_its_scan_alone(sqlite: Installation, client: FlaskClient) -> None:
    scans = [(io.BytesIO(PDF), "scans/page 1.pdf"), (io.BytesIO(b"\xff\xd8\xff\xe0"), "page 2.png")]
    assert send(client, "letter", files=scans).status_code == 302
    file_handed_back(sqlite.office)

    (entry,) = sqlite.store.queue(OFFICER)
    case = sqlite.store.open_case(entry.reference, OFFICER)
    assert [(one.name, one.media_type) for one in case.attachments] == [
        ("page 1.pdf", "application/pdf"),
        ("page 2.png", "image/jpeg"),
    ]
    page = client.get(f"/case/{entry.reference}").text
    assert "Said in the letter, entered by officer@example.gov.uk" in page
    assert "page 1.pdf" in page


def test_scans_of_many_megabytes_are_taken_and_more_than_that_is_refused_with_a_reason(
    sqlite: Installation, client: FlaskClient
) -> None:
    assert send(client, "letter", files=(io.BytesIO(PDF + bytes(12_000_000)), "a.pdf")).status_code == 302
    answer = send(client, "letter", files=(io.BytesIO(PDF + bytes(MAX_FILES_BYTES + 2_000_000)), "b.pdf"))

    assert answer.status_code == 413
    assert "together they may have 25 mb" in answer.text.lower()
    assert kept(sqlite) == 1


def test_nobody_who_has_not_signed_in_sends_scans(app: Flask) -> None:
    client = app.test_client()
    data = {"csrf_token": token_of(client.get("/sign-in").text), "files": (io.BytesIO(bytes(3_000_000)), "a.pdf")}

    assert posted(client, "/new-letter", data).status_code == 413


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"II*\x00..", "image/tiff"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"<html>%PDF-", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str) -> None:
    assert kind_of(content) == kind


# ---- The keyboard ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(EntryKind))
def test_the_keyboard_goes_through_the_questions_in_the_order_they_are_asked(
    client: FlaskClient, kind: EntryKind
) -> None:
    main = client.get(f"/new-{kind}").text.partition("<main")[2]
    fields = re.findall(r'<(?:input|textarea|select|button)\b[^>]*?(?:\bid="([^"]+)"|type="submit")', main)
    order = [re.sub(r"-[2-9]$", "", name) for name in fields]
    at_end = ["files", "mailbox"] if kind == "call" else ["arrived-day", "arrived-month", "arrived-year", "mailbox"]

    assert list(dict.fromkeys(order)) == [
        "danger",
        "said",
        *(["files"] if kind == "letter" else []),
        *("service_name", "place", "name", "anonymous", "confidentiality"),
        *("contact", "email", "postal", "telephone", "telephone_times", "relation"),
        *at_end,
        "",
    ]
    assert "tabindex" not in main
    assert len(re.findall(r"<button\b", main)) == 1
    assert re.search(r'<input[^>]*id="danger"[^>]*autofocus', main)
    labels = set(re.findall(r'<label[^>]*for="([^"]+)"', main))
    assert {name for name in fields if name} <= labels
