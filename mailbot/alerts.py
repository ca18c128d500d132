"""Who is told that somebody is in danger, and until when; and alarms about mailbot itself, when the intake has stopped.

No word of a message and no name is ever in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import requests

from mailbot.cases.access import Permission, may
from mailbot.cases.alerts import AlertBook, AlertChannel, DueAlert, Notice
from mailbot.cases.identity.openings import Openings
from mailbot.cases.oversight.standing import Standing, Standings
from mailbot.clock import Clock
from mailbot.config import Alerts, Config, Mailbox
from mailbot.correspondence.carriers import Carrier, carrier
from mailbot.correspondence.smtp import ALERT
from mailbot.domain import Channel, Letter, QueuedLetter, Role
from mailbot.errors import AlarmFailed, ConfigError, DeliveryFailed
from mailbot.rota import Rota

TIMEOUT_SECONDS = 10
LATE_AFTER_POLLS = 3


def sound(settings: Alerts, text: str) -> None:
    """Posts ``{"text": text}`` to the webhook. Raises `AlarmFailed` where it does not take it."""
    try:
        answer = requests.post(settings.webhook, json={"text": text}, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        if not 200 <= answer.status_code < 300:  # a redirection has not taken it either
            raise requests.HTTPError
    except requests.RequestException as error:  # its text may hold the address, which is a secret
        raise AlarmFailed(
            f"the alarm could not be given: {type(error).__name__}; check what {settings.webhook_env} holds. "
            f"It was: {text}"
        ) from None


def beat(config: Config, standings: Standings, clock: Clock) -> None:
    """Asks for the heartbeat address while every mailbox is taken in, so that an outside monitor notices silence."""
    if config.alerts is None or not all_taken_in(config, standings, clock()):
        return
    try:
        requests.get(config.alerts.heartbeat_url, timeout=TIMEOUT_SECONDS, allow_redirects=False).raise_for_status()
    except requests.RequestException as error:
        raise AlarmFailed(f"alerts.heartbeat_url does not answer: {type(error).__name__}") from None


def all_taken_in(config: Config, standings: Standings, now: datetime) -> bool:
    """Whether each mailbox has been taken in lately: within three of its polls, or two minutes if that is longer."""
    listed = standings.listed([box.name for box in config.mailbox])
    return not any(is_late(one, config.mailbox_named(one.mailbox), now) for one in listed)


def is_late(standing: Standing, box: Mailbox, now: datetime) -> bool:
    """Whether a mailbox should have been taken in since it was last."""
    patience = timedelta(seconds=max(120, LATE_AFTER_POLLS * box.poll_seconds))
    return standing.polled_at is None or now - standing.polled_at >= patience


# ---- Somebody is in danger ------------------------------------------------------------------------------------------

TOLD_EVERY = timedelta(minutes=15)
TRIED_AGAIN_AFTER = timedelta(minutes=1)
"""How soon it is tried again where no channel took an alert."""

SUBJECT = "Please sign in"
TEXT = """Something waits for you that should not wait. Please sign in:

{url}/queue

Nothing else is said here on purpose.
"""


def tell(config: Config, rota: Rota, book: AlertBook, clock: Clock) -> int:
    """Tells the duty staff of every alert that is due, by email and by the webhook; says how many it told.

    Told first and noted then: a crash in between tells somebody twice, and never nobody.
    """
    if config.alerts is None:
        return 0
    due = book.due()
    by_webhook = {alert.id: _by_webhook(config.alerts) for alert in due}  # no mail server keeps it waiting
    for alert in due:
        people = told_at(alert.step, duty_for(alert, rota, book.roles(), clock()), rota.manager)
        notices = [*_by_email(config, f"alert-{alert.id}-{alert.step}", people, clock), by_webhook[alert.id]]
        went = any(notice.problem is None for notice in notices)
        book.note_told(alert, notices, clock() + (TOLD_EVERY if went else TRIED_AGAIN_AFTER))
    return len(due)


def duty_for(alert: DueAlert, rota: Rota, roles: Mapping[str, Role], at: datetime) -> tuple[str, ...]:
    """Who may deal with it, in order: of a restricted case only those who may see it, on duty or not at the worst."""
    on_duty = [person for person in rota.on_duty(at) if person in roles]
    if alert.restricted:
        able = [person for person, role in roles.items() if may(role, Permission.READ_RESTRICTED)]
        return tuple(person for person in on_duty if person in able) or tuple(sorted(able))
    return tuple(on_duty)


def told_at(step: int, duty: Sequence[str], manager: str) -> tuple[str, ...]:
    """Who is told at each step: the first on duty twice, then the next and round again, the manager with each of them.

    Where nobody is on duty the manager is told at once.
    """
    if not duty:
        return (manager,)
    if step <= 1:
        return (duty[0],)
    return tuple(dict.fromkeys((duty[(step - 1) % len(duty)], manager)))


def tell_lead(config: Config, openings: Openings, book: AlertBook, clock: Clock) -> int:
    """Tells those who may see restricted cases that one was opened in an emergency; says of how many it told.

    Where nobody could be told it is tried again; the task on the case stands all the same.
    """
    told = 0
    for opening in openings.untold():
        leads = sorted(person for person, role in book.roles().items() if may(role, Permission.READ_RESTRICTED))
        notices = _by_email(config, f"opening-{opening.id}", leads, clock)
        if any(notice.problem is None for notice in notices):
            openings.note_told(opening)
            told += 1
    return told


def _by_email(config: Config, name: str, people: Sequence[str], clock: Clock) -> list[Notice]:
    url = config.alerts.public_url.rstrip("/") if config.alerts else ""
    told: list[Notice] = []
    try:
        with carrier(config.outgoing, clock) as post:
            for number, person in enumerate(people):
                letter = Letter(
                    recipient=person,
                    channel=Channel.EMAIL,
                    subject=SUBJECT,
                    body=TEXT.format(url=url),
                    template=ALERT,
                    reply_address="",
                )
                queued = QueuedLetter(id=0, case_reference=f"{name}-{number}", letter=letter, attempts=1)
                told.append(_told(post, queued))
    except (DeliveryFailed, ConfigError) as error:  # no connection, or no password: nobody of those left was told
        told += [_notice(person, str(error)) for person in people[len(told) :]]
    return told


def _told(post: Carrier, queued: QueuedLetter) -> Notice:
    try:
        post.deliver(queued)
    except DeliveryFailed as error:
        return _notice(queued.letter.recipient, str(error))
    return _notice(queued.letter.recipient, None)


def _notice(person: str, problem: str | None) -> Notice:
    return Notice(channel=AlertChannel.EMAIL, recipient=person, problem=problem)


def _by_webhook(settings: Alerts) -> Notice:
    try:
        sound(settings, f"{SUBJECT}: {settings.public_url}")
    except AlarmFailed:
        return Notice(channel=AlertChannel.WEBHOOK, recipient="webhook", problem="the webhook did not take it")
    return Notice(channel=AlertChannel.WEBHOOK, recipient="webhook", problem=None)
