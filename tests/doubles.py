"""The fakes the tests share: a judge without a model, a clock that stands still, and ready-made values."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mailbot.domain import (
    Address,
    Assessment,
    Confidentiality,
    Contact,
    Email,
    Evidence,
    Kind,
    RawMail,
    Remit,
    ServiceType,
    Situation,
    Whistleblowing,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class StillClock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        self.at += timedelta(**delta)


def assessment(**changes: Any) -> Assessment:
    """A plain concern about a children's home, with the given fields changed."""
    plain = Assessment(
        kind=Kind.CONCERN,
        immediate_risk=False,
        situations=frozenset({Situation.QUALITY_OF_CARE}),
        remit=Remit.REGULATED,
        service_type=ServiceType.CHILDRENS_HOME,
        whistleblowing=Whistleblowing.NONE,
        whistleblowing_sure=True,
        anonymous=False,
        confidentiality=Confidentiality.ASSUMED,
        contact=Contact.EMAIL,
        postal_address=None,
        service_name=None,
        local_authority=None,
        urn=None,
        language="en",
        priority=3,
        model="none",
        rules="test",
    )
    return dataclasses.replace(plain, **changes)


def email(**changes: Any) -> Email:
    """A message from a person at a public mail provider, with the given fields changed."""
    plain = Email(
        message_id="<one@post.example>",
        sender=Address(name="Jo Sandiford", address="jo.sandiford@post.example"),
        reply_to=None,
        return_path="jo.sandiford@post.example",
        recipients=(),
        subject="Larch House",
        sent_at=NOON,
        text="The food is poor at Larch House.",
    )
    return dataclasses.replace(plain, **changes)


class WordJudge:
    """Judges by single words, so that a test can say what a message is: DANGER, WORKER, CRASH."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        return [self._one(one) for one in emails]

    def unjudged(self, one: Email) -> Assessment:
        return assessment(judged=False, whistleblowing_sure=False, look_first="filed by hand", priority=2)

    def sees_danger(self, text: str) -> bool:
        return "DANGER" in text

    def _one(self, one: Email) -> Assessment:
        if "CRASH" in one.text:
            raise ValueError("a message that the judge cannot bear")
        changes: dict[str, Any] = {}
        if "DANGER" in one.text:
            at = one.text.index("DANGER")
            span = Evidence(
                field="immediate_risk",
                value="true",
                text="DANGER",
                start=at,
                end=at + 6,
                source="rule:word",
                score=1,
                clause="P3",
            )
            changes |= {
                "immediate_risk": True,
                "situations": frozenset({Situation.CHILD_AT_RISK}),
                "priority": 1,
                "evidence": (span,),
            }
        if "WORKER" in one.text:
            changes["whistleblowing"] = Whistleblowing.QUALIFYING
        if one.automatic:
            changes |= {"kind": Kind.AUTOMATIC, "priority": 5, "situations": frozenset(), "remit": Remit.NOT_APPLICABLE}
        return assessment(**changes)


def mail(
    text: str = "The food is poor at Larch House.",
    *,
    uid: int = 1,
    mailbox: str = "enquiries",
    message_id: str | None = None,
    headers: str = "",
    sender: str = "Jo Sandiford <jo.sandiford@post.example>",
    to: str = "enquiries@example.gov.uk",
) -> RawMail:
    """A message as a mailbox hands it over; its Message-ID follows its number unless given."""
    name = message_id or f"<{mailbox}-{uid}@post.example>"
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: Larch House\r\n"
    head += f"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-ID: {name}\r\n{headers}"
    return RawMail(
        mailbox=mailbox,
        folder="INBOX",
        uid_validity=1,
        uid=uid,
        received_at=NOON,
        content=f"{head}\r\n{text}\r\n".encode(),
    )
