"""Is this word of a letter the name of the source, or somebody else's, a place, or an ordinary word?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    POSTCODE,
    Draft,
    Source,
    Word,
    adjacent,
    body_of,
    body_words,
    opens,
    plain_of,
    salutation_end,
    singular,
)
from mailbot.nicknames import FAMILIES, alike

_GIVEN = frozenset(name for family in FAMILIES for name in family.split())
_PARTICLES = frozenset("van der den de du da dos la le el al bin ibn ap ab mac mc o von st san ter".split())


@dataclass(frozen=True, slots=True)
class Name:
    givens: frozenset[str]
    surnames: frozenset[str]
    initials: frozenset[str]

    @property
    def parts(self) -> frozenset[str]:
        return self.givens | self.surnames


@dataclass(frozen=True, slots=True)
class Seen:
    """A word of the draft that may be the source's name, with what stands beside it."""

    source: Source
    name: Name
    draft: Draft
    number: int

    @property
    def word(self) -> Word:
        return self.draft.words[self.number]

    @property
    def before(self) -> Word | None:
        word = self.draft.words[self.number - 1] if self.number else None
        return word if word and adjacent(self.draft.text, word, self.word) else None

    @property
    def after(self) -> Word | None:
        word = self.draft.words[self.number + 1] if self.number + 1 < len(self.draft.words) else None
        return word if word and adjacent(self.draft.text, self.word, word) else None

    @property
    def opens(self) -> bool:
        """Whether a capital shows nothing here: the word opens a sentence or a line."""
        return opens(self.draft, self.word)


def name_of(name: str) -> Name:
    """The parts of a name; a hyphened part stands for itself, for its halves and for both run together."""
    tokens = [token for token in name.split() if plain_of(token) and plain_of(token) not in tables.TITLES]
    split = [[plain_of(part) for part in token.split("-") if plain_of(part)] for token in tokens]
    split = [[part.replace(" ", "") for part in parts] for parts in split if parts]
    whole = [{*parts, "".join(parts)} for parts in split]
    givens = {part for parts in whole[: max(1, len(whole) - 1)] for part in parts} - _PARTICLES
    surnames = {part for parts in whole[1:][-1:] for part in parts}
    if len(split) > 2 and split[-2][0] in _PARTICLES:
        surnames.add(split[-2][0] + split[-1][0])
    letters = [part[0].upper() for parts in split for part in parts]
    initials = {"".join(letters), "".join(parts[0][0].upper() for parts in split)}
    initials.add("".join(letters[:1] + [part[0].upper() for part in (split[-1] if len(split) > 1 else [])]))
    initials.add(letters[0] + letters[-1] if len(letters) > 1 else "")
    initials |= {"".join(part[0].upper() for part in parts) for parts in split[:-1] if len(parts) > 1}
    keep = {one for one in initials if len(one) > 1 and one.isalpha()}
    return Name(
        frozenset(one for one in givens if len(one) > 1),
        frozenset(one for one in surnames if len(one) > 1),
        frozenset(keep),
    )


def same_name(word: Word, name: str, source: Source, draft: Draft) -> bool:
    """The same or inflected; or a slip of the pen or another spelling, where the name is too long for an accident."""
    plain = word.plain
    if plain == name or plain in (f"{name}s", f"{name}es"):
        return True
    if len(name) < 4 or plain[:1] != name[:1] or not word.written[:1].isupper():
        return False
    slips = 0 if len(name) < 5 else 1 if len(name) < 8 else 2
    if not (Levenshtein.distance(plain, name, score_cutoff=slips) <= slips or _sounds(plain) == _sounds(name)):
        return False
    known = plain in tables.NEVER_NEAR | tables.COMMON | tables.WORD_NAMES | _GIVEN | draft.service
    return not known and plain not in body_words(source) and plain not in draft.small


def in_two(first: str, second: str, name: Name) -> bool:
    """Whether the two words together are a part of the name: Du Bois, Mc Allister."""
    joined = first + second
    return joined in name.parts or (
        len(first) > 1 and any(len(one) > 5 and _sounds(joined) == _sounds(one) for one in name.surnames)
    )


@lru_cache(maxsize=4096)
def _sounds(name: str) -> str:
    """A name by its sound: Sheikh and Shaikh, Clark and Clarke, Philips and Phillips are the same."""
    for spelt, said in _SOUNDS:
        name = re.sub(spelt, said, name)
    return name


_SOUNDS = (
    *(
        (r"^mac", "mc"),
        (r"ph", "f"),
        (r"ck|c(?=[aoukrl]|$)|q", "k"),
        (r"gh", ""),
        (r"w", "v"),
        (r"[yj]", "i"),
        (r"z", "s"),
    ),
    *(
        (r"(?:sk|tsk|ck)(?:i|a|ii|aia)$", "ski"),
        (r"(?<=[oe]v)a$", ""),
        (r"(?<=[^aeiou])h", ""),
        (r"[aeiou]*e[aeiou]*$", ""),
    ),
    *((r"ee|ea|ei|ie|ai|ae", "e"), (r"oo|ou|ow|au|ue|oe|o", "u"), (r"(.)\1+", r"\1")),
)


def short_for(word: Word, given: str, seen: Seen) -> bool:
    """Whether that is another form of the given name: one that is known, the beginning of it, or made from that."""
    plain = word.plain
    if plain in tables.COMMON or plain in seen.draft.service:
        return False
    if plain in alike(given):
        return True
    if not word.written[:1].isupper() or plain in tables.NEVER_NEAR | tables.TITLES:
        return False
    if seen.opens and (plain in tables.WORD_NAMES or not _says_something(seen)):
        return False
    begins = len(plain) >= 3 and len(given) - len(plain) >= 2 and given.startswith(plain)
    ends = len(plain) >= 4 and len(given) >= 7 and len(given) - len(plain) >= 2 and given.endswith(plain)
    return begins or ends or (plain not in _GIVEN and made_from(plain, given))


def made_from(word: str, name: str) -> bool:
    """Whether a nickname is made from the name: Yatesy, Smithy, Robbo, Sully, Gibbo, Macca, Gazza."""
    made = re.fullmatch(r"(.{2,}?)(y|ie|ey|o|a|s|sy|ers|zza|zzer|za|z|ster|meister)", word)
    if not made or word == name or word in _GIVEN or word in tables.COMMON | tables.NEVER_NEAR | tables.WORD_NAMES:
        return False
    stem, suffix = made[1], made[2]
    if suffix in ("zza", "zzer", "za", "z"):
        return len(stem) == 2 and name.startswith(stem)
    if stem in (name, name.removesuffix("e"), name.removesuffix("s"), name + name[-1:]):
        return True
    single = re.sub(r"(.)\1$", r"\1", stem)
    syllable = re.match(r"[^aeiouy]*[aeiouy]+[^aeiouy]{1,2}", name)
    first = syllable.group() if syllable else name
    return (
        suffix in ("y", "ie", "o", "a", "ers", "s")
        and len(single) >= 3
        and single in (first, first[:-1])
        and len(name) - len(single) > 1
    )


def has_initials(initials: str, first: Word, second: Word) -> bool:
    return (
        first.written[0] == initials[0]
        and second.written[0] == initials[-1]
        and len(second.plain) > 1
        and {first.plain, second.plain}.isdisjoint(tables.COMMON | tables.ORDINARY_ROLES | tables.NEVER_NEAR)
    )


def spelt_in(initials: str, draft: Draft) -> Iterator[tuple[Word, Word]]:
    """Where the draft has these capitals as one word, or as single letters with stops, spaces or hyphens between."""
    size = len(initials)
    for at, word in enumerate(draft.words):
        if word.written == initials:
            yield word, word
        letters = draft.words[at : at + size]
        if "".join(one.written for one in letters) == initials and len(letters) == size:
            between = [draft.text[one.end : two.start] for one, two in pairwise(letters)]
            if all(len(one) <= 2 and not one.strip(" .-") for one in between):
                yield letters[0], letters[-1]


def surname_is_theirs(seen: Seen) -> int | None:
    """Where the name starts if the surname here is the source's: with their own given name, or with nobody else's."""
    word, before = seen.word, seen.before
    if before and _own_first(before, seen):
        return None if _is_of_something(seen, before) else before.start
    titled = bool(before and before.plain in tables.TITLES and before.written[0].isupper())
    another = before and not titled and before.written[0].isupper() and before.plain not in tables.COMMON
    if (
        before
        and another
        and (len(before.written) == 1 or not opens(seen.draft, before) or _first_name(before.plain, seen.draft))
    ):
        return None
    if titled:
        return None if _another_has_it(seen, named=True) else word.start
    if word.plain in seen.draft.service or _is_place(seen) or not _plainly_a_name(seen):
        return None
    return None if _another_has_it(seen, named=False) else word.start


def given_is_theirs(seen: Seen) -> bool:
    """Whether the given name here is the source's: no other surname follows, nobody else is called that."""
    word, before = seen.word, seen.before
    plainly = word.written[0].isupper() or word.plain not in tables.WORD_NAMES
    if plainly and seen.after and any(same_name(seen.after, s, seen.source, seen.draft) for s in seen.name.surnames):
        return not _is_of_something(Seen(seen.source, seen.name, seen.draft, seen.number + 1), word)
    if seen.after and {word.plain, seen.after.plain} <= seen.name.givens:
        return True
    if (
        before
        and before.written[0].isupper()
        and before.plain not in tables.COMMON | tables.TITLES
        and not opens(seen.draft, before)
    ):
        return False
    aged = re.match(r",? (?:\(?\d|aged )", seen.draft.text[word.end :])
    if aged or not _plainly_a_name(seen) or word.plain in seen.draft.service:
        return False
    return not other_follows(seen) and not _is_place(seen)


def nickname_is_theirs(seen: Seen) -> bool:
    written = seen.word.written
    lower = not written[0].isupper()
    if lower and (not seen.word.plain.endswith(("y", "ie", "zza")) or len(seen.word.plain) < 5):
        return False
    whole = any(seen.word.plain.startswith(one.removesuffix("e")) for one in seen.name.surnames)
    if (seen.opens and not whole and not _says_something(seen)) or (lower and not whole):
        return False
    return not _is_place(seen) and not other_follows(seen) and seen.word.plain not in seen.draft.service


def other_follows(seen: Seen) -> bool:
    """Whether the given name belongs to somebody else: another surname follows it, or the source speaks of another."""
    word, after = seen.word, seen.after
    own = seen.name.surnames
    if after and after.written[:1].isupper() and after.plain not in tables.COMMON:
        return not any(same_name(after, one, seen.source, seen.draft) for one in own) and len(after.written) > 1
    written = re.escape(re.sub(r"['’]s?$", "", word.written))
    if any(
        plain_of(match[1]).split()[0] not in own
        for match in re.finditer(rf"\b{written}\s+([A-Z][a-z]+)", seen.draft.text)
    ):
        return True
    told = tables.CALLED.sub(" ", body_of(seen.source))
    return bool(re.search(rf"\b{written}\b", told))


def _another_has_it(seen: Seen, *, named: bool) -> bool:
    """Whether somebody else bears the surname: named so in the draft or by the source, or addressed in the letter."""
    written = re.escape(re.sub(r"['’]s?$", "", seen.word.written))
    greeting = seen.draft.text[: salutation_end(seen.draft.text)]
    if seen.word.start >= len(greeting) and re.search(rf"\b{written}\b", greeting):
        return True
    pair = re.compile(rf"\b([A-Z][\w'’-]*)\.?\s+{written}\b(?!,? (?:\(|aged |\d))")
    for text, titles in ((seen.draft.text, False), (body_of(seen.source), True)):
        for match in pair.finditer(text):
            first = plain_of(match[1])
            title = first in tables.TITLES
            own = any(_same(first, given) for given in seen.name.givens)
            if own or first in tables.COMMON or (title and not titles):
                continue
            if title or len(first) == 1 or _first_name(first, seen.draft):
                return True
    return not named and bool(re.search(rf"\b{written}\b", tables.CALLED.sub(" ", _own_name_out(seen))))


def _own_name_out(seen: Seen) -> str:
    """The source's text without the places where they give their own name."""
    firsts = "|".join(re.escape(one) for one in seen.name.givens) or "$"
    return re.sub(rf"\b(?:{firsts}|[A-Z]\.?) [A-Z][\w'’-]+", " ", body_of(seen.source), flags=re.IGNORECASE)


def _first_name(word: str, draft: Draft) -> bool:
    """Whether a word with a capital before a surname can be a given name even where it opens a sentence."""
    return word in _GIVEN or word not in tables.OPENERS | tables.COMMON | draft.small


def _same(first: str, given: str) -> bool:
    shorts = alike(given)
    return (
        first in shorts
        or (len(first) == 1 and first in {short[0] for short in shorts})
        or (len(given) > 4 and first[:4] == given[:4])
    )


def _own_first(before: Word, seen: Seen) -> bool:
    return before.written[0].isupper() and any(
        _same(before.plain, given) or same_name(before, given, seen.source, seen.draft) for given in seen.name.givens
    )


def _is_of_something(seen: Seen, first: Word) -> bool:
    """Whether the whole name is that of a street, a building or a trust: by the word after it, or a number before."""
    after = seen.after
    if after and after.written in (*tables.PLACE_WORDS, "Trust", "Foundation", "Award", "Scheme", "Project"):
        return True
    number = re.search(r"\b\d+[a-z]?,? $", seen.draft.text[: first.start])
    return bool(number) and seen.word.written in tables.PLACE_WORDS


def first_name_of_another(seen: Seen) -> bool:
    """Whether the word only looks like the surname, and is a first name with somebody else's surname after it."""
    exact = any(seen.word.plain in (one, f"{one}s", f"{one}es") for one in seen.name.surnames)
    after = seen.after
    return not exact and bool(after and after.written[0].isupper() and after.plain not in tables.COMMON)


_BEFORE_A_DATE = re.compile(
    r"\b(?:in|last|since|of|by|until|early|late|during|from|to|and|before|after|at|over|this|next|every|each|\d\w*)\s+$",
    re.IGNORECASE,
)


def _plainly_a_name(seen: Seen) -> bool:
    """Whether the word is a name here and not the ordinary word: by its capital, and by what stands beside it."""
    word, before, after = seen.word, seen.before, seen.after
    ordinary = not {word.plain, singular(word.plain)}.isdisjoint(tables.WORD_NAMES | tables.NEVER_NEAR | tables.COMMON)
    titled = bool(before and before.plain in tables.TITLES and before.written[0].isupper())
    if titled:
        return True
    article = bool(
        before
        and (
            before.plain in ("the", "a", "an", "this", "any", "no", "each", "his", "her", "their", "its", "of")
            or before.written.endswith(("'s", "’s"))
        )
    )
    if not word.written[0].isupper():
        own = any(word.plain.rstrip("s") == one.rstrip("s") or word.plain in alike(one) for one in seen.name.parts)
        usual = article and not (before and before.plain == "the" and len(word.plain) >= 6)
        return own and not ordinary and not usual and len(word.plain) >= 4
    if before and before.plain in ("a", "an") and word.plain in seen.name.givens:
        return False
    if not ordinary:
        return True
    if word.plain in tables.NATIONAL:
        return _says_something(seen) or word.written.endswith(("'s", "’s"))
    if word.written.isupper():
        return False
    if re.match(rf", [{''.join(one[0] for one in seen.name.givens).upper() or '-'}]\b", seen.draft.text[word.end :]):
        return True
    if after and len(after.written) == 1 and any(after.plain == one[0] for one in seen.name.surnames):
        return True
    if seen.opens or article:
        return (_says_something(seen) and not article) or word.written.endswith(("'s", "’s"))
    when = _BEFORE_A_DATE.search(seen.draft.text[max(0, word.start - 20) : word.start])
    dated = word.plain in tables.NEVER_NEAR and (when or re.match(r"\s+\d", seen.draft.text[word.end :]))
    return not dated and not (after and after.written[0].isupper() and after.plain not in seen.name.surnames)


def _says_something(seen: Seen) -> bool:
    return bool(seen.after and seen.after.plain in tables.WHAT_PEOPLE_DO)


def _is_place(seen: Seen) -> bool:
    """Whether the draft or the source speaks of a place of that name, or it is the town the source lives in."""
    written = re.escape(re.sub(r"['’]s?$", "", seen.word.written))
    town = [plain_of(part) for part in re.split(r"[,\n;]", POSTCODE.sub("", seen.source.postal))[1:]]
    if seen.word.plain in town:
        return True
    body = rf"\b{written}(?:\s+[A-Z]\w+)?\s+(?:{'|'.join(tables.PLACE_WORDS)})\b"
    pattern = re.compile(rf"{tables.AS_A_PLACE}{written}\b(?!['’])|{body}|\b[A-Z]\w+, {written}\b(?=\n|\s*$|[.,:])")
    return bool(pattern.search(seen.draft.text) or pattern.search(body_of(seen.source)))
