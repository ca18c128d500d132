"""`mailbot staff`: accounts of the people who work the queue."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import msgspec
import typer

from mailbot.cases import audit
from mailbot.clock import now
from mailbot.commands.options import ConfigOption, JsonOption, PasswordOption
from mailbot.commands.terminal import table
from mailbot.domain import Role
from mailbot.errors import ConfigError, MailbotError
from mailbot.parts import parts_of

app = typer.Typer(no_args_is_help=True, help="Accounts of the people who work the queue.")


@app.command()
def link(email: str, config: ConfigOption = None) -> None:
    """Hand an account over to single sign-on: its password and second factor end at once."""
    from mailbot.cases.accounts.provider_accounts import ProviderAccounts

    installation = parts_of(config).ready()
    if installation.config.web.oidc is None:
        raise ConfigError("web.oidc: nothing found; without single sign-on nobody could use the account any more")
    keyring = installation.vault.keyring
    ProviderAccounts(installation.engine, keyring, now).hand_over(email, by=audit.COMMAND_LINE)
    print(f"{email} signs in by single sign-on from now on")


@app.command("add")
def add(
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    password_stdin: PasswordOption = False,
    config: ConfigOption = None,
) -> None:
    """Add somebody; a restricted role works once a second administrator has confirmed it in the queue."""
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    waits = accounts.add(
        installation.engine, email, role, asked_password(password_stdin), added_by="command line", at=now()
    )
    print(f"{email} added as {role}" + ("; an administrator must confirm the role under Staff" if waits else ""))


@app.command("list")
def listed(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Who may sign in, and as what."""
    from mailbot.web import accounts

    people = accounts.listed(parts_of(config).ready().engine)
    if as_json:
        print(json.dumps(msgspec.to_builtins(people)))
        return
    table(["address", "role", "state"], [[one.email, one.role, one.state] for one in people])


@app.command("disable")
def disable(email: str, config: ConfigOption = None) -> None:
    """Stop somebody from signing in, at once."""
    from mailbot.web import accounts

    accounts.disable(parts_of(config).ready().engine, email, by="command line", at=now())
    print(f"{email} disabled")


@app.command("reset")
def reset(
    email: str,
    password_stdin: PasswordOption = False,
    config: ConfigOption = None,
) -> None:
    """Set a new password and forget the second factor."""
    from mailbot.web import accounts

    accounts.reset(parts_of(config).ready().engine, email, asked_password(password_stdin), by="command line", at=now())
    print(f"{email} has a new password, and sets up a second factor at the next sign-in where one is required")


@app.command("unlock")
def unlock(email: str, config: ConfigOption = None) -> None:
    """Let somebody sign in again whom too many failed tries have locked out."""
    from mailbot.cases.accounts.sign_ins import SignIns
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    if email.lower() not in {person.email for person in accounts.listed(installation.engine)}:
        raise MailbotError(f"{email} has no account; `mailbot staff list` shows who has one")
    SignIns(installation.engine, installation.vault.keyring, now).unlock(email, by=audit.COMMAND_LINE)
    print(f"{email} can sign in again")


def asked_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
