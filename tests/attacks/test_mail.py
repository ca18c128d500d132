"""Attacks by mail: what a message cannot make the program write, open, unpack or believe."""

from __future__ import annotations

import base64
import dataclasses
import email
import io
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from mailbot.config import Config, Mailbox, Outgoing
from mailbot.intake.parse import parse
from mailbot.log import log
from mailbot.pipeline import process
from mailbot.sending import send
from tests.attacks.hostile import ANSI, WORKED_OUT, hostile_mail
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail

NO_FILE = "/etc/hostname"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = (
    f'<!DOCTYPE x [<!ENTITY l0 "laughs">{LAUGHS}]>',
    f'<!DOCTYPE x [<!ENTITY l9 SYSTEM "file://{NO_FILE}">]>',
    '<!DOCTYPE x [<!ENTITY % far SYSTEM "http://127.0.0.1:9/x.dtd">%far;<!ENTITY l9 "far">]>',
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPEN = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
DOCUMENTS = {
    "a.docx": ("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:t>before</w:t><w:t>&l9;</w:t></w:document>'),
    "a.odt": ("content.xml", f'<o:document-content xmlns:o="{OPEN}"><p>before &l9;</p></o:document-content>'),
}


def letters_to(installation: Installation, folder: Path) -> list[EmailMessage]:
    box = Mailbox(name="enquiries", kind="maildir", path=".")
    outgoing = Outgoing(kind="folder", path=str(folder), from_address="enquiries@example.gov.uk")
    send(Config(mailbox=(box,), outgoing=outgoing), installation.outbox, installation.clock)
    return [email.message_from_bytes(one.read_bytes(), policy=SMTP) for one in sorted(folder.glob("*.eml"))]


def encoded(words: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(words.encode()).decode()}?="


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        (f"{encoded('Jo' + chr(13) + chr(10) + 'Bcc: planted@evil.example')} <jo@post.example>", ""),
        (f"jo@post.example <{encoded('jo@post.example' + chr(10) + 'Bcc: planted@evil.example')}>", ""),
        (
            "Jo <jo@post.example>",
            f"Reply-To: {encoded('jo' + chr(10) + 'Bcc: planted@evil.example')} <jo@post.example>\r\n",
        ),
        ("Jo <jo@post.example>", 'Reply-To: "jo\\\r\n Bcc: planted@evil.example"@post.example\r\n'),
        ("Jo <jo@post.example>", f"Subject: {encoded('Hello' + chr(13) + chr(10) + 'Bcc: planted@evil.example')}\r\n"),
        ("Jo <jo@post.example>", "References: <a@b.example>\r\n\tBcc:planted@evil.example\r\n"),
        ("Jo <jo@post.example>, planted@evil.example", ""),
    ],
)
def test_no_header_of_a_letter_is_written_by_whoever_it_goes_to(
    sqlite: Installation, tmp_path: Path, sender: str, headers: str
) -> None:
    process(sqlite.ledger.keep([mail(sender=sender, headers=headers)]), sqlite.office)

    for letter in letters_to(sqlite, tmp_path / "outbox"):
        assert letter["Bcc"] is None
        assert letter["Cc"] is None
        assert [one.strip() for one in letter.get_all("To", [])] == ["jo@post.example"]
        assert "planted" not in str(letter["To"]) + str(letter["Subject"]) + str(letter["From"])


def test_a_letter_repeats_nothing_that_was_written_and_works_no_template_out(
    sqlite: Installation, tmp_path: Path
) -> None:
    process(sqlite.ledger.keep([hostile_mail()]), sqlite.office)

    (letter,) = letters_to(sqlite, tmp_path / "outbox")
    text = letter.as_string()
    assert WORKED_OUT not in text
    for planted in ("planted", "7*191", "<script", "looploop"):
        assert planted not in text


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("entities", ENTITIES, ids=["billion laughs", "a file of ours", "another server"])
def test_a_document_that_defines_entities_is_read_without_them(document: str, entities: str) -> None:
    member, words = DOCUMENTS[document]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, f'<?xml version="1.0"?>{entities}{words}')
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("see attached")
    message.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename=document)
    (found,) = parse(dataclasses.replace(mail(), content=bytes(message))).attachments

    assert "before" in (found.text or "")
    assert "laughslaughs" not in (found.text or "")
    assert Path(NO_FILE).read_text().strip() not in (found.text or "")
    assert len(found.text or "") < 200


def test_an_archive_of_archives_is_not_unpacked() -> None:
    content = b"0" * 1_000_000
    for depth in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{depth}-{number}.zip" if depth else f"{number}.txt", content)
        content = packed.getvalue()
    message = EmailMessage()
    message["From"] = "jo@post.example"
    message.set_content("The food is poor.")
    message.add_attachment(content, maintype="application", subtype="zip", filename="all.zip")
    found = parse(dataclasses.replace(mail(), content=bytes(message)))

    assert found.text == "The food is poor."
    assert [one.name for one in found.attachments] == ["all.zip"]
    assert not found.attachments[0].text


def test_the_name_of_a_file_is_no_path_and_writes_none(sqlite: Installation, tmp_path: Path) -> None:
    before = set(tmp_path.parent.rglob("*planted*")) | set(Path("/tmp").glob("planted*"))
    process(sqlite.ledger.keep([hostile_mail()]), sqlite.office)
    (entry,) = sqlite.store.queue(OFFICER)
    names = [one.name for one in sqlite.store.open_case(entry.reference, OFFICER).attachments]

    assert len(names) == 5
    for name in names:
        assert "\r" not in name
        assert "\n" not in name
        assert ".." not in name
    assert set(tmp_path.parent.rglob("*planted*")) | set(Path("/tmp").glob("planted*")) == before


def test_no_line_of_the_log_is_written_by_a_message(sqlite: Installation, capfd: pytest.CaptureFixture[str]) -> None:
    forged = f"x\r\n{ANSI}\nCRITICAL mailbot planted"
    log.info("tried", action="attack", words=forged)
    process(
        sqlite.ledger.keep(
            [mail("WORKER", message_id=f"<{encoded(forged)}>", headers=f"Subject: {encoded(forged)}\r\n")]
        ),
        sqlite.office,
    )
    assert sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    said = "".join(capfd.readouterr())

    assert "\x1b[2K" not in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith(("ERROR", "CRITICAL"))]
