"""The regulator's register is read whole or not at all, and a message is matched to it only where that is clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.demo import REGISTER
from mailbot.domain import RegisteredService, ServiceType
from mailbot.errors import RegisterUnreadable
from mailbot.triage.decide import Judge
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.places import Gazetteer
from mailbot.triage.register import Register, read_register
from mailbot.triage.rules import RuleBook
from tests.doubles import email


def service(urn: str, name: str, town: str, authority: str, **more: object) -> RegisteredService:
    kind = more.pop("kind", ServiceType.CHILDRENS_HOME)
    return RegisteredService(urn=urn, name=name, service_type=kind, authority=authority, town=town, **more)  # type: ignore[arg-type]


REGISTERED = Register(
    [
        service("SC123456", "Larch Bank", "Preston", "Lancashire"),
        service("2512345", "Larch Bank", "Truro", "Cornwall"),
        service("SC200001", "The Rookwood Children's Home", "Oswestry", "Shropshire", active=False),
        service("SC200002", "Kestrel Foster Care", "Bristol", "Bristol", kind=ServiceType.INDEPENDENT_FOSTERING_AGENCY),
    ]
)


@pytest.mark.parametrize(
    ("urn", "name", "places", "expected"),
    [
        ("SC123456", None, (), "SC123456"),
        ("sc 123456", "Some Other Name", ("Leeds",), "SC123456"),
        (None, "Larch Bank", ("Preston",), "SC123456"),
        (None, "Larch Bank", ("Cornwall",), "2512345"),
        (None, "larch banks", ("Truro",), "2512345"),
        (None, "Larch Bank", (), None),
        (None, "Larch Bank", ("Leeds",), None),
        (None, "Rookwood", (), "SC200001"),
        (None, "Rookwood", ("Oswestry",), "SC200001"),
        (None, "Rookwell", (), None),
        (None, "Kestrel Fostercare", ("Bristol",), "SC200002"),
        ("SC999999", "Rookwood", (), "SC200001"),
        ("SC999999", None, (), None),
        (None, None, ("Preston",), None),
        (None, "", (), None),
    ],
)
def test_a_service_is_matched_by_its_number_then_by_its_name_and_place(
    urn: str | None, name: str | None, places: tuple[str, ...], expected: str | None
) -> None:
    match = REGISTERED.match(urn, name, places)

    assert (match and match.urn) == expected


def test_a_match_says_how_alike_the_names_are_and_whether_the_service_is_open() -> None:
    exact, alike = REGISTERED.match("SC123456", None), REGISTERED.match(None, "larch banks", ("Truro",))
    closed = REGISTERED.match(None, "Rookwood")

    assert exact is not None
    assert alike is not None
    assert closed is not None
    assert exact.score == 1
    assert 0.86 <= alike.score < 1
    assert closed.active is False


def test_an_empty_register_matches_nothing() -> None:
    assert Register().match("SC123456", "Larch Bank", ("Preston",)) is None


def test_the_sample_register_is_read() -> None:
    services = read_register(REGISTER)

    assert len(services) == len({one.urn for one in services}) >= 40
    assert {one.service_type for one in services} >= {ServiceType.CHILDRENS_HOME, ServiceType.SUPPORTED_ACCOMMODATION}
    assert any(not one.active for one in services)
    assert all(one.authority for one in services)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("URN,Name,Type,Authority\nSC1,Larch,Children's home,Kent\n", "line 2: 'SC1' is no URN"),
        ("URN,Name,Type,Authority\nSC123456,Larch,Zoo,Kent\n", "'Zoo' is no kind of service"),
        ("URN,Name,Type,Authority\nSC123456,,Children's home,Kent\n", "line 2: no name"),
        (
            "URN,Name,Type,Authority\nSC123456,A,Children's home,Kent\nSC 123456,B,Children's home,Kent\n",
            "line 3: URN SC123456 stands in line 2 too",
        ),
        ("URN,Name,Type,Authority,Places\nSC123456,A,Children's home,Kent,four\n", "'four' is no number of places"),
        ("Name,Type\nLarch,Children's home\n", "no column for urn, authority; found the headings Name, Type"),
        ("", "no column for urn, name, type, authority; found the headings none"),
    ],
)
def test_a_register_with_a_fault_is_refused_with_the_line_and_what_was_found(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "register.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RegisterUnreadable) as refused:
        read_register(path)
    assert said in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff\xfeU\x00R\x00N\x00", None])
def test_a_register_that_is_no_text_or_not_there_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "register.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RegisterUnreadable, match=r"register\.csv cannot be read"):
        read_register(path)


def test_the_columns_of_the_published_register_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text(
        "\ufeffURN,Setting name,Provision type,Local authority,Registration status,Maximum users,Owner\n"
        "SC123456,Larch Bank,Secure Children’s Home,Kent,Active,4,Hollin Care Ltd\n",
        encoding="utf-8",
    )
    (found,) = read_register(path)

    assert found == RegisteredService(
        urn="SC123456",
        name="Larch Bank",
        service_type=ServiceType.CHILDRENS_HOME,
        authority="Kent",
        places=4,
        provider="Hollin Care Ltd",
    )


def test_the_register_tells_the_kind_and_the_authority_that_a_message_leaves_out() -> None:
    models = shipped("models")
    judge = Judge(
        models / "none here",
        RuleBook.load(models),
        PhraseBook.load(models),
        Gazetteer.load(models),
        lambda: REGISTERED,
    )
    (found,) = judge.assess(
        [email(subject="Kestrel Foster Care", text="I foster with Kestrel Foster Care. Nobody comes.")]
    )

    assert found.registered is not None
    assert found.registered.urn == "SC200002"
    assert found.service_type is ServiceType.INDEPENDENT_FOSTERING_AGENCY
    assert found.local_authority == "Bristol"
    assert found.urn is None, "only a number that is written is the message's"
    (why,) = [one for one in found.evidence if one.source == "register"]
    assert why.text == "Kestrel Foster Care"
