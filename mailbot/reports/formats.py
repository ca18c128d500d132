"""The forms in which a report leaves: a page of its own, a PDF, a table for spreadsheets, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from mailbot.correspondence.paper import printed

FORMS = {"html": "text/html", "pdf": "application/pdf", "csv": "text/csv", "json": "application/json"}
"""The forms there are, each with its media type."""

FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula, which may fetch or send what it likes (OWASP, CSV injection)."""

STYLE = Markup("""
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: #0b0c0c; background: #fff;
    font: 1.1875rem/1.4 arial, "Liberation Sans", "DejaVu Sans", sans-serif }
h1 { font-size: 2.25rem; line-height: 1.1 }
h2 { margin-top: 2.5rem; font-size: 1.5rem; break-after: avoid }
table { width: 100%; margin: 0 0 1.5rem; border-collapse: collapse; break-inside: avoid }
caption { text-align: left; font-weight: bold; margin-bottom: .5rem; break-after: avoid }
th, td { padding: .4rem 1rem .4rem 0; border-bottom: 1px solid #b1b4b6; text-align: left; vertical-align: top }
.govuk-table__cell--numeric, .govuk-table__header--numeric { text-align: right; padding-right: 0 }
.govuk-inset-text, .govuk-warning-text { margin: 1.5rem 0; padding: 1rem; border-left: 10px solid #b1b4b6 }
.report__number { margin: 1.5rem 0 0; font-size: 3rem; font-weight: bold; line-height: 1 }
.report__number + p { margin-top: .25rem }
.chart { display: block; max-width: 100%; height: auto; margin-bottom: 1.25rem; break-inside: avoid }
@media (forced-colors: active) { .chart__bar, .chart__mark { fill: CanvasText } .chart__line { stroke: CanvasText } }
@page { size: A4; margin: 20mm }
@media print { body { max-width: none; padding: 0; font-size: 11pt } h1 { font-size: 20pt } h2 { font-size: 14pt }
    .report__number { font-size: 24pt } .chart { width: 85mm } }
""")


def as_json(value: Any) -> str:
    """A frozen value as JSON that people can read too, keys in the order in which they were written."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """The rows as RFC 4180 has it. No cell is a formula: what looks like one begins with an apostrophe."""
    written = io.StringIO()
    csv.writer(written).writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def as_html(title: str, content: Markup) -> str:
    """A page that stands alone, fetches nothing and prints well; `content` begins with the heading."""
    return Markup(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{style}</style>\n</head>\n'
        "<body>\n<main>\n{content}\n</main>\n</body>\n</html>\n"
    ).format(title=title, style=STYLE, content=content)


def as_pdf(page: str) -> bytes:
    """What `as_html` gave, as a tagged PDF. Raises `ConfigError` where WeasyPrint cannot be used."""
    return printed(page)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_BEGINNINGS) else cell
