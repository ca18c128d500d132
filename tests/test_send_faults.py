"""SMTP that fails in every way at every step: each letter goes once, or a person finds it; none goes twice."""

from __future__ import annotations

import contextlib
import gc
import shutil
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from mailbot.alerts import tell
from mailbot.cases.alerts import end_alert
from mailbot.cases.letters.letters import address_digest
from mailbot.cases.letters.outbox import TRIED_FOR, LetterDecision, LetterOutline
from mailbot.cases.schema import alerts, cases, letters, notices
from mailbot.config import Alerts, Config, Mailbox, Outgoing
from mailbot.correspondence import smtp
from mailbot.domain import LetterState, TaskKind
from mailbot.errors import DeliveryFailed
from mailbot.pipeline import process
from mailbot.sending import Results, send
from tests.conftest import OFFICER, Installation, installed
from tests.doubles import mail
from tests.servers.smtp_sink import Fault, SmtpSink, Step, running_smtp_sink
from tests.servers.webhook import Webhook, running_webhook
from tests.test_alerts import FIRST, ROTA
from tests.test_approaches import KENT, Desk

LOGIN = ("mailbot", "a password for sending")
LONGEST_SILENCE = 0.3
"""Seconds that a silent server is waited for."""
DUE, SENT, FAILED, UNKNOWN = LetterState.DUE, LetterState.SENT, LetterState.FAILED, LetterState.UNKNOWN


class Way(Enum):
    """How a step fails: what the server says, if anything, and whether it then cuts the connection."""

    TEMPORARY = ("451 4.7.1 try again later", False)
    PERMANENT = ("550 5.7.1 not allowed", False)
    CLOSING = ("421 4.3.2 closing", True)
    CUT = (None, True)
    SILENCE = (None, False)
    NONSENSE = ("hello there", False)
    ODD_YES = ("200 taken", False)

    def at(self, step: Step, at: int = 1, times: int = 1) -> Fault:
        answer, cuts = self.value
        return Fault(step=step, answer=answer, cuts=cuts, at=at, times=times)


EVERY_WAY = (Way.TEMPORARY, Way.PERMANENT, Way.CLOSING, Way.CUT, Way.SILENCE, Way.NONSENSE)


@contextlib.contextmanager
def short_patience() -> Iterator[None]:
    """A server that says nothing is not waited for for long within the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtp, "TIMEOUT_SECONDS", LONGEST_SILENCE)
        yield


@dataclass
class PostRoom:
    """An installation that sends to a sink, in which any number of tests file letters of their own."""

    installation: Installation
    sink: SmtpSink
    webhook: Webhook
    config: Config
    filed: int = 0
    addresses: list[str] = field(default_factory=list)

    def file(self, *senders: str, text: str = "The food is poor at Larch House.") -> None:
        """Files a message of each sender, or of three new ones: one letter each, in the order of `addresses`."""
        self.addresses = list(senders) or [f"jo{self.filed + number}@post.example" for number in range(3)]
        batch = [mail(text, uid=self.filed + number, sender=sender) for number, sender in enumerate(self.addresses)]
        process(self.installation.ledger.keep(batch), self.installation.office)
        self.filed += len(batch)

    def send(self) -> Results:
        return send(self.config, self.installation.outbox, self.installation.clock)

    @contextlib.contextmanager
    def failing(self, *faults: Fault) -> Iterator[None]:
        """These go wrong within the block, each of them."""
        self.sink.faults[:] = faults
        silent = any(fault.answer is None and not fault.cuts for fault in faults)
        with short_patience() if silent else contextlib.nullcontext():  # else a busy machine may look like a silent one
            yield
        self.sink.faults.clear()
        assert all(fault.happened for fault in faults)

    def send_with(self, *faults: Fault) -> None:
        """One run in which these go wrong; whether the run itself fails is all the same."""
        with self.failing(*faults), contextlib.suppress(DeliveryFailed):
            self.send()

    def send_for_days(self) -> None:
        """Runs without any fault until nothing would be tried again."""
        for hours in (0.1, 0.5, 6, 24, 5 * 24):
            self.installation.clock.advance(hours=hours)
            self.send()

    def letter(self, address: str) -> LetterOutline:
        digest = address_digest(self.installation.vault.keyring, address)
        query = sa.select(cases.c.reference).join(letters).where(letters.c.recipient_digest == digest)
        with self.installation.engine.connect() as connection:
            reference = connection.execute(query).scalar_one()
        (outline,) = self.installation.outbox.of_case(reference)
        return outline

    def states(self) -> list[LetterState]:
        return [self.letter(address).state for address in self.addresses]

    def arrivals(self, address: str) -> int:
        return sum(received.rcpt_to == (address,) for received in self.sink.messages)

    def has_task(self, address: str) -> bool:
        case = self.installation.store.open_case(self.letter(address).case_reference, OFFICER)
        return TaskKind.LETTER_FAILED in {task.kind for task in case.tasks}

    def is_accounted_for(self, address: str) -> bool:
        """Whether the letter came once, or a person finds it and decides; and did not come twice in any case."""
        letter, arrivals = self.letter(address), self.arrivals(address)
        if letter.state is SENT:
            return arrivals == 1
        if letter.state is UNKNOWN:
            return arrivals <= 1 and set(letter.decisions) == {LetterDecision.SEND_AGAIN, LetterDecision.IT_WENT}
        return letter.state is FAILED and arrivals == 0 and self.has_task(address)

    def nothing_is_lost_or_doubled(self) -> bool:
        return all(self.is_accounted_for(address) for address in self.addresses)

    def end_alerts(self) -> None:
        with self.installation.engine.begin() as connection:
            for case_id in connection.execute(sa.select(alerts.c.case_id)).scalars().all():
                end_alert(connection, case_id, self.installation.clock())


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[PostRoom]:
    """One post room for all these tests. Its database is not forced to the disk: only mail fails here."""
    folder = tmp_path_factory.mktemp("send-faults")
    shutil.copy(empty_database, folder / "mailbot.sqlite3")
    installation = installed(folder, f"sqlite:///{folder}/mailbot.sqlite3")
    sa.event.listen(installation.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    installation.engine.dispose()
    with running_smtp_sink(require_login=LOGIN) as sink, running_webhook() as webhook:
        config = Config(
            mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
            outgoing=Outgoing(
                kind="smtp",
                host="localhost",
                port=sink.port,
                ca_file=str(sink.ca_file),
                username=LOGIN[0],
                password_env="SMTP_PASSWORD",
                from_address="enquiries@example.gov.uk",
            ),
            alerts=Alerts(
                enabled=True, public_url="https://mailbot.example", rota="rota.toml", webhook_env="DUTY_WEBHOOK"
            ),
        )
        yield PostRoom(installation, sink, webhook, config)
    installation.engine.dispose()


@pytest.fixture
def empty_room(long_lived: PostRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """The post room without a letter that waits; what a test leaves behind is over before the next one."""
    monkeypatch.setenv("SMTP_PASSWORD", LOGIN[1])
    monkeypatch.setenv("DUTY_WEBHOOK", long_lived.webhook.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield long_lived
    monkeypatch.setenv("SMTP_PASSWORD", LOGIN[1])
    long_lived.sink.faults.clear()
    long_lived.sink.answer_rcpt, long_lived.sink.answer_data = {}, None
    long_lived.installation.clock.advance(hours=7)
    long_lived.send()
    long_lived.sink.messages.clear()
    long_lived.webhook.posts.clear()


@pytest.fixture
def room(empty_room: PostRoom) -> PostRoom:
    """The post room with three new letters."""
    empty_room.file()
    return empty_room


class EndsOtherwise(AssertionError):
    """A letter is safe, but it has not become what it should have: it is left to a person without need, or not told."""


def cell(*values: Any) -> Any:
    """One case of a matrix, named after its values."""
    name = "-".join(value.name if isinstance(value, Enum) else str(value) for value in values)
    return pytest.param(*values, id=name)


# ---- Before the first letter -----------------------------------------------------------------------------------------

OPENING = ((Step.GREETING, 1), (Step.EHLO, 1), (Step.EHLO, 2), (Step.STARTTLS, 1), (Step.AUTH, 1))
"""Each step of a connection before its letters, and which time that is; the second EHLO is the one over TLS."""


@pytest.mark.parametrize(("step", "at"), OPENING)
def test_what_fails_before_the_first_letter_costs_no_letter_an_attempt(room: PostRoom, step: Step, at: int) -> None:
    for way in EVERY_WAY:
        fault = way.at(step, at, times=2)  # where one kind of sign-in is refused, the next is tried
        with room.failing(fault), pytest.raises(DeliveryFailed, match="mail server"):
            room.send()

    assert room.send() == {SENT: 3}
    assert room.nothing_is_lost_or_doubled()


@pytest.mark.parametrize(
    ("step", "at", "way"),
    [
        cell(Step.GREETING, 2, Way.CLOSING),
        cell(Step.GREETING, 2, Way.SILENCE),
        cell(Step.EHLO, 4, Way.NONSENSE),
        cell(Step.STARTTLS, 2, Way.TEMPORARY),
        cell(Step.AUTH, 2, Way.CUT),
    ],
)
def test_what_fails_when_a_run_connects_again_puts_letters_off_and_loses_none(
    room: PostRoom, step: Step, at: int, way: Way
) -> None:
    room.send_with(Way.CUT.at(Step.MAIL, at=2), way.at(step, at, times=2))
    room.send_for_days()

    assert room.states() == [SENT, SENT, SENT]
    assert room.nothing_is_lost_or_doubled()


def test_a_server_that_takes_no_connection_costs_no_letter_an_attempt(room: PostRoom) -> None:
    room.sink.stop()
    with pytest.raises(DeliveryFailed, match="no secure connection"):
        room.send()
    room.sink.start()

    assert room.send() == {SENT: 3}


@pytest.mark.parametrize("cuts", [True, False])
def test_a_server_that_promises_tls_and_does_not_begin_it_gets_no_letter(room: PostRoom, cuts: bool) -> None:
    with (
        short_patience(),
        room.failing(Fault(step=Step.STARTTLS, answer="220 ready", cuts=cuts)),
        pytest.raises(DeliveryFailed, match="no secure connection"),
    ):
        room.send()

    assert room.sink.messages == []
    assert room.send() == {SENT: 3}


def test_a_server_that_is_nowhere_costs_no_letter_an_attempt(room: PostRoom) -> None:
    with nowhere() as port, short_patience():
        outgoing = msgspec.structs.replace(room.config.outgoing, host="127.0.0.1", port=port)
        config = msgspec.structs.replace(room.config, outgoing=outgoing)
        with pytest.raises(DeliveryFailed, match="timed out"):
            send(config, room.installation.outbox, room.installation.clock)

    assert room.send() == {SENT: 3}


@contextlib.contextmanager
def nowhere() -> Iterator[int]:
    """A port that answers no further connection, as where a firewall drops what is sent there."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):  # its queue is full after one or two
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_what_no_server_takes_for_five_days_comes_before_a_person(room: PostRoom) -> None:
    for _ in range(7):
        room.send_with(Way.PERMANENT.at(Step.AUTH, times=2))
        room.installation.clock.advance(days=1)

    assert room.nothing_is_lost_or_doubled()


def test_a_server_that_goes_away_during_a_run_is_waited_for_once(room: PostRoom) -> None:
    gone = Way.SILENCE.at(Step.GREETING, at=2, times=10)
    room.send_with(Way.CUT.at(Step.MAIL), gone)

    assert gone.reached == 2


# ---- One letter of three ---------------------------------------------------------------------------------------------

LETTER = (
    cell(Step.MAIL, Way.TEMPORARY, SENT, 1),
    cell(Step.MAIL, Way.PERMANENT, FAILED, 0),
    cell(Step.MAIL, Way.CLOSING, SENT, 1),
    cell(Step.MAIL, Way.CUT, SENT, 1),
    cell(Step.MAIL, Way.SILENCE, SENT, 1),
    cell(Step.MAIL, Way.NONSENSE, SENT, 1),
    cell(Step.RCPT, Way.TEMPORARY, SENT, 1),
    cell(Step.RCPT, Way.PERMANENT, FAILED, 0),
    cell(Step.RCPT, Way.CLOSING, SENT, 1),
    cell(Step.RCPT, Way.CUT, SENT, 1),
    cell(Step.RCPT, Way.SILENCE, SENT, 1),
    cell(Step.RCPT, Way.NONSENSE, SENT, 1),
    cell(Step.DATA, Way.TEMPORARY, SENT, 1),
    cell(Step.DATA, Way.PERMANENT, FAILED, 0),
    cell(Step.DATA, Way.CLOSING, SENT, 1),
    cell(Step.DATA, Way.CUT, SENT, 1),
    cell(Step.DATA, Way.SILENCE, SENT, 1),
    cell(Step.DATA, Way.NONSENSE, SENT, 1),
    cell(Step.TEXT, Way.CUT, UNKNOWN, 0),
    cell(Step.TEXT, Way.SILENCE, UNKNOWN, 0),
    cell(Step.ANSWER, Way.TEMPORARY, SENT, 1),
    cell(Step.ANSWER, Way.PERMANENT, FAILED, 0),
    cell(Step.ANSWER, Way.CLOSING, SENT, 1),
    cell(Step.ANSWER, Way.CUT, UNKNOWN, 1),
    cell(Step.ANSWER, Way.SILENCE, UNKNOWN, 1),
    cell(Step.ANSWER, Way.NONSENSE, UNKNOWN, 1),
    cell(Step.ANSWER, Way.ODD_YES, SENT, 1),
)
"""What becomes of the letter, and how often it arrives. While the text comes the server is silent (RFC 5321 4.3.2)."""


@pytest.mark.parametrize(("step", "way", "becomes", "arrives"), LETTER)
def test_a_letter_that_fails_goes_once_or_to_a_person_and_the_others_go(
    room: PostRoom, step: Step, way: Way, becomes: LetterState, arrives: int
) -> None:
    room.send_with(way.at(step, at=2))
    room.send_for_days()

    first, failed, last = room.addresses
    assert room.nothing_is_lost_or_doubled()
    assert room.letter(first).state is room.letter(last).state is SENT
    if (room.letter(failed).state, room.arrivals(failed)) != (becomes, arrives):
        raise EndsOtherwise(room.letter(failed).state)
    if becomes is FAILED and "SMTP 550" not in (room.letter(failed).problem or ""):
        raise EndsOtherwise(room.letter(failed).problem)


@pytest.mark.parametrize(
    ("way", "step", "refusal", "becomes"),
    [
        cell(Way.TEMPORARY, Step.RCPT, Way.PERMANENT, FAILED),
        cell(Way.CLOSING, Step.RCPT, Way.PERMANENT, FAILED),
        cell(Way.CUT, Step.RCPT, Way.PERMANENT, FAILED),
        cell(Way.CUT, Step.ANSWER, Way.TEMPORARY, SENT),
        cell(Way.SILENCE, Step.RCPT, Way.PERMANENT, FAILED),
        cell(Way.SILENCE, Step.ANSWER, Way.TEMPORARY, SENT),
        cell(Way.NONSENSE, Step.ANSWER, Way.TEMPORARY, SENT),
    ],
)
def test_what_fails_at_the_reset_after_a_refusal_changes_nothing_about_it(
    room: PostRoom, way: Way, step: Step, refusal: Way, becomes: LetterState
) -> None:
    room.send_with(refusal.at(step, at=2), way.at(Step.RSET))
    room.send_for_days()

    first, failed, last = room.addresses
    assert room.nothing_is_lost_or_doubled()
    assert room.letter(first).state is room.letter(last).state is SENT
    if room.letter(failed).state is not becomes:
        raise EndsOtherwise(room.letter(failed).state)


@pytest.mark.parametrize("way", [Way.PERMANENT, Way.SILENCE])
def test_what_fails_at_the_end_of_a_run_changes_nothing(room: PostRoom, way: Way) -> None:
    room.send_with(way.at(Step.QUIT))

    assert room.states() == [SENT, SENT, SENT]


@pytest.mark.parametrize("step", [Step.RCPT, Step.ANSWER])
def test_a_letter_that_is_greylisted_for_five_days_fails_with_a_task(room: PostRoom, step: Step) -> None:
    later, unlucky, begun = Way.TEMPORARY.value[0], room.addresses[1], room.installation.clock()
    if step is Step.RCPT:
        room.sink.answer_rcpt = {unlucky: later}
    else:
        room.sink.answer_data = lambda received: later if unlucky in received.rcpt_to else None
    assert room.send() == {SENT: 2, DUE: 1}
    while room.installation.clock() - begun < TRIED_FOR:
        room.installation.clock.advance(days=1)
        assert room.send() == {DUE: 1}
    assert not room.has_task(unlucky)
    room.installation.clock.advance(days=1)

    assert room.send() == {FAILED: 1}
    assert room.states() == [SENT, FAILED, SENT]
    assert room.nothing_is_lost_or_doubled()


# ---- Without any fault of the server's -------------------------------------------------------------------------------


def escaping(call: Callable[[], object]) -> str | None:
    """The name of an error that a call lets through where `DeliveryFailed` alone is promised."""
    escaped = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # for the connection that the error leaves open
        try:
            call()
        except DeliveryFailed:
            escaped = None
        except ValueError as error:
            escaped = type(error).__name__
        gc.collect()
    return escaped


def test_a_challenge_that_cannot_be_read_is_a_failed_connection(room: PostRoom) -> None:
    room.sink.faults[:] = [Fault(step=Step.AUTH, answer="334 abc")]

    assert escaping(room.send) is None


def test_a_password_that_smtplib_cannot_write_is_a_failed_connection(
    room: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "£1 for your thoughts")

    assert escaping(room.send) is None


def test_an_address_that_smtp_cannot_carry_fails_alone(empty_room: PostRoom) -> None:
    empty_room.file("josé@post.example", "after.him@post.example")

    assert escaping(empty_room.send) is None
    assert empty_room.states() == [FAILED, SENT]


# ---- Urgent referrals ------------------------------------------------------------------------------------------------


def test_a_referral_that_fails_for_good_alerts_again(sqlite: Installation, empty_room: PostRoom) -> None:
    desk = Desk(sqlite)
    for answer, days in (("550 no such mailbox", 0), ("451 try again later", 6)):
        empty_room.sink.answer_rcpt = {KENT.email: answer}
        reference = desk.file("There is DANGER.", sender=f"jo{days}@post.example")
        before = desk.open_alerts()
        desk.referred(reference)
        assert desk.open_alerts() == before - 1
        for _ in range(days + 1):
            send(empty_room.config, sqlite.outbox, sqlite.clock)
            sqlite.clock.advance(days=1)

        assert desk.open_alerts() == before
        assert TaskKind.LETTER_FAILED in desk.tasks(reference)


# ---- Alerts ----------------------------------------------------------------------------------------------------------


@dataclass
class Duty:
    """Two alerts that are due at once, in a post room whose webhook takes what it is told."""

    room: PostRoom

    def tell(self) -> tuple[int, int]:
        """Tells of them; says how many emails went to whoever is first on duty, and how often the webhook was told."""
        of, before = self.room.installation, self.count()
        tell(self.room.config, ROTA, of.alert_book, of.clock)
        emails, posts = self.count()
        return emails - before[0], posts - before[1]

    def count(self) -> tuple[int, int]:
        query = sa.select(sa.func.count()).where(notices.c.recipient == FIRST, notices.c.problem.is_(None))
        with self.room.installation.engine.connect() as connection:
            return int(connection.execute(query).scalar_one()), len(self.room.webhook.posts)


@pytest.fixture
def duty(empty_room: PostRoom) -> Iterator[Duty]:
    empty_room.file(*(f"{name}{empty_room.filed}@post.example" for name in ("kim", "lee")), text="There is DANGER.")
    yield Duty(empty_room)
    empty_room.end_alerts()


@pytest.mark.parametrize(
    ("step", "way"),
    [
        cell(Step.GREETING, Way.CUT),
        cell(Step.MAIL, Way.TEMPORARY),
        cell(Step.RCPT, Way.PERMANENT),
        cell(Step.DATA, Way.CUT),
        cell(Step.ANSWER, Way.SILENCE),
    ],
)
def test_an_alert_whose_email_fails_is_told_by_the_webhook_and_again_and_stops_no_other(
    duty: Duty, step: Step, way: Way
) -> None:
    with duty.room.failing(way.at(step)):
        assert duty.tell() == (1, 2)

    duty.room.installation.clock.advance(minutes=15)
    assert duty.tell() == (2, 2)


def test_an_alert_is_told_by_the_webhook_though_smtplib_itself_fails(
    duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "£1 for your thoughts")

    assert escaping(duty.tell) is None
    assert len(duty.room.webhook.posts) == 2


def test_the_webhook_waits_for_no_mail_server(duty: Duty) -> None:
    told: list[int] = []
    duty.room.sink.answer_rcpt = lambda _address: told.append(duty.count()[1])
    before = duty.count()[1]
    duty.tell()

    assert [count - before for count in told] == [2, 2]
