"""What the sender wrote, apart from what they quote or forward, from signatures and disclaimers. No word is lost.

The words that mark each are the tables of `mailbot.intake.reply_words`. Words that may be the sender's own are not
split off on a guess: a quotation left in costs an officer a glance, a cry for help taken for a signature is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.intake.reply_words import (
    ANOTHERS,
    BEGIN_FORWARDED,
    CONTACT,
    DEVICES,
    DISCLAIMER_MARKS,
    DISCLAIMER_OPENS,
    EXCUSES,
    HEADERS,
    ON,
    ORIGINAL,
    PEOPLE_TOLD_OF,
    PERSONAL,
    PLEAS_TO_SAVE_PAPER,
    SENT_FROM,
    TELLING,
    WROTE,
)

LONGEST_INTRODUCTION = 7
"""Over how many lines mail programs break "On … wrote:"."""

LONGEST_HEADERS = 14
LONGEST_SIGNATURE = 15
LONGEST_PARAGRAPH = 25
"""How many lines of each are read; what is longer stays with the sender's words."""

MOST_LINES = 20_000
"""How many lines are looked at; what is below stays as it is, and the time is bounded."""

ENOUGH_OF_A_DISCLAIMER = 1_500
"""In how many characters a disclaimer shows that it is one."""

FEW_WORDS = 6
MOST_WORDS_OF_A_CONTACT_LINE = 10

_CLOCK = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d\d(?![.\d])")
_WHEN = re.compile(rf"\d{{1,4}}[./-]\d{{1,2}}|\b(?:19|20)\d\d\b|\d{{1,2}}\. \w{{3}}|{_CLOCK.pattern}")
_WHO = re.compile(r"\S@\S|<[^>]+>")
_NAMED = re.compile(r"<\s?[^<>\s]+@[^<>\s]+>")
_WROTE_END = re.compile(
    rf"(?:^|[\s,>)\"])(?:{WROTE})(?:\s+(?:am\b.{{0,60}}|:))*.{{0,60}}[:\uff1a]\s*$",
    re.IGNORECASE,
)
_WROTE_ON = re.compile(rf"\S@[^\s<>]+>\s*(?:{WROTE})\s*[:\uff1a]\s", re.IGNORECASE)
_WROTE_PLAIN = re.compile(rf"\b(?:{PEOPLE_TOLD_OF})\s+(?:wrote|writes)\b", re.IGNORECASE)
_INTRODUCES = re.compile(
    rf"^(?:{ON})\b|^\W*\d|^[\"'<\w].{{0,80}}<|^[\w\"'.,/()@ -]{{2,80}}\b(?:{WROTE})\b", re.IGNORECASE
)
_ON_A_DATE = re.compile(rf"^(?:{ON})\b.*\b(?:19|20)\d\d\b", re.IGNORECASE)
_DASHED = re.compile(r"^-{2,}\s*(?P<within>[^-].*?)\s*-{2,}$")
_LABEL = re.compile(
    rf"^[*> ]*(?:{'|'.join(f'(?P<{kind}>{words})' for kind, words in HEADERS.items())})"
    r"(?:\s?/\s?[^\W\d]{1,15})?\s?\*?\s?[:\uff1a]\*?(?P<value>.*)$",
    re.IGNORECASE,
)
_RULE = re.compile(rf"^[-_][-_ ]*[-_]\s*.{{0,40}}\b(?:{ORIGINAL}).{{0,60}}[-_]{{2,}}$", re.IGNORECASE)
_BARE_RULE = re.compile(rf"^[-_=*~ ]*(?:\S+ ){{0,2}}(?:{ORIGINAL})\S*(?: \S+){{0,2}}[-_=*~ ]*$", re.IGNORECASE)
_BEGIN = re.compile(rf"^(?:{BEGIN_FORWARDED})\s*:?$", re.IGNORECASE)
_CHEVRONS = re.compile(r"^>>> .*(?:@|\d[:.]\d\d).* >>>$")
_LINE = re.compile(r"^(?:[_\-=]{5,}|\*{20,})$")
_QUOTED = re.compile(r"^\s{0,3}(?:[A-Z]{0,2}>|\|(?=\s))")
_QUOTED_TWICE = re.compile(r"^\s?> ?>")
_DELIMITER = re.compile(r"^(?:--|—|– ?–)$")
_SENT_FROM = re.compile(rf"^[<(\[*]*(?P<sent>{SENT_FROM}).{{0,110}}(?<![?!])$", re.IGNORECASE)
_EXCUSES = re.compile(EXCUSES, re.IGNORECASE)
_DEVICES = re.compile(DEVICES, re.IGNORECASE)
_ANOTHERS = re.compile(rf"\b(?:{ANOTHERS})\b", re.IGNORECASE)
_TELLING = re.compile(rf"(?<![\w@.'])(?:{TELLING})(?![\w@'])", re.IGNORECASE)
_PERSONAL = re.compile(rf"(?<![\w'])(?:{PERSONAL})(?![\w'])", re.IGNORECASE)
_DISCLAIMER = re.compile(rf"^\W*(?:{DISCLAIMER_OPENS})", re.IGNORECASE)
_SAVE_PAPER = re.compile(rf"^\W*(?:{PLEAS_TO_SAVE_PAPER})", re.IGNORECASE)
_MARKS = tuple(re.compile(mark, re.IGNORECASE) for mark in DISCLAIMER_MARKS)
_CONTACT = re.compile(
    rf"(?:\d[ ()-]*){{9,}}|\S@\S|https?:|\b[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}\b|\b(?:{CONTACT})\b", re.IGNORECASE
)


def split_reply(text: str) -> tuple[str, str, str]:
    """(what the sender wrote, what they quote or forward, their signature and disclaimers). No word is lost.

    Lines that answer between quoted ones stay with the sender's own words. Where the sender wrote nothing of their own
    and forwards nothing either, what looks like a signature is taken for their words; so are marked lines alone.
    """
    lines = text.split("\n")
    parts: dict[str, list[str]] = {"written": [], "quoted": [], "signature": []}
    quoting = _first_words(lines, 0).startswith(">")
    at = 0
    while at < len(lines):
        end, kind = _block(lines, at, quoting) if at < MOST_LINES else (len(lines), "written")
        parts[kind] += lines[at:end]
        quoting = quoting or kind == "quoted"
        at = end
    written, quoted, signature = parts.values()
    if not _has_words(written):
        if not _has_words(quoted):
            written, signature = signature, []
        elif all(_QUOTED.match(line) or not line.strip() for line in quoted):
            written, quoted = quoted, []
    return "\n".join(written).strip(), "\n".join(quoted).strip(), "\n".join(signature).strip()


def _block(lines: list[str], at: int, quoting: bool) -> tuple[int, str]:
    """Where the block that begins at line `at` ends, and whose it is.

    `quoting` is whether something above said that the message quotes: without it, lines marked with ">" are the
    sender's own list.
    """
    if not lines[at].strip():
        return at + 1, "written"
    history = _history_end(lines, at)
    if history:
        return history, "quoted"
    if _QUOTED.match(lines[at]):
        return at + 1, "quoted" if quoting or _opens_within_marks(lines, at) else "written"
    signature = _signature_end(lines, at)
    return (signature, "signature") if signature else (at + 1, "written")


def _history_end(lines: list[str], at: int) -> int:
    """Where the history that is introduced at line `at` ends; 0 where none is.

    Where marked lines follow the introduction it ends there: the sender may answer between them.
    """
    end, sure = _marker_end(lines, at) or _headers_end(lines, at), True
    if not end:
        end, sure = _introduction(lines, at)
    if not end:
        return 0
    below = _first_words(lines, end)
    if _QUOTED.match(below) or _RULE.match(below):
        return end
    return len(lines) if sure else 0


def _marker_end(lines: list[str], at: int) -> int:
    """Where a line ends that mail programs draw above history, with the headers below it; 0 where there is none."""
    line = lines[at].strip()
    sure = _BEGIN.match(line) or _RULE.match(line) or _CHEVRONS.match(line)
    if not sure and not _LINE.match(line) and not _BARE_RULE.match(line):
        return 0
    headers = _headers_end(lines, _next_words(lines, at + 1))
    return headers or (at + 1 if sure else 0)


def _headers_end(lines: list[str], at: int) -> int:
    """Where the lines From, Sent, To, Subject end that begin at line `at`; 0 where a mail program did not write them.

    People write such labels too, above letters, in rotas and in forms: only a mail program gives the clock time, or
    Sent with the rest.
    """
    found: dict[str, str] = {}
    end = at
    for number, line in enumerate(lines[at : at + LONGEST_HEADERS], start=at + 1):
        label = _LABEL.match(line)
        if label:
            found.setdefault(next(kind for kind in HEADERS if label[kind]), label["value"])
            end = number
        elif not found or (line.strip() and "@" not in line):
            break
    return end if found and _by_a_program(found) else 0


def _by_a_program(headers: dict[str, str]) -> bool:
    if not headers.get("from", "").strip() or _CLOCK.search(headers["from"]):
        return False
    timed = bool(_CLOCK.search(headers.get("sent") or headers.get("date", "")))
    if any("@" in value for value in headers.values()):
        return timed or "sent" in headers
    whole = {"to", "subject"} <= headers.keys() and next(iter(headers)) == "from"
    return whole and (timed or "sent" in headers)


def _introduction(lines: list[str], at: int) -> tuple[int, bool]:
    """Where "On … wrote:" that begins at line `at` ends, 0 where none begins there; and whether it is sure.

    It is sure where it gives an address in angle brackets, or an address and a time; else it is one only above marked
    lines.
    """
    if not _INTRODUCES.match(lines[at].strip(" -")):
        return 0, False
    joined = ""
    for end in range(at, min(at + LONGEST_INTRODUCTION, len(lines))):
        line = lines[end].strip()
        if end > at and _ON_A_DATE.match(line):
            return 0, False
        joined = f"{joined} {line}".strip()
        if len(joined) > 400:
            return 0, False
        dashed = _DASHED.match(joined)
        whole = f"{dashed['within']}:" if dashed else joined
        if _WROTE_END.search(whole) or _WROTE_ON.search(whole):
            return (0, False) if _WROTE_PLAIN.search(whole) else (end + 1, _names_its_writer(whole))
        if whole.endswith(">:") and _NAMED.search(whole) and _CLOCK.search(whole):
            return end + 1, False
        if joined.endswith((".", "!", "?")) and not _WHEN.search(joined) and not _WHO.search(joined):
            break
    return 0, False


def _names_its_writer(introduction: str) -> bool:
    return bool(_NAMED.search(introduction) or (_WHEN.search(introduction) and _WHO.search(introduction)))


def _opens_within_marks(lines: list[str], at: int) -> bool:
    """Whether the marked lines from `at` on are a quotation by what they say: an introduction, or marks upon marks."""
    within: list[str] = []
    for line in lines[at : at + LONGEST_HEADERS]:
        if not _QUOTED.match(line):
            break
        if _QUOTED_TWICE.match(line):
            return True
        within.append(_QUOTED.sub("", line).strip())
    return bool(_marker_end(within, 0) or _headers_end(within, 0) or all(_introduction(within, 0)))


def _signature_end(lines: list[str], at: int) -> int:
    """Where the signature, footer or disclaimer that begins at line `at` ends; 0 where the line is the sender's."""
    line = lines[at].strip()
    if _DELIMITER.match(line) or _LINE.match(line):
        below = _next_words(lines, at + 1)
        disclaimed = _disclaimer_end(lines, below)
        if disclaimed:
            return disclaimed
        end = _contact_end(lines, at + 1)
        plain_rule = _LINE.match(line) and not any(_CONTACT.search(one) for one in lines[at + 1 : end])
        return 0 if plain_rule else end
    footer = _SENT_FROM.match(line)
    if footer:
        words = _EXCUSES.sub("", line[footer.end("sent") :])
        return 0 if _TELLING.search(words) or _ANOTHERS.search(words) or not _DEVICES.search(line) else at + 1
    return _disclaimer_end(lines, at)


def _contact_end(lines: list[str], start: int) -> int:
    """Where the contact block below a delimiter ends: name, post, address. 0 where the sender goes on writing instead.

    After an empty line only what holds an address, a link or a number is still the block.
    """
    at, end, apart = start, start, False
    while at < min(start + LONGEST_SIGNATURE, len(lines)):
        words = lines[at].strip()
        disclaimed = _disclaimer_end(lines, at, signed=True) if end > start else 0
        if disclaimed:
            end = disclaimed
        elif not words:
            apart = end > start
        elif not _contact(words) or (apart and not _CONTACT.search(words)) or _history_end(lines, at):
            break
        else:
            end = at + 1
        at = disclaimed or at + 1
    return end if end > start or _next_words(lines, start) == len(lines) else 0


def _contact(line: str) -> bool:
    if _TELLING.search(line) or _QUOTED.match(line) or _LINE.match(line):
        return False
    return bool(_CONTACT.search(line)) or len(line.split()) <= MOST_WORDS_OF_A_CONTACT_LINE


def _disclaimer_end(lines: list[str], at: int, signed: bool = False) -> int:
    """Where the disclaimer that begins at line `at` ends, with the rule below it; 0 where there is none.

    Below a signature (`signed`) a few words are enough: "This e-mail is confidential."
    """
    if at >= len(lines):
        return 0
    if _SAVE_PAPER.match(lines[at]) and not _PERSONAL.search(lines[at]):
        return at + 1
    if not _DISCLAIMER.match(lines[at]) or (at and _DISCLAIMER.match(lines[at - 1])):
        return 0
    last = min(at + LONGEST_PARAGRAPH, len(lines))
    end = next((number for number in range(at + 1, last) if _ends_paragraph(lines[number])), last)
    paragraph = " ".join(line.strip() for line in lines[at:end])
    marks = 0 if _PERSONAL.search(paragraph) else _marks_of_a_disclaimer(paragraph)
    if marks < (1 if signed and len(paragraph.split()) <= FEW_WORDS else 2):
        return 0
    below = _next_words(lines, end)
    closed = below < len(lines) and _LINE.match(lines[below]) and not _headers_end(lines, _next_words(lines, below + 1))
    return below + 1 if closed else end


def _marks_of_a_disclaimer(paragraph: str) -> int:
    return sum(1 for mark in _MARKS if mark.search(paragraph, 0, ENOUGH_OF_A_DISCLAIMER))


def _ends_paragraph(line: str) -> bool:
    return not line.strip() or bool(_LINE.match(line.strip()) or _QUOTED.match(line))


def _first_words(lines: list[str], at: int) -> str:
    number = _next_words(lines, at)
    return lines[number] if number < len(lines) else ""


def _next_words(lines: list[str], at: int) -> int:
    """The number of the first line from `at` on that is not empty; the number of lines where none is."""
    return next((number for number in range(at, len(lines)) if lines[number].strip()), len(lines))


def _has_words(lines: Iterable[str]) -> bool:
    return any(line.strip() for line in lines)
