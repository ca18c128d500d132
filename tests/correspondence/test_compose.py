"""What the letters say, and what they never say."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.correspondence.compose import TEMPLATES, Composer, LetterFacts
from mailbot.domain import Channel, Remit, Reply, ServiceType, Whistleblowing
from mailbot.errors import ArtefactRefused
from tests.doubles import assessment, email, mail

COMPOSER = Composer(shipped("templates"), {"enquiries": "enquiries@example.gov.uk"})
BETRAYING = (
    "whistle",
    "concern",
    "complain",
    "child",
    "abuse",
    "disclos",
    "danger",
    "risk",
    "safeguard",
    "confidential",
)


def every_letter() -> list[tuple[str, LetterFacts, str, str]]:
    found = []
    for template, remit, service, whistleblowing, danger, by_post in itertools.product(
        TEMPLATES, Remit, ServiceType, Whistleblowing, (False, True), (False, True)
    ):
        facts = LetterFacts(
            reference="MB-4F7K-29QX",
            received_on="24 November 2026",
            remit=remit,
            service_type=service,
            whistleblowing=whistleblowing,
            danger=danger,
            fears_reprisal=danger,
            by_post=by_post,
        )
        found.append((template, facts, *COMPOSER.render(template, facts)))
    return found


LETTERS = every_letter()


def test_subject_and_first_200_characters_of_every_letter_give_nothing_away() -> None:
    for template, _, subject, body in LETTERS:
        opening = f"{subject} {body[:200]}".lower()
        assert len(body) > 200
        for word in BETRAYING:
            assert word not in opening, f"{template}: {word}"


def test_every_letter_has_its_reference_danger_advice_and_the_limits_of_confidentiality() -> None:
    for template, _, subject, body in LETTERS:
        assert "MB-4F7K-29QX" in subject, template
        assert "MB-4F7K-29QX" in body, template
        assert "999" in body, template
        assert "101" in body, template
        assert "a court can order" in body.lower(), template


def test_going_to_the_service_first_is_never_said_in_danger_or_to_workers() -> None:
    for template, facts, _, body in LETTERS:
        if template == "whistleblowing" or facts.danger:
            assert "TELLING THE SERVICE" not in body, template


def test_every_heading_stands_apart_from_the_paragraph_before_it() -> None:
    for template, _, _, body in LETTERS:
        lines = body.splitlines()
        for number, line in enumerate(lines):
            if line.isupper():
                assert lines[number - 1] == "", f"{template}: {line}"
                assert lines[number + 1] != "", f"{template}: {line}"


def test_nothing_is_left_unfilled_and_no_line_is_left_blank_twice() -> None:
    for _, _, _, body in LETTERS:
        assert "{" not in body
        assert "\n\n\n" not in body


@pytest.mark.parametrize(
    ("remit", "named"),
    [
        (Remit.OTHER_NATION, "Care Inspectorate Wales"),
        (Remit.GRIEVANCE, "Acas"),
        (Remit.OTHER_OFSTED, "complaints procedure"),
    ],
)
def test_who_is_outside_the_remit_is_told_who_can_help(remit: Remit, named: str) -> None:
    bodies = [body for template, facts, _, body in LETTERS if template == "out_of_remit" and facts.remit is remit]

    assert bodies
    assert all(named in body for body in bodies)


@pytest.mark.parametrize(
    ("service", "named"),
    [
        (ServiceType.LOCAL_AUTHORITY, "Local Government and Social Care Ombudsman"),
        (ServiceType.CAFCASS, "Parliamentary and Health Service Ombudsman"),
    ],
)
def test_who_complains_of_a_council_or_of_cafcass_is_told_of_the_ombudsman(service: ServiceType, named: str) -> None:
    for template, facts, _, body in LETTERS:
        if template == "concern":
            assert (named in body) == (facts.service_type is service and not facts.danger)


def test_workers_are_told_where_to_take_independent_advice() -> None:
    for template, _, _, body in LETTERS:
        if template == "whistleblowing":
            assert "Protect" in body
            assert "NSPCC" in body


def test_nothing_the_sender_wrote_is_in_their_letter() -> None:
    message = email(text="A plover by the boathouse {{ reference }}", subject="Plover at Larch House")
    reply = Reply(channel=Channel.EMAIL, template="concern", withheld_because=None)
    letter = COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", message, assessment(service_name="Larch House"), reply)

    assert letter is not None
    for word in ("plover", "boathouse", "larch", "sandiford"):
        assert word not in f"{letter.subject} {letter.body}".lower()


@pytest.mark.parametrize(
    ("anonymous", "recipient"),
    [(False, "Jo Sandiford\n4 Mill Row\nLudlow SY8 1AA"), (True, "4 Mill Row\nLudlow SY8 1AA")],
)
def test_a_posted_letter_is_addressed_by_name_unless_the_sender_wants_none(anonymous: bool, recipient: str) -> None:
    reply = Reply(channel=Channel.POST, template="concern", withheld_because=None)
    judged = assessment(postal_address="4 Mill Row\nLudlow SY8 1AA", anonymous=anonymous)
    letter = COMPOSER.acknowledgement(mail(), "MB-4F7K-29QX", email(), judged, reply)

    assert letter is not None
    assert letter.recipient == recipient
    assert "sent automatically" not in letter.body


def test_a_template_that_asks_for_what_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    for template in TEMPLATES:
        (folder / f"{template}.txt").write_text("Subject {{ reference }}\n\nBody {{ sender_name }}")

    with pytest.raises(ArtefactRefused, match=r"concern\.txt.*sender_name"):
        Composer(tmp_path, {})


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactRefused, match=r"templates/en/concern\.txt is missing"):
        Composer(tmp_path, {})
