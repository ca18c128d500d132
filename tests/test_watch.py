"""The watcher apart from the worker: it says nothing while all is well, and gives one alarm where mail waits."""

from __future__ import annotations

import dataclasses
import imaplib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from mailbot import clock
from mailbot.alerts import all_taken_in, beat, sound
from mailbot.cases.oversight.standing import Standings
from mailbot.config import Alerts, Config, Mailbox, Outgoing
from mailbot.errors import AlarmFailed, MailbotError, MailboxUnreachable
from mailbot.reconcile import troubles
from mailbot.taking_in import take_in
from tests.commands import mailbot
from tests.conftest import Installation
from tests.doubles import mail
from tests.servers import ServerMissing, free_ports
from tests.servers.dovecot import running_dovecot
from tests.servers.webhook import SECRET_PATH, Webhook, running_webhook

MINUTES = 10
CONFIG = """
[database]
url = "sqlite:///mailbot.sqlite3"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
[outgoing]
kind = "folder"
path = "outbox"
[alerts]
enabled = false
webhook_env = "WATCH_WEBHOOK"
intake_minutes = 10
[[mailbox]]
name = "enquiries"
"""


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with running_webhook() as channel:
        monkeypatch.setenv("WATCH_WEBHOOK", channel.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield channel


@dataclass
class Watched:
    """An installation with one Maildir, watched by the command."""

    installation: Installation
    box: Mailbox

    def watch(self, section: str = "") -> tuple[int, str]:
        """`mailbot watch`: its exit code and all it said."""
        path = self.installation.folder / "config.toml"
        path.write_text(CONFIG + (section or f'kind = "maildir"\npath = "{self.box.path}"\n'))
        said = mailbot("watch", "--config", str(path))
        return said.code, said.both

    def put(self, text: str, minutes_ago: float, name: str = "one") -> Path:
        path = Path(self.box.path) / "new" / name
        path.write_bytes(mail(text).content)
        at = time.time() - minutes_ago * 60
        os.utime(path, (at, at))
        return path

    def config(self, **alerts: Any) -> Config:
        alerts = {"enabled": False, "intake_minutes": MINUTES, **alerts}
        return Config(mailbox=(self.box,), outgoing=Outgoing(kind="folder"), alerts=Alerts(**alerts))

    def troubles(self, tokens: Any = None, at: Any = None) -> list[str]:
        office = self.installation.office
        return troubles(self.config(), office.ledger, office.standings, tokens or {}, at or clock.now())


@pytest.fixture
def watched(sqlite: Installation) -> Watched:
    for part in ("new", "cur", "tmp"):
        (sqlite.folder / "mail" / part).mkdir(parents=True)
    # the same on the real clock, which the command goes by
    office = dataclasses.replace(sqlite.office, standings=Standings(sqlite.engine, clock.now))
    installation = dataclasses.replace(sqlite, office=office)
    return Watched(installation, Mailbox(name="enquiries", kind="maildir", path=str(sqlite.folder / "mail")))


# Nothing to say


def test_while_all_is_well_it_says_so_and_gives_no_alarm(watched: Watched, webhook: Webhook) -> None:
    for name, text in (("old", "one"), ("aside", "CRASH")):
        watched.put(text, minutes_ago=500, name=name)
    take_in(watched.box, watched.installation.office)
    watched.put("just come", minutes_ago=MINUTES - 1, name="new")

    assert watched.watch() == (0, "all mail is being taken in\n")
    assert webhook.posts == []


def test_the_same_message_set_aside_twice_is_no_trouble(watched: Watched) -> None:
    for name in ("one", "two"):
        watched.put("CRASH", minutes_ago=500, name=name)
        take_in(watched.box, watched.installation.office)
    take_in(watched.box, watched.installation.office)

    assert watched.troubles() == []


# Something to say


def test_mail_that_waits_with_no_worker_is_one_alarm_without_a_word_of_it(watched: Watched, webhook: Webhook) -> None:
    for number in range(3):
        watched.put("A secret of Larch House", minutes_ago=30 + number, name=str(number))

    code, said = watched.watch()
    assert code == 1
    (alarm,) = webhook.posts
    assert list(alarm) == ["text"]
    assert "enquiries: mail waits on the server, the oldest for 32 minutes" in alarm["text"]
    assert said.count("\n") == 1
    for text in (alarm["text"], said):
        for word in ("secret", "Larch", "Sandiford", "@", "s3cret"):
            assert word not in text
    assert webhook.asked_for == [SECRET_PATH]


@pytest.mark.server
def test_mail_that_waits_on_a_real_server_is_an_alarm_and_stays_unseen(
    watched: Watched, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", "pass-one")
    section = 'kind = "imap"\nhost = "localhost"\nport = {}\nsecurity = "none"\n'
    section += 'username = "enquiries"\npassword_env = "ENQUIRIES_PASSWORD"\n'
    try:
        with running_dovecot({"enquiries": "pass-one"}) as dovecot:
            section = section.format(dovecot.plain_port)
            with imaplib.IMAP4("127.0.0.1", dovecot.plain_port) as client:
                client.login("enquiries", "pass-one")
                at = imaplib.Time2Internaldate(time.time() - 30 * 60)
                client.append("INBOX", "", at, mail("A secret of mine").content)
                assert watched.watch(section)[0] == 1
                client.select("INBOX", readonly=True)
                assert client.search(None, "UNSEEN", "RECENT")[1] == [b"1"]
            dovecot.stop()
            code, said = watched.watch(section)
    except ServerMissing as missing:
        pytest.skip(str(missing))
    assert "the oldest for 30 minutes" in webhook.posts[0]["text"]
    assert (code, len(webhook.posts)) == (1, 2)
    assert "no secure connection" in webhook.posts[1]["text"]
    assert "secret" not in said + str(webhook.posts)


def test_a_server_that_nobody_answers_at_is_an_alarm(
    watched: Watched, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", "pass-one")
    section = f'kind = "imap"\nhost = "localhost"\nport = {free_ports(1)[0]}\n'
    section += 'username = "enquiries"\npassword_env = "ENQUIRIES_PASSWORD"\n'

    assert watched.watch(section)[0] == 1
    (alarm,) = webhook.posts
    assert "no secure connection" in alarm["text"]


def test_a_database_that_is_gone_is_an_alarm(watched: Watched, webhook: Webhook) -> None:
    watched.installation.engine.dispose()
    for path in watched.installation.folder.glob("mailbot.sqlite3*"):
        path.unlink()

    code, _ = watched.watch()
    assert code == 1
    (alarm,) = webhook.posts
    assert "there is no database" in alarm["text"]


def test_a_database_that_is_no_database_any_more_is_an_alarm(watched: Watched, webhook: Webhook) -> None:
    watched.installation.engine.dispose()
    for path in watched.installation.folder.glob("mailbot.sqlite3*"):
        path.write_bytes(b"overwritten " * 1000)

    code, said = watched.watch()
    assert code == 1
    assert len(webhook.posts) == 1
    assert said.count("\n") == 1


def test_keys_that_are_gone_are_an_alarm(watched: Watched, webhook: Webhook) -> None:
    """The worker does not start without them either, so nobody else says so."""
    (watched.installation.folder / "keys").unlink()
    watched.put("one", minutes_ago=30)

    code, _ = watched.watch()
    assert code == 1
    assert len(webhook.posts) == 1


def test_a_password_that_is_gone_is_an_alarm_and_the_other_mailboxes_are_watched_all_the_same(
    watched: Watched, webhook: Webhook
) -> None:
    section = 'kind = "imap"\nhost = "localhost"\nusername = "enquiries"\npassword_file = "gone"\n'
    section += f'[[mailbox]]\nname = "other"\nkind = "maildir"\npath = "{watched.box.path}"\n'
    watched.put("one", minutes_ago=30)

    code, _ = watched.watch(section)
    assert code == 1
    (alarm,) = webhook.posts
    assert "enquiries" in alarm["text"]
    assert "other: mail waits" in alarm["text"]


def test_mail_that_is_stored_and_not_filed_is_a_trouble(watched: Watched) -> None:
    office = watched.installation.office
    stored = dataclasses.replace(mail(), received_at=clock.now() - timedelta(minutes=30))
    office.ledger.keep([stored])

    (trouble,) = watched.troubles()
    assert trouble == ("enquiries: stored mail is not filed, the oldest for 30 minutes: has the worker stopped?")
    assert watched.troubles(at=clock.now() - timedelta(minutes=21)) == []


def test_a_message_set_aside_is_not_a_trouble_of_the_intake(watched: Watched) -> None:
    watched.put("CRASH", minutes_ago=500)
    take_in(watched.box, watched.installation.office)

    assert watched.troubles() == []


def test_a_problem_is_a_trouble_once_it_has_lasted(watched: Watched) -> None:
    standings = watched.installation.office.standings
    standings.note_problem("enquiries", "the sign-in will end on Friday")
    standings.note_problem("enquiries", "the sign-in will end on Friday")
    now = clock.now()

    assert watched.troubles(at=now + timedelta(minutes=MINUTES - 1)) == []
    (trouble,) = watched.troubles(at=now + timedelta(minutes=MINUTES + 1))
    assert "enquiries: since 20" in trouble
    assert "the sign-in will end on Friday" in trouble


def test_a_sign_in_that_will_end_is_a_trouble_though_every_poll_goes_well(watched: Watched) -> None:
    """As where a client secret has expired: the token in hand goes on for an hour, and then no mail comes."""
    tokens = cast(Any, SimpleNamespace(problem="the client secret has expired"))
    at = clock.now()
    for minute in range(0, 30, 5):  # the worker polls on
        office = dataclasses.replace(
            watched.installation.office,
            standings=Standings(watched.installation.engine, lambda minute=minute: at + timedelta(minutes=minute)),
        )
        take_in(watched.box, office, tokens)

    (trouble,) = watched.troubles(at=at + timedelta(minutes=26))
    assert "the client secret has expired" in trouble


def test_a_problem_that_is_over_is_no_trouble(watched: Watched) -> None:
    standings = watched.installation.office.standings
    standings.note_problem("enquiries", "no connection")
    take_in(watched.box, watched.installation.office)

    assert watched.troubles(at=clock.now() + timedelta(minutes=60)) == []


def test_a_mailbox_that_is_down_leaves_word_and_a_good_poll_takes_it_back(watched: Watched) -> None:
    office, away = watched.installation.office, Path(watched.box.path).with_name("away")
    Path(watched.box.path).rename(away)
    with pytest.raises(MailboxUnreachable):
        take_in(watched.box, office)
    (standing,) = office.standings.listed(["enquiries"])
    assert "is no Maildir" in str(standing.problem)

    away.rename(watched.box.path)
    take_in(watched.box, office)
    (standing,) = office.standings.listed(["enquiries"])
    assert (standing.problem, standing.problem_since) == (None, None)


def test_a_mailbox_whose_password_is_gone_leaves_word_too(watched: Watched) -> None:
    box = Mailbox(name="enquiries", kind="imap", host="localhost", username="enquiries", password_file="/gone")
    with pytest.raises(MailbotError):
        take_in(box, watched.installation.office)

    (standing,) = watched.installation.office.standings.listed(["enquiries"])
    assert "password_file" in str(standing.problem)


# The webhook


def test_a_webhook_that_is_down_is_one_line_without_its_address(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("WATCH_WEBHOOK", f"http://127.0.0.1:{free_ports(1)[0]}{SECRET_PATH}")
    watched.put("one", minutes_ago=30)

    code, said = watched.watch()
    assert code == 1
    assert said.count("\n") == 1
    assert "could not be given" in said
    assert "mail waits on the server" in said
    assert "127.0.0.1" not in said
    assert "s3cret" not in said


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_a_webhook_that_does_not_take_the_alarm_has_not_been_told(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    webhook.status = status
    with pytest.raises(AlarmFailed) as caught:
        sound(Alerts(enabled=False, webhook_env="WATCH_WEBHOOK"), "mailbot: it waits")
    assert "s3cret" not in str(caught.value)
    assert len(webhook.asked_for) == 1, "a redirection is not followed: it would carry the alarm elsewhere"


@pytest.mark.parametrize("address", ["", "no address", "http://", "ftp://127.0.0.1/s3cret", "http://[s3cret"])
def test_a_webhook_that_is_no_address_is_one_sentence(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("WATCH_WEBHOOK", address)
    with pytest.raises(AlarmFailed) as caught:
        sound(Alerts(enabled=False, webhook_env="WATCH_WEBHOOK"), "mailbot: it waits")
    assert "WATCH_WEBHOOK" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_without_a_second_channel_the_command_is_refused(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCH_WEBHOOK", raising=False)

    code, said = watched.watch()
    assert code == 2
    assert "WATCH_WEBHOOK is not set" in said


# The heartbeat


def test_the_heartbeat_goes_on_only_while_every_mailbox_is_taken_in(watched: Watched, webhook: Webhook) -> None:
    config = watched.config(heartbeat_url=webhook.address)
    standings = watched.installation.office.standings
    beat(config, standings, clock.now)
    assert webhook.asked_for == [], "nothing has been taken in yet"

    take_in(watched.box, watched.installation.office)
    beat(config, standings, clock.now)
    assert webhook.asked_for == [SECRET_PATH]

    beat(config, standings, lambda: clock.now() + timedelta(minutes=4))
    assert len(webhook.asked_for) == 1
    webhook.status = 500
    with pytest.raises(AlarmFailed) as caught:
        beat(config, standings, clock.now)
    assert "s3cret" not in str(caught.value)


def test_a_mailbox_is_late_after_three_of_its_polls_or_two_minutes(watched: Watched) -> None:
    slow = msgspec.structs.replace(watched.box, poll_seconds=600)
    config = msgspec.structs.replace(watched.config(), mailbox=(slow,))
    standings = watched.installation.office.standings
    take_in(watched.box, watched.installation.office)

    assert all_taken_in(config, standings, clock.now() + timedelta(minutes=29))
    assert not all_taken_in(config, standings, clock.now() + timedelta(minutes=31))
    assert all_taken_in(watched.config(), standings, clock.now() + timedelta(minutes=2, seconds=50))
    assert not all_taken_in(watched.config(), standings, clock.now() + timedelta(minutes=3, seconds=10))


def test_what_is_noted_never_grows_over_its_column(watched: Watched) -> None:
    watched.installation.office.standings.note_problem("enquiries", "x" * 1000)

    (standing,) = watched.installation.office.standings.listed(["enquiries"])
    assert standing.problem == "x" * 255
