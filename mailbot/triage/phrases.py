"""The phrases of ``models/phrases.toml``: words by which senders say what they wish done, and what is so.

A phrase is looked for in one statement at a time, so that a "not" counts only where it stands. It is found where one of
its sayings stands and none of the words that undo it does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from mailbot.domain import Email, Evidence
from mailbot.errors import ArtefactRefused
from mailbot.triage.sentences import ends
from mailbot.triage.sought import Choice, Sought

SAYS = (
    "confidentiality_requested",
    "confidentiality_waived",
    "no_name_given",
    "no_reply_wanted",
    "mailbox_not_safe",
    "letter_wanted",
    "letter_address",
    "written_by_child",
    "complained_first",
    "not_complained",
    "fears_reprisal",
    "adult_in_danger",
    "has_copies",
)
"""What a phrase may say. `letter_address` says that an address right behind it is where a letter may go."""

LONGEST_STATEMENT = 1000
"""Characters looked at together. Longer runs without a full stop are cut, which bounds the time a message can take."""

_STRAIGHT = str.maketrans("’‘‛`´“”", "'''''\"\"")


# ---- The file --------------------------------------------------------------------------------------------------------


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phrase as the file writes it. `raises` and `silent` are its examples: what it must and must not find.

    Its sayings are found as whole words, unless `whole_words` is false: then they mark the edges they need.
    """

    name: str
    says: str
    clause: str
    sayings: tuple[str, ...]
    raises: tuple[str, ...]
    silent: tuple[str, ...]
    unless: tuple[str, ...] = ()
    whole_words: bool = True


class PhraseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    stands_for: dict[str, str]
    phrase: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that say something, unless others stand in the same statement. `name` is the rule's in the evidence."""

    name: str
    clause: str
    pattern: Sought
    unless: Sought | None


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The phrases, ready to be looked for; `written` is what the file says of them."""

    version: str
    written: tuple[Written, ...]
    _by_what_they_say: Mapping[str, Choice[Phrase]]

    @classmethod
    def load(cls, models: Path) -> PhraseBook:
        """Reads ``phrases.toml``; raises `ArtefactRefused` naming the phrase that cannot be used."""
        path = models / "phrases.toml"
        try:
            file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), PhraseFile)
        except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ArtefactRefused(f"the phrases {path} cannot be read: {error}") from None
        ready: dict[str, list[Phrase]] = {says: [] for says in SAYS}
        for one in file.phrase:
            if one.says not in ready:
                raise ArtefactRefused(f"phrase {one.name}: it says {one.says!r}; allowed: {', '.join(SAYS)}")
            ready[one.says].append(_ready(one, file.stands_for))
        return cls(file.version, file.phrase, {says: choice_of(phrases) for says, phrases in ready.items()})

    def of(self, says: str) -> Choice[Phrase]:
        """The phrases that say this, one of `SAYS`, in the order of the file."""
        return self._by_what_they_say[says]


def choice_of(phrases: Iterable[Phrase]) -> Choice[Phrase]:
    """The phrases, to be looked for together."""
    return Choice(phrases, lambda phrase: phrase.pattern)


def _ready(one: Written, stands_for: Mapping[str, str]) -> Phrase:
    try:
        return Phrase(
            name=one.name,
            clause=one.clause,
            pattern=_sought(one.sayings, stands_for, whole_words=one.whole_words),
            unless=_sought(one.unless, stands_for, whole_words=one.whole_words) if one.unless else None,
        )
    except (re.error, _NoSuchWord) as error:
        raise ArtefactRefused(f"phrase {one.name}: one of its patterns cannot be used: {error}") from None


def _sought(patterns: Sequence[str], stands_for: Mapping[str, str], *, whole_words: bool) -> Sought:
    """One of the patterns: a blank stands for any white space, ``blank?`` for perhaps some."""
    spelled_out = (_spelled_out(one, stands_for) for one in patterns)
    edged = (rf"(?<!\w)(?:{one})(?!\w)" if whole_words else one for one in spelled_out)
    blanks = (one.replace(" ?", r"\s*").replace(" ", r"\s+") for one in edged)
    return Sought(*blanks, flags=re.IGNORECASE | re.DOTALL)


class _NoSuchWord(Exception):
    """A word in <angles> that stands for nothing, or for itself."""


def _spelled_out(pattern: str, stands_for: Mapping[str, str], within: tuple[str, ...] = ()) -> str:
    """The pattern on one line, with the words for which those in <angles> stand, which may hold such words again."""

    def words_for(found: re.Match[str]) -> str:
        word = found[1]
        if word not in stands_for or word in within:
            raise _NoSuchWord(f"<{word}> stands for {'itself' if word in within else 'nothing'}")
        return f"(?:{_spelled_out(stands_for[word], stands_for, (*within, word))})"

    return re.sub(r"<(\w[^<>]*)>", words_for, re.sub(r"\s*\n\s*", "", pattern))


# ---- What a message tells --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """Where a phrase was found: [start, end) of the message's `part`. `clause` is what it matters for."""

    name: str
    start: int
    end: int
    part: str
    clause: str


def statements(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each statement: a sentence over its line breaks, or a short line without a full stop."""
    start = 0
    for end in ends(text):
        while start < end and text[start : start + 1].isspace():
            start += 1  # so that a statement begins with its first word
        for cut in range(start, end, LONGEST_STATEMENT):
            yield cut, min(end, cut + LONGEST_STATEMENT)
        start = max(start, end)


def all_told(email: Email, phrases: Choice[Phrase], parts: Sequence[str] = ("text", "subject")) -> Iterator[Told]:
    """Every phrase found in the named parts, in the order of the text."""
    for part in parts:
        for start, statement, folded_statement in _cut(email.part(part)):
            for phrase in phrases.possible_in(folded_statement):
                match = phrase.pattern.search(statement, folded_statement)
                if match and not (phrase.unless and phrase.unless.search(statement, folded_statement)):
                    yield Told(phrase.name, start + match.start(), start + match.end(), part, phrase.clause)


@lru_cache(maxsize=8)
def _cut(text: str) -> tuple[tuple[int, str, str], ...]:
    """Where each statement starts, the statement with straight quotes, and the same casefolded.

    A message is asked for a dozen things in turn.
    """
    straight = text.translate(_STRAIGHT)
    cut = [(start, straight[start:end]) for start, end in statements(straight)]
    return tuple((start, statement, statement.casefold()) for start, statement in cut)


def first_told(email: Email, phrases: Choice[Phrase], parts: Sequence[str] = ("text", "subject")) -> Told | None:
    """The first of the phrases to be found, or None."""
    return next(all_told(email, phrases, parts), None)


def evidence_of(email: Email, told: Told, field: str, value: str, score: float = 0.9) -> Evidence:
    """The evidence for a flag that rests on a phrase."""
    words = email.part(told.part)[told.start : told.end]
    lead = len(words) - len(words.lstrip())
    return Evidence(
        field=field,
        value=value,
        text=words.strip(),
        start=told.start + lead,
        end=told.start + lead + len(words.strip()),
        source=f"rule:{told.name}",
        score=score,
        clause=told.clause,
        part=told.part,
    )
