"""`mailbot set-aside`: messages that could not be filed."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import typer

from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.commands.terminal import table
from mailbot.errors import MailbotError, NotAllowed
from mailbot.parts import Parts, parts_of
from mailbot.taking_in import file_handed_back

app = typer.Typer(no_args_is_help=True, help="Messages that could not be filed.")


@app.command("list")
def list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What could not be filed, why, and since when."""
    found = parts_of(config).ready().aside.listed(None)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    table(
        ["number", "mailbox", "received", "set aside", "bytes", "danger", "problem"],
        [
            [
                str(one.id),
                one.mailbox,
                f"{one.received_at:%Y-%m-%d %H:%M}",
                f"{one.set_aside_at:%Y-%m-%d %H:%M}",
                str(one.size),
                "DANGER" if one.danger else "",
                one.problem,
            ]
            for one in found
        ],
    )


@app.command("show")
def show(
    number: int,
    officer: Annotated[str, typer.Option("--as", help="The officer whose sight of it this is; audited.")],
    config: ConfigOption = None,
) -> None:
    """One message as far as it can be read, sender and all, to somebody who may see original messages."""
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    mail = installation.aside.original(number, accounts.officer(installation.engine, officer))
    email = installation.reader(mail)
    shown = ("sender", "subject", "sent_at", "text", "quoted", "attachments", "defects")
    print(json.dumps({name: msgspec.to_builtins(getattr(email, name)) for name in shown}, ensure_ascii=False, indent=2))


@app.command("retry")
def retry(number: int, config: ConfigOption = None) -> None:
    """Judge and file a message again."""
    _hand_back(parts_of(config).ready(), number, by_hand=False)


@app.command("file")
def file(number: int, config: ConfigOption = None) -> None:
    """File a message by hand: unjudged, restricted, with everything in it that can be read."""
    _hand_back(parts_of(config).ready(), number, by_hand=True)


def _hand_back(installation: Parts, number: int, *, by_hand: bool) -> None:
    try:
        installation.aside.hand_back(number, None, by_hand=by_hand)
    except NotAllowed:
        raise MailbotError(f"no message {number} is set aside; `mailbot set-aside list` shows those that are") from None
    tally = file_handed_back(installation.office)
    print(f"{tally.filed} filed, {tally.set_aside} set aside")
