"""From bytes to text, right whatever the label says: wrong, unknown or missing names of charsets are everyday mail."""

from __future__ import annotations

import codecs

WIDER: dict[str, str] = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "iso2022_jp": "cp932",
    "tis-620": "cp874",
}
"""What a label means in practice, by Python's name of it: the wider charset that programs write under that name."""

ALIASES: dict[str, str] = {
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "ks_c_5601": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-user-defined": "cp1252",
    "windows-874": "cp874",
    "cp-850": "cp850",
}
"""Names that mail bears and Python does not know."""


def decode(content: bytes, label: str | None, likely: str | None = None) -> tuple[str, str | None]:
    """The text of `content` and what was wrong with its label, in words, or None.

    Tried in turn: the label, UTF-8, what is written under that label in practice, `likely`, and at last Windows-1252,
    which fits everything. A label for a narrower charset never loses a letter of a wider one.
    """
    content = content.replace(b"\x00", b"") if not _wide(label) else content
    name = python_name(label) if label else None
    guess = python_name(likely) if likely else None
    tried = [name, "utf-8", WIDER.get(name or ""), guess, WIDER.get(guess or "")]
    if name in ("ascii", "iso8859-1"):
        tried = [None if not content.isascii() else "ascii", "utf-8", "cp1252"]
    for charset in filter(None, dict.fromkeys(tried)):
        try:
            text = content.decode(charset).replace("\x00", "")
        except (UnicodeError, LookupError):
            continue
        expected = name in ("ascii", "iso8859-1") or charset == name or not label
        return text, None if expected else f"the text is not in {label}, as labelled"
    return content.decode("cp1252", "replace"), f"the text is not in {label}, as labelled" if label else None


def python_name(label: str) -> str | None:
    """Python's own name of a text charset; None where there is none of that name."""
    plain = label.strip().strip("'\"").lower().partition("*")[0]
    try:
        found = codecs.lookup(ALIASES.get(plain, plain))
    except (LookupError, ValueError, UnicodeError):
        return None
    return found.name if found._is_text_encoding else None  # else rot13, zlib and the like: no charsets


def _wide(label: str | None) -> bool:
    return (python_name(label or "") or "").startswith(("utf-16", "utf-32"))
