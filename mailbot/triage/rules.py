"""The rules of ``models/rules.toml``: patterns an officer can read, each with its own examples.

A rule looks at one sentence at a time. It raises its flag where `pattern` is found in the sentence, `unless` is not
(negation, the past, a question of policy), and `together_with`, if given, stands anywhere in the text. It never lowers
one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mailbot.domain import Email, Evidence
from mailbot.errors import ArtefactRefused
from mailbot.triage.sentences import sentences
from mailbot.triage.sought import Sought

FIELDS = frozenset({"immediate_risk", "situations", "service_type", "whistleblowing"})


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as the file writes it. `raises` and `silent` are its examples: sentences it must and must not flag."""

    name: str
    field: str
    value: str
    clause: str
    score: float
    pattern: str
    raises: tuple[str, ...]
    silent: tuple[str, ...]
    unless: str = ""
    unless_words: tuple[str, ...] = ()
    together_with: str = ""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    unless_words: dict[str, str]
    rule: tuple[Rule, ...]


class RuleBook:
    """The rules, compiled. `version` is written into every assessment."""

    def __init__(self, file: RuleFile) -> None:
        self.version = file.version
        self.rules = file.rule
        self._compiled = [_compile(rule, file.unless_words) for rule in file.rule]

    @classmethod
    def load(cls, models: Path) -> RuleBook:
        """Reads ``rules.toml``; raises `ArtefactRefused` naming the rule that cannot be used."""
        path = models / "rules.toml"
        try:
            return cls(msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RuleFile))
        except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ArtefactRefused(f"the rules {path} cannot be read: {error}") from None

    def hits(self, text: str, part: str = "text") -> Iterator[Evidence]:
        """Every flag the rules raise in `text`, with the words that did it."""
        folded = text.casefold()
        possible = [compiled for compiled in self._compiled if compiled.possible_in(text, folded)]
        for start, end in sentences(text) if possible else ():
            sentence = text[start:end]
            folded = sentence.casefold()
            for compiled in possible:
                match = compiled.match(sentence, folded)
                if match:
                    yield _evidence(compiled.rule, match, start, part)

    def hits_in(self, email: Email, parts: tuple[str, ...]) -> tuple[Evidence, ...]:
        """Every flag in the named parts of a message."""
        return tuple(hit for part in parts for hit in self.hits(email.part(part), part))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule with its patterns ready to use."""

    rule: Rule
    pattern: Sought
    unless: Sought | None
    together_with: Sought | None

    def possible_in(self, text: str, folded: str) -> bool:
        if not self.pattern.within(folded):
            return False
        return self.together_with is None or self.together_with.search(text, folded) is not None

    def match(self, sentence: str, folded: str) -> re.Match[str] | None:
        match = self.pattern.search(sentence, folded)
        if match and self.unless and self.unless.search(sentence, folded):
            return None
        return match


def _compile(rule: Rule, unless_words: dict[str, str]) -> _Compiled:
    if rule.field not in FIELDS:
        raise ArtefactRefused(f"rule {rule.name}: found field {rule.field!r}; allowed: {', '.join(sorted(FIELDS))}")
    try:
        unless = "|".join(filter(None, [*(unless_words[word] for word in rule.unless_words), rule.unless]))
        return _Compiled(
            rule=rule,
            pattern=_pattern(rule.pattern),
            unless=_pattern(unless) if unless else None,
            together_with=_pattern(rule.together_with) if rule.together_with else None,
        )
    except (re.error, KeyError) as error:
        raise ArtefactRefused(f"rule {rule.name}: its pattern cannot be used: {error}") from None


def _pattern(text: str) -> Sought:
    """Patterns are written over several lines, which are joined; a blank stands for any run of white space."""
    one_line = text.replace("\n", "").replace(" ?", r"\s*")
    return Sought(re.sub(r" +", r"\\s+", one_line))


def _evidence(rule: Rule, match: re.Match[str], offset: int, part: str) -> Evidence:
    return Evidence(
        field=rule.field,
        value=rule.value,
        text=match.group(),
        start=offset + match.start(),
        end=offset + match.end(),
        source=f"rule:{rule.name}",
        score=rule.score,
        clause=rule.clause,
        part=part,
    )
