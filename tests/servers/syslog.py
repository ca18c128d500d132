"""A syslog server over TCP or TLS that keeps what it is told: frames by their length (RFC 5425, RFC 6587)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificate import write_certificate


@dataclass
class Syslog:
    """Keeps each message as it came. `deaf` has it end the connection before it has read anything."""

    port: int = 0
    scheme: str = "syslog"
    certificate: Path | None = None
    deaf: bool = False
    messages: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"


@contextmanager
def running_syslog(folder: Path, *, tls: bool = True) -> Iterator[Syslog]:
    """A server on this machine until the block ends; the certificate it shows lies in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Syslog(listener.getsockname()[1], "syslog" if tls else "syslog+tcp")
        context = None
        if tls:
            server.certificate, key = write_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(server.certificate, key)
        thread = threading.Thread(target=_serve, args=(listener, context, server))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext | None, server: Syslog) -> None:
    with suppress(OSError):  # the listener is closed
        while True:
            plain, _ = listener.accept()
            with plain, suppress(OSError):
                if server.deaf:
                    continue
                with context.wrap_socket(plain, server_side=True) if context else plain as line_in:
                    server.messages += _frames(b"".join(iter(lambda: line_in.recv(4096), b"")))


def _frames(content: bytes) -> Iterator[str]:
    while content:
        length, _, content = content.partition(b" ")
        yield content[: int(length)].decode()
        content = content[int(length) :]
