"""The words of a text as the search knows them: spelt alike, stemmed, and without those that stand in every message.

A word is folded (no capitals, no accents, no apostrophe: ``Children’s`` is ``children``, ``tŷ'r`` is ``ty``) and then
cut to its stem by the English stemmer of Snowball. Welsh words are too, for nothing tells them from English ones in a
query: they are found as they were written. Digits are words (URNs, ages); a postcode is its two halves, however spaced.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import NamedTuple

import Stemmer

LONGEST_WORD = 64
"""Longer runs of letters are no words but what machines write: keys, pictures in letters."""

QUERY_LENGTH = 200

WORDS_REMEMBERED = 8192
"""What is worked out of a word is remembered of so many: of all words that are common."""
LONGEST_REMEMBERED = 256

STOP_WORDS = frozenset(
    "about after again all also although am an and any are as at be because been before being but by can could did do "
    "does doing don during each either else etc ever for from further get go got had has have having he hello her here "
    "hers herself hi him himself his how however if in into is isn it its itself just ll me might more most much "
    "must my myself of off on once only or other our ours ourselves out over own re same she should so some such than "
    "that the their theirs them themselves then there these they this those through to too under until up us ve very "
    "was we were what when where which while who whom why will with would you your yours yourself "
    "ac am ar ei eu fy dy gan gyda hon hwn hynny mae mewn na nad neu nid oedd oes roedd sydd sy wedi yn yr".split()
)
"""Words that tell nothing of a message, folded; kept out of the index, since how often they stand is known to all."""

_MASKED = re.compile(r"\[(?:sender|email|phone|postal address|covered)(?: \d{1,4})?\]")
_WORD = re.compile(r"[^\W_](?:['’ʼ]?[^\W_]|[\u0300-\u036f])*")
_APOSTROPHE = re.compile(r"['’ʼ]")
_POSTCODE = re.compile(r"([a-z]{1,2}\d[a-z\d]?)(\d[a-z]{2})")
_PHRASE = re.compile(r'["“”]([^"“”]*)["“”]')
_GAP = ""
_IRREGULAR = {"children": "child", "women": "woman", "men": "man", "teeth": "tooth", "feet": "foot"}


_stemmer = Stemmer.Stemmer("english", 0)  # remembers nothing: `stem` does
_stemming = threading.Lock()
"""Held while it works: it is one for all threads, which the library does not allow for."""


def _remembering(of: Callable[[str], str]) -> Callable[[str], str]:
    """`of`, its last answers remembered; not of what machines write without a blank, which may be as long as a file."""
    remembered = lru_cache(WORDS_REMEMBERED)(of)
    return wraps(of)(lambda word: remembered(word) if len(word) <= LONGEST_REMEMBERED else of(word))


class Word(NamedTuple):
    """A word where it stands in a text; `folded` is empty where an identifying detail was masked."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: every stem of `stems`, and each of `phrases` word for word, folded."""

    stems: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]

    def asks_for(self, word: Word) -> bool:
        """Whether that is one of the words that are looked for."""
        return _counts(word.folded) and stem(word.folded) in self.stems


def words(text: str) -> Iterator[Word]:
    """The words of a text in their order, identifying details as gaps."""
    at = 0
    for masked in _MASKED.finditer(text):
        yield from _words(text, at, masked.start())
        yield Word(_GAP, masked.start(), masked.end())
        at = masked.end()
    yield from _words(text, at, len(text))


def spoken(text: str) -> str:
    """The folded words of a text in their order, a space around each; two where an identifying detail was masked."""
    parts = (" ".join(filter(None, map(_apart, _WORD.findall(part)))) for part in _MASKED.split(text))
    return f" {'  '.join(parts)} "


def stems(text: str) -> set[str]:
    """What of a text can be found."""
    return {stem(folded) for folded in spoken(text).split() if _counts(folded)}


@_remembering
def stem(folded: str) -> str:
    """The stem of a folded word."""
    with _stemming:
        found: str = _stemmer.stemWord(folded)
    return _IRREGULAR.get(found, found)


def parsed(text: str) -> Query:
    """The query that somebody wrote: words, and phrases in double quotes. It may come to nothing."""
    text = text[:QUERY_LENGTH]
    quoted = [tuple(word.folded for word in words(phrase) if word.folded) for phrase in _PHRASE.findall(text)]
    return Query(stems=tuple(sorted(stems(text))), phrases=tuple(phrase for phrase in quoted if phrase))


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for match in _WORD.finditer(text, start, end):
        folded = _folded(match.group())
        if not folded.isalpha() and (halves := _POSTCODE.fullmatch(folded)):
            middle = match.end() - len(halves[2])
            yield Word(halves[1], match.start(), middle)
            yield Word(halves[2], middle, match.end())
        elif folded:
            yield Word(folded, match.start(), match.end())


@_remembering
def _apart(word: str) -> str:
    """A word folded, and the halves of a postcode apart."""
    folded = _folded(word)
    halves = _POSTCODE.fullmatch(folded)
    return " ".join(halves.groups()) if halves else folded


@_remembering
def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    first, *ending = _APOSTROPHE.split(plain)
    if len(ending) == 1 and len(first) > 1 and len(ending[0]) < 3:
        return first
    return first + "".join(ending)


def _counts(folded: str) -> bool:
    return 1 < len(folded) <= LONGEST_WORD and folded not in STOP_WORDS
