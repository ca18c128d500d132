"""`mailbot cases` and `mailbot case`: the queue without content, and one case of it."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import typer

from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.commands.terminal import table
from mailbot.domain import CaseState
from mailbot.parts import Parts, parts_of


def cases(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """The queue without content."""
    print_queue(parts_of(config).ready(), as_json=as_json)


def case(
    reference: str,
    officer: Annotated[str, typer.Option("--as", help="The officer whose sight of it this is; audited.")],
    config: ConfigOption = None,
) -> None:
    """One case as that officer may see it."""
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    found = installation.store.open_case(reference, accounts.officer(installation.engine, officer))
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2, default=sorted))


def print_queue(installation: Parts, *, as_json: bool) -> None:
    entries = installation.store.queue(None, [state for state in CaseState if state is not CaseState.CLOSED])
    outlines = []
    for entry in entries:
        outline = msgspec.to_builtins(entry)
        outline["situations"] = sorted(outline["situations"])
        if entry.restricted:
            shown = ("reference", "mailbox", "restricted", "state", "priority", "received_at", "acknowledgement")
            outline = {field: outline[field] for field in shown}
        outlines.append(outline)
    if as_json:
        print(json.dumps(outlines))
        return
    table(
        ["reference", "priority", "received", "mailbox", "kind", "situations", "service", "acknowledgement"],
        [
            [
                one["reference"],
                str(one["priority"]),
                one["received_at"][:16].replace("T", " "),
                one["mailbox"],
                "restricted" if one["restricted"] else one["kind"],
                ""
                if one["restricted"]
                else ("DANGER NOW " if one["immediate_risk"] else "") + " ".join(one["situations"]),
                "" if one["restricted"] else one["service_type"],
                one["acknowledgement"],
            ]
            for one in outlines
        ],
    )
