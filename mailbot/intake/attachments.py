"""What came with a message: kept by name, type and size, with the text that can be taken from it.

Nothing is executed and nothing fetched. A file whose text cannot be read is no reason to lose the message: it is kept,
and a sentence says what was wrong.
"""

from __future__ import annotations

import io
import mimetypes
import re
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from itertools import islice

from lxml import etree

from mailbot.domain import Attachment
from mailbot.intake.body import (
    DEEPEST,
    Packed,
    html_charset,
    is_attachment,
    is_container,
    parts_of,
    read_body,
    text_of_html,
)
from mailbot.intake.charsets import decode, marked_charset, storable
from mailbot.intake.headers import charset_of, clean, header_text, is_named, likely_charset, parameter
from mailbot.intake.sealed import opened
from mailbot.intake.structure import read_parts
from mailbot.intake.transfer import content_of

MAX_FILES = 500
MAX_FILE_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_CHARACTERS = 200_000
MAX_PAGES = 300
DEEPEST_MESSAGE = 8
"""How far messages attached to messages are followed; every one of them is copied whole."""
FILE_SECONDS = 5
FILES_SECONDS = 15
"""How long the text of one file, and of all files of a message, may take to read."""
SMALLEST_PICTURE_BYTES = 30_000
"""A picture shown within the text that is smaller than this is taken for a logo, not for something to be looked at."""

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument.text"
SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
AS_BODY = ("text/calendar", "text/rtf", "application/rtf")
OFFICE_TEXTS = ("document", "footnotes", "endnotes", "comments", "hdr", "ftr", "document-content")
BREAKS = {"p": "\n", "h": "\n", "br": "\n", "cr": "\n", "line-break": "\n", "tab": " ", "s": " ", "tc": " "}
"""What stands in the text after the elements of a DOCX and an OpenDocument text."""

REPORTS = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers")

MOST_CONTROL = 0.05
"""Which share of a text's bytes may be control codes; of a picture's or a recording's more are."""

_NO_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a]")

Scanner = Callable[[bytes], str | None]
"""Says of a file's bytes why it must stay sealed, or None where it may be opened."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The files of a message, what was wrong with them, and the words of a body that was itself packed in a file."""

    files: tuple[Attachment, ...]
    problems: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class _File:
    """One file before it is read. `message` is what it holds where that is a message itself.

    `as_body` says that a program showed it as the text: a meeting's invitation, a text in RTF.
    """

    name: str
    media_type: str
    content: bytes
    inline: bool
    charset: str | None = None
    message: Message | None = None
    as_body: bool = False


def read_attachments(message: Message, packed: Sequence[Packed] = (), scan: Scanner | None = None) -> Attached:
    """Every file of the message, what is packed in a winmail.dat too; `packed` are those found within its text.

    `scan` is asked of every file: the text of one that must stay sealed is not read.
    """
    found: list[Attachment] = []
    problems: list[str] = []
    body = ""
    until = time.monotonic() + FILES_SECONDS
    for file in _listed_files(message, packed, problems):
        if file.name == BODY_FILE:
            body = file.content.decode("utf-8", "replace")
            continue
        sealed = scan(file.content) if scan else None
        read = _Read(None, sealed) if sealed else _read(file, until)
        problems += [f"{file.name}: {read.problem}"] if read.problem else []
        body = body or (read.text or "" if file.as_body else "")
        found.append(
            Attachment(
                name=file.name,
                media_type=file.media_type,
                size=len(file.content),
                text=read.text,
                unread=read.unread or _unread(file, read.text),
                sealed_because=sealed,
            )
        )
    return Attached(tuple(found), tuple(problems), body)


def file_at(message: Message, packed: Sequence[Packed], number: int) -> bytes | None:
    """The bytes of that file among those that `read_attachments` finds, counted from 0; None where it finds no such."""
    files = (file for file in _listed_files(message, packed, []) if file.name != BODY_FILE)
    found = next(islice(files, number, None), None) if number >= 0 else None
    return found.content if found is not None else None


def _listed_files(message: Message, packed: Sequence[Packed], problems: list[str]) -> Iterator[_File]:
    """The files up to `MAX_FILES`, in the order in which they are counted."""
    for number, file in enumerate(_all_files(message, packed, problems), 1):
        if number > MAX_FILES:
            problems.append(f"more than {MAX_FILES} files; the rest are in the original message")
            return
        yield file


BODY_FILE = "\x00body"
"""Stands for the text that a winmail.dat holds; no real file can have this name."""


def _all_files(message: Message, packed: Sequence[Packed], problems: list[str]) -> Iterator[_File]:
    yield from _files_of(message, problems)
    for one in packed:
        media_type = mimetypes.guess_type(one.name)[0] or "application/octet-stream"
        yield _File(_without_path(one.name), media_type, one.content, inline=False)


def _files_of(message: Message, problems: list[str]) -> Iterator[_File]:
    likely = likely_charset(message)
    for number, part in enumerate(_file_parts(message), 1):
        yield from _unpacked(_file(part, number, likely), problems)


def _unpacked(file: _File, problems: list[str]) -> Iterator[_File]:
    """The file; what is packed in it in its place, where it is a winmail.dat."""
    if file.media_type in ("application/ms-tnef", "application/vnd.ms-tnef") or file.name.lower() == "winmail.dat":
        try:
            yield from _unpacked_tnef(file.content)
            return
        except Exception as error:  # noqa: BLE001  tnefparse fails on broken files in ways of its own
            problems.append(f"{file.name}: cannot be unpacked ({type(error).__name__})")
    yield file


def _file_parts(message: Message, depth: int = 0) -> Iterator[Message]:
    if is_container(message):
        for part in parts_of(message) if depth < DEEPEST else ():
            yield from _file_parts(part, depth + 1)
    elif is_attachment(message):
        yield message


def _file(part: Message, number: int, likely: str | None) -> _File:
    media_type = clean(part.get_content_type())
    inline = part.get_content_disposition() != "attachment" and part.get("Content-ID") is not None
    name, content = _name(part, number, likely), _content(part)
    as_body = media_type in AS_BODY and part.get_content_disposition() != "attachment" and not is_named(part)
    return _File(name, media_type, content, inline, charset_of(part), _message(part, name, content), as_body)


def _message(part: Message, name: str, content: bytes) -> Message | None:
    """The message that a part holds, if its type or its name says so."""
    if part.get_content_maintype() == "message":
        inner = parts_of(part) if part.get_content_type() not in REPORTS else []
        return opened(inner[0])[0] if inner else None
    return opened(read_parts(content))[0] if name.lower().endswith(".eml") else None


def _name(part: Message, number: int, likely: str | None) -> str:
    """The file's name without any path; where it has none, what describes it, or a made-up one."""
    name = parameter(part, "Content-Disposition", "filename", likely) or parameter(part, "Content-Type", "name", likely)
    name = _without_path(name)
    if name:
        return name
    media_type = part.get_content_type()
    if media_type in ("message/rfc822", "message/global"):
        inner = parts_of(part)
        subject = header_text(inner[0], "Subject") if inner else ""
        return f"{_one_name(subject)}.eml" if subject else f"message-{number}.eml"
    described = _one_name(header_text(part, "Content-Description"))
    ending = ".txt" if media_type in REPORTS else mimetypes.guess_extension(media_type) or ""
    return f"{described or f'attachment-{number}'}{ending}"


def _without_path(name: str) -> str:
    return clean(re.split(r"[/\\]", name)[-1])


def _one_name(words: str) -> str:
    return re.sub(r"[/\\]", " ", words)[:120]


def _content(part: Message) -> bytes:
    if part.get_content_maintype() == "message" and parts_of(part):
        return b"\n".join(_as_bytes(inner) for inner in parts_of(part))
    return content_of(part)


def _as_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, ValueError, RecursionError):
        return message.as_string().encode("utf-8", "surrogateescape")  # headers that the generator cannot write


def _unpacked_tnef(content: bytes) -> Iterator[_File]:
    """What is packed in a winmail.dat: the files, and the text where there is one."""
    from tnefparse import TNEF

    packed = TNEF(content, do_checksum=False)
    words = packed.body or packed.htmlbody
    if words:
        text = decode(words, None)[0] if isinstance(words, bytes) else words
        yield _File(BODY_FILE, "text/plain", (text_of_html(text) if packed.htmlbody == words else text).encode(), False)
    elif packed._rtfbody:  # rtfbody raises where it is missing
        yield _File(BODY_FILE, "text/plain", _rtf(packed.rtfbody).encode(), inline=False)
    for number, one in enumerate(packed.attachments, 1):
        name = _without_path(one.long_filename() or one.name) or f"attachment-{number}"
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        yield _File(name, media_type, bytes(one.data), inline=False)


def _unread(file: _File, text: str | None) -> bool:
    """Whether only a person can tell what is in it: a picture, a recording, a scan, or a kind that is not read here."""
    if text is not None or not file.content or file.media_type in SIGNATURES:
        return False
    return not (file.inline and file.media_type.startswith("image/") and len(file.content) < SMALLEST_PICTURE_BYTES)


@dataclass(frozen=True, slots=True)
class _Read:
    """What could be read of a file: its text, what was wrong, and whether it holds what only a person can tell."""

    text: str | None
    problem: str | None = None
    unread: bool = False


def _read(file: _File, until: float, depth: int = 0) -> _Read:
    """The text of a file; of a message, with the text of its own files."""
    if len(file.content) > MAX_FILE_BYTES:
        return _Read(None, f"{len(file.content)} bytes: too large to read")
    if file.message is not None:
        return _read_message(file.message, until, depth)
    reader = _reader(file)
    if reader is None:
        return _Read(None)
    try:
        with _at_most(min(FILE_SECONDS, until - time.monotonic())):
            return _Read(storable(reader(file)[:MAX_CHARACTERS]))
    except _NoDocument:
        return _Read(None)
    except _TookTooLong:
        return _Read(None, "its text takes too long to read")
    except Exception as error:  # noqa: BLE001  readers of documents fail in ways of their own on broken files
        return _Read(None, f"its text cannot be read ({type(error).__name__})")


def _read_message(message: Message, until: float, depth: int) -> _Read:
    """The words of a message within the message, who wrote them and when, and the words of what came with it."""
    told = ((header, header_text(message, header)) for header in ("From", "Date", "Subject"))
    lines = [*(f"{header}: {value}" for header, value in told if value), "", read_body(message).text]
    problems: list[str] = []
    unread = False
    for file in _files_of(message, problems) if depth < DEEPEST_MESSAGE else ():
        read = _read(file, until, depth + 1)
        lines += ["", f"[{file.name}]", read.text or ""]
        problems += [f"{file.name}: {read.problem}"] if read.problem else []
        unread = unread or read.unread or _unread(file, read.text)
    if depth == DEEPEST_MESSAGE:
        problems.append("what is attached to it is not read, so deep does it lie")
    return _Read(storable("\n".join(lines)[:MAX_CHARACTERS]), "; ".join(problems) or None, unread)


class _NoDocument(Exception):
    """A packed file that is no document, or of a kind that is not read here."""


class _TookTooLong(BaseException):
    """Not an Exception: the readers of documents catch those."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Stops what takes longer by `_TookTooLong`; only in a process's main thread, which alone gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise _TookTooLong

    if seconds <= 0:
        raise _TookTooLong
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _reader(file: _File) -> Callable[[_File], str] | None:
    """How the file is read: by how it begins, whatever it is called; else by its type and name, if it is text."""
    for beginning, reader in BEGINNINGS.items():
        if file.content.startswith(beginning):
            return reader
    ending = file.name.lower().rpartition(".")[2]
    for media_types, endings, reader in READERS:
        if file.media_type in media_types or ending in endings:
            return reader if reader in (_pdf, _office) or _is_text(file.content) else None
    return _plain if file.media_type.startswith(("text/", "message/")) and _is_text(file.content) else None


def _is_text(content: bytes) -> bool:
    begins = content[:1_000]
    return bool(marked_charset(content)) or len(_NO_TEXT.findall(begins)) <= MOST_CONTROL * len(begins)


def _plain(file: _File) -> str:
    return decode(file.content, file.charset)[0]


def _html(file: _File) -> str:
    return text_of_html(decode(file.content, file.charset or html_charset(file.content))[0])


def _pdf(file: _File) -> str:
    import pypdf

    if b"%PDF-" not in file.content[:1024]:
        raise ValueError("no PDF")
    reader = pypdf.PdfReader(io.BytesIO(file.content))
    pages, length = [], 0
    for page in reader.pages[:MAX_PAGES]:
        pages.append(page.extract_text())
        length += len(pages[-1])
        if length > MAX_CHARACTERS:
            break
    return _or_nothing("\n".join(pages))


def _office(file: _File) -> str:
    """The words of a DOCX, in whichever of its forms, or of an OpenDocument text."""
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        if sum(member.file_size for member in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise ValueError("unpacks to too much")
        trees = [_xml(packed.read(name)) for name in packed.namelist() if name.endswith(".xml")]
    texts = [_words(tree) for tree in trees if tree is not None and etree.QName(tree).localname in OFFICE_TEXTS]
    if not texts:
        raise _NoDocument
    return _or_nothing("\n".join(filter(None, texts)))


def _xml(content: bytes) -> etree._Element | None:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))


def _words(tree: etree._Element) -> str:
    """The words of a document's XML: in a DOCX those of its text runs alone, in an OpenDocument text all."""
    everywhere = etree.QName(tree).localname == "document-content"
    words: list[str] = []
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, node in walk:
        name = etree.QName(node).localname if isinstance(node.tag, str) else ""
        if event == "start" and name == "Fallback":
            walk.skip_subtree()  # the same words again, for old programs
        elif event == "start" and (everywhere or name == "t"):
            words.append(node.text or "")
        elif event == "end":
            words += [BREAKS.get(name, ""), node.tail or "" if everywhere else ""]
    return "".join(words).strip()


def _rich_text(file: _File) -> str:
    return _or_nothing(_rtf(file.content))


def _rtf(content: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(content.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]


def _calendar(file: _File) -> str:
    """What a calendar entry says: its summary, place, time and description (RFC 5545, unfolded)."""
    lines = re.sub(r"\n[ \t]", "", _plain(file).replace("\r\n", "\n")).split("\n")
    told = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.partition(";")[0].upper() in ("SUMMARY", "LOCATION", "DTSTART", "DESCRIPTION", "COMMENT"):
            told.append(re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", "\n", value)))
    return "\n".join(told)


READERS: list[tuple[tuple[str, ...], tuple[str, ...], Callable[[_File], str]]] = [
    (("application/pdf",), ("pdf",), _pdf),
    ((WORD, OPEN_DOCUMENT), ("docx", "odt"), _office),
    (("application/rtf", "text/rtf"), ("rtf",), _rich_text),
    (("text/html",), ("html", "htm"), _html),
    (("text/calendar",), ("ics",), _calendar),
    ((), ("txt", "csv", "log", "md", "eml"), _plain),
]
"""How the text of a file is taken, by its media types and its name's ending."""

BEGINNINGS: dict[bytes, Callable[[_File], str]] = {b"%PDF-": _pdf, b"{\\rtf": _rich_text, b"PK\x03\x04": _office}
"""How the text of a file is taken, by its first bytes."""


def _or_nothing(text: str) -> str:
    if not text.strip():
        raise ValueError("holds no text")
    return text
