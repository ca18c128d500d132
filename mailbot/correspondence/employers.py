"""Whom the source works for, unless it is the service's own company."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    POSTCODE,
    Draft,
    Giveaway,
    Hit,
    Source,
    beside,
    plain_of,
    runs_of,
    salutation_end,
    says_who,
    singular,
    words_of,
)

_COMPANY_WORDS = frozenset(
    "ltd limited llp plc cic group services service company trust holdings partnership collective practice agency team "
    "union centre association associates network project foundation society charity solutions consultants consultancy "
    "office department dept organisation council and of the for".split()
)
"""Words of a firm's name that people leave out when they speak of it."""
_ITS_PEOPLE = frozenset(
    "staff worker nurse carer people person colleague driver tutor teacher therapist employee man woman lady team "
    "agency firm company lot office manager surgery pharmacy school clinic practice shop bank temp".split()
)
"""What follows the short name of a firm: the Kestrel nurse, the people from Kestrel."""
_TRADE = frozenset(
    "nursing staffing supply teaching teachers tutors recruitment support training consulting health healthcare "
    "medical therapy therapies psychology transport cars taxis cleaning catering academy college primary "
    "learning".split()
)
"""What a firm does: by itself it names no firm."""
_AUTHORITIES = re.compile(
    r"\b(?:several|each|every|all|other|both|\w+ of the)(?: (?:the|placing|local))* (?:authority|authorities|"
    r"councils?)\b",
    re.IGNORECASE,
)
_YOUR_AUTHORITY = re.compile(r"\byour (?:authority|council|borough)\b", re.IGNORECASE)
_VERBS = frozenset("has have had says said told tells will would should may must can does did".split())
_PLACES = frozenset(word.casefold() for word in tables.PLACE_WORDS) | frozenset(
    "pub inn hotel area estate site building hills region district ward hall church".split()
)
_CARE_WORDS = frozenset(
    "care caring childcare children childrens homes home residential fostering schools education".split()
)
"""Beside the name of the service these make the name of its company."""
_PUBLIC_BODY = re.compile(r"\b(?:council|borough|police|constabulary|nhs|ofsted|government|ministry)\b", re.IGNORECASE)
"""So large an employer that its name says little unless it is said to be where the report came from."""
_AUTHORITY = frozenset("borough london royal city county metropolitan district".split())
_RUNS_IT = (
    r"(?:runs?|owns?|operates?|manages?|provides?|is the (?:registered )?provider|that (?:runs|owns)|"
    r"which (?:runs|owns|has))"
)
_RUN_BY = r"(?:run|owned|operated|managed|provided) by|(?:registered )?provider(?: of [^.,;]{2,40})?,?|parent company,?"
"""How a text says whose service it is: the name stands before the first, after the second."""
_SENT_BY = re.compile(
    r"\b(?:through|via|(?:sent|supplied|provided|employed|engaged|hired|paid) by|works? (?:for|with|at)|"
    r"worked (?:for|with|at)|(?:staff|people|someone|somebody|workers?|nurses?|doctors?|colleagues?|teachers?|drivers?|"
    r"source|informant|caller),? (?:at|from|with|of))\s+$",
    re.IGNORECASE,
)
"""Before the short name of a firm: somebody works for it."""


def employer(source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """Whom they work for, by the whole name or the part that people use, unless it is the service's own company."""
    words = [
        tables.STREET_FORMS.get(word.plain, word.plain)
        for word in words_of(source.employer)
        if word.plain not in tables.TITLES
    ]
    words = words[words.index("of") + 1 :] if "of" in words[1:3] and words[0] in _AUTHORITY else words
    telling = [word for word in words if word not in _COMPANY_WORDS]
    if not telling or set(telling) <= draft.service or is_provider(source, service, draft):
        return
    initials = "".join(word[0] for word in words if word not in tables.COMMON).upper()
    core = words[len(words) > 1 and words[0] == "the" :]
    while core[-1] in _COMPANY_WORDS and len(core) > 1:
        core.pop()
    public = _PUBLIC_BODY.search(source.employer)
    found = [span for span in runs_of(core, draft, tables.STREET_FORMS) if draft.words[span[0]].written[0].isupper()]
    if len(initials) >= 3 and initials not in tables.ABBREVIATIONS:
        found += [(at, at) for at, word in enumerate(draft.words) if word.written == initials]
    if not public and telling[0] not in draft.service | tables.NEVER_NEAR:
        found += _shortened(telling, source, draft)
        found += _by_last_word(telling, draft)
    for first, last in found:
        while last + 1 < len(draft.words) and draft.words[last + 1].plain in words:
            last += 1
        where = draft.words[first].start, draft.words[last].end
        if not public or says_who(draft.text, *where) or _singled_out(draft, *where):
            yield draft.hit_at(Giveaway.EMPLOYER, first, last)


def _singled_out(draft: Draft, start: int, end: int) -> bool:
    """Whether a letter that speaks of several authorities names one of them alone, and is not to it."""
    council = r"\b[A-Z][\w’'-]+(?:(?: [A-Z][\w’'-]+| and| upon| of)*) (?:Council|Borough|Authority)\b"
    named = {match.group() for match in re.finditer(council, draft.text)}
    name = draft.text[start:end]
    head = draft.text[: max(salutation_end(draft.text), draft.text.find("\n\n"))]
    to_it = name in head or _YOUR_AUTHORITY.search(draft.text)
    return bool(_AUTHORITIES.search(draft.text)) and not to_it and all(name in one for one in named)


def _by_last_word(telling: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """The last word of a firm's name where it is said of a firm: the Lanterns project of Ovenden Lanterns."""
    word = telling[-1]
    if len(telling) < 2 or word in _TRADE | _CARE_WORDS | tables.EVERYDAY | tables.ORDINARY_ROLES | draft.small:
        return
    for at, (article, one, after) in enumerate(zip(draft.words, draft.words[1:], draft.words[2:], strict=False), 1):
        named = one.plain == word and one.written[0].isupper() and article.plain in ("the", "a", "an", "your", "our")
        firm = after.written[0].islower() and singular(after.plain) in (_ITS_PEOPLE | _COMPANY_WORDS) - tables.COMMON
        if named and firm and beside(draft.text, one, after):
            yield at, at


def _shortened(telling: Sequence[str], source: Source, draft: Draft) -> Iterator[tuple[int, int]]:
    """The first word or two of a firm's name where they are said of a firm and not of a place."""
    towns = [plain_of(part) for part in re.split(r"[,\n;]", POSTCODE.sub("", source.postal))[1:]]
    saint = telling[0] == "street" and len(telling) > 1
    for at, word in enumerate(draft.words):
        joined = len(telling) > 1 and word.plain == telling[0] + telling[1]
        forms = {tables.STREET_FORMS.get(word.plain, word.plain), singular(word.plain)}
        if joined:
            yield at, at
        if joined or telling[0] not in forms or not word.written[0].isupper():
            continue
        rest = [one.plain for one in draft.words[at + 1 : at + 3]]
        last = at + rest.index(telling[1]) + 1 if rest and telling[1:2] and telling[1] in rest else at
        two = last > at and set(rest[: last - at - 1]) <= {"and"}
        last = last if two else at
        if (saint and not two) or (telling[0] in towns and not two):
            continue
        if _is_firm(telling, two=two, last=last, draft=draft, start=word.start):
            yield at, last


def _is_firm(telling: Sequence[str], *, two: bool, last: int, draft: Draft, start: int) -> bool:
    """Whether the part of a name that ends here is said of the firm: by what stands after it, or by who is from it."""
    word = draft.words[last]
    if word.written.endswith(("'s", "’s")) and not re.match(r" [A-Z]", draft.text[word.end :]):
        return True
    after = draft.words[last + 1] if last + 1 < len(draft.words) else None
    follows = after if after and beside(draft.text, word, after) and draft.text[word.end] in " '’" else None
    if follows:
        plain = singular(follows.plain)
        if plain in _ITS_PEOPLE or plain in _COMPANY_WORDS - tables.COMMON or plain in telling:
            return True
        if follows.written[0].isupper():
            return False
    before = draft.text[max(0, start - 60) : start]
    if follows and not two and re.search(r"\b(?:the|an?|your|our|any|each|another)\s+$", before, re.IGNORECASE):
        return telling[0] not in tables.WORD_NAMES and follows.plain not in _PLACES
    if follows and not two and follows.plain in _VERBS:
        return telling[0] not in tables.WORD_NAMES and not re.search(rf"{tables.AS_A_PLACE}$", before)
    sent = _SENT_BY.search(before) or says_who(draft.text, start, word.end)
    in_full = two and word.written[0].isupper() and not re.search(rf"{tables.AS_A_PLACE}(?:the )?$", before)
    return bool(sent or in_full or (two and tables.SOMEBODY.search(before[-30:])))


def is_provider(source: Source, service: str, draft: Draft) -> bool:
    """Whether the employer is the company whose service it is: they share a name, or one of the texts says so."""
    own, theirs = plain_of(source.employer), plain_of(service)
    first, *rest = own.split()
    if own in theirs or theirs in own:
        return True
    if first in theirs.split() and set(rest) <= _CARE_WORDS | _COMPANY_WORDS:
        return True
    core = re.escape(re.sub(r"\s+(?:ltd|limited|plc|llp)\.?$", "", source.employer, flags=re.IGNORECASE))
    of = r"[^.]{0,60}?"
    says = re.compile(rf"{core}{of}\b{_RUNS_IT}\b|(?:{_RUN_BY})\s+{core}", re.IGNORECASE)
    if says.search(source.text) or says.search(draft.text):
        return True
    headings = [line for line in draft.text.split("\n") if line.strip()[-1:] not in (".", "?", "")]
    return any(own.removesuffix(" ltd") in plain_of(line) and theirs in plain_of(line) for line in headings)
