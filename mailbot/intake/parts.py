"""The tree of a message's parts, as the standard library's parser makes it, without its cost for large attachments.

That parser goes through base64 line by line: a 60 MB message takes 350 MB and seconds. Long runs of base64 are
therefore cut out before parsing, a marker put in their place, and decoded in C when somebody asks: the result is the
same.
"""

from __future__ import annotations

import binascii
import email
import re
import secrets
from collections.abc import Mapping
from email.message import Message
from types import MappingProxyType
from typing import Any

LONG_RUN_BYTES = 16_000

_RUN = re.compile(rb"^(?:[A-Za-z0-9+/]{40,}\r?\n){3,}", re.MULTILINE)
_MARKER = re.compile(r"cut[0-9a-f]{16}[0-9]+x")
_REST = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


class Part(Message):
    """A part of a message. What was cut out of it is put back by whichever way its payload is asked for."""

    _payload: Any
    _cut: Mapping[str, memoryview] = MappingProxyType({})
    """The runs cut out of this part, by the markers that stand for them."""

    def get_payload(self, i: Any = None, decode: bool = False) -> Any:
        """As `Message.get_payload`."""
        if self._cut and i is None:
            content = self.unpacked() if decode else None
            if content is not None:
                return content
            self._payload, self._cut = self.whole(), {}
        return super().get_payload(i, decode)  # type: ignore[call-overload]

    def unpacked(self) -> bytes | None:
        """The content of a large part that is one run of well-formed base64, as such parts nearly always are."""
        if len(self._cut) != 1 or str(self.get("Content-Transfer-Encoding", "")).lower() != "base64":
            return None
        ((marker, run),) = self._cut.items()
        before, _, rest = self._payload.partition(marker)
        if before.strip() or not _REST.fullmatch(rest):
            return None
        try:
            return binascii.a2b_base64(bytes(run) + rest.encode("ascii"))
        except binascii.Error:
            return None  # cut short: the library's parser has a way with that

    def whole(self) -> Any:
        """The payload as it travelled: its text, or its parts."""
        return _put_back(self._payload, self._cut) if self._cut else self._payload


def _put_back(text: str, runs: Mapping[str, memoryview]) -> str:
    return _MARKER.sub(lambda marker: str(runs.get(marker[0], b""), "ascii") or marker[0], text)


def parts(content: bytes) -> Part:
    """The message whose bytes these are; like the standard library's parser, it never raises for what it reads."""
    nonce = secrets.token_hex(8)
    pieces: list[bytes] = []
    runs: dict[str, memoryview] = {}
    at, whole = 0, memoryview(content)
    for match in _RUN.finditer(content):
        if match.end() - match.start() < LONG_RUN_BYTES or content[match.start() - 1 : match.start()] != b"\n":
            continue
        marker = f"cut{nonce}{len(runs)}x"
        pieces += [content[at : match.start()], marker.encode("ascii")]
        at = match.end() - len(b"\r\n" if content[match.end() - 2] == 13 else b"\n")
        runs[marker] = whole[match.start() : at]
    if not runs:
        return email.message_from_bytes(content, _class=Part)
    message = email.message_from_bytes(b"".join([*pieces, content[at:]]), _class=Part)
    for part in message.walk():
        text = part._payload
        if isinstance(text, str) and nonce in text:
            part._cut = {marker: runs[marker] for marker in _MARKER.findall(text) if marker in runs}
        for around in ("preamble", "epilogue"):
            if nonce in (getattr(part, around) or ""):
                setattr(part, around, _put_back(getattr(part, around), runs))
    return message
