"""Two robots never exchange more than one letter: mailbot as it is run, against machines that answer mail."""

from __future__ import annotations

import email
import email.policy
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mailbot.domain import RawMail
from mailbot.intake.parse import parse
from tests.servers import ServerMissing
from tests.servers.autoresponder import Robot, Vacation, running_vacation
from tests.servers.smtp_sink import Received
from tests.test_main_job import Office, office

__all__ = ["office"]

pytestmark = pytest.mark.server
AWAY = "kim@away.example"
ROUNDS = 2

ROBOTS = [
    Robot(
        address=f"kim@shop{number}.example",
        to_reply_to=to_reply_to,
        own_subject=own_subject,
        in_reply_to=in_reply_to,
        quoting=quoting,
    )
    for number, (to_reply_to, own_subject, in_reply_to, quoting) in enumerate(
        itertools.product([True, False], [True, False], [True, False], [True, False])
    )
] + [
    Robot(address="kim@again.example", to_reply_to=False, own_subject=True, in_reply_to=False, insists=True),
]
"""Every way to answer: to Reply-To or From, own subject or ours, with or without In-Reply-To, quoting or not."""


def automatic(content: bytes) -> str | None:
    moment = datetime.now(UTC)
    raw = RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=moment, content=content)
    return parse(raw).automatic


@pytest.fixture
def vacation() -> Iterator[Vacation]:
    try:
        with running_vacation(AWAY) as running:
            yield running
    except ServerMissing as missing:
        pytest.skip(str(missing))


def answered(office: Office, robots: list[Robot], since: int) -> Counter[str]:
    """Lets each robot answer what it was sent after the first `since` letters; how many answers each gave."""
    given: Counter[str] = Counter()
    for received in office.sink.messages[since:]:
        for robot in robots:
            if robot.address in received.rcpt_to:
                office.dovecot.deliver("enquiries", robot.answer(received))
                given[robot.address] += 1
    return given


def test_a_robot_that_no_sign_gives_away_gets_one_letter_however_it_answers(office: Office) -> None:
    answers: Counter[str] = Counter()
    for robot in ROBOTS:
        office.dovecot.deliver("enquiries", robot.opens())
    for _ in range(ROUNDS):
        before = len(office.sink.messages)
        office.run("poll", "--once")
        office.run("send", "--once")
        answers += answered(office, ROBOTS, before)
        for robot in ROBOTS:
            if robot.insists:
                office.dovecot.deliver("enquiries", robot.opens())

    each_one = Counter({robot.address: 1 for robot in ROBOTS})
    assert office.letters_sent() == each_one
    assert answers == each_one


@pytest.mark.soak
def test_the_robots_of_that_test_pass_for_people(office: Office) -> None:
    office.dovecot.deliver("enquiries", ROBOTS[0].opens())
    office.run("poll", "--once")
    office.run("send", "--once")
    (received,) = office.sink.messages

    assert [automatic(content) for robot in ROBOTS for content in (robot.opens(), robot.answer(received))] == [None] * (
        2 * len(ROBOTS)
    )


@pytest.mark.soak
def test_an_answer_of_a_robot_is_kept_in_its_case_or_as_one_whose_letter_is_held(office: Office) -> None:
    to_token, to_sender = ROBOTS[0], ROBOTS[8]
    assert (to_token.to_reply_to, to_sender.to_reply_to) == (True, False)
    for robot in (to_token, to_sender):
        office.dovecot.deliver("enquiries", robot.opens())
    office.run("poll", "--once")
    office.run("send", "--once")
    assert answered(office, [to_token, to_sender], 0) == Counter({to_token.address: 1, to_sender.address: 1})
    office.run("poll", "--once")

    assert sorted(str(one["acknowledgement"]) for one in office.cases()) == ["sent", "sent", "withheld"]
    assert len(office.dovecot.folder("enquiries", "Processed")) == 4


def without_signs(received: Received) -> bytes:
    """The letter as it comes by way of a server that drops what says that a machine wrote it."""
    message = email.message_from_bytes(received.content, policy=email.policy.SMTP)
    del message["Auto-Submitted"]
    del message["X-Auto-Response-Suppress"]
    return message.as_bytes()


def one_letter(office: Office) -> Received:
    """Somebody who is away has written, and the letter to them has left."""
    opening = Robot(address=AWAY, to_reply_to=True, own_subject=True, in_reply_to=True).opens()
    office.dovecot.deliver("enquiries", opening)
    office.run("poll", "--once")
    office.run("send", "--once")
    (received,) = office.sink.messages
    assert received.rcpt_to == (AWAY,)
    return received


def test_pigeonholes_vacation_never_answers_our_letter(office: Office, vacation: Vacation) -> None:
    received = one_letter(office)

    assert vacation.deliver(received.content, received.mail_from) == []
    assert vacation.delivered() == 1
    assert len(vacation.deliver(without_signs(received), received.mail_from)) == 1  # the signs are why


@pytest.mark.soak
@pytest.mark.parametrize("sign", ["Auto-Submitted", "X-Auto-Response-Suppress"])
def test_each_of_the_two_signs_alone_silences_a_vacation_reply(office: Office, vacation: Vacation, sign: str) -> None:
    received = one_letter(office)
    message = email.message_from_bytes(received.content, policy=email.policy.SMTP)
    del message[sign]

    assert vacation.deliver(message.as_bytes(), received.mail_from) == []


@pytest.mark.soak
def test_a_vacation_reply_to_a_letter_whose_signs_were_lost_joins_its_case_and_ends_there(
    office: Office, vacation: Vacation
) -> None:
    received = one_letter(office)
    (answer,) = vacation.deliver(without_signs(received), received.mail_from)
    assert answer.recipient == received.mail_from == received.message["Reply-To"]

    for _ in range(3):
        office.dovecot.deliver("enquiries", answer.content)
        office.run("poll", "--once")
        office.run("send", "--once")

    assert len(office.sink.messages) == 1
    (case,) = office.cases()
    assert case["acknowledgement"] == "sent"
