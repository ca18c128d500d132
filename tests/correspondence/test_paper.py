"""What comes out of the printer: read back from the PDF, as a screen reader and an envelope's window show it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

from mailbot.config import shipped
from mailbot.correspondence.compose import BETWEEN_LANGUAGES, Composer
from mailbot.correspondence.paper import WINDOW_HEIGHT, WINDOW_LEFT, WINDOW_TOP, WINDOW_WIDTH, on_paper
from mailbot.domain import Channel, Letter, Whistleblowing
from mailbot.errors import AddressUnusable, ConfigError
from tests.correspondence.test_compose import ALL, BETRAYING, facts

try:
    import weasyprint  # noqa: F401  whether it works is known only from trying
except (ImportError, OSError) as error:
    WHY_NOT = f"needs WeasyPrint, and Debian's libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0: {error}"
else:
    WHY_NOT = ""

needs_weasyprint = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

DAY = date(2026, 11, 26)
REFERENCE = "MB-4F7K-29QX"
ADDRESS = ("Siân Bloggs", "Flat 2, 4 Mill Lane", "Leeds", "LS1 4AB")
COMPOSER = Composer(shipped("templates"), {})
SITUATION = facts(
    missing=ALL, danger=True, authority="Leeds", worker=True, whistleblowing=Whistleblowing.QUALIFYING, by_post=True
)


def letter(body: str, subject: str = f"Your message to us: {REFERENCE}", recipient: str = "\n".join(ADDRESS)) -> Letter:
    return Letter(
        recipient=recipient, channel=Channel.POST, subject=subject, body=body, template="own", reply_address=""
    )


def composed(*languages: str) -> Letter:
    bodies = [COMPOSER.render("whistleblower", SITUATION, language)[1].strip() for language in languages]
    subject = "Y neges atom ni / " * (len(bodies) - 1) + f"Your message to us: {REFERENCE}"
    return letter(BETWEEN_LANGUAGES.join(bodies), subject)


def printed(written: Letter) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(on_paper(written, DAY, REFERENCE)))


@pytest.fixture(scope="module")
def english() -> pypdf.PdfReader:
    return printed(composed("en"))


@pytest.fixture(scope="module")
def bilingual() -> pypdf.PdfReader:
    return printed(composed("cy", "en"))


def catalog(pdf: pypdf.PdfReader) -> Any:
    return pdf.root_object


def structure(pdf: pypdf.PdfReader) -> list[tuple[str, str]]:
    return list(elements(catalog(pdf)["/StructTreeRoot"]["/K"]))


def elements(node: Any, language: str = "") -> Iterator[tuple[str, str]]:
    """The structure's elements in reading order, each with the language it is in."""
    node = node.get_object()
    if isinstance(node, pypdf.generic.ArrayObject):
        for kid in node:
            yield from elements(kid, language)
    elif isinstance(node, pypdf.generic.DictionaryObject):
        language = node.get("/Lang", language)
        if "/S" in node:
            yield str(node["/S"]), language
        yield from elements(node.get("/K", pypdf.generic.NullObject()), language)


def placed(page: pypdf.PageObject) -> list[tuple[float, float, str]]:
    """Where each piece of text begins, in mm from the left and the top edge."""
    pieces: list[tuple[float, float, str]] = []

    def visit(text: str, of_page: list[float], of_text: list[float], font: object, size: float) -> None:
        if text.strip():
            x, y = of_text[4], of_text[5]
            across = of_page[0] * x + of_page[2] * y + of_page[4]
            up = of_page[1] * x + of_page[3] * y + of_page[5]
            pieces.append((across * 25.4 / 72, 297 - up * 25.4 / 72, text.strip()))

    page.extract_text(visitor_text=visit)
    return pieces


def shown_in_window(page: pypdf.PageObject, slack: float = 0) -> list[str]:
    return [
        text
        for across, down, text in placed(page)
        if WINDOW_LEFT - slack <= across < WINDOW_LEFT + WINDOW_WIDTH
        and WINDOW_TOP - slack <= down <= WINDOW_TOP + WINDOW_HEIGHT + slack
    ]


def words(text: str) -> list[str]:
    return re.sub(r"(?:Page|Tudalen) \d+ (?:of|o) \d+|•", " ", text).split()


@needs_weasyprint
def test_the_pdf_says_that_it_is_tagged_for_screen_readers(english: pypdf.PdfReader) -> None:
    root = catalog(english)
    xmp = root["/Metadata"].get_data().decode()

    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "en"
    assert re.search(r'pdfuaid:part="1"', xmp)
    assert english.metadata is not None
    assert english.metadata.title == f"Your message to us: {REFERENCE}"
    assert set(english.metadata) == {"/Title", "/Producer"}
    assert {tag for tag, _ in structure(english)} >= {"/H1", "/H2", "/P", "/L", "/LI", "/LBody"}


@needs_weasyprint
def test_headings_lists_and_lines_of_the_letter_are_those_of_the_pdf() -> None:
    pdf = printed(letter("Thank you.\nWe read it.\n\nWHO CAN HELP\nThese can:\n- one\n- two\n\nGoodbye."))
    tags = [tag for tag, _ in structure(pdf)]

    assert [tag for tag in tags if tag in {"/H1", "/H2", "/P", "/L", "/LI"}] == [
        *("/P", "/P", "/H1"),  # the sender, the address and the subject
        *("/P", "/P", "/H2", "/P", "/L", "/LI", "/LI", "/P"),
    ]


@needs_weasyprint
@pytest.mark.parametrize("languages", [("en",), ("cy", "en")])
def test_every_word_of_the_letter_is_there_in_its_order(languages: tuple[str, ...]) -> None:
    written = composed(*languages)
    text = words("\n".join(page.extract_text() for page in printed(written).pages))
    said = [
        word for part in written.body.split(BETWEEN_LANGUAGES) for word in re.sub("^- ", "", part, flags=re.M).split()
    ]
    rest = iter(text)

    assert all(word in rest for word in said)
    assert len(text) - len(said) < 60  # the sender, the address and the headings


@needs_weasyprint
def test_each_half_of_a_bilingual_letter_is_in_its_own_language_on_pages_of_its_own(bilingual: pypdf.PdfReader) -> None:
    pages = [page.extract_text() for page in bilingual.pages]
    last_welsh = max(number for number, text in enumerate(pages) if "Tudalen" in text)
    languages = [language for tag, language in structure(bilingual) if tag != "/Document"]

    assert catalog(bilingual)["/Lang"] == "cy"
    assert languages == sorted(languages)
    assert set(languages) == {"cy", "en"}
    assert [tag for tag, _ in structure(bilingual)].count("/H1") == 2
    assert "26 Tachwedd 2026" in pages[0]
    assert f"Ein cyfeirnod: {REFERENCE}" in pages[0]
    assert "26 November 2026" in pages[last_welsh + 1]
    assert f"Our reference: {REFERENCE}" in pages[last_welsh + 1]
    for number, text in enumerate(pages, start=1):
        said = f"Tudalen {number} o {len(pages)}" if number <= last_welsh + 1 else f"Page {number} of {len(pages)}"
        assert said in text


@needs_weasyprint
def test_the_number_of_a_page_is_not_read_out_as_text(english: pypdf.PdfReader) -> None:
    tags = catalog(english)["/StructTreeRoot"]["/ParentTree"]["/Nums"][1::2]

    assert len(english.pages) > 1
    for page, of_page in zip(english.pages, tags, strict=True):
        drawn = pypdf.generic.ContentStream(page["/Contents"].get_object(), english).operations
        marked = [operands for operands, operator in drawn if operator in (b"BDC", b"BMC")]
        assert [len(operands) for operands in marked] == [2] * (len(marked) - 1) + [1]
        assert marked[-1] == ["/Artifact"]
        assert [operands[1]["/MCID"] for operands in marked[:-1]] == list(range(len(of_page)))


@needs_weasyprint
def test_the_window_of_the_envelope_shows_the_address_and_nothing_else(bilingual: pypdf.PdfReader) -> None:
    assert shown_in_window(bilingual.pages[0]) == list(ADDRESS)
    assert shown_in_window(bilingual.pages[0], slack=8) == list(ADDRESS)


@needs_weasyprint
def test_the_upper_third_of_the_first_page_betrays_nothing(bilingual: pypdf.PdfReader) -> None:
    upper = " ".join(text for _, down, text in placed(bilingual.pages[0]) if down < 99).casefold()

    assert "y neges atom ni" in upper
    assert not [word for words in BETRAYING.values() for word in words if word in upper]


@needs_weasyprint
def test_all_seven_lines_of_an_address_are_in_the_window_and_no_more_would_be() -> None:
    most = ("Jo Bloggs", "Flat 2", "The Old Mill", "4 Mill Lane", "Headingley", "Leeds", "LS1 4AB")

    assert shown_in_window(printed(letter("Hello.", recipient="\n".join(most))).pages[0]) == list(most)
    with pytest.raises(AddressUnusable, match="does not fit the window of an envelope: shorten its longest lines"):
        printed(letter("Hello.", recipient="\n".join(["W" * 50, *most[1:]])))


@needs_weasyprint
def test_a_long_line_of_a_short_address_goes_on_below() -> None:
    shown = shown_in_window(printed(letter("Hello.", recipient=f"Jo Bloggs\n{'W' * 50}\nLS1 4AB")).pages[0])

    assert "".join(shown) == f"Jo Bloggs{'W' * 50}LS1 4AB"
    assert len(shown) == 4


@needs_weasyprint
def test_every_page_keeps_the_margins_of_the_specification(bilingual: pypdf.PdfReader) -> None:
    for page in bilingual.pages:
        assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == [210, 297]
        assert all(across >= 15 and 5 <= down <= 292 for across, down, _ in placed(page))


@needs_weasyprint
def test_what_a_letter_says_is_shown_and_never_obeyed() -> None:
    said = '<script>1 < 2</script> & <img src="file:///etc/hostname"> </body></section>'
    pdf = printed(
        letter(
            f"Before.\n\n{said}\n\nAfter.",
            subject=f"On <b>& {REFERENCE}",
            recipient="Jo & Al\nA <b>\nLS1 4AB",
        )
    )
    text = "".join(pdf.pages[0].extract_text().split())

    for shown in (f"Before.{said}After.", f"On <b>& {REFERENCE}", "Jo & Al A <b> LS1 4AB"):
        assert shown.replace(" ", "") in text
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"On <b>& {REFERENCE}"


@needs_weasyprint
def test_the_same_letter_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    program = (
        "import hashlib\nfrom tests.correspondence.test_paper import *\n"
        "print(hashlib.sha256(on_paper(composed('cy', 'en'), DAY, REFERENCE)).hexdigest())"
    )
    here = hashlib.sha256(on_paper(composed("cy", "en"), DAY, REFERENCE)).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    there = subprocess.run([sys.executable, "-c", program], env=environment, text=True, capture_output=True, check=True)

    assert there.stdout.strip() == here
    assert hashlib.sha256(on_paper(composed("en"), DAY, REFERENCE)).hexdigest() != here


@needs_weasyprint
def test_a_letter_to_no_usable_address_is_not_printed() -> None:
    with pytest.raises(AddressUnusable, match="does not end in a UK postcode"):
        printed(letter("Hello.", recipient="Jo Bloggs\n4 Rue du Moulin\n75008 Paris"))


@pytest.mark.parametrize("fails", ['OSError("cannot load library libpango-1.0-0")', 'ImportError("no weasyprint")'])
def test_a_machine_without_weasyprint_or_pango_says_what_to_install(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text(f"raise {fails}")
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ConfigError, match=r"pip install 'mailbot\[letters\]' and apt-get install libpango-1.0-0"):
        printed(letter("Hello."))
