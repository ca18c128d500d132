"""A backup as one file: a tar of a manifest and, behind it, the copy of a database. No byte of it can change unnoticed.

Everything in the file follows from the manifest and the copy: the tar's own headers and padding are compared with what
they must be, the copy with its SHA-256, the manifest with its seal (a keyed digest). Any tar program unpacks it.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from mailbot.cases.sealing.key_file import sync_folder
from mailbot.errors import BackupRefused

MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
MANIFEST_LIMIT = 1024 * 1024

What = Literal["database", "key store"]
Digest = Callable[[str], str]
"""A keyed digest of a text, in hex."""


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds. `made_at` is the time whose state it is; `tables` tells the rows of each table.

    Of a key store, `key_names` tells how many data keys of each purpose are wrapped under which key, and `content` is
    their digest.
    """

    what: What
    engine: str
    schema: str
    mailbot: str
    made_at: datetime
    tables: dict[str, int]
    file: str
    size: int
    sha256: str
    key_names: dict[str, dict[str, int]] = {}
    content: str = ""
    seal: str = ""


def sealed(manifest: Manifest, digest: Digest) -> Manifest:
    """The manifest with its seal, by which a changed one is told."""
    return msgspec.structs.replace(manifest, seal=_seal(manifest, digest))


def _seal(manifest: Manifest, digest: Digest) -> str:
    plain = msgspec.structs.replace(manifest, seal="")
    return digest("backup manifest\n" + msgspec.json.encode(plain, order="sorted").decode())


def sha256_of(path: Path) -> tuple[int, str]:
    """The size in bytes and the SHA-256 in hex of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def write(path: Path, manifest: Manifest, copy: Path) -> None:
    """Writes the archive to `path`, on the disk whole and readable by its owner alone; the file must not exist."""
    head, tail = _frame(manifest)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, copy.open("rb") as source:
        file.write(head)
        while chunk := source.read(CHUNK):
            file.write(chunk)
        file.write(tail)
        file.flush()
        os.fsync(descriptor)
    sync_folder(path.parent)


def check(path: Path, digest: Digest) -> Manifest:
    """The manifest of the archive, once every byte of it is known to be as it was written; else `BackupRefused`."""
    with _opened(path) as file:
        manifest = _manifest(path, file)
        if manifest.seal != _seal(manifest, digest):
            raise BackupRefused(
                f"{path}: the manifest is not as it was written, or the keys are another installation's: put in place "
                "the keys of the one that was backed up, or take another backup"
            )
        found = hashlib.sha256()
        for chunk in _copy_in(path, file, manifest):
            found.update(chunk)
        if found.hexdigest() != manifest.sha256:
            raise _damaged(path)
    return manifest


def unpack(path: Path, manifest: Manifest, to: BinaryIO) -> None:
    """Writes the copy that the archive holds; raises `BackupRefused` where it is no longer what was checked."""
    found, last = hashlib.sha256(), b""
    with _opened(path) as file:
        if _manifest(path, file) != manifest:
            raise _damaged(path)
        for chunk in _copy_in(path, file, manifest):
            found.update(chunk)
            to.write(last)
            last = chunk
    if found.hexdigest() != manifest.sha256:
        raise _damaged(path)
    to.write(last)  # whoever reads along never has it all before all of it is known to be right


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupRefused(f"the backup {path} cannot be read: {error.strerror}") from None
    with file:
        yield file


def _manifest(path: Path, file: BinaryIO) -> Manifest:
    """The manifest at the beginning of the file, which is then at the beginning of the copy."""
    try:
        member = tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise _damaged(path) from None
    if member.name != MANIFEST or not 0 < member.size <= MANIFEST_LIMIT:
        raise BackupRefused(f"{path} is not a backup of mailbot")
    try:
        manifest = msgspec.json.decode(file.read(member.size), type=Manifest)
        head, _ = _frame(manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError):
        raise _damaged(path) from None
    file.seek(0)
    if file.read(len(head)) != head:
        raise _damaged(path)
    return manifest


def _copy_in(path: Path, file: BinaryIO, manifest: Manifest) -> Iterator[bytes]:
    """The copy from where the file stands, in chunks; what follows it is checked at the end."""
    left = manifest.size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise _damaged(path)
        left -= len(chunk)
        yield chunk
    _, tail = _frame(manifest)
    if file.read(len(tail) + 1) != tail:
        raise _damaged(path)


def _frame(manifest: Manifest) -> tuple[bytes, bytes]:
    """All that stands before the copy, and all that stands behind it."""
    content = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"))
    head = _header(MANIFEST, len(content), manifest) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
    head += _header(manifest.file, manifest.size, manifest)
    tail = bytes(-manifest.size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)
    whole = len(head) + manifest.size + len(tail)
    return head, tail + bytes(-whole % tarfile.RECORDSIZE)


def _header(name: str, size: int, manifest: Manifest) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(manifest.made_at.timestamp())
    return member.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _damaged(path: Path) -> BackupRefused:
    return BackupRefused(f"{path} is cut short or damaged, nothing was written: take another backup")
