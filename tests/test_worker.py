"""The worker against a real server: told of mail by IDLE, polling beside it, and never stopped by one trouble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog

from mailbot import worker as work
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.schema import cases, letters
from mailbot.config import Config, Mailbox, Outgoing
from mailbot.correspondence.carriers import carrier
from mailbot.errors import MailboxUnreachable
from mailbot.worker import Books, Worker, backoff_seconds, guarded
from tests.conftest import OFFICER, Installation
from tests.doubles import mail
from tests.servers import ServerMissing, free_ports
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.proxy import Proxy, cut_before, refuse, running_proxy
from tests.test_main_job import Office, office  # noqa: F401  the fixture of that name
from tests.test_pipeline import count

PASSWORDS = {"enquiries": "pass-one", "whistleblowing": "pass-two"}
NEVER = 600
"""Seconds between two polls: a message that is filed sooner was told of by IDLE."""

SOON = 10
"""Seconds that a test waits at most. It should take two; this machine may be busy, so the real figure is for bench/."""


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    try:
        with running_dovecot(PASSWORDS) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"{name.upper()}_PASSWORD", password)


def box(port: int, name: str = "enquiries", *, user: str = "", poll_seconds: int = NEVER, idle: bool = True) -> Mailbox:
    user = user or name
    return Mailbox(
        name=name,
        kind="imap",
        host="localhost",
        port=port,
        security="none",
        username=user,
        password_env=f"{user.upper()}_PASSWORD",
        poll_seconds=poll_seconds,
        idle=idle,
    )


@contextmanager
def working(installation: Installation, *boxes: Mailbox) -> Iterator[Worker]:
    """A worker over these mailboxes, with the judge and the clock of the tests."""
    config = Config(mailbox=boxes, outgoing=Outgoing(kind="folder", path=str(installation.folder / "outbox")))
    with carrier(config.outgoing, installation.clock):  # a library that loads late is not the worker's time
        pass
    worker = Worker(
        config,
        installation.office,
        Books(
            outbox=installation.outbox,
            second_looks=installation.second_looks,
            alerts=installation.alert_book,
            approaches=installation.approaches,
            openings=installation.openings,
            checkpoints=Checkpoints(installation.engine, installation.vault.keyring, installation.clock),
        ),
        installation.clock,
        {},
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def seconds_until(happened: Callable[[], bool], within: float = SOON) -> float:
    """How long it took; a failed test where it does not happen in time."""
    since = time.monotonic()
    while not happened():
        assert time.monotonic() - since < within, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - since


def filed(installation: Installation, number: int) -> Callable[[], bool]:
    return lambda: count(installation, cases) == number


def listens(proxy: Proxy, times: int = 1) -> Callable[[], bool]:
    return lambda: proxy.commands.count("IDLE") >= times


@pytest.mark.server
def test_a_message_is_filed_as_soon_as_the_server_tells_of_it(
    dovecot: Dovecot, sqlite: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_proxy(dovecot.plain_port) as proxy, working(sqlite, box(proxy.port)):
        seconds_until(listens(proxy))
        time.sleep(0.5)  # the polls of the start are over
        dovecot.deliver("enquiries", mail("The first").content)
        taken = [seconds_until(filed(sqlite, 1))]
        dovecot.deliver("enquiries", mail("The second", uid=2).content)
        taken.append(seconds_until(filed(sqlite, 2)))
        seconds_until(lambda: dovecot.folder("enquiries") == [])
    with capsys.disabled():
        print(f" [filed {taken[0]:.2f} s and {taken[1]:.2f} s after delivery] ", end="")
    assert count(sqlite, letters) == 2


@pytest.mark.server
@pytest.mark.soak
def test_the_command_files_a_message_as_soon_as_the_server_tells_of_it(
    office: Office,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = office.folder / "config.toml"
    text = config.read_text().replace("username =", f"poll_seconds = {NEVER}\nusername =")
    with running_proxy(office.dovecot.plain_port) as proxy:
        text = text.replace(f"port = {office.dovecot.tls_port}", f'port = {proxy.port}\nsecurity = "none"')
        config.write_text(text)
        running = office.start("worker")
        try:
            seconds_until(listens(proxy, times=2), within=60)
            taken = []
            for number in (1, 2):
                office.dovecot.deliver("enquiries", mail(f"The food is poor. {number}", uid=number).content)
                moved = proxy.commands.count
                taken.append(seconds_until(lambda: len(office.dovecot.folder("enquiries", "Processed")) == number, 30))  # noqa: B023
                assert moved('UID MOVE 1 "Processed"') >= 1
        finally:
            running.terminate()
            said = "".join(running.communicate(timeout=30))
    with capsys.disabled():
        print(f" [moved {taken[0]:.2f} s and {taken[1]:.2f} s after delivery] ", end="")
    assert "Traceback" not in said
    assert len(office.cases()) == 2


@pytest.mark.server
def test_mail_is_polled_where_listening_is_switched_off(dovecot: Dovecot, sqlite: Installation) -> None:
    with running_proxy(dovecot.plain_port) as proxy:
        with working(sqlite, box(proxy.port, poll_seconds=1, idle=False)):
            seconds_until(lambda: "UID SEARCH ALL" in proxy.commands)
            dovecot.deliver("enquiries", mail().content)
            seconds_until(filed(sqlite, 1))
        assert "IDLE" not in proxy.commands


@pytest.mark.server
def test_a_mailbox_that_is_down_does_not_delay_another(dovecot: Dovecot, sqlite: Installation) -> None:
    (nobody,) = free_ports(1)
    states = sqlite.office.standings.listed
    with running_proxy(dovecot.plain_port) as silent:
        silent.go_silent()
        boxes = (box(nobody), box(dovecot.plain_port, "whistleblowing"), box(silent.port, "silent", user="enquiries"))
        with working(sqlite, *boxes):
            dovecot.deliver("whistleblowing", mail().content)
            seconds_until(filed(sqlite, 1))
            seconds_until(lambda: states(["enquiries"])[0].problem is not None)
            seconds_until(lambda: states(["whistleblowing"])[0].polled_at is not None)
            assert states(["whistleblowing"])[0].problem is None
            assert "no secure connection" in str(states(["enquiries"])[0].problem)
            seconds_until(lambda: silent.connections == 2)
            silent.heal()


@pytest.mark.server
def test_the_listener_comes_back_after_the_server_does(dovecot: Dovecot, sqlite: Installation) -> None:
    with running_proxy(dovecot.plain_port) as proxy, working(sqlite, box(proxy.port)):
        seconds_until(listens(proxy))
        dovecot.stop()
        time.sleep(0.5)
        dovecot.start()
        seconds_until(listens(proxy, times=2))
        dovecot.deliver("enquiries", mail().content)
        seconds_until(filed(sqlite, 1))


@pytest.mark.server
def test_mail_that_came_while_nobody_listened_is_filed_once_somebody_does(
    dovecot: Dovecot, sqlite: Installation
) -> None:
    with running_proxy(dovecot.plain_port) as proxy, working(sqlite, box(proxy.port)):
        seconds_until(listens(proxy))
        seconds_until(lambda: proxy.commands.count("LOGOUT") == 1)
        dovecot.stop()
        time.sleep(0.3)
        dovecot.start()
        dovecot.deliver("enquiries", mail().content)  # the listener is not back yet
        seconds_until(filed(sqlite, 1))


@pytest.mark.server
def test_a_server_without_idle_is_asked_once_and_polled(dovecot: Dovecot, sqlite: Installation) -> None:
    with running_proxy(dovecot.plain_port) as proxy:
        proxy.rewrite = lambda said: said.replace(b" IDLE", b"") if b"CAPABILITY" in said else said
        with working(sqlite, box(proxy.port, poll_seconds=1)):
            seconds_until(lambda: proxy.commands.count("UID SEARCH ALL") >= 2)
            dovecot.deliver("enquiries", mail().content)
            seconds_until(filed(sqlite, 1))
        assert "IDLE" not in proxy.commands


@pytest.mark.server
@pytest.mark.parametrize("answer", [cut_before, refuse("[LIMIT] too many")], ids=["cut off", "refused"])
def test_a_server_that_breaks_off_every_idle_is_not_signed_in_to_again_and_again(
    dovecot: Dovecot, sqlite: Installation, answer: Callable[..., bool]
) -> None:
    with running_proxy(dovecot.plain_port) as proxy:
        rule = proxy.at("IDLE", answer, again=True)
        with working(sqlite, box(proxy.port)):
            time.sleep(5)
    assert 2 <= rule.fired <= 4  # the waits are about 1, 2 and 4 seconds


@pytest.mark.server
def test_what_is_handed_back_is_filed_within_seconds(dovecot: Dovecot, sqlite: Installation) -> None:
    aside = sqlite.office.aside
    with working(sqlite, box(dovecot.plain_port)):
        dovecot.deliver("enquiries", mail("CRASH").content)
        seconds_until(lambda: len(aside.listed(OFFICER)) == 1)
        aside.hand_back(aside.listed(OFFICER)[0].id, OFFICER, by_hand=True)
        seconds_until(filed(sqlite, 1), within=5)
    assert aside.listed(OFFICER) == []


@pytest.mark.server
def test_it_stops_within_seconds_and_leaves_no_thread_that_holds_the_process(
    dovecot: Dovecot, sqlite: Installation
) -> None:
    before = set(threading.enumerate())
    (nobody,) = free_ports(1)
    with working(sqlite, box(dovecot.plain_port), box(nobody, "whistleblowing")):
        seconds_until(lambda: sqlite.office.standings.listed(["whistleblowing"])[0].problem is not None)
        since = time.monotonic()
    assert time.monotonic() - since < 5
    assert [thread for thread in set(threading.enumerate()) - before if not thread.daemon] == []


@pytest.mark.server
def test_the_work_in_hand_is_finished_before_it_stops(dovecot: Dovecot, sqlite: Installation) -> None:
    dovecot.deliver("enquiries", mail("one").content)
    with running_proxy(dovecot.plain_port) as proxy:
        started = threading.Event()

        def slowly(_passing: object) -> bool:
            started.set()
            time.sleep(1)
            return True

        proxy.at("UID MOVE", slowly)
        with working(sqlite, box(proxy.port, idle=False)):
            assert started.wait(SOON)
    assert dovecot.folder("enquiries") == []
    assert len(dovecot.folder("enquiries", "Processed")) == 1


def test_waits_double_up_to_a_minute_and_are_never_all_the_same() -> None:
    for failures in range(1, 30):
        full = min(60, 2 ** (failures - 1))
        waits = [backoff_seconds(failures) for _ in range(50)]
        assert all(full / 2 <= wait <= full for wait in waits)
        assert max(waits) - min(waits) > full / 10
    assert backoff_seconds(100_000) <= 60


@pytest.mark.parametrize(
    "error", [ValueError("a word of the message"), KeyError("a word"), MemoryError("a word"), AssertionError("a word")]
)
def test_a_job_that_fails_badly_is_one_line_without_the_words_of_its_error(error: Exception) -> None:
    def job() -> None:
        raise error

    with structlog.testing.capture_logs() as lines:
        assert not guarded("poll enquiries", job)
    assert [(line["action"], line["problem"]) for line in lines] == [("poll enquiries", type(error).__name__)]
    assert "word" not in str(lines)


def test_a_job_that_fails_for_a_known_reason_says_it_and_one_that_works_says_nothing() -> None:
    def job() -> None:
        raise MailboxUnreachable("enquiries: no connection")

    with structlog.testing.capture_logs() as lines:
        assert not guarded("poll", job)
        assert guarded("poll", lambda: None)
    assert [line["problem"] for line in lines] == ["enquiries: no connection"]


def test_a_mailbox_that_fails_is_tried_again_after_a_wait(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[int] = []

    def no_time(count_of_failures: int) -> float:
        failures.append(count_of_failures)
        return 0.01

    monkeypatch.setattr(work, "backoff_seconds", no_time)
    there = sqlite.folder / "mail"
    (there / "cur").mkdir(parents=True)
    with working(sqlite, Mailbox(name="enquiries", kind="maildir", path=str(there), poll_seconds=NEVER)):
        seconds_until(lambda: len(failures) >= 3)
        assert failures[:3] == [1, 2, 3]
        (there / "new").mkdir()
        (there / "new" / "1").write_bytes(mail().content)
        seconds_until(filed(sqlite, 1))
