"""From bytes to filed cases. Read `mailbot.domain` first, then this.

Rules that make it safe: the raw bytes are committed before anything else; a case and its acknowledgement are one
transaction; a message that fails is set aside and never stops the next; nothing is deleted on the server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailbot.cases.aside import Aside
from mailbot.cases.filing import Judged, new_reference
from mailbot.cases.ledger import Ledger, StoredMail
from mailbot.cases.standing import Standings
from mailbot.cases.store import Store
from mailbot.cases.told import as_entered, as_told
from mailbot.clock import now
from mailbot.config import Acknowledgements, Mailbox
from mailbot.correspondence.as_wished import as_wished
from mailbot.correspondence.may_reply import answer_to, may_reply
from mailbot.domain import Assessment, Email, RawMail
from mailbot.errors import ConfigError, MailbotError, MailboxUnreachable, StorageFailed
from mailbot.intake.mailbox import ImapFolder, ImapMailbox
from mailbot.intake.maildir import MaildirFolder, MaildirMailbox
from mailbot.intake.thread import clues_of
from mailbot.later import make_ready
from mailbot.log import log

if TYPE_CHECKING:
    from mailbot.correspondence.compose import Composer
    from mailbot.correspondence.own_words import OwnWords
    from mailbot.intake.oauth import Tokens

FILED_AT_ONCE = 20
"""How many stored messages are claimed and filed together: few enough that several workers share what has come."""


def never() -> bool:
    """Whether a run is to end early: not unless somebody says so."""
    return False


class Assessor(Protocol):
    """Judges messages: one assessment for each email, in order."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]: ...

    def unjudged(self, email: Email) -> Assessment:
        """What stands for a judgement where a person files a message by hand."""

    def sees_danger(self, text: str) -> bool:
        """Whether words of live danger stand anywhere in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The parts that turn bytes into filed cases, put together in `mailbot.parts`.

    Those that read, judge and write may be built with the first message: `mailbot.later`.
    """

    ledger: Ledger
    store: Store
    aside: Aside
    standings: Standings
    parse: Callable[[RawMail], Email]
    assessor: Assessor
    composer: Composer
    own_words: OwnWords
    own_addresses: frozenset[str]
    caps: Acknowledgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run did with a mailbox. `left` were not taken in and stay on the server for the next run."""

    new: int = 0
    filed: int = 0
    set_aside: int = 0
    left: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            new=self.new + other.new,
            filed=self.filed + other.filed,
            set_aside=self.set_aside + other.set_aside,
            left=self.left + other.left,
        )


def process(batch: Sequence[StoredMail], office: Office) -> Tally:
    """Files a batch of stored messages in one transaction; where one of them fails, each by itself."""
    make_ready(office.assessor, office.composer, office.own_words)  # broken rules are no message's fault
    try:
        file(batch, office)
        return Tally(filed=len(batch))
    except StorageFailed:
        raise  # not a message's fault: they stay stored, and the next run files them
    except Exception as error:  # noqa: BLE001  the one boundary: what is wrong with one message never stops the next
        if len(batch) > 1:
            return sum((process([stored], office) for stored in batch), Tally())
        if batch[0].by_hand and office.parse is not bare:
            return process(batch, dataclasses.replace(office, parse=bare))
        office.aside.put(batch[0], f"could not be filed: {type(error).__name__}", danger=swept(batch[0], office))
        return Tally(set_aside=1)


def file(batch: Sequence[StoredMail], office: Office) -> None:
    """Parses, judges and files all of `batch`, each case with its acknowledgement, or none of it."""
    emails = [read(stored, office) for stored in batch]
    assessments = judged(batch, emails, office)
    with office.store.filing() as filing:
        for stored, email, said in zip(batch, emails, assessments, strict=True):
            clues = clues_of(email)
            if stored.entry and not stored.entry.email:
                clues = dataclasses.replace(clues, topic="")  # every call has the same subject: it makes no two one's
            thread = filing.thread_of(stored, email, clues, answer_to(email).address)
            assessment = as_told(said, stored.entry) if stored.entry else said
            reply = may_reply(email, assessment, thread, own_addresses=office.own_addresses, caps=office.caps)
            if stored.entry:
                reply = as_wished(stored.entry, reply)
            reference = stored.entered_as or thread.case_reference or new_reference()
            letter = office.composer.acknowledgement(stored.mail, reference, email, assessment, reply)
            message = Judged(
                reference=reference,
                email=email,
                clues=clues,
                thread=thread,
                assessment=assessment,
                reply=reply,
                letter=letter,
                reply_address=office.composer.reply_address(stored.mail.mailbox),
                judged=said,
            )
            filing.file(stored, message)


def read(stored: StoredMail, office: Office) -> Email:
    """A message as it can be read; what an officer entered as they wrote it, with its files read like any other's."""
    email = office.parse(stored.mail)
    return as_entered(email, stored.entry) if stored.entry else email


def judged(batch: Sequence[StoredMail], emails: Sequence[Email], office: Office) -> list[Assessment]:
    """The assessments of a batch; what a person files by hand is not judged."""
    asked = [email for stored, email in zip(batch, emails, strict=True) if not stored.by_hand]
    answers = iter(office.assessor.assess([office.own_words.left_out(email) for email in asked]))
    return [
        office.assessor.unjudged(office.own_words.left_out(email)) if stored.by_hand else next(answers)
        for stored, email in zip(batch, emails, strict=True)
    ]


def bare(mail: RawMail) -> Email:
    """The little that can be read of any message: for one that a person files by hand and that fails all the same."""
    from mailbot.intake.parse import barely_read  # the parsers take long to load, and the reader has its own

    return barely_read(mail.content, "filed by hand: only its headers and first words could be read")


def warm_up(office: Office) -> None:
    """Has the reader started and the model loaded before the first message needs them."""
    email = office.parse(RawMail(mailbox="", folder="", uid_validity=0, uid=0, received_at=now(), content=b""))
    office.assessor.assess([email])


def swept(stored: StoredMail, office: Office) -> bool:
    """Whether a message that could not be filed holds words of danger, raw or read; yes where even that fails."""
    try:
        raw, read = bare(stored.mail), office.parse(stored.mail)
        texts = [raw.text, read.subject, read.text, read.quoted, read.signature]
        texts += [one.text or "" for one in read.attachments]
        return any(office.assessor.sees_danger(text) for text in texts)
    except Exception:  # noqa: BLE001  whatever stops the sweep, a person must look
        return True


def file_stored(
    office: Office, mailbox: str | None = None, *, handed: bool = False, stopping: Callable[[], bool] = never
) -> Tally:
    """Files what is stored and nobody else has in hand, of all mailboxes or one, oldest first, until `stopping`."""
    tally, more = Tally(), True
    while more and not stopping():
        with office.ledger.claimed(FILED_AT_ONCE, mailbox, handed=handed) as batch:
            more = bool(batch)
            tally += process(batch, office) if batch else Tally()
    return tally


def file_handed_back(office: Office) -> Tally:
    """Files what a person handed over: set aside and to be tried again or filed by hand, or entered by hand (P25)."""
    return file_stored(office, handed=True)


def opened(settings: Mailbox, tokens: Tokens | None = None) -> ImapMailbox | MaildirMailbox:
    """The mailbox of those settings, to be used in a with statement."""
    return ImapMailbox(settings, tokens) if settings.kind == "imap" else MaildirMailbox(settings)


def poll(
    settings: Mailbox,
    office: Office,
    tokens: Tokens | None = None,
    *,
    wait_seconds: float = 0,
    filing: bool = True,
    stopping: Callable[[], bool] = never,
) -> Tally:
    """Takes in everything new in one mailbox and logs what was done; raises `MailbotError` where it failed."""
    tally = take_in(settings, office, tokens, wait_seconds=wait_seconds, filing=filing, stopping=stopping)
    if tokens is not None and tokens.problem:
        log.error("the sign-in will end", action="poll", mailbox=settings.name, problem=tokens.problem)
    counts = {"new": tally.new, "filed": tally.filed, "set_aside": tally.set_aside}
    log.info("mail taken in", action="poll", mailbox=settings.name, **counts)
    return tally


def take_in(
    settings: Mailbox,
    office: Office,
    tokens: Tokens | None = None,
    *,
    wait_seconds: float = 0,
    filing: bool = True,
    stopping: Callable[[], bool] = never,
) -> Tally:
    """Takes in everything new in one mailbox: first what a crash left unfiled, then each folder.

    Without `filing`, what is new is stored and what others have filed is moved, and nothing is judged.
    Nothing is done where another worker is at that mailbox, and still is after `wait_seconds`. Raises
    `MailboxUnreachable` where the server fails; what was committed by then stays, and the next run goes on.
    """
    with office.ledger.taking_in(settings.name, wait_seconds) as mine:
        return _take_in(settings, office, tokens, filing, stopping) if mine else Tally()


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


def _take_in_folder(
    mailbox: str, folder: ImapFolder | MaildirFolder, office: Office, filing: bool, stopping: Callable[[], bool]
) -> Tally:
    """Takes in what is new, then moves what is filed: a folder that cannot be moved to keeps no new mail out.

    All is stored before anything is filed: other workers file what is there while the rest is fetched.
    """
    ledger, tally = office.ledger, Tally()
    known = ledger.states(mailbox, folder.name, folder.uid_validity, folder.uids)
    try:
        for mails in folder.fetch([uid for uid in folder.uids if uid not in known]):
            tally += Tally(new=len(ledger.keep(mails)))
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
