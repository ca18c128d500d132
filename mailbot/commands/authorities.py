"""`mailbot authorities`: whom to tell in each local authority."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import typer

from mailbot.cases import audit
from mailbot.clock import now
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.config import shipped
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="Whom to tell in each local authority.")


@app.command("import")
def take_over(csv: Path, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take over the contact points of local authorities, all of the file or nothing; those it leaves out go."""
    from mailbot.correspondence.authorities import authorities_on, read_authority_contacts

    known = authorities_on(shipped("models"), now().date())
    installation = parts_of(config).ready()
    contacts = read_authority_contacts(csv, known)
    changes = installation.authorities.replace(contacts, audit.COMMAND_LINE)
    listed = {one.authority for one in contacts}
    without = sorted(name for name, nation in known.items() if nation == "England" and name not in listed)
    if as_json:
        print(json.dumps({**msgspec.to_builtins(changes), "without": without}))
        return
    print(
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.gone)} gone, {changes.same} as before"
        f"{'; no contact point in England for ' + ', '.join(without) if without else ''}"
    )
    if any(one.sample for one in contacts):
        print("Some are samples, which reach nobody: they count only in `mailbot demo`")
