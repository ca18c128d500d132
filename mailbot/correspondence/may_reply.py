"""The one place that decides whether, how and with which template a sender is acknowledged.

`REASONS_TO_WITHHOLD` is read from the top; the first reason that holds is the one officers see. An acknowledgement that
does not go costs a person a minute; one that goes to the wrong screen can cost the sender their job, or a child more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailbot.config import Acknowledgements
from mailbot.domain import (
    Address,
    Assessment,
    Channel,
    Contact,
    Email,
    Kind,
    Remit,
    Reply,
    ServiceType,
    Thread,
    Whistleblowing,
)

SHARED_LOCAL_PARTS = frozenset(
    "admin administrator office reception receptionist info enquiries enquiry contact hello mail mailbox team "
    "staff staffroom duty manager managers deputy home house kitchen nurse nursing medical surgery care "
    "carers night nights shift hr finance accounts payroll secretary head headteacher principal library "
    "computer pc desk frontdesk support referrals placements safeguarding boarding matron houseparent "
    "everyone all".split()
)

PUPIL_WORDS = frozenset(
    "pupil pupils student students learner learners stu school schools college academy acad sch sixthform".split()
)

ORGANISATION_WORDS = frozenset(
    "care cares caring carehomes homes home house fostering foster adoption adopt childrens children child "
    "kids youth young support supported living residential services service group trust academy school "
    "college nursery council gov nhs borough county society foundation charity agency staffing recruitment "
    "community centre center church parish".split()
)

PUBLIC_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com live.co.uk msn.com yahoo.com "
    "yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com aol.co.uk btinternet.com btopenworld.com "
    "talktalk.net sky.com virginmedia.com ntlworld.com blueyonder.co.uk proton.me protonmail.com pm.me "
    "tutanota.com tuta.com gmx.com gmx.co.uk mail.com zoho.com fastmail.com plus.com tiscali.co.uk orange.net".split()
)

_WORD = re.compile(r"[^\W\d_]+")
_PLAIN_WORDS = frozenset(
    "the of and for in at a an home house lodge court view school college centre center nursery fostering "
    "care group children childrens s services service limited ltd agency trust academy residential".split()
)
_SHARED_IN_WORDS = re.compile(
    r"\b(?:shared|communal|office|staff|church|library|school|work|team|home'?s) "
    r"(?:computer|laptop|pc|e-?mail|mailbox|inbox|account|tablet)\b|"
    r"\bthis is the (?:home|house|office|school|unit)'?s? (?:e-?mail|account|computer)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Question:
    """What every reason is asked about: the message, its judgement and thread, and whom a reply would reach."""

    email: Email
    assessment: Assessment
    thread: Thread
    caps: Acknowledgements
    addresses: tuple[Address, ...]
    own_addresses: frozenset[str]


def answer_to(email: Email) -> Address:
    """Where a reply by email would go: to Reply-To where there is one."""
    return email.reply_to or email.sender


def may_reply(
    email: Email,
    assessment: Assessment,
    thread: Thread = Thread(),  # noqa: B008  a frozen value
    *,
    own_addresses: frozenset[str] = frozenset(),
    caps: Acknowledgements = Acknowledgements(),  # noqa: B008  a frozen value
) -> Reply:
    """Whether and how the sender is acknowledged (P10), and why not if not. A pure function over the table below.

    `thread` is what we know of the sender and the case, `caps` how many letters may go by themselves.
    """
    addresses = tuple(address for address in (email.sender, email.reply_to) if address is not None)
    question = _Question(email, assessment, thread, caps, addresses, own_addresses)
    by_post = assessment.contact is Contact.POST
    for reason, holds in REASONS_TO_WITHHOLD + ([] if by_post else REASONS_AGAINST_THE_ADDRESS):
        if holds(question):
            held = template_for(email, assessment) if reason.endswith(A_PERSON_DECIDES) and not by_post else None
            return Reply(channel=Channel.NONE, template=None, withheld_because=reason, held_template=held)
    channel = Channel.POST if by_post else Channel.EMAIL
    return Reply(channel=channel, template=template_for(email, assessment), withheld_because=None)


def template_for(email: Email, assessment: Assessment) -> str:
    """The template of `templates/LANGUAGE/` for the sender's situation, by the first line of the table that fits."""
    return next(template for template, fits in SITUATIONS if fits(email, assessment))


def _in_danger(email: Email, judged: Assessment) -> bool:
    return judged.kind is Kind.CONCERN and (judged.immediate_risk or judged.adult_in_danger)


SITUATIONS: list[tuple[str, Callable[[Email, Assessment], bool]]] = [
    ("child", lambda email, judged: judged.written_by_child),
    ("danger", _in_danger),
    ("unreadable", lambda email, judged: email.unreadable is not None),
    ("information_request", lambda email, judged: judged.kind is Kind.INFORMATION_REQUEST),
    ("enquiry", lambda email, judged: judged.kind is not Kind.CONCERN),
    ("other_nation", lambda email, judged: judged.remit is Remit.OTHER_NATION),
    ("excluded_service", lambda email, judged: judged.whistleblowing is Whistleblowing.EXCLUDED_SERVICE),
    ("whistleblower", lambda email, judged: judged.whistleblowing is Whistleblowing.QUALIFYING),
    ("whistleblower_not_covered", lambda email, judged: judged.whistleblowing is Whistleblowing.NOT_COVERED),
    ("grievance", lambda email, judged: judged.remit is Remit.GRIEVANCE),
    ("further_education", lambda email, judged: judged.service_type is ServiceType.FE_COLLEGE),
    ("school", lambda email, judged: judged.remit is Remit.OTHER_OFSTED),
    ("other_regulator", lambda email, judged: judged.remit is Remit.OTHER_REGULATOR),
    ("council", lambda email, judged: judged.service_type is ServiceType.LOCAL_AUTHORITY),
    ("cafcass", lambda email, judged: judged.service_type is ServiceType.CAFCASS),
    ("inspected", lambda email, judged: judged.remit is Remit.INSPECTED),
    ("regulated", lambda email, judged: True),
]
"""Which letter the sender gets (P2 to P6, P16 to P20, P26), read from the top."""

TEMPLATES = tuple(template for template, _ in SITUATIONS)


A_PERSON_DECIDES = ": a person decides"
"""How a reason ends where the letter is written but held, for an officer to send or to leave."""


def _no_usable_address(asked: _Question) -> bool:
    usable = re.compile(r"[^@\s<>,;:]+@(?!localhost\b)[^@\s<>,;:]+")
    return not all(usable.fullmatch(address.address) for address in asked.addresses)


def _address_of_the_service(asked: _Question) -> bool:
    """Whether a reply would reach the service concerned: its name, or the initials of it, in the domain."""
    name = asked.assessment.service_name or ""
    words = [word.casefold() for word in _WORD.findall(name)]
    telling = [word for word in words if len(word) >= 4 and word not in _PLAIN_WORDS]
    squeezed = "".join(words)
    for address in asked.addresses:
        domain = _organisation_part(address.domain)
        if any(word in domain for word in telling) or (squeezed and squeezed in domain):
            return True
    return False


def _shared_account(asked: _Question) -> bool:
    for address in asked.addresses:
        words = re.split(r"[^a-z]+", address.local_part)
        if SHARED_LOCAL_PARTS.intersection(words) or re.fullmatch(r"(?:room|flat|unit|ward|bed)\d*", words[0]):
            return True
    return bool(_SHARED_IN_WORDS.search(asked.email.text))


def _pupil_account(asked: _Question) -> bool:
    labels = {word for address in asked.addresses for word in re.split(r"[^a-z]+", address.domain)}
    domains = "".join(address.domain for address in asked.addresses)
    return bool(labels & PUPIL_WORDS) or any(word in domains for word in ("pupil", "student", "learner"))


def _perhaps_the_employer(asked: _Question) -> bool:
    """A worker's disclosure from an address that an organisation may own: the employer could be reading it."""
    if asked.assessment.whistleblowing is Whistleblowing.NONE and asked.assessment.whistleblowing_sure:
        return False
    return any(_looks_like_an_organisation(address) for address in asked.addresses)


def _child_at_an_organisation(asked: _Question) -> bool:
    return asked.assessment.written_by_child and any(_looks_like_an_organisation(one) for one in asked.addresses)


def _looks_like_an_organisation(address: Address) -> bool:
    if address.domain in PUBLIC_MAIL:
        return False
    part = _organisation_part(address.domain)
    return any(word in part for word in ORGANISATION_WORDS if len(word) >= 4) or bool(
        ORGANISATION_WORDS.intersection(re.split(r"[^a-z]+", address.domain))
    )


def _organisation_part(domain: str) -> str:
    """What the owner of a domain chose to be called, without dots and hyphens."""
    labels = domain.split(".")
    return "".join(labels[:-1]).replace("-", "") if domain not in PUBLIC_MAIL else ""


def _wishes_post_without_address(asked: _Question) -> bool:
    return asked.assessment.contact is Contact.POST and not asked.assessment.postal_address


REASONS_TO_WITHHOLD: list[tuple[str, Callable[[_Question], bool]]] = [
    ("a machine sent it: machines are not answered", lambda asked: asked.email.automatic is not None),
    ("it is automatic mail: machines are not answered", lambda asked: asked.assessment.kind is Kind.AUTOMATIC),
    ("it came back from an address of our own", lambda asked: asked.email.sender.address in asked.own_addresses),
    ("its return path is empty: it is not to be answered", lambda asked: asked.email.return_path == ""),
    ("it is unsolicited selling or a scam", lambda asked: asked.assessment.kind is Kind.SPAM),
    (
        "the sender says not to contact them, or that the mailbox is not safe",
        lambda asked: asked.assessment.contact is Contact.DO_NOT_CONTACT,
    ),
    ("they asked to be telephoned: no letter goes", lambda asked: asked.assessment.contact is Contact.TELEPHONE),
    (
        "it belongs to a case whose sender has been answered",
        lambda asked: asked.thread.case_reference is not None and asked.thread.letters_of_case >= asked.caps.per_case,
    ),
    ("it could not be judged: a person decides", lambda asked: not asked.assessment.judged),
    (
        "the sender asks for a letter, but no postal address could be read: a person decides",
        _wishes_post_without_address,
    ),
]

REASONS_AGAINST_THE_ADDRESS: list[tuple[str, Callable[[_Question], bool]]] = [
    ("the sender's address cannot be used", _no_usable_address),
    ("the sender's address is forged", lambda asked: asked.email.forged),
    (
        "it seems to answer a letter of ours: a person decides",
        lambda asked: asked.thread.suggestion is not None and asked.thread.suggestion.answers_us,
    ),
    (
        "it came soon after a letter to that address, as machines answer: a person decides",
        lambda asked: asked.thread.written_lately and asked.thread.case_reference is None,
    ),
    (
        "that address has had as many letters today as go by themselves: a person decides",
        lambda asked: asked.thread.letters_to_sender >= asked.caps.per_sender_a_day,
    ),
    (
        "as many letters have gone today as may go by themselves: a person decides",
        lambda asked: asked.thread.letters_to_all >= asked.caps.a_day,
    ),
    ("no letter goes by itself: a person decides", lambda asked: asked.caps.per_case == 0),
    ("the address belongs to the service concerned or its provider", _address_of_the_service),
    ("the address is a shared account: others may read it", _shared_account),
    ("the address is a school's or pupil's account: others may read it", _pupil_account),
    ("a worker wrote from what may be the employer's address: a person decides", _perhaps_the_employer),
    ("a child wrote from an organisation's address: a person decides", _child_at_an_organisation),
]
