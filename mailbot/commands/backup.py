"""`mailbot backup` and `mailbot restore`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mailbot.cases import database
from mailbot.cases.backups.archive import What
from mailbot.cases.sealing.rotation import BACKUP_DAYS
from mailbot.commands.options import ConfigOption
from mailbot.errors import ConfigError
from mailbot.parts import Parts, parts_of

MAY_HAVE_GONE = "restored from a backup: it may have gone after that was made"


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    key_store: Annotated[bool, typer.Option("--key-store", help="Back up the key store instead, for apart.")] = False,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a line.")] = False,
) -> None:
    """Write the database to one file while all runs, and read it back; never the keys, never the key store."""
    installation = parts_of(config).ready()
    made = installation.backups.make("key store" if key_store else "database", path, _say)
    if as_json:
        print(json.dumps({"verified": True, "path": str(path), **msgspec.to_builtins(made)}))
        return
    print(f"verified: {path}, {made.size} bytes, {sum(made.tables.values())} rows in {len(made.tables)} tables")
    if key_store:
        print(f"Keep it apart from the database's backups, and destroy it after {BACKUP_DAYS} days at the latest")


def restore(
    path: Annotated[Path | None, typer.Argument(help="A backup of the database.")] = None,
    key_store: Annotated[Path | None, typer.Option("--key-store", help="A backup of the key store.")] = None,
    config: ConfigOption = None,
) -> None:
    """Put backups back into empty places: the database, the key store, or both."""
    backups: dict[What, Path] = {}
    if key_store:
        backups["key store"] = key_store
    if path:
        backups["database"] = path
    if not backups:
        raise ConfigError("restore: nothing to put back; say `mailbot restore PATH`, `--key-store PATH`, or both")
    installation = parts_of(config)
    manifests = installation.backups.put_back(backups, _say)
    for what, manifest in manifests.items():
        print(f"{what}: {sum(manifest.tables.values())} rows as of {manifest.made_at:%d %B %Y, %H:%M} UTC put back")
    for doubt in installation.backups.doubts(manifests):
        print(f"warns: {doubt}")
    _take_up_work(installation, with_database=path is not None)


def _take_up_work(installation: Parts, *, with_database: bool) -> None:
    """Brings what was put back to the newest schema, and leaves each letter that was due to people."""
    installation.vault.create_store()
    if not with_database:
        return
    database.upgrade(installation.engine)
    installation.backups.note_restored()
    if doubtful := installation.outbox.leave_to_people(MAY_HAVE_GONE):
        print(f"{doubtful} letters were due then and may have gone since: their cases ask an officer")
    print("Now run `mailbot check`, then `mailbot reconcile`: it lists what was taken in after the backup was made")


def _say(step: str) -> None:
    """Progress on a terminal, none when piped."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step}", end="", file=sys.stderr, flush=True)
