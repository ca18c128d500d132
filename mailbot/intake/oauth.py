"""A bearer token in a password's place: asked of the provider, kept, and renewed before it expires.

Microsoft 365 gives one for client credentials (RFC 6749, 4.4), Google for a refresh token (RFC 6749, 6). The only
module that speaks to Authlib. Neither a token nor a secret is ever logged or part of a message.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests import HTTPError, RequestException

from mailbot.clock import Clock
from mailbot.config import OAuth
from mailbot.errors import ConfigError, MailboxUnreachable
from mailbot.expiry import note

TIMEOUT_SECONDS = 30
RENEW_BEFORE = timedelta(minutes=5)
LIFETIME_SECONDS = 3600
"""How long a token is taken to live where the answer does not say (RFC 6749, 5.1, only recommends that it does)."""

SAID_CHARACTERS = 200
GIVEAWAY_CHARACTERS = 8

AGAIN = "the next run asks again"
OTHER_MEND = "check the oauth settings of this mailbox against what the provider shows"
MENDS = {
    "invalid_client": "the client secret has expired or is wrong: make a new one with the provider and put it into "
    "{secret}",
    "invalid_scope": "the provider does not grant this scope: mend oauth.scope",
    "unauthorized_client": "the provider does not know the client or does not let it: check oauth.client_id there",
    "server_error": AGAIN,
    "temporarily_unavailable": AGAIN,
}
REFRESH_MENDS = MENDS | {
    "invalid_grant": "the refresh token has expired or was withdrawn: sign in to the provider as this mailbox once "
    "more and put the new refresh token into {refresh_token_file}",
}
"""What to do about an error code (RFC 6749, 5.2) of either grant, and about those that only a refresh token brings."""


class Tokens:
    """The bearer tokens of one mailbox, one in hand at a time. Built once: they outlive the mailbox's connections.

    `expires_at` is when the one in hand expires, None without one. `problem` is what was wrong with the last renewal,
    None after one that went well: while it is set, mail comes in no longer than until `expires_at`.
    """

    def __init__(self, settings: OAuth, mailbox: str, clock: Clock) -> None:
        self.problem: str | None = None
        self.expires_at: datetime | None = None
        self._settings = settings
        self._mailbox = mailbox
        self._clock = clock
        self._token = ""
        self._unwritten = ""  # a refresh token that could not be put into its file yet
        self._lock = Lock()

    def access_token(self, refused: str | None = None) -> str:
        """The token in hand, asked anew where it expires within `RENEW_BEFORE` or the mail server has `refused` it.

        Where renewing fails, a token that is still valid goes on being used; raises `MailboxUnreachable` without one.
        Threads may share it: one asks, the others wait for its answer.
        """
        with self._lock:
            self._write_refresh_token()
            if self._token == refused:
                self._token, self.expires_at = "", None
            if self._expires_within(RENEW_BEFORE):
                self._renew()
            return self._token

    def _expires_within(self, time: timedelta) -> bool:
        return self.expires_at is None or self.expires_at - self._clock() <= time

    def _renew(self) -> None:
        try:
            self._token, self.expires_at = self._granted()
        except MailboxUnreachable as error:
            self.problem = str(error)
            if self._expires_within(timedelta()):
                raise
            return
        self.problem = None
        note("token", f"mailbox {self._mailbox}", self.expires_at)
        self._write_refresh_token()

    def _granted(self) -> tuple[str, datetime]:
        """A new token and when it expires; raises `MailboxUnreachable` with what was found and what to do."""
        asked_at, secret, used = self._clock(), self._client_secret(), self._refresh_token()
        try:
            answer = self._answer(secret, used)
            newest = answer.get("refresh_token")
            if used and newest != used and isinstance(newest, str):
                self._unwritten = newest
            return _token_in(answer, asked_at)
        except OAuthError as error:
            raise self._refusal(error, secret, used) from None
        except HTTPError as error:
            raise self._unexpected(getattr(error.response, "status_code", 0)) from None
        except OSError as error:
            raise self._no_connection(error) from None
        except (ValueError, TypeError, OverflowError):
            raise self._none("what it answers is no token", "check oauth.token_url") from None

    def _answer(self, secret: str, refresh_token: str) -> dict[str, Any]:
        """What the token endpoint answers.

        A redirection is not followed: it would carry the secret elsewhere. Nor does requests take proxies, authorities
        or passwords from its own environment variables and files: only the configuration says where a secret goes.
        Authlib's client does not itself insist on https, so http on loopback needs no switch: the configuration does.
        """
        settings = self._settings
        session = OAuth2Session(
            settings.client_id,
            secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  the name of a method (RFC 6749, 2.3.1)
            scope=settings.scope or None,
            trust_env=False,
        )
        options = {"timeout": TIMEOUT_SECONDS, "allow_redirects": False, "verify": _authorities(settings.ca_file)}
        answer: dict[str, Any]
        with session:
            if settings.grant == "refresh_token":
                answer = session.refresh_token(settings.token_url, refresh_token, **options)
            else:
                answer = session.fetch_token(settings.token_url, grant_type=settings.grant, **options)
        return answer

    def _client_secret(self) -> str:
        """Read at each renewal, so that a new secret is in force without a new start."""
        try:
            return self._settings.client_secret
        except ConfigError as error:
            raise MailboxUnreachable(f"{self._mailbox}: {error}") from None

    def _refresh_token(self) -> str:
        """The newest refresh token; empty where the grant needs none."""
        if self._settings.grant != "refresh_token" or self._unwritten:
            return self._unwritten
        path = self._settings.refresh_token_file
        try:
            token = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = _words(error)
            raise MailboxUnreachable(f"{self._mailbox}: refresh_token_file {path} cannot be read: {why}") from None
        if not token:
            raise MailboxUnreachable(f"{self._mailbox}: refresh_token_file {path} is empty; it must hold the token")
        return token

    def _write_refresh_token(self) -> None:
        """Puts a new refresh token into its file. Where that fails it is kept here, and tried again the next time."""
        if not self._unwritten:
            return
        path = self._settings.refresh_token_file
        try:
            _write_private(Path(path).resolve(), self._unwritten)
        except OSError as error:
            self.problem = (
                f"{self._mailbox}: the provider gave a new refresh token, which cannot be written to {path}: "
                f"{_words(error)}; let mailbot write there before it is stopped, or the token is lost"
            )
            return
        self._unwritten = ""
        self.problem = None

    def _refusal(self, error: OAuthError, *secrets: str) -> MailboxUnreachable:
        settings = self._settings
        code, description = (_said(text, [*secrets, self._token]) for text in (error.error, error.description))
        if code == "invalid_grant":
            self._unwritten = ""  # the file may hold a better one by now
        mends = REFRESH_MENDS if settings.grant == "refresh_token" else MENDS
        mend = mends.get(code, OTHER_MEND).format(
            secret=settings.client_secret_env or settings.client_secret_file,
            refresh_token_file=settings.refresh_token_file,
        )
        return self._none(f"it answers {code or 'an error'}" + (f" ({description})" if description else ""), mend)

    def _unexpected(self, status: int) -> MailboxUnreachable:
        passing = status == 429 or status >= 500
        return self._none(f"it answers HTTP {status}", AGAIN if passing else "check oauth.token_url")

    def _no_connection(self, error: OSError) -> MailboxUnreachable:
        cause = _cause(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"its certificate does not verify ({cause.verify_message})"
            return self._none(why, "mend the server, or name its authority in oauth.ca_file")
        why = _words(cause) if cause else "it broke off"
        return self._none(f"no connection: {why}", f"check the network and oauth.token_url; {AGAIN}")

    def _none(self, why: str, mend: str) -> MailboxUnreachable:
        server = urlsplit(self._settings.token_url).netloc.rpartition("@")[2]
        return MailboxUnreachable(f"{self._mailbox}: no token from {server}: {why}; {mend}")


def _token_in(answer: dict[str, Any], asked_at: datetime) -> tuple[str, datetime]:
    """The token and when it expires; raises ValueError, TypeError or OverflowError where the answer holds no such."""
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise ValueError("no access_token")
    return token, asked_at + timedelta(seconds=int(answer.get("expires_in") or LIFETIME_SECONDS))


def _authorities(ca_file: str) -> str | bool:
    """Whom to trust: `ca_file`, else the system's file or folder of authorities, which requests would pass over."""
    system = ssl.get_default_verify_paths()
    return ca_file or system.cafile or system.capath or True


def _cause(error: BaseException) -> OSError | None:
    """The system's own error under those which requests and urllib3 wrap around it, and which may quote the server."""
    found: BaseException | None = error
    while found is not None and (isinstance(found, RequestException) or not isinstance(found, OSError)):
        found = found.__context__
    return found


def _words(error: BaseException) -> str:
    """The error's own words, one line."""
    words = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return str(words).splitlines()[0]


def _said(text: object, secrets: list[str]) -> str:
    """At most `SAID_CHARACTERS` printable characters of what a server said; none where it repeats part of a secret."""
    said = "".join(character for character in " ".join(str(text or "").split()) if character.isprintable())
    if any(_repeats(form, secret) for form in (said, unquote_plus(said)) for secret in secrets if secret):
        return ""
    return said[:SAID_CHARACTERS]


def _repeats(said: str, secret: str) -> bool:
    last = max(1, len(secret) - GIVEAWAY_CHARACTERS + 1)
    return any(secret[at : at + GIVEAWAY_CHARACTERS] in said for at in range(last))


def _write_private(path: Path, text: str) -> None:
    """Puts `text` in the file's place at once, readable by this account alone: a crash leaves the old or the new."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
