"""Difficult messages, each written to be misread: every one is read as its writer meant it.

The folder ``samples/reading`` holds the messages and ``index.jsonl``, a line on each: what must be read from it and the
lesson it teaches. The message named by a line stands for every message of its kind: the code knows none of them.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mailbot.domain import Email, RawMail
from mailbot.intake.parse import parse
from mailbot.intake.reader import Reader, ReadingRules
from tests.doubles import NOON

FOLDER = Path(__file__).parent / "samples" / "reading"
INDEX: list[dict[str, Any]] = [json.loads(line) for line in (FOLDER / "index.jsonl").read_text("utf-8").splitlines()]
LONGEST_SECONDS = 5.0
MADE_UP = re.compile(r"(?:attachment|message)-\d+(?:\.\w+)?")
"""The names that files get which the message itself does not name; the index does not list those."""


def raw_mail(path: str) -> RawMail:
    content = (FOLDER / path).read_bytes()
    return RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=content)


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader(ReadingRules())
    yield reader
    if reader._child:
        reader._child._end()


@pytest.mark.parametrize("line", INDEX, ids=lambda line: line["path"].removesuffix(".eml"))
def test_a_difficult_message_is_read_as_its_writer_meant_it(line: dict[str, Any]) -> None:
    started = time.perf_counter()
    email = parse(raw_mail(line["path"]))

    assert time.perf_counter() - started < LONGEST_SECONDS
    assert list(differences(email, line)) == []


@pytest.mark.parametrize("line", INDEX, ids=lambda line: line["path"].removesuffix(".eml"))
def test_a_difficult_message_is_read_the_same_in_the_process_apart(line: dict[str, Any], reader: Reader) -> None:
    mail = raw_mail(line["path"])

    assert reader(mail) == parse(mail)


@pytest.mark.parametrize("line", INDEX, ids=lambda line: line["path"].removesuffix(".eml"))
def test_a_difficult_message_can_be_stored(line: dict[str, Any]) -> None:
    email = parse(raw_mail(line["path"]))

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(email), type=Email) == email
    assert b"\\u0000" not in msgspec.json.encode(email)


def differences(email: Email, line: dict[str, Any]) -> Iterator[str]:
    """Where the message is read otherwise than its line in the index says, in words."""
    facts = {
        "subject": squeezed(email.subject),
        "from": email.sender.address,
        "from_name": squeezed(email.sender.name),
        "attachments": [one.name for one in email.attachments if not MADE_UP.fullmatch(one.name)],
        "encrypted": email.unreadable is not None,
        "unread_attachment": any(one.unread for one in email.attachments),
    }
    yield from (f"{key}: {read!r}, not {line[key]!r}" for key, read in facts.items() if line.get(key, read) != read)
    if line.get("defect") and not email.defects:
        yield "no defect is named"
    yield from differing_words(email, line)


def differing_words(email: Email, line: dict[str, Any]) -> Iterator[str]:
    # what is quoted counts where the lesson is in the decoding, not in whose words they are
    about_decoding = line["path"].startswith(("charset-", "cte-"))
    text = squeezed(f"{email.text}\n{email.quoted}" if about_decoding else email.text)
    yield from (f"{words!r} is not in {text[:300]!r}" for words in line.get("text_has", ()) if words not in text)
    yield from (f"{words!r} is in {text[:300]!r}" for words in line.get("text_lacks", ()) if words in text)
    texts: dict[str, str] = {}
    for one in email.attachments:
        texts[one.name] = f"{texts.get(one.name, '')} {squeezed(one.text)}"
    for name, words in line.get("attachment_text_has", {}).items():
        if words not in texts.get(name, ""):
            yield f"{words!r} is not in {name!r}: {texts.get(name, 'no such file')[:300]!r}"
