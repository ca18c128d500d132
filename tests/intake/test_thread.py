"""What in a message points to others: only gathered here, and one slip in copying a token is always undone."""

from __future__ import annotations

import dataclasses
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.cases.arrivals.filing import new_reference
from mailbot.cases.arrivals.threads import REFERENCE_ALPHABET, TOKEN_ALPHABET, variants
from mailbot.domain import Address, Attachment, ThreadClues
from mailbot.intake.parse import parse
from mailbot.intake.thread import MOST, clues_of, topic_of
from tests.doubles import email, mail

TOKEN = "abcdefghijklmnopqrstuvwxyz"
OTHER = "234567abcdefghijklmnopqrst"
AT_US = "@example.gov.uk"

tokens = st.text(TOKEN_ALPHABET, min_size=26, max_size=26)
typed = st.sampled_from(string.ascii_lowercase + string.digits)
"""What may stand in a token that somebody copied: 0, 1, 8 and 9 are in none of ours."""


def sent_to(*addresses: str) -> ThreadClues:
    return clues_of(email(recipients=tuple(Address(address=address) for address in addresses)))


def test_a_token_is_read_from_the_end_of_any_address_the_message_was_sent_to() -> None:
    assert sent_to("jo@post.example", f"enquiries+{TOKEN}{AT_US}", f"reports+{OTHER}{AT_US}").tokens == (TOKEN, OTHER)


def test_a_token_in_capitals_is_the_same_token() -> None:
    assert sent_to(f"Enquiries+{TOKEN.upper()}{AT_US}").tokens == (TOKEN,)


def test_a_token_stands_at_the_end_of_an_address_that_a_forwarder_has_rewritten() -> None:
    assert sent_to(f"srs0=hhh=tt=example.gov.uk=enquiries+{TOKEN}@forwarder.example").tokens == (TOKEN,)


@pytest.mark.parametrize("tail", ["", "+", "+school", f"-{TOKEN}", f"+{TOKEN[:23]}", f"+{TOKEN}xyz", f"+{TOKEN}+home"])
def test_what_is_not_like_a_token_is_none(tail: str) -> None:
    assert sent_to(f"enquiries{tail}{AT_US}").tokens == ()


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_token_is_found_in_whichever_header_the_servers_left_it(name: str) -> None:
    plain = mail()
    headers = plain.content.replace(
        b"To: enquiries@example.gov.uk", f"{name}: Ofsted <enquiries+{TOKEN}{AT_US}>".encode()
    )

    assert clues_of(parse(dataclasses.replace(plain, content=headers))).tokens == (TOKEN,)


def test_tokens_in_the_text_count_in_a_machines_message_alone() -> None:
    text = f"Your message from <enquiries+{TOKEN}{AT_US}> could not be delivered."
    attached = Attachment(name="headers", media_type="text/plain", size=9, text=f"To: reports+{OTHER}{AT_US}")

    assert clues_of(email(text=text, attachments=(attached,))).returned_tokens == ()
    machine = clues_of(email(text=text, attachments=(attached,), automatic="it says so"))
    assert machine.returned_tokens == (TOKEN, OTHER)
    assert machine.tokens == ()


def test_references_are_read_from_subject_text_quoted_text_and_message_ids() -> None:
    clues = clues_of(
        email(
            subject="Re: Your message to us: MB-AAAA-1111",
            text="My reference is mb-bbbb-2222.",
            quoted="the reference MB-CCCC-3333, and MB-AAAA-1111",
            references=("<mb-dddd-4444.17@example.gov.uk>",),
        )
    )

    assert clues.references == ("MB-AAAA-1111", "MB-BBBB-2222", "MB-CCCC-3333", "MB-DDDD-4444")
    assert clues.answers == ("<mb-dddd-4444.17@example.gov.uk>",)


def test_a_reference_within_a_longer_word_is_none() -> None:
    assert clues_of(email(text="XMB-AAAA-1111 and MB-AAAA-1111Z2Z2Z")).references == ()


@pytest.mark.parametrize(
    "subject",
    [
        "Larch House",
        "Re: Larch House",
        "RE: larch house!",
        "Fwd: Re: Larch House",
        "FW: AW: WG: Larch  House",
        "Re[2]: Larch House",
        "Re : Larch House",
        "Ateb: Larch House",
        "Ymlaen: Larch House",
        "  re:Larch House (MB-4F7K-29QX)",
        "“Larch House”",
    ],
)
def test_an_answer_has_the_topic_of_what_it_answers(subject: str) -> None:
    assert topic_of(subject) == "larch house"


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Reform of fees", "reform of fees"),
        ("Resources: a question", "resources a question"),
        ("Treatment: again", "treatment again"),
        ("Cartref Llarwydd ŵyl", "cartref llarwydd ŵyl"),
        ("Re:", ""),
        ("MB-4F7K-29QX", ""),
        ("…", ""),
    ],
)
def test_a_topic_is_what_the_sender_wrote_of(subject: str, topic: str) -> None:
    assert topic_of(subject) == topic


def test_of_hundreds_of_clues_only_the_first_are_followed() -> None:
    named = tuple(new_reference() for _ in range(300))
    clues = clues_of(
        email(
            text=" ".join(named),
            references=tuple(f"<{number}@post.example>" for number in range(300)),
            recipients=tuple(Address(address=f"x+{TOKEN[:-1]}{letter}{AT_US}") for letter in TOKEN_ALPHABET),
        )
    )

    assert clues.references == named[:MOST]
    assert len(clues.answers) == len(clues.tokens) == MOST


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.booleans())
def test_any_words_have_clues(subject: str, text: str, addresses: list[str], machine: bool) -> None:
    recipients = tuple(Address(address=address) for address in addresses)
    found = email(subject=subject, text=text, recipients=recipients, automatic="so" if machine else None)

    clues = clues_of(found)
    assert topic_of(f"Re: {clues.topic}") == clues.topic
    assert all(token == token.lower() and 24 <= len(token) <= 28 for token in clues.tokens)


@given(tokens, st.integers(0, 25), typed)
def test_a_token_with_one_character_wrong_leads_back_to_it(token: str, at: int, letter: str) -> None:
    slipped = token[:at] + letter + token[at + 1 :]

    assert slipped == token or token in variants(slipped, TOKEN_ALPHABET)


@given(tokens, st.integers(0, 25))
def test_a_token_with_one_character_lost_leads_back_to_it(token: str, at: int) -> None:
    assert token in variants(token[:at] + token[at + 1 :], TOKEN_ALPHABET)


@given(tokens, st.integers(0, 26), typed)
def test_a_token_with_one_character_more_leads_back_to_it(token: str, at: int, letter: str) -> None:
    assert token in variants(token[:at] + letter + token[at:], TOKEN_ALPHABET)


@given(tokens, st.integers(0, 24))
def test_a_token_with_two_characters_swapped_leads_back_to_it(token: str, at: int) -> None:
    slipped = token[:at] + token[at + 1] + token[at] + token[at + 2 :]

    assert slipped == token or token in variants(slipped, TOKEN_ALPHABET)


@given(tokens)
def test_variants_are_one_slip_away_and_few_enough_to_look_up(token: str) -> None:
    found = list(variants(token, TOKEN_ALPHABET))

    assert all(one_slip_apart(one, token) for one in found)
    assert len(found) < 2_000


def test_a_reference_copied_with_one_slip_leads_back_to_it() -> None:
    reference = "MB-4F7K-29QX"
    slips = ["MB-4F7K-29QY", "MB-4FK7-29QX", "MB-4F7K-29Q", "MB-4F7K-29QXX", "MB-4F7K-29QO", "MB-4F7K--29QX"]

    assert [slip for slip in slips if reference not in variants(slip, REFERENCE_ALPHABET)] == []


def one_slip_apart(one: str, other: str) -> bool:
    """Whether at most one character is wrong, missing or extra, or two neighbours are swapped."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    swapped = one[1:2] + one[:1] + one[2:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or swapped == other
