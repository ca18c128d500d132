"""Writing letters from the templates in ``templates/LANGUAGE/``: Jinja2 with `StrictUndefined`, plain text.

A template is a subject line, an empty line and the body. It is given only what `LetterFacts` and the contact points
hold: nothing of what the sender wrote can get into a letter. A Welsh message gets Welsh and English.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from mailbot.correspondence.contacts import read_contacts
from mailbot.correspondence.may_reply import TEMPLATES, answer_to
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

LONDON = ZoneInfo("Europe/London")
ENGLISH, WELSH = "en", "cy"
LANGUAGES = (ENGLISH, WELSH)
WELSH_AND_ENGLISH = (WELSH, ENGLISH)
MONTHS = {
    ENGLISH: "January February March April May June July August September October November December".split(),
    WELSH: "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr".split(),
}
BETWEEN_LANGUAGES = "\n\n----------\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """All that a template may use, besides the contact points. `received_at` becomes the day in London, in words.

    `worker` says that somebody writes of where they work; `fears_reprisal` also where they may, and it is not sure.
    `authority` is the council of the place, '' where it is not told; `missing` names what would help and is not told:
    dates, names, service, place, copies.
    """

    reference: str
    received_at: datetime
    remit: Remit
    service_type: ServiceType
    whistleblowing: Whistleblowing
    danger: bool
    fears_reprisal: bool
    worker: bool
    authority: str
    missing: tuple[str, ...]
    by_post: bool


class Composer:
    """Composes letters. Raises `ArtefactRefused` at once where a template is missing or asks for what is not there."""

    def __init__(self, templates: Path, reply_addresses: dict[str, str]) -> None:
        self._contacts = read_contacts(templates)
        self._environments = {language: environment(templates, language) for language in LANGUAGES}
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
            received_at=mail.received_at,
            remit=assessment.remit,
            service_type=assessment.service_type,
            whistleblowing=assessment.whistleblowing,
            danger=assessment.immediate_risk or assessment.adult_in_danger,
            fears_reprisal=assessment.fears_reprisal or not assessment.whistleblowing_sure,
            worker=assessment.whistleblowing is not Whistleblowing.NONE,
            authority=assessment.local_authority or "",
            missing=assessment.missing,
            by_post=reply.channel is Channel.POST,
        )
        languages = WELSH_AND_ENGLISH if assessment.language == WELSH else (ENGLISH,)
        subject, body = together([self.render(template, facts, language) for language in languages], reference)
        return Letter(
            recipient=_recipient(email, assessment, reply),
            channel=Channel.POST if reply.channel is Channel.POST else Channel.EMAIL,
            subject=subject,
            body=body,
            template=template,
            reply_address=self.reply_address(mail.mailbox),
            reply_token=new_token(),
            in_reply_to=email.message_id,
        )

    def reply_address(self, mailbox: str) -> str:
        """Where answers to that mailbox's letters come back, without a token; '' where none is set."""
        return self._reply_addresses.get(mailbox, "")

    def render(self, template: str, facts: LetterFacts, language: str = ENGLISH) -> tuple[str, str]:
        """Subject and body of a template filled in."""
        values = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name != "received_at"}
        values |= {"received_on": day_in_words(facts.received_at, language), "contacts": self._contacts}
        return filled_in(self._environments, language, template, values)

    def _check(self) -> None:
        """Renders every template once for each answer that changes what it says, so that a fault shows at the start."""
        for language, template, remit, danger in itertools.product(LANGUAGES, TEMPLATES, Remit, (False, True)):
            facts = LetterFacts(
                reference="MB-0000-0000",
                received_at=datetime(2026, 1, 1, tzinfo=LONDON),
                remit=remit,
                service_type=ServiceType.UNKNOWN,
                whistleblowing=Whistleblowing.NONE,
                danger=danger,
                fears_reprisal=danger,
                worker=danger,
                authority="Leeds" if danger else "",
                missing=("dates", "names", "service", "place", "copies") if danger else (),
                by_post=False,
            )
            self.render(template, facts, language)


def environment(templates: Path, language: str) -> jinja2.Environment:
    """The templates of a language; one that asks for what it is not given is an error, not a blank in a letter."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates / language),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  plain text mail: an escaped ampersand would be shown as such
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def filled_in(
    environments: Mapping[str, jinja2.Environment], language: str, template: str, values: Mapping[str, object]
) -> tuple[str, str]:
    """Subject and body of a template filled in; raises `ArtefactRefused` where it cannot be."""
    name = f"the template templates/{language}/{template}.txt"
    try:
        text = environments[language].get_template(f"{template}.txt").render(values)
    except jinja2.TemplateNotFound as error:
        raise ArtefactRefused(f"{name} needs {error.name}, which is missing: put it back") from None
    except jinja2.TemplateError as error:
        raise ArtefactRefused(f"{name} cannot be used: {error}") from None
    subject, _, body = text.partition("\n\n")
    if not subject.strip() or not body.strip():
        raise ArtefactRefused(f"{name} has no subject or no body")
    return subject.strip(), body.strip() + "\n"


def together(written: Sequence[tuple[str, str]], reference: str) -> tuple[str, str]:
    """Subject and body of one letter in each of its languages, the reference once in the subject."""
    words = [subject.removesuffix(reference).rstrip(": ") for subject, _ in written]
    subject = written[0][0] if len(written) == 1 else f"{' / '.join(words)}: {reference}"
    return subject, BETWEEN_LANGUAGES.join(text.strip() for _, text in written) + "\n"


def new_token() -> str:
    """128 random bits as 26 letters and digits, for small letters and capitals alike: some servers change those."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


def _recipient(email: Email, assessment: Assessment, reply: Reply) -> str:
    if reply.channel is Channel.POST:
        address, name = assessment.postal_address or "", email.sender.name
        return address if assessment.anonymous or not name or name in address else f"{name}\n{address}"
    return answer_to(email).address


def day_in_words(moment: datetime, language: str) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {MONTHS[language][local.month - 1]} {local.year}"
