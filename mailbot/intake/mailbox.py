"""A mailbox on an IMAP server, over TLS that verifies. The only module that speaks to imapclient.

List the UIDs, leave out what the ledger knows, fetch the rest in batches bounded by count and by bytes, never setting
a flag (``BODY.PEEK``). Intake deletes nothing: a filed message is moved to the processed folder; what retention takes
off the server goes by its UID. Every wait has an end: a
dead connection is noticed within a minute.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from mailbot.clock import now
from mailbot.config import Mailbox
from mailbot.domain import RawMail
from mailbot.errors import MailboxUnreachable
from mailbot.expiry import note_certificate

if TYPE_CHECKING:  # Authlib takes long to load, and most mailboxes sign in by password
    from mailbot.intake.oauth import Tokens

TIMEOUT_SECONDS = 30
IDLE_SECONDS = 25
"""How long one IDLE lasts (RFC 2177 allows 29 minutes). Ending it is answered at once, or the connection is dead."""

BATCH_MESSAGES = 100
BATCH_BYTES = 8_000_000

NOT_OURS = frozenset(rb"\noselect \nonexistent \sent \drafts \all \flagged \important".split())
"""Folders that hold no arrived mail of their own (RFC 6154): what was sent, and views of what lies in others."""

NETWORK_ERRORS = (IMAPClientError, OSError)
"""imapclient raises its own errors for refusals and plain OSError (ssl.SSLError, TimeoutError) for the network."""


class Listed(NamedTuple):
    """A message as its server lists it: its size in bytes and when it arrived."""

    size: int
    received_at: datetime


class ImapFolder:
    """One selected folder: its UIDs and UIDVALIDITY as they stand on the server now."""

    def __init__(self, client: IMAPClient, settings: Mailbox, name: str, *, readonly: bool = False) -> None:
        self.name = name
        self.left = 0
        self.oldest_left_at: datetime | None = None
        self._client = client
        self._settings = settings
        try:
            selected = client.select_folder(name, readonly=readonly)
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

    def listing(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Size and time of arrival of those messages that are still there, without fetching them."""
        found: dict[int, Listed] = {}
        for at in range(0, len(uids), 500):
            try:
                answers = self._client.fetch(list(uids[at : at + 500]), ["RFC822.SIZE", "INTERNALDATE"])
            except NETWORK_ERRORS as error:
                raise _unreachable(self._settings, "the messages could not be listed", error) from None
            for uid, answer in answers.items():
                found[uid] = Listed(int(answer.get(b"RFC822.SIZE", 0)), _arrival(answer))
        return found

    def move_processed(self, uids: Sequence[int]) -> None:
        """Moves filed messages to the processed folder; where the server has no MOVE, copies them there.

        A copied original goes only by UID EXPUNGE (RFC 4315): a plain EXPUNGE would also delete what others marked.
        """
        client, target = self._client, self._settings.processed_folder
        try:
            self._make(target)
            for at in range(0, len(uids), 500):
                part = list(uids[at : at + 500])
                if client.has_capability("MOVE"):
                    self._move(part, target)
                    continue
                client.copy(part, target)
                if client.has_capability("UIDPLUS"):
                    client.add_flags(part, [b"\\Deleted"], silent=True)
                    client.uid_expunge(part)
        except NETWORK_ERRORS as error:
            raise _unreachable(
                self._settings, f'filed messages could not be moved to "{target}" (they stay filed)', error
            ) from None

    def remove(self, uids: Sequence[int]) -> None:
        """Takes these messages off the server, and no other that somebody has marked (UID EXPUNGE, RFC 4315).

        Raises `MailboxUnreachable` where the server cannot do that, too.
        """
        client = self._client
        try:
            if not client.has_capability("UIDPLUS"):
                why = "no single message can be taken off a server without UIDPLUS: remove them there by hand"
                raise MailboxUnreachable(f"{self._settings.name}: {why}")
            for at in range(0, len(uids), 500):
                part = list(uids[at : at + 500])
                client.add_flags(part, [b"\\Deleted"], silent=True)
                client.uid_expunge(part)
        except NETWORK_ERRORS as error:
            raise _unreachable(self._settings, "messages could not be taken off the server", error) from None

    def _move(self, uids: list[int], target: str) -> None:
        """Moves the messages; what somebody has taken away meanwhile is nobody's loss, though the server refuses."""
        try:
            self._client.move(uids, target)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            left = sorted(self.listing(uids))
            if left == uids:
                raise
            if left:
                self._client.move(left, target)

    def _make(self, target: str) -> None:
        """Makes the folder where it is missing; another process may do so at the same moment."""
        if self._client.folder_exists(target):
            return
        try:
            self._client.create_folder(target)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            if not self._client.folder_exists(target):
                raise

    def _batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
        for at in range(0, len(uids), 500):
            part = list(uids[at : at + 500])
            listed = self.listing(part)
            batch: list[int] = []
            weight = 0
            for uid in part:
                size = listed[uid].size if uid in listed else 0
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
            if isinstance(error, IMAPClientAbortError):
                raise _unreachable(self._settings, "the connection broke while fetching", error) from None
            if len(uids) == 1:
                self._leave(self.listing(uids).get(uids[0]))  # refused; it is asked for again next time
                return []
            return [mail for uid in uids for mail in self._fetch_batch([uid])]
        except OSError as error:
            raise _unreachable(self._settings, "the connection broke while fetching", error) from None

    def _mails(self, fetched: dict[int, Any], uids: list[int]) -> list[RawMail]:
        mails = []
        for uid in uids:
            content = fetched.get(uid, {}).get(b"BODY[]")
            if content is None:
                if uid in fetched:  # else it is gone since the folder was listed, which is nobody's loss
                    self._leave(Listed(0, _arrival(fetched[uid])))
                continue
            mails.append(
                RawMail(
                    mailbox=self._settings.name,
                    folder=self.name,
                    uid_validity=self.uid_validity,
                    uid=uid,
                    received_at=_arrival(fetched[uid]),
                    content=content,
                )
            )
        return mails

    def _leave(self, listed: Listed | None) -> None:
        if listed is not None:
            self.left += 1
            self.oldest_left_at = min(filter(None, (self.oldest_left_at, listed.received_at)))


def _arrival(answer: dict[bytes, Any]) -> datetime:
    received_at: datetime = answer.get(b"INTERNALDATE") or datetime.now(UTC)
    return received_at.astimezone(UTC)


class ImapMailbox:
    """A signed-in connection; a context manager. Raises `MailboxUnreachable` with what to mend.

    `tokens` outlive the connection; without them, a mailbox that signs in by OAuth asks for a token each time.
    """

    def __init__(self, settings: Mailbox, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._tokens = tokens
        if tokens is None and settings.oauth is not None:
            from mailbot.intake.oauth import Tokens

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
        note_certificate(f"mailbox {settings.name}", self._client.socket())
        try:
            self._sign_in(self._client, secret)
        except LoginError as error:
            self.close()
            if _broke(error):
                raise _unreachable(settings, "the connection broke while signing in", error) from None
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
            self.close()
            raise _unreachable(settings, "the connection broke while signing in", error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def folders(self, *, readonly: bool = False) -> Iterator[ImapFolder]:
        """The configured folders, each selected when its turn comes."""
        for name in self.folder_names():
            yield self.open_folder(name, readonly=readonly)

    def folder_names(self) -> list[str]:
        """What the server calls the configured folders; ``\\Junk`` is whatever it marks so, if it marks any."""
        named = (self._special(name) if name.startswith("\\") else name for name in self._settings.folders)
        return [name for name in named if name is not None]

    def open_folder(self, name: str, *, readonly: bool = False) -> ImapFolder:
        """That folder, selected. Raises `MailboxUnreachable` where it is not there."""
        return ImapFolder(self._open, self._settings, name, readonly=readonly)

    def every_folder(self) -> Iterator[ImapFolder]:
        """Every folder on the server that may hold arrived mail, each selected when its turn comes, read only."""
        try:
            listed = self._open.list_folders()
        except NETWORK_ERRORS as error:
            raise _unreachable(self._settings, "the folders could not be listed", error) from None
        for flags, _delimiter, name in listed:
            if not NOT_OURS & {flag.lower() for flag in flags}:
                yield ImapFolder(self._open, self._settings, name, readonly=True)

    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return bool(self._open.has_capability("IDLE"))

    def arrivals(self) -> Iterator[bool]:
        """Goes on for ever: True as soon as the first folder may have new mail, else False every `IDLE_SECONDS`.

        Raises `MailboxUnreachable` where the connection is dead, which shows at the end of each IDLE.
        """
        client = self._open
        try:
            client.select_folder(self.folder_names()[0], readonly=True)
            yield True  # what came before this moment is told by nobody
            while True:
                client.idle()
                told = client.idle_check(timeout=IDLE_SECONDS)
                told += client.idle_done()[1]
                yield any(len(one) > 1 and one[1] in (b"EXISTS", b"RECENT") for one in told)
        except NETWORK_ERRORS as error:
            raise _unreachable(self._settings, "the connection broke while waiting for mail", error) from None

    @property
    def _open(self) -> IMAPClient:
        if self._client is None:
            raise RuntimeError("the mailbox is not open: use it in a with statement")
        return self._client

    def _special(self, attribute: str) -> str | None:
        """The folder that the server marks as, say, ``\\Junk`` (RFC 6154); None where it marks none."""
        try:
            listed = self._open.list_folders()
        except NETWORK_ERRORS as error:
            raise _unreachable(self._settings, "the folders could not be listed", error) from None
        wanted = attribute.lower().encode()
        return next((name for flags, _, name in listed if wanted in {flag.lower() for flag in flags}), None)

    def _sign_in(self, client: IMAPClient, secret: str) -> None:
        """By password, or by token: one that the server refuses, as it may be revoked, is asked anew once."""
        if self._tokens is None:
            client.login(self._settings.username, secret)
            return
        try:
            client.oauth2_login(self._settings.username, secret)
        except LoginError as error:
            if _broke(error):
                raise
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
        try:
            client.starttls(context)
        except NETWORK_ERRORS:
            with contextlib.suppress(OSError):  # closed already, where TLS itself failed
                client.shutdown()
            raise
    return client


def _broke(error: LoginError) -> bool:
    """Whether what looks like a refused sign-in is a connection that broke: imapclient makes one of the other."""
    return isinstance(error.__context__, IMAPClientAbortError | OSError)


def _unreachable(settings: Mailbox, what: str, error: Exception) -> MailboxUnreachable:
    """The error in a sentence. A protocol error's own text is left out: it quotes what came, a message's words too."""
    said = "" if isinstance(error, IMAPClientAbortError | ProtocolError) else str(error).strip()
    detail = said.splitlines()[0] if said else type(error).__name__
    return MailboxUnreachable(
        f"{settings.name}: {settings.host}:{settings.port}: {what}: {detail}. The next run goes on"
    )
