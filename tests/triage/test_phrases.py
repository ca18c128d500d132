"""Every phrase of models/phrases.toml finds its own examples and keeps silent where it must."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import shipped
from mailbot.errors import ArtefactRefused
from mailbot.triage.phrases import SAYS, Phrase, PhraseBook, all_told, choice_of, evidence_of, first_told, statements
from tests.doubles import email

BOOK = PhraseBook.load(shipped("models"))
PHRASES = {phrase.name: phrase for says in SAYS for phrase in BOOK.of(says)}
RAISES = [(one.name, text) for one in BOOK.written for text in one.raises]
SILENT = [(one.name, text) for one in BOOK.written for text in one.silent]


def finds(phrase: Phrase, text: str) -> bool:
    return first_told(email(text=text, subject=""), choice_of([phrase])) is not None


@pytest.mark.parametrize(("name", "text"), RAISES)
def test_a_phrase_finds_its_own_examples(name: str, text: str) -> None:
    assert finds(PHRASES[name], text)


@pytest.mark.parametrize(("name", "text"), SILENT)
def test_a_phrase_keeps_silent_where_it_must(name: str, text: str) -> None:
    assert not finds(PHRASES[name], text)


@pytest.mark.parametrize("name", [one.name for one in BOOK.written if one.unless])
def test_what_undoes_a_phrase_has_an_example(name: str) -> None:
    alone = dataclasses.replace(PHRASES[name], unless=None)
    assert any(finds(alone, text) for one, text in SILENT if one == name)


def test_every_phrase_has_examples_of_both_kinds_and_a_name_of_its_own() -> None:
    assert all(len(one.raises) >= 2 and len(one.silent) >= 2 for one in BOOK.written)
    assert len({one.name for one in BOOK.written}) == len(BOOK.written)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name) for one in BOOK.written)


def test_everything_that_may_be_said_has_phrases_in_the_order_of_the_file() -> None:
    for says in SAYS:
        assert [phrase.name for phrase in BOOK.of(says)] == [one.name for one in BOOK.written if one.says == says] != []


@given(st.lists(st.sampled_from([text for _, text in RAISES + SILENT] + ["\n", "\n\n", " ’", "x" * 60]), max_size=8))
def test_the_words_of_a_phrase_stand_where_it_says(pieces: list[str]) -> None:
    message = email(text=" ".join(pieces), subject="".join(pieces[:1]))
    spans = {part: list(statements(message.part(part))) for part in ("text", "subject")}

    for told in all_told(message, choice_of(PHRASES.values())):
        assert any(start <= told.start <= told.end <= end for start, end in spans[told.part])
        evidence = evidence_of(message, told, "field", "value")
        assert message.part(evidence.part)[evidence.start : evidence.end] == evidence.text
        assert (evidence.source, evidence.clause) == (f"rule:{told.name}", told.clause)


@given(st.text(alphabet="ab \n.!?", max_size=300))
def test_statements_follow_each_other_and_leave_out_nothing_but_blanks(text: str) -> None:
    end = 0
    for start, stop in statements(text):
        assert start >= end
        assert not text[end:start].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "text",
    [
        "he " * 8_000,
        "a" * 20_000,
        "not " * 8_000 + "my name",
        "please don't let " * 1_500,
        "my letter to " * 2_000,
        "they told " * 3_000,
        "<the> " * 4_000,
    ],
)
def test_no_phrase_takes_long_over_a_hostile_text(text: str) -> None:
    message = email(text=text, subject="")
    for phrase in PHRASES.values():
        started = time.process_time()
        list(all_told(message, choice_of([phrase])))
        assert time.process_time() - started < 2, phrase.name


GOOD = """
version = "1"
[stands_for]
them = "they|<the> home"
the = "the|our"
round = "a|<about>"
about = "<round>"
[[phrase]]
name = "one"
says = "has_copies"
clause = "P7"
sayings = ['<them> know']
raises = []
silent = []
"""


def loaded(folder: Path, text: str) -> PhraseBook:
    (folder / "phrases.toml").write_text(text)
    return PhraseBook.load(folder)


def test_a_word_in_angles_stands_for_its_words_and_a_line_break_for_nothing(tmp_path: Path) -> None:
    (phrase,) = loaded(tmp_path, GOOD.replace("'<them> know'", "'''<them> (?:see|\n    know)'''")).of("has_copies")

    assert all(finds(phrase, text) for text in ("Our  home know.", "THEY SEE", "the home see it"))
    assert not any(finds(phrase, text) for text in ("our know", "they knows", "bathey see", "they  ?see"))


@pytest.mark.parametrize(
    ("written", "broken", "said"),
    [
        ("'<them> know'", "'(open'", "phrase one: .*cannot be used"),
        ("'<them> know'", "'<nobody> knows'", "phrase one: .*<nobody> stands for nothing"),
        ("'<them> know'", "'<round> knows'", "phrase one: .*<round> stands for itself"),
        ("'<them> know'", "'(?<=who ?)know'", "phrase one: .*cannot be used"),
        ('says = "has_copies"', 'says = "has_cakes"', "phrase one: it says 'has_cakes'; allowed: .*has_copies"),
        ('clause = "P7"', 'claws = "P7"', "phrases.toml cannot be read"),
        ('version = "1"', "version = ", "phrases.toml cannot be read"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_named(tmp_path: Path, written: str, broken: str, said: str) -> None:
    loaded(tmp_path, GOOD)
    with pytest.raises(ArtefactRefused, match=said):
        loaded(tmp_path, GOOD.replace(written, broken))


def test_phrases_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactRefused, match=r"phrases\.toml cannot be read"):
        PhraseBook.load(tmp_path)
