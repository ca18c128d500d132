"""The words of a message as they stood on the sender's screen, whatever way they were packed."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from selectolax.lexbor import LexborHTMLParser

from mailbot.intake.charsets import decode

MAX_CHARACTERS = 500_000
"""What is read of one text part; more than any person writes, and a bound on the time a message can take."""

DEEPEST = 120
"""How far parts within parts are followed; what lies deeper is named as a defect."""

BLOCKS = "p,div,br,li,tr,h1,h2,h3,h4,h5,h6,blockquote,table,ul,ol,pre,hr"
SHOWN = ("text/plain", "text/html", "text/enriched", "text/richtext")
QUOTE_MARK = "-----Original Message-----"

_UUENCODED = re.compile(
    r"^begin(?:-base64)? [0-7]{3,4} (?P<name>[^\n]{1,200})\n(?P<lines>.*?)\n(?:`\n|\s?\n)?end *$", re.M | re.S
)
_ARMOUR = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]*\n)*\n?(?P<text>.*?)-----BEGIN PGP SIGNATURE-----.*?"
    r"(?:-----END PGP SIGNATURE-----|\Z)",
    re.S,
)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file found inside a text: uuencoded, as old programs send them."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """The text that was on the sender's screen, files found within it, and what was wrong in words."""

    text: str
    packed: tuple[Packed, ...] = ()
    defects: tuple[str, ...] = ()


def read_body(message: Message) -> Body:
    """The message's own text: plain parts where there are any with words, else the HTML made into text.

    Attached and forwarded messages (``message/rfc822``) are not walked into: their words are not the sender's.
    """
    plain: list[str] = []
    html: list[str] = []
    packed: list[Packed] = []
    defects: list[str] = []
    for part in text_parts(message):
        text, defect = decoded(part)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        defects += [defect] if defect else []
        if part.get_content_subtype() == "html":
            html.append(text)
            continue
        text, files = unpacked(text)
        packed += files
        plain.append(_MARKUP.sub("", text) if part.get_content_subtype() in ("enriched", "richtext") else text)
    words = "\n".join(text for text in plain if text.strip())
    if not words.strip() and html:
        words = "\n".join(text_of_html(text[: 4 * MAX_CHARACTERS]) for text in html)
    if len(words) > MAX_CHARACTERS:
        defects.append(f"the text has {len(words)} characters; the first {MAX_CHARACTERS} are shown")
    return Body(_tidy(_ARMOUR.sub(_unarmoured, words[:MAX_CHARACTERS])), tuple(packed), tuple(dict.fromkeys(defects)))


def text_parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts shown as the message's text, in order; not attachments, not messages within the message."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in parts_of(message) if depth < DEEPEST else ():
            yield from text_parts(part, depth + 1)
    elif not is_attachment(message):
        yield message


def parts_of(message: Message) -> list[Message]:
    """The parts directly within a message; none where a broken one holds text instead."""
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def is_attachment(part: Message) -> bool:
    """Whether a part came as a file rather than as text to read. A multipart without parts is the text it holds."""
    if part.get_content_maintype() == "multipart":
        return False
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() == "message":
        return True
    return part.get_content_type() not in SHOWN or bool(part.get_filename())


def decoded(part: Message) -> tuple[str, str | None]:
    """The text of a part, and what was wrong with its charset label or None."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return "", None
    label = part.get_param("charset")
    return decode(content, str(label) if isinstance(label, str) and label.strip() else None)


def unpacked(text: str) -> tuple[str, list[Packed]]:
    """The text without the uuencoded files in it, and those files."""
    files: list[Packed] = []

    def taken(match: re.Match[str]) -> str:
        try:
            lines = match["lines"].split("\n")
            content = b"".join(binascii.a2b_uu(line.encode("latin-1")) for line in lines if line.strip())
        except (binascii.Error, UnicodeEncodeError):
            return match.group()  # only looks like one: it stays in the text
        files.append(Packed(match["name"].strip(), content))
        return ""

    return (_UUENCODED.sub(taken, text), files) if "\nend" in text else (text, files)


def text_of_html(html: str) -> str:
    """The words of an HTML text with line breaks where it shows them; scripts, styles and hidden parts left out."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "head", "title", "template", "noscript"])
    for hidden in tree.css('[hidden], [style*="display:none"], [style*="display: none"]'):
        hidden.decompose()
    for block in tree.css(BLOCKS):
        block.insert_before("\n")
        if block.tag == "blockquote" or "quote" in (block.attributes.get("class") or ""):
            block.insert_before(f"\n{QUOTE_MARK}\n")
    return tree.body.text(separator="") if tree.body else ""


def _unarmoured(match: re.Match[str]) -> str:
    """The text that a PGP signature in the text covers; lines that the signing escaped begin with a dash again."""
    return re.sub(r"^- ", "", match["text"], flags=re.MULTILINE)


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
