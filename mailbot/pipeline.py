"""From bytes to filed cases. Read `mailbot.domain` first, then this.

Rules that make it safe: the raw bytes are committed before anything else (`mailbot.taking_in`); a case and its
acknowledgement are one transaction; a message that fails is set aside and never stops the next; nothing is deleted on
the server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mailbot.cases.arrivals.filing import Judged, new_reference
from mailbot.cases.arrivals.ledger import StoredMail
from mailbot.cases.arrivals.told import as_entered, as_told
from mailbot.cases.masking.narrative import Identity, Narrative, masked
from mailbot.clock import now
from mailbot.correspondence.as_wished import as_wished
from mailbot.correspondence.may_reply import answer_to, may_reply
from mailbot.domain import Assessment, Email, RawMail
from mailbot.errors import StorageFailed
from mailbot.intake.thread import clues_of
from mailbot.later import make_ready
from mailbot.office import Office, Tally

JUDGED_AT_ONCE = 10
"""How many messages are judged together: half of a batch, so that reader and encoder are at work meanwhile."""


def process(batch: Sequence[StoredMail], office: Office) -> Tally:
    """Files a batch of stored messages in one transaction; where one of them fails, each by itself."""
    make_ready(office.parse, office.store, office.assessor, office.composer, office.own_words)  # no message's fault
    try:
        file(batch, office)
        return Tally(filed=len(batch))
    except StorageFailed:
        raise  # not a message's fault: they stay stored, and the next run files them
    except Exception as error:  # noqa: BLE001  the one boundary: what is wrong with one message never stops the next
        if len(batch) > 1:
            return sum((process([stored], office) for stored in batch), Tally())
        if batch[0].by_hand and office.parse is not bare:
            return process(batch, dataclasses.replace(office, parse=bare))
        office.aside.put(batch[0], f"could not be filed: {type(error).__name__}", danger=swept(batch[0], office))
        return Tally(set_aside=1)


def file(batch: Sequence[StoredMail], office: Office) -> None:
    """Parses, judges and files all of `batch`, each case with its acknowledgement, or none of it.

    What can be done before the transaction is: filings wait for one another.
    """
    studied = list(study(batch, office))
    with office.store.filing() as filing:
        for one in studied:
            stored, email, clues = one.stored, one.email, clues_of(one.email)
            if stored.entry and not stored.entry.email:
                clues = dataclasses.replace(clues, topic="")  # every call has the same subject: it makes no two one's
            thread = filing.thread_of(stored, email, clues, answer_to(email).address)
            reply = may_reply(email, one.assessment, thread, own_addresses=office.own_addresses, caps=office.caps)
            if stored.entry:
                reply = as_wished(stored.entry, reply)
            reference = stored.entered_as or thread.case_reference or new_reference()
            letter = office.composer.acknowledgement(stored.mail, reference, email, one.assessment, reply)
            message = Judged(
                reference=reference,
                email=email,
                clues=clues,
                thread=thread,
                assessment=one.assessment,
                reply=reply,
                letter=letter,
                reply_address=office.composer.reply_address(stored.mail.mailbox),
                narrative=dataclasses.replace(one.narrative, reply=reply),
                identity=one.identity,
                judged=one.said,
            )
            filing.file(stored, message)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A message read, judged and parted. `said` is what the machine says of it, `assessment` with what was told."""

    stored: StoredMail
    email: Email
    said: Assessment
    assessment: Assessment
    narrative: Narrative
    identity: Identity


def study(batch: Sequence[StoredMail], office: Office) -> Iterator[Studied]:
    """What a batch comes to, in order. While some are judged the next ones are read, by the process apart."""
    reading = ThreadPoolExecutor(max_workers=1)
    try:
        coming = [reading.submit(read, stored, office) for stored in batch]
        for at in range(0, len(batch), JUDGED_AT_ONCE):
            few, emails = batch[at : at + JUDGED_AT_ONCE], [one.result() for one in coming[at : at + JUDGED_AT_ONCE]]
            for stored, email, said in zip(few, emails, judged(few, emails, office), strict=True):
                assessment = as_told(said, stored.entry) if stored.entry else said
                narrative, identity = masked(email, assessment)
                yield Studied(
                    stored=stored,
                    email=email,
                    said=said,
                    assessment=assessment,
                    narrative=narrative,
                    identity=identity,
                )
    finally:
        reading.shutdown(cancel_futures=True)  # where one fails, the rest is not read for nothing


def read(stored: StoredMail, office: Office) -> Email:
    """A message as it can be read; what an officer entered as they wrote it, with its files read like any other's."""
    email = office.parse(stored.mail)
    return as_entered(email, stored.entry) if stored.entry else email


def judged(batch: Sequence[StoredMail], emails: Sequence[Email], office: Office) -> list[Assessment]:
    """The assessments of a batch; what a person files by hand is not judged."""
    asked = [email for stored, email in zip(batch, emails, strict=True) if not stored.by_hand]
    answers = iter(office.assessor.assess([office.own_words.left_out(email) for email in asked]))
    return [
        office.assessor.unjudged(office.own_words.left_out(email)) if stored.by_hand else next(answers)
        for stored, email in zip(batch, emails, strict=True)
    ]


def bare(mail: RawMail) -> Email:
    """The little that can be read of any message: for one that a person files by hand and that fails all the same."""
    from mailbot.intake.parse import barely_read  # the parsers take long to load, and the reader has its own

    return barely_read(mail.content, "filed by hand: only its headers and first words could be read")


def warm_up(office: Office) -> None:
    """Has the reader started and the model loaded before the first message needs them."""
    email = office.parse(RawMail(mailbox="", folder="", uid_validity=0, uid=0, received_at=now(), content=b""))
    office.assessor.assess([email])


def swept(stored: StoredMail, office: Office) -> bool:
    """Whether a message that could not be filed holds words of danger, raw or read; yes where even that fails."""
    try:
        raw, read = bare(stored.mail), office.parse(stored.mail)
        texts = [raw.text, read.subject, read.text, read.quoted, read.signature]
        texts += [one.text or "" for one in read.attachments]
        return any(office.assessor.sees_danger(text) for text in texts)
    except Exception:  # noqa: BLE001  whatever stops the sweep, a person must look
        return True
