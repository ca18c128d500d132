"""Our own letters, known again where people quote them: what we wrote ourselves must not raise a flag on a reply.

A run of `RUN_WORDS` words that stands in one of our templates is ours, however a mail program has broken its lines.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from mailbot.domain import Email

RUN_WORDS = 8

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class OwnWords:
    """The runs of words of our templates, in every language."""

    def __init__(self, templates: Path) -> None:
        self._runs = {
            run
            for file in templates.rglob("*.txt")
            for piece in _FILLED_IN.split(file.read_text(encoding="utf-8"))
            for run in _runs([match.group().casefold() for match in WORD.finditer(piece)])
        }

    def left_out(self, email: Email) -> Email:
        """The message with our own words blanked in all its parts; every other character stays where it was."""
        return dataclasses.replace(
            email,
            text=self.blanked(email.text),
            quoted=self.blanked(email.quoted),
            attachments=tuple(
                dataclasses.replace(one, text=one.text and self.blanked(one.text)) for one in email.attachments
            ),
        )

    def blanked(self, text: str) -> str:
        """`text`, as long as before, with spaces in the place of our own words."""
        matches = list(WORD.finditer(text))
        ours: set[int] = set()
        for at, run in enumerate(_runs([match.group().casefold() for match in matches])):
            if run in self._runs:
                ours.update(range(at, at + RUN_WORDS))
        if not ours:
            return text
        letters = list(text)
        for at in ours:
            start, end = matches[at].span()
            letters[start:end] = " " * (end - start)
        return "".join(letters)


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1))
