"""Reading a message: bytes in, `Email` out, whatever the bytes are. The only module that speaks to mail-parser.

Headers come from mail-parser; bodies by walking the parts ourselves, because mail-parser runs the words of attached
messages into the sender's own.
"""

from __future__ import annotations

import email
import email.utils
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message

import mailparser

from mailbot.domain import Address, Email, RawMail
from mailbot.intake.attachments import read_attachments
from mailbot.intake.automatic import reason_automatic
from mailbot.intake.body import Body, read_body, split_reply
from mailbot.intake.headers import clean, header_text
from mailbot.intake.language import language_of

for _noisy in ("mailparser", "pypdf"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)  # what they complain of is in `defects`, for officers


def parse(raw: RawMail, *, own_addresses: frozenset[str] = frozenset(), authserv_id: str | None = None) -> Email:
    """The message as far as it can be read; never raises. What is wrong with it stands in `defects`, in words.

    `own_addresses` are those we write from: mail from one of them is our own come back. `authserv_id` is the one server
    whose Authentication-Results are believed (RFC 8601 section 5); None believes nobody's.
    """
    content = raw.content.replace(b"\x00", b"")
    try:
        headers = mailparser.parse_from_bytes(content)
        message: Message = headers.message
    except Exception as error:  # noqa: BLE001  mail-parser fails on some malformed reports with whatever comes
        return _barely_read(content, f"the message is malformed ({type(error).__name__}); only its text is shown")
    body = read_body(message)
    written, quoted, signature = split_reply(body.text)
    attachments, problems = read_attachments(message)
    sender = _first(headers.from_) if _first(headers.from_).address else _written_sender(message)
    subject = _subject(headers.subject, message)
    return Email(
        message_id=clean(str(message.get("Message-ID") or "")),
        sender=sender,
        reply_to=_other_than(sender, _first(headers.reply_to)),
        return_path=_return_path(message),
        recipients=_addresses(headers.to) + _addresses(headers.cc),
        subject=subject,
        sent_at=_sent_at(message),
        text=written,
        quoted=quoted,
        signature=signature,
        language=language_of(written or quoted),
        attachments=attachments,
        references=tuple(
            re.findall(r"<[^<>\s]+>", f"{message.get('References') or ''} {message.get('In-Reply-To') or ''}")
        ),
        automatic=reason_automatic(message, sender, subject, written, own_addresses),
        forged=_forged(message, authserv_id),
        defects=(*_defects(message, body), *problems),
    )


def _barely_read(content: bytes, defect: str) -> Email:
    """What the standard library makes of a message that mail-parser cannot read."""
    message = email.message_from_bytes(content)
    body = read_body(message)
    sender = _first([email.utils.parseaddr(str(message.get("From", "")))])
    subject = clean(str(message.get("Subject", "")))
    return Email(
        message_id=clean(str(message.get("Message-ID", ""))),
        sender=sender,
        reply_to=None,
        return_path=_return_path(message),
        recipients=(),
        subject=subject,
        sent_at=_sent_at(message),
        text=body.text,
        automatic=reason_automatic(message, sender, subject, body.text),
        defects=(defect, *body.defects),
    )


def _defects(message: Message, body: Body) -> tuple[str, ...]:
    found = [f"{type(defect).__name__} in the structure" for part in message.walk() for defect in part.defects]
    if not message.get("From"):
        found.append("no sender")
    if _sent_at(message) is None:
        found.append("no readable date")
    return tuple(dict.fromkeys([*found, *body.defects]))


def _first(pairs: Iterable[tuple[str, str]]) -> Address:
    return next(iter(_addresses(pairs)), Address())


def _written_sender(message: Message) -> Address:
    """The sender as the header has it, where mail-parser finds no address: encoded or broken in a way of its own."""
    text = header_text(message, "From")
    found = re.search(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+", text)
    address = found.group().lower().rstrip(".") if found else ""
    name = clean(re.sub(r"[<>\"()]", " ", text.replace(found.group() if found else "", "")))
    return Address(name=name, address=address)


def _other_than(sender: Address, answer_to: Address) -> Address | None:
    return answer_to if answer_to.address and answer_to.address != sender.address else None


def _addresses(pairs: Iterable[tuple[str, str]]) -> tuple[Address, ...]:
    """mail-parser's (name, address) pairs; an unknown header comes as an empty string, which holds none."""
    cleaned = ((clean(name), clean(address).lower()) for name, address in pairs)
    return tuple(Address(name=name, address=address) for name, address in cleaned if name or address)


def _subject(read: object, message: Message) -> str:
    """mail-parser's subject; the header itself where it leaves encoded words or lost characters in it, or nothing."""
    subject = clean(str(read))
    lost = not subject or "=?" in subject or "\N{REPLACEMENT CHARACTER}" in subject
    return header_text(message, "Subject") if lost else subject


def _return_path(message: Message) -> str | None:
    value = message.get("Return-Path")
    return None if value is None else str(value).strip().strip("<>").lower()


def _sent_at(message: Message) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(str(message.get("Date", "")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None  # parsedate_to_datetime fails in all these ways on dates found in the wild


def _forged(message: Message, authserv_id: str | None) -> bool:
    """Whether the trusted server says that the sender's domain did not send it."""
    if authserv_id is None:
        return False
    for value in message.get_all("Authentication-Results", []):
        stamped_by, _, results = str(value).partition(";")
        if stamped_by.split()[:1] == [authserv_id]:
            said = dict(re.findall(r"\b(dmarc|spf|dkim)\s*=\s*(\w+)", results.lower()))
            if said.get("dmarc") == "fail":
                return True
            return said.get("spf") == "fail" and said.get("dkim", "none") in ("fail", "none")
    return False
