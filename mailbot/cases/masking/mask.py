"""Masking: the sender's identity taken out of what officers read, a token in place of each detail.

It masks the names by which the sender is known (`mailbot.cases.masking.own_names`) and their short forms, every mail
address, telephone number and account, the numbers they are registered under, and where they live
(`mailbot.cases.masking.own_details`). The tokens and what they stand for are kept with the identity, in the vault.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbot.cases.masking import own_details
from mailbot.cases.masking.not_names import ORDINARY, ORGANISATIONS, PARTICLES, TITLES
from mailbot.cases.masking.own_names import WORD, OwnNames, could_name, folded, own_names
from mailbot.domain import Email

PHONE, SENDER, COVERED, POSTAL = "phone", "sender", "covered", "postal address"
EMAIL, NUMBER, ACCOUNT = "email", "number", "account"
"""Kinds of tokens that are asked for elsewhere."""

_FOLLOWING = re.compile(r" (?P<word>[^\W\d_]\.(?=\s|$)|[^\W\d_](?:['’-]?[^\W\d_])*)")
_PRECEDING = re.compile(r"(?P<word>[^\W\d_](?:['’-]?[^\W\d_])*)(?P<gap>\.? ?)$")
_PLACED = re.compile(r"\b(?:in|near|around) $", re.IGNORECASE)
_LEFT, _RIGHT = 3, 3
"""Words beside a name that are taken for more of it: titles and initials before, surnames after."""
_ENDINGS = frozenset("z y ie za zza s o i e zy".split())
"""With which a name of three letters is made a pet name: Kayz, Lizzie is in the table."""
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
            free = (at == 0 or taken[at - 1][1] <= start) and (at == len(taken) or end <= taken[at][0])
            if start < end and free:
                taken.insert(at, (start, end, kind))
        swaps = [(start, end, self._token(kind, text[start:end])) for start, end, kind in taken]
        return Masked(original=text, text=_replaced(text, swaps), swaps=tuple(swaps))

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each detail stands and of what kind, what counts more first: of two that overlap the first is taken."""
        names = self._names_in(text)
        yield from ((*match.span(), EMAIL) for match in own_details.MAIL_ADDRESS.finditer(text))
        for match in own_details.WEB_ADDRESS.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in names):
                yield (*match.span(), EMAIL)
        if self._postal:
            yield from ((*match.span(), POSTAL) for match in self._postal.finditer(text))
        yield from ((*match.span(), PHONE) for match in own_details.TELEPHONE.finditer(text))
        yield from ((*span, NUMBER) for span in own_details.numbers(text))
        yield from ((*match.span(), ACCOUNT) for match in own_details.ACCOUNT.finditer(text))
        for start, end in own_details.own_addresses(text):
            yield (*self._after_the_name(names, start, end), POSTAL)
        yield from ((*span, kind) for span, kind in self._beside(text, names))
        yield from ((start, end, SENDER) for start, end in names)

    def _after_the_name(self, names: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
        """The place of an address without the name that it begins with."""
        first = bisect_left(names, (start,))
        near = (stop for begin, stop in names[first : first + 2] if begin <= start + 2 and stop < end)
        return max([start, *near]), end

    def _beside(self, text: str, names: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], str]]:
        """The sender's address and date of birth where they follow the name."""
        for _, end in names:
            born = own_details.BORN.match(text, end)
            if born:
                yield born.span("number"), NUMBER
            gap = re.compile(r"(?:[,:] ?\n?|\n| at | of | from )").match(text, end)
            if gap:
                yield from ((span, POSTAL) for span in own_details.address_at(text, gap.end()))

    def _names_in(self, text: str) -> list[tuple[int, int]]:
        plain = folded(text)
        spans = [match.span() for match in self._names.finditer(plain)] if self._names else []
        spans += [match.span() for match in WORD.finditer(plain) if _is_short_form(match[0], self._own.givens)]
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
        return found

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
        small = text[start:end].islower()
        for _ in range(0 if shouted else _RIGHT):
            after = _FOLLOWING.match(text, end)
            while after is not None and after["word"].casefold() in PARTICLES and after["word"] != "I":
                after = _FOLLOWING.match(text, after.end())
            initial = small and after is not None and len(after["word"]) == 1 and after["word"] not in "aiux"
            if after is None or not (initial or could_name(after["word"])):
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
        for given in givens
    )


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
    anywhere = rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)" if alternatives else ""
    lines = "|".join(re.escape(folded(line)) for line in sorted(own.lines, key=len, reverse=True))
    alone = rf"(?m:^[ \t]*(?:{lines})[ \t.,!]*(?:x{{1,4}})?$)" if lines else ""
    both = "|".join(filter(None, (alone, anywhere)))
    return re.compile(both) if both else None


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
