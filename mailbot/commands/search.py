"""`mailbot search`: the index of the search."""

from __future__ import annotations

import typer

from mailbot.commands.options import ConfigOption
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="The index of the search.")


@app.command("rebuild")
def rebuild(config: ConfigOption = None) -> None:
    """Index every case anew: after an upgrade from before there was a search, or after cases were erased."""
    search = parts_of(config).ready().search
    done = 0
    with typer.progressbar(length=1, label="Indexing", show_eta=True) as bar:
        for done, of in search.rebuild():
            bar.length = of
            bar.update(done - bar.pos)
    print(f"{done} cases indexed")
