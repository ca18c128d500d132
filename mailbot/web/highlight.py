"""The narrative cut into pieces, each with the flags whose words it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mailbot.domain import Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `flags` are the fields (or situations) it gave rise to, none for plain text."""

    text: str
    flags: tuple[str, ...]

    @property
    def strongest(self) -> str:
        """The flag whose colour and pattern the piece wears: danger before anything else."""
        order = (
            "immediate_risk",
            "adult_in_danger",
            "child_at_risk",
            "systemic_failure",
            "regulatory_breach",
            "quality_of_care",
        )
        return next((flag for flag in order if flag in self.flags), "other")


def flag_of(evidence: Evidence) -> str:
    """What a piece of evidence is shown as: the situation itself, else the field."""
    return evidence.value if evidence.field == "situations" else evidence.field


def pieces(text: str, evidence: Sequence[Evidence]) -> list[Piece]:
    """`text` in order, complete, cut wherever a piece of evidence starts or ends.

    >>> from mailbot.web.highlight import pieces
    >>> [piece.text for piece in pieces("abc", [])]
    ['abc']
    """
    cuts = sorted({0, len(text), *(one.start for one in evidence), *(one.end for one in evidence)})
    cuts = [cut for cut in cuts if 0 <= cut <= len(text)]
    found = []
    for start, end in pairwise(cuts):
        flags = dict.fromkeys(flag_of(one) for one in evidence if one.start <= start and end <= one.end)
        found.append(Piece(text[start:end], tuple(flags)))
    return found
