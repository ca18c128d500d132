"""What runs out, as this process saw it last: the certificates of the mail servers, and the tokens of mailboxes.

Nothing is asked for its own sake: whoever has a line to a server notes what was shown on it. Each process knows what it
saw itself; the worker tells it at an address of its own (`serving`).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from prometheus_client import Metric

What = Literal["certificate", "token"]

_seen: dict[tuple[What, str], datetime] = {}


def note(what: What, of: str, at: datetime) -> None:
    """That the certificate or token of a mailbox, or of outgoing mail, ends then."""
    _seen[what, of] = at


def note_certificate(of: str, line: socket.socket | None) -> None:
    """Notes until when the certificate is valid that was shown on a verified line; a line without one shows nothing."""
    shown = line.getpeercert() if isinstance(line, ssl.SSLSocket) else None
    until = shown.get("notAfter") if shown else None
    if isinstance(until, str):
        note("certificate", of, datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC))


def seen() -> dict[tuple[What, str], datetime]:
    """Everything that was noted in this process, the last of each."""
    return dict(_seen)


class Ends:
    """What was seen, for a registry of Prometheus' client: looked up each time that it is asked for."""

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily  # takes long to load

        name, text = "mailbot_expires_timestamp_seconds", "When this ends, as the process saw it last"
        ends = GaugeMetricFamily(name, text, labels=["what", "of"])
        for (what, of), at in seen().items():
            ends.add_metric([what, of], at.timestamp())
        yield ends


@contextlib.contextmanager
def serving(port: int) -> Iterator[None]:
    """Within it Prometheus, on this machine alone, is told at that port what this process saw; nothing where it is 0.

    Raises `ConfigError` where the port is taken.
    """
    if not port:
        yield
        return
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(Ends())
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry=registry)
    except OSError as error:
        raise ConfigError(f"metrics.worker_port: {port} cannot be used: {error.strerror}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
