"""Messages from files: .eml files, folders of them, Maildirs and mbox files, for `assess` and `import`."""

from __future__ import annotations

import hashlib
import mailbox
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mailbot.domain import RawMail
from mailbot.errors import MailbotError

FOLDER = "file"


def mails_in(path: Path, mailbox_name: str) -> Iterator[tuple[str, RawMail]]:
    """Every message at `path`, with the path it came from, in path order.

    In a folder the .eml and .mbox files count, and whatever lies in a Maildir's ``new`` and ``cur``. Files have no UID:
    a number made from their bytes stands in its place, so that importing the same file twice files it once.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            in_maildir = file.parent.name in ("new", "cur") and (file.parent.parent / "tmp").is_dir()
            if file.is_file() and (file.suffix in (".eml", ".mbox") or in_maildir):
                yield from _file_mails(file, mailbox_name)
    elif path.exists():
        yield from _file_mails(path, mailbox_name)
    else:
        raise MailbotError(f"{path}: no such file or folder")


def _file_mails(file: Path, mailbox_name: str) -> Iterator[tuple[str, RawMail]]:
    received_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if file.suffix == ".mbox":
        for number, content in enumerate(_mbox_contents(file)):
            yield f"{file}:{number}", _raw(content, mailbox_name, received_at)
        return
    content = file.read_bytes()
    if content.startswith(b"From "):  # the separator line of an mbox, left on a single saved message
        content = content.partition(b"\n")[2]
    yield str(file), _raw(content, mailbox_name, received_at)


def _mbox_contents(file: Path) -> Iterator[bytes]:
    box = mailbox.mbox(str(file), create=False)
    for key in box.keys():  # noqa: SIM118  a mailbox is no mapping: iterating it parses every message
        yield box.get_bytes(key)


def _raw(content: bytes, mailbox_name: str, received_at: datetime) -> RawMail:
    return RawMail(
        mailbox=mailbox_name,
        folder=FOLDER,
        uid_validity=0,
        uid=int.from_bytes(hashlib.sha256(content).digest()[:8]) >> 1,
        received_at=received_at,
        content=content,
    )
