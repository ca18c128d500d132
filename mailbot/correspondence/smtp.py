"""Sending by SMTP over TLS that verifies, or (for the demo and for trials) into a folder."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType

from mailbot.clock import Clock
from mailbot.config import Outgoing
from mailbot.correspondence.html import as_html
from mailbot.domain import APPROACHES, QueuedLetter
from mailbot.errors import DeliveryFailed, ServerAway
from mailbot.expiry import note_certificate

TIMEOUT_SECONDS = 60
ALERT = "alert"
"""What stands for a template where duty staff are alerted."""


def composed(queued: QueuedLetter, settings: Outgoing, clock: Clock) -> EmailMessage:
    """The letter as a mail. Answers to it go to the mailbox's own reply address, never to a less restricted one, with
    this letter's token in it.

    Automatic replies say so (RFC 3834 section 5), so that no machine answers them. The visible sender is the same for
    every mailbox: a locked phone must not show that somebody wrote to the whistleblowing one.
    """
    letter = queued.letter
    sender = settings.from_address or "mailbot@localhost.example"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = letter.recipient
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(clock())
    mail["Message-ID"] = f"<{queued.case_reference.lower()}.{queued.id}@{sender.rpartition('@')[2]}>"
    if letter.template not in APPROACHES:  # what an officer wrote is no automatic reply, and may be answered by a rule
        mail["Auto-Submitted"] = "auto-generated" if letter.template == ALERT else "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    if letter.tagged_address and letter.tagged_address != sender:
        mail["Reply-To"] = letter.tagged_address
    if letter.in_reply_to:
        mail["In-Reply-To"] = letter.in_reply_to
        mail["References"] = letter.in_reply_to
    mail.set_content(letter.body, cte="quoted-printable")
    mail.add_alternative(as_html(letter.body), subtype="html", cte="quoted-printable")
    return mail


class SmtpCarrier:
    """Keeps one connection for a run and opens it again when the server has closed it."""

    def __init__(self, settings: Outgoing, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> SmtpCarrier:
        self._connected()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._quit()

    def deliver(self, queued: QueuedLetter) -> None:
        """Hands one letter to the server.

        Temporary refusals (4xx) and a server that cannot be reached may be tried again; permanent ones (5xx) may not.
        A connection that breaks after the text was sent leaves it uncertain whether the server has taken it.
        """
        letter = queued.letter
        try:
            text = composed(queued, self._settings, self._clock).as_bytes()
            letter.recipient.encode("ascii")  # RFC 5321 carries nothing else
        except ValueError:  # a header that cannot be written, such as an address with a line break in it
            raise DeliveryFailed("the address or subject cannot be put into a mail header", permanent=True) from None
        client = self._connected()
        text_sent = False
        try:
            _demand(client.mail(letter.tagged_address or self._settings.from_address), 2, "the sender")
            _demand(client.rcpt(letter.recipient), 2, "the recipient")
            _demand(client.docmd("DATA"), 3, "the letter")
            text_sent = True
            client.send(_quoted(text))
            code, _ = answer = client.getreply()
            if code // 100 not in (2, 4, 5):
                raise smtplib.SMTPServerDisconnected("what answered the letter is no answer")
            _demand(answer, 2, "the letter")
        except DeliveryFailed:
            self._reset()  # a refusal stands, however that goes
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise DeliveryFailed(f"the connection to the mail server broke: {error}", uncertain=text_sent) from None

    def _reset(self) -> None:
        """Makes the connection ready for the next letter; one that does not take it is given up."""
        try:
            code, _ = self._connected().rset()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code != 250:
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._client is None:
            try:
                self._client = _signed_in(self._settings)
            except DeliveryFailed as error:
                raise ServerAway(str(error)) from None
        return self._client

    def _quit(self) -> None:
        """Takes leave (RFC 5321 section 4.1.1.10); what has been handed over is settled by then."""
        if self._client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.quit()
        self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class FolderCarrier:
    """Writes each letter as an .eml file: for the demo and for trials. The same letter twice is one file."""

    def __init__(self, settings: Outgoing, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = Path(settings.path)

    def __enter__(self) -> FolderCarrier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def deliver(self, queued: QueuedLetter) -> None:
        mail = composed(queued, self._settings, self._clock)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{queued.case_reference}-{queued.id}.eml").write_bytes(mail.as_bytes())
        except OSError as error:
            raise DeliveryFailed(f"outgoing.path {self._folder} cannot be written: {error.strerror}") from None


def _signed_in(settings: Outgoing) -> smtplib.SMTP:
    where = f"the mail server {settings.host}:{settings.port}"
    password = settings.password if settings.username else ""
    client: smtplib.SMTP | None = None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        client = _connection(settings, context)
        if settings.security == "starttls":
            client.starttls(context=context)
        note_certificate("outgoing mail", client.sock)
        client.ehlo_or_helo_if_needed()
        if settings.username:
            client.login(settings.username, password)
        return client
    except ssl.SSLCertVerificationError as error:
        problem = f"{where}: its certificate does not verify ({error.verify_message})"
    except smtplib.SMTPAuthenticationError:
        problem = f"{where} refused the sign-in of {settings.username}; check the password"
    except (OSError, smtplib.SMTPException) as error:
        problem = f"{where}: no secure connection: {error}"
    except ValueError as error:  # its text may show a part of the password
        problem = f"{where}: the sign-in of {settings.username} cannot be carried out ({type(error).__name__})"
    if client is not None:
        client.close()
    raise DeliveryFailed(problem)


def _connection(settings: Outgoing, context: ssl.SSLContext) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)


def _demand(answer: tuple[int, bytes], first_digit: int, what: str) -> None:
    """Goes on only where the answer's code begins so (RFC 5321 section 4.2.1)."""
    if answer[0] // 100 != first_digit:
        raise _refused(what, answer[0])


def _quoted(text: bytes) -> bytes:
    """The text with its end, a full stop at the head of a line doubled (RFC 5321 section 4.5.2)."""
    text = re.sub(rb"(?m)^\.", b"..", text)
    return text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _refused(what: str, code: int) -> DeliveryFailed:
    """The server's own words are left out: they often repeat the address, and this text is kept in clear."""
    return DeliveryFailed(f"the mail server refused {what} (SMTP {code})", permanent=code >= 500)
