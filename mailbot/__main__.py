"""The command line. What a command works on is put together in `mailbot.parts`.

Exit codes: 0 done; 1 something failed (one line on stderr: what, and what to do); 2 wrong usage or configuration.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import msgspec
import typer

from mailbot import config as settings
from mailbot.cases import audit, database
from mailbot.cases.narrative import masked
from mailbot.cases.services import differences
from mailbot.cases.vault import new_key_file
from mailbot.clock import now
from mailbot.commands import backup, exchange, inspections, keys, records, reports
from mailbot.commands.audit import app as audit_app
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.config import Mailbox, config_path, shipped
from mailbot.correspondence.may_reply import may_reply
from mailbot.correspondence.own_words import OwnWords
from mailbot.domain import (
    Address,
    Assessment,
    CaseState,
    Email,
    LetterState,
    RawMail,
    Reply,
    Role,
)
from mailbot.errors import ConfigError, DeliveryFailed, MailbotError, NotAllowed
from mailbot.later import make_ready
from mailbot.log import log
from mailbot.parts import Parts, judge, parts_of
from mailbot.pipeline import Tally, file_handed_back, opened, process
from mailbot.pipeline import poll as taken_in
from mailbot.reloading import demand_rota

if TYPE_CHECKING:
    from mailbot.worker import Worker

OTHERS_SECONDS = 60
"""How long `poll --once` waits for another process that is taking in the same mailbox."""

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The email inbox processor."
)
staff_app = typer.Typer(no_args_is_help=True, help="Accounts of the people who work the queue.")
set_aside_app = typer.Typer(no_args_is_help=True, help="Messages that could not be filed.")
app.add_typer(staff_app, name="staff")
authorities_app = typer.Typer(no_args_is_help=True, help="Whom to tell in each local authority.")
services_app = typer.Typer(no_args_is_help=True, help="The regulator's register of services.")
models_app = typer.Typer(no_args_is_help=True, help="The models that judge, and how they do.")
search_app = typer.Typer(no_args_is_help=True, help="The index of the search.")
app.add_typer(set_aside_app, name="set-aside")
app.add_typer(services_app, name="services")
app.add_typer(authorities_app, name="authorities")
app.add_typer(models_app, name="models")
app.add_typer(search_app, name="search")
app.add_typer(reports.app, name="report")
app.add_typer(inspections.app, name="inspections")
reports.app.command("inspection")(inspections.brief)
app.add_typer(audit_app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(records.retention_app, name="retention")
app.command()(backup.backup)
app.command()(backup.restore)
exchange.register(app, staff_app)
records.export_app.command("cases")(exchange.cases)
app.add_typer(records.export_app, name="export")

OnceOption = Annotated[bool, typer.Option("--once", help="Run once and end.")]


@app.command()
def init(
    config: ConfigOption = None,
    admin: Annotated[str | None, typer.Option(help="The first administrator's address.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
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
        password = _password(password_stdin)
        accounts.add(
            installation.engine, email, Role.ADMINISTRATOR, password, added_by="init", confirmed_by="init", at=now()
        )
        print(f"administrator {email} added")


@app.command()
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
        yield "single sign-on", partial(exchange.single_sign_on, installation.config.web.oidc)


@app.command()
def poll(once: OnceOption = False, config: ConfigOption = None) -> None:
    """Take in everything new from every mailbox, then end."""
    if not once:
        raise ConfigError("poll runs once and ends: say `mailbot poll --once`; for a schedule use `mailbot worker`")
    installation = parts_of(config).ready()
    failed = False
    for box in installation.config.mailbox:
        try:
            token = installation.tokens.get(box.name)
            tally = taken_in(box, installation.office, token, wait_seconds=OTHERS_SECONDS)
        except MailbotError as error:
            failed = True
            _complain(error)
            continue
        print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")
    if failed:
        raise typer.Exit(1)


@app.command()
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
            _complain(error)
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


@app.command()
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
        _complain(one)
    raise typer.Exit(1)


@app.command()
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


@app.command()
def run(config: ConfigOption = None) -> None:
    """Take in, send and serve the queue, in one process."""
    installation = parts_of(config).ready()
    _demand_alerts(installation)
    _serve(installation, with_worker=True, settings_at=config_path(config))


@app.command(name="worker")
def work(config: ConfigOption = None) -> None:
    """Take in and send on schedule, without the queue."""
    from mailbot.expiry import serving
    from mailbot.reloading import reload_on_hangup

    installation = parts_of(config).ready()
    _demand_alerts(installation)
    log.configure(logging.INFO, installation.config.log.format)
    jobs = _worker_of(installation)
    reload_on_hangup(installation, config_path(config), jobs)
    with serving(installation.config.metrics.worker_port):
        jobs.start()
        print("worker started", flush=True)
        _wait_for_the_end()
        jobs.stop()


@app.command()
def web(config: ConfigOption = None) -> None:
    """Serve the queue, without taking in or sending."""
    _serve(parts_of(config).ready(), with_worker=False)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port to serve at.")] = 8000,
    no_web: Annotated[bool, typer.Option("--no-web", help="Print the queue and end.")] = False,
) -> None:
    """A throwaway installation with sample messages: no server, network or secret."""
    from mailbot import sending
    from mailbot.correspondence.authorities import authorities_on, read_authority_contacts
    from mailbot.demo import AUTHORITY_CONTACTS, REGISTER, demonstration
    from mailbot.triage.register import read_register

    with demonstration(port) as (config, sign_ins):
        installation = Parts(config, demo=True)
        installation.services.replace(read_register(REGISTER), "demo")
        known = authorities_on(shipped("models"), now().date())
        installation.authorities.replace(read_authority_contacts(AUTHORITY_CONTACTS, known), "demo")
        for box in installation.config.mailbox:
            tally = taken_in(box, installation.office)
            print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")
        sending.send(installation.config, installation.outbox, now)
        if no_web:
            _print_queue(installation, as_json=False)
            return
        print(f"\nThe queue is at http://localhost:{port}\n\nSign in as")
        for role, email, password in sign_ins:
            print(f"  {role:24} {email:34} {password}")
        print("\nEverything is in a temporary folder and goes when this ends (Ctrl+C).", flush=True)
        _serve(installation, with_worker=True)


@app.command()
def assess(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, Maildirs or mbox files.")],
    mailbox: Annotated[str, typer.Option(help="The mailbox they are taken to have come to.")] = "enquiries",
    config: ConfigOption = None,
) -> None:
    """Judge messages without filing them: one JSON object a line, in path order."""
    from mailbot.intake.files import mails_in
    from mailbot.intake.reader import Reader, ReadingRules

    assessor, own_words = judge(), OwnWords(shipped("templates"))
    read = parts_of(config).reader if config else Reader(ReadingRules())
    own = settings.load(config_path(config)).own_addresses if config else frozenset[str]()
    mails = ((name, mail) for path in sorted(paths) for name, mail in mails_in(path, mailbox))
    for batch in _batches(mails, 50):
        emails = [read(mail) for _, mail in batch]
        assessments = assessor.assess([own_words.left_out(email) for email in emails])
        for (name, _), email, assessment in zip(batch, emails, assessments, strict=True):
            line = _outline(name, email, assessment, may_reply(email, assessment, own_addresses=own))
            print(json.dumps(line, ensure_ascii=False))


def _batches(mails: Iterator[tuple[str, RawMail]], size: int) -> Iterator[list[tuple[str, RawMail]]]:
    batch = []
    for mail in mails:
        batch.append(mail)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _outline(name: str, email: Email, assessment: Assessment, reply: Reply) -> dict[str, Any]:
    narrative, _identity = masked(email, assessment)
    judged = msgspec.to_builtins(assessment)
    judged["situations"] = sorted(judged["situations"])
    judged["confidence"] = dict(assessment.confidence)
    return {
        "path": name,
        "message": {
            "message_id": email.message_id,
            "from": _address(email.sender),
            "reply_to": email.reply_to and email.reply_to.address,
            "subject": email.subject,
            "date": email.sent_at and email.sent_at.isoformat(),
            "text": email.text,
            "narrative": narrative.text,
            "language": email.language,
            "attachments": [{"name": a.name, "media_type": a.media_type, "size": a.size} for a in email.attachments],
            "defects": list(email.defects),
        },
        "reply": {"acknowledge": reply.acknowledge, **msgspec.to_builtins(reply)},
        "assessment": judged,
    }


def _address(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


@app.command(name="check-letter")
def check_letter(file: Path) -> None:
    """Judge outgoing drafts without sending: does the text give the source away? One JSON object a line."""
    from mailbot.correspondence.disclosure import LetterPurpose, Source, check, verdict

    for number, line in enumerate(_lines(file), 1):
        try:
            raw = json.loads(line)
            purpose = LetterPurpose(raw["purpose"])
            source = msgspec.convert({**_told(raw["identity"]), "text": raw["source_text"]}, Source)
            hits = check(source, raw.get("service_name") or "", raw["draft"])
        except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
            raise MailbotError(f"{file} line {number}: not a draft to be checked ({error!r})") from None
        said = {"id": raw.get("id"), "verdict": verdict(hits, purpose), "hits": msgspec.to_builtins(hits)}
        print(json.dumps(said, ensure_ascii=False))


def _told(identity: dict[str, Any]) -> dict[str, Any]:
    """What is known of an identity, what is null left out."""
    return {field: value for field, value in identity.items() if value is not None}


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise MailbotError(f"{file} cannot be read: {error}") from None


@app.command(name="import")
def import_files(
    path: Path,
    mailbox: Annotated[str, typer.Option(help="The mailbox they are filed under.")],
    config: ConfigOption = None,
) -> None:
    """File messages from files, as if polled."""
    from mailbot.intake.files import mails_in

    installation = parts_of(config).ready()
    box = installation.config.mailbox_named(mailbox)
    tally = Tally()
    for batch in _batches(mails_in(path, box.name), 100):
        stored = installation.ledger.keep([mail for _, mail in batch])
        tally += process(stored, installation.office) + Tally(new=len(stored))
    print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")


@app.command()
def cases(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """The queue without content."""
    _print_queue(parts_of(config).ready(), as_json=as_json)


@app.command()
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


@set_aside_app.command("list")
def set_aside_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What could not be filed, why, and since when."""
    found = parts_of(config).ready().aside.listed(None)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    _table(
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


@set_aside_app.command("show")
def set_aside_show(
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


@set_aside_app.command("retry")
def set_aside_retry(number: int, config: ConfigOption = None) -> None:
    """Judge and file a message again."""
    _hand_back(parts_of(config).ready(), number, by_hand=False)


@set_aside_app.command("file")
def set_aside_file(number: int, config: ConfigOption = None) -> None:
    """File a message by hand: unjudged, restricted, with everything in it that can be read."""
    _hand_back(parts_of(config).ready(), number, by_hand=True)


def _hand_back(installation: Parts, number: int, *, by_hand: bool) -> None:
    try:
        installation.aside.hand_back(number, None, by_hand=by_hand)
    except NotAllowed:
        raise MailbotError(f"no message {number} is set aside; `mailbot set-aside list` shows those that are") from None
    tally = file_handed_back(installation.office)
    print(f"{tally.filed} filed, {tally.set_aside} set aside")


@services_app.command("import")
def services_import(csv: Path, config: ConfigOption = None, as_json: JsonOption = False) -> None:
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
        _table(["", "URN", "service"], lines)
    print(
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.closed)} closed as no longer listed, "
        f"{len(changes.reopened)} open again, {changes.same} as before"
    )


@authorities_app.command("import")
def authorities_import(csv: Path, config: ConfigOption = None, as_json: JsonOption = False) -> None:
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


@search_app.command("rebuild")
def search_rebuild(config: ConfigOption = None) -> None:
    """Index every case anew: after an upgrade from before there was a search, or after cases were erased."""
    search = parts_of(config).ready().search
    done = 0
    with typer.progressbar(length=1, label="Indexing", show_eta=True) as bar:
        for done, of in search.rebuild():
            bar.length = of
            bar.update(done - bar.pos)
    print(f"{done} cases indexed")


@models_app.command("list")
def models_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What judges here, and whether each file is what its card says."""
    from mailbot.triage.artefacts import artefacts

    found = artefacts(shipped("models"), parts_of(config).config.triage)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    _table(["artefact", "name", "state"], [[one.what, one.name, one.problem or "in order"] for one in found])


@models_app.command("promote")
def models_promote(
    as_officer: Annotated[str, typer.Option("--as", help="The duty manager who decides it on the figures.")],
    config: ConfigOption = None,
) -> None:
    """Have the challenger decide from now on, once a person has seen its figures; what decided before is kept."""
    from mailbot.triage.artefacts import promote
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    officer = accounts.officer(installation.engine, as_officer)
    with installation.learning.promotion(officer) as promotion:
        promotion.promoted = promote(Path(installation.config.triage.learnt))
    print(f"{promotion.promoted} decides from the next message on")


@app.command()
def train(
    from_officers: Annotated[
        bool, typer.Option("--from-officers", help="Fit a challenger on what officers have answered, too.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Fit the model on models/corpus and write it with its card and figures."""
    from mailbot.examples import corpus, taught
    from mailbot.triage import train as fitting
    from mailbot.triage.model import CHALLENGER, SHIPPED

    models, version = shipped("models"), f"{now():%Y-%m-%d}"
    examples = corpus(models)
    if not from_officers:
        card = fitting.train(examples, models, version, judge().named, _say)
        _print_scores(_measured(card, models / SHIPPED, examples))
        return
    installation = parts_of(config).ready()
    lessons, erased = installation.learning.lessons(audit.COMMAND_LINE)
    if not lessons:
        raise MailbotError("no officer has answered a case yet: there is nothing to learn from")
    at = Path(installation.config.triage.learnt) / CHALLENGER
    at.parent.mkdir(mode=0o700, exist_ok=True)
    card = fitting.learn(examples, taught(lessons), models, at, f"{now():%Y-%m-%dT%H%M}", judge().named, _say)
    _print_scores(_measured(card, at, examples))
    print(
        f"{len(lessons)} answered cases learnt from, {erased} left out because they are erased. "
        "The challenger judges beside the champion from the next message on; see its figures on the Model page"
    )


def _measured(card: Any, at: Path, examples: list[Any]) -> list[Any]:
    """The figures on the validation part with and without the encoder, written into the card; those with it."""
    from mailbot.triage import evaluate as scoring
    from mailbot.triage.model import ENCODED, WORDS
    from mailbot.triage.train import write_card

    held = [example for example in examples if example.split == "validation"]
    metrics: dict[str, dict[str, float]] = {}
    scores: list[Any] = []
    sets: tuple[tuple[str, Literal["off", "auto"]], ...] = ((WORDS, "off"), (ENCODED, "auto"))
    for name, encoder in sets:
        scores = scoring.evaluate(held, judge(encoder=encoder, model=at).assess([one.email for one in held]))
        metrics[name] = {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}
    write_card(msgspec.structs.replace(card, metrics=metrics), at)
    return scores


@app.command()
def evaluate(
    file: Path,
    as_json: JsonOption = False,
    misses: Annotated[bool, typer.Option("--misses", help="Also print every wrong answer.")] = False,
) -> None:
    """Score against labelled messages (JSON lines with the text and its labels)."""
    from mailbot.examples import labelled
    from mailbot.triage import evaluate as scoring

    examples = labelled(file)
    assessments = judge().assess([example.email for example in examples])
    scores = scoring.evaluate(examples, assessments)
    if as_json:
        print(json.dumps(msgspec.to_builtins(scores)))
    else:
        _print_scores(scores)
    if misses:
        for name, field, said, right in scoring.misses(examples, assessments):
            print(f"{name} {field}: said {said}, right {right}")


@staff_app.command("add")
def staff_add(
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Add somebody; a restricted role works once a second administrator has confirmed it in the queue."""
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    waits = accounts.add(installation.engine, email, role, _password(password_stdin), added_by="command line", at=now())
    print(f"{email} added as {role}" + ("; an administrator must confirm the role under Staff" if waits else ""))


@staff_app.command("list")
def staff_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Who may sign in, and as what."""
    from mailbot.web import accounts

    people = accounts.listed(parts_of(config).ready().engine)
    if as_json:
        print(json.dumps(msgspec.to_builtins(people)))
        return
    _table(["address", "role", "state"], [[one.email, one.role, one.state] for one in people])


@staff_app.command("disable")
def staff_disable(email: str, config: ConfigOption = None) -> None:
    """Stop somebody from signing in, at once."""
    from mailbot.web import accounts

    accounts.disable(parts_of(config).ready().engine, email, by="command line", at=now())
    print(f"{email} disabled")


@staff_app.command("reset")
def staff_reset(
    email: str,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Set a new password and forget the second factor."""
    from mailbot.web import accounts

    accounts.reset(parts_of(config).ready().engine, email, _password(password_stdin), by="command line", at=now())
    print(f"{email} has a new password, and sets up a second factor at the next sign-in where one is required")


@staff_app.command("unlock")
def staff_unlock(email: str, config: ConfigOption = None) -> None:
    """Let somebody sign in again whom too many failed tries have locked out."""
    from mailbot.cases.sign_ins import SignIns
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    if email.lower() not in {person.email for person in accounts.listed(installation.engine)}:
        raise MailbotError(f"{email} has no account; `mailbot staff list` shows who has one")
    SignIns(installation.engine, installation.vault.keyring, now).unlock(email, by=audit.COMMAND_LINE)
    print(f"{email} can sign in again")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _print_queue(installation: Parts, *, as_json: bool) -> None:
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
    _table(
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


def _print_scores(scores: list[Any]) -> None:
    rows = [[score.field, score.measure, f"{score.value:.3f}", str(score.count)] for score in scores]
    _table(["field", "measure", "value", "of"], rows)


def _table(headings: list[str], rows: list[list[str]]) -> None:
    widths = [max([len(heading), *(len(row[at]) for row in rows)]) for at, heading in enumerate(headings)]
    for row in [headings, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _serve(installation: Parts, *, with_worker: bool, settings_at: Path | None = None) -> None:
    from mailbot.reloading import reload_on_hangup
    from mailbot.web.app import create_app
    from mailbot.web.serving import server_of

    address = installation.config.web
    pages = create_app(installation.record, installation.vault.keyring)
    try:
        server = server_of(pages, address)
    except OSError as error:
        raise MailbotError(f"web.port {address.port} on {address.host} cannot be used: {error.strerror}") from None
    jobs = _worker_of(installation) if with_worker else None
    log.configure(logging.INFO if with_worker else logging.WARNING, installation.config.log.format)
    if jobs:
        if settings_at:
            reload_on_hangup(installation, settings_at, jobs)
        jobs.start()
    try:
        server.run()
    finally:
        server.close()
        if jobs:
            jobs.stop()


def _worker_of(installation: Parts) -> Worker:
    from mailbot.reloading import books_of
    from mailbot.worker import Worker

    office = installation.office
    make_ready(office.assessor, office.composer, office.own_words)  # it does not start with broken rules
    return Worker(installation.config, office, books_of(installation), now, installation.tokens)


def _wait_for_the_end() -> None:
    import threading

    try:
        threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        print("stopping after the job in hand", flush=True)


def _demand_alerts(installation: Parts) -> None:
    """Going without alerts must be written out; with them, somebody must be on duty at every hour."""
    config = installation.config.alerts
    if config is None:
        raise ConfigError("alerts: nothing found; `run` and `worker` need it: write enabled = false to go without")
    demand_rota(installation)


def _say(step: str) -> None:
    """Progress on a terminal, none when piped."""
    if sys.stderr.isatty():
        print(step, file=sys.stderr)


def _complain(error: Exception | str) -> None:
    print(" ".join(str(error).split()), file=sys.stderr)


def main() -> NoReturn:
    """Runs the command; every expected failure is one line on stderr. SIGTERM ends it as tidily as Ctrl+C does."""
    log.configure(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app(standalone_mode=True)
    except ConfigError as error:
        _complain(error)
        sys.exit(2)
    except MailbotError as error:
        _complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


if __name__ == "__main__":
    main()
