"""An SMTP server that keeps what it is given, and refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import free_ports
from tests.servers.certificate import write_certificate

ATTEMPTS = 5

Refusals = Mapping[str, str] | Callable[[str], str | None]
"""Address, in lower case, to the answer it gets, such as ``550 no such mailbox``; all others are accepted."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message the sink accepted: its envelope, its bytes as sent, and what they say."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    content: bytes
    message: EmailMessage


@dataclass(slots=True)
class SmtpSink:
    """A running sink. Whatever it shall answer may be changed between two letters; `messages` grows as they come.

    `answer_data` is the answer to every text, or a function from what was received to its answer (None accepts).
    `breaks_off` drops the connection after the text without any answer, though the message is kept: the client cannot
    know. `require_login` is the one user and password let in.
    """

    host: str
    port: int
    ca_file: Path | None
    answer_rcpt: Refusals = field(default_factory=dict)
    answer_data: str | Callable[[Received], str | None] | None = None
    require_login: tuple[str, str] | None = None
    breaks_off: bool = False
    messages: list[Received] = field(default_factory=list)
    _build: Callable[[SmtpSink], _Controller] = field(repr=False, kw_only=True)
    _controllers: list[_Controller] = field(default_factory=list, repr=False)

    def start(self) -> None:
        """Starts a stopped sink again, on the same port and with what it has received."""
        controller = self._build(self)
        controller.start()
        self._controllers.append(controller)

    def stop(self) -> None:
        """Stops the sink and breaks every connection to it; nothing happens where it is stopped already."""
        while self._controllers:
            controller = self._controllers.pop()
            controller.break_connections()
            controller.stop()


@contextlib.contextmanager
def running_smtp_sink(
    *,
    tls: bool = True,
    implicit: bool = False,
    answer_rcpt: Refusals | None = None,
    answer_data: str | Callable[[Received], str | None] | None = None,
    require_login: tuple[str, str] | None = None,
) -> Iterator[SmtpSink]:
    """A sink on a free port that insists on STARTTLS; on TLS from the first byte if `implicit`; on none if not `tls`.

    `ca_file` is the certificate a client must trust, None without TLS.
    """
    folder = Path(tempfile.mkdtemp(prefix="smtp-sink-"))
    certificate, context = _certified(folder) if tls else (None, None)
    try:
        sink = _started(
            SmtpSink(
                host="localhost",
                port=0,
                ca_file=certificate,
                answer_rcpt=answer_rcpt or {},
                answer_data=answer_data,
                require_login=require_login,
                _build=lambda sink: _Controller(sink, context, implicit),
            )
        )
        try:
            yield sink
        finally:
            sink.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(sink: SmtpSink) -> SmtpSink:
    for attempt in range(1, ATTEMPTS + 1):
        (sink.port,) = free_ports(1)
        try:
            sink.start()
        except OSError:  # somebody took the port since
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return sink


def _certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    certificate, key = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


class _Controller(Controller):
    """The thread the sink runs in. It knows its connections, so that none outlives it."""

    def __init__(self, sink: SmtpSink, context: ssl.SSLContext | None, implicit: bool) -> None:
        self._connections: list[SMTP] = []
        super().__init__(
            _Handler(sink),
            hostname="127.0.0.1",
            port=sink.port,
            server_hostname="localhost",
            ssl_context=context if implicit else None,
            tls_context=None if implicit else context,
            require_starttls=not implicit,
            authenticator=_Doorkeeper(sink),
            auth_require_tls=False,  # aiosmtpd does not see TLS from the first byte; STARTTLS is required anyway
        )

    def factory(self) -> SMTP:
        connection: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._connections.append(connection)
        return connection

    def break_connections(self) -> None:
        asyncio.run_coroutine_threadsafe(self._break_connections(), self.loop).result(timeout=5)

    async def _break_connections(self) -> None:
        for connection in self._connections:
            _break(connection)
        await asyncio.sleep(0.01)  # lets each connection see its end


@dataclass(frozen=True, slots=True)
class _Doorkeeper:
    sink: SmtpSink

    def __call__(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: Any) -> AuthResult:
        wanted = self.sink.require_login
        told = (said.login.decode(), said.password.decode()) if isinstance(said, LoginPassword) else None
        return AuthResult(success=wanted is None or told == wanted, handled=False)


@dataclass(frozen=True, slots=True)
class _Handler:
    """aiosmtpd calls one of these at each command; the text returned is the answer."""

    sink: SmtpSink

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sink.require_login and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusals = self.sink.answer_rcpt
        answer = refusals(address.lower()) if callable(refusals) else refusals.get(address.lower())
        if answer and not answer.startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        received = _received(envelope)
        wanted = self.sink.answer_data
        answer = (wanted(received) if callable(wanted) else wanted) or "250 OK"
        if answer.startswith("2"):
            self.sink.messages.append(received)
        if self.sink.breaks_off:
            _break(server)
        return answer


def _break(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.Transport):
        connection.transport.abort()


def _received(envelope: Envelope) -> Received:
    content = envelope.content if isinstance(envelope.content, bytes) else b""
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, message)
