"""Filing a judged message: its narrative and identity sealed, and written as a case with its letter."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.alerts import raise_alert
from mailbot.cases.arrivals.entering import Entering
from mailbot.cases.arrivals.joining import Joining, add_task, clear_columns, restrict_suggested
from mailbot.cases.arrivals.ledger import MessageState, StoredMail
from mailbot.cases.arrivals.threads import REFERENCE_ALPHABET, Threads
from mailbot.cases.letters.approaches import note_answer_to
from mailbot.cases.letters.letters import ACKNOWLEDGEMENT, LETTER_PLACE, queue_letter
from mailbot.cases.masking.narrative import IDENTITY_PLACE, NARRATIVE_PLACE, Identity, Narrative
from mailbot.cases.oversight.learning import note_opinions
from mailbot.cases.schema import cases, letters, messages
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex
from mailbot.cases.waiting import waits_from
from mailbot.clock import Clock
from mailbot.domain import (
    Assessment,
    CaseState,
    Channel,
    Email,
    Letter,
    LetterState,
    Reply,
    Suggestion,
    TaskKind,
    Thread,
    ThreadClues,
)
from mailbot.targets import ORDINARY, Targets

WORKED_ON = "somebody has worked on the case before it was judged: a person decides"
SAME_MESSAGE_ID = "another message came under the same Message-ID with other words"

# Statements of every message are made once: making one takes five times as long as executing it.

CLAIM = sa.update(messages).where(messages.c.id == sa.bindparam("of"), messages.c.state == MessageState.STORED)
FILED_AS = sa.update(messages).where(messages.c.id == sa.bindparam("of"))
FILED = {"state": MessageState.FILED, "danger": False, "handed_back_by": None}
NAMESAKE = (
    sa.select(messages.c.case_id)
    .where(
        messages.c.message_id_digest == sa.bindparam("named"),
        messages.c.same_as != sa.bindparam("this"),
        messages.c.id != sa.bindparam("of"),
        messages.c.case_id.is_not(None),
    )
    .limit(1)
)
CASE_OF_SAME = (
    sa.select(cases.c.id, cases.c.reference, cases.c.mailbox, cases.c.vault_id)
    .join(messages, messages.c.case_id == cases.c.id)
    .where(messages.c.same_as == sa.bindparam("this"), messages.c.id != sa.bindparam("of"))
    .limit(1)
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A message ready to be filed: read, judged, parted by `masked`, its thread known, its letter written.

    `reference` is its case's; `reply_address` where answers to its mailbox's letters come back. Of what an officer
    entered, `assessment` is the judgement with what they were told, and `judged` what the machine alone said.
    """

    reference: str
    email: Email
    clues: ThreadClues
    thread: Thread
    assessment: Assessment
    reply: Reply
    letter: Letter | None
    reply_address: str
    narrative: Narrative
    identity: Identity
    judged: Assessment | None = None


def new_reference() -> str:
    """A case reference such as ``MB-4F7K-29QX``: 40 random bits that tell nothing of the case, its type or its turn."""
    letters_ = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"MB-{letters_[:4]}-{letters_[4:]}"


class Filing:
    """One transaction in which a batch of judged messages becomes cases."""

    def __init__(
        self,
        connection: sa.Connection,
        vault: Vault,
        clock: Clock,
        restricted_mailboxes: Collection[str],
        targets: Targets = ORDINARY,
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = restricted_mailboxes
        self._targets = targets
        self._threads = Threads(connection, vault.keyring, clock)
        self._joining = Joining(connection, vault, clock, targets)

    def thread_of(self, stored: StoredMail, email: Email, clues: ThreadClues, answer_to: str) -> Thread:
        """What is known of the message's sender and case; of this batch, too."""
        return self._threads.find(email, clues, answer_to, stored.mail.received_at)

    def file(self, stored: StoredMail, message: Judged) -> None:
        """Files one message: a new case with its acknowledgement, a follow-up of its case, or one more copy.

        The same message come to both mailboxes is one case under the stricter mailbox's access, acknowledged once.
        Does nothing where another process has filed it meanwhile.
        """
        digests = self._digests(stored, message)
        if self._connection.execute(CLAIM, {"of": stored.id, **FILED, **digests}).rowcount == 0:
            return
        namesake = self._namesake(stored, digests)
        case_id = (
            self._entered(stored, message)
            or self._join_copy(stored, digests["same_as"], message.reply_address)
            or self._follow_up(stored, message)
            or self._new_case(stored, message)
        )
        self._connection.execute(FILED_AS, {"of": stored.id, "case_id": case_id})
        if namesake is not None and namesake != case_id:
            add_task(self._connection, case_id, TaskKind.SAME_MESSAGE_ID, SAME_MESSAGE_ID, namesake, self._clock())

    def _digests(self, stored: StoredMail, message: Judged) -> dict[str, str]:
        digest, email = self._vault.keyring.digest, message.email
        return {
            "same_as": digest(_fingerprint(email, stored.mail.content)),
            "message_id_digest": digest(email.message_id or f"none:{stored.id}"),
            "topic_digest": self._threads.topic_digest(email, message.clues),
        }

    def _namesake(self, stored: StoredMail, digests: dict[str, str]) -> int | None:
        """The case of another message under the same Message-ID; honest messages never share one."""
        of = {"of": stored.id, "named": digests["message_id_digest"], "this": digests["same_as"]}
        return self._connection.execute(NAMESAKE, of).scalar_one_or_none()

    def _join_copy(self, stored: StoredMail, same_as: str, reply_address: str) -> int | None:
        """The case of the same message, now under the stricter of both mailboxes; None where it is no copy."""
        known = self._connection.execute(CASE_OF_SAME, {"of": stored.id, "this": same_as}).one_or_none()
        if known is None:
            return None
        if self._is_stricter(stored.mail.mailbox, known.mailbox):
            self._connection.execute(
                sa.update(cases)
                .where(cases.c.id == known.id)
                .values(restricted=True, mailbox=stored.mail.mailbox, version=cases.c.version + 1)
            )
            restrict_suggested(self._connection, known.id, self._clock())
            self._redirect_answers(known, reply_address)
        self._audit("same message received again", known.reference, f"mailbox {stored.mail.mailbox}")
        case_id: int = known.id
        return case_id

    def _redirect_answers(self, case: Any, reply_address: str) -> None:
        """Letters that have not left yet are answered to the stricter mailbox."""
        waiting = sa.select(letters).where(
            letters.c.case_id == case.id,
            letters.c.state.in_((LetterState.DUE, LetterState.WITHHELD)),
            letters.c.sealed_letter.is_not(None),
        )
        for row in self._connection.execute(waiting).all():
            place = f"{LETTER_PLACE}:{row.token}"
            sealed = self._vault.unseal(case.vault_id, Purpose.IDENTITY, place, row.sealed_letter)
            old = msgspec.json.decode(sealed, type=Letter)
            new = dataclasses.replace(old, reply_address=reply_address)
            self._connection.execute(
                sa.update(letters)
                .where(letters.c.id == row.id)
                .values(sealed_letter=self._seal(case.vault_id, Purpose.IDENTITY, place, new))
            )

    def _is_stricter(self, mailbox: str, than: str) -> bool:
        return mailbox in self._restricted_mailboxes and than not in self._restricted_mailboxes

    def _follow_up(self, stored: StoredMail, message: Judged) -> int | None:
        """The case that the message belongs to for certain, with the message in it; None where there is none."""
        thread, reply = message.thread, message.reply
        if thread.case_reference is None:
            return None
        query = sa.select(cases).where(cases.c.reference == thread.case_reference).with_for_update()
        case = self._connection.execute(query).one()
        in_restricted = stored.mail.mailbox in self._restricted_mailboxes
        found = clear_columns(message.assessment)
        found["restricted"] = in_restricted or message.assessment.restricted
        if in_restricted:
            found["mailbox"] = stored.mail.mailbox
        self._joining.add(case, stored, message.narrative, message.identity, found)
        self._alert(case.id, message.assessment)
        if thread.returned_letter is not None:
            self._joining.return_letter(case, thread.returned_letter)
        if thread.answered_letter is not None and message.email.automatic is None:
            note_answer_to(self._connection, self._vault, thread.answered_letter, self._clock())
        if reply.acknowledge and thread.returned_letter is None:
            purpose = f"{ACKNOWLEDGEMENT}-{thread.letters_of_case + 1}"
            self._queue_letter(case.id, case.vault_id, message, LetterState.DUE, purpose)
        case_id: int = case.id
        return case_id

    def _new_case(self, stored: StoredMail, message: Judged) -> int:
        narrative, identity = message.narrative, message.identity
        state = LetterState.DUE if message.reply.acknowledge else LetterState.WITHHELD
        suggested = self._suggested(message.thread.suggestion)
        case_id: int = self._connection.execute(
            sa.insert(cases).returning(cases.c.id),
            {
                "reference": message.reference,
                "vault_id": stored.vault_id,
                "mailbox": stored.mail.mailbox,
                "restricted": message.assessment.restricted
                or stored.mail.mailbox in self._restricted_mailboxes
                or bool(suggested and suggested.restricted),
                "state": CaseState.NEW,
                "version": 1,
                "received_at": stored.mail.received_at,
                "filed_at": self._clock(),
                "acknowledgement": state,
                **clear_columns(message.assessment),
                **waits_from(stored.mail.received_at, message.assessment.priority, self._targets),
                "sealed_narrative": self._seal(stored.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, narrative),
                "sealed_identity": self._seal(stored.vault_id, Purpose.IDENTITY, IDENTITY_PLACE, identity),
            },
        ).scalar_one()
        SearchIndex(self._connection, self._vault).add_case(case_id, message.reference, narrative, identity)
        note_opinions(self._connection, case_id, message.assessment, self._clock())
        self._alert(case_id, message.assessment)
        self._queue_letter(case_id, stored.vault_id, message, state, ACKNOWLEDGEMENT)
        if suggested and message.thread.suggestion:
            add_task(
                self._connection, case_id, TaskKind.JOIN, message.thread.suggestion.why, suggested.id, self._clock()
            )
        self._audit("filed", message.reference, f"priority {message.assessment.priority}; acknowledgement {state}")
        return case_id

    def _entered(self, stored: StoredMail, message: Judged) -> int | None:
        """The case that an officer's entry was opened as, with its judgement and its letter; None of other messages."""
        if stored.entry is None or message.judged is None:
            return None
        suggested = self._suggested(message.thread.suggestion)
        entering = Entering(self._connection, self._vault, self._clock, self._restricted_mailboxes, self._targets)
        entered = entering.judge(
            stored,
            stored.entry,
            message.email,
            message.judged,
            message.reply,
            restricts=bool(suggested and suggested.restricted),
        )
        note_opinions(self._connection, entered.opened_as, message.judged, self._clock())
        if not entered.untouched:
            reply = held_back(message.reply)
            letter = message.letter if reply.held_template else None
            message = dataclasses.replace(message, reply=reply, letter=letter)
        state = LetterState.DUE if message.reply.acknowledge else LetterState.WITHHELD
        if entered.case_id == entered.opened_as:
            self._queue_letter(entered.case_id, stored.vault_id, message, state, ACKNOWLEDGEMENT)
            change = sa.update(cases).where(cases.c.id == entered.case_id).values(acknowledgement=state)
            self._connection.execute(change)
        if suggested and message.thread.suggestion and suggested.id != entered.case_id:
            why = message.thread.suggestion.why
            add_task(self._connection, entered.case_id, TaskKind.JOIN, why, suggested.id, self._clock())
        self._audit("judged", message.reference, f"priority {message.assessment.priority}; acknowledgement {state}")
        return entered.case_id

    def _alert(self, case_id: int, assessment: Assessment) -> None:
        if assessment.priority == 1:
            raise_alert(self._connection, case_id, self._clock())

    def _suggested(self, suggestion: Suggestion | None) -> Any:
        """The suggested case. Where it is restricted, so is the new one: both may be the same person's (P22)."""
        if suggestion is None:
            return None
        query = sa.select(cases.c.id, cases.c.restricted).where(cases.c.reference == suggestion.reference)
        return self._connection.execute(query).one_or_none()

    def _queue_letter(self, case_id: int, vault_id: str, message: Judged, state: LetterState, purpose: str) -> None:
        letter, reply = message.letter, message.reply
        if state is LetterState.DUE and reply.channel is Channel.EMAIL:
            self._threads.count_letter()
        queue_letter(
            self._connection,
            self._vault,
            self._clock(),
            case_id=case_id,
            vault_id=vault_id,
            purpose=purpose,
            state=state,
            channel=reply.channel,
            letter=letter,
            template=reply.template or reply.held_template,
            withheld_because=reply.withheld_because,
        )

    def _seal(self, vault_id: str, purpose: Purpose, place: str, value: object) -> bytes:
        return self._vault.seal(vault_id, purpose, place, msgspec.json.encode(value))

    def _audit(self, act: str, reference: str, detail: str) -> None:
        audit.record(
            self._connection, at=self._clock(), actor=audit.MACHINE, act=act, reference=reference, detail=detail
        )


def held_back(reply: Reply) -> Reply:
    """The same reply, written and held for an officer to send: they have worked on the case meanwhile."""
    if not reply.acknowledge:
        return reply
    held = reply.template if reply.channel is Channel.EMAIL else None
    return Reply(channel=Channel.NONE, template=None, withheld_because=WORKED_ON, held_template=held)


def _fingerprint(email: Email, content: bytes) -> str:
    """What makes two deliveries the same message: Message-ID, From, Date and body; trace headers differ by way."""
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    sent_at = email.sent_at.isoformat() if email.sent_at else ""
    parts = [email.message_id, email.sender.address, sent_at, body.rstrip().decode("latin-1")]
    if not email.message_id:
        parts.append(head.decode("latin-1"))  # nothing names it: only the very same bytes are the same message
    return "\0".join(parts)
