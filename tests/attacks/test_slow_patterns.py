"""Attacks on the patterns: text made to be slow to search takes a time that grows with its length, not with its square.

The patterns of rules and phrases are tried one by one; those of the code where they are used.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.cases.masking.mask import Masker
from mailbot.config import shipped
from mailbot.correspondence.disclosure import Source, check
from mailbot.domain import Address
from mailbot.intake.parse import parse
from mailbot.parts import judge
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.rules import RuleBook
from mailbot.triage.sought import Sought
from tests.doubles import email, mail

NOTICED_SECONDS = 0.03
"""What takes less is not measured: nobody waits for it, and a clock is no judge of it."""
AT_MOST = 2.6
"""How much longer twice the text may take: 2 is as long as the text, 4 would be its square."""
FILLINGS = ("a", "a ", "I ", "not ", "A a ", ",")
READ_FILLINGS = ("<", "a@b.example ", "\nA b\n", "St. ", "I am Jo and ", " ")
LONG = 2_000


def patterns_within(thing: object) -> Iterator[re.Pattern[Any]]:
    """Every compiled pattern that something of ours holds."""
    if isinstance(thing, re.Pattern):
        yield thing
    elif isinstance(thing, Sought):
        yield from thing._patterns
    elif isinstance(thing, dict):
        yield from (pattern for one in thing.values() for pattern in patterns_within(one))
    elif isinstance(thing, list | tuple):
        yield from (pattern for one in thing for pattern in patterns_within(one))
    elif type(thing).__module__.startswith("mailbot."):
        names = (*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ()))
        yield from (pattern for name in names for pattern in patterns_within(getattr(thing, name, None)))


def seconds(act: Callable[[], object]) -> float:
    began = time.thread_time()
    act()
    return time.thread_time() - began


def ratio(taken: Callable[[int], float], length: int) -> float:
    """How many times as long twice the length takes; 0 where nobody would notice."""
    found = 0.0
    for _ in range(3):  # a clock that is disturbed is asked again
        once = taken(length)
        found = taken(length * 2) / once if once > NOTICED_SECONDS else 0
        if found <= AT_MOST:
            break
    return found


@pytest.mark.parametrize("book", [RuleBook, PhraseBook])
def test_no_pattern_of_rules_and_phrases_takes_much_longer_than_a_text_is_long(book: Any) -> None:
    patterns = list({id(one): one for one in patterns_within(book.load(shipped("models")))}.values())
    slow = [
        (pattern, filling)
        for pattern in patterns
        for filling in FILLINGS
        if ratio(lambda n, p=pattern, f=filling: seconds(lambda: p.search(f * (n // len(f)))), 1_500) > AT_MOST  # type: ignore[misc]
    ]
    assert len(patterns) > 100
    assert slow == []


def test_whatever_is_sent_is_parsed_judged_masked_and_compared_in_time() -> None:
    judging = judge(encoder="off", model=Path("/nonexistent/triage"))
    judging.assess([email()])  # reads its tables
    known = {"postal": "", "phones": (), "role": "", "employer": ""}

    def compared(text: str) -> object:
        source = Source(name="Jo Sandiford", address="jo.sandiford@post.example", text=text, **known)  # type: ignore[arg-type]
        return check(source, "Larch House", f"We were told that the food is poor. {text[:2000]}")

    steps: dict[str, Callable[[str], object]] = {
        "parsed": lambda text: parse(mail(text)),
        "judged": lambda text: judging.assess([email(text=f"please do not reply {text} not to my company")]),
        "masked": lambda text: Masker(email(text=text), None).mask(text),
        "compared": compared,
    }
    slow = [
        (step, filling)
        for step, act in steps.items()
        for filling in READ_FILLINGS
        if ratio(lambda n, a=act, f=filling: seconds(lambda: a(f * (n // len(f)))), LONG) > AT_MOST  # type: ignore[misc]
    ]
    assert slow == []


def test_a_sender_with_a_name_made_to_be_slow_is_masked_in_time() -> None:
    def taken(times: int) -> float:
        sender = Address(name="Jo " * times, address=f"{'a.' * times}b@post.example")
        return seconds(lambda: Masker(email(text="I am Jo " * times, sender=sender), None).mask("Jo " * times))

    assert ratio(taken, 200) < AT_MOST
