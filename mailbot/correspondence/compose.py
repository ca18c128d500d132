"""Writing letters from the templates in ``templates/LANGUAGE/``: Jinja2 with `StrictUndefined`, plain text.

A template is a subject line, an empty line and the body. It is given only what `LetterFacts` holds: nothing of what the
sender wrote can get into a letter.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from mailbot.correspondence.may_reply import answer_to
from mailbot.domain import (
    Assessment,
    Channel,
    Email,
    Letter,
    RawMail,
    Remit,
    Reply,
    ServiceType,
    Whistleblowing,
)
from mailbot.errors import ArtefactRefused

TEMPLATES = ("concern", "whistleblowing", "out_of_remit", "enquiry")
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """All that a template may use. `received_on` is the day of arrival in London, in words."""

    reference: str
    received_on: str
    remit: Remit
    service_type: ServiceType
    whistleblowing: Whistleblowing
    danger: bool
    fears_reprisal: bool
    by_post: bool


class Composer:
    """Composes letters. Raises `ArtefactRefused` at once where a template is missing or asks for what is not there."""

    def __init__(self, templates: Path, reply_addresses: dict[str, str]) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(templates / "en"),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701  plain text mail: an escaped ampersand would be shown as such
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._reply_addresses = reply_addresses
        self._check()

    def acknowledgement(
        self, mail: RawMail, reference: str, email: Email, assessment: Assessment, reply: Reply
    ) -> Letter | None:
        """The letter that confirms receipt (P10), or None where `reply` says that none goes, not even held."""
        template = reply.template or reply.held_template
        if template is None:
            return None
        facts = LetterFacts(
            reference=reference,
            received_on=_day(mail.received_at),
            remit=assessment.remit,
            service_type=assessment.service_type,
            whistleblowing=assessment.whistleblowing,
            danger=assessment.immediate_risk or assessment.adult_in_danger,
            fears_reprisal=assessment.fears_reprisal,
            by_post=reply.channel is Channel.POST,
        )
        subject, body = self.render(template, facts)
        return Letter(
            recipient=_recipient(email, assessment, reply),
            channel=Channel.POST if reply.channel is Channel.POST else Channel.EMAIL,
            subject=subject,
            body=body,
            template=template,
            reply_address=self.reply_address(mail.mailbox),
            reply_token=_new_token(),
            in_reply_to=email.message_id,
        )

    def reply_address(self, mailbox: str) -> str:
        """Where answers to that mailbox's letters come back, without a token; '' where none is set."""
        return self._reply_addresses.get(mailbox, "")

    def render(self, template: str, facts: LetterFacts) -> tuple[str, str]:
        """Subject and body of a template filled in."""
        values = {field.name: getattr(facts, field.name) for field in fields(facts)}
        try:
            text = self._environment.get_template(f"{template}.txt").render(values)
        except jinja2.TemplateNotFound:
            raise ArtefactRefused(f"the template templates/en/{template}.txt is missing: put it back") from None
        except jinja2.TemplateError as error:
            raise ArtefactRefused(f"the template templates/en/{template}.txt cannot be used: {error}") from None
        subject, _, body = text.partition("\n\n")
        return subject.strip(), body.strip() + "\n"

    def _check(self) -> None:
        for template in TEMPLATES:
            for remit in Remit:
                for danger in (False, True):
                    facts = LetterFacts(
                        reference="MB-0000-0000",
                        received_on="1 January 2026",
                        remit=remit,
                        service_type=ServiceType.UNKNOWN,
                        whistleblowing=Whistleblowing.NONE,
                        danger=danger,
                        fears_reprisal=danger,
                        by_post=False,
                    )
                    subject, body = self.render(template, facts)
                    if not subject or not body.strip():
                        raise ArtefactRefused(f"the template templates/en/{template}.txt has no subject or no body")


def _new_token() -> str:
    """128 random bits as 26 letters and digits, for small letters and capitals alike: some servers change those."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


def _recipient(email: Email, assessment: Assessment, reply: Reply) -> str:
    if reply.channel is Channel.POST:
        address, name = assessment.postal_address or "", email.sender.name
        return address if assessment.anonymous or not name or name in address else f"{name}\n{address}"
    return answer_to(email).address


def _day(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"
