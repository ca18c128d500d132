"""What else leads to whoever wrote: numbers they are registered under, where they live, the names of their accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAIL_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
TELEPHONE = re.compile(r"(?<![\w@.])(?:\+44[ -]?(?:\(0\))?|0044[ -]?|\(?0)(?:[ ()-]{0,2}\d){9,10}(?!\w)")
ACCOUNT = re.compile(r"(?<![\w@.])@\w[\w.]{1,29}\w")
WEB_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]{3,200}", re.IGNORECASE)
NUMBERS = (
    re.compile(r"\bnumber ending(?: in)? (?P<number>\d{3,4})\b", re.IGNORECASE),
    re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
    re.compile(r"\b\d{2}[A-Z]\d{4}[A-Z]\b"),
    re.compile(r"\bSW\d{4,7}\b"),
    re.compile(r"\b(?:AS|BS|CH|CS|DT|HAD|ODP|OT|OR|PA|PH|PO|PYL|RA|SL)\d{5,6}\b"),
    re.compile(
        r"\b(?:payroll|staff|employee|badge|collar|membership|registration|licen[cs]e|pin|warrant|login|ni|gmc|nmc|hcpc|"
        r"dbs)\b(?:[^.\n\d]{0,20} ?(?:number|no\.?|num|id|card))?(?: is)?[: ]{1,3}"
        r"(?P<number>[A-Z]{0,4}[ /-]?\d[\dA-Z/-]{2,14})\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:I was|I am|I['’]m|me|my date of birth|my birthday|my d\.?o\.?b\.?)\b[^.\n]{0,20}?(?P<number>\d{1,2}[/.-]"
        r"\d{1,2}[/.-](?:19|20)?\d\d)\b",
        re.IGNORECASE,
    ),
)
BORN = re.compile(
    r",? (?:born|dob|d\.o\.b\.?)(?: on)?:? (?P<number>\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d)\b", re.IGNORECASE
)

POSTCODE = r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
_POSTCODE = re.compile(POSTCODE, re.IGNORECASE)
_HOUSE = re.compile(
    r"[ \t]*(?:(?:flat|unit|apt|room) \w+,?|(?:top|ground|first|garden) flat,|[^\W\d_]{4,12} \d{1,3},|"
    r"\d{1,4}[a-z]?,?) +\w",
    re.IGNORECASE,
)
_CAPITALISED = r"(?-i:[A-ZÀ-ÞŴŶ][\w'’-]{0,25})"
_PLACE = rf"{_CAPITALISED}(?: (?:{_CAPITALISED}|(?:y|yr|the|of|upon|on)\b)){{0,3}}"
_ADDRESS = re.compile(
    rf"(?:[^.;!?\n]{{2,90}}?|[^.;!?]{{2,90}}?){POSTCODE}|"
    rf"(?:flat \w+,? )?(?:number )?\d{{1,4}}[a-z]?,? {_PLACE}(?:, {_PLACE}){{0,3}}|number \d{{1,4}}[a-z]?\b",
    re.IGNORECASE,
)
_PO_BOX = re.compile(rf"\bP\.?O\.? Box \d+(?:[^.;!?\n]{{0,60}}?{POSTCODE})?", re.IGNORECASE)
_OWN_PLACE = re.compile(
    r"(?:\b(?:I|we)(?:['’](?:m|ve|re)| am| are| was| used to| still| now| \w+ed)?(?: [\w-]+){0,4}? "
    r"(?:live|lived|living|stay|staying|reside|opposite|neighbour|am|are)\b[^.\n]{0,25}?|"
    r"\b(?:my|our) (?:\w+ )?(?:address|house|flat|window|place)(?: is|:)?|"
    r"(?:^|\n)[ \t]*(?:(?:home |postal )?address|cyfeiriad|adres)|"
    r"\baddress \w+, it is|\bnow|\b(?:write|post|reach|reached|contact|send|come|find|visit)\b[^.\n]{0,40}?|"
    r"\bI, [^.\n,]{3,40},)[, ]*(?:(?:at|to|of|by post at|is|in|:)[: ]+|(?<=is )|(?<=now ))",
    re.IGNORECASE,
)
_OF_A_SERVICE = re.compile(
    r"\b(?:the|that|this|a|their) (?:\w+ )?(?:home|unit|school|service|office|manager|company|centre|provider|agency|"
    r"owner|hostel|hotel)\b",
    re.IGNORECASE,
)
_BENEATH = 7
"""Lines beneath a sign-off in which an address is looked for."""


def numbers(text: str) -> Iterator[tuple[int, int]]:
    for pattern in NUMBERS:
        for match in pattern.finditer(text):
            group = "number" if "number" in pattern.groupindex else 0
            yield match.span(group)


def own_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where the sender's address stands: beneath their name, above their letter, or where they say that they live."""
    yield from _blocks(text)
    yield from (match.span() for match in _PO_BOX.finditer(text))
    for cue in _OWN_PLACE.finditer(text):
        if not _OF_A_SERVICE.search(cue[0]):
            yield from address_at(text, cue.end())


def address_at(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The address that begins at `at`, if one does: a house with its street, or anything short before a postcode."""
    found = _ADDRESS.match(text, at)
    if found and not _OF_A_SERVICE.search(found[0]) and (_HOUSE.match(found[0]) or _starts_as_a_place(found[0])):
        yield found.span()


def _starts_as_a_place(words: str) -> bool:
    return words[:1].isupper() or words.casefold().startswith(("number ", "the "))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """An address in lines of its own: from a line with a house number, if any, to that with a postcode."""
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    used = [number for number, (_, line) in enumerate(lines) if line.strip()]
    ends = set(used[:_BENEATH]) if len(used) > 1 else set()
    ends |= set(used[-_BENEATH:]) if len(used) > 1 else set()
    for number in sorted(ends):
        start, line = lines[number]
        if not _POSTCODE.search(line) or not _is_address_line(line):
            continue
        house = next((at for at in range(number, max(-1, number - 5), -1) if _HOUSE.match(lines[at][1])), number)
        if all(_is_address_line(lines[at][1]) for at in range(house, number)):
            begin, first = lines[house]
            yield begin + len(first) - len(first.lstrip()), start + len(line.rstrip())


def _is_address_line(line: str) -> bool:
    """Whether a line is short and holds no word in small letters that an address does not."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    small = [word for word in words if word.islower() and word not in {"of", "the", "on", "upon", "le", "flat", "yr"}]
    return 2 <= len(line.strip()) <= 80 and (not small or (line.islower() and len(words) <= 6)) and line[-1:] != "."
