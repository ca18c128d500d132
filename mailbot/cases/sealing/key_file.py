"""The key file: changed in one step, so that a reader finds either the keys of before or those of after.

Where the keys come from a command instead (a key management service), it is asked for them in the same format.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from mailbot.cases.sealing.vault import Keyring, NamedKeys, Purpose, key_text, keyring_of, read_keys
from mailbot.errors import KeysMissing

COMMAND_SECONDS = 20
"""How long the command that gives the keys may take."""


def keys_from_command(command: Sequence[str]) -> Keyring:
    """The keyring that a command prints; it is run as it stands, by no shell, and what it says is shown nowhere.

    Raises `KeysMissing` where it cannot be run, fails, takes too long or prints no keys.
    """
    name, by_hand = command[0], "run it by hand as the account of mailbot to see why"
    try:
        done = subprocess.run(  # noqa: S603  what the configuration names, run by no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may tell of keys: it goes to no log
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KeysMissing(f"keys.command: {name} took longer than {COMMAND_SECONDS} seconds; {by_hand}") from None
    except OSError as error:
        raise KeysMissing(f"keys.command: {name} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        raise KeysMissing(f"keys.command: {name} ended with exit code {done.returncode}; {by_hand}")
    return keyring_of(done.stdout, f"what {name} prints")


def add_key(path: Path, purposes: Collection[Purpose], name: str) -> Keyring:
    """Makes a new key of that name for each purpose, current from now on; the keyring as the file has it then."""
    ring = read_keys(path, None)
    changed = {
        purpose: NamedKeys(current=name, keys={**ring.wrapping[purpose].keys, name: os.urandom(32)})
        for purpose in purposes
    }
    return _rewritten(path, ring, changed)


def remove_key(path: Path, purposes: Collection[Purpose], name: str) -> Keyring:
    """Takes the key of that name out; only for keys that are not current and that nothing needs."""
    ring = read_keys(path, None)
    changed = {}
    for purpose in purposes:
        named = ring.wrapping[purpose]
        if named.current == name:
            raise KeysMissing(f'"{name}" is the current {purpose} key in {path}; it stays')
        changed[purpose] = dataclasses.replace(named, keys={one: key for one, key in named.keys.items() if one != name})
    return _rewritten(path, ring, changed)


def _rewritten(path: Path, ring: Keyring, changed: dict[Purpose, NamedKeys]) -> Keyring:
    """Replaces the file by one beside it that is on the disk whole, of the same owner and permissions."""
    ring = dataclasses.replace(ring, wrapping={**ring.wrapping, **changed})
    target = path.resolve()  # of a link, what it points to
    fresh = target.with_name(f"{target.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()  # left by one that was killed
        before = target.stat()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            if os.geteuid() == 0:
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
            file.write(key_text(ring))
            file.flush()
            os.fsync(descriptor)
        os.replace(fresh, target)
        sync_folder(target.parent)
    except OSError as error:
        raise KeysMissing(f"the key file {path} cannot be changed: {error.strerror}; it is as it was") from None
    return ring


def sync_folder(folder: Path) -> None:
    """Has the disk keep what was renamed in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
