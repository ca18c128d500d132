"""Taking in what is new in the mailboxes, and having what is stored filed: the loop around `mailbot.pipeline`.

The raw bytes are committed before anything else; nothing is deleted on the server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mailbot.config import Mailbox
from mailbot.domain import RawMail
from mailbot.errors import ConfigError, MailbotError, MailboxUnreachable
from mailbot.intake.mailbox import ImapFolder, ImapMailbox
from mailbot.intake.maildir import MaildirFolder, MaildirMailbox
from mailbot.log import log
from mailbot.office import Office, Tally, never

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens

FILED_AT_ONCE = 20
"""How many stored messages are claimed and filed together: few enough that several workers share what has come."""

HELP_AFTER_SECONDS = 1
"""How long the mailbox is waited for before what the other one has stored is filed."""


def file_stored(
    office: Office, mailbox: str | None = None, *, handed: bool = False, stopping: Callable[[], bool] = never
) -> Tally:
    """Files what is stored and nobody else has in hand, of all mailboxes or one, oldest first, until `stopping`."""
    tally, more = Tally(), True
    while more and not stopping():
        with office.ledger.claimed(FILED_AT_ONCE, mailbox, handed=handed) as batch:
            more = bool(batch)
            if batch:
                from mailbot.pipeline import process  # all that parses, judges and files: not before there is mail

                tally += process(batch, office)
    return tally


def file_handed_back(office: Office) -> Tally:
    """Files what a person handed over: set aside and to be tried again or filed by hand, or entered by hand (P25)."""
    return file_stored(office, handed=True)


def opened(settings: Mailbox, tokens: Tokens | None = None) -> ImapMailbox | MaildirMailbox:
    """The mailbox of those settings, to be used in a with statement."""
    return ImapMailbox(settings, tokens) if settings.kind == "imap" else MaildirMailbox(settings)


def take_in(
    settings: Mailbox,
    office: Office,
    tokens: Tokens | None = None,
    *,
    wait_seconds: float = 0,
    filing: bool = True,
    stopping: Callable[[], bool] = never,
) -> Tally:
    """Takes in everything new in one mailbox: first what a crash left unfiled, then each folder. Logs what was done.

    Without `filing`, what is new is stored and what others have filed is moved, and nothing is judged.
    Where another worker is at that mailbox, and still is after `wait_seconds`, nothing is fetched; while waiting, what
    the other has stored is filed. Raises `MailboxUnreachable` where the server fails; what was committed by then stays,
    and the next run goes on.
    """
    tally, until, done = Tally(), time.monotonic() + wait_seconds, False
    while not done:
        with office.ledger.taking_in(settings.name, min(wait_seconds, HELP_AFTER_SECONDS)) as mine:
            if mine:
                tally += _take_in(settings, office, tokens, filing, stopping)
        if not mine and filing and wait_seconds:
            tally += file_stored(office, settings.name, stopping=stopping)
        done = mine or time.monotonic() >= until or stopping()
    if tokens is not None and tokens.problem:
        log.error("the sign-in will end", action="poll", mailbox=settings.name, problem=tokens.problem)
    counts = {"new": tally.new, "filed": tally.filed, "set_aside": tally.set_aside}
    log.info("mail taken in", action="poll", mailbox=settings.name, **counts)
    return tally


def _take_in(
    settings: Mailbox, office: Office, tokens: Tokens | None, filing: bool, stopping: Callable[[], bool]
) -> Tally:
    tally, oldest_left_at = Tally(), None
    if filing:
        tally += file_stored(office, settings.name, stopping=stopping)
    trouble: MailbotError | None = None
    try:
        with opened(settings, tokens) as mailbox:
            for name in mailbox.folder_names():
                if stopping():
                    return tally
                try:
                    folder = mailbox.open_folder(name)
                    tally += _take_in_folder(settings.name, folder, office, filing, stopping)
                    oldest_left_at = min(filter(None, (oldest_left_at, folder.oldest_left_at)), default=None)
                except MailboxUnreachable as error:
                    trouble = trouble or error  # the other folders are taken in all the same
    except (MailboxUnreachable, ConfigError) as error:
        trouble = trouble or error
    if trouble is not None:
        office.standings.note_problem(settings.name, str(trouble))
        raise trouble
    if not stopping():
        office.standings.note_taken_in(settings.name, oldest_left_at, tokens.problem if tokens else None)
    return tally


def _until(stopping: Callable[[], bool], batches: Iterable[Sequence[RawMail]]) -> Iterator[Sequence[RawMail]]:
    """The batches, and no more of them once `stopping`; none stays in memory once the next is asked for."""
    for batch in batches:
        yield batch
        if stopping():
            return


def _take_in_folder(
    mailbox: str, folder: ImapFolder | MaildirFolder, office: Office, filing: bool, stopping: Callable[[], bool]
) -> Tally:
    """Takes in what is new, then moves what is filed: a folder that cannot be moved to keeps no new mail out.

    All is stored before anything is filed: other workers file what is there while the rest is fetched.
    """
    ledger = office.ledger
    known = ledger.states(mailbox, folder.name, folder.uid_validity, folder.uids)
    new = folder.fetch([uid for uid in folder.uids if uid not in known])
    try:
        tally = Tally(new=sum(len(ledger.keep(mails)) for mails in _until(stopping, new)))
        if stopping():
            return tally
    except MailboxUnreachable:
        if filing:
            file_stored(office, mailbox)  # what was stored by then does not wait for the server
        raise
    if filing:
        tally += file_stored(office, mailbox, stopping=stopping)
    filed = ledger.to_move(mailbox, folder.name, folder.uid_validity, folder.uids)
    if filed:
        folder.move_processed(filed)
        ledger.mark_moved(mailbox, folder.name, folder.uid_validity, filed)
    return tally + Tally(left=folder.left)
