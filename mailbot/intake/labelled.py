"""A labelled message of a JSON-lines file made into the mail it would have arrived as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any

from mailbot.domain import RawMail


def as_mail(labelled: Mapping[str, Any]) -> RawMail:
    """The mail with the sender, subject, date and body of a labelled message."""
    message = EmailMessage(policy=SMTPUTF8)
    user, _, domain = labelled["from_address"].rpartition("@")
    message["From"] = Address(labelled["from_name"] or "", user, domain)
    message["Subject"] = " ".join(labelled["subject"].split())
    message["Date"] = labelled["date"]
    message["Message-ID"] = f"<{labelled['id']}@labelled.example>"
    message.set_content(labelled["body"], cte="base64")
    return RawMail(
        mailbox=labelled["mailbox"],
        folder="labelled",
        uid_validity=0,
        uid=0,
        received_at=datetime.now(UTC),
        content=message.as_bytes(),
    )
