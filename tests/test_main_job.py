"""The main job as it is run: the command against a real IMAP server and a real SMTP server, killed half-way too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailbot.config import shipped
from mailbot.intake.labelled import as_mail
from tests.commands import mailbot
from tests.servers import ServerMissing, free_ports
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp_sink import Received, SmtpSink, running_smtp_sink

pytestmark = pytest.mark.server
PASSWORDS = {"enquiries": "pass-one", "whistleblowing": "pass-two"}

CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "imap"
host = "localhost"
port = {imap}
ca_file = "{imap_ca}"
username = "enquiries"
password_env = "ENQUIRIES_PASSWORD"
reply_address = "enquiries@example.gov.uk"
[[mailbox]]
name = "whistleblowing"
kind = "imap"
restricted = true
host = "localhost"
port = {imap}
ca_file = "{imap_ca}"
username = "whistleblowing"
password_env = "WHISTLEBLOWING_PASSWORD"
reply_address = "reports@example.gov.uk"
[outgoing]
kind = "smtp"
host = "localhost"
port = {smtp}
ca_file = "{smtp_ca}"
from_address = "enquiries@example.gov.uk"
[alerts]
enabled = false
[triage]
encoder = "off"
"""

OUT_OF_OFFICE = b"""From: Jan Tully <jan.tully@council.example>
To: enquiries@example.gov.uk
Subject: Out of office
Auto-Submitted: auto-replied
Message-ID: <away@council.example>
Date: Tue, 24 Nov 2026 09:00:00 +0000

I am away until Monday.
"""

BOUNCE = b"""From: MAILER-DAEMON@relay.example
To: enquiries@example.gov.uk
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@relay.example>
Return-Path: <>
Date: Tue, 24 Nov 2026 09:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; nobody@old.example
Action: failed
Status: 5.1.1

--b--
"""


@dataclass
class Office:
    """One installation with its two servers, worked by the command alone."""

    folder: Path
    dovecot: Dovecot
    sink: SmtpSink

    def environment(self) -> dict[str, str]:
        passwords = {f"{name.upper()}_PASSWORD": password for name, password in PASSWORDS.items()}
        return {**os.environ, **passwords, "MAILBOT_CONFIG": str(self.folder / "config.toml")}

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mailbot", *words]
        return subprocess.Popen(
            command, env=self.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *words: str, code: int = 0, typed: str = "") -> str:
        said = mailbot(*words, environment=self.environment(), typed=typed)
        assert said.code == code, f"{words}: {said.both}"
        return said.both

    def cases(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.run("cases", "--json"))
        return found

    def letters_due(self) -> Counter[str]:
        """To whom an acknowledgement is owed, by what `assess` says of every message that was delivered."""
        lines = self.run("assess", str(self.folder / "sent"), "--config", str(self.folder / "config.toml")).splitlines()
        outlines = [json.loads(line) for line in lines if line.startswith("{")]
        owed = [one["message"] for one in outlines if one["reply"]["channel"] == "email"]
        return Counter(one["reply_to"] or one["from"]["address"] for one in owed)

    def letters_sent(self) -> Counter[str]:
        return Counter(address for received in self.sink.messages for address in received.rcpt_to)


@pytest.fixture
def office(tmp_path: Path, newly_made: Path) -> Iterator[Office]:
    shutil.copytree(newly_made, tmp_path, dirs_exist_ok=True)
    try:
        with running_dovecot(PASSWORDS) as dovecot, running_smtp_sink() as sink:
            settings = CONFIG.format(
                imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file
            )
            (tmp_path / "config.toml").write_text(settings)
            yield Office(tmp_path, dovecot, sink)
    except ServerMissing as missing:
        pytest.skip(str(missing))


def deliver_a_hundred(office: Office) -> None:
    """98 written messages from the corpus, an out-of-office reply and a bounce, in two mailboxes."""
    files = sorted(shipped("models").glob("corpus/*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    messages = [json.loads(line) for line in lines][:98]
    sent = office.folder / "sent"
    sent.mkdir()
    contents = [(one["mailbox"], as_mail(one).content) for one in messages]
    contents += [("enquiries", OUT_OF_OFFICE), ("enquiries", BOUNCE)]
    for number, (mailbox, content) in enumerate(contents):
        (sent / f"{number:03}.eml").write_bytes(content)
        office.dovecot.deliver(mailbox, content)


def totals(output: str) -> Counter[str]:
    """The counts of all mailboxes in what `poll` printed."""
    counts: Counter[str] = Counter()
    for line in output.splitlines():
        for part in line.partition(": ")[2].split(", "):
            number, _, what = part.partition(" ")
            counts[what] += int(number)
    return +counts


def test_a_hundred_messages_become_a_hundred_cases_and_each_letter_due_is_sent_once(office: Office) -> None:
    deliver_a_hundred(office)

    assert totals(office.run("poll", "--once")) == Counter({"new": 100, "filed": 100})
    assert totals(office.run("poll", "--once"))["new"] == 0
    assert len(office.cases()) == 100
    office.run("send", "--once")
    office.run("send", "--once")

    assert office.letters_sent() == office.letters_due()
    assert "jan.tully@council.example" not in office.letters_sent()
    assert not any("relay.example" in address for address in office.letters_sent())
    assert (
        len(office.dovecot.folder("enquiries", "Processed") + office.dovecot.folder("whistleblowing", "Processed"))
        == 100
    )
    for received in office.sink.messages:
        assert received.message["Auto-Submitted"] == "auto-replied"
        assert received.message["From"] == "enquiries@example.gov.uk"


@pytest.mark.soak
def test_killed_half_way_and_run_again_the_totals_are_the_same(office: Office) -> None:
    """Once, and with many messages in hand; `tests/test_kills.py` kills it at many moments."""
    deliver_a_hundred(office)
    killed = office.start("poll", "--once")
    time.sleep(3)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    office.run("poll", "--once")
    office.run("send", "--once")

    assert len(office.cases()) == 100
    assert office.letters_sent() == office.letters_due()
    assert office.dovecot.folder("enquiries") == office.dovecot.folder("whistleblowing") == []
    assert totals(office.run("poll", "--once")) == Counter()


@pytest.mark.soak
def test_killed_while_sending_no_letter_goes_twice_and_none_is_forgotten(office: Office) -> None:
    deliver_a_hundred(office)
    office.run("poll", "--once")
    due = office.letters_due()

    def slowly(_received: Received) -> None:
        time.sleep(0.05)

    office.sink.answer_data = slowly
    killed = office.start("send", "--once")
    wait_for(lambda: len(office.sink.messages) > 5)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    office.sink.answer_data = None
    office.run("send", "--once")

    sent = office.letters_sent()
    doubtful = [one for one in office.cases() if one["acknowledgement"] == "sending"]
    assert all(sent[address] <= due[address] for address in sent)
    assert sum(due.values()) - sum(sent.values()) <= len(doubtful) <= 1


def test_a_mail_server_that_is_down_is_one_line_and_the_next_run_sends(office: Office) -> None:
    office.dovecot.deliver("enquiries", b"From: jo@post.example\r\nSubject: x\r\n\r\nA question about fees.\r\n")
    office.run("poll", "--once")
    office.sink.stop()

    complaint = office.run("send", "--once", code=1)
    assert len(complaint.strip().splitlines()) == 1
    assert "mail server" in complaint
    office.sink.start()
    office.run("send", "--once")
    assert office.letters_sent() == Counter({"jo@post.example": 1})


def test_one_mailbox_that_cannot_be_opened_does_not_stop_the_other(office: Office) -> None:
    config = office.folder / "config.toml"
    config.write_text(config.read_text().replace('password_env = "ENQUIRIES_PASSWORD"', 'password_env = "HOME"'))
    office.dovecot.deliver("whistleblowing", b"From: jo@post.example\r\nSubject: x\r\n\r\nShort of staff.\r\n")

    said = office.run("poll", "--once", code=1)
    assert "refused the sign-in" in said
    assert "whistleblowing: 1 new, 1 filed, 0 set aside, 0 left" in said


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.3)


def test_run_takes_in_sends_and_serves_until_it_is_told_to_stop(office: Office) -> None:
    (port,) = free_ports(1)
    config = office.folder / "config.toml"
    text = config.read_text().replace("username =", "poll_seconds = 1\nusername =")
    config.write_text(f"{text}\n[web]\nport = {port}\n")
    running = office.start("run")
    try:
        office.dovecot.deliver("enquiries", b"From: jo@post.example\r\nSubject: x\r\n\r\nHow do I register?\r\n")
        wait_for(lambda: len(office.cases()) == 1)
        with urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=5) as answer:
            assert answer.status == 200
        wait_for(lambda: len(office.sink.messages) == 1, seconds=45)
    finally:
        running.terminate()
        said, complaints = running.communicate(timeout=30)
    assert "Traceback" not in said + complaints


@pytest.mark.soak
def test_worker_and_web_run_apart(office: Office) -> None:
    (port,) = free_ports(1)
    config = office.folder / "config.toml"
    text = config.read_text().replace("username =", "poll_seconds = 1\nusername =")
    config.write_text(f"{text}\n[web]\nport = {port}\n")
    processes = [office.start("worker"), office.start("web")]
    try:
        office.dovecot.deliver("whistleblowing", b"From: jo@post.example\r\nSubject: x\r\n\r\nShort of staff.\r\n")
        wait_for(lambda: len(office.cases()) == 1)
        with urllib.request.urlopen(f"http://localhost:{port}/health/live", timeout=5) as answer:
            assert answer.status == 200
    finally:
        for process in processes:
            process.terminate()
        said = "".join("".join(process.communicate(timeout=30)) for process in processes)
    assert "Traceback" not in said


def test_run_and_worker_want_it_said_how_duty_staff_are_alerted(office: Office) -> None:
    config = office.folder / "config.toml"
    plain = config.read_text()
    config.write_text(plain.replace("[alerts]\nenabled = false\n", ""))
    assert "alerts: nothing found" in office.run("worker", code=2)

    config.write_text(plain.replace("enabled = false", "enabled = true"))
    assert "alerts.public_url: nothing found; it is needed with enabled = true" in office.run("run", code=2)


def test_check_says_a_line_for_each_part_and_fails_where_one_fails(office: Office) -> None:
    assert "FAILED" not in office.run("check")
    office.dovecot.stop()

    said = office.run("check", code=1)
    assert "FAILED  mailbox enquiries" in said
    assert "ok      templates" in said


def test_letters_of_the_restricted_mailbox_answer_to_it_and_do_not_name_it(office: Office) -> None:
    office.dovecot.deliver("whistleblowing", b"From: jo@post.example\r\nSubject: x\r\n\r\nIs there a poster?\r\n")
    office.run("poll", "--once")
    office.run("send", "--once")

    (received,) = office.sink.messages
    assert received.message["From"] == "enquiries@example.gov.uk"
    assert received.message["Reply-To"].startswith("reports+")
    assert received.message["Reply-To"].endswith("@example.gov.uk")
