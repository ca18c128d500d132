"""The plain facts a message tells, and the words that only look like them."""

from __future__ import annotations

import pytest

from mailbot.config import shipped
from mailbot.domain import Address, Attachment, ComplainedFirst, Email
from mailbot.triage.facts import Facts, read_facts
from mailbot.triage.phrases import PhraseBook

BOOK = PhraseBook.load(shipped("models"))


def facts(text: str, name: str = "Joan Pickersgill", places: tuple[str, ...] | None = None, **fields: object) -> Facts:
    email = _email(text, name, **fields)
    found = read_facts(email, BOOK, places)
    for evidence in found.evidence:
        assert email.part(evidence.part)[evidence.start : evidence.end] == evidence.text
    return found


def _email(text: str, name: str, attachments: tuple[Attachment, ...] = ()) -> Email:
    return Email(
        message_id="<1@plainmail.example>",
        sender=Address(name=name, address="joan@plainmail.example"),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject="",
        sent_at=None,
        text=text,
        attachments=attachments,
    )


@pytest.mark.parametrize(
    "text",
    [
        "I am 14 and I live in a home.",
        "im 13 and staff shout at us",
        "my foster mum locks the fridge",
        "I'm in care and my social worker never comes",
        "I am fifteen.",
        "my key worker said id be moved",
    ],
)
def test_a_child_who_writes_is_known_by_their_words(text: str) -> None:
    assert facts(text).written_by_child


@pytest.mark.parametrize(
    "text",
    [
        "When I was 14 I lived in a home.",
        "My son is 14.",
        "I am 16 weeks pregnant.",
        "I'm a foster carer and my key worker training is late.",
        "I am 45.",
        "I work in a children's home.",
        "I am 12 miles from the home.",
    ],
)
def test_an_adult_is_not_taken_for_a_child(text: str) -> None:
    assert not facts(text).written_by_child


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("I complained to the manager in May.", ComplainedFirst.YES),
        ("I've raised this with my line manager twice.", ComplainedFirst.YES),
        ("My complaint was not upheld.", ComplainedFirst.YES),
        ("We have been through the complaints procedure.", ComplainedFirst.YES),
        ("I have not complained to the home.", ComplainedFirst.NO),
        ("I daren't tell the manager.", ComplainedFirst.NO),
        ("The manager told me to come in early.", ComplainedFirst.NOT_SAID),
        ("The children are cold.", ComplainedFirst.NOT_SAID),
    ],
)
def test_whether_it_was_raised_with_the_service_first(text: str, answer: ComplainedFirst) -> None:
    assert facts(text).complained_first is answer


@pytest.mark.parametrize(
    "text",
    [
        "I am scared of what they will do.",
        "They would sack me for this.",
        "He takes it out on the children if anyone speaks.",
        "The last person who complained was let go.",
        "I'm worried I'd lose my job.",
        "There will be repercussions.",
    ],
)
def test_fear_of_reprisal_is_read(text: str) -> None:
    assert facts(text).fears_reprisal


@pytest.mark.parametrize(
    "text", ["I am not afraid of them.", "The children are scared of him.", "No reprisals took place."]
)
def test_no_fear_of_reprisal_is_read_where_none_is_told(text: str) -> None:
    assert not facts(text).fears_reprisal


@pytest.mark.parametrize(
    "text",
    [
        "I want to die.",
        "I can't go on.",
        "I'm going to kill myself tonight.",
        "My mum is going to kill herself.",
        "He has locked me in and taken my keys.",
        "he's got a knife",
        "He is beating my mum right now.",
    ],
)
def test_an_adult_in_danger_is_seen(text: str) -> None:
    assert facts(text).adult_in_danger


@pytest.mark.parametrize(
    "text",
    [
        "This commute is killing me.",
        "Years ago I wanted to die.",
        "We had training on suicide prevention.",
        "What should we do if a child wants to die?",
        "She said the manager shouts.",
        "I don't want to live near a home.",
    ],
)
def test_no_adult_is_seen_in_danger_where_none_is(text: str) -> None:
    assert not facts(text).adult_in_danger


def test_a_child_who_wants_to_die_is_not_an_adult_in_danger() -> None:
    assert not facts("I am 14. I want to die.").adult_in_danger


def test_people_dates_and_organisations_are_listed_as_written_each_once() -> None:
    found = facts(
        "On 14 January 2026 Mr Hale of Brightstone Care Ltd shouted. Mr Hale left last Tuesday. Kent Police came."
    )
    assert found.people == ("Mr Hale",)
    assert found.dates == ("14 January 2026", "last Tuesday")
    assert found.organisations == ("Brightstone Care Ltd", "Kent Police")


def test_the_sender_is_not_among_the_people() -> None:
    assert facts("Ask Mrs Vane.\n\nMs Pickersgill").people == ("Mrs Vane",)


def test_what_would_help_is_named_where_it_is_not_told() -> None:
    assert facts("Somebody hits them.", places=()).missing == ("dates", "names", "place")
    assert facts("Mr Hale hit him on 3 May.", places=("Derby",)).missing == ()


def test_copies_are_missing_where_the_sender_holds_them_and_sent_none() -> None:
    text = "Mr Hale hit him on 3 May. I have kept copies of the log."
    assert facts(text).missing == ("copies",)
    assert facts(text, attachments=(Attachment(name="log.pdf", media_type="application/pdf", size=9),)).missing == ()
