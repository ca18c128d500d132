"""The words of a message: right whatever the charset label says, the sender's own apart from what they quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from selectolax.lexbor import LexborHTMLParser

MAX_CHARACTERS = 500_000
"""What is read of one text part; more than any person writes, and a bound on the time a message can take."""

BLOCKS = "p,div,br,li,tr,h1,h2,h3,h4,h5,h6,blockquote,table,ul,ol,pre,hr"


@dataclass(frozen=True, slots=True)
class Body:
    """The text that was on the sender's screen, and what was wrong with it in words."""

    text: str
    defects: tuple[str, ...]


def read_body(message: Message) -> Body:
    """The message's own text: plain parts where there are any with words, else the HTML made into text.

    Attached and forwarded messages (``message/rfc822``) are not walked into: their words are not the sender's.
    """
    plain: list[str] = []
    html: list[str] = []
    defects: list[str] = []
    for part in text_parts(message):
        text, defect = decoded(part)
        (html if part.get_content_subtype() == "html" else plain).append(text)
        defects += [defect] if defect else []
    words = "\n".join(text for text in plain if text.strip())
    if not words.strip() and html:
        words = "\n".join(text_of_html(text) for text in html)
    if len(words) > MAX_CHARACTERS:
        defects.append(f"the text has {len(words)} characters; the first {MAX_CHARACTERS} are shown")
    return Body(_tidy(words[:MAX_CHARACTERS]), tuple(dict.fromkeys(defects)))


def text_parts(message: Message) -> Iterator[Message]:
    """The parts shown as the message's text, in order; not attachments, not messages within the message."""
    if message.get_content_maintype() == "multipart":
        for part in parts_of(message):
            yield from text_parts(part)
    elif message.get_content_maintype() == "text" and not is_attachment(message):
        yield message


def parts_of(message: Message) -> list[Message]:
    """The parts directly within a message; none where a broken one holds text instead."""
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def is_attachment(part: Message) -> bool:
    """Whether a part came as a file rather than as text to read."""
    if part.get_content_maintype() == "multipart":
        return False
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() == "message":
        return True
    return part.get_content_type() not in ("text/plain", "text/html", "text/enriched", "text/calendar") or bool(
        part.get_filename()
    )


def decoded(part: Message) -> tuple[str, str | None]:
    """The text of a part: by its label if that fits, else UTF-8, else Windows-1252, which fits everything."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return "", None
    label = (part.get_content_charset() or "utf-8").lower()
    content = content.replace(b"\x00", b"")
    if label in ("us-ascii", "ascii", "iso-8859-1", "latin-1", "iso8859-1"):
        label = "utf-8" if content.isascii() or _is_utf8(content) else "cp1252"  # what such labels mean in practice
    for charset in dict.fromkeys((label, "utf-8")):
        try:
            return content.decode(charset), None
        except (LookupError, UnicodeError):
            continue
    wrong = f"the text is not in {label}, as labelled"
    return content.decode("cp1252", "replace"), wrong


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def text_of_html(html: str) -> str:
    """The words of an HTML text with line breaks where it shows them; scripts, styles and hidden parts left out."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "head", "title", "template", "noscript"])
    for hidden in tree.css('[hidden], [style*="display:none"], [style*="display: none"]'):
        hidden.decompose()
    for block in tree.css(BLOCKS):
        block.insert_before("\n")
        if block.tag == "blockquote" or "quote" in (block.attributes.get("class") or ""):
            block.insert_before("\n-----Original Message-----\n")
    return tree.body.text(separator="") if tree.body else ""


def _tidy(text: str) -> str:
    lines = [
        re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


_QUOTE_STARTS = re.compile(
    r"^(?:"
    r"-{2,}\s*(?:original message|forwarded message|neges wreiddiol|forwarded by|neges a anfonwyd ymlaen).*"
    r"|begin forwarded message:?"
    r"|_{10,}"
    r"|(?:on|ar)\b.{4,200}\b(?:wrote|ysgrifennodd)\b.{0,80}:"
    r"|(?:le .{4,120} a écrit|am .{4,120} schrieb.{0,80}|dnia .{4,120} napisał.{0,40}|el .{4,120} escribió) ?:"
    r"|>.*"
    r")$",
    re.IGNORECASE,
)
_HEADER_BLOCK = re.compile(r"^\*?(?:from|oddi wrth|von|de|od)\*?:\s.*\S", re.IGNORECASE)
_HEADER_NEXT = re.compile(r"^\*?(?:sent|date|to|cc|subject|anfonwyd|dyddiad|at|pwnc)\*?:", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"^(?:--|—|-- )$|^(?:sent from my |sent from (?:yahoo|outlook|mail) |get outlook for |anfonwyd o fy ).*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^(?:(?:this|the information in this|this electronic) (?:e-?mail|message|communication)"
    r"(?:,| and| is| may| has| contains| carries| was)|"
    r"disclaimer\b|confidentiality notice|privileged|think before you print|please consider the environment|"
    r"mae'r (?:e-?bost|neges) (?:hwn|hon) yn)",
    re.IGNORECASE,
)


def split_reply(text: str) -> tuple[str, str, str]:
    """(what the sender wrote, what they quote or forward, their signature and disclaimers). No word is lost.

    Lines that answer between quoted ones stay with the sender's own words.
    """
    written: list[str] = []
    quoted: list[str] = []
    signature: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        joined = f"{line} {lines[at + 1].strip()}" if at + 1 < len(lines) else line
        if line.startswith(">"):
            quoted.append(lines[at])
        elif _starts_quote(line, lines, at):
            quoted += lines[at:]
            break
        elif line[:3].lower() in ("on ", "ar ") and _QUOTE_STARTS.match(line):
            quoted.append(lines[at])
        elif line[:3].lower() in ("on ", "ar ") and _QUOTE_STARTS.match(joined):
            quoted += lines[at : at + 2]
            at += 1
        elif _SIGNATURE.match(line) or _DISCLAIMER.match(line):
            rest = _up_to_quote(lines, at)
            signature += lines[at:rest]
            at = rest - 1
        else:
            written.append(lines[at])
        at += 1
    return "\n".join(written).strip(), "\n".join(quoted).strip(), "\n".join(signature).strip()


def _starts_quote(line: str, lines: list[str], at: int) -> bool:
    """Whether everything from here on is history: a marker line, or a block of headers as Outlook writes it."""
    if _HEADER_BLOCK.match(line):
        return any(_HEADER_NEXT.match(follower.strip()) for follower in lines[at + 1 : at + 4])
    if not _QUOTE_STARTS.match(line):
        return False
    return not line.lower().startswith(("on ", "ar ")) or not any(
        follower.strip().startswith(">") for follower in lines[at + 1 : at + 4]
    )


def _up_to_quote(lines: list[str], at: int) -> int:
    for number in range(at + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(">") or _starts_quote(line, lines, number):
            return number
    return len(lines)
