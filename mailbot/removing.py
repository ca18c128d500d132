"""Taking originals off the mail server: those that two people let go, that a verified backup holds, byte for byte.

A message is found by its place in the ledger, under the folder's UIDVALIDITY; one that was moved since by its size and
time of arrival, which moving keeps. Whichever it is, its bytes are fetched and compared before it goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mailbot.cases.arrivals.ledger import Ledger
from mailbot.cases.backups.removals import Removals, RemovalState, ToRemove
from mailbot.cases.records.retention import Disposals
from mailbot.config import Config, Mailbox
from mailbot.errors import MailboxUnreachable
from mailbot.intake.mailbox import ImapFolder, Listed
from mailbot.intake.maildir import MaildirFolder
from mailbot.log import log
from mailbot.taking_in import opened

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What the jobs of retention work on."""

    config: Config
    disposals: Disposals
    removals: Removals
    ledger: Ledger
    last_verified_backup: Callable[[], datetime | None]
    tokens: Mapping[str, Tokens]

    def carry_out(self) -> None:
        """Carries out what two people agreed to and nobody undid, and takes what may go off the mail servers."""
        self.disposals.carry_out()
        remove_originals(self.config, self.removals, self.ledger, self.last_verified_backup, self.tokens)


def remove_originals(
    config: Config,
    removals: Removals,
    ledger: Ledger,
    last_verified_backup: Callable[[], datetime | None],
    tokens: Mapping[str, Tokens],
) -> int:
    """Takes off every server what is to go from it and is in a verified backup; says how many messages went.

    Nothing without `[retention] remove_from_server`, or before there is such a backup. Raises `MailboxUnreachable` once
    all mailboxes were tried; what could not be done is tried again by the next run.
    """
    backed_up_to = last_verified_backup() if config.retention.remove_from_server else None
    if backed_up_to is None:
        return 0
    removed, trouble = 0, None
    for box in config.mailbox:
        due = removals.due(box.name, backed_up_to)
        if not due:
            continue
        with ledger.taking_in(box.name, 0) as mine:  # nothing may be moved meanwhile
            try:
                removed += _remove(box, due, removals, tokens.get(box.name)) if mine else 0
            except MailboxUnreachable as error:
                removals.note_problem([one.message_id for one in due], str(error))
                trouble = trouble or error
    if removed:
        log.info("originals removed", action="remove originals", messages=removed)
    if trouble is not None:
        raise trouble
    return removed


def _remove(box: Mailbox, due: Sequence[ToRemove], removals: Removals, tokens: Tokens | None) -> int:
    gone: set[int] = set()
    unread: set[int] = set()
    with opened(box, tokens) as mailbox:
        for listed in mailbox.every_folder():
            if not _alike(listed, due):
                continue
            folder = mailbox.open_folder(listed.name)
            wanted = _alike(folder, due)
            found = _same_bytes(folder, wanted)
            if folder.left:
                unread |= {one.message_id for alike in wanted.values() for one in alike}
            if found:
                folder.remove(sorted(found))
                removals.settle(sorted(set(found.values())), RemovalState.REMOVED)
                gone |= set(found.values())
    if unread - gone:
        removals.note_problem(sorted(unread - gone), "the server would not give it")
    missing = [one.message_id for one in due if one.message_id not in gone | unread]
    if missing:
        removals.settle(missing, RemovalState.GONE)
    return len(gone)


def _alike(folder: ImapFolder | MaildirFolder, due: Sequence[ToRemove]) -> dict[int, list[ToRemove]]:
    """Which messages of a folder may be one of those, by UID: at its very place, or of its size and time of arrival."""
    places = {one.uid: one for one in due if (one.folder, one.uid_validity) == (folder.name, folder.uid_validity)}
    arrivals: dict[Listed, list[ToRemove]] = {}
    for one in due:
        if not one.shared:
            arrivals.setdefault(Listed(one.size, one.received_at), []).append(one)
    found: dict[int, list[ToRemove]] = {}
    for uid, seen in folder.listing(folder.uids).items():
        alike = [*([places[uid]] if uid in places else []), *arrivals.get(seen, [])]
        if alike:
            found[uid] = alike
    return found


def _same_bytes(folder: ImapFolder | MaildirFolder, alike: Mapping[int, Sequence[ToRemove]]) -> dict[int, int]:
    """The numbers of the messages that are those, to the byte, by UID."""
    return {
        mail.uid: one.message_id
        for batch in folder.fetch(list(alike))
        for mail in batch
        for one in alike[mail.uid]
        if hashlib.sha256(mail.content).hexdigest() == one.sha256
    }
