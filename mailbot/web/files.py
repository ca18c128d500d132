"""Downloads of a filed case: a message as it was sent, and the files that came with it; no browser shows them."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g
from werkzeug.http import dump_options_header

from mailbot.web.entrance import fresh

pages = Blueprint("files", __name__, url_prefix="/case/<reference>")

LONGEST_NAME = 120
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Nothing of a download runs or loads, should a browser show it all the same."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\"'*:<>?|;%\\]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


@pages.get("/original/<int:number>")
@fresh()
def original(reference: str, number: int) -> Response:
    """A message with its headers, while who wrote is open to the officer. Audited."""
    content = current_app.extensions["mailbot"].originals.message(reference, g.officer, number)
    return _download(content, f"{reference}-message-{number}.eml")


@pages.get("/message/<int:message>/attachment/<int:number>")
def attachment(reference: str, message: int, number: int) -> Response:
    """A file that came with the case's first message (0) or a later one, for whoever may read the case. Audited."""
    found = current_app.extensions["mailbot"].originals.attachment(reference, g.officer, message, number)
    return _download(found.content, safe_name(found.name, f"attachment-{number + 1}"))


def safe_name(name: str, otherwise: str) -> str:
    """A file name without any path, nor what a browser or a file system may read as more than a name.

    Its ending stays; `otherwise` where nothing of it is left.
    """
    plain = " ".join(_UNSAFE.sub(" ", re.split(r"[/\\]", name)[-1]).split()).strip(". ")
    if len(plain) > LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        kept = dot + ending[:10] if stem and len(ending) <= 10 else ""
        plain = plain[: LONGEST_NAME - len(kept)] + kept
    return f"_{plain}" if _RESERVED.match(plain) else plain or otherwise


def _download(content: bytes, name: str) -> Response:
    """As `Content-Disposition: attachment` (RFC 6266), of no type that anything would open."""
    answer = Response(content, mimetype="application/octet-stream")
    plain = name.encode("ascii", "ignore").decode().strip(". ") or "file"
    given = {"filename": plain} if plain == name else {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    answer.headers["Content-Disposition"] = dump_options_header("attachment", given)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
