"""Addresses as they stand on an envelope, and those that only a person can post to."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailbot.correspondence.postal import MOST_LINES, NEVER_FIRST, postal_lines
from mailbot.errors import AddressUnusable

HOME = "Jo Bloggs\n4 Mill Lane\nLeeds\n"
POSTCODES = (
    *("LS1 4AB", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "E1W 2BX"),
    *("GIR 0AA", "JE2 3AB", "GY1 1AA", "IM1 1AB", "BT1 5GS", "ZE1 0AA", "BF1 3AA"),
)


@pytest.mark.parametrize("postcode", POSTCODES)
def test_a_postcode_is_written_in_capitals_with_one_space_however_it_was_typed(postcode: str) -> None:
    for typed in (postcode, postcode.lower(), postcode.replace(" ", ""), postcode.replace(" ", "\u00a0  ") + " ."):
        assert postal_lines(HOME + typed) == ("Jo Bloggs", "4 Mill Lane", "Leeds", postcode)


@pytest.mark.parametrize(
    "ending",
    [
        *("", "LS1", "LS1 4A", "LS1 4AC4", "LS1 14AB", "LS1 4CV", "QX1 4AB", "LX1 4AB", "٣LS1 4AB", "LS1 4\u017fB"),
        *("75008 Paris", "Paris\nFrance", "Dublin D02 AF30", "LS1 4AB\nFrance", "GX11 1AA", "FIQQ 1ZZ", "BFPO"),
        *("BFPO 40\nGermany", "BFPO 12345"),
    ],
)
def test_what_does_not_end_in_a_uk_postcode_is_for_a_person(ending: str) -> None:
    with pytest.raises(AddressUnusable, match="does not end in a UK postcode: complete it, or post the letter by hand"):
        postal_lines(HOME + ending)


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("Jo Bloggs, 4 Mill Lane, Leeds LS1 4AB", ("Jo Bloggs", "4 Mill Lane", "Leeds", "LS1 4AB")),
        ("Jo Bloggs, 4, Mill Lane,, Leeds, LS1 4AB, UK.", ("Jo Bloggs", "4 Mill Lane", "Leeds", "LS1 4AB")),
        ("Jo Bloggs\n4 Mill Lane, Leeds ls14ab", ("Jo Bloggs", "4 Mill Lane", "Leeds", "LS1 4AB")),
        ("Bloggs, Jo\n4 Mill Lane, Leeds, LS1 4AB", ("Bloggs, Jo", "4 Mill Lane", "Leeds", "LS1 4AB")),
        (
            " Jo  Bloggs,\r\n\r\nFlat 2, 4 Mill Lane ,\r\nLeeds,\nLS1 4AB,",
            ("Jo Bloggs", "Flat 2, 4 Mill Lane", "Leeds", "LS1 4AB"),
        ),
        ("Jo\u200b Bloggs\n\u202a4 Mill Lane\u202c\nLS1\u00a04AB", ("Jo Bloggs", "4 Mill Lane", "LS1 4AB")),
        (
            "Siân Rhys\nTŷ Newydd\nCaernarfon\nGwynedd\nLL55 1AA",
            ("Siân Rhys", "Tŷ Newydd", "Caernarfon", "Gwynedd", "LL55 1AA"),
        ),
    ],
)
def test_an_address_is_set_in_lines(written: str, lines: tuple[str, ...]) -> None:
    assert postal_lines(written) == lines


@pytest.mark.parametrize(
    "country",
    [
        "United Kingdom",
        "UK",
        "U.K.",
        "England",
        "WALES",
        "Cymru",
        "Scotland",
        "Northern Ireland",
        "Isle of Man",
        "England\nUnited Kingdom",
    ],
)
def test_the_country_after_the_postcode_is_left_out(country: str) -> None:
    for between in ("\n", ", ", " "):
        assert postal_lines(f"{HOME}LS1 4AB{between}{country}")[-1] == "LS1 4AB"


def test_a_country_of_ours_above_the_postcode_stays() -> None:
    assert postal_lines("Jo Bloggs\n4 Mill Lane\nSt Helier\nJersey\nJE2 3AB")[-2:] == ("Jersey", "JE2 3AB")


@pytest.mark.parametrize(
    ("typed", "ending"),
    [
        ("BFPO 58", ("BFPO 58",)),
        ("bfpo58", ("BFPO 58",)),
        ("BFPO c/o 58\nUnited Kingdom", ("BFPO 58",)),
        ("BFPO 58, bf13aa", ("BFPO 58", "BF1 3AA")),
        ("BF1 3AA\nBFPO 58", ("BFPO 58", "BF1 3AA")),
    ],
)
def test_the_forces_number_stands_above_its_postcode(typed: str, ending: tuple[str, ...]) -> None:
    assert postal_lines(f"Cpl Jo Bloggs\n1st Battalion\n{typed}") == ("Cpl Jo Bloggs", "1st Battalion", *ending)


@pytest.mark.parametrize(
    "written",
    [
        "Jo Bloggs\nNo fixed abode\nLeeds\nLS1 4AB",
        "Jo Bloggs, of no\nfixed address, Leeds LS1 4AB",
        "Jo Bloggs\nNFA\nLeeds\nLS1 4AB",
        "Jo Bloggs, n.f.a., Leeds LS1 4AB",
        "NFA",
    ],
)
def test_nothing_is_posted_to_no_fixed_abode(written: str) -> None:
    with pytest.raises(AddressUnusable, match="no fixed abode: ask the sender where to write to"):
        postal_lines(written)


@pytest.mark.parametrize(
    "written", ["Jo Bloggs\nThe Nfa Centre\nLeeds\nLS1 4AB", "Jo Bloggs\nFixed Abode House\nLeeds\nLS1 4AB"]
)
def test_a_house_whose_name_only_sounds_like_it_is_an_address(written: str) -> None:
    assert len(postal_lines(written)) == 4


@pytest.mark.parametrize("lines", [2, MOST_LINES + 1])
def test_too_few_or_too_many_lines_are_counted_for_the_officer(lines: int) -> None:
    with pytest.raises(AddressUnusable, match=f"an address has 3 to 7 lines, .* and this one has {lines}: write"):
        postal_lines("Jo Bloggs\n" + "Mill Lane\n" * (lines - 2) + "LS1 4AB")


@pytest.mark.parametrize("sign", NEVER_FIRST)
def test_a_line_that_begins_with_a_sign_is_named_by_its_number(sign: str) -> None:
    with pytest.raises(AddressUnusable, match=re.escape(f"line 2 of the address begins with {sign}")):
        postal_lines(f"Jo Bloggs\n{sign}4 Mill Lane\nLeeds\nLS1 4AB")


@pytest.mark.parametrize("written", ["Jo Bloggs, 4 Mill Lane", "Jo Bloggs LS1 4AB", "Jo Bloggs\n~4 Mill Lane\nLS1 4AB"])
def test_why_an_address_is_no_use_never_repeats_it(written: str) -> None:
    with pytest.raises(AddressUnusable) as refused:
        postal_lines(written)

    assert not re.search("Bloggs|Mill|LS1", str(refused.value))


PIECES = st.sampled_from(
    [
        *"\n\r\t ,.~/@",
        "\n",
        ", ",
        "\u200b",
        "\x85",
        "\u2028",
        "LS1 4AB",
        "ls14ab",
        "BF1 3AA",
        "BFPO 58",
        "bfpo c/o 7",
        "UK",
        "England",
        "Jersey",
        "Jo Bloggs",
        "4",
        "Mill Lane",
        "Leeds",
        "N.F.A.",
        "no fixed",
    ]
)


ENDINGS = st.sampled_from(["\nLS1 4AB", " ls14ab, UK", "\nBFPO 58\nBF1 3AA", ", bf13aa bfpo58", "\nBFPO c/o 7", ""])


@given(st.one_of(st.text(), st.tuples(st.lists(PIECES, max_size=20).map("".join), ENDINGS).map("".join)))
@example("A\nB\nBF1 3AA\nBFPO 58\nBF1 3AB")
@example("A\nB\nLS1 4AB LS1 4AB")
def test_the_lines_of_an_address_are_an_address_of_the_same_lines(written: str) -> None:
    with contextlib.suppress(AddressUnusable):
        lines = postal_lines(written)
        assert postal_lines("\n".join(lines)) == lines


@given(
    st.lists(st.from_regex(r"[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8})?", fullmatch=True), min_size=2, max_size=6),
    st.sampled_from(POSTCODES),
    st.sampled_from(["\n", ",\n", ", "]),
)
def test_every_plain_address_can_be_used(above: list[str], postcode: str, between: str) -> None:
    assert postal_lines(between.join([*above, postcode])) == (*above, postcode)
