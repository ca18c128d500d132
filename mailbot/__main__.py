"""The command line, and the one place where the parts are put together.

Exit codes: 0 done; 1 something failed (one line on stderr: what, and what to do); 2 wrong usage or configuration.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec
import structlog
import typer

from mailbot import config as settings
from mailbot import worker
from mailbot.cases import database
from mailbot.cases.aside import Aside
from mailbot.cases.database import Engine
from mailbot.cases.ledger import Ledger
from mailbot.cases.narrative import masked
from mailbot.cases.outbox import Outbox
from mailbot.cases.standing import Standings
from mailbot.cases.store import Store
from mailbot.cases.vault import Vault, new_key_file, read_keys
from mailbot.clock import now
from mailbot.config import Config, Mailbox, config_path, shipped
from mailbot.correspondence.compose import Composer
from mailbot.correspondence.may_reply import may_reply
from mailbot.correspondence.own_words import OwnWords
from mailbot.domain import Address, Assessment, CaseState, Email, LetterState, RawMail, Reply, Role
from mailbot.errors import ConfigError, DeliveryFailed, MailbotError, NotAllowed
from mailbot.pipeline import Office, Tally, file_handed_back, opened, process

if TYPE_CHECKING:
    from mailbot.intake.oauth import Tokens

OTHERS_SECONDS = 60
"""How long `poll --once` waits for another process that is taking in the same mailbox."""

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The email inbox processor."
)
staff_app = typer.Typer(no_args_is_help=True, help="Accounts of the people who work the queue.")
set_aside_app = typer.Typer(no_args_is_help=True, help="Messages that could not be filed.")
app.add_typer(staff_app, name="staff")
app.add_typer(set_aside_app, name="set-aside")

ConfigOption = Annotated[
    str | None, typer.Option("--config", help="The configuration file; else $MAILBOT_CONFIG, else ./config.toml.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
OnceOption = Annotated[bool, typer.Option("--once", help="Run once and end.")]


@dataclass(frozen=True)
class Parts:
    """Everything a command may need of one installation, each part built when it is first asked for."""

    config: Config

    @cached_property
    def engine(self) -> Engine:
        return database.open_database(self.config.database.url)

    @cached_property
    def vault(self) -> Vault:
        keyring = read_keys(Path(self.config.keys.file), settings.keys_from_environment())
        return Vault(keyring, database.open_database(self.config.keys.store))

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.vault, now)

    @cached_property
    def restricted_mailboxes(self) -> frozenset[str]:
        return frozenset(box.name for box in self.config.mailbox if box.restricted)

    @cached_property
    def store(self) -> Store:
        return Store(self.engine, self.vault, now, self.restricted_mailboxes)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.engine, self.vault, now)

    @cached_property
    def aside(self) -> Aside:
        return Aside(self.engine, self.ledger, now, self.restricted_mailboxes)

    @cached_property
    def standings(self) -> Standings:
        return Standings(self.engine, now)

    @cached_property
    def tokens(self) -> dict[str, Tokens]:
        """The bearer tokens of the mailboxes that sign in by OAuth; they outlive the connections."""
        from mailbot.intake.oauth import Tokens

        return {box.name: Tokens(box.oauth, box.name, now) for box in self.config.mailbox if box.oauth}

    @cached_property
    def office(self) -> Office:
        replies = {box.name: box.reply_address for box in self.config.mailbox}
        return Office(
            ledger=self.ledger,
            store=self.store,
            aside=self.aside,
            standings=self.standings,
            parse=self.reader,
            assessor=judge(),
            composer=Composer(shipped("templates"), replies),
            own_words=OwnWords(shipped("templates")),
            own_addresses=self.config.own_addresses,
            caps=self.config.acknowledgements,
        )

    @cached_property
    def reader(self) -> Callable[[RawMail], Email]:
        from mailbot.intake.reader import Reader, ReadingRules

        return Reader(
            ReadingRules(
                own_addresses=self.config.own_addresses,
                authserv_ids={box.name: box.authserv_id for box in self.config.mailbox if box.authserv_id},
                scanner=self.config.scanner,
            )
        )

    def ready(self) -> Parts:
        """These parts, once the database is known to be of the right version."""
        problem = database.schema_problem(self.engine)
        if problem:
            raise MailbotError(problem)
        return self


def judge() -> Any:
    """The judge of messages with what ships: rules, places, and the model once a message comes."""
    from mailbot.triage.decide import Judge
    from mailbot.triage.places import Gazetteer
    from mailbot.triage.rules import RuleBook

    models = shipped("models")
    return Judge(models, RuleBook.load(models), Gazetteer.load(models))


def parts_of(path: str | None) -> Parts:
    return Parts(settings.load(config_path(path)))


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
    key_file = Path(installation.config.keys.file)
    if settings.keys_from_environment() is None and not key_file.exists():
        new_key_file(key_file, f"{now():%Y-%m}")
        print(f"keys written to {key_file}: keep a copy apart from every backup of the database")
    database.upgrade(installation.engine)
    installation.vault.create_store()
    print("database ready")
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
    if failed:
        raise typer.Exit(1)


def _trials(installation: Parts) -> Iterator[tuple[str, Callable[[], str | None]]]:
    from mailbot.correspondence.smtp import carrier
    from mailbot.intake.scanner import ClamAV
    from mailbot.triage.model import TextModel

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

    def rules() -> None:
        judge()

    def model() -> str:
        return TextModel.load(shipped("models")).name

    yield "templates", templates
    yield "rules and places", rules
    yield "model", model
    yield "keys", keys
    yield "database", schema
    for box in installation.config.mailbox:
        yield f"mailbox {box.name}", partial(signs_in, box)
    if installation.config.scanner:
        yield "virus scanner", ClamAV(installation.config.scanner).check
    yield "outgoing mail", sends


@app.command()
def poll(once: OnceOption = False, config: ConfigOption = None) -> None:
    """Take in everything new from every mailbox, then end."""
    if not once:
        raise ConfigError("poll runs once and ends: say `mailbot poll --once`; for a schedule use `mailbot worker`")
    installation = parts_of(config).ready()
    failed = False
    for box in installation.config.mailbox:
        try:
            tally = worker.poll(
                box, installation.office, installation.tokens.get(box.name), wait_seconds=OTHERS_SECONDS
            )
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
    installation = parts_of(config).ready()
    results = worker.send(installation.config, installation.outbox, now)
    due, to_post = installation.outbox.waiting()
    print(
        "outbox: "
        + (", ".join(f"{count} {state}" for state, count in results.items()) or "nothing sent")
        + f", {due} due"
    )
    if to_post:
        print(f"{to_post} to be printed and posted: see the queue")
    if results.get(LetterState.FAILED) or results.get(LetterState.UNKNOWN):
        raise DeliveryFailed("some letters failed or may not have gone: their cases show which")


@app.command()
def run(config: ConfigOption = None) -> None:
    """Take in, send and serve the queue, in one process."""
    installation = parts_of(config).ready()
    _demand_alerts(installation.config)
    _serve(installation, with_worker=True)


@app.command(name="worker")
def work(config: ConfigOption = None) -> None:
    """Take in and send on schedule, without the queue."""
    installation = parts_of(config).ready()
    _demand_alerts(installation.config)
    _configure_log(logging.INFO)
    jobs = worker.Worker(installation.config, installation.office, installation.outbox, now, installation.tokens)
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
    from mailbot.demo import demonstration

    with demonstration(port) as (config, sign_ins):
        installation = Parts(config)
        for box in installation.config.mailbox:
            tally = worker.poll(box, installation.office)
            print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")
        worker.send(installation.config, installation.outbox, now)
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


@app.command()
def train() -> None:
    """Fit the model on models/corpus and write it with its card and figures."""
    from mailbot.triage import evaluate as scoring
    from mailbot.triage.train import train as fit
    from mailbot.triage.train import write_card

    models = shipped("models")
    examples = [example for file in sorted((models / "corpus").glob("*.jsonl")) for example in labelled(file)]
    card = fit(examples, models, f"{now():%Y-%m-%d}", _say)
    held = [example for example in examples if example.split == "validation"]
    scores = scoring.evaluate(held, judge().assess([example.email for example in held]))
    metrics = {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}
    write_card(msgspec.structs.replace(card, metrics={"validation messages": len(held), **metrics}), models)
    _print_scores(scores)


@app.command()
def evaluate(
    file: Path,
    as_json: JsonOption = False,
    misses: Annotated[bool, typer.Option("--misses", help="Also print every wrong answer.")] = False,
) -> None:
    """Score against labelled messages (JSON lines with the text and its labels)."""
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


def labelled(file: Path) -> list[Any]:
    """The messages of a labelled file, each made into a mail and read as one that arrived."""
    from mailbot.intake.labelled import as_mail
    from mailbot.intake.parse import parse
    from mailbot.triage.train import Labelled

    examples = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MailbotError(f"{file} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        try:
            raw = json.loads(line)
            labels = {**raw["labels"], "contested": raw.get("contested", ())}
            email = parse(as_mail(raw))
            examples.append(Labelled(raw["id"], raw.get("scenario", raw["id"]), raw.get("split", ""), email, labels))
        except (ValueError, KeyError) as error:
            raise MailbotError(f"{file} line {number}: not a labelled message ({error!r})") from None
    return examples


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


def _serve(installation: Parts, *, with_worker: bool) -> None:
    from waitress.server import create_server

    from mailbot.web.app import create_app

    address = installation.config.web
    pages = create_app(
        installation.config,
        installation.engine,
        installation.vault.keyring,
        installation.store,
        installation.outbox,
        installation.aside,
        installation.standings,
    )
    try:
        server = create_server(pages, host=address.host, port=address.port, ident=None)
    except OSError as error:
        raise MailbotError(f"web.port {address.port} on {address.host} cannot be used: {error.strerror}") from None
    jobs = (
        worker.Worker(installation.config, installation.office, installation.outbox, now, installation.tokens)
        if with_worker
        else None
    )
    if jobs:
        _configure_log(logging.INFO)
        jobs.start()
    try:
        server.run()
    finally:
        server.close()
        if jobs:
            jobs.stop()


def _wait_for_the_end() -> None:
    import threading

    try:
        threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        print("stopping after the job in hand", flush=True)


def _demand_alerts(config: Config) -> None:
    """Going without alerts must be written out; with them is refused as long as nobody would be alerted."""
    if config.alerts is None:
        raise ConfigError("alerts: nothing found; `run` and `worker` need it: write enabled = false to go without")
    if config.alerts.enabled:
        raise ConfigError("alerts.enabled: found true; alerts to duty staff are not built yet; allowed: false")


def _say(step: str) -> None:
    """Progress on a terminal, none when piped."""
    if sys.stderr.isatty():
        print(step, file=sys.stderr)


def _complain(error: Exception | str) -> None:
    print(" ".join(str(error).split()), file=sys.stderr)


def _configure_log(level: int = logging.WARNING) -> None:
    """Log lines go to stderr, one each; no library's debug output, which could carry what people wrote."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "action", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def main() -> NoReturn:
    """Runs the command; every expected failure is one line on stderr. SIGTERM ends it as tidily as Ctrl+C does."""
    _configure_log()
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
