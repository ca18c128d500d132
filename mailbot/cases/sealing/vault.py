"""The vault: what tells who wrote, and what they wrote, encrypted under keys of their own.

Every message has two data keys, one for identity and one for the narrative. A data key lives only wrapped (RFC 3394)
under a named key-encryption key of the key file, in a key store apart from the database: whoever holds the database,
or a backup of it, holds nothing readable, and destroying 80 bytes of the key store erases a case for good.
`mailbot.cases.sealing.rotation` changes the key-encryption keys while all this runs.

Sealed bytes are ``0x01 | nonce (12) | AES-256-GCM ciphertext and tag``; the additional data binds table, column and
record, so that a ciphertext moved to another row does not open.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hmac
import json
import os
import secrets
import time
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from mailbot.cases.sealing.key_store import (
    changing,
    current_names,
    forget_old_pages,
    key_table,
    wait_for_key_changes,
    wrapped_keys,
)
from mailbot.errors import KeysMissing

FORMAT = b"\x01"
NONCE_BYTES = 12
KEYS_A_QUERY = 500
REREAD_SECONDS = 60
"""For how long a key that was not found in the key file is not looked for there again."""


class Purpose(StrEnum):
    IDENTITY = "identity"
    NARRATIVE = "narrative"


@dataclass(frozen=True, slots=True, repr=False)
class NamedKeys:
    """Key-encryption keys by name; new data keys are wrapped under `current`. Never printed."""

    current: str
    keys: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The keys outside the database: one set a purpose, a key for look-ups and one for the web's sessions."""

    wrapping: Mapping[Purpose, NamedKeys]
    lookup: bytes
    web: bytes

    def digest(self, text: str) -> str:
        """A keyed SHA-256 of `text` in hex: equal texts can be found, and nothing be read from it."""
        return hmac.new(self.lookup, text.encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def new_key_file(path: Path, name: str) -> None:
    """Writes fresh keys to `path`, readable by its owner alone; refuses to touch a file that is there."""
    ring = Keyring(
        wrapping={purpose: NamedKeys(current=name, keys={name: os.urandom(32)}) for purpose in Purpose},
        lookup=os.urandom(32),
        web=os.urandom(32),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeysMissing(f"the key file {path} is there already; it is never overwritten") from None
    except OSError as error:
        raise KeysMissing(f"the key file {path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key_text(ring))


def key_text(ring: Keyring) -> str:
    """The keyring as the text of a key file."""
    lines = ["# The keys of mailbot. Without them nothing can be read. Keep a copy apart from every database backup."]
    for purpose, named in ring.wrapping.items():
        lines += ["", f"[{purpose}]", f"current = {json.dumps(named.current)}", f"[{purpose}.keys]"]
        lines += [f'{json.dumps(name)} = "{_encoded(key)}"' for name, key in named.keys.items()]
    lines += ["", "[lookup]", f'key = "{_encoded(ring.lookup)}"', "", "[web]", f'key = "{_encoded(ring.web)}"', ""]
    return "\n".join(lines)


def read_keys(path: Path, environment: str | None) -> Keyring:
    """The keyring in the environment's text if given, else in the file; raises `KeysMissing` with what to do."""
    if environment is not None:
        return keyring_of(environment, "MAILBOT_KEYS")
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise KeysMissing(
            f"no key file at {path}: put its copy back, or set MAILBOT_KEYS; for a new installation, `mailbot init` "
            "makes one"
        ) from None
    except OSError as error:
        raise KeysMissing(f"the key file {path} cannot be read: {error.strerror}") from None
    return keyring_of(text, str(path))


def keyring_of(text: str | bytes, where: str) -> Keyring:
    """The keyring in the text of a key file, which came from `where`; raises `KeysMissing` with what to do."""
    try:
        raw = tomllib.loads(text if isinstance(text, str) else text.decode("ascii"))
        wrapping = {
            purpose: NamedKeys(
                current=raw[purpose]["current"],
                keys={name: _decoded(value) for name, value in raw[purpose]["keys"].items()},
            )
            for purpose in Purpose
        }
        ring = Keyring(wrapping=wrapping, lookup=_decoded(raw["lookup"]["key"]), web=_decoded(raw["web"]["key"]))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError):
        # the exception may quote key material: it is not shown, nor chained
        raise KeysMissing(f"the keys in {where} are damaged: put the copy back that is kept apart") from None
    for purpose, named in ring.wrapping.items():
        if named.current not in named.keys:
            raise KeysMissing(
                f'the keys in {where} name "{named.current}" as current for {purpose}, which is not there'
            )
    return ring


class Vault:
    """Seals and opens what belongs to one message or case, named by its vault id.

    `reread` reads the keys anew: a key of an unknown name may have come into the key file since this process began.
    """

    def __init__(self, keyring: Keyring, key_store: sa.Engine, reread: Callable[[], Keyring] | None = None) -> None:
        self.keyring = keyring
        self._key_store = key_store
        self._reread = reread
        self._sought: dict[tuple[Purpose, str], float] = {}
        self._in_hand: dict[tuple[str, Purpose], bytes] = {}

    def create_store(self) -> None:
        """Makes the key store's tables where they are not there yet."""
        wrapped_keys.create_all(self._key_store)

    def open_many(self, count: int) -> Sequence[str]:
        """Makes `count` new vault ids, both data keys of each wrapped and committed to the key store."""
        vault_ids = [secrets.token_hex(16) for _ in range(count)]
        fresh = {(vault_id, purpose): AESGCM.generate_key(256) for vault_id in vault_ids for purpose in Purpose}
        if vault_ids:
            with changing(self._key_store).begin() as connection:
                wait_for_key_changes(connection)
                names = current_names(connection)
                under = {purpose: self._current(purpose, names.get(purpose)) for purpose in Purpose}
                connection.execute(sa.insert(key_table), [_wrapped(*whose, key, under) for whose, key in fresh.items()])
        self._in_hand = fresh
        return vault_ids

    def take_in_hand(self, vault_ids: Collection[str]) -> None:
        """Fetches the keys of a batch at once: it is opened and sealed without asking the store again.

        What was in hand before is put back. What is not in hand is asked for when it is needed.
        """
        found: dict[tuple[str, Purpose], bytes] = {}
        for row in self._rows(vault_ids):
            purpose = Purpose(row.purpose)
            with contextlib.suppress(KeysMissing):  # raised again where that one is asked for
                found[row.vault_id, purpose] = self._unwrapped(purpose, row)
        self._in_hand = found

    def destroy(self, vault_ids: Collection[str]) -> None:
        """Destroys both data keys of each, for good: what they sealed cannot be read any more, here or in a backup.

        On SQLite nothing of them is left in its files. Doing it twice does no harm.
        """
        ordered = sorted(vault_ids)
        self._in_hand = {whose: key for whose, key in self._in_hand.items() if whose[0] not in vault_ids}
        with changing(self._key_store).begin() as connection:
            for at in range(0, len(ordered), KEYS_A_QUERY):
                these = key_table.c.vault_id.in_(ordered[at : at + KEYS_A_QUERY])
                connection.execute(sa.delete(key_table).where(these))
        forget_old_pages(self._key_store)

    def seal(self, vault_id: str, purpose: Purpose, place: str, clear: bytes) -> bytes:
        """`clear` encrypted for its `place`: ``table.column``, and ``:token`` where a case has several rows there."""
        nonce = os.urandom(NONCE_BYTES)
        key = AESGCM(self._data_key(vault_id, purpose))
        return FORMAT + nonce + key.encrypt(nonce, clear, _bound_to(place, vault_id))

    def unseal(self, vault_id: str, purpose: Purpose, place: str, sealed: bytes) -> bytes:
        """What was sealed; raises `KeysMissing` if the key is gone or the bytes are not what was sealed there."""
        return _opened(self._data_key(vault_id, purpose), vault_id, place, sealed)

    def unseal_many(self, purpose: Purpose, sealed: Sequence[tuple[str, str, bytes]]) -> list[bytes | None]:
        """What each (vault id, place, sealed bytes) holds, None where the key is gone; one look into the key store."""
        if not sealed:
            return []
        rows = self._rows({vault_id for vault_id, _, _ in sealed}, key_table.c.purpose == purpose)
        keys = {row.vault_id: self._unwrapped(purpose, row) for row in rows}
        return [
            _opened(keys[vault_id], vault_id, place, content) if vault_id in keys else None
            for vault_id, place, content in sealed
        ]

    def _rows(self, vault_ids: Collection[str], *which: sa.ColumnElement[bool]) -> list[Any]:
        """The wrapped keys of these, or those of them that fit; in as few queries as may be."""
        ordered = sorted(vault_ids)
        found: list[Any] = []
        with self._key_store.connect() as connection:
            for at in range(0, len(ordered), KEYS_A_QUERY):
                these = key_table.c.vault_id.in_(ordered[at : at + KEYS_A_QUERY])
                found += connection.execute(sa.select(key_table).where(these, *which))
        return found

    def _data_key(self, vault_id: str, purpose: Purpose) -> bytes:
        in_hand = self._in_hand.get((vault_id, purpose))
        if in_hand is not None:
            return in_hand
        query = sa.select(key_table.c.key_name, key_table.c.wrapped).where(
            key_table.c.vault_id == vault_id, key_table.c.purpose == purpose
        )
        with self._key_store.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeysMissing("the key of this record is not in the key store: it was erased, or the store is another")
        return self._unwrapped(purpose, row)

    def _current(self, purpose: Purpose, name: str | None) -> tuple[str, bytes]:
        """The name and key that new data keys are wrapped under: what the key store names, else the key file.

        The key file decides where it does not have what the store names: a store put back from an older backup.
        """
        if name is not None and name not in self.keyring.wrapping[purpose].keys:
            self._read_again()  # whatever was sought before: a data key under a key that is gone would be lost
        named = self.keyring.wrapping[purpose]
        chosen = name if name is not None and name in named.keys else named.current
        return chosen, named.keys[chosen]

    def _key(self, purpose: Purpose, name: str) -> bytes | None:
        """The key of that name; where it is not known, the key file is read again once."""
        known = self.keyring.wrapping[purpose].keys.get(name)
        last = self._sought.get((purpose, name))
        if known is None and (last is None or time.monotonic() - last > REREAD_SECONDS):
            self._sought[purpose, name] = time.monotonic()
            self._read_again()
            known = self.keyring.wrapping[purpose].keys.get(name)
        return known

    def _read_again(self) -> None:
        """Takes over the named keys as they are now; the keys for look-ups and the web stay: others hold them."""
        if self._reread is not None:
            self.keyring = dataclasses.replace(self.keyring, wrapping=self._reread().wrapping)

    def _unwrapped(self, purpose: Purpose, row: Any) -> bytes:
        key = self._key(purpose, row.key_name)
        if key is None:
            raise KeysMissing(f'the {purpose} key "{row.key_name}" is not in the key file')
        try:
            return aes_key_unwrap(key, row.wrapped)
        except InvalidUnwrap:
            raise KeysMissing(f'the {purpose} key "{row.key_name}" does not fit: the key file is another') from None


def _opened(key: bytes, vault_id: str, place: str, sealed: bytes) -> bytes:
    if sealed[:1] != FORMAT:
        raise KeysMissing(f"{place}: the sealed bytes are of no known format")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, _bound_to(place, vault_id))
    except InvalidTag:
        raise KeysMissing(f"{place}: the sealed bytes have been changed or moved") from None


def _bound_to(place: str, vault_id: str) -> bytes:
    return f"{place}:{vault_id}".encode()


def _wrapped(
    vault_id: str, purpose: Purpose, data_key: bytes, under: Mapping[Purpose, tuple[str, bytes]]
) -> dict[str, Any]:
    name, key = under[purpose]
    return {
        "vault_id": vault_id,
        "purpose": purpose,
        "key_name": name,
        "wrapped": aes_key_wrap(key, data_key),
    }


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _decoded(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key
