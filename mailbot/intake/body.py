"""The words of a message as they stood on the sender's screen, whatever way they were packed."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from email.message import Message
from html import unescape

from selectolax.lexbor import LexborHTMLParser

from mailbot.intake.charsets import decode
from mailbot.intake.headers import charset_of, is_named
from mailbot.intake.transfer import content_of

MAX_CHARACTERS = 500_000
"""What is read of one text part; more than any person writes, and a bound on the time a message can take."""

DEEPEST = 120
"""How far parts within parts are followed; what lies deeper is named as a defect."""

BLOCKS = "p,div,br,li,tr,h1,h2,h3,h4,h5,h6,blockquote,table,ul,ol,pre,hr"
SHOWN = ("text/plain", "text/html", "text/enriched", "text/richtext")
CELLS = "td,th"
UNSHOWN = ("script", "style", "head", "title", "template", "noscript")
QUOTE_MARK = "-----Original Message-----"

MOST_NESTED = 5_000
"""How deep HTML is taken apart by its elements; the parser takes minutes for what is deeper."""

SAME_WORDS = 0.8
"""HTML of whose words plain text beside it has so many says the same again."""

LONGEST_PLACEHOLDER = 300
"""Plain text that only says that the words are in the HTML is no longer."""

QUOTES = (
    'blockquote[type="cite"], blockquote[class*="quote"], blockquote[class*="cite"], '
    'blockquote[style*="border-left"]:not([style*="border-left:none"]), [class*="yahoo_quoted"], [name="quote"], '
    'div[class*="quote"]:not([class*="gmail_quote"]), div[class*="gmail_quote"]:not(:has(blockquote)), '
    'div[class*="gmail_attr"], div[class*="moz-cite-prefix"]'
)
"""What mail programs put around a quotation. A bare ``blockquote`` is how a person indents; ``gmail_quote`` holds the
answers between the quotations too."""

ABOVE_HISTORY = '[id$="divRplyFwdMsg"], hr#zwchr'
"""What they put above history that stands unmarked to the end."""

QUOTE_BEGINS, QUOTE_ENDS, LINE_END = "\x02", "\x03", "\x04"

_UU_BEGIN = re.compile(r"^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,200})\n", re.M)
_UU_END = re.compile(r"^(?:`\n)?end *$", re.M)
_ARMOUR = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]*\n)*\n?(?P<text>(?:(?!-----BEGIN PGP SIGNED).)*?)"
    r"-----BEGIN PGP SIGNATURE-----.*?"
    r"(?:-----END PGP SIGNATURE-----|\Z)",
    re.S,
)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?![a-zA-Z0-9])[^<>]*>")
_UNCLOSED = frozenset("br hr img p li td th tr dt dd option input meta link wbr col area base".split())
_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\bhtml\b", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_ESCAPED_FROM = re.compile(r"^>(?=From )", re.MULTILINE)
_MARKED = re.compile(r"^>(?!From )", re.MULTILINE)
_FLOWED = re.compile(r"^(>*) ?(.*?)( ?)$")


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


@dataclass(frozen=True, slots=True)
class _Words:
    """What one part shows, and whether it was HTML."""

    text: str
    is_html: bool = False


def read_body(message: Message) -> Body:
    """The message's own text: of alternatives the plain one if it has words, of parts in a row all that are shown.

    Attached and forwarded messages (``message/rfc822``) are not walked into: their words are not the sender's.
    """
    packed: list[Packed] = []
    defects: list[str] = []
    words = _shown(message, packed, defects).text
    if len(words) > MAX_CHARACTERS:
        defects.append(f"the text is longer than {MAX_CHARACTERS} characters; those are shown")
    return Body(_tidy(_ARMOUR.sub(_unarmoured, words[:MAX_CHARACTERS])), tuple(packed), tuple(dict.fromkeys(defects)))


def _shown(part: Message, packed: list[Packed], defects: list[str], depth: int = 0) -> _Words:
    if is_container(part):
        if depth >= DEEPEST:
            defects.append(f"parts lie more than {DEEPEST} deep; those are not read")
            return _Words("")
        if part.get_content_type() == "message/partial":
            defects.append("only a piece of the message has come; the rest was to follow in another")
        pieces = [_shown(one, packed, defects, depth + 1) for one in parts_of(part)]
        pieces = [one for one in pieces if one.text.strip()]
        return _best(pieces) if part.get_content_subtype() == "alternative" else _in_a_row(pieces)
    return _Words("") if is_attachment(part) else _read_text(part, packed, defects)


def _read_text(part: Message, packed: list[Packed], defects: list[str]) -> _Words:
    text, defect = decoded(part)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    defects += [defect] if defect else []
    if part.get_content_subtype() == "html":
        return _Words(text_of_html(text[: 4 * MAX_CHARACTERS]), is_html=True)
    text, files = unpacked(text)
    packed += files
    text = text[: 4 * MAX_CHARACTERS]
    if part.get_content_subtype() in ("enriched", "richtext"):
        text = _MARKUP.sub("", text)
    if str(part.get_param("delsp", "")).lower() == "yes":
        text = unflowed(text)
    return _Words(text if _MARKED.search(text) else _ESCAPED_FROM.sub("", text))


def _best(alternatives: list[_Words]) -> _Words:
    """Those in plain text, unless they only say that the words are in the HTML; else the last in HTML.

    There should be one in plain text; where there are several, programs have put different words in them.
    """
    plain = [one for one in alternatives if not one.is_html]
    rich = [one for one in alternatives if one.is_html][-1:]
    if rich and plain and not _is_placeholder(plain, rich):
        return _in_a_row(plain)
    return _in_a_row(rich or plain)


def _is_placeholder(plain: list[_Words], rich: list[_Words]) -> bool:
    text = "\n".join(one.text for one in plain)
    short = len(text) < LONGEST_PLACEHOLDER and _PLACEHOLDER.search(text) is not None
    return short and not _says_again(_Words(text), rich)


def _in_a_row(pieces: list[_Words]) -> _Words:
    """All the pieces, but for HTML that says again what stands beside it in plain text."""
    plain = [one for one in pieces if not one.is_html]
    kept = [one for one in pieces if not one.is_html or not _says_again(one, plain)]
    return _Words("\n".join(one.text for one in kept), is_html=not plain)


def _says_again(one: _Words, others: list[_Words]) -> bool:
    words, known = one.text.casefold().split(), {word for other in others for word in other.text.casefold().split()}
    return sum(word in known for word in words) >= SAME_WORDS * len(words)


def is_container(part: Message) -> bool:
    """Whether a part is there to hold those that are shown: a multipart, or the first piece of a message cut up."""
    if not part.is_multipart():
        return False
    first_piece = part.get_content_type() == "message/partial" and part.get_param("number") == "1"
    return first_piece or part.get_content_maintype() == "multipart"


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
    return part.get_content_type() not in SHOWN or is_named(part)


def decoded(part: Message) -> tuple[str, str | None]:
    """The text of a part, and what was wrong with its charset label or None."""
    content = content_of(part)
    label = charset_of(part) or (html_charset(content) if part.get_content_subtype() == "html" else None)
    return decode(content, label)


def html_charset(content: bytes) -> str | None:
    """The charset that an HTML text names itself; one that is named outside of it goes first."""
    match = _META_CHARSET.search(content[:2_000])
    return match[1].decode("ascii", "replace") if match else None


def unpacked(text: str) -> tuple[str, list[Packed]]:
    """The text without the uuencoded files in it, and those files."""
    files: list[Packed] = []
    kept, at = [], 0
    while (begin := _UU_BEGIN.search(text, at)) and (end := _UU_END.search(text, begin.end())):
        content = _from_uu(text[begin.end() : end.start()])
        kept.append(text[at : end.end() if content is None else begin.start()])
        if content is not None:
            files.append(Packed(begin[1].strip(), content))
        at = end.end()
    return "".join([*kept, text[at:]]), files


def _from_uu(lines: str) -> bytes | None:
    """The bytes; None where the text only looks uuencoded."""
    try:
        return b"".join(binascii.a2b_uu(line.encode("latin-1")) for line in lines.split("\n") if line.strip())
    except (binascii.Error, UnicodeEncodeError):
        return None


def unflowed(text: str) -> str:
    """Text of format=flowed and delsp=yes (RFC 3676) with its lines made whole: a blank at a line's end is no blank."""
    paragraphs: list[list[str]] = []
    open_at = None
    for line in text.split("\n"):
        marks, words, flows = _FLOWED.match(line).groups()  # type: ignore[union-attr]
        if open_at != marks or words == "--":
            paragraphs.append([f"{marks} " if marks else ""])
        paragraphs[-1].append(words)
        open_at = marks if flows and words != "--" else None
    return "\n".join("".join(pieces) for pieces in paragraphs)


def text_of_html(html: str) -> str:
    """The words of an HTML text with line breaks where it shows them; scripts, styles and hidden parts left out.

    Lines that the page marks as quoted begin with "> ", the first of them below `QUOTE_MARK`: what the sender wrote
    between and after them is told apart.
    """
    if _nesting(html) > MOST_NESTED:
        return _without_tags(html)
    tree = LexborHTMLParser(html)
    tree.strip_tags(list(UNSHOWN))
    for hidden in tree.css('[hidden], [style*="display:none"], [style*="display: none"]'):
        hidden.decompose()
    for cell in tree.css(CELLS):
        cell.insert_before(" ")
    for block in tree.css(BLOCKS):
        block.insert_before("\n")
        if block.tag != "br":
            block.insert_after(LINE_END)
    for quote in tree.css(QUOTES):
        quote.insert_before(f"\n{QUOTE_BEGINS}\n")
        quote.insert_after(f"\n{QUOTE_ENDS}\n")
    for above in tree.css(ABOVE_HISTORY):
        above.insert_before(f"\n{QUOTE_MARK}\n")
    return _with_marked_quotes(tree.body.text(separator="")) if tree.body else ""


def _with_marked_quotes(text: str) -> str:
    lines: list[str] = []
    within = 0
    marked = False
    for line in re.sub(f"{LINE_END}+(?=\n|$)", "", text).replace(LINE_END, "\n").split("\n"):
        within = max(0, within + (line == QUOTE_BEGINS) - (line == QUOTE_ENDS))
        words = line.strip(f"{QUOTE_BEGINS}{QUOTE_ENDS} \t\xa0")
        if within and words and not marked:
            lines.append(QUOTE_MARK)
            marked = True
        lines.append(f"> {words}" if within and words else words)
    return "\n".join(lines)


def _without_tags(html: str) -> str:
    """What stands between the tags: for HTML that takes too long to take apart."""
    words: list[str] = []
    within, at = "", 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if not within:
            words.append(html[at : match.start()])
            within = name if name in UNSHOWN and not match[1] else ""
        elif name == within and match[1]:
            within = ""
        at = match.end()
    return unescape("\n".join([*words, "" if within else html[at:]]))


def _nesting(html: str) -> int:
    """How deep elements lie within elements at most, told by the tags alone."""
    deepest = depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _UNCLOSED:
            depth += -1 if match[1] else 1
            deepest = max(deepest, depth)
    return deepest


def _unarmoured(match: re.Match[str]) -> str:
    """The text that a PGP signature in the text covers; lines that the signing escaped begin with a dash again."""
    return re.sub(r"^- ", "", match["text"], flags=re.MULTILINE)


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in _INVISIBLE.sub("", text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
