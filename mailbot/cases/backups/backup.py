"""Backups of the database and of the key store, each one file of its own, read back before it counts as made.

The database's backup holds nothing readable without the key store, and that nothing without the key file; the three are
kept apart. A backup of the key store must not grow old: what was erased since lives on in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

import mailbot
from mailbot.cases import audit, database
from mailbot.cases.backups import archive, copies
from mailbot.cases.backups.archive import Digest, Manifest, What
from mailbot.cases.backups.copies import Counted, Say
from mailbot.cases.database import held, storage_errors, writing
from mailbot.cases.sealing.key_file import sync_folder
from mailbot.cases.sealing.key_store import backup_table, changing, key_table
from mailbot.cases.sealing.rotation import BACKUP_DAYS
from mailbot.clock import Clock
from mailbot.errors import BackupRefused

FILES = {"database": "database", "key store": "key-store"}
KINDS = {"sqlite": "sqlite3", "postgresql": "dump"}


class Backups:
    """Makes backups, remembers the verified ones, and puts them back. `digest` is the keyring's."""

    def __init__(self, engine: sa.Engine, key_store: sa.Engine, digest: Digest, clock: Clock) -> None:
        self._engines: dict[What, sa.Engine] = {"database": engine, "key store": key_store}
        self._digest = digest
        self._clock = clock

    def make(self, what: What, path: Path, say: Say) -> Manifest:
        """Writes a backup to `path`, reads it back, and notes that it is verified; the program may go on meanwhile.

        Until it is whole it has another name. Raises `BackupRefused` where it cannot be made; then there is none.
        """
        engine = self._engines[what]
        with storage_errors(), self._work(engine, what, path) as work:
            made_at = self._clock()  # before the snapshot: all that was committed by then is in it
            copied = work / "copy"
            counted = copies.copy(engine, copied, say)
            if "cases" in counted.tables and key_table.name in counted.tables:
                raise BackupRefused(
                    "the key store lies in the database itself: name a database of its own in keys.store"
                )
            manifest = self._described(what, made_at, counted, copied)
            archive.write(work / "archive", manifest, copied)
            copied.unlink()
            say("reading the backup back")
            self._verify(work, manifest)
            _refuse_to_overwrite(path)
            os.rename(work / "archive", path)
            sync_folder(path.parent)
        self._note(manifest)
        self._record("backed up", what)
        return manifest

    def last_verified_backup(self, what: What = "database") -> datetime | None:
        """The time whose state the newest verified backup holds: all that was committed by then is in it."""
        newest = sa.select(sa.func.max(backup_table.c.made_at)).where(backup_table.c.what == what)
        with storage_errors(), self._engines["key store"].connect() as connection:
            found: datetime | None = connection.execute(newest).scalar_one()
        return found

    def check(self, what: What, path: Path) -> Manifest:
        """The manifest of a backup that can be put back here; raises `BackupRefused` where it cannot."""
        manifest = archive.check(path, self._digest)
        engine = self._engines[what]
        if manifest.what != what:
            raise BackupRefused(f"{path} is a backup of the {manifest.what}, not of the {what}")
        if manifest.engine != engine.dialect.name:
            raise BackupRefused(
                f"{path} is of {manifest.engine}, the configuration names {engine.dialect.name}: put it back to that"
            )
        if manifest.schema and manifest.schema not in _known_schemas():
            raise BackupRefused(f"{path} is of mailbot {manifest.mailbot}, which is newer: install that one first")
        return manifest

    def put_back(self, backups: dict[What, Path], say: Say) -> dict[What, Manifest]:
        """Puts backups back into empty places, all checked before anything is written; what is done already stays.

        Raises `BackupRefused` where a place is not empty, where a backup is damaged, or where the rows do not agree.
        """
        manifests = {what: self.check(what, path) for what, path in backups.items()}
        left = [what for what in manifests if not (what == "key store" and self._is_there(manifests[what]))]
        for what in left:
            copies.demand_empty(self._engines[what])
        for what in left:
            manifest, path = manifests[what], backups[what]
            copies.put_back(
                self._engines[what],
                manifest.tables,
                lambda to, path=path, manifest=manifest: archive.unpack(path, manifest, to),  # type: ignore[misc]
                say,
            )
        return manifests

    def note_restored(self) -> None:
        """Puts on record that the database was put back."""
        self._record("restored", "from a backup")

    def note_keys(self, changes: Sequence[str]) -> None:
        """Puts on record how the keys were changed, by their names."""
        for change in changes:
            self._record("keys changed", change)

    def _record(self, act: str, detail: str) -> None:
        with storage_errors(), writing(self._engines["database"]).begin() as connection:
            audit.record(connection, at=self._clock(), actor=audit.COMMAND_LINE, act=act, detail=detail)

    @contextmanager
    def _work(self, engine: sa.Engine, what: What, path: Path) -> Iterator[Path]:
        """A folder beside the target that only its owner enters, gone at the end; one backup of a thing at a time."""
        _refuse_to_overwrite(path)
        if not path.parent.is_dir():
            raise BackupRefused(f"there is no folder {path.parent}: make it, readable by the account of mailbot alone")
        if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
            raise BackupRefused(f"there is no {what} at {engine.url.database}: run `mailbot init`")
        place = hashlib.sha256(str(engine.url).encode()).hexdigest()[:8]
        work = path.with_name(f".mailbot-{FILES[what]}-{place}.unfinished")
        with held(engine, f"back up {what}", 0) as taken:
            if not taken:
                raise BackupRefused(f"another backup of the {what} is being made: wait until it is done")
            try:
                shutil.rmtree(work, ignore_errors=True)  # left by one that was killed
                work.mkdir(mode=0o700)
                yield work
            except OSError as error:
                raise BackupRefused(f"the backup {path} cannot be written: {error.strerror}; there is none") from None
            finally:
                shutil.rmtree(work, ignore_errors=True)

    def doubts(self, manifests: dict[What, Manifest]) -> list[str]:
        """What whoever puts these back must know: where the key store is too old, or older than the database."""
        found = []
        store, main = manifests.get("key store"), manifests.get("database")
        if store and main and store.made_at < main.made_at:
            found.append("the key store's backup is older than the database's: what came between cannot be read")
        if store and self._clock() - store.made_at > timedelta(days=BACKUP_DAYS):
            found.append(f"the key store's backup is older than {BACKUP_DAYS} days: what was erased since is back")
        return found

    def _described(self, what: What, made_at: datetime, counted: Counted, copied: Path) -> Manifest:
        size, sha256 = archive.sha256_of(copied)
        kind = self._engines[what].dialect.name
        plain = Manifest(
            what=what,
            engine=kind,
            schema=counted.schema,
            mailbot=mailbot.__version__,
            made_at=made_at,
            tables=counted.tables,
            file=f"{FILES[what]}.{KINDS[kind]}",
            size=size,
            sha256=sha256,
            key_names=counted.key_names,
            content=counted.content,
        )
        return archive.sealed(plain, self._digest)

    def _verify(self, work: Path, written: Manifest) -> None:
        """Reads the archive back, every byte and every row; raises `BackupRefused` where it is not what was copied."""
        found = archive.check(work / "archive", self._digest)
        with (work / "back").open("xb") as file:
            archive.unpack(work / "archive", found, file)
        if found != written or copies.read_back(found.engine, work / "back") != written.tables:
            raise BackupRefused("the backup does not read back as it was written: is the disk sound? There is none")

    def _note(self, manifest: Manifest) -> None:
        row = {
            "what": manifest.what,
            "made_at": manifest.made_at,
            "verified_at": self._clock(),
            "sha256": manifest.sha256,
            "key_names": msgspec.json.encode(manifest.key_names).decode(),
        }
        with storage_errors(), changing(self._engines["key store"]).begin() as connection:
            connection.execute(sa.insert(backup_table), [row])

    def _is_there(self, manifest: Manifest) -> bool:
        """Whether the key store holds the very keys of the backup: an earlier run came so far and no farther."""
        engine = self._engines["key store"]
        with contextlib.suppress(BackupRefused):
            copies.demand_empty(engine)
            return False
        with storage_errors(), engine.connect() as connection:
            return copies.count(connection).content == manifest.content


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise BackupRefused(f"{path} is there already, and a backup is never overwritten: name another file")


def _known_schemas() -> set[str]:
    from alembic.script import ScriptDirectory  # takes long to load, and is needed here alone

    scripts = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    return {script.revision for script in scripts.walk_revisions()}
