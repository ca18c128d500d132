"""`mailbot retention` and `mailbot export`: what goes when its time is over, and what is given out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mailbot.cases.access import Officer
from mailbot.cases.records.courts import Forum, Included, Order
from mailbot.cases.records.retention import HoldKind, What
from mailbot.cases.records.rights import Choices, notices
from mailbot.commands.exchange import cases
from mailbot.commands.options import ConfigOption
from mailbot.errors import ConfigError, NotAllowed
from mailbot.parts import Parts, parts_of

retention_app = typer.Typer(help="What goes when its time is over.", invoke_without_command=True)
export_app = typer.Typer(no_args_is_help=True, help="What is given to people, to the public, to courts.")
court_app = typer.Typer(no_args_is_help=True, help="What a court or an appeal is given.")
export_app.add_typer(court_app, name="court")

AsOption = Annotated[str, typer.Option("--as", help="Who does it: an officer who keeps the records.")]
WhatOption = Annotated[What, typer.Option("--what", help="The cases, or their originals on the mail server alone.")]
Reference = Annotated[str, typer.Argument(help="The case, such as MB-4F7K-29QX.")]
Number = Annotated[int, typer.Argument(help="The number that it was given.")]
OutPath = Annotated[Path, typer.Argument(help="A new folder for the files.")]


def _officer(installation: Parts, email: str) -> Officer:
    from mailbot.web import accounts

    return accounts.officer(installation.engine, email)


def _as(config: str | None, email: str) -> tuple[Parts, Officer]:
    installation = parts_of(config).ready()
    return installation, _officer(installation, email)


@retention_app.callback()
def retention(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go and why; change nothing.")] = False,
    as_officer: AsOption = "",
    what: WhatOption = What.CASE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
    config: ConfigOption = None,
) -> None:
    """What goes when its time is over: two people agree, then 30 days in which it can be undone."""
    if context.invoked_subcommand is not None:
        return
    if not dry_run or not as_officer:
        raise ConfigError("retention: say --dry-run --as ADDRESS, or one of its commands: mailbot retention --help")
    installation, officer = _as(config, as_officer)
    found = list(installation.disposals.all_due(officer, what))
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    for one in found:
        print(f"{one.reference}  last worked on {one.worked_on_at:%Y-%m-%d}, due {one.due_at:%Y-%m-%d}: {one.why}")
    print(f"{len(found)} due to go")


@retention_app.command()
def propose(
    references: Annotated[list[str], typer.Argument(help="The cases that shall go.")],
    as_officer: AsOption,
    what: WhatOption = What.CASE,
    config: ConfigOption = None,
) -> None:
    """Propose that cases go; another person must confirm it."""
    installation, officer = _as(config, as_officer)
    count = installation.disposals.propose(officer, references, what)
    print(f"{count} proposed: another person confirms, on the page Records or by `mailbot retention confirm`")


@retention_app.command("list")
def listed(as_officer: AsOption, config: ConfigOption = None) -> None:
    """How everything stands that was proposed."""
    installation, officer = _as(config, as_officer)
    for one in installation.disposals.standing(officer):
        rest = f", complete on {one.complete_on}" if one.complete_on else ""
        print(f"{one.id:>6}  {one.reference}  {one.what}  {one.state}{rest}  {one.why}")


@retention_app.command()
def confirm(number: Number, as_officer: AsOption, config: ConfigOption = None) -> None:
    """Agree that it goes, 30 days from now."""
    installation, officer = _as(config, as_officer)
    print(f"confirmed: it goes after {installation.disposals.confirm(officer, number):%d %B %Y, %H:%M} UTC")


@retention_app.command()
def undo(number: Number, as_officer: AsOption, config: ConfigOption = None) -> None:
    """Take back what was proposed or confirmed and has not been carried out."""
    installation, officer = _as(config, as_officer)
    installation.disposals.undo(officer, number)
    print("undone: it stays")


@retention_app.command()
def hold(
    reference: Reference,
    as_officer: AsOption,
    kind: Annotated[HoldKind, typer.Option(help="What for.")],
    reason: Annotated[str, typer.Option(help="Why; kept sealed with the case.")],
    until: Annotated[str, typer.Option(help="The last day, such as 2030-12-31; without it until it is lifted.")] = "",
    config: ConfigOption = None,
) -> None:
    """Keep a case, whatever its period says."""
    installation, officer = _as(config, as_officer)
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        raise ConfigError(f'--until: "{until}" is no day; write it so: 2030-12-31') from None
    installation.disposals.hold(reference, officer, kind, reason, day)
    print(f"{reference} is held")


@retention_app.command()
def lift(number: Number, as_officer: AsOption, config: ConfigOption = None) -> None:
    """End a hold, by its number on the page Records."""
    installation, officer = _as(config, as_officer)
    installation.disposals.lift(officer, number)
    print("lifted")


@export_app.command()
def subject(
    out: OutPath,
    as_officer: AsOption,
    name: Annotated[list[str], typer.Option("--name", help="The full name they wrote under; more than once.")] = [],  # noqa: B006
    address: Annotated[list[str], typer.Option("--address", help="An address they wrote from; more than once.")] = [],  # noqa: B006
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail: name nobody.")] = "subject access",
    config: ConfigOption = None,
) -> None:
    """What is held that somebody wrote, for themselves: others masked, as JSON and PDF."""
    from mailbot.reports.given_out import write

    installation, officer = _as(config, as_officer)
    made = installation.rights.of_subject(officer, [*name, *address], reason)
    write(made, out)
    print(f"{len(made.cases)} cases, {len(made.withheld)} details of others withheld: {out}")
    for notice in notices(officer):
        print(notice)


@export_app.command("case")
def one_case(
    reference: Reference,
    out: OutPath,
    as_officer: AsOption,
    exemption: Annotated[
        list[str], typer.Option("--exemption", help="Other sections for a kind, such as note=s.30.")
    ] = [],  # noqa: B006
    mask: Annotated[list[str], typer.Option("--mask", help='More to withhold, such as "the boathouse=s.38".')] = [],  # noqa: B006
    config: ConfigOption = None,
) -> None:
    """A case for a Freedom of Information request, an exemption recorded for each detail withheld."""
    from mailbot.reports.given_out import write

    installation, officer = _as(config, as_officer)
    sections = {kind: tuple(named.split("+")) for kind, named in map(_pair, exemption)}
    made = installation.rights.of_case(officer, reference, Choices(sections=sections, words=[*map(_pair, mask)]))
    write(made, out)
    print(f"{reference}: {len(made.withheld)} details withheld, each with its section: {out}")
    for notice in notices(officer):
        print(notice)


export_app.command("cases")(cases)


@court_app.command("ask")
def court_ask(
    reference: Reference,
    as_officer: AsOption,
    court_reference: Annotated[str, typer.Option(help="The court's own reference of its order.")],
    reason: Annotated[str, typer.Option(help="Why it is given what it is given; kept sealed.")],
    include: Annotated[list[Included], typer.Option("--include", help="A part that is given; more than once.")],
    forum: Forum = Forum.COURT,
    config: ConfigOption = None,
) -> None:
    """Ask that a court be given a case; another person must agree."""
    installation, officer = _as(config, as_officer)
    order = Order(court_reference=court_reference, reason=reason)
    number = installation.courts.ask(reference, officer, forum, order, include)
    print(f"number {number}: another person agrees, on the page Requests or by `mailbot export court agree {number}`")


@court_app.command("agree")
def court_agree(number: Number, as_officer: AsOption, config: ConfigOption = None) -> None:
    """Agree to what another person asked that a court be given."""
    installation, officer = _as(config, as_officer)
    installation.courts.decide(number, officer, agrees=True)
    print(f"agreed: `mailbot export court make {number} OUT` writes it")


@court_app.command("make")
def court_make(number: Number, out: OutPath, as_officer: AsOption, config: ConfigOption = None) -> None:
    """Write what a court is given, once, as it was agreed."""
    from mailbot.reports.given_out import write

    installation, officer = _as(config, as_officer)
    disclosure = installation.courts.approved(number, officer)
    made, originals = installation.rights.for_court(officer, disclosure)
    sha256 = write(made, out, originals)
    installation.courts.note_made(number, officer, sha256)
    print(f"{disclosure.reference} for {disclosure.forum}: {out}, SHA-256 of export.json {sha256}")


def _pair(written: str) -> tuple[str, str]:
    left, _, right = written.rpartition("=")
    if not left or not right:
        raise NotAllowed(f'"{written}": write it as WHAT=SECTION, such as note=s.30')
    return left, right
