"""`mailbot inspections`: the regulator's file of outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mailbot.cases import audit
from mailbot.cases.services.inspection_file import read_inspections
from mailbot.cases.services.inspections import Outcome, differences
from mailbot.commands.options import ConfigOption
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="Inspections of services.")


@app.callback()
def inspections() -> None:
    """Inspections of services."""


@app.command("import")
def take_over(
    csv: Path,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Take over the regulator's file of inspections and outcomes: what is new and changed is told, what is left out
    stays."""
    installation = parts_of(config).ready()
    changes = installation.inspections.take_over(read_inspections(csv), audit.COMMAND_LINE)
    if as_json:
        print(json.dumps(msgspec.to_builtins(changes)))
        return
    for one in changes.new:
        print(f"new      {_named(one)}")
    for old, new in changes.changed:
        print(f"changed  {_named(new)}: {', '.join(differences(old, new))}")
    print(f"{len(changes.new)} new, {len(changes.changed)} changed, {changes.same} as before")


def _named(one: Outcome) -> str:
    return f"{one.urn} {one.kind} {f'held {one.held_on}' if one.held_on else f'planned for {one.planned_on}'}"
