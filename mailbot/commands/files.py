"""`mailbot assess`, `import` and `check-letter`: what is given as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from mailbot import config as settings
from mailbot.cases.masking.narrative import masked
from mailbot.commands.options import ConfigOption
from mailbot.config import config_path, shipped
from mailbot.correspondence.may_reply import may_reply
from mailbot.correspondence.own_words import OwnWords
from mailbot.domain import Address, Assessment, Email, RawMail, Reply
from mailbot.errors import MailbotError
from mailbot.office import Tally
from mailbot.parts import judge, parts_of
from mailbot.pipeline import process


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


def _batches(mails: Iterator[tuple[str, RawMail]], size: int) -> Iterator[list[tuple[str, RawMail]]]:
    batch = []
    for mail in mails:
        batch.append(mail)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


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
