"""A text is cut into sentences as people write them, hard-wrapped or line by line."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import shipped
from mailbot.triage.rules import RuleBook
from mailbot.triage.sentences import sentences

RULES = RuleBook.load(shipped("models"))


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)  # as mail programs do


def test_a_sentence_goes_over_the_breaks_of_hard_wrapped_lines() -> None:
    long = wrapped("He is back in the house tonight, and she sleeps in the next room with the door off.", 60)

    assert long.count("\n") == 1
    assert cut(f"{long}\nNobody else knows.") == [long, "Nobody else knows."]


def test_a_short_line_and_an_empty_one_end_a_sentence() -> None:
    assert cut("22:10 shouting\n22:40 quiet\n\nThat is all") == ["22:10 shouting", "22:40 quiet", "That is all"]


@given(st.text(alphabet=st.sampled_from('ab .!?\n…"\u00e9'), max_size=300))
def test_every_word_is_in_a_sentence_once_and_in_order(text: str) -> None:
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("width", [55, 65, 76])
def test_what_a_rule_sees_in_a_sentence_it_sees_in_hard_wrapped_mail(width: int) -> None:
    opening = "I am writing because I have been worried for some weeks and nobody there will listen to me, and"
    for rule in RULES.rules:
        if rule.together_with:
            continue
        for example in rule.raises:
            plain = f"{opening} {example}"
            wanted = {hit.source for hit in RULES.hits(plain)}
            found = {hit.source for hit in RULES.hits(wrapped(plain, width))}
            assert wanted - found <= _broken_by_a_short_line(plain, width, wanted - found), example


def _broken_by_a_short_line(plain: str, width: int, missed: set[str]) -> set[str]:
    """A line that a long word leaves short ends a sentence: what is missed then is let pass."""
    lines = wrapped(plain, width).split("\n")[:-1]
    return missed if any(len(line) < 50 for line in lines) else set()
