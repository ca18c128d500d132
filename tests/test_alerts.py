"""Somebody in danger: duty staff are told within seconds, and again, until a person has taken it and decided."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.alerts import duty_for, tell, told_at
from mailbot.cases import database
from mailbot.cases.access import Officer
from mailbot.cases.alerts import AlertChannel, DueAlert
from mailbot.cases.audit import key_of
from mailbot.cases.schema import alerts, audit
from mailbot.cases.sealing.vault import read_keys
from mailbot.config import Alerts, Config, Mailbox, Outgoing
from mailbot.domain import ActionKind, Correction, Decision, Role
from mailbot.errors import NotAllowed
from mailbot.pipeline import process
from mailbot.rota import Rota, RotaFile, Shift
from mailbot.web import accounts
from tests.conftest import PASSWORD, Installation
from tests.doubles import NOON, mail
from tests.servers.smtp_sink import SmtpSink, running_smtp_sink
from tests.servers.webhook import Webhook, running_webhook

FIRST = "officer@example.gov.uk"
SECOND = "whistleblowing_officer@example.gov.uk"
LEAD = "duty_manager@example.gov.uk"
ALL_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROTA = Rota(RotaFile(manager=LEAD, shift=(Shift(days=ALL_WEEK, begins="00:00", ends="24:00", people=(FIRST, SECOND)),)))
OFFICER = Officer(email=FIRST, role=Role.OFFICER)
WHISTLEBLOWING = Officer(email=SECOND, role=Role.WHISTLEBLOWING_OFFICER)


@dataclass
class Desk:
    """An installation with an SMTP sink and a webhook, whose worker is run by hand."""

    installation: Installation
    sink: SmtpSink
    webhook: Webhook
    config: Config

    def file(self, text: str, **more: Any) -> str:
        number = sum(self.installation.store.counts(WHISTLEBLOWING).values()) + 1
        process(self.installation.ledger.keep([mail(text, uid=number, **more)]), self.installation.office)
        return self.installation.store.queue(WHISTLEBLOWING)[0].reference

    def work(self, minutes: float = 0) -> list[str]:
        """Lets time pass, runs the job, and says whom it wrote to."""
        self.installation.clock.advance(minutes=minutes)
        before = len(self.sink.messages)
        tell(self.config, ROTA, self.installation.alert_book, self.installation.clock)
        return [address for received in self.sink.messages[before:] for address in received.rcpt_to]

    def review(self, reference: str, officer: Officer = OFFICER, **decided: Any) -> None:
        version = self.installation.store.open_case(reference, officer).version
        self.installation.store.review(reference, officer, version, Decision(**decided))


@pytest.fixture
def desk(sqlite: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with running_smtp_sink() as sink, running_webhook() as webhook:
        monkeypatch.setenv("DUTY_WEBHOOK", webhook.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        config = Config(
            mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
            outgoing=Outgoing(
                kind="smtp", host="localhost", port=sink.port, ca_file=str(sink.ca_file), from_address="a@b.example"
            ),
            alerts=Alerts(
                enabled=True, public_url="https://mailbot.example", rota="rota.toml", webhook_env="DUTY_WEBHOOK"
            ),
        )
        yield Desk(sqlite, sink, webhook, config)


def test_a_danger_is_told_at_once_by_both_channels_without_a_word_of_it(desk: Desk) -> None:
    desk.file("There is DANGER with a plover.")

    assert desk.work() == [FIRST]
    (received,) = desk.sink.messages
    (post,) = desk.webhook.posts
    for said in (received.content.decode(), str(post)):
        assert "https://mailbot.example" in said
        for word in ("DANGER", "plover", "danger", "child", "MB-", "Sandiford"):
            assert word not in said
    assert received.message["Auto-Submitted"] == "auto-generated"


def test_what_is_no_danger_alerts_nobody(desk: Desk) -> None:
    desk.file("The food is poor.")

    assert desk.work() == []
    assert desk.webhook.posts == []


def test_nobody_taking_it_goes_up_the_ladder_and_round_again(desk: Desk) -> None:
    desk.file("There is DANGER.")

    assert desk.work() == [FIRST]
    assert desk.work(14) == []
    assert desk.work(1) == [FIRST]
    assert desk.work(15) == [SECOND, LEAD]
    assert desk.work(15) == [FIRST, LEAD]
    assert desk.work(15) == [SECOND, LEAD]
    assert len(desk.webhook.posts) == 5


def test_an_alert_that_is_taken_and_decided_is_told_no_more(desk: Desk) -> None:
    reference = desk.file("There is DANGER.")
    desk.work()
    desk.installation.alert_book.take(reference, OFFICER)
    assert desk.work(20) == []
    desk.review(reference, actions=(ActionKind.REFER_TO_AUTHORITY,))

    assert desk.work(60) == []
    assert desk.installation.alert_book.open_ones(OFFICER) == []


def test_an_alert_that_is_taken_and_not_decided_is_told_again_with_the_manager(desk: Desk) -> None:
    reference = desk.file("There is DANGER.")
    desk.work()
    desk.work(15)
    desk.installation.alert_book.take(reference, OFFICER)

    assert desk.work(29) == []
    assert desk.work(1) == [SECOND, LEAD]
    (again,) = desk.installation.alert_book.open_ones(OFFICER)
    assert again.taken_by is None or again.told == 3


def test_an_alert_is_taken_by_one_person(desk: Desk) -> None:
    reference = desk.file("There is DANGER.")
    desk.installation.alert_book.take(reference, OFFICER)

    with pytest.raises(NotAllowed):
        desk.installation.alert_book.take(reference, WHISTLEBLOWING)
    with pytest.raises(NotAllowed):
        desk.installation.alert_book.take("MB-0000-0000", OFFICER)


def test_two_officers_who_find_no_danger_end_it(desk: Desk) -> None:
    reference = desk.file("There is DANGER.")
    lowered = Decision(corrections=(Correction(field="immediate_risk", value="false", reason="A drill"),))
    version = desk.installation.store.open_case(reference, OFFICER).version
    desk.installation.store.review(reference, OFFICER, version, lowered, approved_by=WHISTLEBLOWING)

    assert desk.work() == []


@pytest.mark.parametrize("field", ["immediate_risk", "adult_in_danger"])
def test_a_danger_that_an_officer_finds_alerts_at_once(desk: Desk, field: str) -> None:
    reference = desk.file("The food is poor.")
    assert desk.work() == []
    desk.review(reference, corrections=(Correction(field=field, value="true", reason="Read it"),))

    assert desk.work() == [FIRST]


def test_a_second_look_that_finds_a_danger_alerts_at_once(desk: Desk) -> None:
    reference = desk.file("The food is poor.")
    desk.installation.clock.advance(days=1)
    desk.installation.second_looks.draw(1)
    desk.installation.second_looks.answer(reference, OFFICER, danger=True)

    assert desk.work() == [FIRST]


def test_a_restricted_danger_is_told_to_those_alone_who_may_see_it(desk: Desk) -> None:
    desk.file("WORKER: there is DANGER.")

    assert desk.work() == [SECOND]
    assert desk.work(15) == [SECOND]
    assert desk.work(15) == [SECOND, LEAD]
    assert desk.installation.alert_book.open_ones(OFFICER) == []


def test_where_email_fails_the_webhook_is_used_and_the_failure_shows(desk: Desk) -> None:
    desk.sink.answer_rcpt = {FIRST: "550 no such mailbox"}
    desk.file("There is DANGER.")
    assert desk.work() == []
    standing = {one.channel: one for one in desk.installation.alert_book.channels()}

    assert len(desk.webhook.posts) == 1
    assert standing[AlertChannel.EMAIL].problem == "the mail server refused the recipient (SMTP 550)"
    assert standing[AlertChannel.WEBHOOK].problem is None


def test_where_no_channel_takes_it_it_is_tried_again_within_a_minute_as_if_never_told(desk: Desk) -> None:
    desk.webhook.status = 500
    desk.sink.answer_rcpt = {FIRST: "451 later"}
    desk.file("There is DANGER.")
    desk.work()
    desk.sink.answer_rcpt = {}

    assert desk.work(1) == [FIRST]
    assert desk.work(15) == [FIRST], "what reached nobody was no step of the ladder"


def test_a_mail_server_that_is_away_stops_no_alert(desk: Desk) -> None:
    desk.sink.stop()
    desk.file("There is DANGER.")
    tell(desk.config, ROTA, desk.installation.alert_book, desk.installation.clock)

    assert len(desk.webhook.posts) == 1


def test_every_telling_and_taking_is_audited(desk: Desk) -> None:
    reference = desk.file("There is DANGER.")
    desk.work()
    desk.installation.alert_book.take(reference, OFFICER)
    with desk.installation.engine.connect() as connection:
        rows = connection.execute(sa.select(audit.c.actor, audit.c.act).where(audit.c.act.startswith("alert"))).all()

    assert [tuple(row) for row in rows] == [("mailbot", "alert told"), (FIRST, "alert taken")]


def test_a_further_message_of_danger_alerts_again_though_the_first_was_decided(desk: Desk) -> None:
    first = desk.file("There is DANGER.")
    desk.review(first, actions=(ActionKind.REFER_TO_AUTHORITY,))
    desk.file("There is DANGER again.", message_id="<again@post.example>")

    assert desk.work() == [FIRST]


@pytest.mark.parametrize(
    ("step", "duty", "expected"),
    [
        (0, ("a", "b"), ("a",)),
        (1, ("a", "b"), ("a",)),
        (2, ("a", "b"), ("b", LEAD)),
        (3, ("a", "b"), ("a", LEAD)),
        (2, ("a",), ("a", LEAD)),
        (0, (), (LEAD,)),
        (5, (LEAD,), (LEAD,)),
    ],
)
def test_the_ladder(step: int, duty: Sequence[str], expected: Sequence[str]) -> None:
    assert told_at(step, duty, LEAD) == expected


def test_a_restricted_danger_reaches_somebody_though_nobody_able_is_on_duty() -> None:
    roles = {"x@example.gov.uk": Role.OFFICER, SECOND: Role.WHISTLEBLOWING_OFFICER}
    only_x = Rota(RotaFile(manager=LEAD, shift=(Shift(ALL_WEEK, "00:00", "24:00", ("x@example.gov.uk",)),)))
    due = DueAlert(id=1, reference="MB-1", restricted=True, step=0)

    assert duty_for(due, only_x, roles, NOON) == (SECOND,)


def test_somebody_who_may_not_sign_in_any_more_is_left_out() -> None:
    due = DueAlert(id=1, reference="MB-1", restricted=False, step=0)

    assert duty_for(due, ROTA, {SECOND: Role.WHISTLEBLOWING_OFFICER}, NOON) == (SECOND,)


# ---- Once for real ---------------------------------------------------------------------------------------------------

REAL = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
poll_seconds = 1
[outgoing]
kind = "smtp"
host = "localhost"
port = {port}
ca_file = "{ca_file}"
from_address = "enquiries@example.gov.uk"
[alerts]
enabled = true
public_url = "https://mailbot.example"
rota = "rota.toml"
webhook_env = "DUTY_WEBHOOK"
[triage]
encoder = "off"
"""
DUTY = f"""
manager = "{LEAD}"
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
to = "24:00"
people = ["{FIRST}", "{SECOND}"]
"""
LETTER = (
    b"From: Jo <jo@post.example>\r\nSubject: Larch House\r\nMessage-ID: <a@b.example>\r\n\r\n"
    b"She is 14, she went out on Saturday and she's not been back since.\r\n"
)


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.server
@pytest.mark.soak
def test_a_worker_killed_half_way_through_an_alert_tells_it_after_it_is_started_again(tmp_path: Path) -> None:
    with running_smtp_sink() as sink, running_webhook() as webhook:
        (tmp_path / "config.toml").write_text(REAL.format(port=sink.port, ca_file=sink.ca_file))
        (tmp_path / "rota.toml").write_text(DUTY)
        for part in ("tmp", "new", "cur"):
            (tmp_path / "mail" / part).mkdir(parents=True)
        environment = {
            **os.environ,
            "MAILBOT_CONFIG": str(tmp_path / "config.toml"),
            "DUTY_WEBHOOK": webhook.address,
            "NO_PROXY": "127.0.0.1",
        }
        command = [sys.executable, "-m", "mailbot"]

        def worker() -> subprocess.Popen[bytes]:
            return subprocess.Popen([*command, "worker"], env=environment)

        init = [*command, "init", "--admin", "admin@example.gov.uk", "--password-stdin"]
        subprocess.run(init, env=environment, input=b"a long enough password\n", check=True)
        refused = subprocess.run([*command, "worker"], env=environment, capture_output=True, check=False)
        assert refused.returncode == 2
        assert b"has no account" in refused.stderr

        keyring = read_keys(tmp_path / "mailbot.keys", None)
        engine = database.open_database(f"sqlite:///{tmp_path}/mailbot.sqlite3", lambda: key_of(keyring))
        for person, role in ((FIRST, Role.OFFICER), (SECOND, Role.WHISTLEBLOWING_OFFICER), (LEAD, Role.DUTY_MANAGER)):
            accounts.add(
                engine, person, role, PASSWORD, added_by="test", confirmed_by="test", at=NOON - timedelta(days=1)
            )
        sink.stop()
        (tmp_path / "mail" / "new" / "1.eml").write_bytes(LETTER)
        first = worker()
        until(lambda: bool(webhook.posts))
        first.kill()  # the mail server is away, the webhook has been told, and nothing may have been noted
        first.wait()
        with engine.begin() as connection:  # the next minute comes sooner for a test
            connection.execute(sa.update(alerts).values(next_at=NOON))
        sink.start()
        second = worker()
        until(lambda: any({FIRST, SECOND} & set(received.rcpt_to) for received in sink.messages))
        second.terminate()
        assert second.wait(30) == 0
        engine.dispose()
