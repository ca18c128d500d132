"""The samples in docs/letters are what the templates give now; `python -m bench.letters` writes them again."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from bench.letters import DRAWN_FROM, FOLDER, JUDGED, MESSAGE, WELSH_TOO, WIDTH, Sample, samples
from mailbot.cases.masking.narrative import masked, told_by
from mailbot.correspondence.disclosure import LetterPurpose, Source, Verdict, check, verdict
from mailbot.correspondence.drafts import prompts_left
from mailbot.correspondence.may_reply import TEMPLATES
from mailbot.domain import APPROACHES, ActionKind

SAMPLES = {sample.name: sample for sample in samples()}
DRAFTS = [SAMPLES[purpose] for purpose in APPROACHES]
PAGE = FOLDER.parent / "letters.md"
A4 = 297 / 210
each = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def test_there_is_a_sample_for_each_line_of_the_table_three_in_welsh_and_each_draft() -> None:
    assert set(SAMPLES) == {*TEMPLATES, *(f"{name}_welsh" for name in WELSH_TOO), *APPROACHES}
    for name, sample in SAMPLES.items():
        assert {sample.mailed.template, sample.posted.template} == {name.removesuffix("_welsh")}


def test_the_folder_holds_a_text_and_two_pictures_of_each_and_nothing_else() -> None:
    wanted = {f"{name}.{ending}" for name in SAMPLES for ending in ("txt", "html.png", "pdf.png")}

    assert {file.name for file in FOLDER.iterdir()} == wanted
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 4_000_000


@each
def test_the_text_in_the_docs_is_what_the_template_gives(sample: Sample) -> None:
    assert (FOLDER / f"{sample.name}.txt").read_text("utf-8") == sample.text


@each
def test_the_pictures_were_drawn_from_what_the_template_gives(sample: Sample) -> None:
    for name, digest in sample.pictures.items():
        with Image.open(FOLDER / name) as picture:
            assert picture.format == "PNG"
            assert picture.info[DRAWN_FROM] == digest
            assert len(picture.getcolors() or ()) > 2  # there is something on it
            if name.endswith(".html.png"):
                assert picture.width == WIDTH
            else:
                assert picture.height / picture.width == pytest.approx(A4, rel=0.01)


def test_the_page_links_each_file_and_none_that_is_missing() -> None:
    linked = set(re.findall(r"\((letters/[^)\s]+)\)", PAGE.read_text("utf-8")))

    assert linked == {str(file.relative_to(PAGE.parent)) for file in FOLDER.iterdir()}


def test_the_drafts_are_written_to_the_end_and_only_the_referral_repeats_the_senders_words() -> None:
    known = told_by(*masked(MESSAGE, JUDGED))
    source = Source(name=known.name, address=known.address, phones=known.phones, text=known.text)
    said = {}
    for sample in DRAFTS:
        assert prompts_left(sample.text) == []
        said[sample.name] = check(source, "Bramley Rise", sample.text)

    referral = said.pop(ActionKind.REFER_TO_AUTHORITY)
    assert verdict(referral, LetterPurpose.REFER_TO_AUTHORITY) is Verdict.WARN
    assert not any(said.values())
    assert all(MESSAGE.sender.name not in sample.text for sample in DRAFTS)
