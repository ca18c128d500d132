"""The tree of a message's parts as its writer meant it, where the parser found it broken: no boundary named, a
multipart or a message packed in Base64, one boundary on two levels.
"""

from __future__ import annotations

import re
from email.message import Message

from mailbot.intake.parts import Part, parts
from mailbot.intake.transfer import BASE64, content_of, encoding_of, raw_of

_NO_SEMICOLON = re.compile(r"^\s*([\w.+-]+/[\w.+-]+)\s+(?=[\w*-]+\s*=)")
_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n]{0,68}?|-*[^\s-][^\r\n]{0,68}?)[ \t]*\r?\n(?=[\w-]+:|\r?\n)", re.MULTILINE)


def read_parts(content: bytes) -> Part:
    """The message whose bytes these are, its structure mended where that can be done. Never raises but for depth."""
    message = parts(content)
    _mend(message)
    return message


def _mend(message: Message) -> None:
    for part in list(message.walk()):
        _name_type(part)
        if part.get_content_maintype() == "multipart":
            _find_parts(part)
        elif part.get_content_maintype() == "message" and part.is_multipart():
            _unpack_message(part)


def _name_type(part: Message) -> None:
    """A semicolon put between the type and its parameters where it is missing."""
    written = str(part.get("Content-Type", ""))
    if _NO_SEMICOLON.match(written):
        part.replace_header("Content-Type", _NO_SEMICOLON.sub(r"\1; ", written))


def _find_parts(part: Message) -> None:
    """The parts of a multipart in which the parser found none, or that stand after its end."""
    boundary = _boundary(part)
    if not part.is_multipart():
        content = content_of(part)
        boundary = boundary or next((match[1] for match in _BOUNDARY.finditer(content)), b"")
        found = _within(content, boundary) if boundary else []
        if found:
            part.set_payload([])
    else:
        rest = (part.epilogue or "").encode("ascii", "surrogateescape")
        found = _within(rest, boundary) if boundary and b"--" + boundary in rest else []
        part.epilogue = None if found else part.epilogue
    for one in found:
        part.attach(one)


def _within(content: bytes, boundary: bytes) -> list[Message]:
    """The parts between the lines of that boundary; what stands after one that ends them belongs to them too."""
    line = re.escape(b"--" + boundary)
    content = re.sub(rb"^" + line + rb"--[ \t]*\r?\n(?=" + line + rb"\s)", b"", content, flags=re.MULTILINE)
    payload = parts(b'Content-Type: multipart/mixed; boundary="%s"\n\n' % boundary + content).get_payload()
    found = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    for one in found:
        _mend(one)
    return found


def _boundary(part: Message) -> bytes:
    boundary = part.get_boundary()
    return boundary.encode("utf-8", "replace") if boundary else b""


def _unpack_message(part: Message) -> None:
    """The message within a part, packed in Base64 although that is forbidden (RFC 2046 section 5.2.1)."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, Message) and not inner.is_multipart() and encoding_of(part, b"") == BASE64:
        inner["Content-Transfer-Encoding"] = BASE64
        if raw_of(inner):
            part.set_payload([read_parts(content_of(inner))])
