"""What hands letters over: a mail server, GOV.UK Notify, or a folder; as ``[outgoing] kind`` names it."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from mailbot.clock import Clock
from mailbot.config import Outgoing
from mailbot.correspondence.compose import LONDON
from mailbot.correspondence.notify import NotifyCarrier, NotifySettings
from mailbot.correspondence.paper import on_paper
from mailbot.correspondence.smtp import FolderCarrier, SmtpCarrier
from mailbot.domain import Channel, QueuedLetter
from mailbot.errors import AddressUnusable, ConfigError, DeliveryFailed


class Carrier(Protocol):
    """Hands letters over, one by one; a context manager that keeps its connection for a whole run."""

    def __enter__(self) -> Carrier: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def deliver(self, queued: QueuedLetter) -> None:
        """Returns once the letter is handed over; raises `DeliveryFailed`."""


def carrier(settings: Outgoing, clock: Clock) -> Carrier:
    """The carrier of these settings."""
    if settings.kind == "notify":
        return notify_carrier(settings, clock)
    return FolderCarrier(settings, clock) if settings.kind == "folder" else SmtpCarrier(settings, clock)


def carried(settings: Outgoing) -> tuple[Channel, ...]:
    """What it takes: Notify prints and posts, too; elsewhere staff do."""
    return (Channel.EMAIL, Channel.POST) if settings.kind == "notify" else (Channel.EMAIL,)


def notify_carrier(settings: Outgoing, clock: Clock) -> NotifyCarrier:
    """GOV.UK Notify, which can also be asked what became of a letter."""

    def paper(queued: QueuedLetter) -> bytes:
        try:
            return on_paper(queued.letter, clock().astimezone(LONDON).date(), queued.case_reference)
        except AddressUnusable as error:
            raise DeliveryFailed(str(error), permanent=True) from None
        except ConfigError as error:
            raise DeliveryFailed(str(error)) from None

    account = NotifySettings(
        api_key=settings.password,
        email_template=settings.email_template,
        reply_to_ids=settings.reply_to_ids,
        postage=settings.postage,
        url=settings.notify_url,
    )
    return NotifyCarrier(account, paper)
