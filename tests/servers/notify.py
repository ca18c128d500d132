"""GOV.UK Notify on this machine: checks each request as the real one does, keeps what it takes, fails as it is told.

Bodies, errors and statuses are those documented at docs.notifications.service.gov.uk/rest-api.html.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import json
import re
import shutil
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pypdf

from tests.servers.certificate import write_certificate

CLOCK_SECONDS = 30
EMAIL_ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")


class Refusal(Exception):
    """An error as Notify gives it: status, type and message."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status_code": status, "errors": [{"error": error, "message": message}]}


RATE_LIMIT = Refusal(429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds")
DAILY_LIMIT = Refusal(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
INTERNAL = Refusal(500, "Exception", "Internal server error")
TEAM_KEY = Refusal(400, "BadRequestError", "Can't send to this recipient using a team-only API key")
TRIAL_MODE = Refusal(
    400,
    "BadRequestError",
    "Can't send to this recipient when service is in trial mode - see https://www.notifications.service.gov.uk/trial-mode",
)
NO_LETTERS = Refusal(403, "BadRequestError", "Cannot send letters with a team api key")
CLOCK = Refusal(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")


@dataclass(slots=True)
class NotifyAccount:
    """A running Notify with one account. Whatever it shall answer may be changed between two requests.

    `refuse` is the answer to every message, and `garbles` gives one that is no JSON. `loses_answers` takes a message
    and closes without an answer; `delay_seconds` is how long it thinks after it has taken one. `messages` is all that
    it has taken, as sent, and `asked` counts requests of any kind.
    """

    service_id: str = "26785a09-ab16-4eb0-8407-a37497a57506"
    secret: str = "3d844edf-8d35-48ac-975b-e847b4f122b0"
    template: str = "f33517ff-2a88-4f6e-b855-c550268ce08a"
    placeholders: tuple[str, ...] = ("subject", "body")
    reply_to_ids: tuple[str, ...] = ("8e222534-7f05-4972-86e3-17c5d9f894e2",)
    refuse: Refusal | None = None
    garbles: bool = False
    loses_answers: bool = False
    delay_seconds: float = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    ca_file: Path | None = None
    _notifications: list[dict[str, Any]] = field(default_factory=list)
    _port: int = 0
    _context: ssl.SSLContext | None = None
    _servers: list[_Server] = field(default_factory=list)

    @property
    def api_key(self) -> str:
        return f"mailbot-{self.service_id}-{self.secret}"

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self._port}"

    def becomes(self, reference: str, status: str) -> None:
        """From now on the newest message of that reference has this status."""
        next(one for one in reversed(self._notifications) if one["reference"] == reference)["status"] = status

    def start(self) -> None:
        """Starts a stopped Notify again, on the same port and with what it has taken."""
        server = _Server(self, self._port)
        self._port = server.server_port
        if self._context:
            server.socket = self._context.wrap_socket(server.socket, server_side=True)
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens at its port any more, and every connection is broken."""
        while self._servers:
            server = self._servers.pop()
            server.shutdown()
            server.server_close()
            server.break_connections()

    def answer(self, path: str, query: dict[str, str], authorization: str, sent: bytes | None) -> tuple[int, Any]:
        """Status and body for one request; `sent` is None where it only asks. Raises `Refusal`."""
        self.asked += 1
        self._let_in(authorization)
        match path.strip("/").split("/"):
            case ["v2", "notifications"] if sent is None:
                return 200, self._listed(query)
            case ["v2", "notifications", name] if sent is None:
                return 200, self._one(name)
            case ["v2", "template", name] if sent is None:
                return 200, self._shown(name)
            case ["v2", "notifications", "email" | "letter" as kind] if sent is not None:
                message = _read(sent)
                if self.refuse is not None:
                    raise self.refuse
                return 201, self._mailed(message) if kind == "email" else self._posted(message)
        raise Refusal(404, "NotFound", "The requested URL was not found on the server.")

    def _let_in(self, authorization: str) -> None:
        """The bearer token: HS256, of this service, signed with its secret, made within 30 seconds of now."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            raise Refusal(401, "AuthError", "Unauthorized: authentication token must be provided")
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, self.secret, algorithms=["HS256"], options={"verify_iat": False})
        except jwt.InvalidTokenError:
            raise Refusal(403, "AuthError", "Invalid token: API key not found") from None
        if header.get("typ") != "JWT" or claims.get("iss") != self.service_id:
            raise Refusal(403, "AuthError", "Invalid token: service not found")
        if abs(time.time() - claims["iat"]) > CLOCK_SECONDS:
            raise CLOCK

    def _mailed(self, message: dict[str, Any]) -> dict[str, Any]:
        for key in ("email_address", "template_id"):
            if not isinstance(message.get(key), str):
                raise Refusal(400, "ValidationError", f"{key} is a required property")
        if not EMAIL_ADDRESS.fullmatch(message["email_address"]):
            raise Refusal(
                400, "ValidationError", f"email_address {message['email_address']} is not a valid email address"
            )
        if message["template_id"] != self.template:
            raise Refusal(400, "BadRequestError", "Template not found")
        given = message.get("personalisation", {})
        missing = [name for name in self.placeholders if name not in given]
        if missing:
            raise Refusal(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        reply_to = message.get("email_reply_to_id")
        if reply_to is not None and reply_to not in self.reply_to_ids:
            why = f"email_reply_to_id {reply_to} does not exist in database for service id {self.service_id}"
            raise Refusal(400, "BadRequestError", why)
        shown = {"subject": given["subject"], "body": given["body"]}
        name = self._keep("email", "created", message, {"email_address": message["email_address"], **shown})
        return {
            "id": name,
            "reference": message.get("reference"),
            "content": {**shown, "from_email": "inspectorate@notifications.service.gov.uk"},
            "uri": f"{self.url}/v2/notifications/{name}",
            "template": self._template(),
        }

    def _posted(self, message: dict[str, Any]) -> dict[str, Any]:
        """A precompiled letter: a PDF in base64, with a reference."""
        for key in ("reference", "content"):
            if not isinstance(message.get(key), str):
                raise Refusal(400, "ValidationError", f"{key} is a required property")
        postage = message.get("postage", "second")
        if postage not in ("first", "second", "economy"):
            raise Refusal(400, "ValidationError", "postage invalid. It must be either first, second or economy.")
        try:
            pages = pypdf.PdfReader(io.BytesIO(base64.b64decode(message["content"], validate=True))).pages
        except binascii.Error:
            raise Refusal(400, "BadRequestError", "Cannot decode letter content (invalid base64 encoding)") from None
        except pypdf.errors.PyPdfError:
            raise Refusal(400, "BadRequestError", "Letter content is not a valid PDF") from None
        if not len(pages):
            raise Refusal(400, "BadRequestError", "Letter content is not a valid PDF")
        shown = {"line_1": "Provided as PDF", "postage": postage, "subject": "Pre-compiled PDF", "body": ""}
        name = self._keep("letter", "pending-virus-check", message, shown)
        return {"id": name, "reference": message["reference"], "postage": postage}

    def _keep(self, kind: str, status: str, message: dict[str, Any], shown: dict[str, Any]) -> str:
        """Takes a message; the id it has from now on."""
        name = str(uuid.uuid4())
        blank = dict.fromkeys(
            ("email_address", "phone_number", *(f"line_{number}" for number in range(1, 8)), "postage")
        )
        self.messages.append(message)
        self._notifications.append(
            blank
            | {"id": name, "reference": message.get("reference"), "type": kind, "status": status}
            | {"template": self._template(), "created_at": datetime.now(UTC).isoformat(), "created_by_name": None}
            | {"sent_at": None, "completed_at": None, "scheduled_for": None, "is_cost_data_ready": False}
            | shown
        )
        return name

    def _listed(self, query: dict[str, str]) -> dict[str, Any]:
        """Newest first, of the reference asked for."""
        wanted = query.get("reference")
        found = [one for one in reversed(self._notifications) if wanted is None or one["reference"] == wanted]
        return {"notifications": found, "links": {"current": f"{self.url}/v2/notifications"}}

    def _one(self, name: str) -> dict[str, Any]:
        _uuid(name)
        for one in self._notifications:
            if one["id"] == name:
                return one
        raise Refusal(404, "NoResultFound", "No result found")

    def _shown(self, name: str) -> dict[str, Any]:
        _uuid(name)
        if name != self.template:
            raise Refusal(404, "NoResultFound", "No result found")
        wanted = {placeholder: {"required": True} for placeholder in self.placeholders}
        return self._template() | {
            "name": "A letter",
            "type": "email",
            "created_at": "2026-01-05T09:00:00.000000Z",
            "updated_at": None,
            "created_by": "administrator@example.gov.uk",
            "subject": "((subject))",
            "body": "((body))",
            "personalisation": wanted,
            "postage": None,
        }

    def _template(self) -> dict[str, Any]:
        return {"id": self.template, "version": 1, "uri": f"{self.url}/v2/template/{self.template}"}


@contextlib.contextmanager
def running_notify(*, tls: bool = False) -> Iterator[NotifyAccount]:
    """Notify on a free port of 127.0.0.1; with `tls`, `ca_file` is what to trust."""
    account = NotifyAccount()
    folder = Path(tempfile.mkdtemp(prefix="notify-"))
    if tls:
        account.ca_file, key = write_certificate(folder)
        account._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        account._context.load_cert_chain(account.ca_file, key)
    account.start()
    try:
        yield account
    finally:
        account.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _read(sent: bytes) -> dict[str, Any]:
    try:
        message = json.loads(sent)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise Refusal(400, "BadRequestError", "Invalid JSON supplied in POST data")
    return message


def _uuid(name: str) -> None:
    try:
        uuid.UUID(name)
    except ValueError:
        raise Refusal(400, "ValidationError", "id is not a valid UUID") from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, account: NotifyAccount, port: int) -> None:
        self.account = account
        self._open: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.append(connection)
        return connection, address

    def break_connections(self) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self._write(*self._answered(None))

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        account = self.server.account
        before = len(account.messages)
        status, body = self._answered(sent)
        if len(account.messages) > before:
            time.sleep(account.delay_seconds)
            if account.loses_answers:
                self.close_connection = True
                return
        self._write(status, body)

    def _answered(self, sent: bytes | None) -> tuple[int, Any]:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        try:
            if sent is not None and self.headers["Content-Type"] != "application/json":
                raise Refusal(400, "BadRequestError", "Invalid JSON supplied in POST data")
            return self.server.account.answer(url.path, query, self.headers.get("Authorization", ""), sent)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _write(self, status: int, body: Any) -> None:
        written = b"<html>" if self.server.account.garbles else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(written)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of a request: it holds a secret."""
