"""Killed at any moment, on either database: each message is one case, each letter goes once or is in doubt, once.

`MAILBOT_KILLS` says how often (4 unless told; `make soak` asks for 200). The moments are drawn from a printed seed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.cases import database
from mailbot.cases.arrivals.ledger import Ledger
from mailbot.cases.schema import messages
from mailbot.cases.sealing.vault import Vault, read_keys
from mailbot.clock import now
from tests.servers import ServerMissing
from tests.servers.dovecot import running_dovecot
from tests.servers.postgres import fresh_database
from tests.servers.smtp_sink import running_smtp_sink
from tests.test_main_job import CONFIG, PASSWORDS, Office, totals

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("MAILBOT_KILLS", "4"))
SEED = int(os.environ.get("MAILBOT_SEED", "20261126"))


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    try:
        with running_dovecot(PASSWORDS) as dovecot, running_smtp_sink() as sink:
            settings = CONFIG.format(
                imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file
            )
            if request.param == "postgres":
                with fresh_database(request.getfixturevalue("postgres_cluster")) as url:
                    yield made(Office(tmp_path, dovecot, sink), f'{settings}[database]\nurl = "{url}"\n')
            else:
                yield made(Office(tmp_path, dovecot, sink), settings)
    except ServerMissing as missing:
        pytest.skip(str(missing))


def made(office: Office, settings: str) -> Office:
    (office.folder / "config.toml").write_text(settings)
    office.run("init", "--admin", "admin@example.gov.uk", "--password-stdin", typed="a long enough password\n")
    return office


def test_killed_at_any_moment_nothing_is_lost_doubled_or_sent_twice(office: Office) -> None:
    moments = random.Random(SEED)
    print(f"{KILLS} kills, seed {SEED}")
    delivered: list[bytes] = []
    for number in range(KILLS):
        deliver(office, delivered, number)
        running = office.start("send" if number % 4 == 3 else "poll", "--once")
        time.sleep(moments.uniform(0.4, 3.0))
        running.send_signal(signal.SIGKILL)
        running.communicate()
    office.run("poll", "--once")
    office.run("send", "--once")

    assert totals(office.run("poll", "--once")) == Counter()
    assert len(office.cases()) == len(delivered)
    assert office.dovecot.folder("enquiries") == office.dovecot.folder("whistleblowing") == []
    assert kept(office) == Counter(delivered)
    sent = office.letters_sent()
    in_doubt = [one for one in office.cases() if one["acknowledgement"] in ("sending", "unknown")]
    assert max(sent.values()) == 1
    assert len(delivered) - len(in_doubt) <= sum(sent.values()) <= len(delivered)


def deliver(office: Office, delivered: list[bytes], number: int) -> None:
    """Three messages of people, each from an address of its own, into both mailboxes in turn."""
    for each in range(3):
        name = f"jo{number}.{each}"
        content = (
            f"From: {name}@post.example\r\nTo: enquiries@example.gov.uk\r\nSubject: Fees {name}\r\n"
            f"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-ID: <{name}@post.example>\r\n\r\n"
            f"How much does it cost to register a home? Question {name}.\r\n"
        ).encode()
        office.dovecot.deliver("whistleblowing" if each == 2 else "enquiries", content)
        delivered.append(content)


def kept(office: Office) -> Counter[bytes]:
    """The original bytes of every message as the installation holds them."""
    text = (office.folder / "config.toml").read_text()
    url = text.partition('url = "')[2].partition('"')[0] or f"sqlite:///{office.folder}/mailbot.sqlite3"
    engine = database.open_database(url)
    store = database.open_database(f"sqlite:///{office.folder}/mailbot-keystore.sqlite3")
    ledger = Ledger(engine, Vault(read_keys(office.folder / "mailbot.keys", None), store), now)
    with engine.connect() as connection:
        numbers = connection.execute(messages.select().with_only_columns(messages.c.id)).scalars().all()
    contents = Counter(ledger.original(number).mail.content for number in numbers)
    engine.dispose()
    return contents


def test_a_letter_in_doubt_is_listed_for_a_person(office: Office) -> None:
    deliver(office, [], 0)
    office.run("poll", "--once")
    office.sink.breaks_off = True
    office.run("send", "--once", code=1)

    listed = json.loads(office.run("cases", "--json"))
    assert [one["acknowledgement"] for one in listed].count("unknown") == 3
