"""Every rule of models/rules.toml flags its own examples and keeps silent where it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.errors import ArtefactRefused
from mailbot.triage.rules import RuleBook
from tests.doubles import email

BOOK = RuleBook.load(shipped("models"))
RAISES = [(rule.name, text) for rule in BOOK.rules for text in rule.raises]
SILENT = [(rule.name, text) for rule in BOOK.rules for text in rule.silent]


def names(text: str) -> set[str]:
    return {hit.source.removeprefix("rule:") for hit in BOOK.hits(text)}


@pytest.mark.parametrize(("rule", "text"), RAISES)
def test_a_rule_flags_its_own_examples(rule: str, text: str) -> None:
    assert rule in names(text)


@pytest.mark.parametrize(("rule", "text"), SILENT)
def test_a_rule_keeps_silent_where_it_must(rule: str, text: str) -> None:
    assert rule not in names(text)


def test_every_rule_has_examples_of_both_kinds_and_a_name_of_its_own() -> None:
    assert all(rule.raises and rule.silent for rule in BOOK.rules)
    assert len({rule.name for rule in BOOK.rules}) == len(BOOK.rules)


def test_the_words_of_a_hit_stand_where_it_says() -> None:
    message = email(
        text="Nothing yet.\n\nHe hit her again. please\nShe went out Saturday and she's not been back since."
    )
    hits = BOOK.hits_in(message, ("text", "subject"))

    assert {hit.field for hit in hits} == {"immediate_risk"}
    for hit in hits:
        assert message.part(hit.part)[hit.start : hit.end] == hit.text


def test_no_rule_takes_long_over_a_hostile_text() -> None:
    for text in ("he " * 8_000, "a" * 20_000, "not " * 8_000 + "back", "college " * 3_000):
        assert len(list(BOOK.hits(text))) < 5


def test_a_rule_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        'version = "1"\n[[rule]]\nname = "broken"\nfield = "immediate_risk"\nvalue = "true"\npolarity = "raises"\n'
        'clause = "P3"\nscore = 1.0\npattern = \'(open\'\nraises = ["x"]\nsilent = ["y"]\n'
    )
    with pytest.raises(ArtefactRefused, match="rule broken"):
        RuleBook.load(tmp_path)
