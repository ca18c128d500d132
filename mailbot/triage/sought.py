"""Patterns that are looked for in thousands of sentences, most of which they cannot be in.

Python tries every alternative of a pattern at every letter. What each of them must contain (a word or a part of one) is
worked out once, and a text without any of those is passed over: the phrases of `mailbot.triage.phrases` take a
fifth of the time so. What is found stays the same, for `possible_in` errs to yes alone.
"""

from __future__ import annotations

import re
from re import _compiler, _parser  # type: ignore[attr-defined]  # private: tests/triage/test_sought.py guards them
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any

_SHORTEST = 2
"""A single letter is in every text, and so is no help."""


_Needy = tuple[re.Pattern[str], frozenset[str] | None]
"""A pattern, and the words of which it needs one."""


class Sought:
    """One of several patterns, found as `re` finds them joined by ``|``, capitals not mattering."""

    def __init__(self, *patterns: str, flags: int = re.IGNORECASE) -> None:
        parsed = [_parser.parse(one, int(flags)) for one in patterns]  # once, flags as `re` has them: starting is slow
        self._patterns = [(_compiler.compile(one, int(flags)), _needs(one)) for one in parsed]

    def within(self, folded: str) -> Sought | None:
        """Those that may be found in a text given as `str.casefold` leaves it; None where certainly none is."""
        possible = _possible(self._patterns, folded)
        if not possible:
            return None
        narrowed = Sought()
        narrowed._patterns = possible
        return narrowed

    def search(self, text: str, folded: str | None = None) -> re.Match[str] | None:
        """The first place of a pattern in `text`. `folded` is the text casefolded, where the caller has it."""
        first: re.Match[str] | None = None
        for pattern, _ in _possible(self._patterns, text.casefold() if folded is None else folded):
            match = pattern.search(text)
            if match and (first is None or match.start() < first.start()):
                first = match
        return first


def _possible(patterns: list[_Needy], folded: str) -> list[_Needy]:
    found = []
    for one in patterns:
        if one[1] is None:
            found.append(one)
            continue
        for word in one[1]:
            if word in folded:
                found.append(one)
                break
    return found


def _needs(items: Any) -> frozenset[str] | None:
    """Words of which every match of a sequence has at least one; None where nothing can be said.

    Of what the sequence must contain, the choice whose shortest word is longest.
    """
    choices: list[frozenset[str]] = []
    run = ""
    for kind, told in [*items, (None, None)]:
        if kind is op.LITERAL:
            run += chr(told)
            continue
        choices += [frozenset({run.casefold()})]
        run = ""
        found = _needs_of(kind, told)
        choices += [found] if found else []
    best = max(choices, key=lambda words: min(map(len, words)))
    return best if min(map(len, best)) >= _SHORTEST else None


def _needs_of(kind: Any, told: Any) -> frozenset[str] | None:
    """The same for one part of a sequence: a group, alternatives, something repeated."""
    if kind is op.SUBPATTERN:
        return _needs(told[3])
    if kind is op.BRANCH:
        each = [_needs(branch) for branch in told[1]]
        return None if None in each else frozenset().union(*(words for words in each if words))
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and told[0] > 0:
        return _needs(told[2])
    if kind is op.ATOMIC_GROUP:
        return _needs(told)
    return None
