"""The servers themselves: that each does what the tests of mailbot lean on."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers import ServerMissing, dovecot, postgres
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.postgres import fresh_database, running_postgres
from tests.servers.smtp_sink import Received, SmtpSink, running_smtp_sink

pytestmark = pytest.mark.server

USERS = {"enquiries": "pass one", "whistleblowing": 'p:a"s\\s£two'}
LETTER = b"From: a@post.example\r\nTo: b@post.example\r\nSubject: Larch House\r\n\r\nThe food is poor.\r\n"


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    try:
        with running_dovecot(USERS) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    try:
        with running_postgres() as url:
            yield url
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with running_smtp_sink() as server:
        yield server


def connected(sink: SmtpSink) -> smtplib.SMTP:
    client = smtplib.SMTP(sink.host, sink.port, timeout=5)
    if sink.ca_file:
        client.starttls(context=ssl.create_default_context(cafile=sink.ca_file))
    return client


# Dovecot


def test_a_delivered_message_lies_in_the_folder_byte_for_byte(imap: Dovecot) -> None:
    imap.deliver("enquiries", LETTER, folder="A folder")
    assert imap.folder("enquiries", "A folder") == [LETTER]
    assert imap.folder("whistleblowing", "A folder") == []


def test_uids_go_up_and_an_unknown_folder_has_none(imap: Dovecot) -> None:
    for _ in range(3):
        imap.deliver("whistleblowing", LETTER)
    assert imap.uids("whistleblowing", "INBOX") == [1, 2, 3]
    assert imap.uids("whistleblowing", "No such folder") == []


def test_reading_a_folder_leaves_its_messages_unseen(imap: Dovecot) -> None:
    imap.deliver("enquiries", LETTER, folder="Unseen")
    imap.folder("enquiries", "Unseen")
    with imaplib.IMAP4(imap.host, imap.plain_port, timeout=5) as client:
        client.login("enquiries", USERS["enquiries"])
        client.select("Unseen")
        assert client.search(None, "UNSEEN") == ("OK", [b"1"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_certificate_verifies_by_name_and_by_address(imap: Dovecot, host: str) -> None:
    trusting = ssl.create_default_context(cafile=imap.ca_file)
    with imaplib.IMAP4_SSL(host, imap.tls_port, ssl_context=trusting, timeout=5) as client:
        client.login("enquiries", USERS["enquiries"])
    with imaplib.IMAP4(host, imap.plain_port, timeout=5) as client:
        client.starttls(trusting)
        client.login("enquiries", USERS["enquiries"])


def test_a_client_that_does_not_know_the_certificate_refuses_it(imap: Dovecot) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(imap.host, imap.tls_port, ssl_context=ssl.create_default_context(), timeout=5)


def test_a_wrong_password_is_refused(imap: Dovecot) -> None:
    with imaplib.IMAP4(imap.host, imap.plain_port, timeout=5) as client, pytest.raises(imaplib.IMAP4.error):
        client.login("enquiries", "wrong")


def test_mail_and_ports_outlive_a_restart_and_connections_do_not() -> None:
    try:
        with running_dovecot({"enquiries": "one"}) as server:
            server.deliver("enquiries", LETTER)
            client = imaplib.IMAP4(server.host, server.plain_port, timeout=5)
            client.login("enquiries", "one")
            server.stop()
            with pytest.raises((imaplib.IMAP4.abort, OSError)):
                client.noop()
            client.shutdown()
            with pytest.raises(ConnectionRefusedError):
                server.uids("enquiries")
            server.start()
            server.restart()
            assert server.uids("enquiries") == [1]
    except ServerMissing as missing:
        pytest.skip(str(missing))


def test_two_run_at_once_and_nothing_is_left_of_either() -> None:
    try:
        with running_dovecot(USERS) as one, running_dovecot(USERS) as other:
            one.deliver("enquiries", LETTER)
            assert other.folder("enquiries") == []
        assert not one.ca_file.parent.exists()
        assert not other.ca_file.parent.exists()
    except ServerMissing as missing:
        pytest.skip(str(missing))


# The SMTP sink


def test_what_is_sent_is_kept_with_its_envelope(sink: SmtpSink) -> None:
    with connected(sink) as client:
        client.sendmail("a@post.example", ["b@post.example"], LETTER)
    (received,) = sink.messages
    assert (received.mail_from, received.rcpt_to) == ("a@post.example", ("b@post.example",))
    assert received.content == LETTER
    assert received.message["Subject"] == "Larch House"


def test_it_insists_on_starttls(sink: SmtpSink) -> None:
    with smtplib.SMTP(sink.host, sink.port, timeout=5) as client, pytest.raises(smtplib.SMTPResponseException):
        client.sendmail("a@post.example", ["b@post.example"], LETTER)


def test_it_can_do_tls_from_the_first_byte_and_none_at_all() -> None:
    with running_smtp_sink(implicit=True) as sink:
        trusting = ssl.create_default_context(cafile=sink.ca_file)
        with smtplib.SMTP_SSL(sink.host, sink.port, timeout=5, context=trusting) as client:
            client.sendmail("a@post.example", ["b@post.example"], LETTER)
        assert len(sink.messages) == 1
    with running_smtp_sink(tls=False) as sink:
        with connected(sink) as client:
            client.sendmail("a@post.example", ["b@post.example"], LETTER)
        assert len(sink.messages) == 1
        assert sink.ca_file is None


def test_it_refuses_the_recipients_it_is_told_to(sink: SmtpSink) -> None:
    sink.answer_rcpt = {"gone@post.example": "550 5.1.1 no such mailbox"}
    with connected(sink) as client:
        refused = client.sendmail("a@post.example", ["Gone@post.example", "b@post.example"], LETTER)
    assert refused == {"Gone@post.example": (550, b"5.1.1 no such mailbox")}
    assert sink.messages[0].rcpt_to == ("b@post.example",)


def test_it_refuses_a_text_once_and_takes_it_the_next_time(sink: SmtpSink) -> None:
    refusals = ["451 try again later"]

    def answer(_received: Received) -> str | None:
        return refusals.pop() if refusals else None

    sink.answer_data = answer
    with connected(sink) as client:
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@post.example", ["b@post.example"], LETTER)
        client.sendmail("a@post.example", ["b@post.example"], LETTER)
    assert len(sink.messages) == 1


def test_it_lets_in_the_one_user_it_knows() -> None:
    with running_smtp_sink(require_login=("mailbot", "secret")) as sink:
        with connected(sink) as client, pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("mailbot", "wrong")
        with connected(sink) as client, pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("a@post.example", ["b@post.example"], LETTER)
        with connected(sink) as client:
            client.login("mailbot", "secret")
            client.sendmail("a@post.example", ["b@post.example"], LETTER)
        assert len(sink.messages) == 1


def test_it_breaks_off_after_the_text_with_the_message_kept(sink: SmtpSink) -> None:
    sink.breaks_off = True
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        connected(sink).sendmail("a@post.example", ["b@post.example"], LETTER)
    assert len(sink.messages) == 1


def test_it_stops_and_starts_on_the_same_port(sink: SmtpSink) -> None:
    client = connected(sink)
    sink.stop()
    with pytest.raises((smtplib.SMTPException, OSError)):
        client.sendmail("a@post.example", ["b@post.example"], LETTER)
    with pytest.raises(OSError, match="refused"):
        connected(sink)
    sink.start()
    with connected(sink) as again:
        again.sendmail("a@post.example", ["b@post.example"], LETTER)
    assert len(sink.messages) == 1


# PostgreSQL


def test_a_fresh_database_is_empty_and_its_own(cluster: str) -> None:
    with fresh_database(cluster) as one, fresh_database(cluster) as other:
        assert one.startswith("postgresql+psycopg://")
        engines = [sa.create_engine(url) for url in (one, other)]
        with engines[0].begin() as connection:
            connection.execute(sa.text("CREATE TABLE cases (reference text)"))
        assert [sa.inspect(engine).get_table_names() for engine in engines] == [["cases"], []]
        for engine in engines:
            engine.dispose()


def test_a_database_goes_even_while_somebody_is_connected(cluster: str) -> None:
    with fresh_database(cluster) as url:
        name = sa.make_url(url).database
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        connection = engine.connect()
    connection.invalidate()
    connection.close()
    with sa.create_engine(cluster, poolclass=sa.NullPool).connect() as left:
        assert name not in left.scalars(sa.text("SELECT datname FROM pg_database")).all()


# What is missing


def test_a_missing_server_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dovecot, "PROGRAM", tmp_path / "dovecot")
    monkeypatch.setattr(postgres, "PROGRAMS", tmp_path)
    with pytest.raises(ServerMissing, match="apt-get install dovecot-imapd"), running_dovecot({}):
        pass
    with pytest.raises(ServerMissing, match="apt-get install postgresql"), running_postgres():
        pass
