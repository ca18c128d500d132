"""Which service a message names, and the register's entry for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.domain import Address, Email, Nation
from mailbot.errors import ArtefactRefused
from mailbot.triage.places import Gazetteer, Place
from mailbot.triage.services import Register, ServiceFound, find_service

REGISTER = """urn,name,service_type,provider,authority,places,status,address,postcode
SC061234,Bramble House,childrens_home,Northfold Care Ltd,Suffolk,Lowestoft;Oulton,active,1 Corton Rise,NR32 9ZZ
2541234,Bramble House,childrens_home,Kestrel Homes Ltd,Derby,Derby,active,2 Hill Street,DE1 9ZZ
1234567,Fellside Fostering,independent_fostering_agency,Fellside Ltd,Cumberland,Carlisle,active,3 Dock Lane,CA1 9ZZ
"""
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


@pytest.fixture
def register(tmp_path: Path) -> Register:
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    return Register.load(path)


@pytest.mark.parametrize(
    ("urn", "name", "places", "expected"),
    [
        ("SC061234", None, (), "SC061234"),
        ("sc 061234", "Something else", (), "SC061234"),
        (None, "Bramble House", ("Lowestoft",), "SC061234"),
        (None, "Bramble Hous", ("Derby",), "2541234"),
        (None, "bramble house children's home", ("Suffolk",), "SC061234"),
        (None, "Bramble House", (), None),
        (None, "Fellside", (), "1234567"),
        (None, "Brook House", ("Derby",), None),
        ("9999999", None, (), None),
        (None, None, ("Derby",), None),
    ],
)
def test_a_service_is_matched_by_number_or_by_name_and_place_or_not_at_all(
    register: Register, urn: str | None, name: str | None, places: tuple[str, ...], expected: str | None
) -> None:
    match = register.match(urn, name, places)
    assert (match.service.urn if match else None) == expected


def test_a_register_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text("name\nBramble House\n", encoding="utf-8")
    with pytest.raises(ArtefactRefused, match=r"register\.csv"):
        Register.load(path)
