"""A webhook that keeps what it is told and answers with the status it is given."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_PATH = "/hooks/s3cret-of-the-webhook"


@dataclass
class Webhook:
    """A channel beside email that keeps what it is told and answers with `status`."""

    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """What each stood for it by: the header Authorization."""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{SECRET_PATH}"


@contextmanager
def running_webhook(tls: ssl.SSLContext | None = None) -> Iterator[Webhook]:
    """A webhook on this machine until the block ends; with `tls`, over it alone."""
    channel = Webhook()

    class Channel(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            channel.bodies.append(body)
            channel.headers.append(dict(self.headers.items()))
            channel.posts.append(json.loads(body))
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            channel.asked_for.append(self.path)
            channel.shown.append(self.headers.get("Authorization", ""))
            self.send_response(channel.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Channel) as server:
        channel.port = server.server_port
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is meant to
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield channel
        finally:
            server.shutdown()
            thread.join()
