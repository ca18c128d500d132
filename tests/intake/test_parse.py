"""Reading a message: the right words from any bytes, the sender's own apart from the rest, and never an exception."""

from __future__ import annotations

import base64
import io
import json
import os
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.domain import Email, RawMail
from mailbot.intake.files import mails_in
from mailbot.intake.parse import parse
from mailbot.intake.replies import split_reply
from tests.doubles import NOON

SAMPLES = Path(__file__).parent.parent.parent / "mailbot" / "samples"


def read(content: bytes, **options: object) -> Email:
    mail = RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=content)
    return parse(mail, **options)  # type: ignore[arg-type]


def plain(body: bytes, headers: bytes = b"") -> Email:
    return read(b"From: jo@post.example\r\nSubject: x\r\n" + headers + b"\r\n" + body)


def test_sender_subject_date_and_ids_are_read() -> None:
    email = read(
        b'From: "Zo=?utf-8?Q?=C3=AB?= Pike" <Zoe@Post.example>\r\nReply-To: other@post.example\r\n'
        b"Subject: =?utf-8?Q?Caf=C3=A9?= at =?iso-8859-1?Q?No=EBl?=\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
        b"Message-ID: <a@b.example>\r\nReferences: <c@d.example>\r\nReturn-Path: <Zoe@post.example>\r\n\r\nHello"
    )

    assert email.sender.address == "zoe@post.example"
    assert email.reply_to is not None
    assert email.reply_to.address == "other@post.example"
    assert email.subject == "Café at Noël"
    assert email.sent_at is not None
    assert email.sent_at.isoformat() == "2026-11-23T09:00:00+00:00"
    assert (email.message_id, email.references, email.return_path) == (
        "<a@b.example>",
        ("<c@d.example>",),
        "zoe@post.example",
    )


@pytest.mark.parametrize(
    ("label", "body", "words"),
    [
        (b"us-ascii", b"\x93quoted\x94 \xa320", "“quoted” £20"),
        (b"iso-8859-1", b"it\x92s \x80 5", "it’s € 5"),
        (b"bogus", "café".encode(), "café"),
        (b"utf-8", b"caf\xe9", "café"),
        (b"us-ascii", "Ŵyr".encode(), "Ŵyr"),
        (b"iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        (b"utf-8", b"a\x00b", "ab"),
    ],
)
def test_the_words_are_right_whatever_the_charset_label_says(label: bytes, body: bytes, words: str) -> None:
    headers = b"Content-Type: text/plain; charset=" + label + b"\r\nContent-Transfer-Encoding: base64\r\n"

    assert plain(base64.b64encode(body), headers).text == words


def test_html_alone_is_read_as_it_shows() -> None:
    html = b"<html><head><style>p{}</style><title>t</title></head><body><p>One</p><div>Two<br>Three</div>"
    html += b"<script>alert(1)</script><span style='display:none'>hidden</span></body></html>"

    assert plain(html, b"Content-Type: text/html\r\n").text.split() == ["One", "Two", "Three"]


def test_plain_text_is_preferred_to_its_html_alternative() -> None:
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("the plain words")
    message.add_alternative("<p>the other words</p>", subtype="html")

    assert read(message.as_bytes()).text == "the plain words"


@pytest.mark.parametrize(
    ("body", "own", "quoted"),
    [
        ("Mine.\n\nOn Mon, 2 Nov 2026 at 10:00, Ann <a@b.example> wrote:\n> theirs", "Mine.", "theirs"),
        ("Mine.\n\nAr Llun, 2 Tach 2026, ysgrifennodd Ann:\n> eu geiriau", "Mine.", "eu geiriau"),
        ("Mine.\n\n-----Original Message-----\nFrom: Ann\nTheirs", "Mine.", "Theirs"),
        ("Mine.\n\nFrom: Ann\nSent: Monday\nTo: Jo\nSubject: x\n\nTheirs", "Mine.", "Theirs"),
        ("Begin forwarded message:\nFrom: Ann\n\nTheirs alone", "", "Theirs alone"),
        ("> asked\nAnswered between.\n> asked more", "Answered between.", "asked more"),
    ],
)
def test_what_is_quoted_is_kept_apart_and_kept(body: str, own: str, quoted: str) -> None:
    email = plain(body.encode())

    assert email.text == own
    assert quoted in email.quoted


def test_a_person_may_begin_a_line_with_from_or_on() -> None:
    email = plain(b"From what I saw it was bad.\nOn Monday he came back.\nHe is there now.")

    assert email.quoted == ""
    assert "He is there now." in email.text


def test_signatures_and_disclaimers_are_apart_and_a_name_at_the_end_is_not() -> None:
    email = plain(b"It was late.\n\nRegards\nJane\n\n-- \nJane Pike\nBursar\n\nThis e-mail is confidential.")

    assert email.text.endswith("Regards\nJane")
    assert "Bursar" in email.signature


@given(
    st.lists(
        st.sampled_from(
            ["> a b", "On Monday x wrote:", "-- ", "word one", "From: x", "To: y", "", "Sent from my phone"]
        )
    )
)
@settings(max_examples=80, deadline=None)
def test_splitting_loses_no_word(lines: list[str]) -> None:
    parts = split_reply("\n".join(lines))

    assert sorted(" ".join(parts).split()) == sorted(" ".join(lines).split())


def test_attached_messages_and_files_are_attachments_with_their_text() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "z@post.example", "Inner"
    inner.set_content("the inner words")
    paper = docx.Document()
    paper.add_paragraph("the words of the paper")
    packed = io.BytesIO()
    paper.save(packed)
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("my own words")
    message.add_attachment(inner)
    message.add_attachment("a log line", filename="../../log.txt")
    message.add_attachment(packed.getvalue(), maintype="application", subtype="octet-stream", filename="paper.docx")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")

    email = read(message.as_bytes())
    assert email.text == "my own words"
    texts = {one.name: one.text for one in email.attachments}
    assert "the inner words" in (texts["Inner.eml"] or "")
    assert (texts["log.txt"] or "").strip() == "a log line"
    assert texts["paper.docx"] == "the words of the paper"
    assert texts["a.png"] is None


def test_danger_in_a_pdf_can_be_read() -> None:
    emails = [parse(mail) for _, mail in mails_in(SAMPLES, "enquiries")]
    texts = [one.text for email in emails for one in email.attachments if one.media_type == "application/pdf"]

    assert texts
    assert all(texts)


def test_a_broken_or_exploding_file_is_kept_and_said_to_be_unreadable() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 250_000_000)
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("see attached")
    message.add_attachment(b"not a pdf", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment(bomb.getvalue(), maintype="application", subtype="zip", filename="b.docx")

    email = read(message.as_bytes())
    assert [one.text for one in email.attachments] == [None, None]
    assert [defect.partition(":")[0] for defect in email.defects if "cannot be read" in defect] == ["a.pdf", "b.docx"]


@pytest.mark.parametrize(
    "headers",
    [
        b"Auto-Submitted: auto-replied\r\n",
        b"AUTO-SUBMITTED: Auto-Generated (vacation)\r\n",
        b"Precedence: Bulk\r\n",
        b"precedence: LIST\r\n",
        b"List-Id: <x.example>\r\n",
        b"X-Auto-Response-Suppress: OOF\r\n",
        b"X-Autoreply: yes\r\n",
        b"Return-Path: <>\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
    ],
)
def test_a_machine_shows_in_its_headers_whatever_their_capitals(headers: bytes) -> None:
    assert plain(b"words", headers).automatic


@pytest.mark.parametrize("headers", [b"Auto-Submitted: no\r\n", b"Precedence: first-class\r\n", b"X-Priority: 1\r\n"])
def test_a_persons_headers_are_a_persons(headers: bytes) -> None:
    assert plain(b"words", headers).automatic is None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Out of office: x", "words"),
        ("Automatic reply: x", "words"),
        ("Ateb awtomatig: x", "geiriau"),
        ("Undeliverable: x", "words"),
        ("x", "Thank you for your email. I am out of the office until Monday."),
    ],
)
def test_a_machine_shows_in_its_words_without_any_header(subject: str, body: str) -> None:
    assert read(f"From: jo@post.example\r\nSubject: {subject}\r\n\r\n{body}".encode()).automatic


@pytest.mark.parametrize(
    "body",
    [
        "FYI, gone this weekend. He is alone with them.",
        "I got this:\n\n> I am out of the office until Monday.",
        "Staff are out of the office all night and nobody watches the children.",
    ],
)
def test_a_person_who_is_away_or_quotes_a_machine_is_a_person(body: str) -> None:
    assert plain(body.encode()).automatic is None


def test_our_own_letter_come_back_is_a_machines() -> None:
    assert plain(b"words").automatic is None
    assert read(
        b"From: Enquiries@example.gov.uk\r\n\r\nwords", own_addresses=frozenset({"enquiries@example.gov.uk"})
    ).automatic


def test_only_the_trusted_server_is_believed_about_forgery() -> None:
    stamped = b"Authentication-Results: mx.example.gov.uk; dmarc=fail header.from=post.example\r\n"

    assert not plain(b"words", stamped).forged
    assert read(b"From: a@b.example\r\n" + stamped + b"\r\nwords", authserv_id="mx.example.gov.uk").forged
    assert not read(b"From: a@b.example\r\n" + stamped + b"\r\nwords", authserv_id="other.example").forged


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_no_bytes_raise(content: bytes) -> None:
    read(content)


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.large_base_example])
def test_no_damage_to_a_real_message_raises(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SAMPLES.rglob("*.eml"))))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    read(bytes(content))


def test_a_hundred_deep_message_is_read() -> None:
    content = b"words"
    for level in range(100):
        edge = f"b{level}".encode()
        content = (
            b"--"
            + edge
            + b"\r\n\r\nlevel\r\n--"
            + edge
            + b"\r\n"
            + (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level - 1) if level else b"\r\n")
            + content
            + b"\r\n--"
            + edge
            + b"--\r\n"
        )
    email = read(b"From: jo@post.example\r\nContent-Type: multipart/mixed; boundary=b99\r\n\r\n" + content)

    assert "level" in email.text


def test_difficult_mail_of_public_test_suites_is_read_without_an_exception() -> None:
    """The folder that MAILBOT_CORPORA names holds .eml files and manifest.jsonl, a line on each."""
    folder = os.environ.get("MAILBOT_CORPORA")
    if not folder:
        pytest.skip("set MAILBOT_CORPORA to a folder of difficult messages with a manifest.jsonl")
    manifest = (Path(folder) / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    known = {line["path"]: line["expect"] for line in map(json.loads, manifest)}
    answered = dict.fromkeys((True, False), 0)
    right = dict.fromkeys((True, False), 0)
    for name, mail in mails_in(Path(folder), "enquiries"):
        started = time.perf_counter()
        email = parse(mail)
        assert time.perf_counter() - started < 5, name
        expected = known[str(Path(name).relative_to(folder))].get("acknowledge")
        if expected is not None:
            answered[expected] += 1
            right[expected] += (email.automatic is None) == expected
    assert right[True] / answered[True] >= 0.99
    assert right[False] / answered[False] >= 0.9
