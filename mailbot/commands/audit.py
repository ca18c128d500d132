"""`mailbot audit`: going over the audit trail, and the key by which its checkpoints are known."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mailbot.cases import audit
from mailbot.cases.audit_trail.check import received, verify
from mailbot.cases.audit_trail.checkpoints import Checkpoint, public_key
from mailbot.commands.options import ConfigOption
from mailbot.errors import AuditBroken, MailbotError
from mailbot.parts import Parts, parts_of

app = typer.Typer(no_args_is_help=True, help="The audit trail: is it as it was written?")


@app.command("verify")
def verify_trail(
    checkpoints: Annotated[
        Path | None, typer.Option(help="Checkpoints as the other host received them, one a line.")
    ] = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a line.")] = False,
) -> None:
    """Go over every row and every checkpoint; exit 1 where one was changed, taken out or slipped in."""
    installation = parts_of(config).ready()
    elsewhere = _read(checkpoints) if checkpoints else []
    try:
        found = verify(installation.engine, installation.vault.keyring, elsewhere, _progress)
    except AuditBroken as error:
        _note(installation, str(error).partition(". Stop")[0], sound=False)
        if as_json:
            print(json.dumps({"sound": False, "broken": str(error)}))
        raise
    compared = f", {found.kept_elsewhere} of them as kept elsewhere" if elsewhere else ""
    before = found.rows - found.linked
    said = f"{found.rows} rows and {found.checkpoints} checkpoints in order{compared}"
    said += f"; {before} rows are from before the chain" if before else ""
    _note(installation, said, sound=True)
    print(json.dumps({"sound": True, **msgspec.to_builtins(found)}) if as_json else said)


@app.command()
def key(config: ConfigOption = None) -> None:
    """Print the public key of the checkpoints' signatures, for whoever keeps them."""
    print(public_key(parts_of(config).vault.keyring), end="")


def _note(installation: Parts, said: str, *, sound: bool) -> None:
    installation.checkpoints.note_verified(audit.COMMAND_LINE, said, sound=sound)


def _read(file: Path) -> list[Checkpoint]:
    try:
        return received(file.read_text(encoding="utf-8", errors="surrogateescape").splitlines())
    except OSError as error:
        raise MailbotError(f"{file} cannot be read: {error.strerror}") from None


def _progress(done: int, of: int) -> None:
    """On a terminal alone."""
    if sys.stderr.isatty():
        print(f"\r{done} of {of} rows", end="" if done < of else "\n", file=sys.stderr, flush=True)
