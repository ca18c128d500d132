"""`mailbot keys`: which keys wrap the data keys, a new one in their place, and an old one taken out."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Literal

import msgspec
import typer

from mailbot.cases.sealing.vault import Purpose
from mailbot.commands.options import ConfigOption
from mailbot.errors import KeysMissing
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="The keys under which everything is sealed.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
Which = Literal["identity", "narrative", "all"]
PurposeOption = Annotated[Which, typer.Option("--purpose", help="Which keys.")]


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How many data keys are wrapped under which key."""
    found = parts_of(config).rotation.status()
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    for one in found:
        state = "current" if one.current else "old" if one.in_file else "MISSING from the key file"
        print(f"{one.purpose:10} {one.name:20} {one.data_keys:>9} data keys  {state}")


@app.command()
def rotate(purpose: PurposeOption = "all", config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make a new key and wrap everything anew under it, while web and worker run; or finish what was interrupted."""
    installation = parts_of(config).ready()
    installation.vault.create_store()
    done = installation.rotation.rotate(_purposes(purpose), _say)
    installation.backups.note_keys([f"{one.purpose} keys wrapped anew under {one.name}" for one in done])
    if as_json:
        print(json.dumps(msgspec.to_builtins(done)))
    for one in done if not as_json else ():
        how = "new key" if one.new else "an earlier rotation finished: key"
        print(f"{one.purpose}: {how} {one.name}, {one.rewrapped} data keys wrapped anew")
    if not as_json and installation.key_file:
        print(f"Copy {installation.key_file} again to where its copy is kept: the old copy cannot read what comes now")
    if stuck := sum(one.stuck for one in done):
        raise KeysMissing(f"{stuck} data keys are under a key that is missing or does not fit: `mailbot keys status`")


@app.command()
def retire(name: str, purpose: PurposeOption = "all", config: ConfigOption = None) -> None:
    """Take an old key out of the key file, once neither a data key nor a backup of the key store needs it."""
    installation = parts_of(config).ready()
    retired = installation.rotation.retire(name, _purposes(purpose))
    installation.backups.note_keys([f"{one} key {name} retired" for one in retired])
    print(f"{name} retired for {' and '.join(retired)}; take it out of the copy of the key file as well")


def _purposes(which: Which) -> list[Purpose]:
    return list(Purpose) if which == "all" else [Purpose(which)]


def _say(step: str) -> None:
    """Progress on a terminal, none when piped."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step}", end="", file=sys.stderr, flush=True)
