"""Putting a letter into the outbox, within the transaction that decided it."""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mailbot.cases.schema import letters
from mailbot.cases.sealing.vault import Keyring, Purpose, Vault
from mailbot.domain import Channel, Letter, LetterState

LETTER_PLACE = "letters.sealed_letter"
ACKNOWLEDGEMENT = "acknowledgement"


def queue_letter(
    connection: sa.Connection,
    vault: Vault,
    now: datetime,
    *,
    case_id: int,
    vault_id: str,
    purpose: str,
    state: LetterState,
    channel: Channel,
    letter: Letter | None,
    template: str | None,
    withheld_because: str | None = None,
) -> int:
    """Writes a letter that is due, or withheld; says its number. A case has one letter of each `purpose`."""
    token, digest = secrets.token_hex(16), vault.keyring.digest
    number: int = connection.execute(
        sa.insert(letters).returning(letters.c.id),
        {
            "token": token,
            "case_id": case_id,
            "purpose": purpose,
            "template": template,
            "channel": channel,
            "state": state,
            "withheld_because": withheld_because,
            "recipient_digest": letter and address_digest(vault.keyring, letter.recipient),
            "reply_token_digest": letter and letter.reply_token and digest(letter.reply_token),
            "created_at": now,
            "due_at": now,
            "attempts": 0,
            "sealed_letter": letter
            and vault.seal(vault_id, Purpose.IDENTITY, f"{LETTER_PLACE}:{token}", msgspec.json.encode(letter)),
        },
    ).scalar_one()
    return number


def address_digest(keyring: Keyring, address: str) -> str:
    """What stands for an address in clear columns: the same for all the tags it may bear (RFC 5233)."""
    local, at, domain = address.lower().rpartition("@")
    return keyring.digest(f"{local.partition('+')[0]}{at}{domain}")
