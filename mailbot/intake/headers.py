"""Header texts as people meant them: encoded words (RFC 2047) decoded, raw bytes read, nothing dropped."""

from __future__ import annotations

import binascii
import quopri
import re
from email.message import Message

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ENCODED = re.compile(r"=\?([\w.:+-]+)(?:\*[\w-]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")


def header_text(message: Message, name: str) -> str:
    """The first header of that name as one line of text; '' where there is none."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return clean(decoded_words(str(raw)))


def decoded_words(raw: str) -> str:
    """A raw header value, in which bytes beyond ASCII stand as surrogates, as text."""
    text = readable(raw.encode("utf-8", "surrogateescape"))
    return _ENCODED.sub(_decoded_word, _BETWEEN.sub(r"\1\2", text))


def readable(content: bytes) -> str:
    """Bytes without a label: UTF-8 if they are that, else Windows-1252, which fits everything."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def clean(text: str) -> str:
    """One line, without control characters or runs of white space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _decoded_word(match: re.Match[str]) -> str:
    charset, encoding, words = match.groups()
    try:
        if encoding in "bB":
            content = binascii.a2b_base64(words + "=" * (-len(words) % 4))
        else:
            content = quopri.decodestring(words.replace("_", " ").encode(charset))
        return content.decode(charset)
    except UnicodeDecodeError:
        return readable(content)
    except (LookupError, binascii.Error, ValueError):
        return match.group()  # no charset of that name, or not what it says: shown as it stands
