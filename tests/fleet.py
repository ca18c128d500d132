"""Several workers on one PostgreSQL, one IMAP and one SMTP server, and what the record says when all is done."""

from __future__ import annotations

import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.cases.schema import cases, follow_ups, letters, messages
from mailbot.domain import LetterState
from tests.servers.dovecot import running_dovecot
from tests.servers.smtp_sink import running_smtp_sink
from tests.test_main_job import CONFIG, PASSWORDS, Office

IN_DOUBT = (LetterState.SENDING, LetterState.UNKNOWN)


@dataclass
class Totals:
    """What became of everything, counted in the record and at the servers."""

    delivered: int
    kept: int
    filed: int
    cases: int
    follow_ups: int
    letters: Counter[str]
    went: Counter[str]
    """How many letters each address had, at the mail server."""
    on_the_server: int

    def __str__(self) -> str:
        letters = ", ".join(f"{number} {state}" for state, number in sorted(self.letters.items()))
        return (
            f"{self.delivered} delivered, {self.kept} kept, {self.filed} filed, {self.cases} cases, {self.follow_ups} "
            f"follow-ups, {self.on_the_server} left on the server; letters: {letters}, {sum(self.went.values())} went"
        )

    @property
    def in_doubt(self) -> int:
        return sum(self.letters[state] for state in IN_DOUBT)


@dataclass
class Fleet:
    """An office that several workers share."""

    office: Office
    engine: sa.Engine
    seed: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    delivered: int = 0
    answers: int = 0
    kills: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def start(self) -> None:
        log = (self.office.folder / f"worker-{next(self._numbers)}.log").open("wb")
        command = [sys.executable, "-m", "mailbot", "worker"]
        with log:
            self.running.append(
                subprocess.Popen(command, env=self.office.environment(), stdout=log, stderr=subprocess.STDOUT)
            )

    def kill_one(self) -> None:
        """Kills one of them where it stands, and starts another."""
        killed = self.running.pop(self.chance.randrange(len(self.running)))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        for one in self.running:
            one.terminate()
        for one in self.running:
            one.wait(timeout=60)
        self.running.clear()

    def write(self, count: int) -> None:
        """So many messages of as many people, into both mailboxes in turn."""
        for _ in range(count):
            name = f"jo{self.delivered}"
            self._deliver(
                "whistleblowing" if self.delivered % 3 == 2 else "enquiries",
                f"From: {name}@post.example\r\nTo: enquiries@example.gov.uk\r\nSubject: Fees {name}\r\n"
                f"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-ID: <{name}@post.example>\r\n\r\n"
                f"How much does it cost to register a home? Question {name}.\r\n",
            )

    def answer(self, most: int) -> None:
        """Some of those who had a letter answer it: a follow-up of their case."""
        for received in list(self.office.sink.messages):
            (address,) = received.rcpt_to
            if most == 0 or address in self.answered:
                continue
            self.answered.add(address)
            most, self.answers = most - 1, self.answers + 1
            to = str(received.message["Reply-To"])
            self._deliver(
                "whistleblowing" if to.startswith("reports") else "enquiries",
                f"From: {address}\r\nTo: {to}\r\nSubject: Re: {received.message['Subject']}\r\n"
                f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <again-{address}>\r\n\r\n"
                f"Thank you. One more question of {address}.\r\n",
            )

    def _deliver(self, mailbox: str, content: str) -> None:
        self.office.dovecot.deliver(mailbox, content.encode())
        self.delivered += 1

    def filed(self) -> int:
        query = sa.select(sa.func.count()).where(messages.c.state == "filed")
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def wait_for_work(self, within: float) -> None:
        """Until some of what was written is filed and some is not, or the time is over."""
        until, before = time.monotonic() + within, self.filed()
        while time.monotonic() < until and self.filed() == before:
            time.sleep(0.02)

    def wait_until_done(self, within: float) -> None:
        """Until everything is filed and moved, or the time is over."""
        until = time.monotonic() + within
        while time.monotonic() < until and not (self.filed() == self.delivered and not self._waiting()):
            time.sleep(0.2)

    def _waiting(self) -> int:
        return sum(len(self.office.dovecot.folder(box)) for box in PASSWORDS)

    def totals(self) -> Totals:
        def count(query: sa.Select[Any]) -> int:
            number: int = connection.execute(query).scalar_one()
            return number

        one = sa.func.count()
        with self.engine.connect() as connection:
            states = connection.execute(sa.select(letters.c.state, one).group_by(letters.c.state))
            return Totals(
                delivered=self.delivered,
                kept=count(sa.select(sa.func.count(messages.c.sha256.distinct()))),
                filed=count(sa.select(one).where(messages.c.state == "filed", messages.c.case_id.is_not(None))),
                cases=count(sa.select(one).select_from(cases)),
                follow_ups=count(sa.select(one).select_from(follow_ups)),
                letters=Counter({row[0]: row[1] for row in states}),
                went=self.office.letters_sent(),
                on_the_server=self._waiting(),
            )


@contextlib.contextmanager
def running_fleet(folder: Path, url: str, seed: int = 0) -> Iterator[Fleet]:
    """An installation on the database at `url` without a worker yet; those that still run are killed at its end."""
    with running_dovecot(PASSWORDS) as dovecot, running_smtp_sink() as sink:
        office = Office(folder, dovecot, sink)
        settings = CONFIG.format(imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file)
        settings = settings.replace("username =", "poll_seconds = 1\nusername =")
        (folder / "config.toml").write_text(f'{settings}[database]\nurl = "{url}"\n')
        office.run("init", "--admin", "admin@example.gov.uk", "--password-stdin", typed="a long enough password\n")
        fleet = Fleet(office, sa.create_engine(url), seed)
        try:
            yield fleet
        finally:
            for one in fleet.running:
                one.kill()
                one.wait()
            fleet.engine.dispose()
