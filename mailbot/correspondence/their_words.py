"""The source's own words in a draft: how they signed, what they wrote, whole or with some words changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    Draft,
    Giveaway,
    Hit,
    Source,
    Word,
    opens,
    plain_of,
    runs_of,
    sentences_of,
    sign_offs,
    signature_lines,
    telling_words,
    words_of,
)
from mailbot.correspondence.namesakes import name_of

RUN_WORDS = 8
"""So many of the source's own words in a row are theirs, and no accident."""
LIKENESS = 84.0
"""A sentence, or words in quotation marks, as like the source's (of 100) are theirs with words changed."""
PUBLIC_LIKENESS = 74.0
"""Words as like what the source took from what anybody can read were taken from there."""
TELLING_BESIDE = 3
"""So many telling words beside what anybody can read are not from there."""
LONGEST_SENTENCE = 80
"""Words of a sentence that are compared with changes allowed; only runs count in what follows."""
SHARED_WORDS, SHARED_TELLING, SHARED_SHARE = 9, 4, 0.75
"""So many words of a sentence in their order, so many of them telling, so large a part of what lies between."""

_LEGAL = re.compile(
    r"\b(?:section \d|\w+ Act (?:19|20)\d\d|regulations? (?:\d|20)|offence|national minimum standards|"
    r"protected disclosure)\b",
    re.IGNORECASE,
)
"""Words of the law: whoever quotes it quotes nobody else."""
_ANYBODY_CAN_READ = re.compile(
    r"\b(?:statement of purpose|publish(?:ed|es)|website|(?:web|public|alumni|residents['’]?|facebook) ?page|brochure|"
    r"prospectus|children['’]?s guide|(?:last|previous) inspection|(?:annual|inspection|published|ofsted|your last|"
    r"our last|last year['’]s) (?:return|report)|accounts|(?:council|committee|public|annual) (?:minutes|meeting)|"
    r"minutes|newspapers?|(?:local|the) (?:paper|press|news|gazette|echo)|press|on the news|regulations?|"
    r"standards? (?:is|are|says?|requires?|provides?|that)|\w+ standard|the act\b|guidance|guide to|policy (?:says|"
    r"states|is)|companies house|planning application|court|advert(?:isement)?s?|leaflet|joint letter|petition|poster|"
    r"notice on|sign (?:on|at|by|in|that|outside)|sent (?:to|round|out to) (?:all|every\w*)|"
    r"report (?:of|on) (?:your|our|the) inspection|public (?:account|post|profile|video)|gone viral|all over (?:the|"
    r"her|his|their) (?:school|town|village|internet)|(?:hundreds?|thousands?)(?: of)?(?: \w+)? (?:have |had )?(?:seen|"
    r"watched|read)|(?:seen|watched|read) by (?:hundreds|thousands|everyone|all)|(?:note|letter|e-?mail|"
    r"memo|circular) (?:\w+ ){0,4}(?:to|from you to) (?:all|every\w*)|(?:have |were |was )?all (?:had|been sent|sent|"
    r"received|got))\b",
    re.IGNORECASE,
)
"""Where words come from that anybody, or everybody there, can have read."""
_FROM = re.compile(
    rf"(?P<public>{_ANYBODY_CAN_READ.pattern}|\bour(?: own)? report\b|\bwe (?:have |had )?said\b)|"
    r"\b(?:memo|note|e-?mail|message|texts?|diary|log|told|hear|remark\w*|said|called|shout\w*|words|rules?|"
    r"manager|deputy|owner|boss)\b",
    re.IGNORECASE,
)
"""Whence a text says that words come; the last before them counts."""
_SIMILE = re.compile(
    r"\b(?:(?<!would )(?<!should )(?<!['’]d )like(?! to\b)|as if|as though|as (?!well|soon|far|long|much|many|little|"
    r"few|often|part)[a-z]+ as|more [a-z]+ than|hind leg|once in a)\b",
    re.IGNORECASE,
)
"""A likeness: official letters make none, so that a shared one is the source's."""
_AS_THEY_SAID = re.compile(
    r"\b(?:described to us|(?:is|was|been) described(?: to us)?|likened|compared) (?:as|to|with)(?: an?| the|"
    r" being)?\s+[\"“‘']?$|\b(?:in (?:the|their|his|her) words?(?: of [\w ]{3,30})?|as (?:it was|one \w+|they|she|he|"
    r"was) put(?: it| to us)?|(?:the|a) (?:phrase|words|expression)|puts it as|called (?:it|this|"
    r"the \w+))[:,]?\s+(?:an? |the )?[\"“‘']?$",
    re.IGNORECASE,
)
"""Before words that are given as somebody's own."""
_QUOTED = re.compile(r"[\"“]([^\"”\n]{8,300})[\"”]|(?<!\w)[‘']([^’'\n]{12,300}(?:['’]\w[^’'\n]*)*)[’'](?!\w)")


def signature(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A line from beneath their sign-off or a part of it, and a sign-off that few would use."""
    name = name_of(source.name)
    lines = [re.sub(r"[ xX]+$", "", line) for line in signature_lines(source.text)]
    parts = {part.strip() for line in lines for part in [line, *re.split(r"[,|()\t]|\s[-–—]\s", line)]}
    small = draft.service | tables.COMMON | tables.ORDINARY_ROLES | name.parts | {one[0] for one in name.parts}
    wanted = []
    for part in parts:
        words = [word.plain for word in words_of(part)]
        if len(words) >= 2 and not set(words) <= small and not tables.STANDARD_SIGN_OFF.fullmatch(part):
            wanted.append(words)
    if not draft.text.lstrip().startswith("Annwyl"):
        wanted += [[word.plain for word in words_of(line)] for line in sign_offs(source.text)]
    wanted += [words[1:] for words in wanted if words[:1] == ["yours"] and len(words) > 3]
    for words in wanted:
        for first, last in runs_of(words, draft):
            yield draft.hit_at(Giveaway.SIGNATURE, first, last)


@dataclass(frozen=True, slots=True)
class _Account:
    """What the source wrote: its words, all in a row, its sentences, and those that tell what anybody can read."""

    words: tuple[str, ...]
    whole: str
    sentences: tuple[str, ...]
    public: str
    quoted: tuple[str, ...]
    tells_public: bool

    def holds(self, run: Sequence[str]) -> bool:
        return f" {' '.join(run)} " in self.whole


def _account_of(source: Source) -> _Account:
    words = tuple(word.plain for word in words_of(source.text))
    sentences = [source.text[start:end] for start, end in sentences_of(source.text)]
    around = [" ".join(sentences[max(0, number - 1) : number + 2]) for number in range(len(sentences))]
    public = [one for one, read in zip(sentences, around, strict=True) if _ANYBODY_CAN_READ.search(read)]
    quoted = tuple(plain_of(match.group()) for match in _QUOTED.finditer(source.text))
    return _Account(
        words,
        f" {' '.join(words)} ",
        tuple(plain_of(one) for one in sentences),
        plain_of(" ".join(public)),
        quoted,
        bool(_ANYBODY_CAN_READ.search(source.text)),
    )


def verbatim(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Their own words: a long run of them, a likeness or a slip of theirs, a sentence nearly theirs, a quotation.

    Not what both took from the law, from a published text or from a letter to all.
    """
    theirs = _account_of(source)
    found = (*_runs(theirs, draft), *_similes(source.text, draft), *_reworded(theirs, draft), *_quoted(theirs, draft))
    for hit in found:
        if not _from_public(hit, theirs, draft):
            yield hit
    for word in draft.words:
        if word.plain in tables.MISSPELT and word.plain in theirs.words:
            yield draft.hit(Giveaway.VERBATIM, word.start, word.end)


def _from_public(hit: Hit, theirs: _Account, draft: Draft) -> bool:
    """Whether the draft too says where the words come from, and the source has them from there."""
    for first, last in _public_quotations(theirs, draft):
        rest = [
            word.plain for word in draft.words if hit.start <= word.start < hit.end and not first <= word.start < last
        ]
        if hit.start < last and first < hit.end and telling_words(rest, draft) < TELLING_BESIDE:
            return True
    start = max((start for start, _ in sentences_of(draft.text) if start <= hit.start), default=0)
    if not theirs.public or not _ANYBODY_CAN_READ.search(draft.text[max(0, start - 120) : hit.end + 120]):
        return False
    return fuzz.partial_ratio(plain_of(hit.text), theirs.public) >= PUBLIC_LIKENESS


def _public_quotations(theirs: _Account, draft: Draft) -> Iterator[tuple[int, int]]:
    """Where the draft quotes what the source quotes too, and says that it is from what anybody can read."""
    starts = [start for start, _ in sentences_of(draft.text)]
    for match in _QUOTED.finditer(draft.text):
        if not any(fuzz.ratio(plain_of(match.group()), one) >= LIKENESS for one in theirs.quoted):
            continue
        *_, before, start = [0, 0, *(start for start in starts if start <= match.start())]
        told = list(_FROM.finditer(draft.text, before, match.start()))
        goes_on = theirs.tells_public and re.match(r"\s*(?:It|They|These|This|That|Among)\b", draft.text[start:])
        if told and told[-1]["public"] and (told[-1].start() >= start or goes_on):
            yield match.span()


def _quoted(theirs: _Account, draft: Draft) -> Iterator[Hit]:
    for match in _QUOTED.finditer(draft.text):
        said = [word.plain for word in words_of(match.group())]
        nearly = len(said) >= 4 and fuzz.partial_ratio(" ".join(said), theirs.whole) >= LIKENESS
        same = len(said) >= 3 and theirs.holds(said)
        if (same or nearly) and not is_title(draft.text, match.start()):
            yield draft.hit(Giveaway.VERBATIM, match.start(), match.end())


def _reworded(theirs: _Account, draft: Draft) -> Iterator[Hit]:
    """A sentence of theirs with a few words changed, whole or within a longer one."""
    sentences = [one for one in theirs.sentences if len(one.split()) >= RUN_WORDS - 1]
    for start, end in sentences_of(draft.text):
        own = plain_of(draft.text[start:end])
        if _LEGAL.search(own) or telling_words(own.split(), draft) < 3:
            continue
        if len(own.split()) >= RUN_WORDS and any(fuzz.ratio(own, one) >= LIKENESS for one in sentences):
            yield draft.hit(Giveaway.VERBATIM, start, end)
            continue
        words = [word for word in draft.words if start <= word.start < end]
        plain = [word.plain for word in words]
        unsaid = frozenset(number for number, word in enumerate(words) if _is_a_name(word, draft))
        spans = [span for one in sentences if (span := _mostly(plain, one.split(), unsaid, draft))]
        if spans:
            first, last = max(spans, key=lambda span: span[1] - span[0])
            yield draft.hit(Giveaway.VERBATIM, words[first].start, words[last].end)


def _is_a_name(word: Word, draft: Draft) -> bool:
    """Whether a word is part of a name, or a number: whoever writes of the same people or funds must write it too."""
    return word.plain.isdigit() or (word.written[0].isupper() and not opens(draft, word))


def _mostly(own: Sequence[str], theirs: Sequence[str], names: frozenset[int], draft: Draft) -> tuple[int, int] | None:
    """The stretch of a sentence that is the source's sentence with some words changed, as first and last word."""
    blocks = LCSseq.editops(own[:LONGEST_SENTENCE], theirs[:LONGEST_SENTENCE]).as_matching_blocks()
    kept = [block.a + step for block in blocks for step in range(block.size)]
    for first in range(len(kept)):
        for last in range(len(kept) - 1, first + SHARED_WORDS - 2, -1):
            words = kept[first : last + 1]
            telling = telling_words([own[number] for number in words if number not in names], draft)
            if len(words) / (kept[last] - kept[first] + 1) >= SHARED_SHARE and telling >= SHARED_TELLING:
                return kept[first], kept[last]
    return None


def _runs(theirs: _Account, draft: Draft) -> Iterator[Hit]:
    """Where so many words in a row are the source's, or fewer that make a likeness or are said to be somebody's."""
    titles = [match.span() for match in tables.DOCUMENT.finditer(draft.text) if is_title(draft.text, match.start())]
    plain = ["" if any(a <= word.start < b for a, b in titles) else word.plain for word in draft.words]
    runs = {theirs.words[at : at + 3] for at in range(len(theirs.words) - 2)}
    at = 0
    while at <= len(plain) - 3:
        end = at + 3
        if tuple(plain[at:end]) not in runs:
            at += 1
            continue
        while end < len(plain) and theirs.holds(plain[at : end + 1]):
            end += 1
        if _shows(draft.words[at:end], draft):
            yield draft.hit_at(Giveaway.VERBATIM, at, end - 1)
        at = end - 2


def _similes(theirs: str, draft: Draft) -> Iterator[Hit]:
    """A likeness that the source draws too, with other words around it."""
    told = [set(_likened(theirs[match.end() : match.end() + 80])) for match in _SIMILE.finditer(theirs)]
    for match in _SIMILE.finditer(draft.text):
        after = draft.text[match.end() : match.end() + 80]
        shared = [set(_likened(after)) & one for one in told]
        if any(len(one) >= 2 for one in shared):
            end = max(after.casefold().find(word) + len(word) for one in shared for word in one)
            yield draft.hit(Giveaway.VERBATIM, match.start(), match.end() + end)


def _likened(text: str) -> list[str]:
    """The words of a likeness that show something."""
    first = re.split(r"[.!?;\n]", text)[0]
    return [one.plain for one in words_of(first) if one.plain not in tables.COMMON | tables.EVERYDAY]


def _shows(run: Sequence[Word], draft: Draft) -> bool:
    """Whether a run of the source's words shows that it is theirs."""
    start = run[0].start
    said = draft.text[start : run[-1].end]
    telling = telling_words([word.plain for word in run if not _is_a_name(word, draft)], draft)
    long = (len(run) >= RUN_WORDS and telling >= 3) or (len(run) >= RUN_WORDS - 1 and telling >= 4)
    long = long or (len(run) >= RUN_WORDS + 2 and telling >= 1)
    if long and not _LEGAL.search(said):
        return True
    simile = _SIMILE.search(said)
    if simile and len(run) >= 4 and telling_words(plain_of(said[simile.end() :]).split(), draft):
        return True
    return telling >= 2 and bool(_AS_THEY_SAID.search(draft.text[max(0, start - 60) : start]))


def is_title(text: str, start: int) -> bool:
    """Whether the quotation that starts here is what a document is called."""
    return bool(tables.A_TITLE_NEXT.search(text[max(0, start - 40) : start]))
