"""Where a sender lives, as a message tells it: above the letter, beneath the name, in a form, or where they say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.cases.masking.own_details import BENEATH, lines_of

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
    rf"(?:flat \w+,? )?(?:number )?\d{{1,4}}[a-z]?,? {_PLACE}(?:, {_PLACE}){{0,3}}|(?:number|no\.?) \d{{1,4}}[a-z]?\b",
    re.IGNORECASE,
)
_PO_BOX = re.compile(rf"\bP\.?O\.? Box \d+(?:[^.;!?\n]{{0,60}}?{POSTCODE})?", re.IGNORECASE)
_OWN_PLACE = re.compile(
    r"(?:\b(?:I|we)(?:['’](?:m|ve|re)| am| are| was| used to| still| now| \w+ed)?(?: [\w-]+){0,4}? "
    r"(?:live|lived|living|stay|staying|reside|opposite|neighbour|am|are)\b[^.\n]{0,25}?|"
    r"\b(?:my|our) (?:\w+ )?(?:address|house|flat|window|place)(?: is|:)?|"
    r"\bit['’]?s the \w+ (?:door|house|flat|bungalow|cottage|gate),|"
    r"(?:^|\n)[ \t]*(?:(?:your |my )?(?:home |postal )?address|home|cyfeiriad|adres)|\bfrom home\b[^.:\n]{0,60}|"
    r"\baddress \w+, it is|\bnow|\b(?:write|post|reach|reached|contact|send)\b[^.\n]{0,40}?|"
    r"\b(?:come|find|visit)\b[^.\n]{0,20}? (?:me|us)\b[^.\n]{0,20}?|"
    r"\bI, [^.\n,]{3,40},)[, ]*"
    r"(?:(?:at|to|of|by post at|is|in|:)[: ]+|\(|(?<=is )|(?<=now )|(?<=live )|(?<=home )|(?<=[a-z],)[ ])",
    re.IGNORECASE,
)
_OF_A_SERVICE = re.compile(
    r"\b(?:the|that|this|a|their) (?:\w+ )?(?:home|unit|school|service|office|manager|company|centre|provider|agency|"
    r"owner|hostel|hotel)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:street|st|road|rd|lane|avenue|ave|close|drive|way|court|crescent|terrace|place|gardens|grove|hill|row|walk|"
    r"square|rise|mews|green|view|parade|house|cottages?|farm|forge|lodge|barn|mill|heol|ffordd|stryd)\b",
    re.IGNORECASE,
)
_IN_A_LINE = re.compile(
    rf"(?:\b(?:flat|apt) \w+,? )?\b\d{{1,4}}[a-z]?,? {_CAPITALISED}(?: {_CAPITALISED}){{0,2}} {_STREET.pattern}"
    rf"(?:, {_PLACE}){{0,3}}(?:,? {POSTCODE})?|\b\d{{1,4}}[a-z]?,? {_PLACE}(?:, {_PLACE}){{1,3}},? {POSTCODE}",
    re.IGNORECASE,
)
_AN_OFFICE = re.compile(
    r"\b(?:ltd|limited|llp|plc|council|school(?! house)|primary|academy|college|centre|services|trust|police|nhs|"
    r"university|hospital|guildhall|town hall|civic|agency|nursery|care|homes?|children['’]?s|team|department|office|"
    r"law|solicitors|fostering|group|association|chambers)\b",
    re.IGNORECASE,
)
"""What stands in the address of an office and in hardly any home's."""
_LABELLED = re.compile(r":|\d{5}|^(?:dear|hello|hi)\b", re.IGNORECASE)
_PARAGRAPHS = 3
_FORM_LINE = re.compile(
    r"^[ \t]*(?:your |my |home |postal )*(?:address(?: line)?(?: ?\d)?|street|town|city|town/city|county|post ?code)"
    r"[ \t]*:[ \t]*(?P<value>[^\n]{2,80}?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def own_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where the sender's address stands: beneath their name, above their letter, or where they say that they live."""
    yield from address_blocks(text)
    yield from _form_values(text)
    yield from (match.span() for match in _PO_BOX.finditer(text))
    for cue in _OWN_PLACE.finditer(text):
        if not _OF_A_SERVICE.search(cue[0]):
            yield from address_at(text, cue.end())


def address_at(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The address that begins at `at`, if one does: a house with its street, or anything short before a postcode."""
    found = _ADDRESS.match(text, at)
    if found is None or _OF_A_SERVICE.search(found[0]):
        return
    named = _starts_as_a_place(found[0]) and not found[0].isupper() and not _AN_OFFICE.search(found[0])
    if named or _HOUSE.match(found[0]):
        yield found.span()


def beneath(text: str, at: int) -> Iterator[tuple[int, int]]:
    """A street or a postcode among other words in the lines behind `at`, which is where the sender's name ends."""
    for start, line in lines_of(text):
        if start >= at and not _AN_OFFICE.search(line) and not _OF_A_SERVICE.search(line):
            for pattern in (_IN_A_LINE, _POSTCODE):
                yield from ((start + found.start(), start + found.end()) for found in pattern.finditer(line))


def _starts_as_a_place(words: str) -> bool:
    return words[:1].isupper() or words.casefold().startswith(("number ", "no ", "no. ", "the "))


def address_blocks(text: str) -> Iterator[tuple[int, int]]:
    """An address in lines of its own, down to that with a postcode, above the letter or beneath a name.

    It begins with the line that has a house number or street; above a letter whatever stands over that is of it too. A
    line that names a firm or an office is no home.
    """
    lines = lines_of(text)
    used = [number for number, (_, line) in enumerate(lines) if line.strip()]
    yield from _without_a_postcode(text, lines, used)
    top, bottom = set(used[:BENEATH]), set(used[-BENEATH:])
    for number in sorted(top | bottom) if len(used) > 1 else ():
        start, line = lines[number]
        if not _POSTCODE.search(line) or not _is_address_line(line):
            continue
        first = number
        for above in range(number - 1, max(-1, number - 6), -1):
            if not lines[above][1].strip() or not _is_address_line(lines[above][1]):
                break
            if _HOUSE.match(lines[above][1]) or _STREET.search(lines[above][1]):
                first = above
        over = [lines[at][1] for at in range(used[0], number)]
        if number < used[len(used) // 2] and all(_is_address_line(one) and not _LABELLED.search(one) for one in over):
            first = used[0]
        if not any(_AN_OFFICE.search(lines[at][1]) for at in range(first, number + 1)):
            yield lines[first][0] + len(lines[first][1]) - len(lines[first][1].lstrip()), start + len(line.rstrip())


def _without_a_postcode(text: str, lines: list[tuple[int, str]], used: list[int]) -> Iterator[tuple[int, int]]:
    """The paragraph above a letter that is but an address, and a street with what follows it beneath the message."""
    paragraphs = [match.span() for match in re.finditer(r"[^\n]+(?:\n[^\n]+)*", text)]
    if len(paragraphs) < _PARAGRAPHS:
        return
    start, end = paragraphs[0]
    above = [line.strip(" ,.") for line in text[start:end].split("\n")]
    named = any(_STREET.search(line) or _HOUSE.match(line) for line in above)
    if 2 <= len(above) <= 6 and named and all(_is_address_line(one) and not _LABELLED.search(one) for one in above):
        yield start, end
    for at, number in enumerate(used[-BENEATH:]):
        begin, line = lines[number]
        rest = [lines[one][1] for one in used[-BENEATH:][at:]]
        if _HOUSE.match(line) and _STREET.search(line) and all(map(_is_address_line, rest)):
            if not any(_AN_OFFICE.search(one) or _LABELLED.search(one) for one in rest):
                yield begin + len(line) - len(line.lstrip()), len(text.rstrip())
            return


def _form_values(text: str) -> Iterator[tuple[int, int]]:
    """Where a form's line tells the sender's address: "Town: Luton"."""
    yield from (match.span("value") for match in _FORM_LINE.finditer(text))


def _is_address_line(line: str) -> bool:
    """Whether a line is short and holds no word in small letters that an address does not."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    small = [word for word in words if word.islower() and word not in {"of", "the", "on", "upon", "le", "flat", "yr"}]
    return 2 <= len(line.strip()) <= 80 and (not small or (line.islower() and len(words) <= 6)) and line[-1:] != "."
