"""A mailbox in a Maildir: what a local mail server or a test delivers into, and what the demo uses.

Maildir has no UIDs: a message's place is named by the unique part of its file name (everything before the colon), so it
keeps its place when another program marks it as read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from mailbot.config import Mailbox
from mailbot.domain import RawMail
from mailbot.errors import MailboxUnreachable
from mailbot.intake.mailbox import Listed

BATCH_MESSAGES = 100
NOT_OURS = frozenset({"sent", "drafts"})
"""Folders of what was written here, by the names that mail programs give them."""


class MaildirFolder:
    """One folder of a Maildir: INBOX is the directory itself, another is ``.name`` in it (Maildir++)."""

    uid_validity = 0

    def __init__(self, settings: Mailbox, name: str) -> None:
        self.name = name
        self.left = 0
        self.oldest_left_at: datetime | None = None
        self._settings = settings
        self._root = Path(settings.path)
        here = self._root if name == "INBOX" else self._root / f".{name}"
        try:
            found = [
                path for part in ("new", "cur") for path in (here / part).iterdir() if not path.name.startswith(".")
            ]
        except OSError as error:
            raise MailboxUnreachable(f"{settings.name}: the Maildir {here} cannot be read: {error.strerror}") from None
        self._files = {uid_of(path): path for path in sorted(found, key=lambda path: path.name)}

    @property
    def uids(self) -> Sequence[int]:
        return list(self._files)

    def fetch(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """The messages in batches; one that cannot be read is left for the next run and counted in `left`."""
        for at in range(0, len(uids), BATCH_MESSAGES):
            batch = []
            for uid in uids[at : at + BATCH_MESSAGES]:
                path = self._files[uid]
                try:
                    content, modified = path.read_bytes(), path.stat().st_mtime
                except FileNotFoundError:
                    continue  # taken away by another program since the folder was listed, which is nobody's loss
                except OSError:
                    self.left += 1  # not readable now: the next run tries again
                    self.oldest_left_at = self.oldest_left_at or datetime.now(UTC)
                    continue
                batch.append(
                    RawMail(
                        mailbox=self._settings.name,
                        folder=self.name,
                        uid_validity=self.uid_validity,
                        uid=uid,
                        received_at=datetime.fromtimestamp(modified, UTC),
                        content=content,
                    )
                )
            yield batch

    def listing(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Size and time of arrival of those messages that are still there."""
        found = {}
        for uid in uids:
            try:
                state = self._files[uid].stat()
            except FileNotFoundError:
                continue  # taken away since the folder was listed
            found[uid] = Listed(state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))
        return found

    def move_processed(self, uids: Sequence[int]) -> None:
        """Moves the messages into the processed folder, made where it is missing."""
        target = self._root / f".{self._settings.processed_folder}"
        try:
            for part in ("tmp", "new", "cur"):
                (target / part).mkdir(parents=True, exist_ok=True)
            for uid in uids:
                path = self._files[uid]
                path.rename(target / "cur" / f"{path.name.partition(':')[0]}:2,S")
        except OSError as error:
            raise MailboxUnreachable(
                f"{self._settings.name}: filed messages could not be moved to {target}: {error.strerror}"
            ) from None

    def remove(self, uids: Sequence[int]) -> None:
        """Deletes these messages; what is gone already is nobody's loss."""
        try:
            for uid in uids:
                self._files[uid].unlink(missing_ok=True)
        except OSError as error:
            raise MailboxUnreachable(
                f"{self._settings.name}: messages could not be removed: {error.strerror}"
            ) from None


class MaildirMailbox:
    """A Maildir as a mailbox to take mail from; a context manager like its IMAP twin."""

    def __init__(self, settings: Mailbox) -> None:
        self._settings = settings

    def __enter__(self) -> MaildirMailbox:
        if not (Path(self._settings.path) / "new").is_dir():
            raise MailboxUnreachable(
                f"{self._settings.name}: {self._settings.path} is no Maildir (no folder new in it); mend mailbox.path"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def folders(self, *, readonly: bool = False) -> Iterator[MaildirFolder]:
        """The configured folders; nothing is changed by opening them, `readonly` or not."""
        for name in self.folder_names():
            yield self.open_folder(name, readonly=readonly)

    def folder_names(self) -> list[str]:
        return list(self._settings.folders)

    def open_folder(self, name: str, *, readonly: bool = False) -> MaildirFolder:
        """That folder. Raises `MailboxUnreachable` where it is not there."""
        return MaildirFolder(self._settings, name)

    def every_folder(self) -> Iterator[MaildirFolder]:
        """INBOX and every folder in it (Maildir++) that may hold arrived mail."""
        yield MaildirFolder(self._settings, "INBOX")
        names = (path.parent.name[1:] for path in Path(self._settings.path).glob(".*/cur"))
        for name in sorted(name for name in names if name.lower() not in NOT_OURS):
            yield MaildirFolder(self._settings, name)


def uid_of(path: Path) -> int:
    """A stable 63-bit number for a Maildir file, from the unique part of its name."""
    unique = path.name.partition(":")[0]
    return int.from_bytes(hashlib.sha256(unique.encode("utf-8", "surrogateescape")).digest()[:8]) >> 1
