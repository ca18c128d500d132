"""Which service a message names, and its number."""

from __future__ import annotations

import time

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
        ("She cries. Marram Reach, Derby.", "Marram Reach"),
        ("We use the home (Cinderhill, near Derby) twice a week.", "Cinderhill"),
        ("Left Alder House in March.", "Alder House"),
        ("A children's home called Two Ashes.", "Two Ashes"),
        ("Funding came from Cedar House Adoption Support in May.", "Cedar House Adoption Support"),
        ("We are with Plover Foster Families.", "Plover Foster Families"),
        ("Our agency is Teal Futures.", "Teal Futures"),
        ("He lives in a shared house run by Fourth Step Futures.", "Fourth Step Futures"),
        ("We used an agency in Derby, Tall Reed Attachment, for a year.", "Tall Reed Attachment"),
        ("Osier (URN 1234567) is cold.", "Osier"),
        ("A house near us, Osier Grange it's called, is noisy.", "Osier Grange"),
        ("She had a week at Osier Point (that's the holidays for disabled children).", "Osier Point"),
        ("The boys at Thornmoor are hungry.", "Thornmoor"),
        ("He sleeps at The Old Forge.", "The Old Forge"),
        ("THEY SHOUT AT THEM IN SYCAMORE GRANGE EVERY NIGHT", "SYCAMORE GRANGE"),
        ("im 14 its called the hazels. kev is on nights", "the hazels"),
        ("im at marsh end academy and they hit us", "marsh end academy"),
        ("its alder grange in derby", "alder grange"),
        ("i board at heronsgate near derby", "heronsgate"),
        ("we was at silver birches all week", "silver birches"),
        ("Mill Lane Nursery is dirty.", "Mill Lane Nursery"),
        ("I was sacked by Teal Children's Services.", "Teal Children's Services"),
        ("It is about the council, not Cafcass.", None),
    ],
)
def test_the_service_is_named_as_written(text: str, name: str | None) -> None:
    found = service(text)
    assert found.name == name
    assert all(text[one.start : one.end] == one.text for one in found.evidence)


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
        "A secure training centre in the Midlands.",
        "I met him at Tesco and at Christmas.",
        "I have one called Gemma.",
        "An officer called Ruth Pym came.",
        "We met at Year 9 parents' evening.",
        "She joined the Brownies.",
        "the house is cold and i hate it",
        "im in the house all day",
        "he goes to special school and then high school",
        "its pauls house",
        "WE ARE ALL GOING TO BURN",
        "Halls in Derby are cold.",
        "R Thorpe, Derby",
        "Cllr Ann Roy, Derby",
        "He sent a card. Write to me at 14 Marsh Lane, Derby.",
        "An answer to Beck House, Derby DE99 1AA please.",
        "Derby's Children's Services ring out.",
        "Derby Children's Services ring out.",
        "The girl is in Mill Lane.",
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
        ("Their certificate on the wall says 1234567.", "1234567"),
        ("The home, SC ref 1234567, is dirty.", "1234567"),
        ("The sign on the wall says 1234567.", None),
        ("Ring me on 01502 123456.", None),
        ("Our case reference is 1234567.", None),
        ("Crime ref SC06/12345, invoice 123456", None),
        ("On 12042026 he left.", None),
        ("Acct (1234567)", None),
    ],
)
def test_the_number_is_told_from_telephones_dates_and_other_references(text: str, urn: str | None) -> None:
    assert service(text).urn == urn


@pytest.mark.parametrize("text", ["A" * 20_000, "Aa" + " " * 19_000 + "x", "Aa " * 6_600, "AAAA " * 4_000])
def test_a_long_run_of_anything_is_read_in_moments(text: str) -> None:
    began = time.perf_counter()
    service(text)
    assert time.perf_counter() - began < 8
