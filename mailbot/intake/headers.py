"""Header texts as people meant them: encoded words (RFC 2047) decoded, raw bytes read, nothing dropped."""

from __future__ import annotations

import binascii
import codecs
import email.utils
import quopri
import re
from email.message import Message
from itertools import islice
from typing import Any

from mailbot.intake.charsets import decode, marked_charset, python_name, storable

FIRST_PARTS = 50
"""How many parts are asked for the charset of the headers."""

LONGEST_LABEL = 60
"""No charset has a longer name."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Also what turns the direction of writing: a name must not look like another."""

_ENCODED = re.compile(r"=\?([\w.:+-]+)(?:\*[\w-]*)?\?([bBqQ])\?([^?]*)\?=")
_RUN = re.compile(r"(?:=\?[\w.:+*-]+\?[bBqQ]\?[^?]*\?=)+")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_FIELD = re.compile(rb"[!-9;-~]+:")
_SPACED_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]+:")
_TELLING = re.compile(rb"(?:from|subject|date|to|content-type|message-id)[ \t]*:", re.IGNORECASE)
_EMPTY_LINES = re.compile(rb"(?:[ \t]*\r*\n)+")


def repaired(content: bytes) -> tuple[bytes, str | None]:
    """The message with its lines and its header block made whole, and what was wrong, or None.

    A line that is no header ends the block for every parser: the subject, sender or structure below it would be read as
    text. Where telling headers follow such lines before the first empty one, the lines belong to the header above.
    """
    content, wrong = _mail_lines(content)
    head = head_of(content)
    lines = [_SPACED_FIELD.sub(rb"\1:", line) for line in head.split(b"\n")]
    odd = [at for at, line in enumerate(lines) if line.strip() and line[:1] not in b" \t" and not _FIELD.match(line)]
    if odd and odd[0] == 0 and lines[0].startswith(b"From "):
        odd = odd[1:]  # the separator line of an mbox
    if odd and any(_TELLING.match(line) for line in lines[odd[0] + 1 :]):
        wrong = "a line among the headers is no header"
        for at in odd:
            lines[at] = b" " + lines[at] if at else b"X-Unreadable: " + lines[at].replace(b":", b"")
    whole = b"\n".join(lines)
    return content if whole == head else whole + content[len(head) :], wrong


def _mail_lines(content: bytes) -> tuple[bytes, str | None]:
    """The message as lines that begin with its first header, and what stood against that, or None."""
    charset = marked_charset(content[:2_000])
    if charset:
        return content.decode(charset, "replace").lstrip("\ufeff").encode("utf-8"), f"the whole message is in {charset}"
    content = content.removeprefix(codecs.BOM_UTF8)
    empty = _EMPTY_LINES.match(content)
    if empty and _TELLING.match(content, empty.end()):
        return content[empty.end() :], "empty lines stand before the headers"
    if b"\r\r\n" in content[:2_000]:
        return content.replace(b"\r\r\n", b"\r\n"), "the line ends are doubled"
    return content, None


def head_of(content: bytes) -> bytes:
    """The header block with the empty line that ends it."""
    match = re.search(rb"\r?\n\r?\n", content)
    return content[: match.end()] if match else content


def header_text(message: Message, name: str) -> str:
    """The first header of that name as one line of text; '' where there is none."""
    return next(iter(header_texts(message, name)), "")


def header_texts(message: Message, name: str) -> list[str]:
    """Every header of that name, each as one line of text."""
    likely = likely_charset(message)
    found = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return [clean(decoded_words(str(value), likely)) for value in found]


def likely_charset(message: Message) -> str | None:
    """The charset that the message's parts declare first: what unlabelled bytes in its headers are likely to be in."""
    for part in islice(message.walk(), FIRST_PARTS):
        charset = charset_of(part)
        if charset and charset not in ("us-ascii", "utf-8"):
            return charset
    return None


def charset_of(part: Message) -> str | None:
    """The charset that a part's Content-Type names, in lower case; None where it names none that can be told."""
    try:
        return clean(part.get_content_charset() or "")[:LONGEST_LABEL] or None
    except ValueError:
        return None  # a NUL in the charset of the charset's name


def is_named(part: Message) -> bool:
    """Whether the part bears the name of a file."""
    return bool(part.get_param("filename", None, "Content-Disposition") or part.get_param("name"))


def parameter(part: Message, header: str, name: str, likely: str | None = None) -> str:
    """A parameter of a header (``filename``, ``name``) as text; RFC 2231, encoded words and raw bytes are all read."""
    raw = next((value for key, value in part.raw_items() if key.lower() == header.lower()), None)
    if raw is None:
        return ""
    readable = Message()
    readable[header] = clean(_unlabelled(str(raw), likely))
    found: list[Any] = [value for key, value in readable.get_params([], header) if key.lower() == name]
    value = next((value for value in found if isinstance(value, tuple)), next(iter(found), ""))
    return clean(decoded_words(value) if isinstance(value, str) else _decoded_rfc2231(*value))


def _decoded_rfc2231(charset: str | None, _language: str | None, text: str) -> str:
    """A value with its charset (RFC 2231 section 4), whose bytes the standard library hands over as Latin-1."""
    try:
        return decode(text.encode("latin-1"), charset or None)[0]
    except UnicodeEncodeError:
        return text  # raw letters where bytes in percent should be


def decoded_words(raw: str, likely: str | None = None) -> str:
    """A raw header value, in which bytes beyond ASCII stand as surrogates, as text."""
    return storable(_RUN.sub(_decoded_run, _BETWEEN.sub(r"\1\2", _unlabelled(raw, likely))))


def named_addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(display name, address) of everybody in the first header of that name, encoded words decoded after the commas."""
    likely = likely_charset(message)
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        pairs = email.utils.getaddresses([clean(_unlabelled(raw, likely))])
    except (RecursionError, IndexError, ValueError):
        return []  # comments within comments, thousands deep
    return [(clean(decoded_words(name)), address) for name, address in pairs]


def _unlabelled(raw: str, likely: str | None) -> str:
    return decode(raw.encode("utf-8", "surrogateescape"), None, likely)[0]


def clean(text: str) -> str:
    """One line, without control characters or runs of white space; fit to be stored."""
    return " ".join(_CONTROL.sub(" ", storable(text)).split())


def _decoded_run(run: re.Match[str]) -> str:
    """Words that follow one another in one charset are decoded together: some programs cut a letter in two."""
    pieces: list[tuple[str, bytes]] = []
    for match in _ENCODED.finditer(run.group()):
        charset, encoding, words = match.groups()
        try:
            content = _bytes_of(encoding, words, charset)
        except binascii.Error:
            return run.group()  # not what it says: shown as it stands
        if pieces and pieces[-1][0] == charset.lower():
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + content)
        else:
            pieces.append((charset.lower(), content))
    return "".join(decode(content, charset)[0] for charset, content in pieces)


def _bytes_of(encoding: str, words: str, charset: str) -> bytes:
    if encoding in "bB":
        return binascii.a2b_base64(words.encode("ascii", "ignore") + b"=" * (-len(words) % 4))
    return quopri.decodestring(words.replace("_", " ").encode(python_name(charset) or "utf-8", "replace"))
