"""A text passed over unread is one in which the pattern is not: else a wish or a danger would be missed."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailbot.triage.sought import Choice, Sought

WORDS = st.text(alphabet="abikst İıſK", min_size=0, max_size=6)
PATTERNS = st.recursive(
    WORDS.map(re.escape),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("|".join).map("(?:{})".format),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        inner.map("(?:{})?".format),
        inner.map("(?:{})+".format),
        inner.map("(?:{}){{0,3}}?".format),
        inner.map("(?:{})s?[abk]".format),
        inner.map("(?<!t)(?:{})".format),
        inner.map("(?!t)(?:{})\\b".format),
        inner.map("\\b(?:{})\\b".format),
    ),
    max_leaves=8,
)


@given(PATTERNS, st.text(alphabet="abikstABIKST İıſK", max_size=40))
@example("İa", "ıA")
@example("hit", "HİT hıt")
def test_a_text_that_holds_the_pattern_is_never_passed_over(pattern: str, text: str) -> None:
    sought = Sought(pattern)

    assert (sought.search(text) is None) == (re.search(pattern, text, re.IGNORECASE) is None)


@given(st.lists(PATTERNS, min_size=1, max_size=4), st.text(alphabet="abkstABK ", max_size=20))
def test_several_patterns_are_found_where_their_alternatives_are(patterns: list[str], text: str) -> None:
    joined = re.search("|".join(f"(?:{one})" for one in patterns), text, re.IGNORECASE)
    found = Sought(*patterns).search(text)

    assert (found and found.span()) == (joined and joined.span())


@given(st.lists(PATTERNS, min_size=1, max_size=5), st.text(alphabet="abkstABK ", max_size=20))
def test_of_a_choice_everything_that_is_found_is_possible_in_the_order_given(patterns: list[str], text: str) -> None:
    possible = Choice(enumerate(patterns), lambda one: Sought(one[1])).possible_in(text.casefold())
    found = [(number, one) for number, one in enumerate(patterns) if re.search(one, text, re.IGNORECASE)]

    assert possible == sorted(possible)
    assert set(found) <= set(possible)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?:not|never) (?:tell|say)", "please write to me"),
        (r"my names?\b.{0,9}\bsecret", "my dog is a secret"),
        (r"(?:a|b)secret(?:ly)?", "nothing"),
        (r"(?:word)+ (?:x|y)", "nothing"),
    ],
)
def test_a_text_without_the_words_is_passed_over(pattern: str, text: str) -> None:
    assert Choice([pattern], Sought).possible_in(text.casefold()) == []


@pytest.mark.parametrize("pattern", [r"\w+", r"(?:secret)?", r"secret|[a-z]", r"a|secret", r"(?=secret)x?"])
def test_a_pattern_that_needs_no_word_is_always_looked_for(pattern: str) -> None:
    assert Choice([pattern], Sought).possible_in("") == [pattern]


def test_a_pattern_that_comes_later_is_found_in_a_text_that_was_gone_through_before() -> None:
    text = "a quokka in the garden"
    assert Choice(["zulu time"], Sought).possible_in(text) == []
    assert Choice(["quokka"], Sought).possible_in(text) == ["quokka"]
