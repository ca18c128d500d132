"""Facts that only few could know: who reads them guesses who told them (P23)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    Draft,
    Giveaway,
    Hit,
    Source,
    Word,
    clock_times,
    figures_of,
    own_sentences,
    runs_of,
    sentences_of,
    stem,
    words_of,
)
from mailbot.correspondence.service_dates import of_others

DETAILS, DETAIL_WORDS = 4, 14
"""So many details of what the source alone saw, within so many words of a draft, are no accident."""

_A_LIMIT = re.compile(
    r"\b(?:by|before|until|till|no later than|not later than|from|between|after|every|and|to)(?: the)?\s+$",
    re.IGNORECASE,
)
_KNOWN_TO_MANY = re.compile(
    r"\b(?:fire (?:service|brigade|engine|crew)|ambulance|police (?:attended|came|were called|log|report)|paramedics?|"
    r"you notified|your notification|notification|you (?:told|informed) us|you reported|your (?:own )?(?:log|record|"
    r"report|letter|email)|cctv|news\w*|press|published|public(?:ly)?|minutes of|meeting|inspection|inspectors?|"
    r"whole (?:street|house|school|team)|everyone|everybody|all (?:saw|staff|of us)|several (?:people|neighbours)|"
    r"neighbours|passers-?by|bedtime|always|usually|routine|(?:every|each) (?:day|night|morning|evening|shift)|curfew|"
    r"handover)\b",
    re.IGNORECASE,
)
_MANY_SAW = re.compile(
    r"\b(?:in front of|every(?:one|body)|all of us|whole (?:team|house|home|street|school|group|shift|company)|"
    r"the (?:whole )?group|several (?:of us|people|staff)|dozens?|a number of people|(?:most|many) (?:people|of us|"
    r"staff)|handover|(?:team|staff|public|annual|residents['’]?) meeting|newspaper|(?:local|the) paper|on the news|"
    r"published|(?:others|other (?:people|staff|colleagues)) (?:\w+ )?(?:saw|have seen|know|heard)|(?:widely|"
    r"well) known)\b",
    re.IGNORECASE,
)
"""What the public, the records or many people know gives nobody away."""

_I_ALONE = re.compile(
    r"\b(?:nobody|no one|no-one|noone|only (?:me|I|one|the two of us)|(?:apart from|except|other than|but) me|alone|"
    r"by myself|on my own|just (?:me|us|the two of us|(?:him|her) and (?:me|I))|the two of us|between (?:us|ourselves)|"
    r"the door was (?:shut|closed|locked)|in (?:private|confidence)|supervision|appraisal|one.to.one|(?:not|n['’]t|"
    r"never) told (?:any(?:one|body)|a soul)|(?:not|n['’]t) (?:know|see|seen|realise|notice|think) (?:that )?(?:I|me|"
    r"any(?:one|body))|(?:neither|none) of (?:them|us|the \w+) (?:saw|noticed|knows?|knew)|said a word|overheard|"
    r"came across|happened (?:to|upon|on)|stumbled|by (?:accident|chance|mistake)|walked in|let myself in|the wrong|"
    r"I (?:had |have )?(?:found|saw|seen|heard|noticed|spotted|put|kept|took|photographed|copied|drove|opened)|"
    r"I was (?:\w+ing |sat |stood )?(?:in|behind|under|outside|at|on|given|asked|told|looking|fetching|getting|putting|"
    r"changing|cleaning)|\w+ (?:told|showed|asked|rang|texted|whispered (?:\w+ )?to|confided in|said to) me)\b",
    re.IGNORECASE,
)
"""How somebody says that they alone saw or were told a thing, or how they came to see it."""

_NOBODY_ELSE = re.compile(
    r"\b(?:nobody else|no one else|only (?:me|I|one|the two of us|the \w+ and (?:I|me))|(?:apart from|except|but) me|"
    r"just (?:me|us|the two of us)|by myself|on my own|(?:told|tell) (?:nobody|no one)|"
    r"(?:not|n['’]t|never) told (?:any(?:one|body)|a soul)|(?:said|say) nothing to|the door was (?:shut|closed|locked)|"
    r"(?:closed|shut|locked) the door|hardly any(?:one|body)|I found (?:it|them)|by (?:accident|chance)|"
    r"not many people)\b",
    re.IGNORECASE,
)
"""The same, so plainly that what stands around it is known to nobody else."""

_ONLY = r"(?:only|sole|single|lone|one)"
_NO_ONE_ELSE = r"(?:nobody|no one|no-one) else"
_WORKER = r"(?:someone|somebody|person|colleague|worker)"
_BOSS = (
    r"(?:you\b|(?:the|your|his|her|their) (?:\w+ )?(?:manager|deputy|head|director|supervisor|principal|owner|bursar))"
)
_THE_WITNESS = re.compile(
    "|".join(
        (
            rf"\b(?:the|a|(?:was|were|is) (?:the )?) ?{_ONLY} (?:one )?(?:eye-?)?witness\b",
            r"\bone (?:eye-?)?witness\b|\beye-?witness\b|(?<!no )(?<!any )\bfirst-?hand\b|\boverheard\b",
            rf"\b{_NO_ONE_ELSE} (?:saw|knows|knew|heard|was (?:there|present|about|up|awake|in)|could have \w+)\b",
            rf"\b(?:who|{_WORKER}) (?:\w+ )?(?:was|had been) (?:left )?(?:alone|on their own) (?:on (?:shift|duty) )?"
            r"(?:with|at|in|when|that)\b",
            r"\b(?:told|said|shown|confided|disclosed)(?: to)? (?:only |just )?(?:one|a single) (?:person|colleague|"
            r"adult|worker|member)\b",
            r"\bonly (?:one|two|three) (?:people|person|adult|worker|colleague|member of staff) (?:know|knew|saw|heard|"
            r"ha(?:s|ve|d) (?:seen|heard|known)|could|in the (?:room|car|office))\b|\bonly (?:two|"
            r"three) people (?:were|was|had|have)\b",
            rf"\b(?:between|just) the two of them\b|\bas (?:she|he|they) (?:told|said to|explained to|"
            rf"reported to) {_BOSS}",
            r"\bin (?:a|the|their|her|his) private (?:meeting|conversation)\b|\bwas (?:the one|the person) who\b",
            r"\bsaw (?:it|this|him|her) (?:himself|herself|themselves)\b",
            r"\b(?:(?:was|were|been) (?:being )?(?:seen|watched|heard|observed)|witnessed|observed)\b[^.]{0,30}\b"
            r"(?:through|from behind|from inside|from the)\b",
            r"\b(?:he|she|they|him|her|them|manager|deputy)\b[^.]{0,12}\b(?:not aware|unaware|(?:did|"
            r"does)? ?not know)\b[^.]{0,25}\b(?:seen|watched|overheard|heard|observed|was there|(?:some|any)(?:one|"
            r"body) (?:was|saw|else|heard))\b",
        )
    ),
    re.IGNORECASE,
)
_THE_ONLY_ONE = re.compile(
    rf"\bthe {_ONLY} (?:other )?(?:one|person|member(?: of staff)?|adult|witness|staff|man|woman|carer|worker|"
    rf"colleague)"
    r"(?: [\w-]+){0,5}? (?:who|to have|with (?:access|rights|a key)|present|there when|there|awake|"
    r"in the (?:room|house|car|office|building)|on (?:shift|duty) (?:with|when|that|then)|saw|knew|knows)\b",
    re.IGNORECASE,
)
_I_WAS_ALONE = re.compile(
    rf"{_NOBODY_ELSE.pattern}|\b(?:I was the|I am the|I['’]m the) (?:only|one|other)\b|\balone\b|"
    r"\b(?:neither|none) of (?:them|us)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"(?:the |a )?(?:{_ONLY}|{_NO_ONE_ELSE}|between|just)\b", re.IGNORECASE)
"""Whoever else is spoken of, one is said to have been there."""
_I_WAS_THERE = re.compile(
    rf"{_I_ALONE.pattern}|\bI was the (?:only|one|other)|\b(?:I|me)\b[^.]{{0,60}}\b(?:saw|see|heard|watched|witnessed|"
    rf"told|said|was there|was with)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:(?:asked|told|instructed|ordered) to [^.]{0,50}\b(?:declined|refused|would not|said no|objected)|"
    rf"(?:who|{_WORKER}|member of staff) (?:had |has |\w+ly )?(?:refused|declined|objected|"
    r"protested|would not|challenged (?:this|it|him|her|them|the manager)))\b",
    re.IGNORECASE,
)
_I_REFUSED = re.compile(
    r"\bI\b[^.]{0,60}\b(?:refused|declined|objected|protested|challenged|said no|would not|wouldn['’]t|said that I)\b"
)
_TOLD_THE_BOSS = re.compile(
    rf"\b(?:who|{_WORKER}) (?:had |has |have )?(?:told|said to|asked|warned|emailed|wrote to|"
    rf"spoke to|spoken to|raised (?:it|this) with|complained to|confronted) {_BOSS}",
    re.IGNORECASE,
)
_I_TOLD_THE_BOSS = re.compile(
    r"\bI\b[^.]{0,40}\b(?:told|said|asked|warned|e-?mailed|wrote|written|spoke|spoken|raised|complained|confronted)\b",
    re.IGNORECASE,
)
_IN_SUPERVISION = re.compile(
    r"\b(?:during|in|at) (?:her|his|their|a|one-to-one) (?:supervision|appraisal)|"
    r"\bsaid (?:to \w+ )?in (?:supervision|(?:an?|the) (?:appraisal|supervision))",
    re.IGNORECASE,
)
_MY_SUPERVISION = re.compile(r"\b(?:my|in|during) (?:last )?(?:supervision|appraisal)", re.IGNORECASE)
_TO_ME = re.compile(r"\b(?:rang|phoned|called|asked|told|texted|messaged|e-?mailed|said to|took) me\b", re.IGNORECASE)
_THE_CALL = re.compile(
    r"\bthe (?:tele)?(?:phone )?(?:call|conversation|message|text|exchange|talk) (?:in|during) which\b|"
    r"\bthe (?:tele)?(?:phone )?(?:call|conversation|exchange|talk) (?:on|between)\b",
    re.IGNORECASE,
)
_I_WROTE = re.compile(r"\bI (?:have |had |then )?(?:e-?mailed|wrote|written|sent|messaged|texted)\b", re.IGNORECASE)
_THE_LETTER = re.compile(
    rf"\bthe (?:\w+ )?(?:e-?mail|letter|message|note|memo|text)s? (?:sent )?(?:on [\w ]{{3,15}} )?to {_BOSS}",
    re.IGNORECASE,
)
_IN_PRIVATE = re.compile(
    r"\bwhat (?:was|had been) (?:said|agreed|told|discussed|decided|asked|"
    r"promised)\b[^.]{0,60}\b(?:behind closed doors|in private|in (?:the|her|his) (?:office|car)|on the (?:tele)?phone|"
    r"between (?:the two|them)|alone)\b",
    re.IGNORECASE,
)
_I_KEPT = re.compile(
    r"\b(?:I (?:have |had |then )?(?:took|taken|made|kept|recorded|filmed|have|had)\b[^.]{0,30}\b(?:photo\w*|picture|"
    r"recording|screenshots?|video|film)|(?:photographed|recorded|taped|filmed))",
    re.IGNORECASE,
)
_KEPT = re.compile(
    r"\b(?:we (?:hold|have|have seen|were sent|have been sent)|there is|there are) (?:an? |the |some )?(?:\w+ )?"
    r"(?:photo(?:graph)?|recording|screenshot|video)s?\b",
    re.IGNORECASE,
)
_TWO_OF_US = re.compile(
    r"\b(?:just|only|being)\b[^.;]{0,12}\b(?:us two|(?:the )?two of us|(?:him|her|[A-Z]\w+) and (?:me|I|myself)|"
    r"(?:me|myself) and \w+)\b"
)
_ONLY_TWO = re.compile(
    r"\b(?:only|just) two(?: of (?:you|them))?(?: (?:people|adults|staff|workers|colleagues|others))?"
    r"(?: (?:were|was|being))? (?:on|at|in|present|there|about|awake)\b",
    re.IGNORECASE,
)
_BOTH_TELL = (
    (_TWO_OF_US, _ONLY_TWO),
    (_I_WAS_ALONE, _THE_ONLY_ONE),
    (_I_WAS_THERE, _THE_WITNESS),
    (_I_REFUSED, _REFUSED),
    (_I_TOLD_THE_BOSS, _TOLD_THE_BOSS),
    (_MY_SUPERVISION, _IN_SUPERVISION),
    (_TO_ME, _THE_CALL),
    (_TO_ME, _IN_PRIVATE),
    (_I_WROTE, _THE_LETTER),
    (_I_KEPT, _KEPT),
)
"""How the source tells what only they saw, said or refused, and how a draft then tells it of somebody."""

_A_TALK = re.compile(
    r"\b(?:what (?:was|she|he|they|the \w+) (?:had )?(?:said|told|disclosed|shown|heard)|conversation|"
    r"(?:tele)?phone call|confided)\b",
    re.IGNORECASE,
)
"""A sentence that tells of a talk between two."""

_TIMES = re.compile(
    rf"\b(?P<n>\d+|{tables.NUMBER}) (?:\w+ )?(?:times|occasions|e-?mails|reports|letters)\b", re.IGNORECASE
)
_SPOKE_UP = re.compile(
    r"\b(?:told|wr[io]t\w*|raised|report\w*|ask\w*|complain\w*|warn\w*|e-?mail\w*|letters?|said|rang|phoned|"
    r"spoke\w*)\b",
    re.IGNORECASE,
)

_CAPITALS = r"[A-Z0-9][\w'’&.-]*(?: (?:(?:of|the|and|for|v\.?|to) )?[A-Z0-9][\w'’&.-]*){1,5}"
_DOCUMENT_WORDS = (
    r"(?:title|page|folder|file|spreadsheet|document|report|tab|column|memo|subject|notebook|book|group|chat|channel|"
    r"log|sheet|list|diary|tracker|drive|e-?mail)"
)
_CALLED = r"(?:entitled|titled|named|called|headed|labell?ed|marked|heading|subject)"
_TITLED = re.compile(
    rf"\b(?i:{_DOCUMENT_WORDS}|{_CALLED})[ ,:]*(?:is |as |was |of )?[\"“‘'](?P<quoted>[^\"”\n]{{5,60}}?)[\"”’'](?!\w)|"
    rf"\b(?i:{_DOCUMENT_WORDS}(?: \w+){{0,3}},? {_CALLED}) (?P<plain>{_CAPITALS})"
)
"""What the source says that a document is called."""
_STANDARD_RECORDS = frozenset(
    "statement purpose children childrens guide sanction sanctions complaint complaints restraint incident incidents "
    "accident medication medicine medicines controlled drug drugs missing visitor visitors daily night handover shift "
    "communication risk location assessment placement care plan plans log logs book register record records sheet "
    "sheets rota diary file folder form forms training supervision fire safety safeguarding policy minutes team "
    "meeting regulation matrix behaviour support petty cash pocket money savings key work house home room check checks "
    "allegation allegations body map consequences rewards menu menus health education mar spreadsheet tracker report "
    "workforce development staff annual quality review independent child young person people notification bound "
    "serious physical intervention interventions administration admissions maintenance repairs defect first aid".split()
)
"""Words of the records that every service keeps, so that their titles show nothing."""


def few_could_know(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """What only one or two can have seen: a moment they gave, a document inside, the one who was there or refused."""
    yield from _moments(source, draft)
    yield from _documents(source, draft)
    yield from _details(source, draft)
    yield from _counts(source, draft)
    for own, told in _BOTH_TELL:
        for match in told.finditer(draft.text) if own.search(source.text) else ():
            sentence = re.split(r"[.!?\n](?=\s)", draft.text[max(0, match.start() - 90) : match.start()])[-1]
            after = draft.text[match.start() : match.end() + 60]
            if not _MANY_SAW.search(sentence + after) and (_COUNTED.match(after) or not of_others(sentence)):
                yield draft.hit(Giveaway.FEW, match.start(), match.end())


def _counts(source: Source, draft: Draft) -> Iterator[Hit]:
    """How often the source has spoken up."""
    own = {
        figures_of(match["n"])
        for sentence in own_sentences(source.text)
        for match in _TIMES.finditer(sentence)
        if re.search(r"\b(?:I|I've|my)\b", sentence[: match.start()])
    }
    for start, end in sentences_of(draft.text):
        for match in _TIMES.finditer(draft.text, start, end):
            if figures_of(match["n"]) in own - {"1", "2"} and _SPOKE_UP.search(draft.text[start:end]):
                yield draft.hit(Giveaway.FEW, match.start(), match.end())


def _with_neighbours(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Each sentence, the same with those beside it, and where it stands."""
    spans = list(sentences_of(text))
    for number, (start, end) in enumerate(spans):
        around = text[spans[max(0, number - 1)][0] : spans[min(number + 1, len(spans) - 1)][1]]
        yield text[start:end], around, start, end


def _moments(source: Source, draft: Draft) -> Iterator[Hit]:
    """A time of the clock that the source gives of what they saw, unless it is a limit or many know of it."""
    theirs: set[tuple[int, str]] = set()
    for sentence, around, start, end in _with_neighbours(source.text):
        many = _KNOWN_TO_MANY.search(sentence) or _MANY_SAW.search(around)
        if tables.I_SAY.search(around) and not many:
            theirs |= {(minute, half) for *_, minute, half in clock_times(source.text, start, end)}
    for start, end in sentences_of(draft.text):
        if _KNOWN_TO_MANY.search(draft.text[start:end]):
            continue
        for first, last, minute, half in clock_times(draft.text, start, end):
            before = draft.text[max(0, first - 25) : first]
            same = any(minute == other and (not half or not of or half == of) for other, of in theirs)
            if same and not _A_LIMIT.search(before):
                yield draft.hit(Giveaway.FEW, first, last)


def _documents(source: Source, draft: Draft) -> Iterator[Hit]:
    """A document by the title that the source gives, or a file of that name; not a record that every service keeps."""
    theirs = f" {' '.join(word.plain for word in words_of(source.text))} "
    for match in tables.DOCUMENT.finditer(draft.text):
        words = [word.plain for word in words_of(match.group())]
        named = {word for word in words if word not in tables.COMMON and word not in draft.service}
        plainly = match.group()[0] not in "\"“‘'" or tables.A_TITLE_NEXT.search(draft.text[: match.start()])
        if plainly and len(named) >= 2 and not named <= _STANDARD_RECORDS and f" {' '.join(words)} " in theirs:
            yield draft.hit(Giveaway.FEW, match.start(), match.end())
    for match in _TITLED.finditer(source.text):
        words = [word.plain for word in words_of(match["quoted"] or match["plain"])]
        if len(words) >= 2 and set(words) - _STANDARD_RECORDS - tables.COMMON - draft.service:
            for first, last in runs_of(words, draft):
                yield draft.hit_at(Giveaway.FEW, first, last)


def _details(source: Source, draft: Draft) -> Iterator[Hit]:
    """Many details together of what the source alone saw or was told: the place, the day, the things that lay about."""
    theirs: set[str] = set()
    for sentence, around, *_ in _with_neighbours(source.text):
        own = tables.I_SAY.search(sentence) and _I_ALONE.search(around)
        if (own or _NOBODY_ELSE.search(around)) and not _MANY_SAW.search(around):
            theirs |= {detail for word in words_of(sentence) if (detail := _detail(word, draft))}
    for start, end in sentences_of(draft.text) if len(theirs) >= DETAILS else ():
        if _MANY_SAW.search(draft.text[start:end]):
            continue
        words = [word for word in draft.words if start <= word.start < end]
        needed = DETAILS - bool(_A_TALK.search(draft.text[start:end]))
        details = [(number, detail) for number, word in enumerate(words) if (detail := _detail(word, draft)) in theirs]
        span = _close_together(details, needed)
        if span:
            yield draft.hit(Giveaway.FEW, words[span[0]].start, words[span[1]].end)


def _detail(word: Word, draft: Draft) -> str:
    """The stem of a word that shows something; '' of the others and of names."""
    plain = word.plain
    small = plain in tables.COMMON or plain in tables.EVERYDAY or plain in draft.service or len(plain) < 2
    if small or (word.written[0].isupper() and plain not in tables.DATED):
        return ""
    return stem(figures_of(plain))


def _close_together(details: Sequence[tuple[int, str]], needed: int) -> tuple[int, int] | None:
    """Where so many different details stand so near to each other, as first and last word."""
    for at, (first, _) in enumerate(details):
        near = [(number, detail) for number, detail in details[at:] if number - first < DETAIL_WORDS]
        if len({detail for _, detail in near}) >= needed:
            return first, near[-1][0]
    return None
