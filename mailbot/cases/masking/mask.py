"""Masking: the sender's identity taken out of what officers read, a token in place of each detail.

It masks the names by which the sender is known (`mailbot.cases.masking.own_names`) and their short forms, every mail
address, telephone number and account, the numbers they are registered under, and where they live
(`mailbot.cases.masking.own_addresses`). The tokens and what they stand for are kept with the identity, in the vault.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailbot.cases.masking import own_addresses, own_details
from mailbot.cases.masking.not_names import ORDINARY, ORGANISATIONS, PARTICLES, TITLES
from mailbot.cases.masking.own_names import (
    WORD,
    OwnNames,
    could_name,
    folded,
    in_another_script,
    names_in_brackets,
    own_names,
)
from mailbot.domain import Email

PHONE, SENDER, COVERED, POSTAL = "phone", "sender", "covered", "postal address"
EMAIL, NUMBER, ACCOUNT = "email", "number", "account"
"""Kinds of tokens that are asked for elsewhere."""

_FOLLOWING = re.compile(r" (?P<word>[^\W\d_]\.(?=\s|$)|[^\W\d_](?:['’-]?[^\W\d_])*)")
_PRECEDING = re.compile(r"(?P<word>[^\W\d_](?:['’-]?[^\W\d_])*)(?P<gap>\.? ?)$")
_PLACED = re.compile(r"\b(?:in|near|around) $", re.IGNORECASE)
_LEFT, _RIGHT = 3, 3
"""Words beside a name that are taken for more of it: titles and initials before, surnames after."""
_TITLE_AND_INITIAL = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Sir|Auntie|Aunty|Uncle|Nurse|Sister|Nanny)\.? (?P<of>[A-Z])\b(?![\w'.])"
)
_ENDINGS = frozenset("z y ie za zza s o i e zy".split())
"""With which a name of three letters is made a pet name: Kayz, Lizzie is in the table."""
_APART, _LONGEST_APART = 8, 30
"""How many letters before the @ are looked for with blanks between them."""
_LETTERS = re.compile(r"(?:\b[^\W\d_][ .-]){2}[^\W\d_]\b")
_SPELT_OUT = re.compile(r"[^\W\d_]{3,15}")
"""Names that are looked for letter by letter as well: "P R O S S E R"."""
_NO_NAME_BEFORE = frozenset("you i we they he she it this that these my your our the".split())
"""What follows a word that begins a sentence and is no name: "Will you", "May I", "Mark my words"."""
_BEFORE_AN_ADDRESS = re.compile(r"(?:[,:] ?\n?|\n| at | of | from )")
_JOINED = re.compile(r"-[A-Z]\w+")
_MARGIN = 3
"""Characters before a name that still begins its line."""
_BORN_WITHIN = 160
"""Characters behind a name in which a date of birth is that person's."""
_JOINING = (" and ", " & ", "/", " a ", " + ")
_MONTHS = frozenset("april may june july august march".split())
_BEFORE_MONTH = frozenset("in of since until till last next this on by from early late mid and or".split())


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with its identifying details replaced; `swaps` are (start, end, token) of the original, in order."""

    original: str
    text: str
    swaps: tuple[tuple[int, int, str], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the original stands in the masked text; a span that cuts a token takes it whole."""
        return self._position(start, after=False), self._position(end, after=True)

    def _position(self, at: int, *, after: bool) -> int:
        starts = [swap[0] for swap in self.swaps]
        number = bisect_right(starts, at - 1 if after else at)
        shift = sum(len(token) - (end - start) for start, end, token in self.swaps[:number])
        if number:
            start, end, token = self.swaps[number - 1]
            if start < at < end or (start == at and not after):
                before = shift - (len(token) - (end - start))
                return start + before + (len(token) if after else 0)
        return at + shift

    @property
    def tokens(self) -> dict[str, str]:
        """What each token stands for; kept with the identity."""
        return {token: self.original[start:end] for start, end, token in self.swaps}


class Masker:
    """Masks the texts of one message: the same detail gets the same token in every part of it."""

    def __init__(self, email: Email, postal_address: str | None) -> None:
        self._own = own_names(email)
        self._names = _names_pattern(self._own)
        self._local_part = email.sender.local_part
        self._surname_initials = {name[0].upper() for name in self._own.surnames}
        self._postal: re.Pattern[str] | None = None
        if postal_address:
            words = [re.escape(word) for word in re.split(r"[\s,]+", postal_address) if word]
            self._postal = re.compile(r"[\s,]{1,4}".join(words), re.IGNORECASE)
        self._tokens: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()

    def mask(self, text: str) -> Masked:
        """`text` with every identifying detail replaced, and where."""
        taken: list[tuple[int, int, str]] = []
        for start, end, kind in self._found(text):
            at = bisect_left(taken, (start,))
            if (at == 0 or taken[at - 1][1] <= start) and (at == len(taken) or end <= taken[at][0]):
                taken[at:at] = [(start, end, kind)] if start < end else []
            elif kind == SENDER:
                for first, last in _left_of(taken, text, start, end):
                    insort(taken, (first, last, kind))
        swaps = [(start, end, self._token(kind, text[start:end])) for start, end, kind in taken]
        return Masked(original=text, text=_replaced(text, swaps), swaps=tuple(swaps))

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each detail stands and of what kind, what counts more first: of two that overlap the first is taken."""
        names = self._names_in(text)
        yield from ((*match.span(), EMAIL) for match in own_details.MAIL_ADDRESS.finditer(text))
        for match in own_details.WEB_ADDRESS.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in names):
                yield (*match.span(), EMAIL)
        yield from ((*span, POSTAL) for span in self._addresses(text, names))
        yield from ((*span, PHONE) for span in own_details.telephones(text))
        yield from ((*span, NUMBER) for span in own_details.numbers(text))
        yield from ((*span, ACCOUNT) for span in own_details.accounts(text))
        yield from ((*span, kind) for span, kind in self._beside(text, names))
        yield from ((start, end, SENDER) for start, end in (*names, *in_another_script(text)))

    def _addresses(self, text: str, names: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The address that a letter goes to, and others of the sender's: of two that overlap the words of both."""
        found = [match.span() for match in self._postal.finditer(text)] if self._postal else []
        found += [self._after_the_name(names, start, end) for start, end in own_addresses.own_addresses(text)]
        for _, end in names:
            gap = _BEFORE_AN_ADDRESS.match(text, end)
            if gap:
                found += own_addresses.address_at(text, gap.end())
        signed = _signed_at(text, names)
        if signed is not None:
            found += own_addresses.beneath(text, signed)
        found.sort()
        while found:
            start, end = found.pop(0)
            while found and found[0][0] < end:
                end = max(end, found.pop(0)[1])
            words = text[start:end]
            yield start + len(words) - len(words.lstrip()), start + len(words.rstrip())

    def _after_the_name(self, names: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
        """The place of an address without the names that it begins with."""
        for begin, stop in names[bisect_left(names, (start,)) :]:
            if begin > start + _MARGIN or stop >= end:
                break
            start = max(start, stop)
        return start, end

    def _beside(self, text: str, names: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], str]]:
        """The sender's date of birth where it follows the name, a police officer's number on either side of it."""
        for start, end in names:
            born = own_details.BORN.search(text, end, end + _BORN_WITHIN)
            if born and not own_details.OF_A_CHILD.search(text, end, born.start()):
                yield born.span("number"), NUMBER
            before = own_details.COLLAR_BEFORE.search(text, max(0, start - 20), start)
            collar = before or own_details.COLLAR_AFTER.match(text, end)
            if collar:
                yield collar.span("number"), NUMBER

    def _names_in(self, text: str) -> list[tuple[int, int]]:
        plain = folded(text)
        spans = [match.span() for match in self._names.finditer(plain)] if self._names else []
        spans += [match.span() for match in WORD.finditer(plain) if _is_short_form(match[0], self._own.givens)]
        spans += [match.span() for match in _TITLE_AND_INITIAL.finditer(plain) if match["of"] in self._surname_initials]
        spans += _spelt_out(self._own.names, plain)
        spans += _parted(self._local_part, plain)
        found: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            guess = plain[start:end] in self._own.guessed and _PLACED.search(plain, max(0, start - 10), start)
            if guess or _is_another_word(plain, start, end):
                continue
            start, end = self._widened(plain, start, end)
            if found and (start <= found[-1][1] or plain[found[-1][1] : start] in _JOINING):
                found[-1] = found[-1][0], max(end, found[-1][1])
            else:
                found.append((start, end))
        return sorted([*found, *(span for _, end in found for span in names_in_brackets(text, end))])

    def _widened(self, text: str, start: int, end: int) -> tuple[int, int]:
        """A name with the titles and initials before it and the words of a name after it."""
        shouted = text[start:end].isupper() and end - start > 3
        plural = text[start:end].endswith("s") and text[start : end - 1] in self._own.surnames
        for _ in range(_LEFT):
            before = _PRECEDING.search(text, max(0, start - 30), start)
            if before is None or not (before["gap"] or text[start - 1] in "-/"):
                break
            word = before["word"]
            if "." in before["gap"] and len(word) > 1 and word.casefold() not in TITLES:
                break
            same = could_name(word) and not shouted and self._may_be_own(text, word, before.start(), end)
            title = word[0].isupper() and word.casefold() in TITLES
            if not (title or same or _is_initial(word, shouted) or (plural and word.casefold() == "the")):
                break
            start = before.start()
        joined = _JOINED.match(text, end)
        end = joined.end() if joined and not shouted else end
        small = text[start:end].islower()
        for _ in range(0 if shouted else _RIGHT):
            after = _FOLLOWING.match(text, end)
            while after is not None and after["word"].casefold() in PARTICLES and after["word"] != "I":
                after = _FOLLOWING.match(text, after.end())
            initial = small and after is not None and len(after["word"]) == 1 and after["word"] not in "aiux"
            surname = small and after is not None and _may_be_a_surname(text, after["word"], after.end())
            if after is None or not (initial or surname or could_name(after["word"])):
                break
            end = after.end()
        return start, end

    def _may_be_own(self, text: str, word: str, start: int, end: int) -> bool:
        """Whether a name before the sender's surname is theirs: of their initial, or a sentence that is but a name."""
        alone = re.match(r"[,.(\n]", text[end : end + 1]) and (
            start == 0 or re.search(r"[.!?\n] ?$", text[max(0, start - 2) : start])
        )
        return word[0].casefold() in self._own.initials or bool(alone)

    def _token(self, kind: str, detail: str) -> str:
        key = kind, re.sub(r"\s+", " ", detail).casefold()
        if key not in self._tokens:
            self._numbers[kind] += 1
            self._tokens[key] = f"[{kind} {self._numbers[kind]}]"
        return self._tokens[key]


def _may_be_a_surname(text: str, word: str, end: int) -> bool:
    """Whether a word in small letters, behind a given name in such, may be more of it: no common one, and the last."""
    return len(word) >= 5 and could_name(word.capitalize()) and re.match(r"[ \t]*(?:[.,\n]|$)", text[end:]) is not None


def _left_of(taken: list[tuple[int, int, str]], text: str, start: int, end: int) -> list[tuple[int, int]]:
    """What of [start, end) is not taken, without the space and points around it; `taken` is in order."""
    left = []
    at = max(0, bisect_left(taken, (start,)) - 1)
    while start < end:
        before = taken[at][0] if at < len(taken) else end
        last = min(before, end)
        while start < last and not text[start].isalnum():
            start += 1
        stop = last if last == end else start + len(text[start:last].rstrip(" ,.;:-(\n\t"))
        if start < stop:
            left.append((start, stop))
        if at == len(taken) or before >= end:
            break
        start = max(start, taken[at][1])
        at += 1
    return left


def _is_initial(word: str, shouted: bool) -> bool:
    return len(word) == 1 and word.isupper() and (word != "I" or not shouted)


def _is_short_form(word: str, givens: frozenset[str]) -> bool:
    """Whether a word with a capital is how a name begins or ends: Denz for Denzil, Seun for Oluwaseun."""
    plain = word.casefold()
    if not could_name(word) or plain in ORDINARY or not 3 <= len(plain) <= 12:
        return False
    return any(
        (given.startswith(plain) and len(given) - len(plain) >= 1)
        or (plain[:3] == given[:3] and plain[3:] in _ENDINGS)
        or (len(plain) >= 4 and (given.endswith(plain) or (len(given) >= 5 and plain.endswith(given))))
        or _nearly(plain, given)
        for given in givens
    )


def _nearly(one: str, other: str) -> bool:
    """Whether two names of five or six letters and more begin alike and differ by one letter, as misspelt ones do."""
    lengths = sorted((len(one), len(other)))
    if lengths < [5, 6] or lengths[1] - lengths[0] > 1 or one[0] != other[0]:
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[same + (len(one) >= len(other)) :] == other[same + (len(other) >= len(one)) :]


def _is_another_word(text: str, start: int, end: int) -> bool:
    """Whether what looks like the sender's name is here a month, or the end of the name of a house or a road."""
    word = text[start:end].casefold()
    if word not in ORDINARY:
        return False
    before, after = _PRECEDING.search(text, max(0, start - 30), start), _FOLLOWING.match(text, end)
    if word in _MONTHS and (
        (before and before["word"].casefold() in _BEFORE_MONTH)
        or re.search(r"\d(?:st|nd|rd|th)? $", text[max(0, start - 6) : start])
    ):
        return True
    if after and after["word"][0].isupper() and after["word"].casefold() in ORGANISATIONS:
        return True
    if (
        after
        and after["word"].casefold() in _NO_NAME_BEFORE
        and re.search(r"(?:\A|[.!?]\s+|\n)$", text[max(0, start - 8) : start])
    ):
        return True
    return bool(word in ORGANISATIONS and before and before["gap"] and could_name(before["word"]))


def covered(text: str, pattern: re.Pattern[str], token: str) -> Masked:
    """`text` with `token` in each place of `pattern`."""
    swaps = tuple((match.start(), match.end(), token) for match in pattern.finditer(text))
    return Masked(original=text, text=_replaced(text, swaps), swaps=swaps)


def _names_pattern(own: OwnNames) -> re.Pattern[str] | None:
    """The longest names first; capitals matter only for names of few letters and for those that are words."""
    longest_first = sorted(own.names | own.guessed, key=lambda name: (-len(name), name))
    alternatives = [
        f"(?:{_written(name) if name in own.names else re.escape(name)})"
        + ("s?" if name in own.surnames and len(name) > 3 else "")
        for name in longest_first
    ]
    anywhere = rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w|-[a-z])" if alternatives else ""
    lines = "|".join(re.escape(folded(line)) for line in sorted(own.lines, key=len, reverse=True))
    ends = r"(?:[ \t.,!]*(?:x{1,4})?$|(?<=\w\w)(?=[ \t]*[,(+\d]))"
    alone = rf"(?m:(?:^[ \t]*|(?<=[,.!] ))(?:{lines}){ends})" if lines else ""
    both = "|".join(filter(None, (alone, anywhere)))
    return re.compile(both) if both else None


def _spelt_out(names: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Where a name stands letter by letter."""
    if _LETTERS.search(text):
        for name in names:
            if _SPELT_OUT.fullmatch(name):
                letters = "[ .-]".join(name)
                yield from (found.span() for found in re.finditer(rf"(?<![\w.-])(?i:{letters})(?!\w)", text))


def _signed_at(text: str, names: list[tuple[int, int]]) -> int | None:
    """Where the sender's name ends that begins one of the last lines; None where none does."""
    last = own_details.lines_of(text.rstrip())[-own_details.BENEATH :]
    return next((end for begin, _ in last for start, end in names if begin <= start <= begin + _MARGIN), None)


def _parted(local_part: str, text: str) -> Iterator[tuple[int, int]]:
    """Where what stands before the @ of the sender's address is written with blanks in it: "kelly ann da costa"."""
    local = re.sub(r"[\W\d_]", "", folded(local_part)).casefold()
    if _APART <= len(local) <= _LONGEST_APART and local in text.replace(" ", "").casefold():
        yield from (found.span() for found in re.finditer(rf"(?<!\w)(?i:{' ?'.join(local)})(?!\w)", text))


def _written(name: str) -> str:
    """A name as it may be written: spaces of any length, capitals needed only where it could be another word."""
    escaped = re.escape(name).replace(r"\ ", r"\s+")
    as_written = len(name) < 4 or name.casefold() in ORDINARY or (name.replace(".", "").isupper() and len(name) < 8)
    return (
        f"{escaped}|{escaped.upper()}"
        if as_written and name.isalpha()
        else escaped
        if as_written
        else f"(?i:{escaped})"
    )


def _replaced(text: str, swaps: Sequence[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, token in swaps:
        pieces += [text[at:start], token]
        at = end
    return "".join([*pieces, text[at:]])
