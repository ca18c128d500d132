"""Signed and encrypted mail (S/MIME, RFC 8551; OpenPGP, RFC 3156): what is signed is read, what is encrypted is named.

Signatures are not verified: nothing here rests on who signed.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import NamedTuple

from mailbot.intake.headers import parameter
from mailbot.intake.structure import read_parts
from mailbot.intake.transfer import content_of

ENCRYPTED = "it is encrypted and cannot be read here: ask the sender to write again without"

_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_PGP_TYPES = ("multipart/encrypted", "application/pgp-encrypted")
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_CONSTRUCTED = 0x20
_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----\s*$", re.MULTILINE)
_DEEPEST = 5


def opened(message: Message) -> tuple[Message, str | None]:
    """The message inside an opaque S/MIME signature, else the message itself; and why it cannot be read, or None."""
    for _ in range(_DEEPEST):
        if not _is_pkcs7(message):
            break
        inner = _signed_content(message)
        if inner is None:
            return message, ENCRYPTED
        message = _with_headers_of(message, inner)
    return message, ENCRYPTED if _is_encrypted(message) else None


def has_encrypted_text(text: str) -> bool:
    """Whether the text is an OpenPGP message in its armour."""
    return bool(_PGP.search(text))


def _is_encrypted(message: Message) -> bool:
    return any(
        part.get_content_type() in _PGP_TYPES or (_is_pkcs7(part) and _signed_content(part) is None)
        for part in message.walk()
    )


def _is_pkcs7(part: Message) -> bool:
    """Whether the part is S/MIME, by its type or, where a gateway took that away, by its name (RFC 8551 3.2.1)."""
    return part.get_content_type() in _PKCS7 or parameter(part, "Content-Type", "name").lower() == "smime.p7m"


def _signed_content(message: Message) -> Message | None:
    """The message within CMS SignedData (RFC 5652 section 5); None for anything else, encrypted data above all."""
    data = memoryview(content_of(message))
    try:
        kind, content = _inside(data, _element(data, 0))[:2]
        if bytes(data[kind.start : kind.end]) != _SIGNED_DATA:
            return None
        (signed,) = _inside(data, content)
        _version, _digests, encapsulated = _inside(data, signed)[:3]
        _type, wrapped = _inside(data, encapsulated)
        (octets,) = _inside(data, wrapped)
        return read_parts(_octets(data, octets))
    except (ValueError, IndexError, RecursionError):
        return None  # not what its type says: for an officer as good as encrypted


_DEEPEST_ELEMENT = 16
"""How deep elements within elements are followed: each level is read once for every one above it."""


class _Element(NamedTuple):
    """One element of BER (X.690): its first byte, where its content starts and ends, and where the next one starts."""

    tag: int
    start: int
    end: int
    after: int


def _element(data: memoryview, at: int, depth: int = 0) -> _Element:
    """The element at `at`; where its length is not told beforehand, its end is looked for."""
    if depth > _DEEPEST_ELEMENT:
        raise ValueError("nested too deep")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == 0x80:
        end = start
        while data[end] or data[end + 1]:
            end = _element(data, end, depth + 1).after
        return _Element(tag, start, end, end + 2)
    if length > 0x80:
        start += length - 0x80
        length = int.from_bytes(data[at + 2 : start])
    if start + length > len(data):
        raise ValueError("cut short")
    return _Element(tag, start, start + length, start + length)


def _inside(data: memoryview, outer: _Element) -> list[_Element]:
    found, at = [], outer.start
    while at < outer.end:
        found.append(_element(data, at))
        at = found[-1].after
    return found


def _octets(data: memoryview, element: _Element, depth: int = 0) -> bytes:
    """An OCTET STRING, which may be written in pieces, and those in pieces again."""
    if depth > _DEEPEST_ELEMENT:
        raise ValueError("nested too deep")
    if element.tag & _CONSTRUCTED:
        return b"".join(_octets(data, one, depth + 1) for one in _inside(data, element))
    return bytes(data[element.start : element.end])


def _with_headers_of(outer: Message, inner: Message) -> Message:
    """The inner part under the outer message's own headers (sender, subject, date)."""
    told = {name.lower() for name, _ in inner.raw_items()}
    for name, value in outer.raw_items():
        if name.lower() not in told and not name.lower().startswith("content-"):
            inner.set_raw(name, value)
    return inner
