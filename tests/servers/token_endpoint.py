"""An OAuth token endpoint that gives, rotates, refuses and revokes as it is told, with an introspection endpoint."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.certificate import write_certificate

STATUS = {"invalid_client": 401}
"""The status of an error code (RFC 6749, 5.2) that is not answered with 400."""


@dataclass(slots=True)
class TokenEndpoint:
    """A running endpoint with one client and one mailbox. Whatever it shall answer may be changed between two requests.

    `refuse` is the error code of every answer and `description` the words beside it; `answer` is a status and a body
    in place of any other. `lifetime_seconds` is what new tokens live, None leaves it unsaid. `refresh_token` is the one
    that is valid; with `rotates`, each answer brings a new one. `meanwhile` is called while the client waits for a
    token. `asked` holds the form of each request for one.
    """

    user: str
    client_id: str = "mailbot-client"
    client_secret: str = "a/s3cret+with=odd&characters%"
    refresh_token: str = "1//refresh-token-of-the-mailbox"
    lifetime_seconds: int | None = 3600
    rotates: bool = False
    refuse: str | None = None
    description: str = ""
    answer: tuple[int, str] | None = None
    meanwhile: Callable[[], None] = lambda: None
    asked: list[dict[str, str]] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    introspected: int = 0
    ca_file: Path | None = None
    _expires: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How often a token was asked for."""
        return len(self.asked)

    @property
    def token_url(self) -> str:
        return self._url("token")

    @property
    def introspection_url(self) -> str:
        return self._url("introspect")

    def revoke(self, token: str) -> None:
        """From now on the token is not valid, though it has not expired."""
        self._expires.pop(token, None)

    def stop(self) -> None:
        """Nobody listens at its port any more."""
        server = self._servers[0]
        server.shutdown()
        server.server_close()

    def said(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """The status and the body it answers to a form sent to `path`."""
        with self._lock:
            if path == "/introspect":
                return 200, json.dumps(self._introspected(form.get("token", "")))
            self.asked.append(form)
            self.meanwhile()
            if self.answer is not None:
                return self.answer
            error = self.refuse or self._error(form)
            if error:
                return STATUS.get(error, 400), json.dumps({"error": error, "error_description": self.description})
            return 200, json.dumps(self._granted(form))

    def _url(self, path: str) -> str:
        scheme = "https" if self.ca_file else "http"
        return f"{scheme}://127.0.0.1:{self._servers[0].server_port}/{path}"

    def _error(self, form: dict[str, str]) -> str | None:
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return "invalid_client"
        match form.get("grant_type"):
            case "client_credentials":
                return None if form.get("scope") else "invalid_scope"
            case "refresh_token":
                return None if form.get("refresh_token") == self.refresh_token else "invalid_grant"
        return "unsupported_grant_type"

    def _granted(self, form: dict[str, str]) -> dict[str, Any]:
        token = secrets.token_urlsafe(900)  # as long as those of Microsoft 365
        self.issued.append(token)
        self._expires[token] = time.time() + (self.lifetime_seconds or 3600)
        answer: dict[str, Any] = {"token_type": "Bearer", "access_token": token}
        if self.lifetime_seconds is not None:
            answer["expires_in"] = self.lifetime_seconds
        if form["grant_type"] == "refresh_token" and self.rotates:
            answer["refresh_token"] = self.refresh_token = f"1//{secrets.token_urlsafe(40)}"
        return answer

    def _introspected(self, token: str) -> dict[str, Any]:
        """What RFC 7662, 2.2, says of a token."""
        self.introspected += 1
        expires = self._expires.get(token, 0)
        if expires <= time.time():
            return {"active": False}
        return {"active": True, "username": self.user, "exp": int(expires)}


@contextlib.contextmanager
def running_token_endpoint(user: str = "enquiries", *, tls: bool = False) -> Iterator[TokenEndpoint]:
    """An endpoint on a free port of 127.0.0.1 for the mailbox of `user`; with `tls`, `ca_file` is what to trust."""
    folder = Path(tempfile.mkdtemp(prefix="token-endpoint-"))
    endpoint = TokenEndpoint(user)
    server = _Server(endpoint)
    endpoint._servers.append(server)
    if tls:
        endpoint.ca_file, key = write_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(endpoint.ca_file, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.stop()
        shutil.rmtree(folder, ignore_errors=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: TokenEndpoint) -> None:
        self.endpoint = endpoint
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, body = self.server.endpoint.said(self.path, dict(parse_qsl(sent)))
        self.send_response(status)
        if status in range(300, 400):
            self.send_header("Location", self.path)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of a request: it holds a secret."""
