"""From bytes to filed cases. Read `mailbot.domain` first, then this.

Rules that make it safe: the raw bytes are committed before anything else; a case and its acknowledgement are one
transaction; a message that fails is set aside and never stops the next; nothing is deleted on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailbot.cases.filing import new_reference
from mailbot.cases.ledger import Ledger, MessageState, StoredMail
from mailbot.cases.store import Store
from mailbot.config import Mailbox
from mailbot.correspondence.compose import Composer
from mailbot.correspondence.may_reply import answer_to, may_reply
from mailbot.domain import Assessment, Email, RawMail
from mailbot.errors import StorageFailed
from mailbot.intake.mailbox import ImapFolder, ImapMailbox
from mailbot.intake.maildir import MaildirFolder, MaildirMailbox

UNFILED_AT_ONCE = 100


class Assessor(Protocol):
    """Judges messages: one assessment for each email, in order."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The parts that turn bytes into filed cases, built once in `mailbot.__main__`."""

    ledger: Ledger
    store: Store
    parse: Callable[[RawMail], Email]
    assessor: Assessor
    composer: Composer
    own_addresses: frozenset[str]


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
    try:
        file(batch, office)
        return Tally(filed=len(batch))
    except StorageFailed:
        raise  # not a message's fault: they stay stored, and the next run files them
    except Exception as error:  # noqa: BLE001  the one boundary: what is wrong with one message never stops the next
        if len(batch) > 1:
            return sum((process([stored], office) for stored in batch), Tally())
        office.store.set_aside(batch[0], f"could not be filed: {type(error).__name__}")
        return Tally(set_aside=1)


def file(batch: Sequence[StoredMail], office: Office) -> None:
    """Parses, judges and files all of `batch`, each case with its acknowledgement, or none of it."""
    emails = [office.parse(stored.mail) for stored in batch]
    assessments = office.assessor.assess(emails)
    with office.store.filing() as filing:
        for stored, email, assessment in zip(batch, emails, assessments, strict=True):
            reference = new_reference()
            written = filing.letters_today(answer_to(email).address)
            reply = may_reply(email, assessment, own_addresses=office.own_addresses, letters_today=written)
            letter = office.composer.acknowledgement(stored.mail, reference, email, assessment, reply)
            filing.file(stored, reference, email, assessment, reply, letter)


def take_in(settings: Mailbox, office: Office) -> Tally:
    """Takes in everything new in one mailbox: first what a crash left unfiled, then each folder.

    Raises `MailboxUnreachable` where the server fails; what was committed by then stays, and the next run goes on.
    """
    tally = Tally()
    while unfiled := office.ledger.unfiled(settings.name, UNFILED_AT_ONCE):
        tally += process(unfiled, office)
    with ImapMailbox(settings) if settings.kind == "imap" else MaildirMailbox(settings) as mailbox:
        for folder in mailbox.folders():
            tally += _take_in_folder(settings.name, folder, office)
    return tally


def _take_in_folder(mailbox: str, folder: ImapFolder | MaildirFolder, office: Office) -> Tally:
    ledger, tally = office.ledger, Tally()
    known = ledger.states(mailbox, folder.name, folder.uid_validity, folder.uids)
    _move_filed(mailbox, folder, office, list(known))
    for mails in folder.fetch([uid for uid in folder.uids if uid not in known]):
        stored = ledger.keep(mails)
        tally += process(stored, office) + Tally(new=len(stored))
        _move_filed(mailbox, folder, office, [mail.uid for mail in mails])
    return tally + Tally(left=folder.left)


def _move_filed(mailbox: str, folder: ImapFolder | MaildirFolder, office: Office, uids: Sequence[int]) -> None:
    states = office.ledger.states(mailbox, folder.name, folder.uid_validity, uids)
    filed = [uid for uid, state in states.items() if state is MessageState.FILED]
    if filed:
        folder.move_processed(filed)
        office.ledger.mark_moved(mailbox, folder.name, folder.uid_validity, filed)
