"""The worker: takes in each mailbox in a thread of its own, files, and sends on schedule. One scheduler a process.

A mailbox is taken in whenever its bell rings: by the schedule, and at once where the server tells of new mail (IDLE).
Polling goes on whatever IDLE says, and one mailbox's trouble never delays another's. The jobs are plain functions that
also serve `poll --once` and `send --once`.

Any number of workers may share a record. Each mailbox is taken in by one of them at a time; what is stored is filed and
what is due is sent by all of them, each message and letter by the one that claimed it; every other job is done by the
worker that asked for it first, until that ends (`mailbot.cases.arrivals.leases`).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.alerts import beat, tell, tell_lead
from mailbot.cases.alerts import AlertBook
from mailbot.cases.api.subscriptions import Subscriptions
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.identity.openings import Openings
from mailbot.cases.letters.approaches import Approaches
from mailbot.cases.letters.outbox import Outbox
from mailbot.cases.oversight.second_looks import SecondLooks
from mailbot.clock import Clock
from mailbot.config import Config, Mailbox
from mailbot.errors import MailbotError, MailboxUnreachable
from mailbot.intake.mailbox import ImapMailbox
from mailbot.log import log
from mailbot.office import Office
from mailbot.pipeline import warm_up
from mailbot.rota import Rota
from mailbot.sending import ask_after, lay_out, send
from mailbot.taking_in import file_stored, take_in
from mailbot.webhooks import tell as tell_others
from mailbot.witness import checkpoint

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens
    from mailbot.removing import Keeping

SEND_EVERY_SECONDS = 10
ASK_EVERY_SECONDS = 300
CHASE_EVERY_SECONDS = 30
LOOK_EVERY_SECONDS = 1
"""How soon what another worker has stored, or a person has handed over, is seen."""
FILERS = 2
"""Threads that file: one goes on while the other has a message in hand that takes long to read."""
BEAT_EVERY_SECONDS = 60
ALERT_EVERY_SECONDS = 1
KEEP_EVERY_SECONDS = 3600
DRAW_EVERY_SECONDS = 900
"""Each day's cases are drawn from once, soon after it has ended (UTC)."""
LONGEST_BACKOFF_SECONDS = 60


class Attendant:
    """Attends one mailbox in threads of its own until `stopping` is set; sets `stored` whenever there is something new.

    It stores what is new and moves what is filed, and needs nothing that judges.
    """

    def __init__(
        self,
        settings: Mailbox,
        office: Callable[[], Office],
        tokens: Tokens | None,
        stored: threading.Event,
        stopping: threading.Event,
    ) -> None:
        self.mailbox = settings.name
        self._settings = settings
        self._office = office
        self._tokens = tokens
        self._stored = stored
        self._stopping = stopping
        self._bell = threading.Event()
        self._taking_in = threading.Thread(target=self._take_in_when_rung, name=f"take in {settings.name}")

    def start(self) -> None:
        self._bell.set()
        self._taking_in.start()
        if self._settings.kind == "imap" and self._settings.idle:
            threading.Thread(target=self._listen, name=f"listen {self._settings.name}", daemon=True).start()

    def ring(self) -> None:
        """Has the mailbox taken in, at once or after what is under way."""
        self._bell.set()

    def stop(self) -> None:
        """Ends after the work in hand; `stopping` is set before."""
        self._bell.set()
        self._taking_in.join()

    def _take_in_when_rung(self) -> None:
        failures = 0
        while self._bell.wait() and not self._stopping.is_set():
            self._bell.clear()
            went_well = guarded(f"poll {self._settings.name}", self._poll)
            failures = 0 if went_well else failures + 1
            if failures and not self._stopping.wait(backoff_seconds(failures)):
                self._bell.set()

    def _poll(self) -> None:
        tally = take_in(self._settings, self._office(), self._tokens, filing=False, stopping=self._stopping.is_set)
        if tally.new:
            self._stored.set()

    def _listen(self) -> None:
        """Rings whenever the server tells of new mail, over a connection that does nothing else."""
        failures = 0
        while not self._stopping.is_set():
            try:
                with ImapMailbox(self._settings, self._tokens) as mailbox:
                    if not mailbox.can_idle():
                        log.info("no IDLE here: mail is polled", action="listen", mailbox=self._settings.name)
                        return
                    for idles, arrived in enumerate(mailbox.arrivals()):
                        failures = 0 if idles else failures  # signing in alone does not show that listening works
                        if arrived:
                            self._bell.set()
                        if self._stopping.is_set():
                            return
            except MailboxUnreachable as error:
                failures += 1
                log.error("not listening", action="listen", mailbox=self._settings.name, problem=str(error))
            except Exception as error:  # noqa: BLE001  this thread must not end; polling goes on all the while
                failures += 1
                log.error("not listening", action="listen", mailbox=self._settings.name, problem=type(error).__name__)
            self._stopping.wait(backoff_seconds(max(failures, 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The records that the worker's jobs work on, beside the office."""

    outbox: Outbox
    second_looks: SecondLooks
    alerts: AlertBook
    approaches: Approaches
    openings: Openings
    checkpoints: Checkpoints
    webhooks: Subscriptions | None = None
    keeping: Keeping | None = None


class Worker:
    """Takes in each mailbox, files what is stored, sends and does the other jobs, until stopped."""

    def __init__(
        self, config: Config, office: Office, books: Books, clock: Clock, tokens: Mapping[str, Tokens]
    ) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._config, self._office, self._books, self._clock = config, office, books, clock
        self._rota = _rota(config)
        self._leases = office.ledger.leases
        self._being_there = ExitStack()
        self._stored, self._stopping = threading.Event(), threading.Event()
        self._attendants = [
            Attendant(box, lambda: self._office, tokens.get(box.name), self._stored, self._stopping)
            for box in config.mailbox
        ]
        self._filers = [
            threading.Thread(target=self._file_what_is_stored, name=f"file {number}") for number in range(FILERS)
        ]
        threads = ThreadPoolExecutor(max_workers=len(config.mailbox) + 10)
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": threads})
        for box, attendant in zip(config.mailbox, self._attendants, strict=True):
            self._every(box.poll_seconds, f"ring {box.name}", attendant.ring)
        self._every(SEND_EVERY_SECONDS, "send", self._send)
        self._alone_every(SEND_EVERY_SECONDS, "lay out letters", lambda: lay_out(self._config, books.outbox, clock))
        self._alone_every(ASK_EVERY_SECONDS, "ask after letters", lambda: ask_after(self._config, books.outbox, clock))
        self._alone_every(CHASE_EVERY_SECONDS, "chase answers", lambda: self._books.approaches.chase())
        self._alone_every(config.audit.checkpoint_minutes * 60, "checkpoint", self._checkpoint)
        self._alone_every(DRAW_EVERY_SECONDS, "draw second looks", self._draw)
        if books.webhooks is not None:
            self._alone_every(SEND_EVERY_SECONDS, "webhooks", self._tell_others)
        if books.keeping:
            self._alone_every(KEEP_EVERY_SECONDS, "carry out disposals", books.keeping.carry_out)
        if config.alerts and config.alerts.enabled:
            self._alone_every(ALERT_EVERY_SECONDS, "alert", self._tell)
            self._alone_every(
                SEND_EVERY_SECONDS,
                "tell the lead",
                lambda: tell_lead(self._config, books.openings, books.alerts, clock),
            )
        if config.alerts and config.alerts.heartbeat_url:
            self._alone_every(BEAT_EVERY_SECONDS, "heartbeat", lambda: beat(self._config, office.standings, clock))

    def start(self) -> None:
        self._being_there.enter_context(self._leases.present())
        for attendant in self._attendants:
            attendant.start()
        for filer in self._filers:
            filer.start()
        self._scheduler.start()

    def stop(self) -> None:
        """Ends after the messages and the letter in hand."""
        self._stopping.set()
        self._scheduler.pause()  # or it goes on handing jobs to threads that are gone
        self._scheduler.shutdown(wait=True)
        for attendant in self._attendants:
            attendant.stop()
        self._stored.set()
        for filer in self._filers:
            filer.join()
        guarded("checkpoint", self._checkpoint)
        self._being_there.close()

    def take_over(self, config: Config, office: Office, books: Books) -> None:
        """Goes on with what `mailbot.reloading` has read anew: the next message, letter or alert is under it."""
        self._rota = _rota(config)
        self._config, self._office, self._books = config, office, books

    def _file_what_is_stored(self) -> None:
        """Files what any worker stores and people hand over, whoever of all workers claims it first."""
        failures = 0
        guarded("warm up", lambda: warm_up(self._office))
        while not self._stopping.is_set():
            failures = 0 if guarded("file stored", self._file) else failures + 1
            self._stored.wait(backoff_seconds(failures) if failures else LOOK_EVERY_SECONDS)
            self._stored.clear()

    def _file(self) -> None:
        for attendant in self._attendants:
            if file_stored(self._office, attendant.mailbox, stopping=self._stopping.is_set).filed:
                attendant.ring()  # what is filed is moved on the server
        file_stored(self._office, stopping=self._stopping.is_set)  # of mailboxes that are no longer in the settings

    def _send(self) -> None:
        send(self._config, self._books.outbox, self._clock, stopping=self._stopping.is_set)

    def _tell(self) -> None:
        if self._rota is not None:
            tell(self._config, self._rota, self._books.alerts, self._clock)

    def _draw(self) -> None:
        self._books.second_looks.draw(self._config.triage.second_looks)

    def _tell_others(self) -> None:
        if self._books.webhooks is not None:
            tell_others(self._config.webhooks, self._books.webhooks, self._clock)

    def _checkpoint(self) -> None:
        checkpoint(self._config.audit, self._books.checkpoints)

    def _alone_every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        """A job that one worker does for all of them."""

        def if_ours() -> None:
            if self._leases.keeps(f"job {name}"):
                job()

        self._every(seconds, name, if_ours)

    def _every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        self._scheduler.add_job(
            guarded,
            "interval",
            args=[name, job],
            seconds=seconds,
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )


def _rota(config: Config) -> Rota | None:
    return Rota.load(Path(config.alerts.rota)) if config.alerts and config.alerts.enabled else None


def guarded(name: str, job: Callable[[], object]) -> bool:
    """Runs a job and says whether it went well; what is wrong is logged in one line and the schedule goes on."""
    try:
        job()
    except MailbotError as error:
        log.error("job failed", action=name, problem=str(error))
        return False
    except Exception as error:  # noqa: BLE001  a fault of ours must not stop the intake; its text could hold a message's
        log.error("job failed unexpectedly", action=name, problem=type(error).__name__)
        return False
    return True


def backoff_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: doubling from about a second to about a minute, with jitter."""
    longest = min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(failures - 1, 10))
    return float(longest * random.uniform(0.5, 1))  # noqa: S311  no secret
