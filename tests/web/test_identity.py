"""The page of who wrote, which says the same of every case until it is open; and downloads under safe names."""

from __future__ import annotations

import dataclasses
import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailbot.cases.identity.openings import Openings
from mailbot.cases.schema import audit, cases, sessions, staff
from mailbot.domain import Role
from mailbot.pipeline import process
from mailbot.web import accounts
from mailbot.web.files import safe_name
from tests.conftest import Installation
from tests.doubles import NOON, mail
from tests.web.conftest import SignedIn, sign_in, token_of

SIGNED = "Ring 07700 900123.\n\nRegards\nJo Sandiford"
NAMED = ("Sandiford", "07700 900123", "post.example")
MANAGER = "duty_manager@example.gov.uk"


def filed(installation: Installation, text: str, **more: str) -> str:
    with installation.engine.connect() as connection:
        before = set(connection.execute(sa.select(cases.c.reference)).scalars())
    process(installation.ledger.keep([mail(text, uid=len(before) + 1, **more)]), installation.office)
    with installation.engine.connect() as connection:
        (new,) = set(connection.execute(sa.select(cases.c.reference)).scalars()) - before
    return str(new)


def sent(client: FlaskClient, reference: str, path: str = "", **data: object) -> TestResponse:
    token = token_of(client.get(f"/case/{reference}/identity").text)
    return client.post(f"/case/{reference}/identity{path}", data={"csrf_token": token, **data}, follow_redirects=True)


def plain(answer: TestResponse, reference: str) -> str:
    """A page without what is each case's and each form's own."""
    text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text).replace(reference, "")
    return re.sub(r"/ask\?.*", "", text)


def acts(installation: Installation) -> list[str]:
    with installation.engine.connect() as connection:
        return list(connection.execute(sa.select(audit.c.act).order_by(audit.c.id)).scalars())


@pytest.fixture
def second(app: Flask, sqlite: Installation) -> FlaskClient:
    """Another whistleblowing officer."""
    with sqlite.engine.begin() as connection:
        query = sa.select(staff).where(staff.c.role == Role.WHISTLEBLOWING_OFFICER)
        first = dict(connection.execute(query).mappings().one())
        own = {"id": None, "email": "second@example.gov.uk", "fs_uniquifier": "second"}
        connection.execute(sa.insert(staff).values(**first | own))
    client = app.test_client()
    sign_in(client, "second@example.gov.uk")
    return client


def test_an_officer_asks_sees_closes_and_nothing_of_it_stands_anywhere_else(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    reference, client = filed(sqlite, SIGNED), signed_in(Role.OFFICER)
    assert f'href="/case/{reference}/identity"' in client.get(f"/case/{reference}").text
    for reason, said in (("", "Enter why you must know"), ("x" * 1001, "1,000 characters or fewer")):
        refused = sent(client, reference, "/ask", reason=reason)
        assert (refused.status_code, said in refused.text, 'href="#reason"' in refused.text) == (400, True, True)
    assert not any(word in client.get(f"/case/{reference}/identity").text for word in NAMED)
    opened = sent(client, reference, "/ask", reason="To ring back")

    assert all(word in opened.text for word in NAMED)
    assert "It closes by itself in 15 minutes, on 24 November 2026, 12:15pm" in opened.text
    assert (opened.headers["Cache-Control"], opened.headers["Refresh"]) == ("no-store", "900")
    assert "script-src 'self';" in opened.headers["Content-Security-Policy"]
    closed = sent(client, reference, decision="close")
    assert "Why you must know who wrote" in closed.text
    assert not any(word in closed.text for word in NAMED)
    pages = [client.get(path).text for path in (f"/case/{reference}", "/queue")]
    assert not any(word in page for word in NAMED for page in pages)
    assert "To ring back" not in pages[0]


def test_until_it_is_open_a_case_of_which_nothing_is_known_has_the_very_same_pages(
    sqlite: Installation, signed_in: SignedIn, second: FlaskClient
) -> None:
    client = signed_in(Role.WHISTLEBLOWING_OFFICER)
    known = filed(sqlite, f"WORKER {SIGNED}")
    nobody = filed(sqlite, "WORKER", sender="")
    steps: list[list[str]] = []
    for reference in (known, nobody):
        seen = [client.get(f"/case/{reference}/identity"), sent(client, reference, "/ask", reason="")]
        seen.append(sent(client, reference, "/ask", reason="It must be known"))
        waits = second.get(f"/case/{reference}/identity")
        number = re.search(r'name="number" value="(\d+)"', waits.text)
        assert number
        assert "asks to see who wrote" in second.get(f"/case/{reference}").text
        seen.append(sent(second, reference, decision="approve", number=number[1]))
        seen.append(client.get(f"/case/{reference}/identity"))
        steps.append([plain(one, reference) for one in seen] + [plain(waits, reference).replace(number[0], "")])

    assert steps[0] == steps[1]
    assert "Nothing tells who wrote" not in "".join(steps[1])
    assert "Jo Sandiford" in sent(client, known, decision="open").text
    assert "Nothing tells who wrote" in sent(client, nobody, decision="open").text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DUTY_MANAGER])
def test_a_restricted_case_answers_like_one_that_is_not_there_broken_glass_or_not(
    sqlite: Installation, signed_in: SignedIn, role: Role
) -> None:
    reference, nowhere = filed(sqlite, f"WORKER in DANGER {SIGNED}"), "MB-0000-0000"
    client = signed_in(role)
    if role is Role.DUTY_MANAGER:
        token = token_of(client.get("/queue").text)
        client.post(f"/case/{reference}/open", data={"csrf_token": token, "reason": "Nobody is there"})
        page = client.get(f"/case/{reference}").text
        assert "DANGER" in page
        assert f"/case/{reference}/identity" not in page
    token = token_of(client.get("/queue").text)

    for path, method in (
        ("identity", "GET"),
        ("identity", "POST"),
        ("identity/ask", "POST"),
        ("original/1", "GET"),
    ):
        data = {"csrf_token": token, "reason": "why", "decision": "open"} if method == "POST" else None
        there = client.open(f"/case/{reference}/{path}", method=method, data=data)
        gone = client.open(f"/case/{nowhere}/{path}", method=method, data=data)
        assert there.status_code == gone.status_code == 404, path
        assert plain(there, reference) == plain(gone, nowhere), path
    assert "identity asked" not in acts(sqlite)


def test_ones_own_request_cannot_be_approved_and_both_buttons_are_another_officers(
    sqlite: Installation, signed_in: SignedIn, second: FlaskClient
) -> None:
    reference, client = filed(sqlite, f"WORKER {SIGNED}"), signed_in(Role.WHISTLEBLOWING_OFFICER)
    page = sent(client, reference, "/ask", reason="It must be known").text
    assert ("A second officer decides" in page, "Approve" in page) == (True, False)
    assert sent(client, reference, decision="approve", number=1).status_code == 404
    assert sent(client, reference, decision="nonsense").status_code == 400
    assert sent(second, reference, decision="refuse", number=1).status_code == 200

    page = client.get(f"/case/{reference}/identity").text
    assert "second@example.gov.uk refused your request" in page
    assert acts(sqlite)[-1] == "identity refused"


def test_the_page_and_the_original_ask_for_a_fresh_sign_in(sqlite: Installation, signed_in: SignedIn) -> None:
    reference, client = filed(sqlite, SIGNED), signed_in(Role.OFFICER)
    sent(client, reference, "/ask", reason="To ring back")
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(sessions).values(proved_at=sessions.c.proved_at - sa.text("0")))
        connection.execute(sa.update(sessions).values(proved_at=NOON))

    for path in ("identity", "original/1"):
        answer = client.get(f"/case/{reference}/{path}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/account/confirm?next=/case/{reference}/{path}"


def test_the_original_is_a_download_of_the_very_bytes(sqlite: Installation, signed_in: SignedIn) -> None:
    reference, client = filed(sqlite, SIGNED), signed_in(Role.OFFICER)
    assert client.get(f"/case/{reference}/original/1").status_code == 404
    opened = sent(client, reference, "/ask", reason="To ring back")
    assert f'href="/case/{reference}/original/1"' in opened.text
    answer = client.get(f"/case/{reference}/original/1")

    assert answer.data == mail(SIGNED, uid=1).content
    assert answer.headers["Content-Disposition"] == f"attachment; filename={reference}-message-1.eml"
    assert acts(sqlite)[-1] == "original read"


def test_a_file_is_a_download_that_nothing_opens_under_a_name_that_is_no_path(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "Jo Sandiford <jo.sandiford@post.example>", "Larch House"
    message["Date"], message["Message-ID"] = "Tue, 24 Nov 2026 09:00:00 +0000", "<files@post.example>"
    message.set_content("The food is poor.")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename="../../Sandiford \u202elmth.html")
    message.add_attachment(bytes(range(256)), maintype="application", subtype="pdf", filename="Brief über\r\nX: 1.pdf")
    process(sqlite.ledger.keep([dataclasses.replace(mail(), content=message.as_bytes())]), sqlite.office)
    with sqlite.engine.connect() as connection:
        reference = connection.execute(sa.select(cases.c.reference)).scalar_one()
    client = signed_in(Role.OFFICER)
    page = client.get(f"/case/{reference}").text
    links = re.findall(r'href="(/case/[^"]+/attachment/\d+)"', page)
    first, second = (client.get(link) for link in links)

    assert "The file itself may tell who wrote it" in page
    assert (first.data, second.data) == (b"<script>", bytes(range(256)))
    for answer in (first, second):
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert first.headers["Content-Disposition"] == 'attachment; filename="[sender 1] lmth.html"'
    assert "filename*=UTF-8''Brief%20%C3%BCber" in second.headers["Content-Disposition"]
    assert "\n" not in second.headers["Content-Disposition"]
    assert acts(sqlite)[-2:] == ["attachment read"] * 2


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\a.dll", "a.dll"),
        ('a"; filename="x.html', "a filename= x.html"),
        ("a\r\nSet-Cookie: b=1", "a Set-Cookie b=1"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("CON.txt", "_CON.txt"),
        ("...", "attachment-1"),
        ("a/", "attachment-1"),
        (f"{'x' * 300}.pdf", f"{'x' * 116}.pdf"),
        ("[sender 1] – Brief.pdf", "[sender 1] – Brief.pdf"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name: str, safe: str) -> None:
    assert safe_name(name, "attachment-1") == safe


def test_glass_that_is_broken_opens_no_original(sqlite: Installation, signed_in: SignedIn) -> None:
    """Not even where a request was made before the case was restricted."""
    reference, client = filed(sqlite, f"DANGER {SIGNED}"), signed_in(Role.DUTY_MANAGER)
    assert "Sandiford" in sent(client, reference, "/ask", reason="To ring back").text
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(cases).values(restricted=True))
    openings = Openings(sqlite.engine, sqlite.clock)
    manager = dataclasses.replace(accounts.officer(sqlite.engine, MANAGER), opened=frozenset())
    openings.open(reference, manager, "Nobody is there")

    assert client.get(f"/case/{reference}").status_code == 200
    assert client.get(f"/case/{reference}/identity").status_code == 404
    assert client.get(f"/case/{reference}/original/1").status_code == 404
