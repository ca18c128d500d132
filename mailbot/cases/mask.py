"""Masking: the sender's identity taken out of what officers read, a token in place of each detail.

It masks the sender's name (from the header and from the sign-off), every mail address and telephone number, the postal
address they gave, and one that stands beneath their sign-off. The tokens and what they stand for are kept with the
identity, in the vault.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.domain import Email

_MAIL_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_TELEPHONE = re.compile(r"(?<![\w@.])(?:\+44[ -]?|\(?0)\d(?:[ ()-]{0,2}\d){8,9}(?!\w)")
PHONE, SENDER, COVERED, POSTAL = "phone", "sender", "covered", "postal address"
"""Kinds of tokens that are asked for elsewhere."""

_NAME_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor rev revd sir dame lord lady cllr councillor the and of".split()
)
_NOT_NAMES = frozenset(
    "regards thanks thank you yours sincerely faithfully best wishes kind many sent from love a an anon anonymous "
    "concerned parent worker neighbour mum dad nan staff member night owl resident support family office".split()
)
_ORDINARY_WORDS = frozenset(
    "will grace hope may mark rose bill rob sue jack pat art bob dawn faith joy june april summer autumn daisy "
    "lily ivy holly jasmine iris heather ruby pearl amber crystal angel chance chase drew frank grant hunter "
    "jay miles rich rod sky stone young king hill wood green brown white black field house home church short "
    "long wise child little day knight price cook baker page marsh moor lane bell bird fox ward west north head "
    "bishop carter moss bush rice root wall kerr power read berry love burns cross dale ford gray grey hall "
    "hardy lamb park penny peace pool savage small story".split()
)
"""Names that are also words: masked only where they are written with a capital."""
_SIGN_OFF = re.compile(
    r"(?:^|\n)[ \t]*(?:(?:kind|best|warm|many)?[ \t]*(?:regards|wishes|thanks)|yours(?:[ \t]\w+){0,2}|thank you|cheers|"
    r"love|cofion(?:[ \t]\w+)?|diolch(?:[ \t]\w+)?)[,.! \t]*\n+[ \t]*([^\n]{2,60})",
    re.IGNORECASE,
)


_BENEATH = 7
"""Lines beneath a sign-off in which an address is looked for."""
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)
_HOUSE = re.compile(r"[ \t]*(?:(?:flat|unit|apt|room) \w+,?|\d{1,4}[a-z]?,?) +\w", re.IGNORECASE)


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
        names = _names(email)
        patterns: list[tuple[str, re.Pattern[str]]] = [("email", _MAIL_ADDRESS)]
        if postal_address:
            words = [re.escape(word) for word in re.split(r"[\s,]+", postal_address) if word]
            patterns.append((POSTAL, re.compile(r"[\s,]{1,4}".join(words), re.IGNORECASE)))
        patterns.append((PHONE, _TELEPHONE))
        if names:
            patterns.append((SENDER, _names_pattern(names)))
        self._patterns = patterns
        self._tokens: dict[tuple[str, str], str] = {}

    def mask(self, text: str) -> Masked:
        """`text` with every identifying detail replaced, and where."""
        found = [(start, end, self._token(POSTAL, text[start:end])) for start, end in _signed_addresses(text)]
        for kind, pattern in self._patterns:
            for match in pattern.finditer(text):
                if not any(start < match.end() and match.start() < end for start, end, _ in found):
                    found.append((match.start(), match.end(), self._token(kind, match.group())))
        found.sort()
        return Masked(original=text, text=_replaced(text, found), swaps=tuple(found))

    def _token(self, kind: str, detail: str) -> str:
        key = kind, re.sub(r"\s+", " ", detail).casefold()
        if key not in self._tokens:
            number = sum(1 for known, _ in self._tokens if known == kind) + 1
            self._tokens[key] = f"[{kind} {number}]"
        return self._tokens[key]


def _signed_addresses(text: str) -> Iterable[tuple[int, int]]:
    """Where an address stands beneath a sign-off: from a line with a house number, if any, to that with a postcode."""
    for sign_off in _SIGN_OFF.finditer(text):
        at, first = sign_off.start(1), None
        for line in text[at:].split("\n")[:_BENEATH]:
            if first is None and _HOUSE.match(line):
                first = at
            if _POSTCODE.search(line):
                start = at if first is None else first
                yield start + len(text[start:]) - len(text[start:].lstrip()), at + len(line.rstrip())
                break
            at += len(line) + 1


def covered(text: str, pattern: re.Pattern[str], token: str) -> Masked:
    """`text` with `token` in each place of `pattern`."""
    swaps = tuple((match.start(), match.end(), token) for match in pattern.finditer(text))
    return Masked(original=text, text=_replaced(text, swaps), swaps=swaps)


def _names_pattern(names: set[str]) -> re.Pattern[str]:
    """The longest names first; capitals matter only for names of few letters and for those that are words."""
    longest_first = sorted(names, key=len, reverse=True)
    escaped = {name: re.escape(name).replace(r"\ ", r"\s+") for name in longest_first}
    as_written = {name for name in names if len(name) < 4 or name.casefold() in _ORDINARY_WORDS}
    alternatives = [escaped[name] if name in as_written else f"(?i:{escaped[name]})" for name in longest_first]
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _replaced(text: str, swaps: Sequence[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, token in swaps:
        pieces += [text[at:start], token]
        at = end
    return "".join([*pieces, text[at:]])


def _names(email: Email) -> set[str]:
    """The sender's names: whole, and each word of it that is not a title; from the header and from the sign-off."""
    whole = {email.sender.name, email.reply_to.name if email.reply_to else ""}
    whole |= set(_signed(email.text))
    whole |= {line.strip() for line in email.signature.splitlines()[:3] if 1 <= len(line.split()) <= 3}
    names: set[str] = set()
    for name in filter(None, whole):
        words = [word for word in _NAME_WORD.findall(name) if word.casefold() not in _TITLES | _NOT_NAMES]
        names |= {word for word in words if len(word) >= 2 and word[0].isupper()}
        if len(words) > 1:
            names.add(name.strip())
    return names


def _signed(text: str) -> Iterable[str]:
    """What stands under a sign-off, and a short last line of capitalised words: how people sign."""
    yield from (match.group(1).strip() for match in _SIGN_OFF.finditer(text))
    lines = [line.strip(" ,.-–\t") for line in text.splitlines() if line.strip()]
    for line in lines[-2:] if len(lines) > 2 else []:
        words = line.split()
        if 1 <= len(words) <= 3 and all(
            word[:1].isupper() and word.replace("-", "").replace(".", "").isalpha() for word in words
        ):
            yield line
