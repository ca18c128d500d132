"""Whether a machine sent a message, and how that shows. Machines are never answered (RFC 3834).

`SIGNS` is read from the top; the first that holds is the reason officers see. Header names and values are compared
without regard to capitals. A sign must be one that a person writing about machines does not give: what people quote,
and words that merely occur, do not count. The phrases stand in `mailbot.intake.phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from mailbot.domain import Address
from mailbot.intake import phrases

FEW_WORDS = 130
"""The reply of somebody who is away is short; who tells of their leave and goes on for longer is a person."""

LONGEST_BOUNCE_BYTES = 300_000

ROBOT_NAMES = re.compile(
    r"^(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?(?:delivery|system|er)(?:[-_.].*)?|"
    r"(?:.*[-_.+])?(?:no|not|do-?not|donot)[-_.]?reply(?:[-_.+].*)?|noreply.*|ne-?pas-?repondre|nicht-?antworten|"
    r"peidiwch-?ateb|dim-?ateb|bounces?|bounce[-+=].*|"
    r"(?:.*[-_.+])?auto-?(?:reply|respond(?:er)?|mat(?:ic|ed))(?:[-_.+].*)?|"
    r"(?:.*[-_.+])?notifications?(?:[-_.+].*)?|notify|(?:system|service|security|virus)[-_.]?(?:alerts?|updates?|notices?)|"
    r"alerts?|listserv|listmaster|majordomo|mailman|sympa|.*-bounces?|.*-bounces\+.*|.*-owner|owner-.*|.*-request|"
    r"(?:e-?)?news-?letters?|e-?news|mailing-?list|digest|rss-?feeds?|daemon|cron|www-data|apache|abuse-report|"
    r"delivery[-_.]?(?:status|failure|report)s?|complaints-feedback|fbl|jira|gitlab|github|nagios|zabbix|monitoring)$"
)


def _any(lines: Iterable[str], before: str = "", after: str = "", flags: int = 0) -> re.Pattern[str]:
    """One pattern for all the phrases, whatever their capitals."""
    return re.compile(f"{before}(?:{'|'.join(lines)}){after}", re.IGNORECASE | flags)


_REPLIED = r"^(?:(?:re|aw|ateb|antw|sv|vs|odp|res|rv|r): *)*(?:\[[^\]]{1,30}\] *)?(?:\*+|={2,})?\s*"
_GREETED = rf"^\s*(?:{phrases.GREETING}[,.!:;\s-]*){{0,4}}"
SUBJECT = _any((line for lines in phrases.SUBJECTS.values() for line in lines), _REPLIED)
RECEIPT_SUBJECT = _any(phrases.RECEIPT_SUBJECTS, _REPLIED)
RECEIPT_WORDS = _any(phrases.RECEIPT_WORDS, flags=re.MULTILINE | re.DOTALL)
CALENDAR_SUBJECT = _any([phrases.CALENDAR_SUBJECT], _REPLIED)
MACHINE_OPENING = _any(phrases.MACHINE_OPENINGS, _GREETED)
AWAY_OPENING = _any(phrases.AWAY_OPENINGS, _GREETED)
AWAY_BESIDE = _any(phrases.AWAY_BESIDE)
THANKED = re.compile(r"\b(?:thank you|thanks|diolch) (?:for|am)\b", re.IGNORECASE)
RECEIPT_OPENING = _any(phrases.RECEIPT_OPENINGS, _GREETED)
RECEIPT_BESIDE = _any(phrases.RECEIPT_BESIDE, r"\b", r"\b")
REFUSED = _any(phrases.REFUSED, r"\b")
RETURNED = _any(phrases.RETURNED, r"^[ \t>|]*", flags=re.MULTILINE)
LEAVE_LIST = _any(phrases.LEAVE_LIST)
IN_BROWSER = _any(phrases.IN_BROWSER)
PRESS_RELEASE = re.compile(
    r"\((?:press release|pressemitteilung|communiqué de presse|datganiad i'r wasg)\)\s*$", re.IGNORECASE
)
WAY_OUT = re.compile(
    r"<a\b[^>]{0,2000}?href[^>]{0,2000}?(?:unsub|optout|opt-out|abmeld|preferences|list-manage)", re.IGNORECASE
)
LINK_WORDS = re.compile(r"<a\b[^>]*>(.{0,200}?)</a>", re.IGNORECASE | re.DOTALL)
LINK = re.compile(r"https?://|mailto:|\[\d+\]|<a\b", re.IGNORECASE)
LIST_HEADERS = (
    *("List-Id", "List-Post", "List-Owner", "List-Help", "List-Archive", "Mailing-List", "X-Mailing-List", "X-Loop"),
    *("X-MLServer", "X-ML-Name", "X-Mailman-Version", "X-BeenThere", "X-Campaign", "X-CampaignID"),
)
MASS_MAILERS = _any(phrases.MASS_MAILERS, r"\b", r"\b")
RETURN_TO_MACHINE = re.compile(
    r"^(?:bounces?|mailer-daemon|newsletters?|msprvs\d+|[^@]*-bounces?)(?:[-+=._][^@]*)?@|"
    r"^prvs=[^@]*bounce|^[^@]+@(?:bounces?|newsletters?|news|mailer|mailing|lists|[^@]*\.bounces?)\."
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What is asked of a message: its headers in lower case, its sender, subject and words."""

    message: Message
    sender: Address
    subject: str
    text: str
    signature: str
    own_addresses: frozenset[str]

    @property
    def bytes(self) -> int:
        """About how large the message is."""
        texts = (part.get_payload() for part in self.message.walk() if not part.is_multipart())
        return sum(len(text) for text in texts if isinstance(text, str))

    @property
    def opening(self) -> str:
        return self.text[:600]

    def header(self, name: str) -> str:
        return " ".join(str(value) for value in self.message.get_all(name, [])).strip().lower()

    def has(self, *names: str) -> bool:
        return any(self.message.get(name) is not None for name in names)


def reason_automatic(
    message: Message,
    sender: Address,
    subject: str,
    text: str,
    own_addresses: frozenset[str] = frozenset(),
    *,
    signature: str = "",
) -> str | None:
    """Why this is a machine's message, in words for an officer; None for a person's.

    Only what the sender's own part says counts: a person who quotes an out-of-office reply is a person. `signature` is
    what stands below their words, where mass mail says how to leave the list.
    """
    signs = _Signs(message, sender, subject, text, signature, own_addresses)
    return next((reason for reason, holds in SIGNS if holds(signs)), None)


def _auto_submitted(signs: _Signs) -> bool:
    """RFC 3834 section 5: anything but ``no``, which may carry a comment or parameters."""
    value = re.sub(r"\([^)]*\)", "", signs.header("Auto-Submitted")).partition(";")[0].strip()
    return value not in ("", "no")


def _is_report(signs: _Signs) -> bool:
    """RFC 3464 and RFC 8098: a report, or a part of one, at the message's own level."""
    message = signs.message
    own = message.get_payload() if isinstance(message.get_payload(), list) else []
    types = {part.get_content_type() for part in own if isinstance(part, Message)}
    return message.get_content_type() == "multipart/report" or bool(
        types & {"message/delivery-status", "message/disposition-notification", "message/feedback-report"}
    )


def _is_list(signs: _Signs) -> bool:
    return signs.has(*LIST_HEADERS)


def _offers_to_leave(signs: _Signs) -> bool:
    """List-Unsubscribe beside a mark of mass mail; alone it is also added by some providers to people's mail."""
    return signs.has("List-Unsubscribe") and (
        _leaves_in_words(signs)
        or signs.has("Feedback-ID", "List-Unsubscribe-Post", "Precedence", "X-Mailer-Info", "X-CSA-Complaints")
    )


def _leaves_in_words(signs: _Signs) -> bool:
    """Words at the top or near the end that say how to leave a list or where to see it better, with a link."""
    edges = f"{signs.text[:300]}\n\n{signs.text[-1500:]}\n{signs.signature[-1500:]}"
    html = _html(signs.message)
    for line in (one for one in re.split(r"\n\s*\n", edges) if len(one) < 700):
        if LEAVE_LIST.search(line) and (LINK.search(line) or _leads_out(html)):
            return True
        if IN_BROWSER.search(line) and LINK.search(line + html):
            return True
    return False


def _html(message: Message) -> str:
    """The message's HTML as it stands; only its ASCII is looked at."""
    parts = (part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/html")
    return "".join(part.decode("latin-1") for part in parts if isinstance(part, bytes))


def _leads_out(html: str) -> bool:
    """Whether there is a link whose address, or whose words, say how to leave a list."""
    return bool(WAY_OUT.search(html)) or any(LEAVE_LIST.search(words) for words in LINK_WORDS.findall(html))


def _mass_mailer(signs: _Signs) -> bool:
    programs = " ".join(signs.header(name) for name in ("X-Mailer", "User-Agent", "X-Mailer-Name", "X-Generator"))
    return bool(MASS_MAILERS.search(programs)) or signs.has(
        *("X-JIRA-FingerPrint", "X-GitHub-Reason", "X-GitLab-Project", "X-MC-User", "X-SG-EID", "X-Mailgun-Sid"),
        *(
            "X-Redmine-Host",
            "X-OTRS-Loop",
            "X-RT-Loop-Prevention",
            "X-Zammad-Ticket",
            "X-Cron-Env",
            "X-SES-Outgoing-Bulk",
        ),
    )


def _returned(signs: _Signs) -> bool:
    """A report of delivery in no standard form: it says that an address failed and shows what was sent."""
    words = signs.text[:20_000]
    attached = any(
        part.get_content_type() in ("message/rfc822", "text/rfc822-headers") for part in signs.message.walk()
    )
    return bool(REFUSED.search(words)) and (bool(RETURNED.search(words)) or attached)


def _bounces(signs: _Signs) -> bool:
    """What flufl.bounce knows of bounces, where the words are a bounce's too: it sees some in people's mail.

    It goes through attachments line by line, so that it is asked of short messages alone.
    """
    if not REFUSED.search(signs.text[:20_000]) or signs.bytes > LONGEST_BOUNCE_BYTES:
        return False
    try:
        temporary, permanent = all_failures(signs.message)
    except Exception:  # noqa: BLE001  it raises AttributeError and more on mail that is no bounce
        return False
    return bool(temporary or permanent)


def _calendar_answer(signs: _Signs) -> bool:
    types = [part for part in signs.message.walk() if part.get_content_type() == "text/calendar"]
    return any(str(part.get_param("method", "")).lower() in ("reply", "counter", "cancel", "refresh") for part in types)


def _tells_in_subject(signs: _Signs) -> bool:
    if signs.subject.rstrip().endswith("?"):
        return False  # somebody asks about an automatic reply
    if RECEIPT_SUBJECT.match(signs.subject):
        return bool(RECEIPT_WORDS.search(signs.text[:2000]))
    if CALENDAR_SUBJECT.match(signs.subject):
        return any(part.get_content_type() == "text/calendar" for part in signs.message.walk())
    return bool(SUBJECT.match(signs.subject) or PRESS_RELEASE.search(signs.subject))


def _is_away(signs: _Signs) -> bool:
    opened = AWAY_OPENING.match(signs.opening)
    if opened is None or len(signs.text.split()) > FEW_WORDS:
        return False
    answers = THANKED.search(opened.group())
    return bool(answers or AWAY_BESIDE.search(signs.text, opened.end()) or AWAY_BESIDE.search(signs.signature[:300]))


SIGNS: list[tuple[str, Callable[[_Signs], bool]]] = [
    ("it is marked Auto-Submitted", _auto_submitted),
    ("it is a delivery or read report", _is_report),
    (
        "it came back from an address of our own",
        lambda signs: signs.sender.address in signs.own_addresses or signs.has("X-Mailbot-Letter"),
    ),
    (
        "its return path is empty, as reports of delivery have it",
        lambda signs: signs.has("Return-Path") and signs.header("Return-Path") in ("<>", "", "<mailer-daemon>"),
    ),
    (
        "it is marked as bulk, list or automatic mail",
        lambda signs: bool(
            {"bulk", "list", "junk", "auto_reply", "special-delivery"}
            & set(re.split(r"[^\w-]+", signs.header("Precedence")))
        ),
    ),
    ("it came by a mailing list", _is_list),
    ("it came by a mailing list", _offers_to_leave),
    (
        "its headers say it is an automatic reply",
        lambda signs: (
            signs.has(
                *(
                    "X-Autoreply",
                    "X-Autorespond",
                    "X-Autoresponder",
                    "X-Autoreply-From",
                    "X-Autogenerated",
                    "X-Auto-Reply",
                ),
                *("X-Auto-Respond", "X-Mail-Autoreply", "X-Autoreply-Domain", "X-AutoReply-ID", "X-Away", "X-Vacation"),
                *(
                    "X-FC-MachineGenerated",
                    "X-Automatic-Reply",
                    "Delivered-By-The-Graces-Of-Vacation",
                    "X-POST-MessageClass",
                ),
            )
            or (signs.header("X-Auto-Response-Suppress") in ("all", "oof", "autoreply", "oof, autoreply"))
            or signs.has(
                "X-Failed-Recipients", "X-MS-Exchange-Inbox-Rules-Loop", "X-MS-Exchange-Generated-Message-Source"
            )
        ),
    ),
    ("its sender is a machine", lambda signs: bool(ROBOT_NAMES.match(signs.sender.local_part or signs.sender.address))),
    ("a program for mass mail sent it", _mass_mailer),
    ("its subject is an automatic reply's", _tells_in_subject),
    ("it opens as an automatic reply does", lambda signs: bool(MACHINE_OPENING.match(signs.opening))),
    ("it is the reply of somebody who is away", _is_away),
    (
        "it confirms receipt as machines do",
        lambda signs: bool(RECEIPT_OPENING.match(signs.opening) and RECEIPT_BESIDE.search(signs.text[:3000])),
    ),
    (
        "it is an answer of a calendar",
        lambda signs: _calendar_answer(signs) or "method=reply" in signs.header("Content-Type"),
    ),
    ("it is a report of delivery in no standard form", lambda signs: _returned(signs) or _bounces(signs)),
    (
        "it came from a return address for mass mail",
        lambda signs: bool(RETURN_TO_MACHINE.match(signs.header("Return-Path").strip("<>"))),
    ),
    ("it says how to leave a mailing list", _leaves_in_words),
]
