"""Cutting a text into sentences.

They go over the line breaks of hard-wrapped mail; a short line is one by itself, for people log events line by line.
"""

from __future__ import annotations

import re

SHORT_LINE = 50
"""A line shorter than this ends its sentence: people who hard-wrap their mail write longer ones."""

_FULL_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n\s*\n")


def ends(text: str) -> list[int]:
    """Where each sentence ends, the last at the end of `text`."""
    found = {match.end() for match in _FULL_STOP.finditer(text)}
    at = 0
    for line in text.split("\n")[:-1]:
        at += len(line) + 1
        if len(line) < SHORT_LINE:
            found.add(at)
    return sorted(found | {len(text)})


def sentences(text: str) -> list[tuple[int, int]]:
    """The (start, end) of each sentence of `text`, without the white space around it; together they hold every word."""
    found, at = [], 0
    for end in ends(text):
        start, last = _trimmed(text, at, end)
        if start < last:
            found.append((start, last))
        at = end
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
