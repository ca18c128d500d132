"""The HTML beside a letter's text says the same, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from html import unescape

import pytest

from mailbot.config import shipped
from mailbot.correspondence.compose import BETWEEN_LANGUAGES, LANGUAGES, Composer
from mailbot.correspondence.html import as_html
from mailbot.correspondence.may_reply import TEMPLATES
from tests.correspondence.test_compose import ALL, facts

COMPOSER = Composer(shipped("templates"), {})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_letter_says_the_same_in_both_forms(template: str, language: str) -> None:
    body = COMPOSER.render(template, facts(missing=ALL, danger=True, authority="Leeds"), language)[1]
    html = as_html(body)
    shown = unescape(re.sub(r"<[^>]+>", "\n", re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)))

    assert shown.split() == re.sub(r"^- ", "", body, flags=re.MULTILINE).split()
    assert "<h2" in html
    assert not re.search(r"<(?:img|a|script|link|iframe)\b|url\(|https?:", html)


def test_each_half_of_a_letter_in_two_languages_says_which_it_is_in() -> None:
    html = as_html(f"Helo.{BETWEEN_LANGUAGES}Hello.\n")

    assert '<html lang="cy">' in html
    assert re.search(r'<div lang="cy">\s*<p>Helo\.</p>\s*</div><hr><div lang="en">\s*<p>Hello\.</p>', html)


def test_what_a_letter_says_is_text_and_never_markup() -> None:
    assert "<b>" not in as_html("A <b>bold</b> & brave word")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; brave" in as_html("A <b>bold</b> & brave word")


def test_lines_that_begin_with_a_hyphen_are_one_list() -> None:
    html = as_html("WHO CAN HELP\nThese can:\n- one\n- two\nAnd you.")

    assert "<ul>\n<li>one</li>\n<li>two</li>\n</ul>" in html
    assert html.count("<h2") == 1
    assert "<p>And you.</p>" in html
