"""A mailbox on an IMAP server, over TLS that verifies. The only module that speaks to imapclient.

List the UIDs, leave out what the ledger knows, fetch the rest in batches bounded by count and by bytes, never setting a
flag (``BODY.PEEK``). Nothing is deleted: a filed message is moved to the processed folder.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.clock import now
from mailbot.config import Mailbox
from mailbot.domain import RawMail
from mailbot.errors import MailboxUnreachable
from mailbot.intake.oauth import Tokens

TIMEOUT_SECONDS = 60
BATCH_MESSAGES = 100
BATCH_BYTES = 25_000_000

NETWORK_ERRORS = (IMAPClientError, OSError)
"""imapclient raises its own errors for refusals and plain OSError (ssl.SSLError, TimeoutError) for the network."""


class ImapFolder:
    """One selected folder: its UIDs and UIDVALIDITY as they stand on the server now."""

    def __init__(self, client: IMAPClient, settings: Mailbox, name: str) -> None:
        self.name = name
        self.left = 0
        self._client = client
        self._settings = settings
        try:
            selected = client.select_folder(name)
            self.uid_validity = int(selected[b"UIDVALIDITY"])
            self.uids: Sequence[int] = sorted(client.search("ALL"))
        except (*NETWORK_ERRORS, KeyError) as error:
            raise _unreachable(settings, f'the folder "{name}" could not be opened', error) from None

    def fetch(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """The messages in batches of at most `BATCH_MESSAGES` and about `BATCH_BYTES`.

        A message that the server will not give is left there and counted in `left`: it never stops the others.
        """
        for batch in self._batches(uids):
            yield self._fetch_batch(batch)

    def move_processed(self, uids: Sequence[int]) -> None:
        """Moves filed messages to the processed folder; where the server has no MOVE, copies them there.

        A copied original goes only by UID EXPUNGE (RFC 4315): a plain EXPUNGE would also delete what others marked.
        """
        client, target = self._client, self._settings.processed_folder
        try:
            if not client.folder_exists(target):
                client.create_folder(target)
            for at in range(0, len(uids), 500):
                part = list(uids[at : at + 500])
                if client.has_capability("MOVE"):
                    client.move(part, target)
                    continue
                client.copy(part, target)
                if client.has_capability("UIDPLUS"):
                    client.add_flags(part, [b"\\Deleted"], silent=True)
                    client.uid_expunge(part)
        except NETWORK_ERRORS as error:
            raise _unreachable(
                self._settings, f'filed messages could not be moved to "{target}" (they stay filed)', error
            ) from None

    def _batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
        for at in range(0, len(uids), 500):
            part = list(uids[at : at + 500])
            try:
                sizes = self._client.fetch(part, ["RFC822.SIZE"])
            except NETWORK_ERRORS as error:
                raise _unreachable(self._settings, "the messages could not be listed", error) from None
            batch: list[int] = []
            weight = 0
            for uid in part:
                size = int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
                if batch and (len(batch) == BATCH_MESSAGES or weight + size > BATCH_BYTES):
                    yield batch
                    batch, weight = [], 0
                batch.append(uid)
                weight += size
            if batch:
                yield batch

    def _fetch_batch(self, uids: list[int]) -> list[RawMail]:
        try:
            return self._mails(self._client.fetch(uids, ["BODY.PEEK[]", "INTERNALDATE"]), uids)
        except IMAPClientError as error:
            if len(uids) == 1:
                self.left += 1  # the server refuses this one; it stays there and is asked for again next time
                return []
            if isinstance(error, IMAPClientAbortError):
                raise _unreachable(self._settings, "the connection broke while fetching", error) from None
            return [mail for uid in uids for mail in self._fetch_batch([uid])]
        except OSError as error:
            raise _unreachable(self._settings, "the connection broke while fetching", error) from None

    def _mails(self, fetched: dict[int, Any], uids: list[int]) -> list[RawMail]:
        mails = []
        for uid in uids:
            content = fetched.get(uid, {}).get(b"BODY[]")
            if content is None:
                self.left += 1  # gone between listing and fetching, or withheld by the server
                continue
            received_at: datetime = fetched[uid].get(b"INTERNALDATE") or datetime.now(UTC)
            mails.append(
                RawMail(
                    mailbox=self._settings.name,
                    folder=self.name,
                    uid_validity=self.uid_validity,
                    uid=uid,
                    received_at=received_at.astimezone(UTC),
                    content=content,
                )
            )
        return mails


class ImapMailbox:
    """A signed-in connection; a context manager. Raises `MailboxUnreachable` with what to mend.

    `tokens` outlive the connection; without them, a mailbox that signs in by OAuth asks for a token each time.
    """

    def __init__(self, settings: Mailbox, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._tokens = tokens
        if tokens is None and settings.oauth is not None:
            self._tokens = Tokens(settings.oauth, settings.name, now)
        self._client: IMAPClient | None = None

    def __enter__(self) -> ImapMailbox:
        settings = self._settings
        secret = self._tokens.access_token() if self._tokens else settings.password
        try:
            self._client = _connected(settings)
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate does not verify ({error.verify_message})"
            mend = "mend the server, or name its authority in ca_file"
            raise MailboxUnreachable(f"{settings.name}: {settings.host}:{settings.port}: {why}; {mend}") from None
        except NETWORK_ERRORS as error:
            raise _unreachable(settings, "no secure connection", error) from None
        try:
            self._sign_in(self._client, secret)
        except LoginError:
            self.close()
            mend = (
                "let this client read the mailbox over IMAP at the provider" if self._tokens else "check the password"
            )
            raise MailboxUnreachable(
                f"{settings.name}: {settings.host} refused the sign-in of {settings.username}; {mend}"
            ) from None
        except MailboxUnreachable:
            self.close()
            raise
        except NETWORK_ERRORS as error:
            raise _unreachable(settings, "the connection broke while signing in", error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def folders(self) -> Iterator[ImapFolder]:
        """The configured folders, each selected when its turn comes."""
        if self._client is None:
            raise RuntimeError("the mailbox is not open: use it in a with statement")
        for name in self._settings.folders:
            yield ImapFolder(self._client, self._settings, name)

    def _sign_in(self, client: IMAPClient, secret: str) -> None:
        """By password, or by token: one that the server refuses, as it may be revoked, is asked anew once."""
        if self._tokens is None:
            client.login(self._settings.username, secret)
            return
        try:
            client.oauth2_login(self._settings.username, secret)
        except LoginError:
            client.oauth2_login(self._settings.username, self._tokens.access_token(refused=secret))

    def close(self) -> None:
        """Signs out; a server that is gone already is no error here, since everything is committed by then."""
        if self._client is None:
            return
        try:
            self._client.logout()
        except NETWORK_ERRORS:
            self._client.shutdown()
        self._client = None


def _connected(settings: Mailbox) -> IMAPClient:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    client = IMAPClient(
        settings.host,
        port=settings.port,
        ssl=settings.security == "tls",
        ssl_context=context if settings.security == "tls" else None,
        timeout=TIMEOUT_SECONDS,
    )
    client.normalise_times = False  # else INTERNALDATE comes back naive, in local time
    client._imap.debug = 0  # imapclient sets 5, which formats every literal: slow, and message text in a debug log
    if settings.security == "starttls":
        client.starttls(context)
    return client


def _unreachable(settings: Mailbox, what: str, error: Exception) -> MailboxUnreachable:
    detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return MailboxUnreachable(
        f"{settings.name}: {settings.host}:{settings.port}: {what}: {detail}. The next run goes on"
    )
