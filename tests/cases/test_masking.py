"""How much of who wrote reaches the narrative, measured on messages written before the masking was looked at.

In `masking.jsonl` a sender's identifier stands in {braces}, another person's telephone number in «marks».
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address as Header
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from mailbot.cases.masking.narrative import masked
from mailbot.config import shipped
from mailbot.domain import Email, RawMail
from mailbot.intake.parse import parse
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.wishes import read_wishes
from tests.doubles import NOON, assessment

HERE = Path(__file__).parent
MARK = re.compile(r"[{}«»]")
WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Written:
    """One message as it was written, with where its identifiers stand in the text without their marks."""

    id: str
    email: Email
    text: str
    own: tuple[tuple[int, int], ...]
    others: tuple[tuple[int, int], ...]


@dataclass(kw_only=True)
class Measured:
    """What became of the identifiers (spans kept or shown) and of the other words (masked or left)."""

    masked: int = 0
    shown: list[str] = field(default_factory=list)
    words: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    others: int = 0
    others_masked: int = 0

    @property
    def recall(self) -> float:
        return self.masked / (self.masked + len(self.shown))

    @property
    def over_masked(self) -> float:
        return sum(self.lost.values()) / self.words


@cache
def phrases() -> PhraseBook:
    return PhraseBook.load(shipped("models"))


def messages(name: str) -> Iterator[Written]:
    for line in (HERE / name).read_text().splitlines():
        row = json.loads(line)
        text, spans = unmarked(row["text"])
        yield Written(id=row["id"], email=read(row, text), text=text, own=spans["{"], others=spans["«"])


def unmarked(marked: str) -> tuple[str, dict[str, tuple[tuple[int, int], ...]]]:
    text, began = "", 0
    spans: dict[str, tuple[tuple[int, int], ...]] = {"{": (), "«": ()}
    position = 0
    for mark in MARK.finditer(marked):
        text += marked[position : mark.start()]
        position = mark.end()
        if mark[0] in "{«":
            began = len(text)
        else:
            opened = "{" if mark[0] == "}" else "«"
            spans[opened] = (*spans[opened], (began, len(text)))
    return text + marked[position:], spans


def read(row: dict[str, str], text: str) -> Email:
    """The message as it comes over the wire and is read."""
    message = EmailMessage()
    message["From"] = str(Header(row["name"], addr_spec=row["address"]))
    message["To"] = "enquiries@example.gov.uk"
    message["Subject"] = row["subject"]
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{row['id']}@post.example>"
    message.set_content(text, cte="8bit")
    return parse(
        RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=bytes(message))
    )


def hidden(written: Written) -> tuple[list[bool], list[bool]]:
    """For each character of the text: whether officers do not see it, and whether a token stands in its place.

    Characters that never reach the narrative (a signature, apart) are hidden without a token.
    """
    wishes = read_wishes(written.email, phrases())
    narrative, identity = masked(written.email, assessment(postal_address=wishes.postal_address))
    unseen, replaced = [True] * len(written.text), [False] * len(written.text)
    written_words = written.text.lower()
    for shown in (narrative.text, narrative.quoted):
        position = 0
        for piece in re.split(r"(\[[a-z ]+ \d+\])", shown):
            is_token = piece in identity.tokens
            for word in WORD.finditer(identity.tokens[piece] if is_token else piece):
                position = written_words.index(word[0].lower(), position)
                for at in range(position, position + len(word[0])):
                    unseen[at], replaced[at] = is_token, is_token
                position += len(word[0])
    return unseen, replaced


def measure(name: str) -> Measured:
    found = Measured()
    for written in messages(name):
        unseen, replaced = hidden(written)
        own = [False] * len(written.text)
        for start, end in written.own:
            own[start:end] = [True] * (end - start)
            words = [(start + one.start(), start + one.end()) for one in WORD.finditer(written.text[start:end])]
            if all(all(unseen[a:b]) for a, b in words):
                found.masked += 1
            else:
                found.shown.append(f"{written.id}: {written.text[start:end]}")
        for start, end in written.others:
            found.others += 1
            found.others_masked += all(unseen[start:end])
        for word in WORD.finditer(written.text):
            if not own[word.start()] and not any(start <= word.start() < end for start, end in written.others):
                found.words += 1
                if any(replaced[word.start() : word.end()]):
                    found.lost[word[0]] += 1
    return found


@pytest.mark.parametrize(
    ("name", "recall", "over"),
    [
        ("masking.jsonl", 0.98, 0.006),
        ("masking_second.jsonl", 0.98, 0.006),
        ("masking_third.jsonl", 0.96, 0.007),
        ("masking_fourth.jsonl", 0.92, 0.009),
    ],
)
def test_what_tells_who_wrote_is_masked_and_little_else(name: str, recall: float, over: float) -> None:
    found = measure(name)
    assert found.recall >= recall, found.shown
    assert found.others_masked == found.others
    assert found.over_masked <= over, found.lost.most_common(40)
