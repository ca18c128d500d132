"""The servers against the ledger: is there a message that we do not hold, and does mail wait that should be taken in?

`reconcile` looks at every folder; `troubles` is for a watcher apart from the worker, since the process that died cannot
say so. Neither changes anything on a server.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailbot.cases.arrivals.ledger import Ledger, TakenIn
from mailbot.cases.oversight.standing import Standings
from mailbot.config import Config, Mailbox
from mailbot.errors import MailbotError, StorageFailed
from mailbot.intake.mailbox import ImapFolder, Listed
from mailbot.intake.maildir import MaildirFolder
from mailbot.taking_in import opened

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

    A message is known by its place; one that was moved by its size and time of arrival, which moving keeps, where no
    more messages on the server share them than were taken in; and else by its bytes, which are fetched for that.
    """
    pool = _Pool(ledger.taken_in(settings.name))
    found = 0
    strays: dict[str, dict[int, Listed]] = {}
    unaccounted: list[Unaccounted] = []
    with opened(settings, tokens) as mailbox:
        for folder in mailbox.every_folder():
            listed = folder.listing(folder.uids)
            strays[folder.name] = {uid: one for uid, one in listed.items() if not pool.take_place(folder, uid)}
            found += len(listed) - len(strays[folder.name])
        doubtful = pool.take_arrivals(strays)
        found += sum(map(len, strays.values())) - sum(map(len, doubtful.values()))
        for name, those in doubtful.items():
            known = _known_by_bytes(mailbox.open_folder(name, readonly=True), list(those), pool) if those else set()
            found += len(known)
            unaccounted += [
                Unaccounted(folder=name, uid=uid, received_at=one.received_at)
                for uid, one in those.items()
                if uid not in known
            ]
    return Reconciliation(mailbox=settings.name, held=found, gone=pool.left(), unaccounted=tuple(unaccounted))


def _known_by_bytes(folder: ImapFolder | MaildirFolder, uids: Sequence[int], pool: _Pool) -> set[int]:
    """Those of the messages whose very bytes were taken in; what the server will not give is not among them."""
    return {
        mail.uid
        for batch in folder.fetch(uids)
        for mail in batch
        if pool.take_bytes(hashlib.sha256(mail.content).hexdigest())
    }


class _Pool:
    """The messages that were taken in and have not been found on the server yet."""

    def __init__(self, taken_in: Sequence[TakenIn]) -> None:
        self._rows = {(row.folder, row.uid_validity, row.uid): row for row in taken_in}
        self._digests = {row.sha256 for row in taken_in}

    def take_place(self, folder: ImapFolder | MaildirFolder, uid: int) -> bool:
        """Whether the message at that place was taken in there."""
        return self._rows.pop((folder.name, folder.uid_validity, uid), None) is not None

    def take_arrivals(self, strays: Mapping[str, Mapping[int, Listed]]) -> dict[str, dict[int, Listed]]:
        """Those of `strays` that size and time of arrival do not account for."""
        there = Counter(one for those in strays.values() for one in those.values())
        here: dict[Listed, list[tuple[str, int, int]]] = defaultdict(list)
        for place, row in self._rows.items():
            here[Listed(row.size, row.received_at)].append(place)
        plain = {one for one, count in there.items() if count <= len(here[one])}
        for one in plain:
            for place in here[one][: there[one]]:
                del self._rows[place]
        return {name: {uid: one for uid, one in those.items() if one not in plain} for name, those in strays.items()}

    def take_bytes(self, digest: str) -> bool:
        """Whether a message of those bytes was taken in; a copy that somebody made of one counts as it."""
        place = next((place for place, row in self._rows.items() if row.sha256 == digest), None)
        if place is not None:
            del self._rows[place]
        return digest in self._digests

    def left(self) -> int:
        """How many were taken in and are on the server no longer."""
        return len(self._rows)


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
