"""Real servers for the tests: Dovecot, PostgreSQL and an SMTP sink. Each lives on this machine for a `with` block.

None needs root. Where the tests run as root all the same, as in a container, the servers that refuse it are started as
an ordinary account. Everything a server writes is in one temporary folder, gone when the block ends.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ServerMissing(Exception):
    """A server's program is not installed. The text names the Debian package and how to install it."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package} is not installed. To install: apt-get install {package}")


@dataclass(frozen=True)
class Account:
    """The account a server runs as: our own, or an ordinary one where we are root."""

    name: str
    uid: int
    gid: int

    def owns(self, folder: Path) -> None:
        """Hands a folder and all in it over to the account."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid)

    def as_started(self) -> dict[str, Any]:
        """What `subprocess` must be told to start a program under the account; nothing where it is our own."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.getuid() == 0 else {}


def unprivileged(*names: str) -> Account:
    """Our own account or, where we are root, the first of `names` that exists."""
    entry = pwd.getpwuid(os.getuid())
    if entry.pw_uid == 0:
        known = {each.pw_name: each for each in pwd.getpwall()}
        entry = next(known[name] for name in names if name in known)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def program(name: str, package: str) -> str:
    """The path of a program that `debian-programs.sh` laid into this environment, or that is installed.

    Raises `ServerMissing` with the Debian package it comes with.
    """
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise ServerMissing(package)
    return found


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on. Another program may take one before its server does: try again."""
    with contextlib.ExitStack() as held:
        return [held.enter_context(_bound()).getsockname()[1] for _ in range(count)]


@contextlib.contextmanager
def _bound() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener
