"""Filing a judged message: parted into narrative and identity, sealed, and written as a case with its letter."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.ledger import MessageState, StoredMail
from mailbot.cases.mask import Masked, Masker
from mailbot.cases.schema import cases, letters, messages
from mailbot.cases.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import (
    Address,
    Assessment,
    Attachment,
    CaseState,
    Channel,
    Email,
    Evidence,
    Letter,
    LetterState,
    Reply,
    Situation,
)

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NARRATIVE_PLACE = "cases.sealed_narrative"
IDENTITY_PLACE = "cases.sealed_identity"
LETTER_PLACE = "letters.sealed_letter"
ACKNOWLEDGEMENT = "acknowledgement"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Narrative:
    """What is sealed under the narrative key: the message as officers read it, and how it was judged.

    `assessment` stays what the machine said; what officers corrected of its sealed fields stands in `corrected`.
    """

    subject: str
    text: str
    quoted: str
    assessment: Assessment
    reply: Reply
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    corrected: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is sealed under the identity key: who wrote, and what the tokens of the narrative stand for."""

    sender: Address
    reply_to: Address | None
    postal_address: str | None
    signature: str
    tokens: dict[str, str]


def new_reference() -> str:
    """A case reference such as ``MB-4F7K-29QX``: 40 random bits that tell nothing of the case, its type or its turn."""
    letters_ = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"MB-{letters_[:4]}-{letters_[4:]}"


def masked(email: Email, assessment: Assessment) -> tuple[Narrative, Identity]:
    """The message parted into what officers read, identity masked, and who wrote it.

    Evidence spans are carried over to the masked text. `reply` of the narrative is filled in by `Filing.file`.
    """
    masker = Masker(email, assessment.postal_address)
    parts = {
        "text": masker.mask(email.text),
        "subject": masker.mask(email.subject),
        "quoted": masker.mask(email.quoted),
    }
    attachments = []
    for number, attachment in enumerate(email.attachments):
        words = masker.mask(attachment.text) if attachment.text is not None else None
        parts[f"attachment:{number}"] = words or masker.mask("")
        attachments.append(
            dataclasses.replace(
                attachment, name=masker.mask(attachment.name).text, text=words.text if words is not None else None
            )
        )
    tokens: dict[str, str] = {}
    for part in parts.values():
        tokens |= part.tokens
    shown = dataclasses.replace(
        assessment,
        postal_address=None,
        people=tuple(masker.mask(person).text for person in assessment.people),
        evidence=tuple(_carried_over(evidence, parts[evidence.part]) for evidence in assessment.evidence),
    )
    narrative = Narrative(
        subject=parts["subject"].text,
        text=parts["text"].text,
        quoted=parts["quoted"].text,
        assessment=shown,
        reply=Reply(channel=Channel.NONE, template=None, withheld_because=None),
        attachments=tuple(attachments),
        defects=email.defects,
    )
    identity = Identity(
        sender=email.sender,
        reply_to=email.reply_to,
        postal_address=assessment.postal_address,
        signature=email.signature,
        tokens=tokens,
    )
    return narrative, identity


def _carried_over(evidence: Evidence, part: Masked) -> Evidence:
    start, end = part.span(evidence.start, evidence.end)
    return dataclasses.replace(evidence, start=start, end=end, text=part.text[start:end])


class Filing:
    """One transaction in which a batch of judged messages becomes cases."""

    def __init__(
        self, connection: sa.Connection, vault: Vault, clock: Clock, restricted_mailboxes: Collection[str]
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = restricted_mailboxes

    def file(
        self,
        stored: StoredMail,
        reference: str,
        email: Email,
        assessment: Assessment,
        reply: Reply,
        letter: Letter | None,
    ) -> None:
        """Files one message: a new case with its acknowledgement in the outbox, or one more copy of a known message.

        The same message come to both mailboxes is one case under the stricter mailbox's access, acknowledged once.
        Does nothing where another process has filed it meanwhile.
        """
        same_as = self._vault.keyring.digest(_fingerprint(email, stored.mail.content))
        claim = (
            sa.update(messages)
            .where(messages.c.id == stored.id, messages.c.state == MessageState.STORED)
            .values(state=MessageState.FILED, same_as=same_as)
        )
        if self._connection.execute(claim).rowcount == 0:
            return
        case_id = self._join_known(stored, same_as) or self._new_case(
            stored, reference, email, assessment, reply, letter
        )
        self._connection.execute(sa.update(messages).where(messages.c.id == stored.id).values(case_id=case_id))

    def letters_today(self, address: str) -> int:
        """How many letters were written to that address in the last 24 hours; of this batch, too."""
        query = sa.select(sa.func.count()).where(
            letters.c.recipient_digest == self._vault.keyring.digest(address.lower()),
            letters.c.created_at > self._clock() - timedelta(days=1),
            letters.c.state != LetterState.WITHHELD,
        )
        return int(self._connection.execute(query).scalar_one())

    def _join_known(self, stored: StoredMail, same_as: str) -> int | None:
        query = (
            sa.select(cases.c.id, cases.c.reference)
            .join(messages, messages.c.case_id == cases.c.id)
            .where(messages.c.same_as == same_as)
            .limit(1)
        )
        known = self._connection.execute(query).one_or_none()
        if known is None:
            return None
        if stored.mail.mailbox in self._restricted_mailboxes:
            self._connection.execute(
                sa.update(cases)
                .where(cases.c.id == known.id)
                .values(restricted=True, mailbox=stored.mail.mailbox, version=cases.c.version + 1)
            )
        self._audit("same message received again", known.reference, f"mailbox {stored.mail.mailbox}")
        case_id: int = known.id
        return case_id

    def _new_case(
        self,
        stored: StoredMail,
        reference: str,
        email: Email,
        assessment: Assessment,
        reply: Reply,
        letter: Letter | None,
    ) -> int:
        narrative, identity = masked(email, assessment)
        narrative = dataclasses.replace(narrative, reply=reply)
        state = LetterState.DUE if reply.acknowledge else LetterState.WITHHELD
        case_id: int = self._connection.execute(
            sa.insert(cases).returning(cases.c.id),
            {
                "reference": reference,
                "vault_id": stored.vault_id,
                "mailbox": stored.mail.mailbox,
                "restricted": assessment.restricted or stored.mail.mailbox in self._restricted_mailboxes,
                "state": CaseState.NEW,
                "version": 1,
                "received_at": stored.mail.received_at,
                "filed_at": self._clock(),
                "acknowledgement": state,
                **_clear_columns(assessment),
                "sealed_narrative": self._seal(stored.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, narrative),
                "sealed_identity": self._seal(stored.vault_id, Purpose.IDENTITY, IDENTITY_PLACE, identity),
            },
        ).scalar_one()
        self._queue_letter(case_id, stored.vault_id, reply, letter, state)
        self._audit("filed", reference, f"priority {assessment.priority}; acknowledgement {state}")
        return case_id

    def _queue_letter(
        self, case_id: int, vault_id: str, reply: Reply, letter: Letter | None, state: LetterState
    ) -> None:
        token, now = secrets.token_hex(16), self._clock()
        sealed = letter and self._seal(vault_id, Purpose.IDENTITY, f"{LETTER_PLACE}:{token}", letter)
        self._connection.execute(
            sa.insert(letters).values(
                token=token,
                case_id=case_id,
                purpose=ACKNOWLEDGEMENT,
                template=reply.template or reply.held_template,
                channel=reply.channel,
                state=state,
                withheld_because=reply.withheld_because,
                recipient_digest=letter and self._vault.keyring.digest(letter.recipient.lower()),
                created_at=now,
                due_at=now,
                attempts=0,
                sealed_letter=sealed,
            )
        )

    def _seal(self, vault_id: str, purpose: Purpose, place: str, value: object) -> bytes:
        return self._vault.seal(vault_id, purpose, place, msgspec.json.encode(value))

    def _audit(self, act: str, reference: str, detail: str) -> None:
        audit.record(
            self._connection, at=self._clock(), actor=audit.MACHINE, act=act, reference=reference, detail=detail
        )


def _fingerprint(email: Email, content: bytes) -> str:
    """What makes two deliveries the same message: Message-ID, From, Date and body; trace headers differ by way."""
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    sent_at = email.sent_at.isoformat() if email.sent_at else ""
    parts = [email.message_id, email.sender.address, sent_at, body.rstrip().decode("latin-1")]
    if not email.message_id:
        parts.append(head.decode("latin-1"))  # nothing names it: only the very same bytes are the same message
    return "\0".join(parts)


def _clear_columns(assessment: Assessment) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: getattr(assessment, name)
        for name in (
            *("priority", "kind", "immediate_risk", "remit", "service_type", "whistleblowing", "anonymous"),
            *("confidentiality", "contact", "local_authority", "urn", "language", "adult_in_danger"),
        )
    }
    columns |= {situation: situation in assessment.situations for situation in Situation}
    return columns | {"look_first": assessment.look_first is not None}
