"""Changing the keys under which data keys are wrapped, while web and worker run; every step can be the last one.

A rotation is: a new key in the key file; the key store names it as current, so that every process wraps under it from
then on; then batch by batch each data key is unwrapped with its old key and wrapped with the new one. Killed anywhere,
the next run finds data keys under another key than the current one and goes on from there. An old key stays in the
file until `retire` takes it out.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from mailbot.cases.database import held, storage_errors
from mailbot.cases.sealing.key_file import add_key, remove_key
from mailbot.cases.sealing.key_store import (
    backup_table,
    changing,
    current_names,
    forget_old_pages,
    keep_wrappers_out,
    key_table,
    names_in_use,
    set_current,
)
from mailbot.cases.sealing.vault import Keyring, Purpose
from mailbot.clock import Clock
from mailbot.errors import KeysMissing

BATCH = 500
"""Data keys rewrapped in one transaction."""

BACKUP_DAYS = 35
"""No backup of the key store may be older: what was erased would live on in it."""

NOT_OURS = (
    "the keys come from MAILBOT_KEYS or keys.command, which mailbot cannot change. To rotate: make a key by `openssl "
    "rand -base64 32`, add it there under a new name in [identity.keys] or [narrative.keys] and name it as current; "
    "start web and worker again; then run `mailbot keys rotate`, which wraps everything anew under it. To retire an "
    "old key, see that `mailbot keys status` counts nothing under it, then take it out there"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A named key of one purpose, and how many data keys are wrapped under it."""

    purpose: Purpose
    name: str
    current: bool
    in_file: bool
    data_keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did for one purpose. `stuck` data keys are under a key that is not there or does not fit."""

    purpose: Purpose
    name: str
    new: bool
    rewrapped: int
    stuck: int


class Rotation:
    """Counts, changes and retires the keys that `read` reads; `key_file` is None where they come from elsewhere.

    `keep_days` is for how long an old key is kept for the backups of the key store that need it; the newest backup is
    always kept readable.
    """

    def __init__(
        self, read: Callable[[], Keyring], key_store: sa.Engine, clock: Clock, key_file: Path | None, keep_days: int
    ) -> None:
        self._read = read
        self._ring = read()
        self._store = key_store
        self._clock = clock
        self._key_file = key_file
        self._keep_days = keep_days

    def status(self) -> list[KeyUse]:
        """Every key there is or should be, by purpose, the current one first."""
        with storage_errors(), self._store.connect() as connection:
            used = names_in_use(connection, list(Purpose))
        found = []
        for purpose in Purpose:
            named = self._ring.wrapping[purpose]
            names = sorted({*named.keys, *used[purpose]}, key=lambda name: (name != named.current, name))
            found += [
                KeyUse(
                    purpose=purpose,
                    name=name,
                    current=name == named.current,
                    in_file=name in named.keys,
                    data_keys=used[purpose].get(name, 0),
                )
                for name in names
            ]
        return found

    def rotate(self, purposes: Collection[Purpose], say: Callable[[str], None]) -> list[Rotated]:
        """Makes a new key for each of `purposes` and wraps everything anew under it.

        A purpose that has data keys under another than its current key gets no new one: an earlier rotation is
        finished. Raises `KeysMissing` where a new key is needed and cannot be made here.
        """
        with self._alone(), storage_errors():
            done = {purpose: self._rewrap(purpose, say) for purpose in purposes}
            whole = [purpose for purpose, one in done.items() if not one.rewrapped]
            if self._key_file is None and len(whole) < len(done):
                return list(done.values())
            if whole:
                self._ring = add_key(self._own_file(), whole, f"{self._clock():%Y-%m-%d}-{secrets.token_hex(2)}")
                done |= {purpose: replace(self._rewrap(purpose, say), new=True) for purpose in whole}
            return list(done.values())

    def retire(self, name: str, purposes: Collection[Purpose]) -> list[Purpose]:
        """Takes the key `name` out of the key file, where nothing needs it any more; the purposes it was for.

        Raises `KeysMissing` with what still needs it, and what to do.
        """
        path = self._own_file()
        with self._alone(), storage_errors(), changing(self._store).begin() as connection:
            there = [purpose for purpose in purposes if name in self._ring.wrapping[purpose].keys]
            if not there:
                raise KeysMissing(f'no key is called "{name}"; `mailbot keys status` shows those there are')
            keep_wrappers_out(connection)
            for purpose in there:
                self._demand_unneeded(connection, purpose, name)
                set_current(connection, purpose, self._ring.wrapping[purpose].current)
            self._ring = remove_key(path, there, name)
        return there

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with held(self._store, "change keys", 0) as taken:
            if not taken:
                raise KeysMissing("another process is changing the keys: wait until it is done, then run this again")
            self._ring = self._read()
            yield

    def _own_file(self) -> Path:
        if self._key_file is None:
            raise KeysMissing(NOT_OURS)
        return self._key_file

    def _rewrap(self, purpose: Purpose, say: Callable[[str], None]) -> Rotated:
        name = self._ring.wrapping[purpose].current
        with changing(self._store).begin() as connection:
            keep_wrappers_out(connection)
            set_current(connection, purpose, name)
        done, stuck, after = 0, 0, ""
        while True:
            with changing(self._store).begin() as connection:
                rows = connection.execute(_under_others(purpose, name, after)).all()
                rewrapped = [change for row in rows if (change := self._rewrapped(purpose, row)) is not None]
                if rewrapped:
                    connection.execute(_CHANGE, rewrapped)
            if not rows:
                break
            done, stuck, after = done + len(rewrapped), stuck + len(rows) - len(rewrapped), rows[-1].vault_id
            say(f"{purpose}: {done} data keys wrapped anew")
        forget_old_pages(self._store)  # the keys as they were wrapped before
        return Rotated(purpose=purpose, name=name, new=False, rewrapped=done, stuck=stuck)

    def _rewrapped(self, purpose: Purpose, row: Any) -> dict[str, Any] | None:
        """The change of one row; None where its key is not there or does not fit: then it stays as it is."""
        named = self._ring.wrapping[purpose]
        key = named.keys.get(row.key_name)
        if key is None:
            return None
        try:
            data_key = aes_key_unwrap(key, row.wrapped)
        except InvalidUnwrap:
            return None
        wrapped = aes_key_wrap(named.keys[named.current], data_key)
        return {"of": row.vault_id, "use": purpose, "old": row.key_name, "new": named.current, "bytes": wrapped}

    def _demand_unneeded(self, connection: sa.Connection, purpose: Purpose, name: str) -> None:
        if name in (self._ring.wrapping[purpose].current, current_names(connection).get(purpose)):
            raise KeysMissing(f'"{name}" is the current {purpose} key: `mailbot keys rotate` makes another current')
        count = names_in_use(connection, [purpose])[purpose].get(name, 0)
        if count:
            raise KeysMissing(
                f'{count} {purpose} data keys are wrapped under "{name}": run `mailbot keys rotate --purpose {purpose}`'
            )
        made_at = self._backup_that_needs(connection, purpose, name)
        if made_at is None:
            return
        until = made_at + timedelta(days=self._keep_days)
        wait = f" and wait until {until:%d %B %Y}, as keep_days says" if until > self._clock() else ""
        raise KeysMissing(
            f'the backup of the key store made on {made_at:%d %B %Y at %H:%M} UTC can be read with "{name}" alone: '
            f"make a new one by `mailbot backup --key-store PATH`{wait}; then destroy the old ones and run this again"
        )

    def _backup_that_needs(self, connection: sa.Connection, purpose: Purpose, name: str) -> datetime | None:
        """When the newest backup was made that needs the key and still counts; None where none does."""
        query = sa.select(backup_table).where(backup_table.c.what == "key store").order_by(backup_table.c.id.desc())
        for number, row in enumerate(connection.execute(query)):
            made_at: datetime = row.made_at
            days = BACKUP_DAYS if number == 0 else self._keep_days
            needed = name in msgspec.json.decode(row.key_names, type=dict[str, dict[str, int]]).get(purpose, {})
            if needed and self._clock() - made_at < timedelta(days=days):
                return made_at
        return None


def _under_others(purpose: Purpose, name: str, after: str) -> sa.Select[Any]:
    return (
        sa.select(key_table)
        .where(key_table.c.purpose == purpose, key_table.c.key_name != name, key_table.c.vault_id > after)
        .order_by(key_table.c.vault_id)
        .limit(BATCH)
        .with_for_update()
    )


_CHANGE = (
    sa.update(key_table)
    .where(
        key_table.c.vault_id == sa.bindparam("of"),
        key_table.c.purpose == sa.bindparam("use"),
        key_table.c.key_name == sa.bindparam("old"),
    )
    .values(key_name=sa.bindparam("new"), wrapped=sa.bindparam("bytes"))
)
