"""Scoring against labelled messages: every field's figures, as the contract names the fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailbot.domain import Assessment, Situation
from mailbot.triage.train import Labelled

EXACT = (
    *("kind", "remit", "service_type", "whistleblowing", "anonymous", "confidentiality", "contact"),
    *("service_name", "local_authority", "urn"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table. `measure` says what `value` (0 to 1) is; `count` how many messages it rests on."""

    field: str
    measure: str
    value: float
    count: int


def evaluate(examples: Sequence[Labelled], assessments: Sequence[Assessment]) -> list[Score]:
    """Danger and situations by recall, precision and F1; the other fields by the share that is exactly right.

    A field that its readers disagreed on (listed in a message's `contested`) is not counted for that message.
    """
    pairs = list(zip(examples, assessments, strict=True))
    scores = [
        *_flag("immediate_risk", pairs, lambda assessment: assessment.immediate_risk, _labelled_danger),
    ]
    for situation in Situation:
        scores += _flag(
            situation,
            pairs,
            partial(_has_situation, situation),
            partial(_labelled_situation, situation),
            contested="situations",
        )
    macro = [score.value for score in scores if score.measure == "f1" and score.field != "immediate_risk"]
    scores.append(Score("situations", "macro f1", sum(macro) / len(macro), len(pairs)))
    for field in EXACT:
        counted = [pair for pair in pairs if field not in pair[0].labels.get("contested", ())]
        right = sum(_same(getattr(assessment, field), example.labels[field]) for example, assessment in counted)
        scores.append(Score(field, "right", right / max(1, len(counted)), len(counted)))
    return scores


def misses(examples: Sequence[Labelled], assessments: Sequence[Assessment]) -> list[tuple[str, str, Any, Any]]:
    """Every wrong answer: the message's id, the field, what was said and what is right."""
    wrong: list[tuple[str, str, Any, Any]] = []
    for example, assessment in zip(examples, assessments, strict=True):
        for field in ("immediate_risk", *EXACT):
            said, right = getattr(assessment, field), example.labels[field]
            if not _same(said, right):
                wrong.append((example.id, field, said, right))
        said_situations = sorted(assessment.situations)
        if said_situations != sorted(example.labels["situations"]):
            wrong.append((example.id, "situations", said_situations, sorted(example.labels["situations"])))
    return wrong


def _has_situation(situation: Situation, assessment: Assessment) -> bool:
    return situation in assessment.situations


def _labelled_situation(situation: Situation, labels: Any) -> bool:
    return situation in labels["situations"]


def _labelled_danger(labels: Any) -> bool:
    return bool(labels["immediate_risk"])


def _flag(
    field: str,
    pairs: Sequence[tuple[Labelled, Assessment]],
    said: Callable[[Assessment], bool],
    labelled: Callable[[Any], bool],
    contested: str = "immediate_risk",
) -> list[Score]:
    counted = [pair for pair in pairs if contested not in pair[0].labels.get("contested", ())]
    hit = sum(said(assessment) and labelled(example.labels) for example, assessment in counted)
    flagged = sum(said(assessment) for _, assessment in counted)
    wanted = sum(labelled(example.labels) for example, _ in counted)
    return [
        Score(field, "recall", hit / max(1, wanted), wanted),
        Score(field, "precision", hit / max(1, flagged), flagged),
        Score(field, "f1", 2 * hit / max(1, flagged + wanted), len(counted)),
    ]


def _same(said: Any, right: Any) -> bool:
    if isinstance(said, str) and isinstance(right, str):
        return said.casefold() == right.casefold()
    return bool(said == right)
