"""What the letters say in either language, what they never say, and how hard they are to read."""

from __future__ import annotations

import itertools
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.correspondence.compose import BETWEEN_LANGUAGES, LANGUAGES, Composer, LetterFacts
from mailbot.correspondence.contacts import read_contacts, unconfirmed
from mailbot.correspondence.may_reply import TEMPLATES
from mailbot.domain import Channel, Remit, Reply, ServiceType, Whistleblowing
from mailbot.errors import ArtefactRefused
from tests.doubles import assessment, email, mail

COMPOSER = Composer(shipped("templates"), {"enquiries": "enquiries@example.gov.uk"})
CONTACTS = read_contacts(shipped("templates"))
ARRIVED = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
ALL = ("dates", "names", "service", "place", "copies")
BETRAYING = {
    "en": "whistle concern complain child abuse disclos danger risk safeguard confidential".split(),
    "cy": "chwyth pryder cwyn plentyn plant perygl cam-drin diogelu cyfrinach".split(),
}
SERVICES = (
    ServiceType.UNKNOWN,
    ServiceType.LOCAL_AUTHORITY,
    ServiceType.CAFCASS,
    ServiceType.FE_COLLEGE,
    ServiceType.SCHOOL,
    ServiceType.CHILDMINDER_OR_NURSERY,
    ServiceType.HEALTH,
    ServiceType.YOUTH_OFFENDING_TEAM,
    ServiceType.SECURE_TRAINING_CENTRE,
)
FOR_A_CHILD = "child"


def facts(**changes: object) -> LetterFacts:
    plain: dict[str, object] = {
        "reference": "MB-4F7K-29QX",
        "received_at": ARRIVED,
        "remit": Remit.REGULATED,
        "service_type": ServiceType.UNKNOWN,
        "whistleblowing": Whistleblowing.NONE,
        "danger": False,
        "fears_reprisal": False,
        "worker": False,
        "authority": "",
        "missing": (),
        "by_post": False,
    }
    return LetterFacts(**{**plain, **changes})  # type: ignore[arg-type]


ANSWERS = list(itertools.product(Whistleblowing, (False, True), (False, True), (False, True)))
EACH_MEETS = 6
"""How many of `ANSWERS` each pair of remit and service meets; together all of them meet many of both."""


def every_letter() -> list[tuple[str, str, LetterFacts, str, str]]:
    """Every template in every language for the answers that change what it says."""
    found = []
    for number, (remit, service) in enumerate(itertools.product(Remit, SERVICES)):
        for turn in range(EACH_MEETS):
            whistleblowing, danger, fears, by_post = ANSWERS[(number * 7 + turn * 5) % len(ANSWERS)]
            told = facts(
                remit=remit,
                service_type=service,
                whistleblowing=whistleblowing,
                danger=danger,
                fears_reprisal=fears,
                worker=whistleblowing is not Whistleblowing.NONE,
                authority="Leeds" if danger else "",
                missing=ALL if by_post else (),
                by_post=by_post,
            )
            for template, language in itertools.product(TEMPLATES, LANGUAGES):
                found.append((template, language, told, *COMPOSER.render(template, told, language)))
    return found


LETTERS = every_letter()
ENGLISH = [(template, told, body) for template, language, told, _, body in LETTERS if language == "en"]


def test_subject_and_first_200_characters_of_every_letter_give_nothing_away() -> None:
    for template, language, _, subject, body in LETTERS:
        opening = f"{subject} {body[:200]}".lower()
        assert len(body) > 400
        for word in BETRAYING[language]:
            assert word not in opening, f"{language} {template}: {word}"


def test_the_first_paragraph_is_as_long_as_what_a_locked_phone_shows() -> None:
    for template, language, _, _, body in LETTERS:
        assert len(body.partition("\n\n")[0]) >= 200, f"{language} {template}"


def test_every_letter_has_its_reference_and_whom_to_call_in_danger() -> None:
    for template, language, _, subject, body in LETTERS:
        assert "MB-4F7K-29QX" in subject, template
        assert "MB-4F7K-29QX" in body, template
        assert "999" in body, f"{language} {template}"
        assert "101" in body or template == FOR_A_CHILD, f"{language} {template}"


def test_every_letter_tells_the_limits_of_confidentiality() -> None:
    for template, told, body in ENGLISH:
        assert "court" in body, template
        assert "guess" in body, template
        assert told.remit is Remit.NOT_APPLICABLE or "council" in body, template


def test_going_to_the_service_first_is_said_only_where_it_is_safe() -> None:
    for template, told, body in ENGLISH:
        safe = not (told.danger or told.fears_reprisal or told.worker)
        assert safe or "it is best to" not in body.lower(), template
        assert safe or "TELLING" not in body, template


def test_no_letter_promises_an_outcome() -> None:
    for template, _, body in ENGLISH:
        if template not in (FOR_A_CHILD, "unreadable", "enquiry", "information_request"):
            assert "cannot promise" in body, template
        assert not re.search(r"\bwe will (?:investigate|inspect|close|take action|make sure|stop)\b", body), template


def test_every_heading_stands_apart_from_the_paragraph_before_it() -> None:
    for template, language, _, _, body in LETTERS:
        lines = body.splitlines()
        for number, line in enumerate(lines):
            if line.isupper() and not line.startswith("- "):
                assert lines[number - 1] == "", f"{language} {template}: {line}"
                assert lines[number + 1] != "", f"{language} {template}: {line}"


def test_nothing_is_left_unfilled_and_no_line_is_left_blank_twice() -> None:
    for template, language, _, _, body in LETTERS:
        assert "{" not in body, template
        assert "\n\n\n" not in body, f"{language} {template}"
        assert not re.search(r"[ \t]\n", body), f"{language} {template}"


def test_welsh_letters_name_the_same_numbers_as_the_english_ones() -> None:
    english = {(template, told): body for template, told, body in ENGLISH}
    for template, language, told, _, body in LETTERS:
        if language == "cy":
            numbers, same = (set(re.findall(r"\d[\d ]{2,}\d", text)) for text in (body, english[template, told]))
            assert numbers == same, template


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("other_nation", ("ciw", "care_inspectorate", "rqia")),
        ("grievance", ("acas",)),
        ("council", ("lgsco",)),
        ("cafcass", ("phso",)),
        ("whistleblower", ("protect", "nspcc_whistleblowing")),
        ("whistleblower_not_covered", ("protect", "nspcc_whistleblowing")),
        ("excluded_service", ("protect",)),
        ("child", ("childline",)),
    ],
)
def test_each_letter_names_who_can_help(template: str, named: tuple[str, ...]) -> None:
    for language in LANGUAGES:
        body = COMPOSER.render(template, facts(whistleblowing=Whistleblowing.QUALIFYING), language)[1]
        for contact in named:
            assert CONTACTS[contact].phone in body, f"{language}: {contact}"


def test_the_ministry_of_justice_is_named_to_workers_of_the_services_the_law_leaves_out() -> None:
    body = COMPOSER.render("excluded_service", facts(whistleblowing=Whistleblowing.EXCLUDED_SERVICE))[1]

    assert "Ministry of Justice" in body


def test_the_council_is_named_where_it_is_known() -> None:
    assert "council for Leeds" in COMPOSER.render("danger", facts(danger=True, authority="Leeds"))[1]
    assert "council for" not in COMPOSER.render("danger", facts(danger=True))[1]


def test_what_is_missing_is_asked_for_and_nothing_else() -> None:
    asked = COMPOSER.render("regulated", facts(missing=("dates",)))[1]

    assert "dates and times" in asked
    assert "names of the people" not in asked
    assert "WHAT WOULD HELP US" not in COMPOSER.render("regulated", facts())[1]


# ---- How hard they are to read ---------------------------------------------------------------------------------------


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def grade(body: str) -> float:
    """The Flesch-Kincaid grade: the years of schooling a text asks for. A line is a sentence; numbers are no words."""
    sentences = [one for one in re.split(r"[.!?:]+(?:\s|$)|\n+", body) if re.search(r"[a-z]", one)]
    words = [word for one in sentences for word in re.findall(r"[A-Za-z'’]+", one)]
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_every_english_letter_can_be_read_at_twelve_and_the_childs_at_nine() -> None:
    for template, _, body in ENGLISH:
        age = grade(body) + 5
        assert age <= (9.5 if template == FOR_A_CHILD else 12.5), f"{template}: {age:.1f}"


# ---- Composing -------------------------------------------------------------------------------------------------------


def test_nothing_the_sender_wrote_is_in_their_letter() -> None:
    message = email(text="A plover by the boathouse {{ reference }}", subject="Plover at Larch House")
    reply = Reply(channel=Channel.EMAIL, template="regulated", withheld_because=None)
    letter = COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", message, assessment(service_name="Larch House"), reply)

    assert letter is not None
    for word in ("plover", "boathouse", "larch", "sandiford"):
        assert word not in f"{letter.subject} {letter.body}".lower()


def test_a_welsh_message_gets_both_languages_welsh_first() -> None:
    reply = Reply(channel=Channel.EMAIL, template="regulated", withheld_because=None)
    letter = COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", email(), assessment(language="cy"), reply)

    assert letter is not None
    welsh, english = letter.body.split(BETWEEN_LANGUAGES)
    assert "24 Tachwedd 2026" in welsh
    assert "24 November 2026" in english
    assert letter.subject.count("MB-4F7K-29QX") == 1
    assert letter.subject.endswith("/ Your message to us: MB-4F7K-29QX")


def test_somebody_who_may_be_a_worker_is_not_sent_to_the_service() -> None:
    reply = Reply(channel=Channel.EMAIL, template="regulated", withheld_because=None)
    letters = [
        COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", email(), assessment(whistleblowing_sure=sure), reply)
        for sure in (True, False)
    ]

    assert [letter is not None and "TELLING THE SERVICE" in letter.body for letter in letters] == [True, False]


@pytest.mark.parametrize(
    ("anonymous", "recipient"),
    [(False, "Jo Sandiford\n4 Mill Row\nLudlow SY8 1AA"), (True, "4 Mill Row\nLudlow SY8 1AA")],
)
def test_a_posted_letter_is_addressed_by_name_unless_the_sender_wants_none(anonymous: bool, recipient: str) -> None:
    reply = Reply(channel=Channel.POST, template="regulated", withheld_because=None)
    judged = assessment(postal_address="4 Mill Row\nLudlow SY8 1AA", anonymous=anonymous)
    letter = COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", email(), judged, reply)

    assert letter is not None
    assert letter.recipient == recipient
    assert "sent automatically" not in letter.body


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    shutil.copytree(shipped("templates"), tmp_path / "templates")
    return tmp_path / "templates"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_that_asks_for_what_is_not_there_is_refused_at_once(templates: Path, language: str) -> None:
    (templates / language / "council.txt").write_text("Subject {{ reference }}\n\nBody {{ sender_name }}")

    with pytest.raises(ArtefactRefused, match=rf"{language}/council\.txt.*sender_name"):
        Composer(templates, {})


@pytest.mark.parametrize("file", ["danger.txt", "parts/your_name.txt"])
def test_a_missing_template_is_named(templates: Path, file: str) -> None:
    (templates / "en" / file).unlink()

    with pytest.raises(ArtefactRefused, match=rf"{file}, which is missing"):
        Composer(templates, {})


def test_a_template_without_a_body_is_refused(templates: Path) -> None:
    (templates / "cy" / "child.txt").write_text("Only a subject")

    with pytest.raises(ArtefactRefused, match="no subject or no body"):
        Composer(templates, {})


def test_contact_points_that_cannot_be_read_are_refused(templates: Path) -> None:
    (templates / "contacts.toml").write_text('[police]\nname = "Police"\n')

    with pytest.raises(ArtefactRefused, match="contact points"):
        Composer(templates, {})


def test_what_nobody_has_confirmed_is_told_until_somebody_has(templates: Path) -> None:
    contacts, welsh = unconfirmed(templates)
    assert "childline" in contacts
    assert "cy" in welsh
    for path in (templates / "contacts.toml", templates / "cy" / "reading.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'(confirmed_by|read_by) = ""', r'\1 = "A. Person"', text), encoding="utf-8")

    assert unconfirmed(templates) == []
