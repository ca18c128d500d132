"""How and where the source is reached: an address for email, a telephone number, an address by post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    POSTCODE,
    Draft,
    Giveaway,
    Hit,
    Source,
    beside,
    body_of,
    digits_of,
    figures_of,
    plain_of,
    runs_of,
    says_who,
    spoken_digits,
    words_of,
)
from mailbot.correspondence.namesakes import name_of

_NO_ONES_MAILBOX = frozenset(
    "info admin office enquiries enquiry mail hello contact manager reception team home".split()
)
_COMMON_STREETS = frozenset("high main market church station".split())
"""Streets that every town has: the name alone shows nothing."""
_LIVES_IN = (
    r"\b(?:liv(?:es|ing)|resid(?:es|ing|ent)|lodging|staying|caller|source|informant|someone|somebody|correspondent|"
    r"complainant|writer|person|a (?:woman|man|mother|father|neighbour|carer|worker))\s+(?:in|of|from|at|near)\s+"
)
"""Before a town: somebody lives there."""
_AT_NUMBER = r"\b(?:at|of|from|in|to|opposite|by)\s+(?:number|no\.?|flat|house)\s+"


def addresses(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Their address for email or nearly that, the part of it before the @, or an address that holds their name."""
    local, _, domain = source.address.casefold().partition("@")
    name = name_of(source.name)
    firsts = {one[0] for one in name.givens}
    for match in re.finditer(r"[\w.+'*-]+@[\w-]+(?:\.[\w-]+)+", draft.text):
        told, _, where = match.group().casefold().partition("@")
        alike_to = fuzz.ratio(told, local) >= 75 or ("*" in told and told[:1] == local[:1])
        bare = plain_of(told).replace(" ", "")
        names = [one for one in name.surnames - draft.service if len(one) > 3 and one in bare]
        own_name = any(bare.startswith(one) or bare[0] in firsts for one in names)
        if own_name or (where == domain and local not in _NO_ONES_MAILBOX and alike_to):
            yield draft.hit(Giveaway.ADDRESS, match.start(), match.end())
    letters = re.sub(r"[\W_]", "", local)
    if len(letters) >= 4 and letters not in tables.WORD_NAMES | draft.service | _NO_ONES_MAILBOX | name.parts:
        for match in re.finditer(_spelt(local), draft.text, re.IGNORECASE):
            yield draft.hit(Giveaway.ADDRESS, match.start(), match.end())


def _spelt(local: str) -> str:
    """The part of an address before the @ with other marks in it, with their names, or in pieces."""
    letters = "[._-]?".join(re.sub(r"[\W_]", "", local))
    pieces = re.findall(r"[^\W\d_]+|\d+", local)
    mark = r"\s?(?:[._-]|[([]?\b(?:dot|full stop|point|underscore|dash|hyphen)\b[)\]]?)?\s?"
    ordinary = set(pieces) <= tables.WORD_NAMES | tables.COMMON | tables.EVERYDAY
    in_pieces = "" if ordinary or sum(map(len, pieces)) < 6 else f"|{mark.join(pieces)}"
    return rf"(?<![^\W_])(?:{letters}{in_pieces})(?![^\W_])"


def phones(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A telephone number however it is spaced or spelt, or its last digits where the text says that it ends so."""
    known = [digits for phone in source.phones if len(digits := digits_of(phone)) >= 7]
    ends = r"(?:\b(?:end(?:ing|s)?|last|final)\b(?: \w+){0,6}?[ :,]+|[*xX•.…]{3,} ?)(?P<told>\d[\d ]{1,5}\d)\b"
    for match in re.finditer(ends, draft.text):
        if any(one.endswith(re.sub(r"\D", "", match["told"])) for one in known):
            yield draft.hit(Giveaway.PHONE, match.start("told"), match.end())
    whole = r"(?:\+|\b)\d[\dOo \u00a0().\u2010-\u2014/-]{4,22}[\dOo]\b"
    figure = rf"(?:oh|nought|hundred|thousand|{'|'.join(tables.DIGITS)}|\d+)"
    spoken = rf"\b(?:(?:(?:double|treble|triple)[ -])?{figure}\b[ ,-]*){{5,}}"
    numbers = [(match, re.sub("[Oo]", "0", match.group())) for match in re.finditer(whole, draft.text)]
    words = [(match, spoken_digits(match.group())) for match in re.finditer(spoken, draft.text, re.IGNORECASE)]
    for match, written in (*numbers, *words):
        told = digits_of(written)
        if any(one in told or (len(told) >= 6 and one.endswith(told)) for one in known):
            yield draft.hit(Giveaway.PHONE, match.start(), match.end())


def postal(source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """The postcode or the first half of it, a line of the address or its number; not another house in the street."""
    postcode = POSTCODE.search(source.postal)
    if postcode:
        outward, inward = (re.sub("[0O]", "[0O]", re.sub("[1I]", "[1Il]", half.upper())) for half in postcode.groups())
        full = rf"\b{outward}[\s-]*{inward}\b"
        area = rf"\b{postcode[1]}\b(?!\s*\d[A-Z]{{2}}\b)"
        elsewhere = re.search(rf"\b{postcode[1]}\s*\d[A-Z]{{2}}\b", draft.text, re.IGNORECASE)
        for match in re.finditer(full if elsewhere else rf"{full}|{area}", draft.text, re.IGNORECASE):
            yield draft.hit(Giveaway.POSTAL, match.start(), match.end())
    lines = [part.strip() for part in re.split(r"[,\n;]", POSTCODE.sub("", source.postal)) if part.strip()]
    for line in lines[:3] if len(lines) < 2 else lines[: min(3, len(lines) - 1)]:
        yield from _line(line, source, service, draft)
    town = lines[-1] if len(lines) > 1 else ""
    if town and draft.text.count(town) == 1:
        for match in re.finditer(rf"{_LIVES_IN}{re.escape(town)}\b", draft.text):
            yield draft.hit(Giveaway.POSTAL, match.start(), match.end())


def _line(line: str, source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """A line of the address: the street or the house's name, or less of it behind the number."""
    words = [tables.STREET_FORMS.get(word.plain, word.plain) for word in words_of(line)]
    numbers = {word for word in words if re.fullmatch(r"\d+[a-z]?", word)}
    street = [word for word in words if word not in numbers | {"flat", "unit", "apartment", "number", "the"}]
    for which in {tuple(street), tuple(street[:1])} - {()}:
        for first, last in runs_of(which, draft, tables.STREET_FORMS):
            number, start = _number_before(first, draft)
            if number in numbers or (
                not number
                and len(which) == len(street)
                and _shows_home(street, not numbers, (first, last), source, service, draft)
            ):
                yield draft.hit(Giveaway.POSTAL, start, draft.words[last].end)
    for number in (one for one in numbers if one in draft.text):
        for match in re.finditer(rf"{_AT_NUMBER}{number}\b", draft.text, re.IGNORECASE):
            yield draft.hit(Giveaway.POSTAL, match.start(), match.end())


def _number_before(first: int, draft: Draft) -> tuple[str, int]:
    """The number of a house that stands before its street, in figures, and where it starts; '' if there is none."""
    start = draft.words[first].start
    before = draft.words[max(0, first - 2) : first]
    if not before or before[-1].plain in tables.COMMON or not beside(draft.text, before[-1], draft.words[first]):
        return "", start
    for words in (before, before[1:], before[-1:]):
        told = figures_of(" ".join(word.plain for word in words))
        if re.fullmatch(r"\d+[a-z]?", told):
            return told, words[0].start
    return "", start


def _shows_home(
    street: Sequence[str], house: bool, at: tuple[int, int], source: Source, service: str, draft: Draft
) -> bool:
    """Whether the street or the house's name shows by itself where the source lives."""
    word = draft.words[at[0]]
    of_service = draft.text[: word.start].rstrip(" ,").endswith(service) or set(street) <= draft.service
    if of_service or _publicly_in(street, source):
        return False
    if len(street) == 1:
        named = street[0] not in tables.WORD_NAMES | tables.STREET_FORMS.keys() and len(street[0]) > 4
        return house and named and word.written[0].isupper()
    if street[0] in _COMMON_STREETS and street[-1] in ("street", "road", "lane", "place", "square"):
        clause = draft.text[max(0, word.start - 60) : word.start]
        return bool(tables.SOMEBODY.search(clause)) or says_who(draft.text, word.start, draft.words[at[1]].end)
    return word.written[0].isupper() or house


def _publicly_in(street: Sequence[str], source: Source) -> bool:
    """Whether the source speaks of that street as where things happen, and not as where they live."""
    at_home = re.compile(rf"\b(?:my|i live|we live)\b[^.]*\b{re.escape(street[0])}\b", re.IGNORECASE)
    return f" {' '.join(street)} " in f" {plain_of(body_of(source))} " and not at_home.search(source.text)
