"""The rules of ``models/rules.toml``: patterns an officer can read, each with its own examples.

A rule looks at one sentence at a time. It speaks where `pattern` is found in the sentence, `unless` is not, no cue that
silences it is (`mailbot.triage.cues`: negation, the past, talk of policy), and `together_with`, if given, stands
anywhere in the text. One that raises sets a flag that nothing lowers; one that weighs makes a value likelier beside the
model, and sets the flag where there is no model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from mailbot.domain import Email, Evidence
from mailbot.errors import ArtefactRefused
from mailbot.triage.cues import CUES, Cue
from mailbot.triage.sentences import sentences
from mailbot.triage.sought import Choice, Sought

POLARITY = {
    "immediate_risk": ("raises", "weighs"),
    "situations": ("raises", "weighs"),
    "service_type": ("weighs",),
    "whistleblowing": ("weighs",),
}
"""The fields that rules speak of, and what they may do to each."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as the file writes it. `raises` and `silent` are its examples: sentences it must and must not flag."""

    name: str
    field: str
    value: str
    polarity: str
    clause: str
    score: float
    pattern: str
    raises: tuple[str, ...]
    silent: tuple[str, ...]
    unless: str = ""
    silenced_by: tuple[str, ...] = ()
    together_with: str = ""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    rule: tuple[Rule, ...]


class RuleBook:
    """The rules, compiled. `version` is written into every assessment."""

    def __init__(self, file: RuleFile) -> None:
        self.version = file.version
        self.rules = file.rule
        self._compiled = Choice(map(_compile, file.rule), lambda compiled: compiled.pattern)

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
        stands = cache(lambda sought: sought.search(text, folded) is not None)  # several rules want the same together
        for start, end in sentences(text):
            sentence = text[start:end].replace("\n", " ")
            folded_sentence = sentence.casefold()
            for compiled in self._compiled.possible_in(folded_sentence):
                match = compiled.match(sentence, folded_sentence)
                if match and (compiled.together_with is None or stands(compiled.together_with)):
                    yield _evidence(compiled.rule, text, start + match.start(), start + match.end(), part)

    def hits_in(self, email: Email, parts: tuple[str, ...]) -> tuple[Evidence, ...]:
        """Every flag in the named parts of a message."""
        return tuple(hit for part in parts for hit in self.hits(email.part(part), part))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule with its patterns ready to use."""

    rule: Rule
    pattern: Sought
    unless: Sought | None
    silenced_by: tuple[Cue, ...]
    together_with: Sought | None

    def match(self, sentence: str, folded: str) -> re.Match[str] | None:
        match = self.pattern.search(sentence, folded)
        if match is None or (self.unless and self.unless.search(sentence, folded)):
            return None
        return None if any(cue(sentence, *match.span()) for cue in self.silenced_by) else match


def _compile(rule: Rule) -> _Compiled:
    if rule.polarity not in POLARITY.get(rule.field, ()):
        allowed = ", ".join(f"{field} {' | '.join(may)}" for field, may in POLARITY.items())
        raise ArtefactRefused(f"rule {rule.name}: found {rule.field} {rule.polarity}; allowed: {allowed}")
    unknown = [name for name in rule.silenced_by if name not in CUES]
    if unknown:
        raise ArtefactRefused(f"rule {rule.name}: found the cue {unknown[0]!r}; allowed: {', '.join(CUES)}")
    try:
        return _Compiled(
            rule=rule,
            pattern=_pattern(rule.pattern),
            unless=_pattern(rule.unless) if rule.unless else None,
            silenced_by=tuple(CUES[name] for name in rule.silenced_by),
            together_with=_pattern(rule.together_with) if rule.together_with else None,
        )
    except re.error as error:
        raise ArtefactRefused(f"rule {rule.name}: its pattern cannot be used: {error}") from None


@cache
def _pattern(text: str) -> Sought:
    """Patterns are written over several lines, which are joined; a blank stands for any run of white space."""
    one_line = text.replace("\n", "").replace(" ?", r"\s*")
    return Sought(re.sub(r" +", r"\\s+", one_line))


def _evidence(rule: Rule, text: str, start: int, end: int, part: str) -> Evidence:
    return Evidence(
        field=rule.field,
        value=rule.value,
        text=text[start:end],
        start=start,
        end=end,
        source=f"rule:{rule.name}",
        score=rule.score,
        clause=rule.clause,
        part=part,
        raises=rule.polarity == "raises",
    )
