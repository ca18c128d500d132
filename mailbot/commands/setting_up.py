"""`mailbot init` and `mailbot check`: making an installation, and trying all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import typer

from mailbot.cases import database
from mailbot.cases.sealing.vault import new_key_file
from mailbot.clock import now
from mailbot.commands.options import ConfigOption, PasswordOption
from mailbot.commands.staff import asked_password
from mailbot.config import OIDC, Mailbox, shipped
from mailbot.domain import Role
from mailbot.errors import MailbotError
from mailbot.parts import Parts, judge, parts_of
from mailbot.reloading import demand_rota
from mailbot.taking_in import opened


def init(
    config: ConfigOption = None,
    admin: Annotated[str | None, typer.Option(help="The first administrator's address.")] = None,
    password_stdin: PasswordOption = False,
) -> None:
    """Make keys, database and the first administrator; what is there already stays as it is."""
    from mailbot.web import accounts

    installation = parts_of(config)
    key_file = installation.key_file
    if key_file and not key_file.exists():
        new_key_file(key_file, f"{now():%Y-%m}")
        print(f"keys written to {key_file}: keep a copy apart from every backup of the database")
    database.upgrade(installation.engine)
    installation.vault.create_store()
    installation.checkpoints.begin_chain()
    print("database ready")
    if hint := _unindexed(installation):
        print(hint)
    if accounts.is_empty(installation.engine):
        email = admin or typer.prompt("Address of the first administrator")
        password = asked_password(password_stdin)
        accounts.add(
            installation.engine, email, Role.ADMINISTRATOR, password, added_by="init", confirmed_by="init", at=now()
        )
        print(f"administrator {email} added")


def check(config: ConfigOption = None) -> None:
    """Try configuration, templates, model, database, each mailbox and outgoing mail; changes nothing."""
    from mailbot.correspondence.contacts import unconfirmed

    installation = parts_of(config)
    print("ok      configuration")
    failed = False
    for name, trial in _trials(installation):
        try:
            found = trial()
            print(f"ok      {name}{f': {found}' if found else ''}")
        except MailbotError as error:
            failed = True
            print(f"FAILED  {name}: {error}")
    for warning in unconfirmed(shipped("templates")):
        print(f"warns   letters: {warning}")
    if problem := _unknown_authorities(parts_of(config)):
        print(f"warns   authorities: {problem}")
    alerts = installation.config.alerts
    if alerts and alerts.public_url.startswith("https://") and not installation.config.web.proxy:
        print("warns   web: proxy is not set, so that failed sign-ins from everywhere count as from one address")
    if not installation.config.audit.send_to:
        print("warns   audit: send_to is not set: whoever rules this machine can cut the trail's end off unnoticed")
    if not failed and (hint := _unindexed(installation)):
        print(f"warns   search: {hint}")
    if failed:
        raise typer.Exit(1)


def _unknown_authorities(installation: Parts) -> str:
    """What to say of authorities that have no contact point which counts; nothing where all have one."""
    from mailbot.correspondence.authorities import authorities_on

    english = {name for name, nation in authorities_on(shipped("models"), now().date()).items() if nation == "England"}
    try:
        without = english - installation.authorities.known()
    except MailbotError:
        return "the contact points cannot be read"
    if not without:
        return ""
    return f"no contact point of {len(without)} of England's {len(english)}: mailbot authorities import"


def _unindexed(installation: Parts) -> str:
    """What to say of cases that the search cannot find; nothing where it finds all."""
    missing = installation.search.missing()
    return f"{missing} cases are not found by the search yet: run `mailbot search rebuild`" if missing else ""


def _trials(installation: Parts) -> Iterator[tuple[str, Callable[[], str | None]]]:
    from mailbot.correspondence.carriers import carrier
    from mailbot.correspondence.compose import Composer
    from mailbot.correspondence.drafts import Drafter
    from mailbot.intake.scanner import ClamAV
    from mailbot.triage.artefacts import artefacts
    from mailbot.witness import try_out

    def signs_in(box: Mailbox) -> str:
        with opened(box, installation.tokens.get(box.name)) as mailbox:
            folders = mailbox.folders(readonly=True)
            return ", ".join(f"{folder.name} {len(folder.uids)} messages" for folder in folders)

    def sends() -> None:
        with carrier(installation.config.outgoing, now):
            return

    def schema() -> None:
        installation.ready()

    def keys() -> None:
        _ = installation.vault

    def templates() -> None:
        Composer(shipped("templates"), {})
        Drafter(shipped("templates"))

    def rules() -> None:
        judge()

    def single_sign_on(oidc: OIDC) -> str:
        from mailbot.web.single_sign_on import try_out

        return try_out(oidc)

    def verified(problem: str | None, name: str) -> str:
        if problem:
            raise MailbotError(problem)
        return name

    yield "templates", templates
    yield "rules and places", rules
    for one in artefacts(shipped("models"), installation.config.triage):
        yield one.what, partial(verified, one.problem, one.name)
    yield "keys", keys
    yield "database", schema
    for box in installation.config.mailbox:
        yield f"mailbox {box.name}", partial(signs_in, box)
    if installation.config.scanner:
        yield "virus scanner", ClamAV(installation.config.scanner).check
    if installation.config.alerts and installation.config.alerts.enabled:
        yield "rota", partial(demand_rota, installation)
    yield "outgoing mail", sends
    if installation.config.audit.send_to:
        yield "audit trail's witness", partial(try_out, installation.config.audit)
    if installation.config.web.oidc:
        yield "single sign-on", partial(single_sign_on, installation.config.web.oidc)
