"""Sending by SMTP to a real server that refuses in every way: each letter goes once or is on a person's list."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from mailbot.cases.schema import letters
from mailbot.config import Config, Mailbox, Outgoing
from mailbot.domain import LetterState
from mailbot.errors import DeliveryFailed
from mailbot.pipeline import process
from mailbot.sending import Results, send
from tests.conftest import OFFICER, Installation
from tests.doubles import mail
from tests.servers.smtp_sink import SmtpSink, running_smtp_sink

ADDRESS = "jo.sandiford@post.example"


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with running_smtp_sink() as running:
        yield running


def config_for(sink: SmtpSink, **changes: object) -> Config:
    outgoing = Outgoing(
        kind="smtp",
        host="localhost",
        port=sink.port,
        ca_file=str(sink.ca_file),
        from_address="enquiries@example.gov.uk",
    )
    box = Mailbox(name="enquiries", kind="maildir", path=".")
    return Config(mailbox=(box,), outgoing=msgspec.structs.replace(outgoing, **changes))


def filed(installation: Installation, count: int = 1) -> None:
    batch = [
        mail(f"number {number}", uid=number, sender=f"jo{number}@post.example" if number else ADDRESS)
        for number in range(count)
    ]
    process(installation.ledger.keep(batch), installation.office)


def test_a_letter_is_sent_once_with_what_keeps_machines_from_answering(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite)

    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.SENT: 1}
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == Results()
    (received,) = sink.messages
    assert received.rcpt_to == (ADDRESS,)
    assert received.message["Auto-Submitted"] == "auto-replied"
    assert received.message["In-Reply-To"] == received.message["References"] == "<enquiries-0@post.example>"
    assert sqlite.store.queue(OFFICER)[0].acknowledgement == LetterState.SENT


def test_a_permanent_refusal_fails_that_letter_and_the_next_one_goes(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite, 2)
    sink.answer_rcpt = {ADDRESS: f"550 no such user as {ADDRESS}"}

    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.FAILED: 1, LetterState.SENT: 1}
    assert [received.rcpt_to for received in sink.messages] == [("jo1@post.example",)]
    with sqlite.engine.connect() as connection:
        problems = [row.problem for row in connection.execute(letters.select()) if row.problem]
    assert problems == ["the mail server refused the recipient (SMTP 550)"]


def test_a_temporary_refusal_is_tried_again_later(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite)
    sink.answer_rcpt = {ADDRESS: "451 greylisted, try later"}
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.DUE: 1}

    sink.answer_rcpt = {}
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == Results()
    sqlite.clock.advance(minutes=2)
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.SENT: 1}
    assert len(sink.messages) == 1


def test_a_connection_cut_after_the_text_leaves_the_letter_to_a_person(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite)
    sink.breaks_off = True

    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.UNKNOWN: 1}
    sink.breaks_off = False
    sqlite.clock.advance(days=1)
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == Results()
    assert sqlite.store.queue(OFFICER)[0].acknowledgement == LetterState.UNKNOWN


def test_a_server_that_is_down_costs_no_attempt(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite)
    sink.stop()
    with pytest.raises(DeliveryFailed, match="no secure connection"):
        send(config_for(sink), sqlite.outbox, sqlite.clock)

    sink.start()
    assert send(config_for(sink), sqlite.outbox, sqlite.clock) == {LetterState.SENT: 1}


def test_a_certificate_that_does_not_verify_sends_nothing(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite)

    with pytest.raises(DeliveryFailed, match="certificate does not verify"):
        send(config_for(sink, ca_file=""), sqlite.outbox, sqlite.clock)
    assert sink.messages == []


def test_a_refused_sign_in_sends_nothing_and_shows_no_password(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "wrong-secret")
    filed(sqlite)
    with running_smtp_sink(require_login=("mailbot", "right-secret")) as sink:
        with pytest.raises(DeliveryFailed, match="refused the sign-in of mailbot") as caught:
            send(config_for(sink, username="mailbot", password_env="SMTP_PASSWORD"), sqlite.outbox, sqlite.clock)
        assert "secret" not in str(caught.value)
        assert sink.messages == []


def test_letters_in_a_folder_are_one_file_each(sqlite: Installation) -> None:
    filed(sqlite, 3)
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder", path=str(sqlite.folder / "outbox")),
    )

    assert send(config, sqlite.outbox, sqlite.clock) == {LetterState.SENT: 3}
    assert len(list((sqlite.folder / "outbox").glob("*.eml"))) == 3


def test_where_the_clock_is_set_back_letters_go_all_the_same_and_once(
    installation: Installation, sink: SmtpSink
) -> None:
    filed(installation, 2)
    installation.clock.advance(days=-3)

    assert send(config_for(sink), installation.outbox, installation.clock) == {LetterState.SENT: 2}
    installation.clock.advance(days=3)
    assert send(config_for(sink), installation.outbox, installation.clock) == Results()
    assert len(sink.messages) == 2


def test_a_letter_that_was_put_off_goes_though_the_clock_was_set_back_meanwhile(
    installation: Installation, sink: SmtpSink
) -> None:
    filed(installation)
    sink.answer_rcpt = {ADDRESS: "450 try later"}
    assert send(config_for(sink), installation.outbox, installation.clock) == {LetterState.DUE: 1}
    sink.answer_rcpt = {}
    installation.clock.advance(days=-3)

    assert send(config_for(sink), installation.outbox, installation.clock) == {LetterState.SENT: 1}


def test_a_letter_says_where_its_answer_and_its_return_belong(sqlite: Installation, sink: SmtpSink) -> None:
    filed(sqlite, 2)
    send(config_for(sink), sqlite.outbox, sqlite.clock)

    addresses = {received.message["Reply-To"] for received in sink.messages}
    assert len(addresses) == 2
    for received in sink.messages:
        assert re.fullmatch(r"enquiries\+[a-z2-7]{26}@example\.gov\.uk", received.message["Reply-To"])
        assert received.mail_from == received.message["Reply-To"]
        token = received.message["Reply-To"].partition("+")[2].partition("@")[0]
        assert token not in received.message["Message-ID"]
