"""`mailbot poll`, `send`, `reconcile` and `watch`: mail in and out, and whether all of it is accounted for."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import typer

from mailbot.cases import database
from mailbot.clock import now
from mailbot.commands.once import take_in_all
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.commands.terminal import complain
from mailbot.domain import LetterState
from mailbot.errors import ConfigError, DeliveryFailed, MailbotError
from mailbot.parts import parts_of

OnceOption = Annotated[bool, typer.Option("--once", help="Run once and end.")]


def poll(once: OnceOption = False, config: ConfigOption = None) -> None:
    """Take in everything new from every mailbox, then end."""
    if not once:
        raise ConfigError("poll runs once and ends: say `mailbot poll --once`; for a schedule use `mailbot worker`")
    if not take_in_all(config):
        raise typer.Exit(1)


def send(once: OnceOption = False, config: ConfigOption = None) -> None:
    """Send what is due in the outbox, then end."""
    if not once:
        raise ConfigError("send runs once and ends: say `mailbot send --once`; for a schedule use `mailbot worker`")
    from mailbot import sending

    installation = parts_of(config).ready()
    results = sending.send(installation.config, installation.outbox, now)
    laid = sending.lay_out(installation.config, installation.outbox, now)
    due, to_post = installation.outbox.waiting()
    print(
        "outbox: "
        + (", ".join(f"{count} {state}" for state, count in results.items()) or "nothing sent")
        + f", {due} due"
    )
    if to_post:
        print(
            f"{to_post} to be printed and posted{f', {laid} newly in the print folder' if laid else ''}: see the queue"
        )
    if results.get(LetterState.FAILED) or results.get(LetterState.UNKNOWN):
        raise DeliveryFailed("some letters failed or may not have gone: their cases show which")


def reconcile(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Compare every folder of every mailbox with the ledger; exit 1 where a message is unaccounted for."""
    from mailbot.reconcile import reconcile as compare

    installation = parts_of(config).ready()
    found, failed = [], False
    for box in installation.config.mailbox:
        try:
            found.append(compare(box, installation.ledger, installation.tokens.get(box.name)))
        except MailbotError as error:
            failed = True
            complain(error)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
    for one in found if not as_json else ():
        print(
            f"{one.mailbox}: {one.held} held, {one.gone} gone from the server, {len(one.unaccounted)} unaccounted for"
        )
        for stray in one.unaccounted:
            print(f"  {stray.folder} {stray.uid}, arrived {stray.received_at:%Y-%m-%d %H:%M} UTC")
    if failed or any(one.unaccounted for one in found):
        raise typer.Exit(1)


def watch(config: ConfigOption = None) -> None:
    """For a timer apart from the worker: alarm by the second channel where mail is not being taken in."""
    from mailbot.alerts import sound
    from mailbot.reconcile import troubles

    installation = parts_of(config)
    alerts = installation.config.alerts
    if alerts is None or not alerts.webhook_env:
        raise ConfigError("alerts.webhook_env: nothing found; `watch` needs it: it names the second channel")
    _ = alerts.webhook
    try:
        problem = database.schema_problem(installation.engine)
        found = (
            [problem]
            if problem
            else troubles(installation.config, installation.ledger, installation.standings, installation.tokens, now())
        )
    except MailbotError as error:
        found = [str(error)]  # whatever stops the watcher must be heard too
    if not found:
        print("all mail is being taken in")
        return
    sound(alerts, "mailbot: " + " | ".join(found))
    for one in found:
        complain(one)
    raise typer.Exit(1)
