"""Sending through GOV.UK Notify, emails and printed letters alike; the only door to its client library.

Notify writes the mail itself: none of the headers of `mailbot.correspondence.smtp` can be set, not the one that keeps
machines from answering, nor a reply address with the letter's token in it. An answer is known by the case reference
that stands in the letter. No bounce comes back either: what became of a letter is asked for, by our reference.

The email template of the account has ``((subject))`` as its subject and ``((body))`` as its text, and nothing else.
As documented at docs.notifications.service.gov.uk/python.html.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from urllib3.exceptions import ConnectTimeoutError, ProxyError, SSLError

from mailbot.domain import Channel, LetterState, QueuedLetter
from mailbot.errors import DeliveryFailed

if TYPE_CHECKING:
    from notifications_python_client.errors import APIError

URL = "https://api.notifications.service.gov.uk"
TIMEOUT_SECONDS = 30
PLACEHOLDERS = {"subject", "body"}

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_KEY = re.compile(rf".+-{_UUID}-{_UUID}")

OF_THE_LETTER = {"ValidationError", "InvalidEmailError"}
"""The errors that are about one letter. Any other is about the account, and would refuse every letter alike."""

logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)  # it logs answers, which repeat addresses


class Fate(StrEnum):
    """What became of a letter that Notify has taken. `RETURNED` reached nobody; `NOT_SENT` has not left Notify."""

    ON_ITS_WAY = "on_its_way"
    ARRIVED = "arrived"
    POSTED = "posted"
    RETURNED = "returned"
    NOT_SENT = "not_sent"


FATES: dict[str, dict[str, Fate]] = {
    "email": {
        "created": Fate.ON_ITS_WAY,
        "sending": Fate.ON_ITS_WAY,
        "delivered": Fate.ARRIVED,
        "permanent-failure": Fate.RETURNED,
        "temporary-failure": Fate.RETURNED,
        "technical-failure": Fate.NOT_SENT,
    },
    "letter": {
        "pending-virus-check": Fate.ON_ITS_WAY,
        "accepted": Fate.ON_ITS_WAY,
        "received": Fate.POSTED,
        "returned-letter": Fate.RETURNED,
        "cancelled": Fate.NOT_SENT,
        "virus-scan-failed": Fate.NOT_SENT,
        "validation-failed": Fate.NOT_SENT,
        "technical-failure": Fate.NOT_SENT,
        "permanent-failure": Fate.NOT_SENT,
    },
}
"""Notify's statuses, by what it calls the kind of message. Its failures are final: it tries no more by itself."""

LETTER_STATES: dict[Fate, LetterState] = {
    Fate.ON_ITS_WAY: LetterState.SENT,
    Fate.ARRIVED: LetterState.SENT,
    Fate.POSTED: LetterState.SENT,
    Fate.RETURNED: LetterState.FAILED,
    Fate.NOT_SENT: LetterState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """The account. `reply_to_ids` gives the id that Notify has for each mailbox's reply address.

    `api_key` is the secret as Notify shows it once: name, service and secret in one.
    """

    api_key: str = field(repr=False)
    email_template: str
    reply_to_ids: Mapping[str, str]
    postage: Literal["first", "second", "economy"] = "second"
    url: str = URL
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyState:
    """What became of a letter, and Notify's own word for it."""

    fate: Fate
    status: str


class NotifyCarrier:
    """Hands letters to Notify over one session. Raises `DeliveryFailed` at once where a setting cannot be right.

    `paper` gives the PDF of a letter that is to be posted, or raises `DeliveryFailed`.
    """

    def __init__(self, settings: NotifySettings, paper: Callable[[QueuedLetter], bytes]) -> None:
        _check(settings)
        self._settings = settings
        self._reply_to_ids = {address.lower(): known for address, known in settings.reply_to_ids.items()}
        self._paper = paper
        self._client = _client(settings)

    def __enter__(self) -> NotifyCarrier:
        """Asks for the email template, so that a wrong key, clock or template costs no letter."""
        template = self._asked(lambda: self._client.get_template(self._settings.email_template))
        named = template.get("personalisation") if isinstance(template, dict) else None
        found = {str(name).lower() for name in named or ()}
        if found != PLACEHOLDERS:
            raise DeliveryFailed(
                f"outgoing.email_template {self._settings.email_template}: GOV.UK Notify says that it has the "
                f"placeholders {', '.join(sorted(found)) or 'none'}; it must have subject and body, and no other"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.request_session.close()

    def deliver(self, queued: QueuedLetter) -> None:
        """Hands one letter over; one that an earlier attempt has brought to Notify is not sent a second time.

        What is wrong with one letter is permanent; what is wrong with the account (key, clock, trial mode, limits) or
        with Notify may be tried again. An answer that did not come leaves it uncertain: `state_of` tells later.
        """
        reference = reference_of(queued)
        if queued.attempts > 1 and self._has(reference):
            return
        send = self._posting(queued, reference) if queued.letter.channel is Channel.POST else self._mailing(queued)
        answer = self._asked(send, sending=True)
        if not isinstance(answer, dict) or answer.get("reference") != reference:
            raise DeliveryFailed("what answered in GOV.UK Notify's place is not its answer", uncertain=True)

    def state_of(self, reference: str) -> NotifyState | None:
        """What became of the letter that `reference_of` names so, of the newest where it was sent more than once.

        None where Notify does not know it. That alone does not say that it never went: Notify may still be at work on
        what it was sent just now, and it forgets after its retention, seven days unless the account says otherwise.
        A status that is not documented is taken for one on its way. Raises `DeliveryFailed` where it cannot be asked.
        """
        answer = self._asked(lambda: self._client.get_all_notifications(reference=reference))
        try:
            known = [(one["type"], one["status"]) for one in answer["notifications"] if one["reference"] == reference]
        except (KeyError, TypeError):
            raise DeliveryFailed("what answered in GOV.UK Notify's place is not its answer") from None
        if not known:
            return None
        kind, status = known[0]
        return NotifyState(fate=FATES.get(kind, {}).get(status, Fate.ON_ITS_WAY), status=str(status))

    def _has(self, reference: str) -> bool:
        state = self.state_of(reference)
        return state is not None and LETTER_STATES[state.fate] is LetterState.SENT

    def _mailing(self, queued: QueuedLetter) -> Callable[[], Any]:
        letter = queued.letter
        reply_to_id = self._reply_to_ids.get(letter.reply_address.lower())
        if letter.reply_address and reply_to_id is None:  # the account's own could be a less restricted mailbox's
            raise DeliveryFailed(
                f"outgoing.reply_to_ids has no id for {letter.reply_address}: register the address with GOV.UK Notify "
                "and write down the id that it shows"
            )
        return lambda: self._client.send_email_notification(
            email_address=letter.recipient,
            template_id=self._settings.email_template,
            personalisation={"subject": letter.subject, "body": as_markdown(letter.body)},
            reference=reference_of(queued),
            email_reply_to_id=reply_to_id,
        )

    def _posting(self, queued: QueuedLetter, reference: str) -> Callable[[], Any]:
        pdf = BytesIO(self._paper(queued))
        return lambda: self._client.send_precompiled_letter_notification(reference, pdf, self._settings.postage)

    def _asked(self, ask: Callable[[], Any], *, sending: bool = False) -> Any:
        """What Notify answers; raises `DeliveryFailed`, which is about no letter where nothing was to be sent."""
        from notifications_python_client.errors import APIError

        try:
            return ask()
        except APIError as error:
            failure = _unanswered(error) if error.response is None else _refused(error)
            failure.uncertain, failure.permanent = failure.uncertain and sending, failure.permanent and sending
            raise failure from None


def reference_of(queued: QueuedLetter) -> str:
    """Our name for a letter at Notify, the same for each attempt at it; it says nothing of anybody."""
    return f"{queued.case_reference.lower()}.{queued.id}"


def as_markdown(body: str) -> str:
    """A letter's text as Notify reads it: a line in capitals is a heading, a list has an empty line around it."""
    written: list[str] = []
    for line in body.split("\n"):
        before = written[-1] if written else ""
        if before and line and before.startswith("- ") != line.startswith("- "):
            written.append("")
        written.append(f"# {line}" if line.isupper() and len(line) < 80 else line)
    return "\n".join(written)


def _check(settings: NotifySettings) -> None:
    if not _KEY.fullmatch(settings.api_key):
        raise DeliveryFailed(
            "outgoing: what password_env or password_file holds is no API key of GOV.UK Notify; it must be the key as "
            "Notify shows it once, name-service-secret"
        )
    ids = {"email_template": settings.email_template}
    ids |= {f'reply_to_ids."{address}"': known for address, known in settings.reply_to_ids.items()}
    for key, value in ids.items():
        try:
            UUID(value)
        except ValueError:
            raise DeliveryFailed(
                f'outgoing.{key}: found "{value}"; allowed: an id as GOV.UK Notify shows it, such as '
                "740e5834-3a29-46b4-9a6f-16142fde533a"
            ) from None


def _client(settings: NotifySettings) -> Any:
    try:
        from notifications_python_client.notifications import NotificationsAPIClient
    except ImportError:
        raise DeliveryFailed(
            "outgoing.kind: the library of GOV.UK Notify is not installed: pip install 'mailbot[notify]'"
        ) from None
    client: Any = NotificationsAPIClient  # ships no types of its own
    return client(settings.api_key, base_url=settings.url, timeout=settings.timeout_seconds)


def _unanswered(error: APIError) -> DeliveryFailed:
    """No answer at all. The library's own status, 503, is made up and says nothing."""
    cause = error.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    if isinstance(reason, SSLError) and isinstance(reason.args[0], ssl.SSLCertVerificationError):
        return DeliveryFailed("GOV.UK Notify: the certificate does not verify; nothing was sent")
    if isinstance(reason, ConnectTimeoutError | ProxyError):
        return DeliveryFailed(f"GOV.UK Notify cannot be reached ({type(reason).__name__}); nothing was sent")
    return DeliveryFailed(f"the connection to GOV.UK Notify broke ({type(cause).__name__})", uncertain=True)


def _refused(error: APIError) -> DeliveryFailed:
    """What an answer other than a plain yes means. Notify's own words are left out: they may repeat the address."""
    status = error.status_code
    kinds = _kinds(error.message)
    said = " ".join([str(status), *sorted(kinds)])
    if status < 400:
        return DeliveryFailed(f"GOV.UK Notify's answer ({said}) cannot be read", uncertain=True)
    if status in (401, 403):
        return DeliveryFailed(
            f"GOV.UK Notify refused the API key ({said}): check what outgoing.password_env or password_file holds, "
            "what the key may send, and that this machine's clock is right to 30 seconds"
        )
    if status == 400 and kinds & OF_THE_LETTER:
        return DeliveryFailed(f"GOV.UK Notify refused the letter or its address as not valid ({said})", permanent=True)
    if status in (400, 404):
        return DeliveryFailed(
            f"GOV.UK Notify refused what it was asked ({said}): check the account (trial mode, template, reply "
            "addresses) and outgoing.notify_url"
        )
    if status == 429:
        return DeliveryFailed(f"GOV.UK Notify takes no more letters for now ({said}): a limit of the account")
    return DeliveryFailed(f"GOV.UK Notify cannot take letters now ({said})")


def _kinds(message: object) -> set[str]:
    """The types of error in an answer, which Notify promises not to change, as it does its messages."""
    listed = message if isinstance(message, list) else []
    named = {str(one.get("error", "")) for one in listed if isinstance(one, dict)}
    return {name for name in named if re.fullmatch("[A-Za-z]{1,40}", name)}
