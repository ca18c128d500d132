"""The worker: takes in each mailbox in a thread of its own, and sends on schedule. One scheduler a process, in UTC.

A mailbox is taken in whenever its bell rings: by the schedule, and at once where the server tells of new mail (IDLE).
Polling goes on whatever IDLE says, and one mailbox's trouble never delays another's. The jobs are plain functions that
also serve `poll --once` and `send --once`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.alerts import beat, tell, tell_lead
from mailbot.cases.alerts import AlertBook
from mailbot.cases.approaches import Approaches
from mailbot.cases.openings import Openings
from mailbot.cases.outbox import Outbox
from mailbot.cases.second_looks import SecondLooks
from mailbot.clock import Clock
from mailbot.config import Config, Mailbox
from mailbot.errors import MailbotError, MailboxUnreachable
from mailbot.intake.mailbox import ImapMailbox
from mailbot.pipeline import Office, Tally, file_handed_back, take_in, warm_up
from mailbot.rota import Rota
from mailbot.sending import ask_after, lay_out, send

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens

SEND_EVERY_SECONDS = 10
ASK_EVERY_SECONDS = 300
CHASE_EVERY_SECONDS = 30
HAND_BACK_EVERY_SECONDS = 2
BEAT_EVERY_SECONDS = 60
ALERT_EVERY_SECONDS = 1
DRAW_EVERY_SECONDS = 900
"""Each day's cases are drawn from once, soon after it has ended (UTC)."""
LONGEST_BACKOFF_SECONDS = 60

log = structlog.get_logger()


def poll(settings: Mailbox, office: Office, tokens: Tokens | None = None, *, wait_seconds: float = 0) -> Tally:
    """Takes in everything new in one mailbox and logs what was done; raises `MailbotError` where it failed."""
    tally = take_in(settings, office, tokens, wait_seconds=wait_seconds)
    if tokens is not None and tokens.problem:
        log.error("the sign-in will end", action="poll", mailbox=settings.name, problem=tokens.problem)
    log.info(
        "mail taken in",
        action="poll",
        mailbox=settings.name,
        new=tally.new,
        filed=tally.filed,
        set_aside=tally.set_aside,
    )
    return tally


class Attendant:
    """Attends one mailbox in threads of its own until `stopping` is set."""

    def __init__(self, settings: Mailbox, office: Office, tokens: Tokens | None, stopping: threading.Event) -> None:
        self._settings = settings
        self._office = office
        self._tokens = tokens
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
        failures, warm = 0, False
        while self._bell.wait() and not self._stopping.is_set():
            self._bell.clear()
            went_well = guarded(
                f"poll {self._settings.name}", partial(poll, self._settings, self._office, self._tokens)
            )
            failures = 0 if went_well else failures + 1
            if not warm:
                warm = guarded("warm up", partial(warm_up, self._office))  # the next message must not wait for it
            if failures and not self._stopping.wait(backoff_seconds(failures)):
                self._bell.set()

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


class Worker:
    """Takes in each mailbox, sends, files what staff hand back and draws second looks, until stopped."""

    def __init__(
        self, config: Config, office: Office, books: Books, clock: Clock, tokens: Mapping[str, Tokens]
    ) -> None:
        self._stopping = threading.Event()
        self._attendants = [Attendant(box, office, tokens.get(box.name), self._stopping) for box in config.mailbox]
        threads = ThreadPoolExecutor(max_workers=len(config.mailbox) + 9)
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": threads})
        for box, attendant in zip(config.mailbox, self._attendants, strict=True):
            self._every(box.poll_seconds, f"ring {box.name}", attendant.ring)
        self._every(SEND_EVERY_SECONDS, "send", partial(send, config, books.outbox, clock))
        self._every(SEND_EVERY_SECONDS, "lay out letters", partial(lay_out, config, books.outbox, clock))
        self._every(ASK_EVERY_SECONDS, "ask after letters", partial(ask_after, config, books.outbox, clock))
        self._every(CHASE_EVERY_SECONDS, "chase answers", books.approaches.chase)
        self._every(HAND_BACK_EVERY_SECONDS, "file handed back", partial(file_handed_back, office))
        share = config.triage.second_looks
        self._every(DRAW_EVERY_SECONDS, "draw second looks", partial(books.second_looks.draw, share))
        if config.alerts and config.alerts.enabled:
            rota = Rota.load(Path(config.alerts.rota))
            self._every(ALERT_EVERY_SECONDS, "alert", partial(tell, config, rota, books.alerts, clock))
            lead = partial(tell_lead, config, books.openings, books.alerts, clock)
            self._every(SEND_EVERY_SECONDS, "tell the lead", lead)
        if config.alerts and config.alerts.heartbeat_url:
            self._every(BEAT_EVERY_SECONDS, "heartbeat", partial(beat, config, office.standings, clock))

    def start(self) -> None:
        for attendant in self._attendants:
            attendant.start()
        self._scheduler.start()

    def stop(self) -> None:
        """Ends after the jobs in hand."""
        self._stopping.set()
        self._scheduler.pause()  # or it goes on handing jobs to threads that are gone
        self._scheduler.shutdown(wait=True)
        for attendant in self._attendants:
            attendant.stop()

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
