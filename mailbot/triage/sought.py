"""Patterns that are looked for in thousands of sentences, most of which they cannot be in.

Python tries every alternative of a pattern at every letter. What each of them must contain (words or parts of words) is
worked out once; one pass over a text finds all such words that stand in it (Aho and Corasick, 1975), and only
alternatives whose words are there are tried. What is found stays the same: `Choice.possible_in` errs to yes alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from re import _compiler, _parser  # type: ignore[attr-defined]  # private: tests/triage/test_sought.py guards them
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

import ahocorasick

T = TypeVar("T")

_SHORTEST = 2
"""A single letter is in every text, and so is no help."""

_TEXTS = 64
"""For how many texts it is remembered which words stand in them: the sentences of a message are gone through often."""


class _Words:
    """All words that any pattern needs, found in a text in one pass."""

    def __init__(self) -> None:
        self._automaton = ahocorasick.Automaton()
        self._lock = threading.Lock()
        self._found = lru_cache(maxsize=_TEXTS)(self._find)

    def add(self, words: Iterable[str]) -> None:
        with self._lock:
            for word in words:
                self._automaton.add_word(word, word)

    def standing_in(self, folded: str) -> frozenset[str]:
        """What was found before words were added does not count after."""
        return self._found(folded, len(self._automaton))

    def _find(self, folded: str, of_words: int) -> frozenset[str]:
        if not of_words:
            return frozenset()  # the library makes no automaton of nothing
        with self._lock:
            if self._automaton.kind != ahocorasick.AHOCORASICK:
                self._automaton.make_automaton()
            return frozenset(word for _, word in self._automaton.iter(_without_dots(folded)))


def _without_dots(folded: str) -> str:
    """Every i alike: to `re` the Turkish ones are the same letter, to `str.casefold` they are not."""
    return folded if folded.isascii() else folded.replace("i\u0307", "i").replace("ı", "i")


_WORDS = _Words()


class Sought:
    """One of several patterns, found as `re` finds them joined by ``|``, capitals not mattering.

    It needs one of `words` to stand in a text, but for the patterns numbered in `always`.
    """

    def __init__(self, *patterns: str, flags: int = re.IGNORECASE) -> None:
        parsed = [part for one in patterns for part in _alternatives(_parser.parse(one, int(flags)))]
        self._patterns = [_compiler.compile(one, int(flags)) for one in parsed]  # parsed once: starting is slow
        self._needs = [_needs(one) for one in parsed]
        self.always = [number for number, needs in enumerate(self._needs) if not needs]
        self._by_word: dict[str, list[int]] = {}
        for number, needs in enumerate(self._needs):
            for word in _rarest(needs):
                self._by_word.setdefault(word, []).append(number)
        self.words = frozenset(self._by_word)
        _WORDS.add(frozenset().union(*(words for needs in self._needs for words in needs)))

    def search(self, text: str, folded: str | None = None) -> re.Match[str] | None:
        """The first place of a pattern in `text`. `folded` is the text casefolded, where the caller has it."""
        first: re.Match[str] | None = None
        for number in self._possible(text.casefold() if folded is None else folded):
            match = self._patterns[number].search(text)
            if match and (first is None or match.start() < first.start()):
                first = match
        return first

    def _possible(self, folded: str) -> list[int]:
        standing = _WORDS.standing_in(folded)
        words = self.words & standing
        if not words:
            return self.always
        near = {number for word in words for number in self._by_word[word]}
        there = {number for number in near if not any(map(standing.isdisjoint, self._needs[number]))}
        return sorted(there.union(self.always))


class Choice(Generic[T]):
    """Several things, each with a pattern by which it is looked for: those that may stand in a text, in their order."""

    def __init__(self, things: Iterable[T], pattern: Callable[[T], Sought]) -> None:
        self._things = tuple(things)
        self._always: list[int] = []
        self._by_word: dict[str, list[int]] = {}
        for number, one in enumerate(self._things):
            sought = pattern(one)
            for word in sought.words:
                self._by_word.setdefault(word, []).append(number)
            if sought.always:
                self._always.append(number)
        self._words = frozenset(self._by_word)

    def __iter__(self) -> Iterator[T]:
        return iter(self._things)

    def possible_in(self, folded: str) -> list[T]:
        """Those that may be found in a text given as `str.casefold` leaves it; any other is certainly not there."""
        found = set(self._always)
        for word in self._words & _WORDS.standing_in(folded):
            found.update(self._by_word[word])
        return [self._things[number] for number in sorted(found)]


def _alternatives(parsed: Any) -> Iterator[Any]:
    """A pattern as the patterns that it is one of: ``\\b(?:a|b)c`` is ``\\bac`` or ``\\bbc``, in that order."""
    items = list(parsed)
    at = next((place for place, (kind, _) in enumerate(items) if kind is not op.AT), len(items))
    if at == len(items) or items[at][0] is not op.BRANCH:
        yield parsed
        return
    for branch in items[at][1][1]:
        yield _parser.SubPattern(parsed.state, [*items[:at], *branch, *items[at + 1 :]])


def _needs(items: Any) -> list[frozenset[str]]:
    """What every match of a sequence has at least one word of each of; nothing where nothing can be said."""
    needs: list[frozenset[str]] = []
    run = ""
    for kind, told in [*items, (None, None)]:
        if kind is op.LITERAL:
            run += chr(told)
            continue
        needs += [frozenset({_without_dots(run.casefold())}), *_needs_of(kind, told)]
        run = ""
    return [words for words in needs if min(map(len, words)) >= _SHORTEST]


def _needs_of(kind: Any, told: Any) -> list[frozenset[str]]:
    """The same for one part of a sequence: a group, alternatives, something repeated."""
    if kind is op.SUBPATTERN:
        return _needs(told[3])
    if kind is op.BRANCH:
        each = [_rarest(_needs(branch)) for branch in told[1]]
        return [frozenset().union(*each)] if all(each) else []
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and told[0] > 0:
        return _needs(told[2])
    if kind is op.ATOMIC_GROUP:
        return _needs(told)
    return []


def _rarest(needs: list[frozenset[str]]) -> frozenset[str]:
    """Of what is needed, the words that stand in the fewest texts: those whose shortest is longest."""
    return max(needs, key=lambda words: min(map(len, words)), default=frozenset())
