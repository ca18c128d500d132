"""What is sealed of a message: the narrative that officers read, identity masked, and apart from it who wrote it."""

from __future__ import annotations

import dataclasses

from mailbot.cases.masking.mask import PHONE, SENDER, Masked, Masker
from mailbot.domain import Address, Assessment, Attachment, Channel, Email, Evidence, KnownSource, Reply, Told

NARRATIVE_PLACE = "cases.sealed_narrative"
IDENTITY_PLACE = "cases.sealed_identity"
FOLLOW_UP_NARRATIVE_PLACE = "follow_ups.sealed_narrative"
FOLLOW_UP_IDENTITY_PLACE = "follow_ups.sealed_identity"
NOTE_PLACE = "notes.sealed_note"
"""Where each is kept, as the vault binds it."""


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
    told: Told | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is sealed under the identity key: who wrote, and what the tokens of the narrative stand for."""

    sender: Address
    reply_to: Address | None
    postal_address: str | None
    signature: str
    tokens: dict[str, str]


def masked(email: Email, assessment: Assessment) -> tuple[Narrative, Identity]:
    """The message parted into what officers read, identity masked, and who wrote it.

    Evidence spans are carried over to the masked text. `reply` of the narrative is for whoever files it to fill in.
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
        evidence=tuple(carried_over(evidence, parts[evidence.part]) for evidence in assessment.evidence),
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


def told_by(narrative: Narrative, identity: Identity) -> KnownSource:
    """What the two parts of a message tell of who wrote it, the masked words as they were written."""
    text = "\n\n".join(
        part for part in (narrative.subject, narrative.text, *(one.text or "" for one in narrative.attachments)) if part
    )
    for token, detail in identity.tokens.items():
        text = text.replace(token, detail)

    def details(kind: str) -> tuple[str, ...]:
        return tuple(detail for token, detail in identity.tokens.items() if token.startswith(f"[{kind} "))

    return KnownSource(
        name=identity.sender.name or max(details(SENDER), key=len, default=""),
        address=identity.sender.address,
        answer_to=(identity.reply_to or identity.sender).address,
        postal=identity.postal_address or "",
        phones=details(PHONE),
        text=text,
    )


def carried_over(evidence: Evidence, part: Masked) -> Evidence:
    """The evidence with its words where they stand in the masked text."""
    start, end = part.span(evidence.start, evidence.end)
    return dataclasses.replace(evidence, start=start, end=end, text=part.text[start:end])
