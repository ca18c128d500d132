"""Labelled messages to train on and to score against: from files, and from the cases that officers have answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mailbot.cases.oversight.learning import Lesson
from mailbot.domain import Address, Email
from mailbot.errors import MailbotError
from mailbot.intake.labelled import as_mail
from mailbot.intake.parse import parse
from mailbot.triage.train import Labelled


def labelled(file: Path) -> list[Labelled]:
    """The messages of a labelled file, each made into a mail and read as one that arrived."""
    examples = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MailbotError(f"{file} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        try:
            raw = json.loads(line)
            labels = {**raw["labels"], "contested": raw.get("contested", ())}
            email = parse(as_mail(raw))
            examples.append(Labelled(raw["id"], raw.get("scenario", raw["id"]), raw.get("split", ""), email, labels))
        except (ValueError, KeyError) as error:
            raise MailbotError(f"{file} line {number}: not a labelled message ({error!r})") from None
    return examples


def corpus(models: Path) -> list[Labelled]:
    """The written messages that ship."""
    return [example for file in sorted((models / "corpus").glob("*.jsonl")) for example in labelled(file)]


def taught(lessons: Sequence[Lesson]) -> list[Labelled]:
    """Cases that officers answered, as examples: the narrative, identity masked, stands for the message."""
    return [Labelled(one.reference, one.reference, "train", _as_email(one), one.labels) for one in lessons]


def _as_email(lesson: Lesson) -> Email:
    return Email(
        message_id=lesson.reference,
        sender=Address(),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject=lesson.subject,
        sent_at=None,
        text=lesson.text,
        quoted=lesson.quoted,
    )
