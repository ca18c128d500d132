"""Does this text give anyone away? An outgoing draft compared with what is known of the source (P22, P23).

Nothing here decides to send. A hit is a place in the draft; the verdict follows from the hits and from what the letter
is for. The service that the letter is about is never a hit as the source's employer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    POSTCODE,
    Draft,
    beside,
    body_of,
    clock_times,
    digits_of,
    draft_of,
    figures_of,
    own_sentences,
    plain_of,
    runs_of,
    says_who,
    sentences_of,
    sign_offs,
    signature_lines,
    signed_names,
    singular,
    small_words,
    spoken_digits,
    telling_words,
    words_of,
)
from mailbot.correspondence.letter_text import (
    Source as Source,
)
from mailbot.correspondence.namesakes import (
    Seen,
    given_is_theirs,
    has_initials,
    in_two,
    made_from,
    name_of,
    nickname_is_theirs,
    other_follows,
    same_name,
    short_for,
    spelt_in,
    surname_is_theirs,
)
from mailbot.correspondence.nicknames import alike
from mailbot.correspondence.roles import role_told


class LetterPurpose(StrEnum):
    REFER_TO_AUTHORITY = "refer_to_authority"
    ASK_THE_SERVICE = "ask_the_service"
    SHARE_WITH_BODY = "share_with_body"


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105  no password
    WARN = "warn"
    BLOCK = "block"


class Giveaway(StrEnum):
    """What of the source a text gives away. The last only warns: others may guess from it (P23)."""

    NAME = "name"
    NICKNAME = "nickname"
    ADDRESS = "address"
    PHONE = "phone"
    POSTAL = "postal"
    EMPLOYER = "employer"
    JOB = "job"
    EMPLOYMENT = "dates_of_employment"
    SIGNATURE = "signature"
    VERBATIM = "verbatim"
    FEW = "only_few_could_know"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Where in the draft somebody is given away: `text` stands at [start, end)."""

    what: Giveaway
    text: str
    start: int
    end: int


RUN_WORDS = 8
"""So many of the source's own words in a row are theirs, and no accident."""
SENTENCE_LIKENESS = 84.0
"""A sentence as like one of the source's (of 100) is theirs with words changed."""
QUOTE_LIKENESS = 84.0
"""Words in quotation marks as like a stretch of the source's text are quoted from it."""
LONGEST_SENTENCE = 80
"""Words of a sentence that are compared with changes allowed; only runs count in what follows."""
SHARED_WORDS, SHARED_TELLING, SHARED_SHARE = 9, 4, 0.75
"""So many words of a sentence in their order, so many of them telling, so large a part of what lies between."""


def check(source: Source, service_name: str, draft: str) -> list[Hit]:
    """Every place where the draft gives the source away, in its order; the same words once."""
    prepared = draft_of(draft, service_name)
    found = [hit for detect in DETECTORS for hit in detect(source, service_name, prepared)]
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda one: (one.start, -(one.end - one.start))):
        if not any(one.what is hit.what and one.start <= hit.start and hit.end <= one.end for one in kept):
            kept.append(hit)
    return kept


def verdict(hits: Sequence[Hit], purpose: LetterPurpose) -> Verdict:
    """Block where identity would reach the service or another body; warn on an urgent referral, and of good guesses."""
    if not hits:
        return Verdict.PASS
    identity = any(hit.what is not Giveaway.FEW for hit in hits)
    return Verdict.BLOCK if identity and purpose is not LetterPurpose.REFER_TO_AUTHORITY else Verdict.WARN


def _hit(what: Giveaway, draft: Draft, start: int, end: int) -> Hit:
    return Hit(what=what, text=draft.text[start:end], start=start, end=end)


def _hits_of(what: Giveaway, words: Sequence[str], draft: Draft) -> Iterator[Hit]:
    for first, last in runs_of(words, draft):
        yield _hit(what, draft, draft.words[first].start, draft.words[last].end)


# ---- Who they are ---------------------------------------------------------------------------------------------------


def _names(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """The name, whole or in part, misspelt, shortened or inflected; not where it is plainly somebody else's."""
    name = name_of(source.name)
    for number, word in enumerate(draft.words):
        seen = Seen(source, name, draft, number)
        if any(same_name(word, one, source, draft) for one in name.surnames):
            start = surname_is_theirs(seen)
            if start is not None:
                yield _hit(Giveaway.NAME, draft, start, word.end)
        elif any(same_name(word, one, source, draft) or short_for(word, one, seen) for one in name.givens):
            if given_is_theirs(seen):
                own = any(same_name(word, one, source, draft) for one in name.givens)
                yield _hit(Giveaway.NAME if own else Giveaway.NICKNAME, draft, word.start, word.end)
        elif any(made_from(word.plain, one) for one in name.surnames) and nickname_is_theirs(seen):
            yield _hit(Giveaway.NICKNAME, draft, word.start, word.end)
        elif seen.after and word.written[0].isupper() and in_two(word.plain, seen.after.plain, name):
            yield _hit(Giveaway.NAME, draft, word.start, seen.after.end)


def _initials(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Initials, unless they are an abbreviation or those of somebody whom the draft names."""
    name = name_of(source.name)
    for initials in name.initials - tables.ABBREVIATIONS:
        pairs = pairwise(draft.words)
        if any(has_initials(initials, *pair) and pair[1].plain not in name.surnames for pair in pairs):
            continue
        for first, last in spelt_in(initials, draft):
            yield _hit(Giveaway.NAME, draft, first.start, last.end)


def _titled_letters(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Mr Y. and the like, unless somebody else whose name begins so is spoken of."""
    letters = {one[0].upper() for one in name_of(source.name).surnames}
    for match in re.finditer(r"\b(?:Mrs?|Ms|Miss|Dr|Mx)\.? ([A-Z])\b(?!['’\w])\.?", draft.text):
        others = re.compile(rf"\b(?:Mrs?|Ms|Miss|Dr|Mx|[A-Z][a-z]+)\.? {match[1]}[a-z]+")
        if match[1] in letters and not others.search(draft.text) and not others.search(body_of(source)):
            yield _hit(Giveaway.NAME, draft, match.start(), match.end())


def _user_names(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A user name or the name of a file that runs the surname and more of the name together."""
    name = name_of(source.name)
    joined = {one for one in name.surnames if len(one) >= 5 and one not in tables.WORD_NAMES} - draft.service
    before = name.givens | {one[0] for one in name.givens} | {one.lower() for one in name.initials}
    before |= {short for one in name.givens for short in alike(one)} | {one[:-1].lower() for one in name.initials}
    for word in draft.words:
        for one in joined:
            if one in word.plain and re.sub(r"\d", "", word.plain).replace(one, "", 1) in before:
                yield _hit(Giveaway.NAME, draft, word.start, word.end)


def _nicknames(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """What they call themselves in the message: as they sign, or say that they are called."""
    name = name_of(source.name)
    own = {plain_of(match["name"]) for match in tables.CALLED.finditer(source.text)}
    own |= {plain_of(word) for word in signed_names(source.text)}
    small = small_words(source)
    for one in (
        own
        - {""}
        - tables.COMMON
        - tables.TITLES
        - tables.EVERYDAY
        - tables.ORDINARY_ROLES
        - draft.service
        - name.surnames
        - name.givens
    ):
        for first, last in runs_of(one.split(), draft):
            seen = Seen(source, name, draft, first)
            written = draft.words[first].written
            plainly = written[:1].isupper() or (one not in tables.WORD_NAMES and len(one) > 3 and one not in small)
            if len(one) > 1 and plainly and not (first == last and other_follows(seen)):
                yield _hit(Giveaway.NICKNAME, draft, draft.words[first].start, draft.words[last].end)


def _addresses(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
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
            yield _hit(Giveaway.ADDRESS, draft, match.start(), match.end())
    letters = re.sub(r"[\W_]", "", local)
    if len(letters) >= 4 and letters not in tables.WORD_NAMES | draft.service | _NO_ONES_MAILBOX | name.parts:
        spelt = r"[._-]?".join(letters)
        for match in re.finditer(rf"(?<![^\W_]){spelt}(?![^\W_])", draft.text, re.IGNORECASE):
            yield _hit(Giveaway.ADDRESS, draft, match.start(), match.end())


_NO_ONES_MAILBOX = frozenset(
    "info admin office enquiries enquiry mail hello contact manager reception team home".split()
)


def _phones(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A telephone number however it is spaced or spelt, or its last digits where the text says that it ends so."""
    known = [digits for phone in source.phones if len(digits := digits_of(phone)) >= 7]
    for match in re.finditer(r"(?:\+|\b)\d[\d \u00a0().\u2010-\u2014/-]{4,22}\d\b", draft.text):
        told = digits_of(match.group())
        if any(one in told or (len(told) >= 6 and one.endswith(told)) for one in known):
            yield _hit(Giveaway.PHONE, draft, match.start(), match.end())
    ends = r"(?:\b(?:end(?:ing|s)?|last|final)\b(?: \w+){0,3}?[ :]+|[*xX•.…]{3,} ?)(\d[\d ]{1,5}\d)\b"
    for match in re.finditer(ends, draft.text):
        if any(one.endswith(re.sub(r"\D", "", match[1])) for one in known):
            yield _hit(Giveaway.PHONE, draft, match.start(1), match.end(1))
    spoken = rf"\b(?:(?:double |treble |triple )?(?:oh|nought|{'|'.join(tables.DIGITS)})\b[ ,-]*){{5,}}"
    for match in re.finditer(spoken, draft.text, re.IGNORECASE):
        told = digits_of(spoken_digits(match.group()))
        if any(one in told or (len(told) >= 6 and one.endswith(told)) for one in known):
            yield _hit(Giveaway.PHONE, draft, match.start(), match.end())


def _postal(source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """The postcode or the first half of it, a line of the address or its number; not another house in the street."""
    postcode = POSTCODE.search(source.postal)
    if postcode and postcode[1].casefold() in draft.text.casefold():
        full = rf"\b{postcode[1]}\s*{postcode[2].replace('0', '[0O]')}\b"
        area = rf"\b{postcode[1]}\b(?!\s*\d[A-Z]{{2}}\b)"
        elsewhere = re.search(rf"\b{postcode[1]}\s*\d[A-Z]{{2}}\b", draft.text, re.IGNORECASE)
        for match in re.finditer(full if elsewhere else rf"{full}|{area}", draft.text, re.IGNORECASE):
            yield _hit(Giveaway.POSTAL, draft, match.start(), match.end())
    lines = [part.strip() for part in re.split(r"[,\n;]", POSTCODE.sub("", source.postal)) if part.strip()]
    for line in lines[:3] if len(lines) < 2 else lines[: min(3, len(lines) - 1)]:
        yield from _street(line, source, service, draft)
    town = lines[-1] if len(lines) > 1 else ""
    if town and draft.text.count(town) == 1:
        for match in re.finditer(rf"{tables.LIVES_IN}{re.escape(town)}\b", draft.text):
            yield _hit(Giveaway.POSTAL, draft, match.start(), match.end())


def _street(line: str, source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """The street or the house's name, or less of it behind the number; not behind another number."""
    words = [tables.STREET_FORMS.get(word.plain, word.plain) for word in words_of(line)]
    numbers = {word for word in words if re.fullmatch(r"\d+[a-z]?", word)}
    street = [word for word in words if word not in numbers | {"flat", "unit", "apartment", "number", "the"}]
    for which in {tuple(street), tuple(street[:1])} - {()}:
        for first, last in runs_of(which, draft, tables.STREET_FORMS):
            word, before = draft.words[first], draft.words[first - 1] if first else None
            numbered = before and before.plain[0].isdigit() and beside(draft.text, before, word)
            if not word.written[0].isupper():
                continue
            if before and numbered:
                if before.plain in numbers:
                    yield _hit(Giveaway.POSTAL, draft, before.start, draft.words[last].end)
                continue
            of_service = draft.text[: word.start].rstrip(" ,").endswith(service) or set(which) <= draft.service
            if len(which) > 1 and not of_service and not _publicly_in(street, source):
                yield _hit(Giveaway.POSTAL, draft, word.start, draft.words[last].end)
    for number in (one for one in numbers if one in draft.text):
        told = rf"\b(?:at|of|from|in|to|opposite)\s+(?:number|no\.?|flat|house)\s+{number}\b"
        for match in re.finditer(told, draft.text, re.IGNORECASE):
            yield _hit(Giveaway.POSTAL, draft, match.start(), match.end())


def _publicly_in(street: Sequence[str], source: Source) -> bool:
    """Whether the source speaks of that street as where things happen, and not as where they live."""
    at_home = re.compile(rf"\b(?:my|i live|we live)\b[^.]*\b{re.escape(street[0])}\b", re.IGNORECASE)
    return f" {' '.join(street)} " in f" {plain_of(body_of(source))} " and not at_home.search(source.text)


def _employer(source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """Whom they work for, by the whole name or the part that people use, unless it is the service's own company."""
    words = [tables.STREET_FORMS.get(word.plain, word.plain) for word in words_of(source.employer)]
    telling = [word for word in words if word not in tables.COMPANY_WORDS]
    if not telling or set(telling) <= draft.service or _provider(source, service, draft):
        return
    initials = "".join(word[0] for word in words if word not in tables.COMMON).upper()
    core = words[words[0] == "the" and len(words) > 1 :]
    while core[-1] in tables.COMPANY_WORDS and len(core) > 1:
        core.pop()
    public = tables.PUBLIC_BODY.search(source.employer)
    found = [span for span in runs_of(core, draft, tables.STREET_FORMS) if draft.words[span[0]].written[0].isupper()]
    if len(initials) >= 3 and initials not in tables.ABBREVIATIONS:
        found += [(at, at) for at, word in enumerate(draft.words) if word.written == initials]
    if not public and telling[0] not in draft.service:
        found += _shortened(telling, draft)
    for first, last in found:
        start, end = draft.words[first].start, draft.words[last].end
        if not public or says_who(draft.text, start, end):
            yield _hit(Giveaway.EMPLOYER, draft, start, end)


def _shortened(telling: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """The first word of a firm's name before agency, practice and the like; its first two beside somebody."""
    for at, (word, after) in enumerate(pairwise(draft.words)):
        if len(telling) > 1 and word.plain == telling[0] + telling[1]:
            yield at, at
        if word.plain != telling[0] or not word.written[0].isupper() or not beside(draft.text, word, after):
            continue
        somebody = tables.SOMEBODY.search(draft.text[max(0, word.start - 30) : word.start])
        two = after.plain in telling[1:2] and (somebody or says_who(draft.text, word.start, after.end))
        if two or after.plain in tables.COMPANY_WORDS - tables.COMMON:
            yield at, at + 1


def _provider(source: Source, service: str, draft: Draft) -> bool:
    """Whether the employer is the company whose service it is: they share a name, or one of the texts says so."""
    own, theirs = plain_of(source.employer), plain_of(service)
    first, *rest = own.split()
    if own in theirs or theirs in own:
        return True
    if first in theirs.split() and set(rest) <= tables.CARE_WORDS | tables.COMPANY_WORDS:
        return True
    core = re.escape(re.sub(r"\s+(?:ltd|limited|plc|llp)\.?$", "", source.employer, flags=re.IGNORECASE))
    of = r"[^.]{0,60}?"
    says = re.compile(rf"{core}{of}\b{tables.RUNS_IT}\b|(?:{tables.RUN_BY})\s+{core}", re.IGNORECASE)
    if says.search(source.text) or says.search(draft.text):
        return True
    headings = [line for line in draft.text.split("\n") if line.strip()[-1:] not in (".", "?", "")]
    return any(own.removesuffix(" ltd") in plain_of(line) and theirs in plain_of(line) for line in headings)


def _job(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """What they do there: the only one of its kind, or a common job where a sentence says the report is theirs."""
    roles = {source.role, *(match[1] for match in _I_AM_THE.finditer(source.text))}
    for role in roles:
        words = [
            singular(word.plain)
            for word in words_of(re.sub(r"\bIT\b", "computer", role))
            if word.plain not in tables.COMMON
        ]
        if words:
            for start, end in role_told(words, draft):
                yield _hit(Giveaway.JOB, draft, start, end)
    at_work = source.employer and set(plain_of(source.employer).split()) <= draft.service
    for match in tables.AN_INSIDER.finditer(draft.text) if at_work else ():
        if says_who(draft.text, match.start(), match.end()):
            yield _hit(Giveaway.JOB, draft, match.start(), match.end())
    for match in tables.ONE_OF_A_KIND.finditer(draft.text):
        yield _hit(Giveaway.JOB, draft, match.start(), match.end())
    if tables.I_AM_ALONE.search(source.text):
        for match in tables.ONLY_WORKER.finditer(draft.text):
            yield _hit(Giveaway.JOB, draft, match.start(), match.end())


_I_AM_THE = re.compile(r"\b(?:I am the|I'm the|I work as an?|I am (?:his|her|their)) ([a-z]+(?:[ -][a-z]+){0,2}?)(?= at\b| for\b| in\b| who\b| here\b| there\b|[,.])")  # fmt: skip  # noqa: E501


# ---- What they told of themselves -----------------------------------------------------------------------------------


def _employment(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """When somebody began or left, how long they stayed, what became of them, as the source says of themselves."""
    own: set[str] = set()
    standing: set[str] = set()
    for sentence in own_sentences(source.text):
        if tables.EMPLOYMENT.search(sentence):
            own |= {figures_of(match.group()) for match in tables.WHEN.finditer(sentence)}
        standing |= {one for one in tables.STANDING if re.search(rf"\b(?:{one})", sentence, re.IGNORECASE)}
    for start, end in sentences_of(draft.text):
        sentence = draft.text[start:end]
        for match in tables.WHEN.finditer(sentence):
            around = sentence[max(0, match.start() - 60) : match.end() + 60]
            if figures_of(match.group()) in own and _of_one_person(around) and tables.EMPLOYMENT.search(around):
                yield _hit(Giveaway.EMPLOYMENT, draft, start + match.start(), start + match.end())
        for one in standing:
            for match in re.finditer(rf"\b(?:{one})", sentence, re.IGNORECASE):
                if _of_one_person(sentence[max(0, match.start() - 60) : match.end() + 30]):
                    yield _hit(Giveaway.EMPLOYMENT, draft, start + match.start(), start + match.end())
    if own:
        for match in _LONGEST.finditer(draft.text):
            yield _hit(Giveaway.EMPLOYMENT, draft, match.start(), match.end())


_LONGEST = re.compile(
    r"\b(?:longest[- ]serving|newest|most recent(?:ly appointed)?|most experienced|newly appointed|longest[- ]standing)"
    r"\s+(?:[\w-]+\s){0,2}(?:colleague|member|worker|employee|recruit|starter|carer|nurse|person|assistant)\b",
    re.IGNORECASE,
)


def _of_one_person(clause: str) -> bool:
    return bool(tables.SOMEBODY.search(clause)) and not tables.NOBODY_IN_PARTICULAR.search(clause)


def _signature(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A line from beneath their sign-off or a part of it, and a sign-off that few would use."""
    name = name_of(source.name)
    lines = signature_lines(source.text)
    parts = {part.strip() for line in lines for part in [line, *re.split(r"[,|()\t]|\s[-–—]\s", line)]}
    small = (
        draft.service
        | tables.COMMON
        | name.surnames
        | name.givens
        | tables.ORDINARY_ROLES
        | {one[0] for one in name.parts}
    )
    for part in parts:
        words = [word.plain for word in words_of(part)]
        if len(words) >= 2 and not set(words) <= small and not tables.STANDARD_SIGN_OFF.fullmatch(part):
            yield from _hits_of(Giveaway.SIGNATURE, words, draft)
    for line in sign_offs(source.text):
        words = [word.plain for word in words_of(line)]
        if words and not draft.text.lstrip().startswith("Annwyl"):
            yield from _hits_of(Giveaway.SIGNATURE, words, draft)


def _verbatim(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Their own words: a long run of them, a likeness or a slip of theirs, a sentence nearly theirs, a quotation."""
    theirs = [word.plain for word in words_of(source.text)]
    for first, end in _shared_runs(theirs, draft):
        yield _hit(Giveaway.VERBATIM, draft, draft.words[first].start, draft.words[end - 1].end)
    yield from _reworded(source, draft)
    whole = f" {' '.join(theirs)} "
    for match in _QUOTED.finditer(draft.text):
        quoted = [word.plain for word in words_of(match.group())]
        nearly = len(quoted) >= 4 and fuzz.partial_ratio(" ".join(quoted), whole) >= QUOTE_LIKENESS
        same = len(quoted) >= 3 and f" {' '.join(quoted)} " in whole
        if (same or nearly) and not _is_title(draft, match.start()):
            yield _hit(Giveaway.VERBATIM, draft, match.start(), match.end())
    for word in draft.words:
        if word.plain in tables.MISSPELT and word.plain in theirs:
            yield _hit(Giveaway.VERBATIM, draft, word.start, word.end)


_QUOTED = re.compile(r"[\"“]([^\"”\n]{8,300})[\"”]|(?<!\w)[‘']([^’'\n]{12,300}(?:['’]\w[^’'\n]*)*)[’'](?!\w)")


def _reworded(source: Source, draft: Draft) -> Iterator[Hit]:
    """A sentence of theirs with a few words changed, whole or within a longer one."""
    sentences = [plain_of(source.text[start:end]) for start, end in sentences_of(source.text)]
    sentences = [one for one in sentences if len(one.split()) >= RUN_WORDS - 1]
    for start, end in sentences_of(draft.text):
        own = plain_of(draft.text[start:end])
        if tables.LEGAL.search(own) or telling_words(own.split(), draft) < 3:
            continue
        if len(own.split()) >= RUN_WORDS and any(fuzz.ratio(own, one) >= SENTENCE_LIKENESS for one in sentences):
            yield _hit(Giveaway.VERBATIM, draft, start, end)
            continue
        words = [word for word in draft.words if start <= word.start < end]
        plain = [word.plain for word in words]
        spans = [span for one in sentences if (span := _mostly(plain, one.split(), draft))]
        if spans:
            first, last = max(spans, key=lambda span: span[1] - span[0])
            yield _hit(Giveaway.VERBATIM, draft, words[first].start, words[last].end)


def _shared_runs(theirs: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """Where so many words in a row are the source's, or fewer that make a likeness."""
    titles = [match.span() for match in tables.DOCUMENT.finditer(draft.text) if _is_title(draft, match.start())]
    plain = ["" if any(a <= word.start < b for a, b in titles) else word.plain for word in draft.words]
    runs = {tuple(theirs[at : at + 4]) for at in range(len(theirs) - 3)}
    whole = f" {' '.join(theirs)} "
    at = 0
    while at <= len(plain) - 4:
        end = at + 4
        if tuple(plain[at:end]) not in runs:
            at += 1
            continue
        while end < len(plain) and f" {' '.join(plain[at : end + 1])} " in whole:
            end += 1
        said = draft.text[draft.words[at].start : draft.words[end - 1].end]
        telling = telling_words(plain[at:end], draft)
        long = (end - at >= RUN_WORDS and telling >= 3) or (end - at >= RUN_WORDS - 2 and telling >= 4)
        if tables.LEGAL.search(said):
            long = False
        if long or (tables.LIKENESS.search(said) and end - at >= 5):
            yield at, end
        at = end - 2


def _is_title(draft: Draft, start: int) -> bool:
    """Whether the quotation that starts here is what a document is called."""
    return bool(tables.A_TITLE_NEXT.search(draft.text[max(0, start - 40) : start]))


def _mostly(own: Sequence[str], theirs: Sequence[str], draft: Draft) -> tuple[int, int] | None:
    """The stretch of a sentence that is the source's sentence with some words changed, as first and last word."""
    blocks = [
        block
        for block in LCSseq.editops(own[:LONGEST_SENTENCE], theirs[:LONGEST_SENTENCE]).as_matching_blocks()
        if block.size
    ]
    kept = [block.a + step for block in blocks for step in range(block.size)]
    for first in range(len(kept)):
        for last in range(len(kept) - 1, first + SHARED_WORDS - 2, -1):
            words = [own[number] for number in kept[first : last + 1]]
            telling = telling_words(words, draft)
            if len(words) / (kept[last] - kept[first] + 1) >= SHARED_SHARE and telling >= SHARED_TELLING:
                return kept[first], kept[last]
    return None


def _few_could_know(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """What only one or two can have seen: a moment they gave, a document inside, the one who was there or refused."""
    yield from _moments(source, draft)
    yield from _documents(source, draft)
    for match in tables.WITNESS.finditer(draft.text):
        if not re.match(
            r"[^.;]{0,40}\b(?:several|many|neighbours|passers-?by|members of)\b", draft.text[match.end() :]
        ):
            yield _hit(Giveaway.FEW, draft, match.start(), match.end())
    pairs = ((tables.I_REFUSED, tables.REFUSED), (tables.I_TOLD_THE_BOSS, tables.TOLD_THE_BOSS))
    for own, told in pairs:
        if own.search(source.text):
            for match in told.finditer(draft.text):
                yield _hit(Giveaway.FEW, draft, match.start(), match.end())
    counts = {
        figures_of(match["n"])
        for sentence in own_sentences(source.text)
        for match in tables.TIMES.finditer(sentence)
        if re.search(r"\b(?:I|I've|my)\b", sentence[: match.start()])
    }
    for match in tables.TIMES.finditer(draft.text):
        if figures_of(match["n"]) in counts - {"1", "2"}:
            yield _hit(Giveaway.FEW, draft, match.start(), match.end())


def _moments(source: Source, draft: Draft) -> Iterator[Hit]:
    """A time of the clock that the source gives too, unless it is a limit or many know of it."""
    theirs: set[tuple[int, str]] = set()
    for start, end in sentences_of(source.text):
        if not tables.KNOWN_TO_MANY.search(source.text[start:end]):
            theirs |= {(minute, half) for *_, minute, half in clock_times(source.text, start, end)}
    for start, end in sentences_of(draft.text):
        if tables.KNOWN_TO_MANY.search(draft.text[start:end]):
            continue
        for first, last, minute, half in clock_times(draft.text, start, end):
            before = draft.text[max(0, first - 25) : first]
            limit = tables.A_DEADLINE if minute % 30 else tables.A_LIMIT
            same = any(minute == other and (not half or not of or half == of) for other, of in theirs)
            if same and not limit.search(before):
                yield _hit(Giveaway.FEW, draft, first, last)


def _documents(source: Source, draft: Draft) -> Iterator[Hit]:
    """A document by the title that the source gives, or a file of that name."""
    theirs = f" {' '.join(word.plain for word in words_of(source.text))} "
    for match in tables.DOCUMENT.finditer(draft.text):
        words = [word.plain for word in words_of(match.group())]
        named = [word for word in words if word not in tables.COMMON and word not in draft.service]
        if len(named) >= 2 and f" {' '.join(words)} " in theirs:
            yield _hit(Giveaway.FEW, draft, match.start(), match.end())
    for match in re.finditer(r"[\"“]([A-Z][^\"”\n]{5,60})[\"”]", source.text):
        words = [word.plain for word in words_of(match[1])]
        if len(words) >= 2 and tables.A_TITLE_NEXT.search(source.text[: match.start()]):
            yield from _hits_of(Giveaway.FEW, words, draft)


Detector = Callable[[Source, str, Draft], Iterator[Hit]]

DETECTORS: tuple[Detector, ...] = (
    *(_names, _initials, _titled_letters, _user_names, _nicknames, _addresses, _phones, _postal, _employer, _job),
    *(_employment, _signature, _verbatim, _few_could_know),
)
