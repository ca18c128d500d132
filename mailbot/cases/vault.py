"""The vault: what tells who wrote, and what they wrote, encrypted under keys of their own.

Every message has two data keys, one for identity and one for the narrative. A data key lives only wrapped (RFC 3394)
under a named key-encryption key of the key file, in a key store apart from the database: whoever holds the database,
or a backup of it, holds nothing readable, and destroying 80 bytes of the key store erases a case for good.

Sealed bytes are ``0x01 | nonce (12) | AES-256-GCM ciphertext and tag``; the additional data binds table, column and
record, so that a ciphertext moved to another row does not open.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from mailbot.errors import KeysMissing

FORMAT = b"\x01"
NONCE_BYTES = 12
KEYS_A_QUERY = 500


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
    lines = ["# The keys of mailbot. Without them nothing can be read. Keep a copy apart from every database backup."]
    for purpose in Purpose:
        lines += ["", f"[{purpose}]", f'current = "{name}"', f"[{purpose}.keys]", f'"{name}" = "{_random_key()}"']
    lines += ["", "[lookup]", f'key = "{_random_key()}"', "", "[web]", f'key = "{_random_key()}"', ""]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeysMissing(f"the key file {path} is there already; it is never overwritten") from None
    except OSError as error:
        raise KeysMissing(f"the key file {path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("\n".join(lines))


def read_keys(path: Path, environment: str | None) -> Keyring:
    """The keyring in the environment's text if given, else in the file; raises `KeysMissing` with what to do."""
    where = "MAILBOT_KEYS" if environment is not None else str(path)
    try:
        raw = tomllib.loads(environment if environment is not None else path.read_text(encoding="ascii"))
        wrapping = {
            purpose: NamedKeys(
                current=raw[purpose]["current"],
                keys={name: _decoded(value) for name, value in raw[purpose]["keys"].items()},
            )
            for purpose in Purpose
        }
        ring = Keyring(wrapping=wrapping, lookup=_decoded(raw["lookup"]["key"]), web=_decoded(raw["web"]["key"]))
    except FileNotFoundError:
        raise KeysMissing(f"no key file at {path}: `mailbot init` makes one, or set MAILBOT_KEYS") from None
    except OSError as error:
        raise KeysMissing(f"the key file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError):
        # the exception may quote key material: it is not shown, nor chained
        raise KeysMissing(f"the keys in {where} are damaged: put the copy back that is kept apart") from None
    for purpose, named in ring.wrapping.items():
        if named.current not in named.keys:
            raise KeysMissing(
                f'the keys in {where} name "{named.current}" as current for {purpose}, which is not there'
            )
    return ring


wrapped_keys = sa.MetaData()
key_table = sa.Table(
    "wrapped_key",
    wrapped_keys,
    sa.Column("vault_id", sa.String(32), primary_key=True),
    sa.Column("purpose", sa.String(16), primary_key=True),
    sa.Column("key_name", sa.String(64), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)


class Vault:
    """Seals and opens what belongs to one message or case, named by its vault id."""

    def __init__(self, keyring: Keyring, key_store: sa.Engine) -> None:
        self.keyring = keyring
        self._key_store = key_store
        self._fresh: dict[tuple[str, Purpose], bytes] = {}

    def create_store(self) -> None:
        """Makes the key store's table where it is not there yet."""
        wrapped_keys.create_all(self._key_store)

    def open_many(self, count: int) -> Sequence[str]:
        """Makes `count` new vault ids, both data keys of each wrapped and committed to the key store."""
        rows, fresh = [], {}
        vault_ids = [secrets.token_hex(16) for _ in range(count)]
        for vault_id in vault_ids:
            for purpose in Purpose:
                named = self.keyring.wrapping[purpose]
                data_key = AESGCM.generate_key(256)
                fresh[vault_id, purpose] = data_key
                wrapped = aes_key_wrap(named.keys[named.current], data_key)
                rows.append({"vault_id": vault_id, "purpose": purpose, "key_name": named.current, "wrapped": wrapped})
        if rows:
            with self._key_store.begin() as connection:
                connection.execute(sa.insert(key_table), rows)
        self._fresh = fresh  # the batch in hand is sealed without asking the store again
        return vault_ids

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
        wanted = sorted({vault_id for vault_id, _, _ in sealed})
        rows: dict[str, Any] = {}
        with self._key_store.connect() as connection:
            for at in range(0, len(wanted), KEYS_A_QUERY):
                query = sa.select(key_table).where(
                    key_table.c.purpose == purpose, key_table.c.vault_id.in_(wanted[at : at + KEYS_A_QUERY])
                )
                rows |= {row.vault_id: row for row in connection.execute(query)}
        keys = {vault_id: self._unwrapped(purpose, row) for vault_id, row in rows.items()}
        return [
            _opened(keys[vault_id], vault_id, place, content) if vault_id in keys else None
            for vault_id, place, content in sealed
        ]

    def _data_key(self, vault_id: str, purpose: Purpose) -> bytes:
        fresh = self._fresh.get((vault_id, purpose))
        if fresh is not None:
            return fresh
        query = sa.select(key_table.c.key_name, key_table.c.wrapped).where(
            key_table.c.vault_id == vault_id, key_table.c.purpose == purpose
        )
        with self._key_store.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeysMissing("the key of this record is not in the key store: it was erased, or the store is another")
        return self._unwrapped(purpose, row)

    def _unwrapped(self, purpose: Purpose, row: Any) -> bytes:
        key = self.keyring.wrapping[purpose].keys.get(row.key_name)
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


def _random_key() -> str:
    return base64.b64encode(os.urandom(32)).decode("ascii")


def _decoded(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key
