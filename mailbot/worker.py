"""The scheduled jobs: take in mail, send what is due. One scheduler a process, memory only, in UTC.

The jobs are plain functions that also serve `poll --once` and `send --once`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.cases.outbox import Outbox
from mailbot.clock import Clock
from mailbot.config import Config, Mailbox
from mailbot.correspondence.smtp import carrier
from mailbot.domain import LetterState
from mailbot.errors import DeliveryFailed, MailbotError
from mailbot.pipeline import Office, Tally, take_in

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens

SEND_EVERY_SECONDS = 10

log = structlog.get_logger()


class Results(dict[LetterState, int]):
    """How many letters ended in which state during one run."""

    def add(self, state: LetterState) -> None:
        self[state] = self.get(state, 0) + 1


def poll(settings: Mailbox, office: Office, tokens: Tokens | None = None) -> Tally:
    """Takes in everything new in one mailbox and logs what was done; raises `MailbotError` where it failed."""
    tally = take_in(settings, office, tokens)
    log.info(
        "mail taken in",
        action="poll",
        mailbox=settings.name,
        new=tally.new,
        filed=tally.filed,
        set_aside=tally.set_aside,
    )
    return tally


def send(config: Config, outbox: Outbox, clock: Clock) -> Results:
    """Sends every email that is due. Raises `DeliveryFailed` where the mail server cannot be used at all.

    Nothing is claimed before the server has answered, so a server that is down costs no attempt.
    """
    results = Results()
    for _ in range(outbox.give_up_stale()):
        results.add(LetterState.UNKNOWN)
    due, _to_post = outbox.waiting()
    if not due:
        return results
    with carrier(config.outgoing, clock) as post:
        while batch := outbox.claim(1):  # one at a time: a crash leaves one letter in doubt, not twenty
            for queued in batch:
                try:
                    post.deliver(queued)
                except DeliveryFailed as error:
                    if error.uncertain:
                        outbox.settle(queued, LetterState.UNKNOWN, str(error))
                        results.add(LetterState.UNKNOWN)
                    elif error.permanent:
                        outbox.settle(queued, LetterState.FAILED, str(error))
                        results.add(LetterState.FAILED)
                    else:
                        results.add(outbox.postpone(queued, str(error)))
                else:
                    outbox.settle(queued, LetterState.SENT)
                    results.add(LetterState.SENT)
    return results


class Worker:
    """Polls each mailbox and the outbox on schedule until stopped; one mailbox's trouble never delays another's."""

    def __init__(self, config: Config, office: Office, outbox: Outbox, clock: Clock) -> None:
        threads = ThreadPoolExecutor(max_workers=len(config.mailbox) + 1)
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": threads})
        for box in config.mailbox:
            self._every(box.poll_seconds, f"poll {box.name}", partial(poll, box, office))
        self._every(SEND_EVERY_SECONDS, "send", partial(send, config, outbox, clock))

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Ends after the jobs in hand."""
        self._scheduler.shutdown(wait=True)

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


def guarded(name: str, job: Callable[[], object]) -> None:
    """Runs a job; what is wrong is logged in one line and the schedule goes on."""
    try:
        job()
    except MailbotError as error:
        log.error("job failed", action=name, problem=str(error))
