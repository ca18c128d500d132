"""Taking in mail from a real Dovecot, and what happens when something fails on the way."""

from __future__ import annotations

import dataclasses
import imaplib
import socket
import threading
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from mailbot.cases.schema import cases, letters
from mailbot.config import Mailbox
from mailbot.domain import RawMail
from mailbot.errors import MailboxUnreachable
from mailbot.intake.mailbox import ImapMailbox
from mailbot.office import Tally
from mailbot.pipeline import process
from mailbot.taking_in import take_in
from tests.conftest import Installation
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.test_pipeline import count

pytestmark = pytest.mark.server
PASSWORD = "pass-one"


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    try:
        with running_dovecot({"enquiries": PASSWORD}) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def settings(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", PASSWORD)
    return Mailbox(
        name="enquiries",
        kind="imap",
        host="localhost",
        port=dovecot.tls_port,
        ca_file=str(dovecot.ca_file),
        username="enquiries",
        password_env="ENQUIRIES_PASSWORD",
    )


def delivered(dovecot: Dovecot, texts: Sequence[str]) -> list[bytes]:
    contents = [mail(text, uid=number).content for number, text in enumerate(texts)]
    for content in contents:
        dovecot.deliver("enquiries", content)
    return contents


def test_new_mail_is_filed_and_moved_and_nothing_is_taken_twice(
    dovecot: Dovecot, settings: Mailbox, sqlite: Installation
) -> None:
    contents = delivered(dovecot, [f"number {number}" for number in range(120)])

    assert take_in(settings, sqlite.office) == Tally(new=120, filed=120)
    assert take_in(settings, sqlite.office) == Tally()
    assert dovecot.folder("enquiries", "INBOX") == []
    assert sorted(dovecot.folder("enquiries", "Processed")) == sorted(contents)
    assert count(sqlite, cases) == count(sqlite, letters) == 120


def test_the_bytes_are_kept_as_they_arrived(dovecot: Dovecot, settings: Mailbox, sqlite: Installation) -> None:
    odd = b"From: jo@post.example\r\nSubject: =?utf-8?Q?Caf=C3=A9?=\r\n\r\n\x93quoted\x94 \xa320 \xff\r\n"
    dovecot.deliver("enquiries", odd)
    take_in(settings, sqlite.office)

    assert sqlite.ledger.original(1).mail.content == odd


def test_a_message_set_aside_stays_on_the_server_unread(
    dovecot: Dovecot, settings: Mailbox, sqlite: Installation
) -> None:
    delivered(dovecot, ["good", "CRASH", "good too"])

    assert take_in(settings, sqlite.office) == Tally(new=3, filed=2, set_aside=1)
    assert take_in(settings, sqlite.office) == Tally()
    (left,) = dovecot.folder("enquiries", "INBOX")
    assert b"CRASH" in left
    client = imaplib.IMAP4("127.0.0.1", dovecot.plain_port)
    client.login("enquiries", PASSWORD)
    client.select("INBOX", readonly=True)
    assert client.search(None, "UNSEEN")[1] == [b"1"]
    client.logout()


def test_what_a_crash_left_stored_is_filed_by_the_next_run(
    dovecot: Dovecot, settings: Mailbox, installation: Installation
) -> None:
    delivered(dovecot, ["one", "two"])
    with ImapMailbox(settings) as mailbox:
        (folder,) = mailbox.folders()
        for batch in folder.fetch(folder.uids):
            installation.ledger.keep(batch)  # and here the process dies

    assert take_in(settings, installation.office) == Tally(filed=2)
    assert len(dovecot.folder("enquiries", "Processed")) == 2
    assert count(installation, cases) == 2


def test_what_a_crash_left_filed_is_moved_by_the_next_run(
    dovecot: Dovecot, settings: Mailbox, sqlite: Installation
) -> None:
    delivered(dovecot, ["one", "two"])
    with ImapMailbox(settings) as mailbox:
        (folder,) = mailbox.folders()
        for batch in folder.fetch(folder.uids):
            process(sqlite.ledger.keep(batch), sqlite.office)  # and here the process dies

    assert take_in(settings, sqlite.office) == Tally()
    assert dovecot.folder("enquiries", "INBOX") == []
    assert count(sqlite, cases) == count(sqlite, letters) == 2


def test_a_server_that_goes_away_half_way_loses_nothing(
    dovecot: Dovecot, settings: Mailbox, installation: Installation
) -> None:
    delivered(dovecot, ["one", "two"])

    def parse_and_stop_the_server(raw: RawMail) -> object:
        dovecot.stop()
        return installation.office.parse(raw)

    office = dataclasses.replace(installation.office, parse=parse_and_stop_the_server)  # type: ignore[arg-type]
    with pytest.raises(MailboxUnreachable, match="could not be moved"):
        take_in(settings, office)
    dovecot.start()

    assert take_in(settings, installation.office) == Tally()
    assert len(dovecot.folder("enquiries", "Processed")) == 2
    assert count(installation, cases) == 2


def test_starttls_verifies_too(dovecot: Dovecot, settings: Mailbox, sqlite: Installation) -> None:
    delivered(dovecot, ["one"])
    starttls = msgspec.structs.replace(settings, port=dovecot.plain_port, security="starttls")

    assert take_in(starttls, sqlite.office) == Tally(new=1, filed=1)
    with pytest.raises(MailboxUnreachable, match="certificate does not verify"):
        take_in(msgspec.structs.replace(starttls, ca_file=""), sqlite.office)


def test_a_certificate_that_does_not_verify_stops_that_mailbox(settings: Mailbox, sqlite: Installation) -> None:
    with pytest.raises(MailboxUnreachable, match=r"certificate does not verify.*ca_file"):
        take_in(msgspec.structs.replace(settings, ca_file=""), sqlite.office)


def test_a_refused_sign_in_names_the_mailbox_and_not_the_password(
    settings: Mailbox, sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", "wrong-secret")

    with pytest.raises(MailboxUnreachable) as caught:
        take_in(settings, sqlite.office)
    assert "enquiries" in str(caught.value)
    assert "refused the sign-in" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_one_clear_sentence(
    dovecot: Dovecot, settings: Mailbox, sqlite: Installation
) -> None:
    dovecot.stop()

    with pytest.raises(MailboxUnreachable, match=r"localhost:\d+: no secure connection"):
        take_in(settings, sqlite.office)


def test_a_folder_that_is_not_there_is_named(settings: Mailbox, sqlite: Installation) -> None:
    with pytest.raises(MailboxUnreachable, match='"Junk"'):
        take_in(msgspec.structs.replace(settings, folders=("INBOX", "Junk")), sqlite.office)


def test_the_library_never_formats_message_text_for_its_log(settings: Mailbox) -> None:
    with ImapMailbox(settings) as mailbox:
        assert mailbox._client is not None
        assert mailbox._client._imap.debug == 0


def test_two_processes_at_once_file_each_message_once(
    dovecot: Dovecot, settings: Mailbox, installation: Installation
) -> None:
    delivered(dovecot, [f"number {number}" for number in range(150)])
    problems: list[Exception] = []

    def poll() -> None:
        try:
            take_in(settings, installation.office)
        except MailboxUnreachable as error:
            problems.append(error)

    threads = [threading.Thread(target=poll) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take_in(settings, installation.office)

    assert count(installation, cases) == count(installation, letters) == 150
    assert dovecot.folder("enquiries", "INBOX") == []
    assert len(dovecot.folder("enquiries", "Processed")) == 150


@pytest.mark.parametrize("answer", ["BAD what is that", "NO not today"])
def test_where_starttls_is_refused_no_password_is_sent(
    monkeypatch: pytest.MonkeyPatch, sqlite: Installation, answer: str
) -> None:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", PASSWORD)
    said: list[str] = []

    def speak(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw", encoding="ascii", newline="\r\n") as line:
            print("* OK ready", file=line, flush=True)
            for command in line:
                said.append(command)
                tag, name = command.split()[:2]
                capable = "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n" if name.upper() == "CAPABILITY" else ""
                print(f"{capable}{tag} {'OK done' if capable else answer}", file=line, flush=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak, args=(listener,), daemon=True).start()
        settings = Mailbox(
            name="enquiries",
            kind="imap",
            host="localhost",
            port=listener.getsockname()[1],
            security="starttls",
            username="enquiries",
            password_env="ENQUIRIES_PASSWORD",
        )
        with pytest.raises(MailboxUnreachable, match="no secure connection"):
            take_in(settings, sqlite.office)

    assert any("STARTTLS" in command for command in said)
    assert not any("LOGIN" in command or "AUTHENTICATE" in command or PASSWORD in command for command in said)
