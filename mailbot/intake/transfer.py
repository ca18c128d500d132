"""A part's bytes, taken out of its transfer encoding (RFC 2045 section 6) also where that is misspelt, wrong or broken.

What is well-formed comes out as the standard library makes it.
"""

from __future__ import annotations

import binascii
import quopri
import re
from email.errors import InvalidBase64CharactersDefect
from email.message import Message

from mailbot.intake.parts import Part

BASE64 = "base64"
QUOTED_PRINTABLE = "quoted-printable"

LEAST_RUN = 12
"""Base64 stands in runs of at least so many letters in the mean; words are shorter."""

_NAME = re.compile(r"\s*([\w-]+)")
_LETTERS = re.compile(rb"[A-Za-z0-9+/]+")
_NO_LETTERS = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_SEGMENT = re.compile(rb"[^=]+(?:=[=\s]*|\Z)")
_PROSE = re.compile(rb"[A-Za-z] [A-Za-z]")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_ESCAPE = re.compile(rb"=[0-9A-F]{2}")
_LINES = re.compile(rb"\s*(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]*={0,2}\s*")


def content_of(part: Message) -> bytes:
    """The bytes of a part that holds no parts, as far as they can be read; what was wrong joins the part's defects."""
    if isinstance(part, Part) and (content := part.unpacked()) is not None:
        return content
    raw = raw_of(part)
    encoding = encoding_of(part, raw)
    if encoding == BASE64:
        return _from_base64(raw, part)
    if encoding == QUOTED_PRINTABLE:
        return quopri.decodestring(_SOFT_BREAK.sub(b"=", raw))
    if "uu" in encoding:
        unpacked = part.get_payload(decode=True)
        return unpacked if isinstance(unpacked, bytes) else b""
    return raw


def raw_of(part: Message) -> bytes:
    """The part's bytes as they travelled; none where it holds parts."""
    text = part.whole() if isinstance(part, Part) else part._payload  # type: ignore[attr-defined]
    return text.encode("ascii", "surrogateescape") if isinstance(text, str) else b""


def encoding_of(part: Message, raw: bytes) -> str:
    """The transfer encoding as programs meant it; '' where the bytes stand as they are."""
    named = {name.replace("_", "-") for name in _named(part)}
    if BASE64 in named:
        return BASE64
    if QUOTED_PRINTABLE in named:
        return QUOTED_PRINTABLE if len(named) == 1 or _ESCAPE.search(raw) else ""
    if part.get_content_maintype() == "text" and _is_base64_of_text(raw):
        return BASE64
    return next((name for name in named if "uu" in name), "")


def _named(part: Message) -> list[str]:
    values = part.get_all("Content-Transfer-Encoding", [])
    return [match[1].lower() for match in map(_NAME.match, map(str, values)) if match]


def _is_base64_of_text(raw: bytes) -> bool:
    """Whether it is Base64 throughout, of text: a gateway lost the field that said so."""
    if not _LINES.fullmatch(raw):
        return False
    try:
        return binascii.a2b_base64(raw).decode("utf-8").replace("\n", "").replace("\r", "").isprintable()
    except (binascii.Error, UnicodeDecodeError):
        return False


def _from_base64(raw: bytes, part: Message) -> bytes:
    """Every segment up to its padding; a letter too many and what is no Base64 are left out, words after it kept."""
    runs = _LETTERS.findall(raw)
    if sum(map(len, runs)) < LEAST_RUN * len(runs) and _PROSE.search(raw):
        part.defects.append(InvalidBase64CharactersDefect())
        return raw
    segments: list[bytes] = []
    for match in _SEGMENT.finditer(raw):
        if segments and _PROSE.search(match.group()):
            segments += [b"\n", raw[match.start() :]]
            break
        letters = match.group().translate(None, _NO_LETTERS)
        if len(letters) % 4 == 1:
            part.defects.append(InvalidBase64CharactersDefect())
            letters = letters[:-1]
        segments.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(segments)
