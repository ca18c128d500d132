"""`mailbot services`: the regulator's register."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import typer

from mailbot.cases import audit
from mailbot.cases.services.services import differences
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.commands.terminal import table
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="The regulator's register of services.")


@app.command("import")
def take_over(csv: Path, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take over the regulator's published register: what is new, changed and closed is told, nothing is deleted."""
    from mailbot.triage.register import read_register

    installation = parts_of(config).ready()
    changes = installation.services.replace(read_register(csv), audit.COMMAND_LINE)
    if as_json:
        print(json.dumps(msgspec.to_builtins(changes)))
        return
    lines = [["new", one.urn, one.name] for one in changes.new] if changes.same or changes.changed else []
    for old, new in changes.changed:
        what = "reopened" if new in changes.reopened else "changed"
        lines.append([what, new.urn, f"{new.name}: {', '.join(differences(old, new))}"])
    lines += [["closed", one.urn, one.name] for one in changes.closed]
    if lines:
        table(["", "URN", "service"], lines)
    print(
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.closed)} closed as no longer listed, "
        f"{len(changes.reopened)} open again, {changes.same} as before"
    )
