"""Reading a message: the right words from any bytes, the sender's own apart from the rest, and never an exception."""

from __future__ import annotations

import base64
import email
import io
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.domain import Email, RawMail
from mailbot.intake import parts as parts_module
from mailbot.intake.files import mails_in
from mailbot.intake.parse import barely_read, parse
from mailbot.intake.parts import parts
from mailbot.intake.replies import split_reply
from tests.doubles import NOON

SAMPLES = Path(__file__).parent.parent.parent / "mailbot" / "samples"
DIFFICULT = Path(__file__).parent / "samples" / "reading"


def read(content: bytes, **options: object) -> Email:
    mail = RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=content)
    return parse(mail, **options)  # type: ignore[arg-type]


def can_be_stored(email: Email) -> bool:
    """Whether every string of it is whole: without lone surrogates, which MessagePack refuses, and without NULs."""
    stored = msgspec.json.encode(email)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(email), type=Email) == email and b"\\u0000" not in stored


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
@settings(max_examples=80)
def test_splitting_loses_no_word(lines: list[str]) -> None:
    parts = split_reply("\n".join(lines))

    assert sorted(" ".join(parts).split()) == sorted(" ".join(lines).split())


def test_html_keeps_its_words_where_a_gateway_adds_a_footer_in_plain_text() -> None:
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("<p>He was locked out all night.</p>", subtype="html")
    message.make_mixed()
    footer = EmailMessage()
    footer.set_content("This message was scanned by the council.")
    message.attach(footer)

    text = read(message.as_bytes()).text
    assert "locked out all night" in text
    assert "scanned by the council" in text


def test_the_files_of_an_attached_message_are_read_with_it_and_a_picture_among_them_is_for_a_person() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "z@post.example", "Inner"
    inner.set_content("the inner words")
    inner.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="bruise.png")
    inner.add_attachment("what the log says", filename="log.txt")
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("see what I was sent")
    message.add_attachment(inner)

    (one,) = read(message.as_bytes()).attachments
    assert (one.name, one.unread) == ("Inner.eml", True)
    assert "the inner words" in (one.text or "")
    assert "what the log says" in (one.text or "")


@pytest.mark.parametrize("text", ["é", "äöüß", "Zoë – café", "ÄÖÜäöüÄÖÜäöü"])
def test_a_few_latin_letters_are_never_taken_for_another_script(text: str) -> None:
    assert plain(text.encode("cp1252")).text == text


@pytest.mark.parametrize("charset", ["cp1251", "koi8_r", "iso8859_5"])
def test_a_text_in_cyrillic_without_a_label_is_read(charset: str) -> None:
    words = "Здравствуйте, ночью там нет дежурного, и ей не дают лекарство вовремя."

    assert plain(words.encode(charset)).text == words


def test_html_nested_beyond_reason_is_read_in_time() -> None:
    started = time.perf_counter()
    email = plain(
        b"<style>p{}</style>" + b"<div>" * 200_000 + b"He sleeps in the lounge", b"Content-Type: text/html\r\n"
    )

    assert email.text == "He sleeps in the lounge"
    assert time.perf_counter() - started < 5


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
@settings(max_examples=60)
def test_no_bytes_raise(content: bytes) -> None:
    assert can_be_stored(read(content))
    assert can_be_stored(barely_read(content, "too much"))


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.large_base_example])
def test_no_damage_to_a_real_message_raises(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted([*SAMPLES.rglob("*.eml"), *DIFFICULT.glob("*.eml")])))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    assert can_be_stored(read(bytes(content)))


HOSTILE = st.text(st.sampled_from("aé€\x00\x1b\ud83d=?*'\"%;,<>@()\\\r\n -_8B"), max_size=40)


@given(HOSTILE, HOSTILE, HOSTILE, st.binary(max_size=200))
@settings(max_examples=150)
def test_no_label_name_or_parameter_raises(sender: str, charset: str, name: str, body: bytes) -> None:
    head = f"From: {sender}\nSubject: =?{charset}?B?w6k?= {name}\nReturn-Path: {sender}\nMessage-ID: {name}\n"
    head += f"Content-Type: text/plain; charset={charset}; charset*={charset}''{name}\n"
    head += f"Content-Disposition: {name}; filename*={charset}'{name}'%ff; filename*1={name}\n"
    head += f"Content-Transfer-Encoding: {name}\n\n"

    assert can_be_stored(read(head.encode("utf-8", "surrogatepass") + body))


ENCODED = st.builds(
    lambda content, end, cut, junk: base64.encodebytes(content).replace(b"\n", end)[: cut or None] + junk,
    st.binary(min_size=150, max_size=900),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(-9, 0),
    st.sampled_from([b"", b"\n", b"==", b"\n!\n", b"\nwords after it\n", b"\n" + b"QUJD" * 19 + b"\n", b"*"]),
)
LEAF = st.builds(
    lambda kind, blank, content: kind + blank + content,
    st.sampled_from(
        [
            b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n",
            b"Content-Type: text/plain\nContent-Transfer-Encoding: BASE64 \n",
            b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
            b"Content-Type: message/rfc822\n\nSubject: within\nContent-Transfer-Encoding: base64\n",
            b"",
        ]
    ),
    st.sampled_from([b"\n", b"\n\n", b"\nwords above it\n"]),
    ENCODED,
)


def in_multipart(pieces: list[bytes], edge: int, ends: bool) -> bytes:
    boundary = b"--edge%d" % edge
    body = b"".join(boundary + b"\n" + piece + b"\n" for piece in pieces)
    return (
        b"Content-Type: multipart/mixed; boundary=edge%d\n\n" % edge
        + pieces[0]
        + b"\n"
        + body
        + (boundary + b"--\n" + pieces[-1] if ends else b"")
    )


MESSAGE = st.recursive(
    LEAF,
    lambda inner: st.builds(in_multipart, st.lists(inner, min_size=1, max_size=3), st.integers(0, 99), st.booleans()),
    max_leaves=6,
)


@given(MESSAGE)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_parts_are_those_of_the_standard_library(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "LONG_RUN_BYTES", 200)
        ours, theirs = parts(content), email.message_from_bytes(content)

    for our, their in zip(ours.walk(), theirs.walk(), strict=True):
        assert list(our.raw_items()) == list(their.raw_items())
        assert (our.preamble, our.epilogue) == (their.preamble, their.epilogue)
        assert our.get_payload(decode=True) == their.get_payload(decode=True)
        assert our.is_multipart() or our.get_payload() == their.get_payload()
    assert ours.as_bytes() == theirs.as_bytes()


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


def test_elements_nested_a_thousand_deep_in_a_signature_take_no_time() -> None:
    deep = b"\x30\x80" * 4000 + b"\x24\x80" * 4000
    signed = bytes.fromhex("06092a864886f70d010702")
    parts = b"".join(
        b"--b\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(b"\x30\x80" + signed + b"\xa0\x80" + deep)
        + b"\r\n"
        for _ in range(20)
    )
    started = time.perf_counter()
    email = read(b"From: jo@post.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")

    assert time.perf_counter() - started < 5
    assert email.unreadable
