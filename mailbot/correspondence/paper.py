"""A letter on paper: a tagged PDF (PDF/UA-1, ISO 14289-1) with the address where an envelope's window shows it.

The page follows GOV.UK Notify's letter specification. It is set by WeasyPrint with the fonts of this machine, from
nothing that lies elsewhere; with the same fonts the same letter gives the same bytes.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

from mailbot.correspondence.compose import BETWEEN_LANGUAGES, ENGLISH, MONTHS, WELSH
from mailbot.correspondence.html import marked_up
from mailbot.correspondence.postal import MOST_LINES, postal_lines
from mailbot.domain import Letter
from mailbot.errors import AddressUnusable, ConfigError

SENDER = "Ofsted"
WINDOW_LEFT, WINDOW_TOP, WINDOW_WIDTH, WINDOW_HEIGHT = 24.6, 39.5, 95.4, 26.8
"""What the window of the envelope shows of the first page, in mm from the left and the top edge of the paper."""

_MM_A_PIXEL = 25.4 / 96
_OUR_REFERENCE = {ENGLISH: "Our reference", WELSH: "Ein cyfeirnod"}
_ADDRESS = "address"
_STYLE = f"""
@page {{ size: A4; margin: 20mm {WINDOW_LEFT}mm; font: 10pt "Liberation Sans", "DejaVu Sans", sans-serif;
    @bottom-right {{ content: "Page " counter(page) " of " counter(pages) }} }}
@page {WELSH} {{ @bottom-right {{ content: "Tudalen " counter(page) " o " counter(pages) }} }}
body {{ margin: 0; font: 12pt/1.4 "Liberation Sans", "DejaVu Sans", sans-serif }}
section:lang({WELSH}) {{ page: {WELSH} }}
section + section {{ break-before: page }}
h1 {{ margin: 0 0 6mm; font-size: 16pt }}
h2 {{ margin: 6mm 0 2mm; break-after: avoid }}
p {{ margin: 0 0 3mm }}
ul {{ margin: 0 0 3mm; padding-left: 6mm }}
.sender, #{_ADDRESS} {{ white-space: pre-line }}
.sender {{ margin: 10mm 0 0 {125 - WINDOW_LEFT}mm; height: 55mm; font-size: 11pt }}
section + section .sender {{ height: 25mm }}
#{_ADDRESS} {{ position: absolute; top: {WINDOW_TOP - 20}mm; left: 0; width: {WINDOW_WIDTH}mm; margin: 0;
    font-size: 10pt; line-height: {WINDOW_HEIGHT / MOST_LINES}mm; overflow-wrap: anywhere }}
"""


def on_paper(letter: Letter, written_on: date, reference: str) -> bytes:
    """The letter as a PDF, ready to be printed and put in an envelope.

    Raises `AddressUnusable` where it cannot be posted, and `ConfigError` where WeasyPrint cannot be used.
    """
    document = _set(_page(letter, written_on, reference))
    *_, bottom = document.pages[0].anchors[_ADDRESS]
    if bottom * _MM_A_PIXEL > WINDOW_TOP + WINDOW_HEIGHT + 0.1:
        raise AddressUnusable("the address does not fit the window of an envelope: shorten its longest lines")
    pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=True, finisher=_complete_tags)
    return pdf


def printed(page: str) -> bytes:
    """A page of HTML as a tagged PDF, with nothing fetched; `ConfigError` where WeasyPrint cannot be used."""
    pdf: bytes = _set(page).write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=True)
    return pdf


def _set(page: str) -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"nothing can be put on paper here ({error}): pip install 'mailbot[letters]' and "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
        ) from None
    nothing_fetched = weasyprint.urls.URLFetcher(allowed_protocols=())
    return weasyprint.HTML(string=page, url_fetcher=nothing_fetched).render()


def _page(letter: Letter, written_on: date, reference: str) -> str:
    """The letter as HTML; where it is in two languages, each has its own date, subject and pages."""
    bodies, subjects = letter.body.split(BETWEEN_LANGUAGES), letter.subject.split(" / ")
    if len(bodies) != 2:
        bodies, subjects = [letter.body], [letter.subject]
    elif len(subjects) != 2:
        subjects = [letter.subject, letter.subject]
    languages = (WELSH, ENGLISH)[-len(bodies) :]
    to_whom = escape("\n".join(postal_lines(letter.recipient)))
    address = f'<p id="{_ADDRESS}">{to_whom}</p>'
    sections = [
        f'<section id="{language}" lang="{language}">{_sender(written_on, reference, language)}'
        f"{address if language == languages[0] else ''}<h1>{escape(subject)}</h1>{marked_up(body)}</section>"
        for language, subject, body in zip(languages, subjects, bodies, strict=True)
    ]
    return (
        f'<!DOCTYPE html><html lang="{languages[0]}"><head><title>{escape(letter.subject)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(sections)}</body></html>"
    )


def _sender(written_on: date, reference: str, language: str) -> str:
    day = f"{written_on.day} {MONTHS[language][written_on.month - 1]} {written_on.year}"
    return f'<p class="sender">{SENDER}\n{day}\n{_OUR_REFERENCE[language]}: {escape(reference)}</p>'


def _complete_tags(document: Any, pdf: Any) -> None:
    """Adds what PDF/UA asks for and WeasyPrint 70 leaves out: each section's language, and that a page's number, which
    is drawn last, is no part of the text (ISO 14289-1 clauses 7.2 and 7.1).
    """
    kept = [one for one in pdf.objects if isinstance(one, dict)]
    tags_of_pages = next(one["Nums"] for one in kept if "Nums" in one)[1::2]
    for page, tags, reference in zip(document.pages, tags_of_pages, pdf.page_references, strict=True):
        for section in (one for one in kept if one.get("S") == "/Sect" and one["Pg"] == reference):
            section["Lang"] = f"({WELSH if WELSH in page.anchors else ENGLISH})"
        drawn = _drawing(pdf, reference)
        number = len(drawn) - drawn[::-1].index(b"BDC") - 1
        drawn[number - 2 : number + 1] = ["/Artifact", b"BMC"]
        tags.pop()


def _drawing(pdf: Any, page: bytes) -> list[Any]:
    """The operators that draw a page."""
    contents: bytes = pdf.objects[int(page.split()[0])]["Contents"]
    drawn: list[Any] = pdf.objects[int(contents.split()[0])].stream
    return drawn
