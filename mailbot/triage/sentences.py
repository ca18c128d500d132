"""Cutting a text into sentences, lines counting as ends: people log events line by line."""

from __future__ import annotations

import re

_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n+")


def sentences(text: str) -> list[tuple[int, int]]:
    """The (start, end) of each sentence of `text`, without the white space around it; together they hold every word."""
    spans, at = [], 0
    for match in _ENDS.finditer(text):
        spans.append((at, match.end()))
        at = match.end()
    spans.append((at, len(text)))
    return [trimmed for trimmed in (_trimmed(text, start, end) for start, end in spans) if trimmed[0] < trimmed[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
