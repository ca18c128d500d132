"""Our own letters are known again where people quote them, and nothing else is."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import shipped
from mailbot.correspondence.own_words import OwnWords

OURS = OwnWords(shipped("templates"))
SENTENCE = "If we learn that a child may be in danger now, we tell the children's social care team as well."


def test_our_own_sentence_is_blanked_however_it_is_broken_and_marked() -> None:
    quoted = "\n".join(f"> {line}" for line in textwrap.wrap(SENTENCE, 30)) + "\nHe is back."
    blanked = OURS.blanked(quoted)

    assert "danger" not in blanked
    assert len(blanked) == len(quoted)
    assert blanked.endswith("He is back.")


@pytest.mark.parametrize(
    "words",
    ["The child is in danger tonight.", "Where we live a child may be in danger now.", "", "MB-4F7K-29QX"],
)
def test_what_people_write_themselves_stays(words: str) -> None:
    assert OURS.blanked(words) == words


@given(st.text(), st.text())
def test_nothing_moves_and_nothing_but_our_words_goes(before: str, after: str) -> None:
    text = f"{before}\n{SENTENCE}\n{after}"
    blanked = OURS.blanked(text)

    assert len(blanked) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, blanked, strict=True))
    assert OURS.blanked(before) == before


def test_templates_that_say_nothing_for_eight_words_know_nothing(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("Thank you {{ name }} for your message to us")

    assert OwnWords(tmp_path).blanked("Thank you for your message to us all") == "Thank you for your message to us all"
