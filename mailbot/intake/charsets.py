"""From bytes to text, right whatever the label says: wrong, unknown or missing names of charsets are everyday mail."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

WIDER: dict[str, tuple[str, ...]] = {
    "ascii": ("cp1252",),
    "iso8859-1": ("cp1252",),
    "iso8859-2": ("cp1250",),
    "iso8859-4": ("cp1257",),
    "iso8859-5": ("cp1251",),
    "iso8859-6": ("cp1256",),
    "iso8859-7": ("cp1253",),
    "iso8859-8": ("cp1255",),
    "iso8859-9": ("cp1254",),
    "iso8859-13": ("cp1257",),
    "iso8859-15": ("cp1252",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "euc_kr": ("cp949",),
    "big5": ("cp950", "big5hkscs"),
    "shift_jis": ("cp932",),
    "iso2022_jp": ("cp932",),
    "tis-620": ("cp874",),
}
"""What a label means in practice, by Python's name of it: the wider charsets that programs write under that name."""

ALIASES: dict[str, str] = {
    "unicode": "utf-16",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-user-defined": "cp1252",
    "windows-874": "cp874",
    "cp-850": "cp850",
}
"""Names that mail bears and Python does not know, or knows by a narrower meaning."""

NO_CHARSETS = ("undefined", "unicode-escape", "raw-unicode-escape", "idna", "punycode", "mbcs", "oem")
"""Python's codecs from bytes to text that no mail is written in; some raise on anything."""

LATIN = ("ascii", "iso8859-1", "iso8859-15", "cp1252")
"""Labels that programs write without looking; what bears them may be in any charset."""

SEVERAL_BYTES = ("gb", "hz", "big5", "cp932", "cp949", "cp950", "shift_jis", "euc", "johab", "iso2022", "utf-7")
"""How the names of charsets begin whose letters of several bytes may pass for UTF-8; all others are tried after it."""

GUESSED = ["cp1251", "koi8_r", "iso8859_5", "cp1253", "cp1256", "gb18030", "big5", "cp932", "cp949"]
"""What text in no Latin script may be in where its label does not say."""

GUESSED_FROM_BYTES = 4_000
FEWEST_KINDS = 12
"""Of fewer different bytes beyond ASCII nothing is guessed: a word or two may be in anything."""

MOST_LOST = 0.1
"""Which share of a text may be unreadable where the rest of it shows that its label is right."""

MIXED = "mailbot-mixed"
"""How errors in text that is mostly UTF-8 are dealt with (see `_mixed`)."""

LEAST_NULS = 4
"""Fewer do not tell that a text is in UTF-16."""

_CONTROL = re.compile("[\x80-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_CESU = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_BLANKS = b" \t\r\n"


def decode(content: bytes, label: str | None, likely: str | None = None) -> tuple[str, str | None]:
    """The text of `content` and what was wrong with its label, in words, or None. No NUL and no surrogate is in it.

    Tried in turn: the label, UTF-8, what is written under that label in practice, `likely`, a guess by the letters, and
    at last Windows-1252, which fits everything. A label for a narrower charset never loses a letter of a wider one, and
    a few bad bytes never change the rest.
    """
    name = python_name(label) if label else None
    marked = marked_charset(content, name)
    if marked:
        text, charset = content.decode(marked, "replace"), marked
    else:
        text, charset = _fitting(content.replace(b"\x00", b""), name, python_name(likely) if likely else None)
    if label and not _is_meant(charset, name):
        return storable(text), f"the text is not in {label}, as labelled"
    return storable(text), None


def _is_meant(charset: str, name: str | None) -> bool:
    """Whether programs mean that charset by that name; what is labelled ASCII or Latin-1 may be anything."""
    if name in ("ascii", "iso8859-1"):
        return not charset.startswith("utf-16")
    return name is not None and (charset.startswith(name) or charset in WIDER.get(name, ()))


def python_name(label: str) -> str | None:
    """Python's own name of a text charset; None where there is none of that name."""
    plain = label.strip().strip("'\"").lower().partition("*")[0]
    try:
        found = codecs.lookup(ALIASES.get(plain, plain))
    except (LookupError, ValueError, UnicodeError):
        return None
    return found.name if found._is_text_encoding and found.name not in NO_CHARSETS else None


def marked_charset(content: bytes, name: str | None = None) -> str | None:
    """UTF-16 or UTF-32 where a byte order mark, NULs in every other byte, or else the name says so; None elsewhere."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-32" if name and name.startswith("utf-32") else "utf-16"
    even, odd = content[::2].count(0), content[1::2].count(0)
    if LEAST_NULS <= max(even, odd) > len(content) / 4 and min(even, odd) * 20 < max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    return name if name and name.startswith(("utf-16", "utf-32")) and not _is_utf_8(content) else None


def storable(text: str) -> str:
    """The text without NULs or a byte order mark, its halves of a surrogate pair joined, or replaced where alone."""
    text = text.replace("\x00", "").lstrip("\ufeff")
    if _SURROGATE.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _fitting(content: bytes, name: str | None, likely: str | None) -> tuple[str, str]:
    """The text and the charset that fits it, by Python's name."""
    for charset, errors in dict.fromkeys(_tried(content, name, likely)):
        try:
            text = content.decode(charset, errors)
        except (UnicodeError, LookupError):
            continue
        if charset not in WIDER or not _CONTROL.search(text):
            return text, charset
    for charset in filter(None, (name, *WIDER.get(name or "", ()))):
        text = content.decode(charset, "replace")
        if charset.startswith(SEVERAL_BYTES) and text.count("\ufffd") <= MOST_LOST * len(text):
            return text, charset
    return content.decode("cp1252", "replace"), "cp1252"


def _tried(content: bytes, name: str | None, likely: str | None) -> Iterator[tuple[str, str]]:
    """The charsets in the order in which they are tried, each with what is done about errors."""
    if b"\x1b$" in content and name in (None, "utf-8", *LATIN):
        name = "iso2022_jp"
    if name and name.startswith(SEVERAL_BYTES):
        yield name, "strict"
        if content.isascii():
            return  # escapes of seven bits pass for UTF-8
    yield "utf-8", MIXED if _mostly_utf_8(content) else "strict"
    if name in (None, "ascii"):
        guessed = (likely, *WIDER.get(likely or "", ()), _guessed(content))
        yield from ((charset, "strict") for charset in guessed if charset)
    yield from ((charset, "strict") for charset in (name, *WIDER.get(name or "", ())) if charset)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf_8(content: bytes) -> bool:
    """Whether there are more letters in UTF-8 than bytes that are not: text in no other charset looks like that."""
    letters = len(_UTF_8.findall(content))
    return letters > len(_HIGH.findall(_UTF_8.sub(b"", content)))


def _guessed(content: bytes) -> str | None:
    """The charset of text in no Latin script: most of its bytes have the high bit, in Latin scripts few do."""
    sample = content[:GUESSED_FROM_BYTES]
    sample = sample.rpartition(b"\n")[0] or sample
    letters = sample.translate(None, _BLANKS)
    high = _HIGH.findall(letters)
    if len(high) * 2 <= len(letters) or len(set(high)) < FEWEST_KINDS:
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=GUESSED).best()
    return best.encoding if best else None


def _mixed(error: UnicodeError) -> tuple[str, int]:
    """Reads what is no UTF-8 within it: halves of surrogate pairs as such, other bytes as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    half = _CESU.match(error.object, error.start)
    if half:
        return half.group().decode("utf-8", "surrogatepass"), half.end()
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(MIXED, _mixed)
