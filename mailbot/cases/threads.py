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

from mailbot.cases.letters import address_digest
from mailbot.cases.schema import cases, letters, messages
from mailbot.cases.vault import Keyring
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


_target = cases.alias("target")
_REFERENCE = sa.func.coalesce(_target.c.reference, cases.c.reference).label("reference")
"""The case's reference, or that of the case it was joined to."""


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
        if clues.references and (found := self._case(cases.c.reference.in_(clues.references))):
            return Suggestion(reference=found, why=NAMED, answers_us=True)
        close = {one for reference in clues.references[:5] for one in variants(reference, f"{REFERENCE_ALPHABET}-")}
        if close and (found := self._case(cases.c.reference.in_(close))):
            return Suggestion(reference=found, why=NEAR_NAMED, answers_us=True)
        answered = messages.c.message_id_digest.in_(self._digests(clues.answers))
        if clues.answers and (found := self._case(answered, by_message=True)):
            return Suggestion(reference=found, why=ANSWERED, answers_us=False)
        since = self._clock() - SAME_TOPIC_WITHIN
        same = (messages.c.topic_digest == self.topic_digest(email, clues)) & (messages.c.received_at > since)
        if clues.topic and email.automatic is None and (found := self._case(same, by_message=True)):
            return Suggestion(reference=found, why=SAME_TOPIC, answers_us=False)
        return None

    def topic_digest(self, email: Email, clues: ThreadClues) -> str:
        """What the sender's messages about one subject have in common."""
        return self._digest(f"{email.sender.address}\0{clues.topic}")

    def _letter(self, token_digests: list[str]) -> Any:
        """The letter that one of these tokens was put into, once it has left."""
        if not token_digests:
            return None
        query = (
            sa.select(letters.c.id, letters.c.recipient_digest, _REFERENCE)
            .join(cases, letters.c.case_id == cases.c.id)
            .outerjoin(_target, cases.c.joined_to == _target.c.id)
            .where(letters.c.reply_token_digest.in_(token_digests), letters.c.claimed_at.is_not(None))
            .limit(1)
        )
        return self._connection.execute(query).one_or_none()

    def _case(self, condition: sa.ColumnElement[bool], *, by_message: bool = False) -> str | None:
        query = (
            sa.select(_REFERENCE)
            .select_from(cases)
            .outerjoin(_target, cases.c.joined_to == _target.c.id)
            .where(condition)
            .order_by(cases.c.id.desc())
            .limit(1)
        )
        if by_message:
            query = query.join(messages, messages.c.case_id == cases.c.id)
        return self._connection.execute(query).scalar_one_or_none()

    def count_letter(self) -> None:
        """Counts one more letter of this transaction towards those of the day."""
        if self._to_all is not None:
            self._to_all += 1

    def _written(self, address: str, received_at: datetime) -> tuple[int, int, bool]:
        """Letters of the last 24 hours to that address and to all, and whether one went there just before."""
        mine = letters.c.recipient_digest == address_digest(self._keyring, address)
        of_today = (
            letters.c.created_at > self._clock() - timedelta(days=1),
            letters.c.state != LetterState.WITHHELD,
            letters.c.channel == Channel.EMAIL,
        )
        count = sa.select(sa.func.count()).select_from(letters)
        if self._to_all is None:
            self._to_all = int(self._connection.execute(count.where(*of_today)).scalar_one())
        to_sender = self._connection.execute(count.where(mine, *of_today)).scalar_one()
        just_before = letters.c.claimed_at.between(received_at - LATELY, received_at + CLOCK_SLACK)
        lately = self._connection.execute(count.where(mine, just_before)).scalar_one()
        return int(to_sender), self._to_all, lately > 0

    def _letters_of(self, reference: str) -> int:
        query = (
            sa.select(sa.func.count())
            .select_from(letters.join(cases, letters.c.case_id == cases.c.id))
            .where(cases.c.reference == reference)
        )
        return int(self._connection.execute(query).scalar_one())

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
