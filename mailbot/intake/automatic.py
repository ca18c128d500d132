"""Whether a machine sent a message, and how that shows. Machines are never answered (RFC 3834).

`SIGNS` is read from the top; the first that holds is the reason officers see. Header names and values are compared
without regard to capitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message

from mailbot.domain import Address

ROBOT_NAMES = re.compile(
    r"^(?:mailer-?daemon|postmaster|no-?reply.*|do-?not-?reply|donotreply|bounces?|bounce[-+=].*|auto-?reply|"
    r"autoresponder|notifications?|listserv|majordomo|.*-bounces?|.*-owner|owner-.*|.*-request|newsletter|mailing-?list)$"
)

AWAY_SUBJECTS = (
    r"out of (?:the )?office",
    r"auto(?:matic(?:ally generated)?)?[- ]?(?:reply|response|answer)",
    r"(?:vacation|holiday) (?:reply|response)",
    r"ateb awtomatig|(?:allan o'r|y tu allan i'r) swyddfa|darllenwyd:",  # Welsh
    r"abwesenheits?notiz|automatische antwort",
    r"réponse automatique|absence du bureau",
    r"respuesta automática|risposta automatica|resposta automática",
    r"odpowiedź automatyczna|automatyczna odpowiedź|răspuns automat",
    r"automatisch antwoord|automatisk svar|autosvar",
    r"(?:not )?read:|delivered:|delivery status notification",
    r"undeliver(?:able|ed)|mail delivery (?:failed|failure|system)|returned mail|failure notice",
    r"delivery (?:failure|has failed|delayed)|message (?:not delivered|delayed)",
)
AWAY_SUBJECT = re.compile(rf"^(?:(?:re|aw|ateb): *)*(?:{'|'.join(AWAY_SUBJECTS)})", re.IGNORECASE)

GREETING = (
    r"(?:hi|hello|dear \w+|(?:thank you|thanks) for (?:your|the) (?:e-?mail|message)|diolch am eich (?:e-?bost|neges))"
)
AWAY_OPENINGS = (
    r"this is an automat(?:ed|ic)(?:ally generated)? (?:reply|response|message|e-?mail)",
    r"i(?: am|'m) (?:currently )?(?:out of (?:the )?office|on (?:annual |maternity |sick )?leave)",
    r"i am (?:currently )?(?:away from (?:my desk|the office)|not in the office)",
    r"i will be out of (?:the )?office",
    r"rwyf (?:allan o'r swyddfa|ar wyliau)|mae hwn yn ateb awtomatig",
    r"your (?:message|mail) (?:could not be|was not|has not been) delivered|message delivery failed",
    r"this is the mail system at host|this message was created automatically by mail delivery",
)
AWAY_OPENING = re.compile(rf"^\s*(?:{GREETING}[,.! \n]*){{0,3}}(?:{'|'.join(AWAY_OPENINGS)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What is asked of a message: its headers in lower case, its sender, subject and opening words."""

    message: Message
    sender: Address
    subject: str
    opening: str
    own_addresses: frozenset[str]

    def header(self, name: str) -> str:
        return " ".join(str(value) for value in self.message.get_all(name, [])).strip().lower()

    def has(self, *names: str) -> bool:
        return any(self.message.get(name) is not None for name in names)


def reason_automatic(
    message: Message, sender: Address, subject: str, text: str, own_addresses: frozenset[str] = frozenset()
) -> str | None:
    """Why this is a machine's message, in words for an officer; None for a person's.

    Only what the sender's own part says counts: a person who quotes an out-of-office reply is a person.
    """
    signs = _Signs(message, sender, subject, text[:300], own_addresses)
    return next((reason for reason, holds in SIGNS if holds(signs)), None)


def _auto_submitted(signs: _Signs) -> bool:
    """RFC 3834 section 5: anything but ``no``, which may carry a comment or parameters."""
    value = re.sub(r"\([^)]*\)", "", signs.header("Auto-Submitted")).partition(";")[0].strip()
    return value not in ("", "no")


def _is_report(signs: _Signs) -> bool:
    types = {part.get_content_type() for part in signs.message.walk()}
    report = signs.message.get_content_type() == "multipart/report"
    return report or bool(types & {"message/delivery-status", "message/disposition-notification"})


def _is_list(signs: _Signs) -> bool:
    lists = ("List-Id", "List-Unsubscribe", "List-Post", "List-Owner", "List-Help", "Mailing-List", "X-Mailing-List")
    return signs.has(*lists)


SIGNS: list[tuple[str, Callable[[_Signs], bool]]] = [
    ("it is marked Auto-Submitted", _auto_submitted),
    ("it is a delivery or read report", _is_report),
    ("it came back from an address of our own", lambda signs: signs.sender.address in signs.own_addresses),
    (
        "its return path is empty, as reports of delivery have it",
        lambda signs: signs.has("Return-Path") and signs.header("Return-Path") in ("<>", ""),
    ),
    (
        "it is marked as bulk, list or automatic mail",
        lambda signs: bool({"bulk", "list", "junk", "auto_reply"} & set(re.split(r"\W+", signs.header("Precedence")))),
    ),
    ("it came by a mailing list", _is_list),
    (
        "its headers say it is an automatic reply",
        lambda signs: (
            signs.has("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Autoreply-From", "X-Autogenerated")
            or signs.header("X-Auto-Response-Suppress") in ("all", "oof", "autoreply")
            or signs.has("X-Failed-Recipients", "X-MS-Exchange-Inbox-Rules-Loop")
        ),
    ),
    ("its sender is a machine", lambda signs: bool(ROBOT_NAMES.match(signs.sender.local_part))),
    ("its subject is an automatic reply's", lambda signs: bool(AWAY_SUBJECT.match(signs.subject))),
    ("it opens as an automatic reply does", lambda signs: bool(AWAY_OPENING.match(signs.opening))),
    ("it is an answer of a calendar", lambda signs: "method=reply" in signs.header("Content-Type")),
]
