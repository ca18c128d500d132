"""The witness: another host that keeps the audit trail's checkpoints, told by syslog or by HTTPS.

It holds what nobody who rules this machine can take back. A checkpoint tells nothing of any case or person.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

import msgspec
import requests

from mailbot.cases.audit_trail.checkpoints import Checkpoint, Checkpoints
from mailbot.config import Audit
from mailbot.errors import CheckpointNotSent
from mailbot.log import log

TIMEOUT_SECONDS = 10
PORTS = {"syslog": 6514, "syslog+tcp": 514, "https": 443, "http": 80}
PRIORITY = 13 * 8 + 5
"""The facility "log audit" at the level "notice" (RFC 5424 section 6.2.1)."""


def checkpoint(settings: Audit, checkpoints: Checkpoints) -> int:
    """Makes a checkpoint and sends what the witness does not have yet; says how many it took.

    Raises `CheckpointNotSent` where it could not be reached: the next run sends what is left.
    """
    made = checkpoints.make()
    if not settings.send_to:
        return 0
    unsent, sent = checkpoints.unsent(), 0
    try:
        for batch in tell(settings, unsent):
            checkpoints.note_sent(batch)
            sent += len(batch)
    except CheckpointNotSent as error:
        checkpoints.note_problem(unsent[sent], str(error))
        raise
    log.info("checkpoints sent", action="checkpoint", newest=made.number, sent=sent)
    return sent


def tell(settings: Audit, unsent: Sequence[Checkpoint]) -> Iterator[Sequence[Checkpoint]]:
    """Hands over checkpoints in order, and gives back those that have arrived as soon as that is known."""
    if urlsplit(settings.send_to).scheme in ("syslog", "syslog+tcp"):
        _by_syslog(settings, [as_line(one) for one in unsent])
        yield unsent
        return
    for one in unsent:
        _by_https(settings, one)
        yield [one]


def as_line(one: Checkpoint) -> str:
    """A checkpoint as it is written down: one line of JSON."""
    return json.dumps({"what": "mailbot checkpoint", **msgspec.to_builtins(one)})


def try_out(settings: Audit) -> str:
    """Connects to the witness and tells it nothing; says whom it reached. Raises `CheckpointNotSent`."""
    _ = settings.token
    with _reaching(settings), _connected(settings):
        return urlsplit(settings.send_to).netloc


def _by_syslog(settings: Audit, lines: Sequence[str]) -> None:
    """In frames of RFC 6587 section 3.4.1, as RFC 5425 has them. Nobody answers in this protocol.

    That all was read is taken from the witness ending the connection once we have ended ours.
    """
    with _reaching(settings), _connected(settings) as line_out:
        for line in lines:
            frame = f"<{PRIORITY}>1 - {socket.gethostname()} mailbot {os.getpid()} checkpoint - {line}".encode()
            line_out.sendall(b"%d %s" % (len(frame), frame))
        if isinstance(line_out, ssl.SSLSocket):
            with contextlib.suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):  # it ended without saying goodbye
                line_out.unwrap()
            return
        line_out.shutdown(socket.SHUT_WR)
        while line_out.recv(4096):
            continue


def _by_https(settings: Audit, one: Checkpoint) -> None:
    headers = {"Content-Type": "application/json"}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    with _reaching(settings):
        answer = requests.post(
            settings.send_to,
            data=as_line(one),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            verify=settings.ca_file or True,
        )
    if not 200 <= answer.status_code < 300:  # a redirection has not taken it either
        raise CheckpointNotSent(f"audit.send_to answered {answer.status_code}; the checkpoint is sent again")


@contextlib.contextmanager
def _reaching(settings: Audit) -> Iterator[None]:
    try:
        yield
    except (OSError, requests.RequestException) as error:  # its text may hold the address with a secret in it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise CheckpointNotSent(
            f"audit.send_to {urlsplit(settings.send_to).hostname} could not be reached ({reason}); what it does not "
            "have is sent at the next run"
        ) from None


@contextlib.contextmanager
def _connected(settings: Audit) -> Iterator[socket.socket]:
    address = urlsplit(settings.send_to)
    host = address.hostname or ""
    with socket.create_connection((host, _port(address)), TIMEOUT_SECONDS) as plain:
        if address.scheme not in ("syslog", "https"):
            yield plain
            return
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        with context.wrap_socket(plain, server_hostname=host) as secured:
            yield secured


def _port(address: SplitResult) -> int:
    return address.port or PORTS[address.scheme]
