"""The sender's identity is taken out of what officers read, and evidence still points at the right words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.cases.masking.mask import Masker
from mailbot.domain import Address
from tests.doubles import email


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("It was me, Jo, who rang.", "Jo"),
        ("Write to jo.s@other.example please.", "jo.s@other.example"),
        ("Ring me on 07700 900123 after six.", "07700 900123"),
        ("My number is (01632) 960 001.", "960 001"),
        ("Call +44 7700 900 456.", "900 456"),
        ("Something happened.\nIt was late.\n\nRegards\nJoanna Sandiford-Pike", "Sandiford-Pike"),
        ("Something happened.\nIt was late.\n\nJ. Sandiford", "Sandiford"),
        ("Ring oh double seven double oh, nine double oh, one two three.", "double seven"),
        ("My number in pieces: 07700, then 900 123.", "900 123"),
        ("Mail jo dot s at other dot example.", "jo dot s"),
        ("I drive my own car, a blue one, FX16 LTU, to the home.", "FX16 LTU"),
        ("My badge is BCC-INT-0932.", "BCC-INT-0932"),
        ("I am on insta as jo.bakes.", "jo.bakes"),
        ("On the rota it is J O A N N A or S a n d i f o r d.", "S a n d i f o r d"),
        ("Late.\nWrong.\n\nJo Sandiford (or Joey, as they call me)\nStaff no. 44721", "Joey"),
        ("Late.\nWrong.\n\nJo Sandiford\nStudent number N0918827", "N0918827"),
        ("The Old Forge\nMill Street\nLudlow\n\nDear Sir\n\nIt is cold.\n\nJo", "Mill Street"),
        ("Address line 1: 4 Mill Row\nTown: Ludlow\n\nIt is cold.", "Ludlow"),
        ("It is cold.\n\nJo Sandiford\nborn 2.8.1951", "2.8.1951"),
        ("It is cold.\n\nJo\nজো", "জো"),
    ],
)
def test_what_tells_who_wrote_is_masked(text: str, hidden: str) -> None:
    masked = Masker(email(text=text, sender=Address(name="Jo Sandiford", address="jo@post.example")), None).mask(text)

    assert hidden not in masked.text
    assert hidden in "".join(masked.tokens.values())


def test_the_postal_address_is_masked_however_its_lines_are_broken() -> None:
    text = "Please write to 4 Mill Row\nLudlow SY8 1AA and not by email."
    masked = Masker(email(text=text), "4 Mill Row, Ludlow, SY8 1AA").mask(text)

    assert masked.text == "Please write to [postal address 1] and not by email."


def test_an_address_beneath_the_sign_off_is_masked_and_one_in_the_message_is_not() -> None:
    told = "The home is at 12 Larch Road, Leeds LS1 4AP.\n\nYours faithfully\n\n"
    text = f"{told}Jo Sandiford\n47 Mill Row\nGrimsby DN31 9IK\n"
    masked = Masker(email(text=text), None).mask(text)

    assert masked.text == f"{told}[sender 1]\n[postal address 1]\n"
    assert masked.tokens["[postal address 1]"] == "47 Mill Row\nGrimsby DN31 9IK"


def test_a_name_and_the_address_beneath_it_stay_in_lines_of_their_own() -> None:
    address = "Flat 6, Marlowe Court\nPenn Road\nLudlow\nSY8 1AA"
    text = f"I should like a letter.\n\nYours sincerely,\n\nDelroy St. J. Campbell\n{address}"
    sender = Address(name="Delroy Campbell", address="d.campbell@post.example")
    masked = Masker(email(text=text, sender=sender), address.removeprefix("Flat ")).mask(text)

    assert masked.text.endswith("\n\n[sender 1]. [sender 2]\n[postal address 1]")


def test_an_address_in_one_line_with_the_name_before_it_is_masked() -> None:
    masked = Masker(email(text=""), None).mask("Cold at night.\nRegards\nJo\nThe Old Dairy, Ludlow SY8 1AA")

    assert masked.text.endswith("\n[postal address 1]")


def test_the_same_detail_has_the_same_token_in_every_part() -> None:
    masker = Masker(email(), None)

    assert masker.mask("Sandiford rang").text == masker.mask("sandiford rang").text == "[sender 1] rang"


def test_a_name_that_is_an_ordinary_word_hides_no_ordinary_word() -> None:
    masker = Masker(email(sender=Address(name="Will Grace", address="w@post.example")), None)

    assert masker.mask("They will say grace. Will said so.").text == "They will say grace. [sender 1] said so."


def test_service_and_child_stay_readable() -> None:
    text = "The boy K at Larch House in Leeds was hurt on 3 March at 21.40."

    assert Masker(email(), None).mask(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "A man in a grey van, AB12 CDE, took my son from the home.",
        "His mother's car is AB12 CDE and the minibus YK19 XRB.",
        "My son's case number is 44210 and the crime number 17/2210/24.",
        "The boy's date of birth is 12/03/2014.",
        "Will you look at the home at 14 Foundry Road, Derby?",
        "The others wrote to Council House, Corporation Street, Derby DE1 2FS.",
        "There were 3 of us for 14 children on 01 15, 02 40 and 03 05.",
    ],
)
def test_what_an_officer_must_read_stays(text: str) -> None:
    told = f"Dear all,\n\nIt is cold.\n\n{text}\n" + "\nIt is late." * 8

    assert Masker(email(sender=Address(name="Will Grace", address="w@post.example")), None).mask(told).text == told


@pytest.mark.parametrize(
    "text",
    [
        "A child is alone at 14 Foundry Road, Derby DE1 2AB.",
        "Please come to 14 Foundry Road, Derby, they are screaming.",
        "He took her off in AB12 CDE to 14 Foundry Road, Derby DE1 2AB.",
        "The man's number is on the van: AB12 CDE, firm number 4471 on the side.",
    ],
)
def test_where_a_child_is_in_danger_stays_in_a_message_of_one_line(text: str) -> None:
    masked = Masker(email(text=f"{text}\nJo"), None).mask(f"{text}\nJo")

    assert masked.text == f"{text}\n[sender 1]"


@given(st.text(max_size=200), st.data())
def test_a_span_of_the_original_is_the_same_words_in_the_masked_text(filling: str, data: st.DataObject) -> None:
    word = "EVIDENCE"
    text = f"Jo wrote from jo@post.example: {filling} {word} {filling} ring 07700 900123. Jo"
    masked = Masker(email(), None).mask(text)
    start = text.index(word)

    begin, end = masked.span(start, start + len(word))
    assert masked.text[begin:end] == word
