"""An SMTP server that keeps what it is given, and refuses, falls silent or breaks off where it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import functools
import shutil
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import free_ports
from tests.servers.certificate import write_certificate

ATTEMPTS = 5
SAID_ALREADY = ""

Refusals = Mapping[str, str] | Callable[[str], str | None]
"""Address, in lower case, to the answer it gets, such as ``550 no such mailbox``; all others are accepted."""


class Step(StrEnum):
    """Where a connection can go wrong. EHLO comes twice on a connection, the second time over TLS.

    `TEXT` is while the text is still coming, so that it is never kept; `ANSWER` is what is said once it has come whole.
    """

    GREETING = "GREETING"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    TEXT = "TEXT"
    ANSWER = "ANSWER"
    RSET = "RSET"
    QUIT = "QUIT"


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong at a step instead of what is usual: `answer` is said if there is one, then the connection is cut
    if `cuts`. With neither nothing is said until the client goes away.

    It begins with the `at`-th time that the step is reached, counted over all connections, and happens `times` times.
    """

    step: Step
    answer: str | None = None
    cuts: bool = False
    at: int = 1
    times: int = 1
    reached: int = 0

    @property
    def happened(self) -> bool:
        return self.reached >= self.at

    def is_due(self) -> bool:
        """Whether it happens now that its step is reached once more."""
        self.reached += 1
        return self.at <= self.reached < self.at + self.times


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
    know. `require_login` is the one user and password let in. A fault in `faults` comes before all of these; at the
    answer after the text, the message is kept unless that answer refuses it (4xx or 5xx).
    """

    host: str
    port: int
    ca_file: Path | None
    answer_rcpt: Refusals = field(default_factory=dict)
    answer_data: str | Callable[[Received], str | None] | None = None
    require_login: tuple[str, str] | None = None
    breaks_off: bool = False
    faults: list[Fault] = field(default_factory=list)
    messages: list[Received] = field(default_factory=list)
    _build: Callable[[SmtpSink], _Controller] = field(repr=False, kw_only=True)
    _controllers: list[_Controller] = field(default_factory=list, repr=False)

    def start(self) -> None:
        """Starts a stopped sink again, on the same port and with what it has received."""
        controller = self._build(self)
        controller.start()
        self._controllers.append(controller)

    def fault_at(self, step: Step) -> Fault | None:
        """The fault that happens now that `step` is reached."""
        due = [fault for fault in self.faults if fault.step is step and fault.is_due()]
        return due[0] if due else None

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
        self._sink = sink
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
        connection = _Connection(self._sink, self.handler, **self.SMTP_kwargs)
        self._connections.append(connection)
        return connection

    def break_connections(self) -> None:
        asyncio.run_coroutine_threadsafe(self._break_connections(), self.loop).result(timeout=5)

    async def _break_connections(self) -> None:
        for connection in self._connections:
            _break(connection)
        await asyncio.sleep(0.01)  # lets each connection see its end


def _unless_wrong(step: Step) -> Callable[[_Connection, str], Awaitable[None]]:
    """What aiosmtpd does at a command, unless it goes wrong there."""
    command = getattr(SMTP, f"smtp_{step}")

    @functools.wraps(command)
    async def answered(connection: _Connection, argument: str) -> None:
        if not await connection.goes_wrong(step):
            await command(connection, argument)

    return answered


class _Connection(SMTP):
    """One connection, which goes wrong where the sink is told to."""

    def __init__(self, sink: SmtpSink, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._sink = sink
        self._greeted = False

    async def push(self, status: AnyStr) -> None:
        """Says an answer; the first is the greeting, and what follows 354 is the text."""
        if not self._greeted:
            self._greeted = True
            if await self.goes_wrong(Step.GREETING):
                return
        if status != SAID_ALREADY:
            await super().push(status)
        if isinstance(status, str) and status.startswith("354"):
            await self.goes_wrong(Step.TEXT)

    async def goes_wrong(self, step: Step) -> bool:
        """Whether something went wrong at this step, which then is done with."""
        fault = self._sink.fault_at(step)
        if fault is None:
            return False
        if step is Step.TEXT:
            await self._reader.readuntil(b"\r\n")  # its first line has come
        await self.suffer(fault)
        return True

    async def suffer(self, fault: Fault) -> None:
        """Lets it go wrong. The end of the connection, whoever ends it, ends this task."""
        if fault.answer is not None:
            await self.push(fault.answer)
            if not fault.cuts:
                return
            if self.transport is not None:
                self.transport.close()  # once the answer is out
        elif fault.cuts:
            _break(self)
        await asyncio.Event().wait()


for _command in (Step.EHLO, Step.STARTTLS, Step.AUTH, Step.MAIL, Step.RCPT, Step.DATA, Step.RSET, Step.QUIT):
    setattr(_Connection, f"smtp_{_command}", _unless_wrong(_command))


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

    async def handle_DATA(self, server: _Connection, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        received = _received(envelope)
        fault = self.sink.fault_at(Step.ANSWER)
        if fault:
            if not (fault.answer or "").startswith(("4", "5")):
                self.sink.messages.append(received)
            await server.suffer(fault)
            return SAID_ALREADY
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
