"""Which places a text names, and which of them is the service's."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.domain import Address, Email, Nation
from mailbot.errors import ArtefactRefused
from mailbot.triage.places import Gazetteer, PlaceDecision

AUTHORITIES = """nation,name,kind,valid_from,valid_to
England,Suffolk,council,,
England,Kent,council,,
England,Hounslow,council,,
England,Lincolnshire,council,,
England,Lancashire,council,,
England,Stoke-on-Trent,council,,
England,Stockport,council,,
England,Derby,council,,
England,Cumbria,council,1974-04-01,2023-03-31
Wales,Wrexham,council,,
"""
PLACES = """place,kind,nation,authority,postcode_area
Lowestoft,town,england,Suffolk,NR
Lincoln,city,england,Lincolnshire,LN
Preston,city,england,Lancashire,PR
Chelsea,suburb,england,Kensington and Chelsea,SW
Reading,town,england,Reading,RG
Hanley,town,england,Stoke-on-Trent,ST
Cheadle,town,england,Stockport,SK
Cheadle,town,england,Staffordshire,ST
Newport,city,wales,,NP
Newport,town,england,Telford and Wrekin,TF
Gwent,county,wales,,NP
Shropshire,county,england,Shropshire,SY
Staffordshire,county,england,Staffordshire,ST
Wrexham,city,wales,,LL
Dolgellau,town,wales,,LL
Paisley,town,scotland,,PA
King's Lynn,town,england,Norfolk,PE
Carlisle,city,england,Cumberland,CA
Bury,town,england,Bury,BL
Bangor,city,wales,,LL
Bangor,city,northern_ireland,,BT
Shirley,town,england,Solihull,B
Shirley,suburb,england,Southampton,SO
"""


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    models = tmp_path_factory.mktemp("models")
    (models / "authorities.csv").write_text(AUTHORITIES, encoding="utf-8")
    (models / "places.csv").write_text(PLACES, encoding="utf-8")
    return Gazetteer.load(models)


def decided(gazetteer: Gazetteer, text: str, subject: str = "", quoted: str = "") -> PlaceDecision:
    email = Email(
        message_id="<1@plainmail.example>",
        sender=Address(name="Joan Pickersgill", address="joan@plainmail.example"),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject=subject,
        sent_at=None,
        text=text,
        quoted=quoted,
    )
    decision = gazetteer.decide(email)
    for evidence in decision.evidence:
        assert email.part(evidence.part)[evidence.start : evidence.end] == evidence.text
    return decision


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A home in Lowestoft.", ["Lowestoft"]),
        ("Lowestoft's homes", ["Lowestoft"]),
        ("kids home near lowestoft", ["Lowestoft"]),
        ("A HOME IN LOWESTOFT", ["Lowestoft"]),
        ("the stoke-on-trent one, in stoke on trent", ["Stoke-on-Trent", "Stoke-on-Trent"]),
        ("Stoke on Trent and Kings Lynn", ["Stoke-on-Trent", "King's Lynn"]),
        ("Lincoln House", []),
        ("Mr Preston and Mrs Lincoln", []),
        ("my friend Preston hit him", []),
        ("Reading the log, I saw it.", []),
        ("We live in Reading.", ["Reading"]),
        ("Chelsea ran away again.", []),
        ("on Preston Road", []),
        ("I was reading it in bed", []),
        ("bank worker lowestoft. nights again", ["Lowestoft"]),
        ("Bank worker, I saw lowestoft lads. Then He left", []),
        ("sale meds", []),
        ("a home nr lowestoft", ["Lowestoft"]),
        ("Preston way", ["Preston"]),
        ("Preston hit him", []),
        ("AT 14 TEMPLE AVENUE, LOWESTOFT", ["Lowestoft"]),
        ("cartref yng Ngharlisle, o Garlisle i Ddolgellau", ["Carlisle", "Carlisle", "Dolgellau"]),
        ("Ngharlisle", []),
        ("Hanley Towers", []),
        ("im in hanley house", []),
        ("the lowestoft house, in wrexham", ["Lowestoft", "Wrexham"]),
        ("A family centre, lowestoft, that I Left", ["Lowestoft"]),
        ("SECURE CENTRE, LINCOLN. Trainee form", []),
        ("SECURE CENTRE, HANLEY. Trainee form", ["Hanley"]),
        ("Oak House (Lincoln)", ["Lincoln"]),
        ("from P. Hanley", []),
        ("social workers of lincoln county council", ["Lincoln"]),
        ("by lincoln council", ["Lincoln"]),
        ("kids home in bury", ["Bury"]),
        ("they bury it in reading", []),
    ],
)
def test_places_are_told_from_words_people_and_parts_of_names(
    gazetteer: Gazetteer, text: str, names: list[str]
) -> None:
    assert [found.name for found in gazetteer.find(text)] == names


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("Cheadle, SK8 1AA", "Stockport"),
        ("a home in Cheadle, Staffordshire", "Staffordshire"),
        ("Newport near Shropshire", "Telford and Wrekin"),
    ],
)
def test_places_of_one_name_are_told_apart_by_what_stands_near(gazetteer: Gazetteer, text: str, authority: str) -> None:
    found = gazetteer.find(text)[0]
    assert (found.local_authority, found.ambiguous) == (authority, False)


def test_of_two_places_of_one_name_the_larger_is_meant_unless_a_clue_says_otherwise(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("a home in Shirley")[0].local_authority == "Solihull"
    assert gazetteer.find("a home in Shirley, SO15 3EY")[0].local_authority == "Southampton"


@pytest.mark.parametrize(
    ("text", "nation"),
    [
        ("i went to the home, and she went, I WENT", None),
        ("cartref yng Ngwent", Nation.WALES),
        ("yn went", Nation.WALES),
        ("Clwb ym Mangor", Nation.WALES),
        ("a club in Bangor", None),
    ],
)
def test_a_welsh_change_of_letters_is_not_seen_in_english_words(
    gazetteer: Gazetteer, text: str, nation: Nation | None
) -> None:
    assert decided(gazetteer, text).nation == nation


@pytest.mark.parametrize(
    ("text", "nation", "authority"),
    [
        ("My complaint is against Suffolk. The home is in Wrexham and is lovely.", Nation.ENGLAND, "Suffolk"),
        ("He's in a home in Wrexham. It's Suffolk I want to complain about.", Nation.ENGLAND, "Suffolk"),
        ("A niece placed by Suffolk at a home called Derwen outside Wrexham.", Nation.WALES, None),
        ("She was placed from Lowestoft into a school near Wrexham.", Nation.WALES, None),
        ("A week at a house in Wrexham, run by a Lowestoft charity.", Nation.WALES, None),
        ("The company is registered in Paisley. I'm in the one in Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("The home is at the county border, Kent, the Hounslow side.", Nation.ENGLAND, "Hounslow"),
        ("A children's home a mile and a half from Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("He came from Lowestoft, we are near Preston.", Nation.ENGLAND, "Lancashire"),
        ("The agency is in Preston. Answer by letter to 8 Ruskin Court, Lowestoft.", Nation.ENGLAND, "Lancashire"),
        ("Bolts on doors. Reply by letter to my nan, 8 Ruskin Court, Lowestoft.", None, None),
        ("The home next door is loud. Write to us at 8 Ruskin Court, Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("We live in Derby, dads house is in Lowestoft.", Nation.ENGLAND, "Derby"),
        ("She lives with her nan in Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("The report went to Suffolk members in October.", Nation.ENGLAND, "Suffolk"),
        ("I drive for a firm in Lowestoft. The boys are in a home in Preston.", Nation.ENGLAND, "Lancashire"),
        ("We foster for Suffolk County Council. There is a barn in Preston.", Nation.ENGLAND, "Suffolk"),
    ],
)
def test_of_several_places_the_one_that_is_complained_of_decides(
    gazetteer: Gazetteer, text: str, nation: Nation | None, authority: str | None
) -> None:
    decision = decided(gazetteer, text)
    assert (decision.nation, decision.local_authority) == (nation, authority)


def test_where_only_the_nation_is_told_a_place_lived_in_tells_the_authority(gazetteer: Gazetteer) -> None:
    decision = decided(Gazetteer.load(shipped("models")), "I live in Barrow. I have letters from Cumbria.")
    assert (decision.nation, decision.local_authority) == (Nation.ENGLAND, "Westmorland and Furness")


def test_places_of_one_name_with_nothing_to_tell_them_apart_are_ambiguous(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("a home in Cheadle")[0]
    assert (found.ambiguous, found.nation, found.local_authority) == (True, Nation.ENGLAND, None)


@pytest.mark.parametrize(
    ("text", "nation", "authority"),
    [
        ("I work at Bramble House in Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("kids home on Corton Rise, Lowestoft", Nation.ENGLAND, "Suffolk"),
        ("I live in Derby but the home is in Lowestoft.", Nation.ENGLAND, "Suffolk"),
        ("The Lincoln home is worse.", Nation.ENGLAND, "Lincolnshire"),
        ("Kent council placed her at a home in Preston.", Nation.ENGLAND, "Lancashire"),
        ("He is a looked after child of Suffolk County Council.", Nation.ENGLAND, "Suffolk"),
        ("LB Hounslow never visits him.", Nation.ENGLAND, "Hounslow"),
        ("Kent council say they have no social worker.", Nation.ENGLAND, "Kent"),
        ("A children's home in Wrexham.", Nation.WALES, None),
        ("She is at a unit up the back of Paisley.", Nation.SCOTLAND, None),
        ("He is in a home in Newport. Gwent Newport, not the Shropshire one.", Nation.WALES, None),
        ("The home is outside Lowestoft. Staff took them to Wrexham for the day.", Nation.ENGLAND, "Suffolk"),
        (
            "I work in the youth offending team in Stoke-on-Trent. A lad moved to Derby in August.",
            Nation.ENGLAND,
            "Stoke-on-Trent",
        ),
        ("A children's home somewhere in Scotland.", Nation.SCOTLAND, None),
        ("Mr Preston runs Lincoln House.", None, None),
        ("I live in Derby.", Nation.ENGLAND, "Derby"),
        ("I moved to Derby.", None, None),
        ("I used to live in Derby.", None, None),
        ("I live in Wrexham.", None, None),
        ("My sister lives in Derby.", None, None),
        ("I worked at Hillcrest, Lowestoft, until I moved to Derby.", Nation.ENGLAND, "Suffolk"),
        ("I work with Stepping Tree Living, Lowestoft. I live in Derby.", Nation.ENGLAND, "Suffolk"),
    ],
)
def test_the_place_of_the_service_decides(
    gazetteer: Gazetteer, text: str, nation: Nation | None, authority: str | None
) -> None:
    decision = decided(gazetteer, text)
    assert (decision.nation, decision.local_authority) == (nation, authority)


def test_a_place_in_the_subject_counts_where_the_text_names_none(gazetteer: Gazetteer) -> None:
    assert decided(gazetteer, "They hit the children.", subject="Bramble House, Lowestoft").local_authority == "Suffolk"


def test_a_place_in_forwarded_text_counts_only_where_the_sender_names_none(gazetteer: Gazetteer) -> None:
    assert decided(gazetteer, "See below.", quoted="The home in Lowestoft").local_authority == "Suffolk"
    assert decided(gazetteer, "The home in Lincoln.", quoted="The home in Lowestoft").local_authority == "Lincolnshire"


def test_where_the_sender_lives_is_a_guess_and_scored_as_one(gazetteer: Gazetteer) -> None:
    [lived_in] = decided(gazetteer, "I live in Lowestoft.").evidence
    [named] = decided(gazetteer, "The home is in Lowestoft.").evidence
    assert lived_in.score < named.score


def test_an_authority_that_has_ended_is_not_named(gazetteer: Gazetteer) -> None:
    assert decided(gazetteer, "Cumbria County Council").local_authority is None


def test_a_gazetteer_that_cannot_be_read_is_refused_with_its_folder_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactRefused, match=str(tmp_path)):
        Gazetteer.load(tmp_path)


def test_every_place_that_ships_is_in_an_authority_that_exists_and_stands_in_order() -> None:
    models = shipped("models")
    with (models / "authorities.csv").open(encoding="utf-8", newline="") as file:
        authorities = {row["name"] for row in csv.DictReader(file) if row["nation"] == "England"}
    with (models / "places.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(row["place"], row["nation"], row["authority"]) for row in rows]
    assert keys == sorted(set(keys))
    assert {row["authority"] for row in rows} - {""} <= authorities
    assert all(row["nation"] == "england" for row in rows if row["authority"])


@pytest.mark.parametrize(
    ("text", "nation", "authority"),
    [
        ("A home in Hunstanton.", Nation.ENGLAND, "Norfolk"),
        ("A home in High Peak.", Nation.ENGLAND, "Derbyshire"),
        ("A children's home in NE Lincs.", Nation.ENGLAND, "North East Lincolnshire"),
        ("Cartref plant yn Lerpwl", Nation.ENGLAND, "Liverpool"),
        ("A home in Linlithgow.", Nation.SCOTLAND, None),
        ("A home in Newcastle.", Nation.ENGLAND, "Newcastle upon Tyne"),
        ("A nursery in Newcastle, County Down.", Nation.NORTHERN_IRELAND, None),
        ("A home in Whitchurch.", None, None),
        ("A home in Houghton.", None, None),
        ("A home in Ashton.", Nation.ENGLAND, "Tameside"),
        ("A home in Ashton, Wigan.", Nation.ENGLAND, "Wigan"),
        ("A home in Beeston, Leeds.", Nation.ENGLAND, "Leeds"),
        ("A home in Thamesmead, Greenwich side.", Nation.ENGLAND, "Greenwich"),
        ("A home in Sale. Sale now on.", Nation.ENGLAND, "Trafford"),
        ("Uned ym Mhorthaethwy", Nation.WALES, None),
        ("A unit in Auchtermuchty.", Nation.SCOTLAND, None),
        ("A unit in Ballygawley.", Nation.NORTHERN_IRELAND, None),
    ],
)
def test_the_places_that_ship_tell_the_authority_and_leave_the_ambiguous_alone(
    text: str, nation: Nation | None, authority: str | None
) -> None:
    decision = decided(Gazetteer.load(shipped("models")), text)
    assert (decision.nation, decision.local_authority) == (nation, authority)
