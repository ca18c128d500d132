"""Telephone calls and letters entered by officers (P25): kept as a message like any other, and filed as a case at once.

The form's bytes are sealed in the ledger, what the officer was told beside them, and the case opened, in one
transaction; the worker judges the message within two seconds (`mailbot.cases.arrivals.entering`). That a message was
entered says its row in `entries` alone, never a header or a folder, which anybody could send or name.

Every officer may enter for every mailbox: a worker who rings the wrong number must not be sent away. What is entered
for a restricted one is restricted from the first moment, so that an officer without the role does not see it again.
"""

from __future__ import annotations

import email.utils
import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand
from mailbot.cases.arrivals.entering import Entering
from mailbot.cases.arrivals.filing import new_reference
from mailbot.cases.arrivals.ledger import ENTRY_PLACE, RAW_PLACE, MessageState
from mailbot.cases.arrivals.told import SUBJECTS, answers_of, as_entered, words_of
from mailbot.cases.database import one_at_a_time, storage_errors, writing
from mailbot.cases.schema import cases, entries, messages, raw_messages
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Address, Attachment, Email, Entry
from mailbot.errors import EnteredAlready
from mailbot.targets import ORDINARY, Targets

BY_HAND = "by hand"
"""The folder under which the ledger lists what was entered."""

NOBODY = "no-address@by-hand.invalid"
USABLE = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", re.ASCII)
"""An email address as people give them."""

TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredFile:
    """A scan or a picture that came with the form: its name, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an entry became: its case's reference, which may be told to whoever calls, and whether few may see it."""

    reference: str
    restricted: bool


class Entries:
    """Takes down what officers enter."""

    def __init__(
        self,
        engine: sa.Engine,
        vault: Vault,
        clock: Clock,
        restricted_mailboxes: Collection[str] = frozenset(),
        targets: Targets = ORDINARY,
    ) -> None:
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = frozenset(restricted_mailboxes)
        self._targets = targets

    def enter(self, officer: Officer, mailbox: str, entry: Entry, files: Sequence[EnteredFile], token: str) -> Receipt:
        """Keeps an entry and opens its case; danger that was told alerts with it. Audited.

        The form's `token` (32 hex digits, see `new_token`) makes it count once: the very same sent again gives the
        same receipt. Raises `EnteredAlready` where the form was sent before with other words.
        """
        demand(officer, Permission.REVIEW)
        content = written(entry, files, token)
        digest = self._digest(mailbox, entry, files)
        with storage_errors():
            (vault_id,) = self._vault.open_many(1)
            with self._writing.begin() as connection:
                one_at_a_time(connection)
                before = self._before(connection, token)
                if before is not None:
                    return self._same(before, digest, officer)
                message_id = self._keep(connection, vault_id, mailbox, content)
                reference = new_reference()
                entering = Entering(connection, self._vault, self._clock, self._restricted_mailboxes, self._targets)
                case_id = entering.open(vault_id, mailbox, reference, entry, _outline(entry, files))
                connection.execute(sa.update(messages).where(messages.c.id == message_id).values(case_id=case_id))
                sealed = self._vault.seal(vault_id, Purpose.IDENTITY, ENTRY_PLACE, msgspec.json.encode(entry))
                connection.execute(
                    sa.insert(entries).values(
                        message_id=message_id,
                        case_id=case_id,
                        token=token,
                        digest=digest,
                        entered_by=officer.email,
                        entered_at=self._clock(),
                        sealed_entry=sealed,
                    )
                )
                danger = "; danger told" if entry.child_in_danger or entry.adult_in_danger else ""
                self._audit(connection, officer, reference, f"{entry.kind}{danger}")
                row = self._before(connection, token)
        return Receipt(reference=reference, restricted=row.restricted)

    def _keep(self, connection: sa.Connection, vault_id: str, mailbox: str, content: bytes) -> int:
        now = self._clock()
        message_id: int = connection.execute(
            sa.insert(messages).returning(messages.c.id),
            {
                "vault_id": vault_id,
                "mailbox": mailbox,
                "folder": BY_HAND,
                "uid_validity": 0,
                "uid": secrets.randbits(62),
                "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "received_at": now,
                "stored_at": now,
                "state": MessageState.STORED,
                "moved": False,
            },
        ).scalar_one()
        sealed = self._vault.seal(vault_id, Purpose.IDENTITY, RAW_PLACE, content)
        connection.execute(sa.insert(raw_messages).values(message_id=message_id, sealed=sealed))
        return message_id

    @staticmethod
    def _before(connection: sa.Connection, token: str) -> Any:
        query = (
            sa.select(cases.c.reference, cases.c.restricted, entries.c.digest, entries.c.entered_by)
            .join(entries, entries.c.case_id == cases.c.id)
            .where(entries.c.token == token)
        )
        return connection.execute(query).one_or_none()

    @staticmethod
    def _same(before: Any, digest: str, officer: Officer) -> Receipt:
        if before.digest != digest or before.entered_by != officer.email:
            raise EnteredAlready(
                f"This form was sent already and became {before.reference}. What it says now was not entered: send it "
                "again to enter it as a case of its own"
                if before.entered_by == officer.email
                else "This form was sent already: send it again to enter it as a case of its own"
            )
        return Receipt(reference=before.reference, restricted=before.restricted)

    def _digest(self, mailbox: str, entry: Entry, files: Sequence[EnteredFile]) -> str:
        """The same for the same answers and files, whenever they are sent."""
        told = msgspec.to_builtins(entry) | {"received_at": entry.received_at.date().isoformat()}
        bytes_of = [(one.name, hashlib.sha256(one.content).hexdigest()) for one in files]
        return self._vault.keyring.digest(msgspec.json.encode([mailbox, told, bytes_of]).decode())

    def _audit(self, connection: sa.Connection, officer: Officer, reference: str, detail: str) -> None:
        at = self._clock()
        audit.record(connection, at=at, actor=officer.email, act="entered by hand", reference=reference, detail=detail)


def new_token() -> str:
    """What a fresh form carries, so that it counts once however often it is sent."""
    return secrets.token_hex(16)


def written(entry: Entry, files: Sequence[EnteredFile], token: str) -> bytes:
    """An entry as a message (RFC 5322), all that was told in it: it can be read without mailbot.

    ``X-Mailbot-By-Hand`` is for people. Nothing here believes it.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _sender(entry)
    message["Subject"] = SUBJECTS[entry.kind]
    message["Date"] = email.utils.format_datetime(entry.received_at)
    message["Message-ID"] = f"<{token}@by-hand.invalid>"
    message["X-Mailbot-By-Hand"] = str(entry.kind)
    where = [("Email", entry.email), ("Postal address", entry.postal), ("Telephone", entry.telephone)]
    answers = [*answers_of(entry), *((name, told) for name, told in where if told), ("Entered by", entry.entered_by)]
    told = "\n".join(f"{question} {answer}" for question, answer in answers)
    message.set_content(f"{words_of(entry)}\n\n--------\n{told}\n")
    for one in files:
        maintype, _, subtype = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=maintype, subtype=subtype, filename=one.name)
    return message.as_bytes()


def _sender(entry: Entry) -> MailAddress:
    """An address that no mail could have stands among the answers alone."""
    username, _, domain = (entry.email if USABLE.fullmatch(entry.email) else NOBODY).partition("@")
    return MailAddress(display_name=entry.name, username=username, domain=domain)


def _outline(entry: Entry, files: Sequence[EnteredFile]) -> Email:
    """The entry as a message of which no file has been read yet."""
    attachments = tuple(
        Attachment(name=one.name, media_type=one.media_type, size=len(one.content), unread=True) for one in files
    )
    bare = Email(
        message_id="",
        sender=Address(),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject="",
        sent_at=None,
        text="",
        attachments=attachments,
    )
    return as_entered(bare, entry)
