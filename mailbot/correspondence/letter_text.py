"""How letters are read here: words with their places, sentences, numbers, times of the clock, greetings, signatures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from rapidfuzz.distance import Levenshtein

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.own_words import WORD

POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)[\s-]*(\d[A-Z]{2})\b", re.IGNORECASE)
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as written, and plain (small letters, no accents, no possessive)."""

    written: str
    plain: str
    start: int
    end: int


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter with its words, the words that stand in it with a small letter, and those of the service's name."""

    text: str
    words: tuple[Word, ...]
    small: frozenset[str]
    service: frozenset[str]

    def hit(self, what: Giveaway, start: int, end: int) -> Hit:
        return Hit(what=what, text=self.text[start:end], start=start, end=end)

    def hit_at(self, what: Giveaway, first: int, last: int) -> Hit:
        """The hit from one word to another, by their numbers."""
        return self.hit(what, self.words[first].start, self.words[last].end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who wrote, as the vault knows them, and what they wrote. What is not known is ''."""

    name: str = ""
    address: str = ""
    postal: str = ""
    phones: tuple[str, ...] = ()
    role: str = ""
    employer: str = ""
    text: str = ""


@lru_cache(maxsize=4096)
def plain_of(text: str) -> str:
    """Small letters without accents, possessives and marks."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w ]+", " ", re.sub(r"['’]s?\b", "", bare)).split())


def draft_of(text: str, service_name: str) -> Draft:
    words = tuple(words_of(text))
    small = frozenset(word.plain for word in words if word.written[0].islower())
    return Draft(text, words, small, frozenset(word.plain for word in words_of(service_name)))


def words_of(text: str) -> Iterator[Word]:
    for match in WORD.finditer(text):
        plain = plain_of(match.group())
        if plain:
            yield Word(match.group(), plain, match.start(), match.end())


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(
        r"[^.!?\n]+(?:[.!?](?=[\d\w])[^.!?\n]*|(?<=\bMr)\.[^.!?\n]*|(?<=\bMrs)\.[^.!?\n]*)*[.!?]?", text
    ):
        if match.group().strip():
            yield match.start(), match.end()


def own_sentences(text: str) -> list[str]:
    """The sentences in which somebody speaks of themselves."""
    return [text[start:end] for start, end in sentences_of(text) if tables.I_SAY.search(text[start:end])]


def digits_of(phone: str) -> str:
    """A number's digits without the country's: +44 (0)1632 and 01632 are the same."""
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", phone))
    return re.sub(r"^(?:0044|44|0)0?", "", digits)


_NOUGHTS = {"hundred": "00", "thousand": "000"}


def spoken_digits(text: str) -> str:
    """The figures of a number told in words: double oh seven."""
    digits, times = "", 1
    for word in plain_of(text).split():
        if word in ("double", "treble", "triple"):
            times = 2 if word == "double" else 3
            continue
        told = _NOUGHTS.get(word) or (word if word.isdigit() else str(tables.NUMBERS.get(word, 0)))
        digits, times = digits + told * times, 1
    return digits


def figures_of(text: str) -> str:
    """Plain words with numbers in figures: nineteen years and 19 years are the same."""
    words: list[str] = []
    for word in plain_of(text).split():
        number = 1 if word == "a" else tables.NUMBERS.get(word)
        if number is not None and number < 10 and words and words[-1].isdigit() and int(words[-1]) % 10 == 0:
            words[-1] = str(int(words[-1]) + number)
        else:
            words.append(singular(word) if number is None else str(number))
    return " ".join(words)


def clock_times(text: str, start: int, end: int) -> Iterator[tuple[int, int, int, str]]:
    """Where a time of the clock stands, its minute of the half day, and which half where that is told."""
    for match in tables.CLOCK.finditer(text, start, end):
        after = tables.HALF_OF_DAY.match(text[match.end() : match.end() + 30])
        half = "am" if after and after["am"] else "pm" if after and after["pm"] else ""
        hour_word = match["h"] or match["h24"] or match["hour"] or match["half"] or match["o"]
        hour = int(figures_of(hour_word))
        half = half or ("pm" if (match["h"] or match["h24"]) and hour > 12 else "")
        minute = int(match["m"] or match["m24"] or (30 if match["half"] else 0))
        if match["past"]:
            told = match["past"].casefold()
            minute = 15 if "quarter" in told else 30 if "half" in told else int(figures_of(told).split()[0])
            minute = -minute if match["way"].casefold() == "to" else minute
        yield match.start(), match.end() + (after.end() if after else 0), (hour * 60 + minute) % 720, half


def singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def stem(word: str) -> str:
    """A word without its ending: charged, charging and charge are the same."""
    return re.sub(r"(?:ing|ed|es|s|ly|e|ions?)$", "", word) if len(word) > 4 else word


def is_one(word: str) -> bool:
    """Whether the word is of one and not of many."""
    return singular(word) == word and word not in ("people", "staff", "children")


def adjacent(text: str, first: Word, second: Word) -> bool:
    return bool(re.fullmatch(r"\.?[ \t\u00a0-]{1,2}|[._]", text[first.end : second.start]))


def beside(text: str, first: Word, second: Word) -> bool:
    """Whether nothing but a space, a comma or a hyphen stands between the two."""
    return (
        bool(re.fullmatch(r"[’']?[\s,.–-]{1,3}", text[first.end : second.start]))
        and "\n\n" not in text[first.end : second.start]
    )


def opens(draft: Draft, word: Word) -> bool:
    return bool(re.search(r"(?:^|[.!?:;]|\n)\s*[\"“‘(]?$", draft.text[max(0, word.start - 6) : word.start]))


def says_who(text: str, start: int, end: int) -> bool:
    """Whether the words around say that the report came from whoever is named there."""
    before = re.split(r"[.!?\n](?=\s)", text[max(0, start - 120) : start])[-1]
    return bool(tables.AGENT_BEFORE.search(before) or tables.AGENT_AFTER.search(text[end : end + 120]))


def salutation_end(text: str) -> int:
    """Where the line that greets the reader ends; 0 if there is none."""
    match = re.match(r"\s*(?:Dear|To|Annwyl|FAO|For)\b[^\n]*", text)
    return match.end() if match else 0


def sign_off_start(text: str) -> int:
    """Where the words that end the letter start; its length if there are none."""
    found = [
        match.start()
        for match in re.finditer(r"^(?:Yours|Kind regards|Regards|With best wishes)\b", text, re.MULTILINE)
    ]
    return found[-1] if found else len(text)


def _is_headed(line: str) -> bool:
    """Whether most words of the line have a capital or are numbers, as in a title or a qualification."""
    words = [word.written for word in words_of(line)]
    return len(line) < 80 and sum(not word[0].islower() for word in words) * 2 > len(words)


def _ends_named(line: str) -> bool:
    """Whether a few words end with a comma and a name or an initial: Ever yours, Mrs D."""
    return len(line.split()) <= 7 and bool(
        re.search(r",\s(?:M(?:rs?|s|iss|me|x)\.?\s|Dr\.?\s)?[A-Z][\w’'-]*\.?$", line)
    )


def _ending(text: str) -> list[str]:
    """The last lines of a message, as many as a sign-off and a signature take."""
    return [line.strip() for line in text.strip().split("\n") if line.strip()][1:][-8:]


def signature_lines(text: str) -> list[str]:
    """The lines from a sign-off on, or the last lines where they are short and no sentences."""
    lines = _ending(text)
    for number, line in enumerate(lines):
        if tables.SIGN_OFF.match(line) and len(line) < 60:
            rest = "" if tables.STANDARD_SIGN_OFF.fullmatch(line) else tables.SIGN_OFF.sub("", line).strip()
            return [one for one in [rest, *lines[number + 1 :]] if one]
    start = len(lines)
    while (
        start
        and (len(lines[start - 1]) < 40 or _is_headed(lines[start - 1]))
        and (not (lines[start - 1][-1] in ".?!" and len(lines[start - 1].split()) > 3) or _ends_named(lines[start - 1]))
    ):
        start -= 1
    return lines[max(start, len(lines) - 4) :]


def _shows_something(line: str) -> bool:
    return any(word.plain not in tables.COMMON | tables.EVERYDAY | {"help"} for word in words_of(line))


def sign_offs(text: str) -> list[str]:
    """Sign-offs at the end of a message that are not everybody's: by how they begin, or by a comma before the name."""
    lines = _ending(text)[-4:]
    return [
        line
        for number, line in enumerate(lines)
        if len(line) < 60
        and (tables.SIGN_OFF.match(line) or (line[-1] in ",!" and _shows_something(line) and number < len(lines) - 1))
        and not tables.STANDARD_SIGN_OFF.fullmatch(line)
    ]


@lru_cache(maxsize=8)
def _without_signature(text: str) -> str:
    for line in signature_lines(text):
        at = text.rfind(line)
        text = text[:at] if at > 0 else text
    return text


def body_of(source: Source) -> str:
    """What they wrote, without their signature."""
    return _without_signature(source.text)


@lru_cache(maxsize=8)
def _body_words(text: str) -> frozenset[str]:
    return frozenset(word.plain for word in words_of(_without_signature(text)))


def body_words(source: Source) -> frozenset[str]:
    """The plain words of what they wrote, without their signature."""
    return _body_words(source.text)


@lru_cache(maxsize=8)
def _small_words(text: str) -> frozenset[str]:
    return frozenset(word.plain for word in words_of(text) if word.written[0].islower())


def small_words(source: Source) -> frozenset[str]:
    """The words that they write with a small letter."""
    return _small_words(source.text)


def signed_names(text: str) -> list[str]:
    """The name in the first line of the signature, word by word where it is short."""
    lines = [line for line in signature_lines(text) if line[-1] not in "!,"] or [""]
    words = [word.written for word in words_of(lines[0])]
    return [word for word in words if word[:1].isupper()] if len(words) <= 3 else []


def telling_words(words: Sequence[str], draft: Draft) -> int:
    """How many of the words are neither small nor such as every concern is told in."""
    small = tables.COMMON | tables.EVERYDAY | tables.CONCERNS | draft.service
    return sum(word not in small for word in words)


def runs_of(
    words: Sequence[str], draft: Draft, forms: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[int, int]]:
    """Where these words stand in a row in the draft, as first and last word; `forms` are other ways to write some."""
    size = len(words)
    for at in range(len(draft.words) - size + 1) if size else ():
        window = [forms.get(word.plain, word.plain) for word in draft.words[at : at + size]]
        if all(_nearly(one, word) for one, word in zip(window, words, strict=True)):
            yield at, at + size - 1


def _nearly(word: str, name: str) -> bool:
    if word == name or word == f"{name}s":
        return True
    return len(name) >= 6 and word[:1] == name[:1] and Levenshtein.distance(word, name, score_cutoff=1) <= 1
