"""What each cue hears, and what it lets pass."""

from __future__ import annotations

import pytest

from mailbot.triage.cues import CUES


def hears(cue: str, sentence: str, words: str) -> bool:
    start = sentence.index(words)
    return CUES[cue](sentence, start, start + len(words))


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("The boy was not hit by the man", "hit"),
        ("Nobody is hurt, he only shouted at her", "shouted at her"),
        ("They never locked us in", "locked us in"),
    ],
)
def test_a_not_just_before_the_words_denies_them(sentence: str, words: str) -> None:
    assert hears("denied", sentence, words)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("She did not cry, but he hit her", "hit her"),
        ("Nobody listens when he hits us", "hits us"),
        ("I can't believe they locked him in", "locked him in"),
    ],
)
def test_a_not_elsewhere_denies_nothing(sentence: str, words: str) -> None:
    assert not hears("denied", sentence, words)


@pytest.mark.parametrize(
    "sentence", ["Years ago he hit us", "He used to hit us", "When I was nine he hit us", "In the 1980s he hit us"]
)
def test_what_was_long_ago_is_past(sentence: str) -> None:
    assert hears("past", sentence, "hit us")


@pytest.mark.parametrize("sentence", ["Last night he hit us", "On Friday he hit us again"])
def test_what_was_last_week_is_not_past(sentence: str) -> None:
    assert not hears("past", sentence, "hit us")


@pytest.mark.parametrize(
    "sentence",
    [
        "He hit her and was dismissed",
        "The man who hit her is in prison",
        "She was missing and came back safe, he hit her",
    ],
)
def test_what_ended_is_over(sentence: str) -> None:
    assert hears("over", sentence, "hit her")


@pytest.mark.parametrize("sentence", ["He hit her and is still here", "He hit her and they want him dismissed"])
def test_what_goes_on_is_not_over(sentence: str) -> None:
    assert not hears("over", sentence, "hit her")


@pytest.mark.parametrize(
    "sentence",
    ["If a child is hurt, who do we tell?", "The policy on a child who is hurt", "A course on how a child is hurt"],
)
def test_a_policy_or_a_case_put_is_talk(sentence: str) -> None:
    assert hears("talk", sentence, "hurt")


@pytest.mark.parametrize("sentence", ["The child is hurt", "She is hurt, please come"])
def test_a_report_is_not_talk(sentence: str) -> None:
    assert not hears("talk", sentence, "hurt")


def test_adults_alone_are_told_from_adults_with_a_child() -> None:
    assert hears("adults", "They left my mother on the floor", "my mother on the floor")
    assert not hears("adults", "They left my mother and the baby on the floor", "my mother")


@pytest.mark.parametrize(
    "sentence",
    [
        "A child is hurt: would your team notice?",
        "Every 5 seconds a child is hurt",
        "A child is hurt, so donate today",
        "Children hurt? 20% off our course",
    ],
)
def test_an_advertisement_or_an_appeal_for_money_is_sold(sentence: str) -> None:
    assert hears("sold", sentence, "hurt")


@pytest.mark.parametrize("sentence", ["A child is hurt every night", "My son is hurt and we paid £200 for the taxi"])
def test_a_message_that_sells_nothing_is_not_sold(sentence: str) -> None:
    assert not hears("sold", sentence, "hurt")


@pytest.mark.parametrize(
    "sentence",
    [
        "Please provide the number of unregistered homes",
        "I am writing a feature on unregistered homes",
        "How many unregistered homes did you find?",
        "My FOI request on unregistered homes",
    ],
)
def test_a_request_for_figures_or_for_the_press_is_asked(sentence: str) -> None:
    assert hears("asked", sentence, "unregistered")


@pytest.mark.parametrize("sentence", ["They run an unregistered home", "Please come to the unregistered home"])
def test_a_report_asks_for_nothing(sentence: str) -> None:
    assert not hears("asked", sentence, "unregistered")


@pytest.mark.parametrize(
    "sentence",
    ["She is fine and in bed tonight", "The kids are quite happy tonight", "No particular child worries me tonight"],
)
def test_a_child_said_to_be_well_is_well(sentence: str) -> None:
    assert hears("well", sentence, "tonight")


@pytest.mark.parametrize(
    "sentence",
    ["She is not safe there tonight", "She is not home tonight", "My niece is with him tonight, well I never"],
)
def test_a_child_of_whom_no_good_is_said_is_not_well(sentence: str) -> None:
    assert not hears("well", sentence, "tonight")
