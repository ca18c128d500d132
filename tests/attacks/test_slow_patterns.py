"""Attacks on the patterns: text made to be slow to search is searched in a time that grows with its length alone."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import mailbot
from mailbot.config import shipped
from mailbot.domain import Address
from mailbot.cases.mask import Masker
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.rules import RuleBook
from mailbot.triage.sought import Sought
from tests.doubles import email

LENGTHS = (250, 1_000, 8_000)
NOTICED_SECONDS = 0.01
"""What takes less is not measured: at the greatest length nobody waits for it, and a clock is no judge of it."""
AT_MOST = 2.5
"""How much longer twice the text may take: 2 is as long as the text, 4 would be its square."""
FILLINGS = (
    "a", " ", "\n", "0", "A", "-", ".", ",", "@", "<", ">", "(", "'", "x ", "a,", "a.", "A a ", "Aa ", "0 ", "a\n",
    " \n", "\t ", "I am ", "my ", "a-", "a@", "a.a@", "/", "=", "?=", "[", "1 a ", "the ", "not ", "was ", "he ", "\u00e9",
)  # fmt: skip


def patterns_within(thing: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """Every compiled pattern that something holds."""
    if isinstance(thing, re.Pattern):
        yield thing
    elif isinstance(thing, Sought):
        yield from (pattern for pattern, _ in thing._patterns)
    elif depth < 5 and isinstance(thing, dict):
        for one in thing.values():
            yield from patterns_within(one, depth + 1)
    elif depth < 5 and isinstance(thing, list | tuple | set | frozenset):
        for one in thing:
            yield from patterns_within(one, depth + 1)
    elif depth < 5 and type(thing).__module__.startswith("mailbot."):
        names = [*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())]
        for name in names:
            yield from patterns_within(getattr(thing, name, None), depth + 1)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(mailbot.__path__, "mailbot."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def all_patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern of the code, the rules and the phrases, under where it is first found and how it begins."""
    models = shipped("models")
    named: dict[str, re.Pattern[Any]] = {}
    sources: list[tuple[str, object]] = [("rules", RuleBook.load(models)), ("phrases", PhraseBook.load(models))]
    sources += [(module.__name__, vars(module)) for module in modules()]
    seen: set[object] = set()
    for name, source in sources:
        for number, pattern in enumerate(patterns_within(source)):
            same = (pattern.pattern, pattern.flags) if pattern.pattern is not None else id(pattern)
            if same not in seen:
                seen.add(same)
                named[f"{name} {number}: {str(pattern.pattern)[:60]!r}"] = pattern
    return named


def beginnings(pattern: re.Pattern[Any]) -> Iterator[str]:
    """What the pattern's own words are, so that the attack gets past its first letters."""
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else str(pattern.pattern or "")
    words = re.findall(r"[A-Za-z][a-z' ]{2,20}", re.sub(r"\\.", " ", text))
    yield from dict.fromkeys(word.strip() + " " for word in words[:3])


def seconds(pattern: re.Pattern[Any], text: str) -> float:
    hay: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    began = time.thread_time()
    for _ in pattern.finditer(hay):
        continue
    return time.thread_time() - began


def too_slow(pattern: re.Pattern[Any], fillings: Iterable[str]) -> str | None:
    """The text for which twice as much takes much more than twice as long, None where there is none."""
    for filling in fillings:
        for length in LENGTHS:
            text = filling * (length // len(filling))
            if seconds(pattern, text) < NOTICED_SECONDS:
                continue
            ratio = min(seconds(pattern, text) / seconds(pattern, text[: len(text) // 2]) for _ in range(3))
            if ratio > AT_MOST:
                return f"{filling!r}: {ratio:.1f}"
            break
    return None


def test_no_pattern_of_ours_takes_much_longer_than_its_text_is_long() -> None:
    slow = {}
    patterns = all_patterns()
    for name, pattern in patterns.items():
        found = too_slow(pattern, (*FILLINGS, *beginnings(pattern)))
        if found:
            slow[name] = found
    assert len(patterns) > 800
    assert slow == {}


def test_a_name_or_text_made_to_be_slow_is_masked_in_time() -> None:
    def taken(times: int) -> float:
        text = "I am Jo and I am " * times + "my name is " * times + "\nA b\n" * times + "07700 " * times
        sender = Address(name="Jo " * 20, address=f"{'a.' * 30}b@post.example")
        began = time.thread_time()
        Masker(email(text=text, sender=sender), None).mask(text)
        return time.thread_time() - began

    taken(10)
    assert min(taken(1000) / taken(500) for _ in range(3)) < AT_MOST


