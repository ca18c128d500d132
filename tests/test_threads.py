"""Which case an answer belongs to: surely by a letter's token from its addressee, otherwise as an officer says."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mailbot.cases.access import Officer
from mailbot.cases.arrivals import threads
from mailbot.cases.arrivals.filing import Filing
from mailbot.cases.arrivals.joining import FLAGS, add_task, clear_columns, raised
from mailbot.cases.schema import audit, cases, letters, messages
from mailbot.cases.store import Store
from mailbot.config import Acknowledgements, Config, Mailbox, Outgoing
from mailbot.correspondence.compose import LetterFacts
from mailbot.correspondence.may_reply import TEMPLATES
from mailbot.domain import (
    Assessment,
    Case,
    CaseState,
    Confidentiality,
    Contact,
    Decision,
    Email,
    Kind,
    Letter,
    LetterState,
    RawMail,
    Remit,
    Role,
    ServiceType,
    Situation,
    TaskKind,
    Whistleblowing,
)
from mailbot.errors import NotAllowed, StaleWrite
from mailbot.intake.parse import parse
from mailbot.office import Tally
from mailbot.parts import judge
from mailbot.pipeline import process
from mailbot.sending import send
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, assessment, mail
from tests.servers.smtp_sink import running_smtp_sink

JO = "Jo Sandiford <jo.sandiford@post.example>"
STRANGER = "Sam Stranger <sam@elsewhere.example>"
INBOX = "enquiries@example.gov.uk"
ANY_STATE = tuple(CaseState)
AWAY = "Auto-Submitted: auto-replied\r\n"

_numbers = itertools.count(1)


def message(
    text: str = "The food is poor.",
    *,
    to: str = INBOX,
    sender: str = JO,
    subject: str = "Larch House",
    mailbox: str = "enquiries",
    headers: str = "",
    message_id: str | None = None,
    after: timedelta = timedelta(),
) -> RawMail:
    """A message that comes to `to`, `after` so long a time."""
    raw = mail(text, uid=next(_numbers), mailbox=mailbox, sender=sender, headers=headers, message_id=message_id)
    content = raw.content.replace(f"To: {INBOX}".encode(), f"To: {to}".encode())
    content = content.replace(b"Subject: Larch House", f"Subject: {subject}".encode())
    return dataclasses.replace(raw, content=content, received_at=NOON + after)


def take_in(installation: Installation, *mails: RawMail, **told: Any) -> None:
    """Files the messages; `told` is what the parser would say of each beside what it does say."""

    def parsed(raw: RawMail) -> Email:
        return dataclasses.replace(parse(raw), **told)

    office = dataclasses.replace(installation.office, parse=parsed)
    assert process(installation.ledger.keep(mails), office) == Tally(filed=len(mails))


def letters_that_leave(installation: Installation) -> list[tuple[str, Letter]]:
    """Sends what is due: the reference and the letter of each."""
    queued = installation.outbox.claim(100)
    for one in queued:
        installation.outbox.settle(one, LetterState.SENT)
    return [(one.case_reference, one.letter) for one in queued]


def acknowledged(installation: Installation, text: str = "The food is poor.", **how: Any) -> tuple[str, Letter]:
    """A case whose sender has had a letter: its reference and that letter."""
    take_in(installation, message(text, **how))
    ((reference, letter),) = letters_that_leave(installation)
    return reference, letter


def opened(installation: Installation, reference: str, officer: Officer = WHISTLEBLOWING_OFFICER) -> Case:
    return installation.store.open_case(reference, officer)


def listed(installation: Installation, officer: Officer = WHISTLEBLOWING_OFFICER) -> list[str]:
    return [entry.reference for entry in installation.store.queue(officer, ANY_STATE)]


def newest(installation: Installation, reference: str) -> Case:
    """The one case beside `reference`."""
    (other,) = set(listed(installation)) - {reference}
    return opened(installation, other)


def close(installation: Installation, reference: str) -> None:
    version = opened(installation, reference).version
    installation.store.review(reference, WHISTLEBLOWING_OFFICER, version, Decision(close=True))


def suggestion_to(case: Case) -> tuple[str | None, str]:
    (task,) = case.tasks
    assert task.kind is TaskKind.JOIN
    return task.other_case, task.why


def untouched(installation: Installation, reference: str) -> bool:
    """Whether nothing has come to a case since it was filed and acknowledged."""
    case = opened(installation, reference)
    return case.version == 1 and not case.follow_ups and not case.tasks


# Answers that belong to a case for certain


def test_each_letter_has_a_token_of_its_own_in_reply_to_and_in_the_envelope(sqlite: Installation) -> None:
    take_in(sqlite, message(), message(sender=STRANGER))
    with running_smtp_sink() as sink:
        outgoing = Outgoing(
            kind="smtp", host="localhost", port=sink.port, ca_file=str(sink.ca_file), from_address=INBOX
        )
        box = Mailbox(name="enquiries", kind="maildir", path=".")
        send(Config(mailbox=(box,), outgoing=outgoing), sqlite.outbox, sqlite.clock)

    tagged = [received.message["Reply-To"] for received in sink.messages]
    assert [received.mail_from for received in sink.messages] == tagged
    assert len(set(tagged)) == 2
    for address in tagged:
        local, _, domain = address.partition("@")
        assert (domain, local.partition("+")[0]) == ("example.gov.uk", "enquiries")
        assert len(local.partition("+")[2]) == 26
    assert [received.message["From"] for received in sink.messages] == [INBOX, INBOX]


@pytest.mark.parametrize("capitals", [False, True])
def test_an_answer_from_the_addressee_joins_the_case_and_gets_no_letter(
    installation: Installation, capitals: bool
) -> None:
    reference, letter = acknowledged(installation)
    to = letter.tagged_address.upper() if capitals else letter.tagged_address
    sender = JO.replace("jo.sandiford@", "Jo.Sandiford@") if capitals else JO

    take_in(installation, message("It is still poor.", to=to, sender=sender, subject="and another thing"))

    assert listed(installation) == [reference]
    case = opened(installation, reference, OFFICER)
    assert [one.narrative for one in case.follow_ups] == ["It is still poor."]
    assert case.follow_ups[0].subject == "and another thing"
    assert case.tasks == ()
    assert letters_that_leave(installation) == []
    assert case.entry.acknowledgement == LetterState.SENT


def test_the_sender_of_an_answer_is_masked_like_any_other(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    take_in(
        installation, message("Write to jo.sandiford@post.example.\n\nRegards\nJo Sandiford", to=letter.tagged_address)
    )

    (answer,) = opened(installation, reference).follow_ups
    assert "Write to" in answer.narrative
    assert "Sandiford" not in answer.narrative
    assert "post.example" not in answer.narrative


def test_the_token_is_enough_in_a_header_that_only_the_servers_write(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    take_in(installation, message(headers=f"Delivered-To: {letter.tagged_address}\r\n"))

    assert len(opened(installation, reference).follow_ups) == 1


def test_a_letter_that_has_not_left_has_a_token_that_nobody_can_know(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    with installation.engine.begin() as connection:
        connection.execute(sa.update(letters).values(state=LetterState.DUE, claimed_at=None))

    take_in(installation, message(to=letter.tagged_address, subject="another"))

    assert untouched(installation, reference)
    assert newest(installation, reference).tasks == ()


def test_danger_in_an_answer_raises_the_case_and_a_calm_one_does_not_lower_it(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    take_in(installation, message("DANGER", to=letter.tagged_address))
    take_in(installation, message("All is well now.", to=letter.tagged_address))

    case = opened(installation, reference, OFFICER)
    assert (case.entry.priority, case.entry.immediate_risk) == (1, True)
    assert Situation.CHILD_AT_RISK in case.entry.situations
    assert [one.assessment.immediate_risk for one in case.follow_ups] == [True, False]
    assert case.assessment.immediate_risk is False
    assert case.narrative == "The food is poor."


def test_an_answer_opens_a_closed_case_again(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    close(installation, reference)

    take_in(installation, message(to=letter.tagged_address))

    assert [entry.reference for entry in installation.store.queue(OFFICER)] == [reference]


def test_an_answer_comes_between_an_officer_and_the_review_of_what_they_read(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    read = opened(installation, reference, OFFICER)
    take_in(installation, message("DANGER", to=letter.tagged_address))

    with pytest.raises(StaleWrite):
        installation.store.review(reference, OFFICER, read.version, Decision(close=True))


def test_an_out_of_office_reply_joins_without_opening_the_case_again_and_without_a_letter(
    installation: Installation,
) -> None:
    reference, letter = acknowledged(installation)
    close(installation, reference)

    take_in(installation, message("I am away until Monday.", to=letter.tagged_address, headers=AWAY))

    case = opened(installation, reference)
    assert (case.entry.state, case.entry.priority, len(case.follow_ups)) == (CaseState.CLOSED, 3, 1)
    assert letters_that_leave(installation) == []
    assert listed(installation) == [reference]


def test_an_answer_is_acknowledged_where_more_than_one_letter_a_case_may_go(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    caps = dataclasses.replace(installation.office, caps=Acknowledgements(per_case=2))
    answers = [message("one", to=letter.tagged_address), message("two", to=letter.tagged_address)]

    process(installation.ledger.keep(answers), caps)

    ((of, second),) = letters_that_leave(installation)
    assert of == reference
    assert second.reply_token != letter.reply_token
    take_in(installation, message("three", to=second.tagged_address))
    assert [one.narrative for one in opened(installation, reference).follow_ups] == ["one", "two", "three"]


def test_an_answer_come_to_both_mailboxes_is_one_answer_under_the_stricter_access(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    for mailbox in ("enquiries", "whistleblowing"):
        take_in(installation, message(to=letter.tagged_address, mailbox=mailbox, message_id="<both@post.example>"))

    case = opened(installation, reference)
    assert (len(case.follow_ups), case.entry.restricted, case.entry.mailbox) == (1, True, "whistleblowing")
    assert listed(installation, OFFICER) == []


# Anything less is suggested


def test_a_stranger_with_the_number_in_the_subject_is_not_attached_to_the_case(installation: Installation) -> None:
    reference, _ = acknowledged(installation)

    take_in(installation, message("Tell me about it.", sender=STRANGER, subject=f"Re: [{reference}] news"))

    case = newest(installation, reference)
    assert suggestion_to(case) == (reference, threads.NAMED)
    assert case.narrative == "Tell me about it."
    assert case.entry.acknowledgement == LetterState.WITHHELD
    assert letters_that_leave(installation) == []
    assert untouched(installation, reference)


@pytest.mark.parametrize(
    "slip",
    [
        lambda token: ("a" if token[9] != "a" else "b").join((token[:9], token[10:])),
        lambda token: "8".join((token[:9], token[10:])),
        lambda token: token[:9] + token[10:],
        lambda token: token[1:],
        lambda token: token[:-1],
        lambda token: token[:9] + "x" + token[9:],
        lambda token: token + "1",
    ],
    ids=["wrong", "not of ours", "lost", "first lost", "last lost", "more", "more at the end"],
)
def test_a_lost_character_in_the_reply_address_is_suggested_to_an_officer(
    installation: Installation, slip: Callable[[str], str]
) -> None:
    reference, letter = acknowledged(installation)
    to = letter.tagged_address.replace(letter.reply_token, slip(letter.reply_token))

    take_in(installation, message("an answer", to=to, subject="something else"))

    case = newest(installation, reference)
    assert suggestion_to(case) == (reference, threads.NEAR_TOKEN)
    assert letters_that_leave(installation) == []
    assert untouched(installation, reference)


def test_the_right_token_from_another_sender_does_not_join(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    take_in(installation, message(to=letter.tagged_address, sender=STRANGER))

    assert suggestion_to(newest(installation, reference)) == (reference, threads.OTHER_SENDER)
    assert letters_that_leave(installation) == []
    assert untouched(installation, reference)


def test_a_forged_sender_with_the_right_token_does_not_join(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    take_in(installation, message(to=letter.tagged_address), forged=True)

    other, why = suggestion_to(newest(installation, reference))
    assert other == reference
    assert "forged" in why
    assert letters_that_leave(installation) == []
    assert untouched(installation, reference)


def test_a_service_that_was_written_to_cannot_write_as_the_source(installation: Installation) -> None:
    source, to_source = acknowledged(installation)
    home = "Manager <pat@larch.example>"
    service, to_service = acknowledged(installation, "Our answer to you", sender=home, subject="our answer")
    assert to_source.reply_token != to_service.reply_token

    take_in(installation, message("I take it all back.", to=to_service.tagged_address, sender=JO, subject="sorry"))

    assert untouched(installation, source)
    assert untouched(installation, service)
    (third,) = set(listed(installation)) - {source, service}
    assert suggestion_to(opened(installation, third))[0] == service


@pytest.mark.parametrize(
    "slip",
    [
        lambda reference: reference[:-1] + ("Y" if reference[-1] != "Y" else "Z"),
        lambda reference: reference[:-1] + "O",
        lambda reference: reference[:4] + reference[5:],
        lambda reference: reference + "X",
        lambda reference: reference.replace("-", "", 1),
    ],
    ids=["wrong", "not of ours", "lost", "more", "hyphen lost"],
)
def test_a_reference_copied_with_one_slip_is_suggested(installation: Installation, slip: Callable[[str], str]) -> None:
    reference, _ = acknowledged(installation)

    take_in(installation, message(f"My number is {slip(reference)}.", sender=STRANGER, subject="my case"))

    assert suggestion_to(newest(installation, reference)) == (reference, threads.NEAR_NAMED)
    assert letters_that_leave(installation) == []
    assert untouched(installation, reference)


def test_a_reference_of_no_case_of_ours_suggests_nothing(installation: Installation) -> None:
    reference, _ = acknowledged(installation)

    take_in(installation, message("It is MB-ZZZZ-ZZZZ.", sender=STRANGER, subject="my case"))

    assert newest(installation, reference).tasks == ()


def test_what_answers_a_message_that_we_hold_is_suggested_and_acknowledged(installation: Installation) -> None:
    reference, _ = acknowledged(installation, message_id="<held@post.example>")

    headers = "In-Reply-To: <held@post.example>\r\n"
    take_in(installation, message("I was copied in.", sender=STRANGER, subject="another", headers=headers))

    case = newest(installation, reference)
    assert suggestion_to(case) == (reference, threads.ANSWERED)
    assert [of for of, _ in letters_that_leave(installation)] == [case.entry.reference]
    assert untouched(installation, reference)


def test_what_answers_the_message_id_of_our_letter_is_suggested_and_held(installation: Installation) -> None:
    reference, _ = acknowledged(installation)

    headers = f"In-Reply-To: <{reference.lower()}.1@example.gov.uk>\r\n"
    take_in(installation, message("yes", sender=STRANGER, subject="another", headers=headers))

    assert suggestion_to(newest(installation, reference)) == (reference, threads.NAMED)
    assert letters_that_leave(installation) == []


def test_the_same_sender_and_topic_are_suggested(installation: Installation) -> None:
    reference, _ = acknowledged(installation)
    installation.clock.advance(hours=2)

    take_in(installation, message("More of it.", subject="RE: larch house", after=timedelta(hours=2)))

    case = newest(installation, reference)
    assert suggestion_to(case) == (reference, threads.SAME_TOPIC)
    assert case.entry.acknowledgement == LetterState.DUE
    assert untouched(installation, reference)


@pytest.mark.parametrize(
    "how",
    [
        {"sender": STRANGER},
        {"subject": "Something else"},
        {"subject": "Re:"},
        {"after": timedelta(days=91)},
        {"headers": AWAY},
    ],
    ids=lambda how: "".join(how),
)
def test_another_sender_or_topic_or_season_or_a_machine_suggests_nothing(
    installation: Installation, how: dict[str, Any]
) -> None:
    reference, _ = acknowledged(installation)
    installation.clock.at += how.get("after", timedelta())

    take_in(installation, message("More of it.", **how))

    assert newest(installation, reference).tasks == ()


def test_two_messages_without_a_subject_are_not_of_one_topic(installation: Installation) -> None:
    reference, _ = acknowledged(installation, subject="")

    take_in(installation, message("Another thing.", subject="Re: "))

    assert newest(installation, reference).tasks == ()


def test_danger_stands_first_in_the_queue_whoever_wrote_it_with_whatever_number(installation: Installation) -> None:
    reference, _ = acknowledged(installation)

    take_in(installation, message("DANGER", sender=STRANGER, subject=reference))

    first = installation.store.queue(OFFICER)[0]
    assert (first.priority, first.reference != reference, first.has_task) == (1, True, True)


def test_an_answer_soon_after_a_letter_is_held_and_a_later_one_is_acknowledged(installation: Installation) -> None:
    acknowledged(installation)
    for minutes, left in ((59, 0), (61, 1)):
        installation.clock.at = NOON + timedelta(minutes=minutes)
        take_in(installation, message("A new matter.", subject=f"{minutes}", after=timedelta(minutes=minutes)))
        assert len(letters_that_leave(installation)) == left


def test_an_acknowledgement_that_is_held_can_be_sent_by_a_person(installation: Installation) -> None:
    reference, _ = acknowledged(installation)
    take_in(installation, message("A new matter.", subject="new"))
    case = newest(installation, reference)
    (outline,) = installation.outbox.of_case(case.entry.reference)
    assert (
        outline.withheld_because == "it came soon after a letter to that address, as machines answer: a person decides"
    )

    installation.outbox.decide(case.entry.reference, outline.id, OFFICER, outline.decisions[0])

    assert [of for of, _ in letters_that_leave(installation)] == [case.entry.reference]


@pytest.mark.parametrize(
    ("caps", "left"),
    [
        (Acknowledgements(per_sender_a_day=2), 2),
        (Acknowledgements(a_day=3), 3),
        (Acknowledgements(per_case=0), 0),
    ],
)
def test_no_more_letters_go_by_themselves_than_the_caps_allow(
    installation: Installation, caps: Acknowledgements, left: int
) -> None:
    office = dataclasses.replace(installation.office, caps=caps)
    batch = [message(f"number {number}", subject=f"matter {number}") for number in range(6)]

    process(installation.ledger.keep(batch), office)

    assert len(letters_that_leave(installation)) == left
    entries = installation.store.queue(OFFICER)
    assert sorted(entry.acknowledgement for entry in entries) == ["sent"] * left + ["withheld"] * (6 - left)


# Letters that come back

BOUNCE = """\
Return-Path: <>
Content-Type: multipart/report; report-type=delivery-status; boundary=b
"""


def returned(letter: Letter, *, to: str, quoting: bool = False) -> RawMail:
    """A relay's report that `letter` reached nobody, as it comes to `to`."""
    part = (
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nReply-To: {letter.tagged_address}\r\nSubject: x\r\n\r\nhello\r\n"
    )
    words = f"This letter from {letter.tagged_address} could not be delivered." if quoting else "Not delivered."
    status = "--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    text = f"--b\r\n\r\n{words}\r\n{status}{part if quoting else ''}--b--\r\n"
    sender = "Mail Delivery System <mailer-daemon@relay.example>"
    return message(text, to=to, sender=sender, subject="Undelivered Mail", headers=BOUNCE.replace("\n", "\r\n"))


@pytest.mark.parametrize("quoting", [False, True], ids=["to the token", "quoting the token"])
def test_a_letter_that_reached_nobody_is_a_task_of_its_case(installation: Installation, quoting: bool) -> None:
    reference, letter = acknowledged(installation)
    report = returned(letter, to=INBOX if quoting else letter.tagged_address, quoting=quoting)

    take_in(installation, report)

    assert listed(installation) == [reference]
    case = opened(installation, reference, OFFICER)
    assert [task.kind for task in case.tasks] == [TaskKind.LETTER_RETURNED]
    assert (case.entry.acknowledgement, case.entry.has_task) == (LetterState.FAILED, True)
    assert (case.entry.priority, case.entry.kind) == (3, Kind.CONCERN)
    assert [outline.state for outline in installation.outbox.of_case(reference)] == [LetterState.FAILED]
    assert letters_that_leave(installation) == []


def test_a_letter_reported_twice_is_one_task(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    for _ in range(2):
        take_in(installation, returned(letter, to=letter.tagged_address))

    assert len(opened(installation, reference).tasks) == 1


def test_a_report_of_a_letter_that_only_waits_is_no_task(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    take_in(installation, returned(letter, to=letter.tagged_address), undelivered=False)

    assert opened(installation, reference).entry.acknowledgement == LetterState.SENT
    assert [task.kind for task in newest(installation, reference).tasks] == [TaskKind.JOIN]


def test_a_person_who_writes_of_a_letter_that_came_back_fails_no_letter(installation: Installation) -> None:
    reference, letter = acknowledged(installation)

    text = f"My letter to {letter.tagged_address} could not be delivered."
    take_in(installation, message(text, sender=STRANGER, subject="post"), undelivered=True)

    assert untouched(installation, reference)
    assert newest(installation, reference).tasks == ()


def test_a_letter_that_came_back_may_be_sent_again(installation: Installation) -> None:
    reference, letter = acknowledged(installation)
    take_in(installation, returned(letter, to=letter.tagged_address))
    (outline,) = installation.outbox.of_case(reference)

    installation.outbox.decide(reference, outline.id, OFFICER, outline.decisions[0])

    assert [again.tagged_address for _, again in letters_that_leave(installation)] == [letter.tagged_address]


# The same Message-ID, and the same message


def test_the_same_message_id_with_other_words_is_kept_and_the_second_says_so(installation: Installation) -> None:
    first, _ = acknowledged(installation, "one", message_id="<a@b.example>")
    take_in(installation, message("two", sender=STRANGER, subject="other", message_id="<a@b.example>"))

    second = newest(installation, first)
    assert [(task.kind, task.other_case) for task in second.tasks] == [(TaskKind.SAME_MESSAGE_ID, first)]
    assert opened(installation, first).tasks == ()
    assert (opened(installation, first).narrative, second.narrative) == ("one", "two")


def test_messages_without_a_message_id_are_no_namesakes(installation: Installation) -> None:
    bare = [dataclasses.replace(message(), content=f"From: {who}\r\n\r\nx\r\n".encode()) for who in (JO, STRANGER)]
    take_in(installation, *bare)

    assert [entry.has_task for entry in installation.store.queue(OFFICER)] == [False, False]


@pytest.mark.parametrize("order", [("enquiries", "whistleblowing"), ("whistleblowing", "enquiries")])
@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "one after the other"])
def test_a_letter_of_a_message_to_both_mailboxes_is_answered_to_the_restricted_one(
    installation: Installation, order: Sequence[str], apart: bool
) -> None:
    batch = [message(mailbox=mailbox, message_id="<both@post.example>") for mailbox in order]
    for part in [[one] for one in batch] if apart else [batch]:
        take_in(installation, *part)

    ((reference, letter),) = letters_that_leave(installation)
    assert letter.reply_address == "reports@example.gov.uk"
    take_in(installation, message("an answer", to=letter.tagged_address, mailbox="whistleblowing"))
    assert len(opened(installation, reference).follow_ups) == 1
    assert listed(installation, OFFICER) == []


def test_a_copy_that_may_not_be_answered_leaves_no_letter_that_answers_to_the_open_mailbox(
    installation: Installation,
) -> None:
    take_in(installation, message(message_id="<both@post.example>"))
    by_way_of_a_list = "Precedence: list\r\nList-Id: <staff.larch.example>\r\n"
    take_in(installation, message(mailbox="whistleblowing", message_id="<both@post.example>", headers=by_way_of_a_list))

    assert len(listed(installation)) == 1
    assert [letter.reply_address for _, letter in letters_that_leave(installation)] in ([], ["reports@example.gov.uk"])


# Restricted cases


def test_an_answer_in_a_restricted_case_through_the_open_mailbox_is_seen_by_no_ordinary_officer(
    installation: Installation,
) -> None:
    reference, letter = acknowledged(installation, mailbox="whistleblowing")

    take_in(installation, message("Here is more.", to=letter.tagged_address, mailbox="enquiries"))

    assert listed(installation, OFFICER) == []
    assert sum(installation.store.counts(OFFICER).values()) == 0
    with pytest.raises(NotAllowed):
        opened(installation, reference, OFFICER)
    case = opened(installation, reference)
    assert [one.narrative for one in case.follow_ups] == ["Here is more."]
    assert case.entry.mailbox == "whistleblowing"


@pytest.mark.parametrize("how", [{"mailbox": "whistleblowing"}, {"text": "I am a WORKER there"}])
def test_an_open_case_becomes_restricted_with_its_first_restricted_answer(
    installation: Installation, how: dict[str, Any]
) -> None:
    reference, letter = acknowledged(installation)

    take_in(installation, message(to=letter.tagged_address, **how))

    assert listed(installation, OFFICER) == []
    assert opened(installation, reference).entry.mailbox == how.get("mailbox", "enquiries")


@pytest.mark.parametrize("clue", ["token of another", "token one character wrong", "reference", "answer", "topic"])
def test_a_case_suggested_to_belong_to_a_restricted_one_is_restricted_itself(
    installation: Installation, clue: str
) -> None:
    reference, letter = acknowledged(installation, mailbox="whistleblowing", message_id="<held@post.example>")
    slipped = letter.tagged_address.replace(letter.reply_token, letter.reply_token[1:])
    hows: dict[str, dict[str, Any]] = {
        "token of another": {"to": letter.tagged_address, "sender": STRANGER, "subject": "x"},
        "token one character wrong": {"to": slipped, "sender": STRANGER, "subject": "x"},
        "reference": {"sender": STRANGER, "subject": reference},
        "answer": {"sender": STRANGER, "subject": "x", "headers": "In-Reply-To: <held@post.example>\r\n"},
        "topic": {},
    }

    take_in(installation, message("I wrote before.", **hows[clue]))

    assert listed(installation, OFFICER) == []
    case = newest(installation, reference)
    assert case.entry.restricted
    assert suggestion_to(case)[0] == reference


def test_a_task_that_points_to_a_restricted_case_is_neither_shown_to_an_ordinary_officer_nor_counted(
    installation: Installation,
) -> None:
    first, letter = acknowledged(installation)
    take_in(installation, message("Me too.", sender=STRANGER, subject=first))
    second = newest(installation, first).entry.reference
    assert [entry.has_task for entry in installation.store.queue(OFFICER) if entry.reference == second] == [True]
    (task,) = opened(installation, second).tasks

    take_in(installation, message("I am a WORKER there", to=letter.tagged_address))

    for entry in installation.store.queue(OFFICER, ANY_STATE):
        assert (entry.reference, entry.has_task) == (second, False)
        assert opened(installation, second, OFFICER).tasks == ()
    for join in (False, True):
        with pytest.raises(NotAllowed):
            installation.store.settle_task(second, OFFICER, task.id, join=join)
    assert suggestion_to(opened(installation, second))[0] == first
    shown = {entry.reference: entry.has_task for entry in installation.store.queue(WHISTLEBLOWING_OFFICER)}
    assert shown == {first: False, second: True}


# What an officer does with a suggestion


def two_cases(installation: Installation) -> tuple[str, Letter, str, int]:
    """A case, its letter, a stranger's case that is suggested to belong to it, and the task's number."""
    first, letter = acknowledged(installation)
    take_in(installation, message("DANGER", sender=STRANGER, subject=first))
    second = newest(installation, first)
    return first, letter, second.entry.reference, second.tasks[0].id


def test_joining_moves_the_messages_and_closes_the_other_case(installation: Installation) -> None:
    first, _, second, task = two_cases(installation)
    close(installation, first)

    assert installation.store.settle_task(second, OFFICER, task, join=True) == first

    case = opened(installation, first, OFFICER)
    assert [one.narrative for one in case.follow_ups] == ["DANGER"]
    assert case.follow_ups[0].assessment.evidence[0].text == "DANGER"
    assert (case.entry.priority, case.entry.immediate_risk, case.entry.state) == (1, True, CaseState.NEW)
    other = opened(installation, second)
    assert (other.entry.state, other.tasks) == (CaseState.CLOSED, ())
    assert [entry.reference for entry in installation.store.queue(OFFICER)] == [first]
    with installation.engine.connect() as connection:
        homes = set(connection.execute(sa.select(cases.c.reference).join(messages)).scalars())
        acts = set(connection.execute(sa.select(audit.c.act).where(audit.c.actor == OFFICER.email)).scalars())
    assert homes == {first}
    assert {"task join joined", "case joined"} <= acts


def test_answers_to_the_old_letter_of_a_joined_case_land_where_it_was_joined_to(installation: Installation) -> None:
    first, _ = acknowledged(installation)
    headers = "In-Reply-To: <held@post.example>\r\n"
    take_in(installation, message("held", sender="Al <al@post.example>", subject="x", message_id="<held@post.example>"))
    ((middle, _),) = letters_that_leave(installation)
    take_in(installation, message("I was copied in.", sender=STRANGER, subject="y", headers=headers))
    ((last, letter),) = letters_that_leave(installation)
    take_in(installation, message("And I say more.", sender=STRANGER, to=letter.tagged_address))
    installation.store.settle_task(last, OFFICER, opened(installation, last).tasks[0].id, join=True)
    with installation.store.filing() as filing:  # a later clue joins the middle one to the first
        ids = {row.reference: row.id for row in filing._connection.execute(sa.select(cases))}
        add_task(filing._connection, ids[middle], TaskKind.JOIN, "by hand", ids[first], NOON)
    installation.store.settle_task(middle, OFFICER, opened(installation, middle).tasks[0].id, join=True)

    take_in(installation, message("One more thing.", sender=STRANGER, to=letter.tagged_address, subject="z"))

    words = [one.narrative for one in opened(installation, first, OFFICER).follow_ups]
    assert sorted(words) == ["And I say more.", "I was copied in.", "One more thing.", "held"]
    assert opened(installation, last).entry.state == opened(installation, middle).entry.state == CaseState.CLOSED
    assert opened(installation, last).follow_ups == opened(installation, middle).follow_ups == ()


def test_a_number_of_a_joined_case_suggests_the_one_it_was_joined_to(installation: Installation) -> None:
    first, _, second, task = two_cases(installation)
    installation.store.settle_task(second, OFFICER, task, join=True)

    take_in(installation, message("News?", sender="Al <al@post.example>", subject=second))

    (third,) = set(listed(installation)) - {first, second}
    assert suggestion_to(opened(installation, third)) == (first, threads.NAMED)


def test_a_restricted_case_joined_to_an_open_one_restricts_it(installation: Installation) -> None:
    first, _ = acknowledged(installation, message_id="<held@post.example>")
    headers = "In-Reply-To: <held@post.example>\r\n"
    take_in(installation, message("x", sender=STRANGER, mailbox="whistleblowing", subject="x", headers=headers))
    second = newest(installation, first)

    installation.store.settle_task(second.entry.reference, WHISTLEBLOWING_OFFICER, second.tasks[0].id, join=True)

    assert listed(installation, OFFICER) == []
    assert opened(installation, first).entry.restricted


def test_a_suggestion_dismissed_leaves_both_cases_as_they_are(installation: Installation) -> None:
    first, _, second, task = two_cases(installation)

    assert installation.store.settle_task(second, OFFICER, task) == second

    assert untouched(installation, first)
    case = opened(installation, second, OFFICER)
    assert (case.tasks, case.entry.has_task, case.entry.state) == ((), False, CaseState.NEW)


def test_only_a_suggestion_can_be_joined_and_only_by_those_who_review(installation: Installation) -> None:
    first, _ = acknowledged(installation, "one", message_id="<a@b.example>")
    take_in(installation, message("two", sender=STRANGER, subject="other", message_id="<a@b.example>"))
    second = newest(installation, first)
    (task,) = second.tasks

    auditor = Officer(email="auditor@example.gov.uk", role=Role.AUDITOR)
    for officer, reference, join in (
        (OFFICER, second.entry.reference, True),
        (OFFICER, first, False),
        (auditor, second.entry.reference, False),
    ):
        with pytest.raises(NotAllowed):
            installation.store.settle_task(reference, officer, task.id, join=join)
    assert installation.store.settle_task(second.entry.reference, OFFICER, task.id) == second.entry.reference


@pytest.mark.parametrize("then", [False, True], ids=["dismissed", "joined"])
@pytest.mark.parametrize("at_first", [False, True], ids=["dismissed first", "joined first"])
def test_two_officers_cannot_settle_one_task_one_after_the_other(
    installation: Installation, at_first: bool, then: bool
) -> None:
    _, _, second, task = two_cases(installation)
    installation.store.settle_task(second, OFFICER, task, join=at_first)

    with pytest.raises(NotAllowed):
        installation.store.settle_task(second, WHISTLEBLOWING_OFFICER, task, join=then)


@pytest.mark.parametrize("wishes", [(True, True), (False, True), (False, False)], ids=str)
def test_two_officers_cannot_settle_one_task_at_the_same_moment(
    installation: Installation, wishes: Sequence[bool]
) -> None:
    first, _, second, task = two_cases(installation)
    together, outcomes = threading.Barrier(8), list[str]()

    def settle(join: bool) -> None:
        together.wait()
        try:
            outcomes.append(installation.store.settle_task(second, OFFICER, task, join=join))
        except Exception as error:  # noqa: BLE001  whatever an officer would get
            outcomes.append(type(error).__name__)

    officers = [threading.Thread(target=settle, args=(wishes[number % 2],)) for number in range(8)]
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join()

    assert sorted(outcomes)[1:] == ["NotAllowed"] * 7
    joined = outcomes.count(first) == 1
    assert len(opened(installation, first).follow_ups) == int(joined)


def test_danger_that_comes_at_the_moment_of_joining_is_not_lowered_again(installation: Installation) -> None:
    first, letter = acknowledged(installation)
    take_in(installation, message("Me too.", sender=STRANGER, subject=first))
    second = newest(installation, first)
    (stored,) = installation.ledger.keep([message("DANGER", to=letter.tagged_address)])
    joining = threading.Thread(
        target=installation.store.settle_task,
        args=(second.entry.reference, OFFICER, second.tasks[0].id),
        kwargs={"join": True},
    )

    @contextlib.contextmanager
    def filing() -> Iterator[Filing]:
        with installation.store.filing() as begun:
            yield begun
            joining.start()
            joining.join(timeout=1)  # as far as it gets before this transaction ends

    store = cast(Store, SimpleNamespace(filing=filing))
    process([stored], dataclasses.replace(installation.office, store=store))
    joining.join()

    case = opened(installation, first)
    assert len(case.follow_ups) == 2
    assert (case.entry.immediate_risk, case.entry.priority) == (True, 1)


# Danger goes up, never down

assessments = st.builds(
    assessment,
    kind=st.sampled_from(Kind),
    immediate_risk=st.booleans(),
    situations=st.frozensets(st.sampled_from(Situation)),
    remit=st.sampled_from(Remit),
    service_type=st.sampled_from(ServiceType),
    whistleblowing=st.sampled_from(Whistleblowing),
    whistleblowing_sure=st.booleans(),
    adult_in_danger=st.booleans(),
    look_first=st.sampled_from([None, "words of live danger in quoted text"]),
    confidentiality=st.sampled_from(Confidentiality),
    contact=st.sampled_from(Contact),
    local_authority=st.sampled_from([None, "Suffolk"]),
    urn=st.sampled_from([None, "SC123456"]),
    priority=st.integers(1, 5),
)


def columns(one: Assessment) -> dict[str, Any]:
    return {**clear_columns(one), "restricted": one.restricted}


@given(assessments, st.lists(assessments, max_size=6), st.sampled_from(CaseState))
def test_whatever_answers_come_flags_are_never_lowered_nor_the_case_put_further_back(
    first: Assessment, answers: list[Assessment], state: CaseState
) -> None:
    stands = {**columns(first), "state": state}
    for answer in answers:
        after = {**stands, **raised(SimpleNamespace(**stands), columns(answer))}

        assert all(after[flag] for flag in FLAGS if stands[flag] or columns(answer)[flag])
        assert after["priority"] == min(stands["priority"], answer.priority)
        assert after["kind"] == Kind.CONCERN or stands["kind"] != Kind.CONCERN
        if answer.kind is Kind.CONCERN:
            assert after["kind"] == Kind.CONCERN
        if stands["whistleblowing"] != Whistleblowing.NONE:
            assert after["whistleblowing"] != Whistleblowing.NONE
        if stands["confidentiality"] == Confidentiality.REQUESTED:
            assert after["confidentiality"] == Confidentiality.REQUESTED
        if stands["contact"] == Contact.DO_NOT_CONTACT:
            assert after["contact"] == Contact.DO_NOT_CONTACT
        assert after["state"] in {stands["state"], CaseState.NEW}
        stands = after


@given(assessments, st.lists(assessments, max_size=6))
def test_the_order_in_which_messages_come_makes_no_difference_to_what_is_flagged(
    first: Assessment, answers: list[Assessment]
) -> None:
    def flagged(messages: Sequence[Assessment]) -> list[Any]:
        stands = {**columns(messages[0]), "state": CaseState.NEW}
        for answer in messages[1:]:
            stands |= raised(SimpleNamespace(**stands), columns(answer))
        return [stands[flag] for flag in (*FLAGS, "priority")]

    assert flagged([first, *answers]) == flagged([*reversed(answers), first])


def after_one_more(first: Assessment, then: Assessment, state: CaseState = CaseState.CLOSED) -> dict[str, Any]:
    stands = {**columns(first), "state": state}
    return {**stands, **raised(SimpleNamespace(**stands), columns(then))}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.AUTOMATIC])
def test_whatever_a_person_writes_opens_the_case_again(kind: Kind) -> None:
    assert after_one_more(assessment(), assessment(kind=kind))["state"] == CaseState.NEW


def test_a_machines_message_leaves_the_case_closed_unless_a_person_must_look() -> None:
    away = assessment(kind=Kind.AUTOMATIC, situations=frozenset(), priority=5)
    look = dataclasses.replace(away, look_first="words of live danger in automatic mail", priority=2)

    assert after_one_more(assessment(), away)["state"] == CaseState.CLOSED
    assert after_one_more(assessment(), look)["state"] == CaseState.NEW


def test_who_asks_later_not_to_be_named_or_written_to_is_heeded() -> None:
    first = assessment(confidentiality=Confidentiality.WAIVED, contact=Contact.EMAIL)
    then = assessment(confidentiality=Confidentiality.REQUESTED, contact=Contact.DO_NOT_CONTACT)

    after = after_one_more(first, then)
    assert (after["confidentiality"], after["contact"]) == (Confidentiality.REQUESTED, Contact.DO_NOT_CONTACT)


def test_silence_in_an_answer_takes_back_nothing_that_the_sender_wished() -> None:
    first = assessment(confidentiality=Confidentiality.WAIVED, contact=Contact.POST)

    after = after_one_more(first, assessment())
    assert (after["confidentiality"], after["contact"]) == (Confidentiality.WAIVED, Contact.POST)


def test_an_enquiry_followed_by_a_concern_is_a_concern() -> None:
    enquiry = assessment(kind=Kind.ENQUIRY, remit=Remit.NOT_APPLICABLE, service_type=ServiceType.UNKNOWN, priority=5)

    after = after_one_more(enquiry, assessment())
    assert (after["kind"], after["remit"], after["priority"]) == (Kind.CONCERN, Remit.REGULATED, 3)


one_judge = cache(judge)


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_answer_that_quotes_our_own_letter_raises_nothing_by_it(sqlite: Installation, template: str) -> None:
    facts = LetterFacts(
        reference="MB-4F7K-29QX",
        received_at=NOON,
        remit=Remit.OTHER_OFSTED,
        service_type=ServiceType.CHILDMINDER_OR_NURSERY,
        whistleblowing=Whistleblowing.NONE,
        danger=True,
        fears_reprisal=True,
        worker=True,
        authority="Leeds",
        missing=("dates", "copies"),
        by_post=False,
    )
    subject, body = sqlite.office.composer.render(template, facts)
    thanks = "Thank you, that is all I wanted to know about the opening hours of your office on Saturdays."
    quoted = "\r\n".join(f"> {line}" for line in body.splitlines())

    bare, quoting = (
        parse(message(f"{thanks}{below}", subject=f"Re: {subject}"))
        for below in ("", f"\r\n\r\nOn Tue, 24 Nov 2026 at 09:00, Ofsted <{INBOX}> wrote:\r\n{quoted}")
    )
    assert "999" in quoting.quoted
    plain, with_letter = one_judge().assess([sqlite.office.own_words.left_out(one) for one in (bare, quoting)])
    assert (with_letter.priority, with_letter.immediate_risk, with_letter.look_first) == (
        plain.priority,
        plain.immediate_risk,
        plain.look_first,
    )
