"""Reading a message: bytes in, `Email` out, whatever the bytes are. The only module that speaks to mail-parser.

Addresses come from mail-parser; bodies by walking the parts ourselves, because mail-parser runs the words of attached
messages into the sender's own.
"""

from __future__ import annotations

import email.parser
import email.utils
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message

import mailparser

from mailbot.domain import Address, Email, RawMail
from mailbot.intake.attachments import Scanner, read_attachments
from mailbot.intake.automatic import reason_automatic, reports_undelivered
from mailbot.intake.body import Body, read_body
from mailbot.intake.charsets import decode
from mailbot.intake.headers import (
    clean,
    decoded_words,
    header_text,
    header_texts,
    likely_charset,
    named_addresses,
    repaired,
)
from mailbot.intake.language import language_of
from mailbot.intake.replies import split_reply
from mailbot.intake.sealed import ENCRYPTED, has_encrypted_text, opened
from mailbot.intake.structure import read_parts

MAX_WHOLE_BYTES = 100_000_000
"""A larger message is read by its headers and first words only; all of it is kept."""

FIRST_BYTES = 200_000
MAX_HEADER_CHARACTERS = 100_000
WHO = ("from", "reply-to", "to", "cc")

for _noisy in ("mailparser", "pypdf", "tnefparse", "flufl.bounce"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)  # what they complain of is in `defects`, for officers


def parse(
    raw: RawMail,
    *,
    own_addresses: frozenset[str] = frozenset(),
    authserv_id: str | None = None,
    scan: Scanner | None = None,
) -> Email:
    """The message as far as it can be read; never raises. What is wrong with it stands in `defects`, in words.

    `own_addresses` are those we write from: mail from one of them is our own come back. `authserv_id` is the one server
    whose Authentication-Results are believed (RFC 8601 section 5); None believes nobody's. `scan` says of a file why it
    must stay sealed.
    """
    if len(raw.content) > MAX_WHOLE_BYTES:
        return barely_read(raw.content, f"{len(raw.content)} bytes: only headers and the first words are read")
    try:
        return _read(raw.content, own_addresses, authserv_id, scan)
    except Exception as error:  # noqa: BLE001  the parsers fail on some malformed mail with whatever comes
        return barely_read(raw.content, f"the message is malformed ({type(error).__name__}); only its text is shown")


def _read(content: bytes, own_addresses: frozenset[str], authserv_id: str | None, scan: Scanner | None) -> Email:
    content, repair = repaired(content)
    message, sealed = opened(read_parts(content))
    headers = _address_headers(message)
    body = read_body(message)
    attached = read_attachments(message, body.packed, scan)
    written, quoted, signature = split_reply(body.text or attached.body)
    sender = _sender(headers, message)
    subject = header_text(message, "Subject")
    if has_encrypted_text(body.text):
        sealed = ENCRYPTED
    automatic = reason_automatic(message, sender, subject, written, own_addresses, signature=signature)
    return Email(
        message_id=header_text(message, "Message-ID"),
        sender=sender,
        reply_to=_other_than(sender, _first(headers.reply_to)),
        return_path=_return_path(message),
        recipients=_addresses(headers.to) + _addresses(headers.cc) + _delivered_to(message),
        subject=subject,
        sent_at=_sent_at(message),
        text=written,
        quoted=quoted,
        signature=signature,
        language=language_of(written or quoted),
        attachments=attached.files,
        references=tuple(
            re.findall(r"<[^<>\s]+>", f"{header_text(message, 'References')} {header_text(message, 'In-Reply-To')}")
        ),
        automatic=automatic,
        undelivered=automatic is not None and reports_undelivered(message, written),
        forged=_forged(message, authserv_id),
        unreadable=sealed,
        defects=(*([repair] if repair else []), *_defects(message, body), *attached.problems),
    )


def barely_read(content: bytes, defect: str) -> Email:
    """What can be read of a message that cannot be parsed: its headers and its first words. Never raises."""
    try:
        return _headers_and_first_words(content, defect)
    except Exception:  # noqa: BLE001  one message must never stop the inbox, whatever is wrong with its headers
        return Email(
            message_id="",
            sender=Address(),
            reply_to=None,
            return_path=None,
            recipients=(),
            subject="",
            sent_at=None,
            text=decode(content[:FIRST_BYTES], None)[0],
            defects=(defect, "its headers cannot be read"),
        )


def _headers_and_first_words(content: bytes, defect: str) -> Email:
    head, _, rest = content[: 10 * FIRST_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")
    message: Message = email.parser.BytesHeaderParser().parsebytes(head + b"\n\n")
    sender = _written_sender(message)
    text = decode(rest[:FIRST_BYTES], likely_charset(message))[0]
    subject = header_text(message, "Subject")
    return Email(
        message_id=header_text(message, "Message-ID"),
        sender=sender,
        reply_to=None,
        return_path=_return_path(message),
        recipients=_delivered_to(message),
        subject=subject,
        sent_at=_sent_at(message),
        text=text,
        automatic=reason_automatic(message, sender, subject, text),
        defects=(defect,),
    )


def _defects(message: Message, body: Body) -> tuple[str, ...]:
    found = [f"{type(defect).__name__} in the structure" for part in message.walk() for defect in part.defects]
    senders = header_texts(message, "From")
    if len(senders) > 1:
        found.append("more than one sender")
    if not any("@" in sender for sender in senders):
        found.append("no sender" if not any(senders) else "no sender's address")
    if _sent_at(message) is None:
        found.append("no readable date")
    return tuple(dict.fromkeys([*found, *body.defects]))


def _first(pairs: Iterable[tuple[str, str]]) -> Address:
    return next(iter(_addresses(pairs)), Address())


def _address_headers(message: Message) -> mailparser.MailParser:
    """mail-parser's reading of who wrote to whom. It gets nothing else: it would decode every file, and long headers
    take it minutes.
    """
    lines = (f"{name}: {value[:MAX_HEADER_CHARACTERS]}\n" for name, value in message.raw_items() if name.lower() in WHO)
    return mailparser.parse_from_bytes("".join(lines).encode("utf-8", "surrogateescape") + b"\n")


def _sender(headers: mailparser.MailParser, message: Message) -> Address:
    """Who wrote: From; where there is no address in it, the next header that holds one. The name stays From's."""
    read = _first(headers.from_)
    if "@" in read.address:
        names = (name for name, address in named_addresses(message, "From") if address.lower() == read.address)
        name = next(names, "") or clean(decoded_words(read.name))
        return Address(name="" if name.lower() == read.address else name, address=read.address)
    written = _written_sender(message)
    if written.address:
        return written
    for name in ("Reply-To", "Sender", "Return-Path"):
        found = _ADDRESS.search(header_text(message, name))
        if found:
            return Address(name=written.name, address=found.group().lower())
    return written


_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]]+@[^\s<>\"',;:()\[\]]+")


def _written_sender(message: Message) -> Address:
    """The sender as the header has it, where mail-parser finds no address: encoded or broken in a way of its own.

    A bare name without an @ (``MAILER-DAEMON``) is an address of the sending machine.
    """
    text = header_text(message, "From")
    within = re.search(r"<([^<>]*@[^<>]*)>", text)
    found = _ADDRESS.search(text)
    bare = re.fullmatch(r"([\w.-]+)\s*(?:\([^)]*\))?", text)
    address = within.group(1) if within else found.group() if found else bare.group(1) if bare else ""
    name = clean(re.sub(r"[<>\"()]", " ", text.replace(address, "")))
    return Address(name=name if address != text else "", address=address.strip().lower())


def _delivered_to(message: Message) -> tuple[Address, ...]:
    """The addresses that servers on the way noted: the one with the reply token may stand only there."""
    found = (text for name in ("Delivered-To", "X-Original-To", "Envelope-To") for text in header_texts(message, name))
    return tuple(Address(address=match.group().lower()) for text in found for match in _ADDRESS.finditer(text))


def _other_than(sender: Address, answer_to: Address) -> Address | None:
    return answer_to if answer_to.address and answer_to.address != sender.address else None


def _addresses(pairs: Iterable[tuple[str, str]]) -> tuple[Address, ...]:
    """mail-parser's (name, address) pairs; an unknown header comes as an empty string, which holds none."""
    cleaned = ((clean(name), clean(address).lower()) for name, address in pairs)
    return tuple(Address(name=name, address=address) for name, address in cleaned if name or address)


def _return_path(message: Message) -> str | None:
    value = message.get("Return-Path")
    return None if value is None else clean(str(value)).strip("<> ").lower()


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
