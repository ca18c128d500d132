"""The same letter as HTML: headings, lists and paragraphs, no picture, no link to follow, no style that it needs."""

from __future__ import annotations

from html import escape

from mailbot.correspondence.compose import BETWEEN_LANGUAGES, ENGLISH, WELSH_AND_ENGLISH

STYLE = "font-family: arial, sans-serif; font-size: 16px; line-height: 1.5; color: #0b0c0c; max-width: 640px"


def as_html(body: str) -> str:
    """The letter's text marked up, each of its languages said: one in two is in Welsh and then in English."""
    halves = body.split(BETWEEN_LANGUAGES)
    languages = WELSH_AND_ENGLISH if len(halves) == len(WELSH_AND_ENGLISH) else (ENGLISH,) * len(halves)
    parts = [
        f'<div lang="{language}">\n{marked_up(half)}\n</div>' for language, half in zip(languages, halves, strict=True)
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="{languages[0]}">\n<head><meta charset="utf-8"><title></title></head>\n'
        f'<body style="{STYLE}">\n{"<hr>".join(parts)}\n</body>\n</html>\n'
    )


def marked_up(text: str) -> str:
    """A text in HTML: a line in capitals is a heading, lines that begin with "- " are a list."""
    return "\n".join(_block(block) for block in text.strip().split("\n\n"))


def _block(block: str) -> str:
    """One run of lines without an empty one between them."""
    written: list[str] = []
    items: list[str] = []
    for line in block.split("\n"):
        if line.startswith("- "):
            items.append(f"<li>{escape(line[2:])}</li>")
            continue
        if items:
            written.append(_list(items))
            items = []
        heading = line.isupper() and len(line) < 80
        written.append(f'<h2 style="font-size: 19px">{escape(line)}</h2>' if heading else f"<p>{escape(line)}</p>")
    if items:
        written.append(_list(items))
    return "\n".join(written)


def _list(items: list[str]) -> str:
    return "<ul>\n" + "\n".join(items) + "\n</ul>"
