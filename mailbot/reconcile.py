"""The servers against the ledger: is there a message that we do not hold, and does mail wait that should be taken in?

`reconcile` looks at every folder; `troubles` is for a watcher apart from the worker, since the process that died cannot
say so. Neither changes anything on a server.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailbot.cases.ledger import Ledger
from mailbot.cases.standing import Standings
from mailbot.config import Config, Mailbox
from mailbot.errors import MailbotError, StorageFailed
from mailbot.intake.mailbox import ImapFolder, Listed
from mailbot.intake.maildir import MaildirFolder
from mailbot.pipeline import opened

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Unaccounted:
    """A message on a server that the ledger does not hold: where it lies and when it arrived there."""

    folder: str
    uid: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One mailbox. `held` messages lie on the server and in the ledger; `gone` ones only in the ledger, kept there."""

    mailbox: str
    held: int = 0
    gone: int = 0
    unaccounted: tuple[Unaccounted, ...] = field(default=())


def reconcile(settings: Mailbox, ledger: Ledger, tokens: Tokens | None = None) -> Reconciliation:
    """Every message in every folder of one mailbox against the ledger. Raises `MailboxUnreachable`.

    A message is known by its place; one that was moved by its size and time of arrival, which moving keeps; and where
    those do not tell, by its bytes, which are fetched for that.
    """
    left = Counter(ledger.arrivals(settings.name))
    held, unaccounted = 0, []
    with opened(settings, tokens) as mailbox:
        for folder in mailbox.every_folder():
            known = ledger.states(settings.name, folder.name, folder.uid_validity, folder.uids)
            listed = folder.listing(folder.uids)
            doubtful = {}
            for uid, one in sorted(listed.items(), key=lambda item: item[0] not in known):
                if left[one] > 0:
                    left[one] -= 1
                elif uid not in known:
                    doubtful[uid] = one
            found = _by_bytes(settings.name, folder, doubtful, ledger)
            unaccounted += [
                Unaccounted(folder=folder.name, uid=uid, received_at=one.received_at)
                for uid, one in doubtful.items()
                if uid not in found
            ]
            held += len(listed) - len(doubtful) + len(found)
    return Reconciliation(mailbox=settings.name, held=held, gone=left.total(), unaccounted=tuple(unaccounted))


def _by_bytes(
    mailbox: str, folder: ImapFolder | MaildirFolder, doubtful: Mapping[int, Listed], ledger: Ledger
) -> set[int]:
    """Those of the doubtful messages whose very bytes the ledger holds: copies that somebody made."""
    found = set()
    for batch in folder.fetch(list(doubtful)):
        digests = {mail.uid: hashlib.sha256(mail.content).hexdigest() for mail in batch}
        known = ledger.known_bytes(mailbox, list(digests.values()))
        found |= {uid for uid, digest in digests.items() if digest in known}
    return found


def troubles(
    config: Config, ledger: Ledger, standings: Standings, tokens: Mapping[str, Tokens], now: datetime
) -> list[str]:
    """What keeps mail from being taken in, a sentence each; none where all is well.

    Mail that has waited on a server or unfiled for longer than `alerts.intake_minutes` means that the worker stopped.
    """
    minutes = config.alerts.intake_minutes if config.alerts else 0
    patience = timedelta(minutes=minutes)
    found = []
    for box in config.mailbox:
        try:
            waiting = _waiting_since(box, ledger, tokens.get(box.name))
        except StorageFailed as error:
            return [str(error)]
        except MailbotError as error:  # unreachable, or its password is gone; the others are looked at all the same
            found.append(str(error))
            continue
        if waiting is not None and now - waiting > patience:
            found.append(_stopped(f"{box.name}: mail waits on the server", now - waiting))
    try:
        standing = standings.listed([box.name for box in config.mailbox])
    except StorageFailed as error:
        return [*found, str(error)]
    for one in standing:
        if one.oldest_unprocessed_at and now - one.oldest_unprocessed_at > patience:
            found.append(_stopped(f"{one.mailbox}: stored mail is not filed", now - one.oldest_unprocessed_at))
        if one.problem and one.problem_since and now - one.problem_since > patience:
            found.append(f"{one.mailbox}: since {one.problem_since:%Y-%m-%d %H:%M} UTC: {one.problem}")
    return list(dict.fromkeys(found))


def _waiting_since(settings: Mailbox, ledger: Ledger, tokens: Tokens | None) -> datetime | None:
    """When the oldest message arrived that lies in a polled folder and is not in the ledger."""
    arrived: list[datetime] = []
    with opened(settings, tokens) as mailbox:
        for folder in mailbox.folders(readonly=True):
            known = ledger.states(settings.name, folder.name, folder.uid_validity, folder.uids)
            unknown: Sequence[int] = [uid for uid in folder.uids if uid not in known]
            arrived += [one.received_at for one in folder.listing(unknown).values()]
    return min(arrived, default=None)


def _stopped(what: str, waited: timedelta) -> str:
    return f"{what}, the oldest for {int(waited.total_seconds() // 60)} minutes: has the worker stopped?"
