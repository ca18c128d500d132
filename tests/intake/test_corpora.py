"""Difficult mail from public test suites, not part of this repository: what is known of each message is read so.

The folder that MAILBOT_CORPORA names holds .eml files and manifest.jsonl, a line on each: path, kind, what to expect.
`docs/intake.md` says of each message that is read otherwise why.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.domain import Email
from mailbot.intake.files import mails_in
from mailbot.intake.reader import Reader, ReadingRules

FOLDER = os.environ.get("MAILBOT_CORPORA", "")
MACHINES = frozenset({"bounce", "auto_reply", "list_or_bulk"})

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="set MAILBOT_CORPORA to a folder of difficult messages with a manifest.jsonl"
)


@dataclass(frozen=True)
class Known:
    """A message as it was read, how long that took, and what is known of it."""

    email: Email
    seconds: float
    kind: str
    expect: dict[str, Any]


@pytest.fixture(scope="module")
def corpus() -> dict[str, Known]:
    lines = (Path(FOLDER) / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    manifest = {line["path"]: line for line in map(json.loads, lines)}
    read, found = Reader(ReadingRules()), {}
    for name, mail in mails_in(Path(FOLDER), "enquiries"):
        started = time.perf_counter()
        email = read(mail)
        path = str(Path(name).relative_to(FOLDER))
        found[path] = Known(email, time.perf_counter() - started, manifest[path]["kind"], manifest[path]["expect"])
    assert len(found) == len(manifest)
    return found


def share(right: Iterator[tuple[str, bool]]) -> float:
    """How many are right, of one; those that are not are printed."""
    answers = dict(right)
    print("\n".join(path for path, good in answers.items() if not good))
    return sum(answers.values()) / len(answers)


def compared(corpus: dict[str, Known], field: str, read: Callable[[Email], object]) -> Iterator[tuple[str, bool]]:
    for path, known in corpus.items():
        if field in known.expect:
            yield path, squeezed(read(known.email)) == squeezed(known.expect[field])


def squeezed(value: object) -> object:
    return " ".join(value.lower().split()) if isinstance(value, str) else value or ""


def test_every_message_is_read_within_five_seconds(corpus: dict[str, Known]) -> None:
    slow = {path: known.seconds for path, known in corpus.items() if known.seconds >= 5}

    assert slow == {}


def test_subjects_and_senders_are_those_that_are_known(corpus: dict[str, Known]) -> None:
    assert share(compared(corpus, "subject", lambda email: email.subject)) >= 0.98
    assert share(compared(corpus, "from", lambda email: email.sender.address)) >= 0.98


def test_attachments_have_the_names_that_are_known(corpus: dict[str, Known]) -> None:
    def names(known: Known) -> bool:
        return sorted(one.name for one in known.email.attachments) == sorted(known.expect["attachments"])

    told = ((path, names(known)) for path, known in corpus.items() if "attachments" in known.expect)
    assert share(told) >= 0.90


def test_what_the_sender_wrote_is_what_is_known_of_it(corpus: dict[str, Known]) -> None:
    whole = dict(compared(corpus, "reply_text", lambda email: email.text))
    starts = {
        path: str(squeezed(known.email.text)).startswith(str(squeezed(known.expect["reply_starts_with"])))
        for path, known in corpus.items()
        if "reply_starts_with" in known.expect
    }

    assert share(iter((whole | starts).items())) >= 0.85


def test_machines_are_told_from_people(corpus: dict[str, Known]) -> None:
    machines = ((path, known.email.automatic is not None) for path, known in corpus.items() if known.kind in MACHINES)
    people = (
        (path, known.email.automatic is None) for path, known in corpus.items() if known.expect.get("acknowledge")
    )

    assert share(machines) >= 0.99
    assert share(people) >= 0.99
