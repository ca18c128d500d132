"""Which service a message names, and its number."""

from __future__ import annotations

import pytest

from mailbot.domain import Address, Email, Nation
from mailbot.triage.places import Gazetteer, Place
from mailbot.triage.services import ServiceFound, find_service

PLACES = Gazetteer(
    Place(name, "town", Nation.ENGLAND, authority, frozenset())
    for name, authority in (
        ("Lowestoft", "Suffolk"),
        ("Derby", "Derby"),
        ("Carlisle", "Cumberland"),
        ("Wisbech", "Cambridgeshire"),
    )
)


def service(text: str, subject: str = "", automatic: str | None = None) -> ServiceFound:
    email = Email(
        message_id="<1@plainmail.example>",
        sender=Address(name="Joan Pickersgill", address="joan@plainmail.example"),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject=subject,
        sent_at=None,
        text=text,
        automatic=automatic,
    )
    return find_service(email, PLACES.find(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I work at Bramble House in Lowestoft.", "Bramble House"),
        ("A children's home called Fernleigh has no manager.", "Fernleigh"),
        ("He is at Ashcombe children's home.", "Ashcombe"),
        ("It is about the home, Larch Rise, in Derby.", "Larch Rise"),
        ("We foster with Fellside Fostering.", "Fellside Fostering"),
        ("He boards at Quarry Bank, the special school at Wisbech.", "Quarry Bank"),
        ("The Beeches is not safe.", "The Beeches"),
        ("im in dale lodge and its freezing", "dale lodge"),
        ("My officer at Cafcass never met the children.", "Cafcass"),
        ("The Cafcass officer lied.", "Cafcass"),
        (
            "He goes to Hill Top School but lives at Bramble House, a children's home. Bramble House is cold.",
            "Bramble House",
        ),
        ("Doing nights at Westerly in Derby.", "Westerly"),
        ("She attends Little Otters Nursery.", "Little Otters Nursery"),
    ],
)
def test_the_service_is_named_as_written(text: str, name: str) -> None:
    assert service(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        "Suffolk County Council never visits.",
        "The leaving care team in Derby rings out.",
        "The children's home on our road is noisy.",
        "It is the house at 14 Mill Lane, Derby.",
        "The Crown Court heard it.",
        "My son was put in isolation at school.",
        "I live in a big old house in Derby.",
        "The Children are cold.",
    ],
)
def test_a_council_a_team_or_a_bare_address_is_no_service_name(text: str) -> None:
    assert service(text).name is None


def test_a_service_in_the_subject_counts_where_the_text_names_none() -> None:
    assert service("They shout at them all day long.", subject="Bramble House").name == "Bramble House"


def test_mail_from_a_machine_is_about_no_service() -> None:
    assert service("Your message about Bramble House was read.", automatic="read receipt").name is None


@pytest.mark.parametrize(
    ("text", "urn"),
    [
        ("The URN is 1234567.", "1234567"),
        ("Bramble House (SC061234) is unsafe.", "SC061234"),
        ("Little Otters, EY 123456", "EY123456"),
        ("Your Ofsted number for them is 2541234", "2541234"),
        ("Bramble House (2541234) is unsafe.", "2541234"),
        ("urn: sc061234", "SC061234"),
        ("Ring me on 01502 123456.", None),
        ("Our case reference is 1234567.", None),
        ("Crime ref SC06/12345, invoice 123456", None),
        ("On 12042026 he left.", None),
        ("Acct (1234567)", None),
    ],
)
def test_the_number_is_told_from_telephones_dates_and_other_references(text: str, urn: str | None) -> None:
    assert service(text).urn == urn
