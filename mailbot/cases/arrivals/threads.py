"""Which case a message belongs to, and what was written to its sender: the record's answer to a message's clues.

For certain only by a reply token that nobody but a letter's recipient knows, in a message from that very address.
Anything less is a suggestion, which an officer confirms: a stranger never lands in somebody's case.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases.letters.letters import address_digest
from mailbot.cases.schema import cases, letters, messages
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.domain import Channel, Email, LetterState, Suggestion, Thread, ThreadClues

LATELY = timedelta(hours=1)
CLOCK_SLACK = timedelta(minutes=1)
"""A server notes arrivals by the second, and by a clock of its own."""

SAME_TOPIC_WITHIN = timedelta(days=90)
TOKEN_ALPHABET = string.ascii_lowercase + "234567"
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

OTHER_SENDER = "it came to the reply address of a letter that was written to somebody else"
FORGED = "it came to the reply address of a letter, but its sender is forged"
NEAR_TOKEN = "its reply address is one character away from a letter's"  # noqa: S105  no password
NAMED = "it names that case"
NEAR_NAMED = "it names a reference one character away from that case's"
ANSWERED = "it answers a message of that case"
SAME_TOPIC = "the same sender wrote about the same subject"


# Statements are made once: making one takes five times as long as executing it.

_target = cases.alias("target")
_REFERENCE = sa.func.coalesce(_target.c.reference, cases.c.reference).label("reference")
"""The case's reference, or that of the case it was joined to."""
_CASE = (
    sa.select(_REFERENCE)
    .select_from(cases)
    .outerjoin(_target, cases.c.joined_to == _target.c.id)
    .order_by(cases.c.id.desc())
    .limit(1)
)
_CASE_OF_MESSAGE = _CASE.join(messages, messages.c.case_id == cases.c.id)
NAMED_CASE = _CASE.where(cases.c.reference.in_(sa.bindparam("references", expanding=True)))
ANSWERED_CASE = _CASE_OF_MESSAGE.where(messages.c.message_id_digest.in_(sa.bindparam("answers", expanding=True)))
CASE_OF_TOPIC = _CASE_OF_MESSAGE.where(
    messages.c.topic_digest == sa.bindparam("topic"), messages.c.received_at > sa.bindparam("since")
)
LETTER_OF_TOKEN = (
    sa.select(letters.c.id, letters.c.recipient_digest, _REFERENCE)
    .join(cases, letters.c.case_id == cases.c.id)
    .outerjoin(_target, cases.c.joined_to == _target.c.id)
    .where(letters.c.reply_token_digest.in_(sa.bindparam("tokens", expanding=True)), letters.c.claimed_at.is_not(None))
    .limit(1)
)
_COUNT = sa.select(sa.func.count()).select_from(letters)
LETTERS_TO_ALL = _COUNT.where(
    letters.c.created_at > sa.bindparam("since"),
    letters.c.state != LetterState.WITHHELD,
    letters.c.channel == Channel.EMAIL,
)
LETTERS_TO_ONE = LETTERS_TO_ALL.where(letters.c.recipient_digest == sa.bindparam("recipient"))
LETTERS_JUST_BEFORE = _COUNT.where(
    letters.c.recipient_digest == sa.bindparam("recipient"),
    letters.c.claimed_at.between(sa.bindparam("earliest"), sa.bindparam("latest")),
)
LETTERS_OF_CASE = (
    sa.select(sa.func.count())
    .select_from(letters.join(cases, letters.c.case_id == cases.c.id))
    .where(cases.c.reference == sa.bindparam("of"))
)


class Threads:
    """Finds threads within the transaction in which messages are filed."""

    def __init__(self, connection: sa.Connection, keyring: Keyring, clock: Clock) -> None:
        self._connection = connection
        self._keyring = keyring
        self._digest = keyring.digest
        self._clock = clock
        self._to_all: int | None = None

    def find(self, email: Email, clues: ThreadClues, answer_to: str, received_at: datetime) -> Thread:
        """What is known of the message; `answer_to` is the address that an acknowledgement would go to."""
        reference, letter, suggestion = self._case_of(email, clues)
        returned = letter if email.automatic and email.undelivered else None
        to_sender, to_all, lately = self._written(answer_to, received_at)
        return Thread(
            case_reference=reference,
            answered_letter=None if returned else letter,
            returned_letter=returned,
            suggestion=suggestion,
            letters_to_sender=to_sender,
            letters_to_all=to_all,
            letters_of_case=self._letters_of(reference) if reference else 0,
            written_lately=lately,
        )

    def _case_of(self, email: Email, clues: ThreadClues) -> tuple[str | None, int | None, Suggestion | None]:
        """The case that it belongs to for certain and the letter that brought it there, or a suggestion."""
        letter = self._letter(self._digests(clues.tokens))
        if email.automatic and email.undelivered:
            returned = letter or self._letter(self._digests(clues.returned_tokens))
            if returned is not None:
                return returned.reference, returned.id, None
        if letter is None:
            return None, None, self._suggested(email, clues)
        if letter.recipient_digest == address_digest(self._keyring, email.sender.address) and not email.forged:
            return letter.reference, letter.id, None
        why = FORGED if email.forged else OTHER_SENDER
        return None, None, Suggestion(reference=letter.reference, why=why, answers_us=True)

    def _suggested(self, email: Email, clues: ThreadClues) -> Suggestion | None:
        """The likeliest case of a message that no token of ours proves, or None."""
        near = self._letter(self._digests(one for token in clues.tokens[:3] for one in variants(token, TOKEN_ALPHABET)))
        if near is not None:
            return Suggestion(reference=near.reference, why=NEAR_TOKEN, answers_us=True)
        if clues.references and (found := self._case(NAMED_CASE, references=clues.references)):
            return Suggestion(reference=found, why=NAMED, answers_us=True)
        close = {one for reference in clues.references[:5] for one in variants(reference, f"{REFERENCE_ALPHABET}-")}
        if close and (found := self._case(NAMED_CASE, references=sorted(close))):
            return Suggestion(reference=found, why=NEAR_NAMED, answers_us=True)
        if clues.answers and (found := self._case(ANSWERED_CASE, answers=self._digests(clues.answers))):
            return Suggestion(reference=found, why=ANSWERED, answers_us=False)
        if clues.topic and email.automatic is None:
            topic, since = self.topic_digest(email, clues), self._clock() - SAME_TOPIC_WITHIN
            if found := self._case(CASE_OF_TOPIC, topic=topic, since=since):
                return Suggestion(reference=found, why=SAME_TOPIC, answers_us=False)
        return None

    def topic_digest(self, email: Email, clues: ThreadClues) -> str:
        """What the sender's messages about one subject have in common."""
        return self._digest(f"{email.sender.address}\0{clues.topic}")

    def _letter(self, token_digests: list[str]) -> Any:
        """The letter that one of these tokens was put into, once it has left."""
        if not token_digests:
            return None
        return self._connection.execute(LETTER_OF_TOKEN, {"tokens": token_digests}).one_or_none()

    def _case(self, query: sa.Select[str], **asked: object) -> str | None:
        found: str | None = self._connection.execute(query, asked).scalar_one_or_none()
        return found

    def count_letter(self) -> None:
        """Counts one more letter of this transaction towards those of the day."""
        if self._to_all is not None:
            self._to_all += 1

    def _written(self, address: str, received_at: datetime) -> tuple[int, int, bool]:
        """Letters of the last 24 hours to that address and to all, and whether one went there just before."""
        today = {"since": self._clock() - timedelta(days=1)}
        mine = {"recipient": address_digest(self._keyring, address)}
        just_before = {"earliest": received_at - LATELY, "latest": received_at + CLOCK_SLACK}
        if self._to_all is None:
            self._to_all = self._count(LETTERS_TO_ALL, **today)
        to_sender = self._count(LETTERS_TO_ONE, **today, **mine)
        return to_sender, self._to_all, self._count(LETTERS_JUST_BEFORE, **just_before, **mine) > 0

    def _letters_of(self, reference: str) -> int:
        return self._count(LETTERS_OF_CASE, of=reference)

    def _count(self, query: sa.Select[int], **asked: object) -> int:
        return int(self._connection.execute(query, asked).scalar_one())

    def _digests(self, texts: Iterable[str]) -> list[str]:
        return [self._digest(text) for text in texts]


def variants(text: str, alphabet: str) -> Iterator[str]:
    """Every text that one slip in copying makes of `text`: a character wrong, missing, extra or swapped."""
    for at in range(len(text) + 1):
        before, after = text[:at], text[at:]
        yield from (before + letter + after for letter in alphabet)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in alphabet if letter != after[0])
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
