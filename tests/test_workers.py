"""Several workers on one record: each message and letter once, whoever dies; and one worker's stop, reload and end.

`MAILBOT_WORKERS_SECONDS` says for how many seconds workers are killed (4 unless told; `make soak` asks for 600), and
`MAILBOT_WORKERS` how many there are (2 unless told). The moments are drawn from a printed seed.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.cases import schema
from mailbot.cases.arrivals import leases as leasing
from mailbot.cases.arrivals.leases import Leases
from mailbot.cases.arrivals.ledger import Ledger
from mailbot.config import Mailbox
from mailbot.domain import Assessment, Email
from mailbot.errors import ArtefactRefused, ConfigError, MailbotError
from mailbot.later import later
from mailbot.office import Tally
from mailbot.parts import Parts, parts_of
from mailbot.pipeline import process
from mailbot.reloading import reloaded
from mailbot.taking_in import file_stored, take_in
from tests.conftest import Installation
from tests.doubles import WordJudge, mail
from tests.fleet import running_fleet
from tests.servers import ServerMissing
from tests.servers.postgres import fresh_database
from tests.servers.webhook import running_webhook
from tests.test_pipeline import count
from tests.test_worker import NEVER, seconds_until, working

SOAK_SECONDS = float(os.environ.get("MAILBOT_WORKERS_SECONDS", "4"))
WORKERS = int(os.environ.get("MAILBOT_WORKERS", "2"))
SEED = int(os.environ.get("MAILBOT_SEED", "20261126"))

HOLDER = """
import sys, time
from mailbot.cases import database
from mailbot.cases.arrivals import leases
leases.LASTS_SECONDS, leases.RENEWED_EVERY_SECONDS = 1.5, 0.2
ours = leases.Leases(database.open_database(sys.argv[1]))
with ours.held("take in enquiries") as taken:
    print(taken, ours.keeps("job alert"), flush=True)
    for line in sys.stdin:
        time.sleep(0.5)
        print(ours.keeps("job alert"), flush=True)
"""


# ---- Leases --------------------------------------------------------------------------------------------------------


def test_a_mailbox_and_a_job_are_one_workers_until_it_lets_go(installation: Installation) -> None:
    first, second = Leases(installation.engine), Leases(installation.engine)
    with first.present():
        with first.held("take in enquiries") as taken, second.held("take in enquiries") as also:
            assert (taken, also) == (True, False)
            with first.held("take in enquiries") as again, second.held("take in whistleblowing") as other:
                assert (again, other) == (False, True)  # nor another thread of the same worker
        with second.held("take in enquiries") as now_free:
            assert now_free
        assert first.keeps("job alert")
        with second.present():
            assert not second.keeps("job alert")
    with second.present():
        assert second.keeps("job alert")
    assert count(installation, schema.leases) == 0


def test_what_a_killed_worker_held_is_free_at_once(installation: Installation) -> None:
    with holder(installation) as killed:
        ours = Leases(installation.engine)
        with ours.held("take in enquiries") as taken:
            assert not taken
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        since = time.monotonic()
        with ours.held("take in enquiries", wait_seconds=30) as taken:
            assert taken
            assert time.monotonic() - since < 3
            assert ours.keeps("job alert")


@pytest.mark.server
def test_a_worker_that_is_not_heard_of_loses_what_it_held_and_learns_it(
    postgres: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped, it keeps its connection, as one whose network is cut seems to: only the time tells."""
    monkeypatch.setattr(leasing, "LASTS_SECONDS", 1.5)
    with holder(postgres) as stopped:
        ours = Leases(postgres.engine)
        with ours.held("take in enquiries", wait_seconds=2) as taken:
            assert not taken, "it renews"
        stopped.send_signal(signal.SIGSTOP)
        with ours.held("take in enquiries", wait_seconds=10) as taken:
            assert taken
            assert ours.keeps("job alert")
            stopped.send_signal(signal.SIGCONT)
            assert stopped.stdin
            assert stopped.stdout
            stopped.stdin.write("\n")
            stopped.stdin.flush()
            assert stopped.stdout.readline() == "False\n"


class holder:  # noqa: N801  used as the function it stands for
    """A process that holds a lease and keeps a job, until the end."""

    def __init__(self, installation: Installation) -> None:
        url = installation.engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> subprocess.Popen[str]:
        assert self._process.stdout
        assert self._process.stdout.readline() == "True True\n"
        return self._process

    def __exit__(self, *_error: object) -> None:
        with self._process:
            self._process.kill()


# ---- Claims --------------------------------------------------------------------------------------------------------


def test_no_message_is_two_workers_at_once_and_the_deads_are_free(installation: Installation) -> None:
    ledger = installation.ledger
    numbers = [one.id for one in ledger.keep([mail(uid=number) for number in range(1, 6)])]
    other = Ledger(installation.engine, installation.vault, installation.clock)
    with ledger.claimed(2) as first, other.claimed(2) as second, ledger.claimed(9, "whistleblowing") as none:
        assert [one.id for one in first] + [one.id for one in second] == numbers[:4]
        assert none == []
        with other.claimed(9) as rest:
            assert [one.id for one in rest] == numbers[4:]
    with other.claimed(9) as all_of_them:
        assert [one.id for one in all_of_them] == numbers

    claim = sa.update(schema.messages).values(claimed_by="somebody dead")
    with installation.engine.begin() as connection:
        connection.execute(claim)
    assert file_stored(installation.office) == Tally(filed=5)


def test_no_more_is_claimed_than_memory_is_meant_for_and_one_message_at_least(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [one.id for one in sqlite.ledger.keep([mail(uid=number) for number in range(1, 4)])]
    with sqlite.engine.connect() as connection:
        size = connection.execute(sa.select(schema.messages.c.size).limit(1)).scalar_one()
    for most, claimed in ((2 * size, numbers[:2]), (size - 1, numbers[:1])):
        monkeypatch.setattr("mailbot.cases.arrivals.ledger.CLAIMED_BYTES", most)
        with sqlite.ledger.claimed(9) as found:
            assert [one.id for one in found] == claimed


def test_broken_rules_stop_a_run_and_set_no_message_aside(sqlite: Installation) -> None:
    def broken() -> WordJudge:
        raise ArtefactRefused("rules.toml: not what its card says")

    stored = sqlite.ledger.keep([mail(), mail(uid=2)])
    office = dataclasses.replace(sqlite.office, assessor=later(broken))
    with pytest.raises(ArtefactRefused):
        process(stored, office)
    with pytest.raises(ArtefactRefused):
        file_stored(office)
    assert sqlite.office.aside.listed(None) == []
    assert file_stored(sqlite.office) == Tally(filed=2)


@pytest.mark.soak
@pytest.mark.server
def test_workers_killed_at_any_moment_file_each_message_once_and_send_no_letter_twice(
    tmp_path: Path, postgres_cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        with fresh_database(postgres_cluster) as url, running_fleet(tmp_path, url, SEED) as fleet:
            for _ in range(WORKERS):
                fleet.start()
            until = time.monotonic() + SOAK_SECONDS
            while time.monotonic() < until:
                fleet.write(10)
                fleet.answer(2)
                fleet.wait_for_work(15)
                time.sleep(fleet.chance.uniform(0, 0.5))
                fleet.kill_one()
            fleet.wait_until_done(120 + SOAK_SECONDS)
            fleet.stop()
            fleet.office.run("send", "--once")
            found, kills, answers = fleet.totals(), fleet.kills, fleet.answers
    except ServerMissing as missing:
        pytest.skip(str(missing))
    with capsys.disabled():
        print(f" [seed {SEED}, {kills} kills, {answers} answers: {found}] ", end="")
    assert found.kept == found.filed == found.delivered
    assert found.cases == found.delivered - answers
    assert found.follow_ups == answers
    assert found.on_the_server == 0
    assert max(found.went.values()) == 1
    assert found.letters["due"] == 0
    assert sum(found.letters.values()) == found.cases
    assert found.letters["sent"] <= sum(found.went.values()) <= found.letters["sent"] + found.in_doubt
    assert found.in_doubt <= kills


# ---- One worker ----------------------------------------------------------------------------------------------------


class Slow(WordJudge):
    """Takes its time with each message."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        time.sleep(0.05 * len(emails))
        return super().assess(emails)


def test_it_stops_after_the_messages_in_hand_and_the_next_goes_on(sqlite: Installation) -> None:
    there = sqlite.folder / "mail"
    for part in ("new", "cur"):
        (there / part).mkdir(parents=True)
    for number in range(100):
        (there / "new" / f"{number}").write_bytes(mail(uid=number).content)
    box = Mailbox(name="enquiries", kind="maildir", path=str(there), poll_seconds=NEVER)
    slow = dataclasses.replace(sqlite, office=dataclasses.replace(sqlite.office, assessor=Slow()))
    with working(slow, box):
        seconds_until(lambda: count(sqlite, schema.cases) > 0)
        since = time.monotonic()
    assert time.monotonic() - since < 5
    assert count(sqlite, schema.messages) == 100
    assert 0 < count(sqlite, schema.cases) < 100

    take_in(box, sqlite.office)
    assert count(sqlite, schema.cases) == 100
    assert list((there / "new").iterdir()) == []


SETTINGS = """
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
[triage]
encoder = "off"
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
poll_seconds = 1
"""


def test_settings_are_read_anew_and_bad_ones_leave_the_old(sqlite: Installation) -> None:
    path = sqlite.folder / "config.toml"
    path.write_text(SETTINGS)
    old = parts_of(str(path))
    path.write_text(SETTINGS + '[acknowledgements]\nper_case = 3\n[queue]\ntargets = { 1 = "5 minutes" }\n')
    new, waiting = reloaded(old, path)
    assert (old.office.caps.per_case, new.office.caps.per_case, waiting) == (1, 3, ())
    assert new.office.store is not old.office.store
    assert new.ledger is old.ledger  # what is claimed and held stays so
    assert new.office.assessor is old.office.assessor

    path.write_text(SETTINGS.replace("poll_seconds = 1", "poll_seconds = 9"))
    assert reloaded(old, path)[1] == ("mailbox",)
    path.write_text(SETTINGS + "[acknowledgements]\nper_case = -1\n")
    with pytest.raises(ConfigError):
        reloaded(old, path)
    path.write_text(
        SETTINGS.replace("enabled = false", 'enabled = true\nrota = "none"\npublic_url = "http://localhost"')
    )
    with pytest.raises(MailbotError):
        reloaded(Parts(parts_of(str(path)).config), path)
    old.engine.dispose()


@pytest.mark.soak
def test_the_command_reloads_on_hangup_and_the_watcher_alarms_once_it_is_killed(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("new", "cur", "tmp"):
        (sqlite.folder / "mail" / part).mkdir(parents=True)
    path = sqlite.folder / "config.toml"
    path.write_text(SETTINGS)
    with running_webhook() as webhook:
        monkeypatch.setenv("WATCH_WEBHOOK", webhook.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with (sqlite.folder / "log").open("wb") as log:
            worker = command(path, "worker", log=log)
        try:
            put(sqlite.folder / "mail" / "new" / "one")
            seconds_until(lambda: count(sqlite, schema.cases) == 1, within=60)
            worker.send_signal(signal.SIGHUP)
            seconds_until(said(sqlite.folder / "log", "settings read anew"))
            path.write_text("nonsense")
            worker.send_signal(signal.SIGHUP)
            seconds_until(said(sqlite.folder / "log", "job failed"))
            put(sqlite.folder / "mail" / "new" / "two")
            seconds_until(lambda: count(sqlite, schema.cases) == 2)
        finally:
            worker.kill()
            worker.wait()
        path.write_text(SETTINGS)
        put(sqlite.folder / "mail" / "new" / "three")
        assert command(path, "watch").wait() == 1
        (alarm,) = webhook.posts
        assert "has the worker stopped?" in alarm["text"]


def command(path: Path, *words: str, log: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    words = (sys.executable, "-m", "mailbot", *words, "--config", str(path))
    return subprocess.Popen(words, stdout=log, stderr=log)  # type: ignore[call-overload,no-any-return]


def put(path: Path) -> None:
    """A message that has lain there for half an hour."""
    path.write_bytes(mail(message_id=f"<{path.name}@post.example>", text=f"The food is poor. {path.name}").content)
    at = time.time() - 30 * 60
    os.utime(path, (at, at))


def said(log: Path, words: str) -> Callable[[], bool]:
    return lambda: words in log.read_text()


def test_taking_in_nothing_loads_neither_judge_nor_letters(sqlite: Installation) -> None:
    for part in ("new", "cur"):
        (sqlite.folder / "mail" / part).mkdir(parents=True)
    path = sqlite.folder / "config.toml"
    path.write_text(SETTINGS)
    words = [sys.executable, "-X", "importtime", "-m", "mailbot", "poll", "--once", "--config", str(path)]
    done = subprocess.run(words, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mailbot.taking_in" in loaded
    heavy = "flask flask_security scipy numpy sklearn weasyprint alembic apscheduler requests rich jinja2"
    assert loaded & {*heavy.split(), "mailbot.triage.decide", "mailbot.correspondence.compose"} == set()
