"""Alarms about mailbot itself, by a second channel beside email: when the intake has stopped, somebody must know.

No word of a message and no name is ever in an alarm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import requests

from mailbot.cases.standing import Standing, Standings
from mailbot.clock import Clock
from mailbot.config import Alerts, Config, Mailbox
from mailbot.errors import AlarmFailed

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
