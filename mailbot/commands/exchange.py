"""`mailbot token`, `mailbot webhook` and `mailbot export cases`: what other systems have to do with this one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mailbot.cases import audit
from mailbot.cases.access import Officer
from mailbot.cases.api.outlines import Outlines
from mailbot.cases.api.subscriptions import Event
from mailbot.clock import now
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.domain import Role
from mailbot.errors import CaseErased, ConfigError, MailbotError
from mailbot.parts import Parts, parts_of
from mailbot.targets import LONDON

tokens = typer.Typer(no_args_is_help=True, help="Tokens by which other systems use the API.")
webhooks = typer.Typer(no_args_is_help=True, help="Other systems that are told what happens.")


@tokens.command("add")
def token_add(
    name: str,
    role: Annotated[Role, typer.Option(help="What the system may see and do.")],
    days: Annotated[int, typer.Option(help="For how long it works.")] = 90,
    config: ConfigOption = None,
) -> None:
    """Make a token and show it, this once."""
    secret, waits = parts_of(config).ready().api_tokens.add(name, role, days, by=audit.COMMAND_LINE)
    print(secret)
    if waits:
        typer.echo("It works once an administrator has confirmed it under Other systems", err=True)


@tokens.command("list")
def token_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Every token there was: role, state, until when."""
    found = parts_of(config).ready().api_tokens.listed()
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    for one in found:
        print(f"{one.name}  {one.role}  {one.state}  until {one.ends_at:%Y-%m-%d}")


@tokens.command("revoke")
def token_revoke(name: str, config: ConfigOption = None) -> None:
    """End a token, at once."""
    parts_of(config).ready().api_tokens.revoke(name, by=audit.COMMAND_LINE)
    print(f"{name} revoked")


@webhooks.command("add")
def webhook_add(
    name: str,
    url: str,
    event: Annotated[list[Event] | None, typer.Option(help="Tell of this alone; may be given several times.")] = None,
    config: ConfigOption = None,
) -> None:
    """Tell a system of what happens from now on; show the secret that deliveries are signed with, this once."""
    from mailbot.webhooks import checked

    installation = parts_of(config).ready()
    checked(installation.config.webhooks, url)
    print(installation.subscriptions.add(name, url, event or (), by=audit.COMMAND_LINE))


@webhooks.command("list")
def webhook_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Who is told what."""
    found = parts_of(config).ready().subscriptions.listed()
    if as_json:
        print(json.dumps([{**msgspec.to_builtins(one), "host": one.host} for one in found]))
        return
    for one in found:
        state = "removed" if one.ended_at else "in use"
        print(f"{one.name}  {one.host}  {', '.join(one.events) or 'everything'}  {state}")


@webhooks.command("remove")
def webhook_remove(name: str, config: ConfigOption = None) -> None:
    """Tell a system nothing more."""
    parts_of(config).ready().subscriptions.end(name, by=audit.COMMAND_LINE)
    print(f"{name} is told nothing more")


def cases(
    out: Path,
    since: Annotated[str, typer.Option(help="Cases on which something was done since then: 2026-11-01, or with time.")],
    as_officer: Annotated[str, typer.Option("--as", help="Export what this officer may see; else no restricted.")] = "",
    config: ConfigOption = None,
) -> None:
    """Write cases, identity masked, for the regulator's own case management: a line of JSON each (docs/api.md)."""
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    nobody = Officer(email=audit.COMMAND_LINE, role=Role.OFFICER)
    reader = accounts.officer(installation.engine, as_officer) if as_officer else nobody
    references = Outlines(installation.engine).changed_since(reader, _moment(since))
    written = _write(out, _lines(installation, references, reader))
    erased = len(references) - written
    print(f"{written} cases written to {out}" + (f", {erased} erased ones left out" if erased else ""))


def _lines(installation: Parts, references: Sequence[str], reader: Officer) -> Iterator[bytes]:
    """Each case as it stands, in the order given; one that is erased is left out. Each reading is audited."""
    from mailbot.web.api_answers import exported

    for reference in references:
        with contextlib.suppress(CaseErased):
            case = installation.store.open_case(reference, reader, by_machine=True)
            yield msgspec.json.encode(exported(case, now()))


def _write(out: Path, lines: Iterable[bytes]) -> int:
    """Writes the lines to a new file that its owner alone may read, whole or not at all; how many."""
    if out.exists():
        raise MailbotError(f"{out} is there already; an export never writes over a file")
    half, written = out.with_name(f".{out.name}.{os.getpid()}"), 0
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for line in lines:
                file.write(line + b"\n")
                written += 1
            file.flush()
            os.fsync(file.fileno())
        half.rename(out)
    except OSError as error:
        raise MailbotError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)
    return written


def _moment(written: str) -> datetime:
    """A day or a time as somebody writes it; in London where it has no zone."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise ConfigError(f'--since: found "{written}"; allowed: 2026-11-01 or 2026-11-01T09:00') from None
    return at if at.tzinfo else at.replace(tzinfo=LONDON)
