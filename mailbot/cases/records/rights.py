"""What is given out of the record: to people about themselves, to the public, to courts (P23c, P27, P28).

Whatever is left out stands in the list of what is withheld, by its place and the section of the Freedom of Information
Act 2000 that allows it. Nothing here decides whether it leaves: an officer reads it first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.arrivals.ledger import RAW_PLACE
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.letters.letters import LETTER_PLACE, address_digest
from mailbot.cases.masking.mask import ACCOUNT, COVERED, EMAIL, NUMBER, PHONE, POSTAL, SENDER
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    NOTE_PLACE,
    Identity,
    Narrative,
)
from mailbot.cases.records.courts import CourtDisclosure, Included
from mailbot.cases.schema import actions, cases, follow_ups, letters, messages, notes, raw_messages, senders
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import names_somebody, sender_digest
from mailbot.clock import Clock
from mailbot.domain import Channel, Letter, LetterState, Situation
from mailbot.errors import NotAllowed

EXEMPTIONS: dict[str, str] = {
    "s.21": "Information accessible to the applicant by other means",
    "s.30": "Investigations and proceedings conducted by public authorities",
    "s.31": "Law enforcement, and the functions of regulators",
    "s.36": "Prejudice to the effective conduct of public affairs",
    "s.38": "Health and safety",
    "s.40(1)": "Personal information of the applicant: a subject access request",
    "s.40(2)": "Personal information of others",
    "s.41": "Information provided in confidence",
    "s.42": "Legal professional privilege",
    "s.44": "Prohibitions on disclosure in other law",
}
"""Sections of the Freedom of Information Act 2000 under which something may be withheld."""

PERSON, NOTE, OUTCOME, STAFF, CHOSEN = "person", "note", "outcome", "staff", "withheld"

WITHHELD_UNDER: dict[str, tuple[str, ...]] = {
    SENDER: ("s.40(2)", "s.41"),
    EMAIL: ("s.40(2)",),
    NUMBER: ("s.40(2)", "s.41"),
    ACCOUNT: ("s.40(2)", "s.41"),
    PHONE: ("s.40(2)",),
    POSTAL: ("s.40(2)",),
    COVERED: ("s.40(2)", "s.41"),
    PERSON: ("s.40(2)",),
    STAFF: ("s.40(2)",),
    NOTE: ("s.31",),
    OUTCOME: ("s.31",),
}
"""Which sections withhold what, unless whoever exports says otherwise."""

PERHAPS_MORE = (
    "Restricted cases are not in what a records officer exports, whether or not there are any: a whistleblowing "
    "officer exports it, too."
)
READ_FIRST = "Read all of it before it leaves: names are covered as far as the machine found them."

_KINDS = "|".join(map(re.escape, (SENDER, EMAIL, PHONE, POSTAL, COVERED, NUMBER, ACCOUNT, PERSON, CHOSEN)))
_TOKEN = re.compile(rf"\[({_KINDS}) \d{{1,4}}\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Something that was left out: where it stood, what it was, under which sections."""

    reference: str
    place: str
    what: str
    exemptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMessage:
    """A message as it is given. `sender` is None where who wrote is not."""

    received_at: datetime
    subject: str
    text: str
    quoted: str
    attachments: tuple[tuple[str, str], ...]
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLetter:
    created_at: datetime
    state: LetterState
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCase:
    """A case as it is given."""

    reference: str
    received_at: datetime
    state: str
    judged: tuple[tuple[str, str], ...]
    decided: tuple[tuple[datetime, str, str], ...]
    messages: tuple[GivenMessage, ...] = ()
    letters: tuple[GivenLetter, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is given out, and what was left out of it."""

    purpose: str
    made_at: datetime
    cases: tuple[GivenCase, ...]
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How whoever exports a case would have it: other sections by what they withhold, and more words to withhold."""

    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        unknown = set(self.sections) - set(WITHHELD_UNDER)
        if unknown:
            raise NotAllowed(f"Nothing called {min(unknown)} is withheld; allowed: {', '.join(WITHHELD_UNDER)}")
        named = {section for one in self.sections.values() for section in one} | {section for _, section in self.words}
        if not all(words.strip() for words, _ in self.words):
            raise NotAllowed("Give the words that are withheld")
        if wrong := named - set(EXEMPTIONS):
            raise NotAllowed(f"There is no exemption {min(wrong)}; allowed: {', '.join(EXEMPTIONS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """A message opened; what is erased is None."""

    received_at: datetime
    narrative: Narrative | None
    identity: Identity | None


def notices(officer: Officer) -> tuple[str, ...]:
    """What whoever exports must know; no part of what is given out."""
    return (READ_FIRST,) if officer.may(Permission.READ_RESTRICTED) else (READ_FIRST, PERHAPS_MORE)


class Rights:
    """Gives out what the law has us give out; every case that is in it is audited."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def of_subject(self, officer: Officer, known_as: Collection[str], reason: str) -> Export:
        """What is held that somebody wrote from one of these addresses or under one of these full names.

        Their own details stand in it, others' are masked. Exact, as `mailbot.cases.search.search` looks senders up.
        """
        demand(officer, Permission.KEEP_RECORDS)
        if not known_as or not all(map(names_somebody, known_as)):
            raise NotAllowed("Give the whole email address, or the full name")
        if not reason.strip():
            raise NotAllowed("Say why it is exported")
        digests = {sender_digest(self._vault.keyring, one) for one in known_as}
        theirs = sa.select(senders.c.case_id).where(senders.c.digest.in_(digests))
        query = visible(sa.select(cases).where(cases.c.id.in_(theirs)), officer).order_by(cases.c.id)
        addresses = {address_digest(self._vault.keyring, one) for one in known_as if "@" in one}
        with storage_errors(), self._writing.begin() as connection:
            withheld: list[Withheld] = []
            given = [
                self._subjects(connection, row, digests, addresses, withheld) for row in connection.execute(query).all()
            ]
            self._audit(connection, officer, "exported: subject access", given, reason.strip())
        return self._export("subject access", given, withheld)

    def of_case(self, officer: Officer, reference: str, choices: Choices) -> Export:
        """A case for a Freedom of Information request: who wrote, others' names, notes and outcomes left out."""
        withheld: list[Withheld] = []
        with storage_errors(), self._writing.begin() as connection:
            row = case_for(connection, reference, officer, Permission.KEEP_RECORDS)
            leave_out = _LeavingOut(reference, choices, withheld)
            opened = self._messages(connection, row)
            kept = self._details(connection, row, opened)
            for place, count in ((NOTE, notes.c.case_id), (OUTCOME, actions.c.case_id)):
                many = sa.select(sa.func.count()).where(count == row.id)
                many = many.where(actions.c.sealed_outcome.is_not(None)) if place == OUTCOME else many
                for number in range(connection.execute(many).scalar_one()):
                    leave_out.whole(f"{place} {number + 1}", place)
            case = replace(
                _outline(connection, row),
                messages=tuple(
                    _given(one, number, _hides_people(one), leave_out) for number, one in enumerate(opened, 1)
                ),
                letters=tuple(
                    leave_out.letter(letter, number, kept)
                    for number, letter in enumerate(self._letters(connection, row, None), 1)
                ),
            )
            self._audit(connection, officer, "exported: freedom of information", [case], "")
        return self._export("freedom of information", [case], withheld)

    def for_court(self, officer: Officer, disclosure: CourtDisclosure) -> tuple[Export, list[bytes]]:
        """What a second person agreed that a court be given, and the originals where those are in it."""
        included = set(disclosure.included)
        with storage_errors(), self._writing.begin() as connection:
            row = case_for(connection, disclosure.reference, officer, Permission.KEEP_RECORDS)
            opened = self._messages(connection, row)
            clear = Included.IDENTITY in included
            withheld: list[Withheld] = []
            kept = self._details(connection, row, opened)
            keep = _LeavingOut(row.reference, Choices(), withheld)
            case = replace(
                _outline(connection, row),
                messages=tuple(
                    _given(one, number, _told(one) if clear else _same, None if clear else keep, clear=clear)
                    for number, one in enumerate(opened, 1)
                )
                if Included.MESSAGES in included
                else (),
                letters=tuple(
                    letter if clear else keep.letter(letter, number, kept)
                    for number, letter in enumerate(self._letters(connection, row, None), 1)
                )
                if Included.LETTERS in included
                else (),
                notes=self._notes(connection, row) if Included.NOTES in included else (),
            )
            originals = self._originals(connection, row) if Included.ORIGINALS in included else []
            self._audit(connection, officer, f"exported: {disclosure.forum}", [case], f"number {disclosure.id}")
        return self._export(disclosure.forum, [case], withheld), originals

    def _subjects(
        self,
        connection: sa.Connection,
        row: Any,
        digests: set[str],
        addresses: set[str],
        withheld: list[Withheld],
    ) -> GivenCase:
        """A case as far as it is the subject's own: their messages, and letters to them."""
        opened = self._messages(connection, row)
        own = [one for one in opened if one.identity and self._wrote(one.identity, digests)]
        leave_out = _LeavingOut(row.reference, Choices(), withheld)
        given = [_given(one, number, _own(one), leave_out) for number, one in enumerate(own, 1)]
        to_them = self._letters(connection, row, addresses) if own else []
        return replace(_outline(connection, row), messages=tuple(given), letters=tuple(to_them))

    def _wrote(self, identity: Identity, digests: set[str]) -> bool:
        told = {one for who in (identity.sender, identity.reply_to) if who for one in (who.address, who.name) if one}
        return any(sender_digest(self._vault.keyring, one) in digests for one in told)

    def _messages(self, connection: sa.Connection, row: Any) -> list[_Message]:
        query = sa.select(follow_ups).where(follow_ups.c.case_id == row.id)
        later = connection.execute(query.order_by(follow_ups.c.received_at, follow_ups.c.message_id)).all()
        mine = [] if row.joined_to else [row]
        rows = [*mine, *later]
        places = [(NARRATIVE_PLACE, IDENTITY_PLACE)] * len(mine)
        places += [(FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)] * len(later)
        unseal = self._vault.unseal_many
        words = [(one.vault_id, place[0], one.sealed_narrative) for one, place in zip(rows, places, strict=True)]
        wrote = [(one.vault_id, place[1], one.sealed_identity) for one, place in zip(rows, places, strict=True)]
        return [
            _Message(
                received_at=one.received_at,
                narrative=msgspec.json.decode(said, type=Narrative) if said else None,
                identity=msgspec.json.decode(who, type=Identity) if who else None,
            )
            for one, said, who in zip(
                rows, unseal(Purpose.NARRATIVE, words), unseal(Purpose.IDENTITY, wrote), strict=True
            )
        ]

    def _details(self, connection: sa.Connection, row: Any, opened: Sequence[_Message]) -> dict[str, str]:
        """What in a case's letters would tell who wrote, with the token that covers it; of a joined case, too."""
        known = [one.identity for one in opened]
        if row.joined_to:  # its messages are the other case's by now, its letters are not
            other = connection.execute(sa.select(cases).where(cases.c.id == row.joined_to)).one()
            known += [one.identity for one in self._messages(connection, other)]
        return _details(known)

    def _letters(self, connection: sa.Connection, row: Any, to: set[str] | None) -> list[GivenLetter]:
        """The letters of a case; with `to`, those to these addresses, and what was posted to whoever wrote."""
        query = sa.select(letters).where(letters.c.case_id == row.id, letters.c.sealed_letter.is_not(None))
        if to is not None:
            theirs = letters.c.purpose.startswith("acknowledgement") | letters.c.purpose.startswith("ask_the_sender")
            query = query.where(letters.c.recipient_digest.in_(to) | (theirs & (letters.c.channel == Channel.POST)))
        rows = connection.execute(query.order_by(letters.c.id)).all()
        sealed = [(row.vault_id, f"{LETTER_PLACE}:{one.token}", one.sealed_letter) for one in rows]
        opened = self._vault.unseal_many(Purpose.IDENTITY, sealed)
        found = [
            (one, msgspec.json.decode(clear, type=Letter)) for one, clear in zip(rows, opened, strict=True) if clear
        ]
        return [
            GivenLetter(
                created_at=one.created_at, state=LetterState(one.state), subject=letter.subject, text=letter.body
            )
            for one, letter in found
        ]

    def _notes(self, connection: sa.Connection, row: Any) -> tuple[str, ...]:
        rows = connection.execute(sa.select(notes).where(notes.c.case_id == row.id).order_by(notes.c.id)).all()
        sealed = [(row.vault_id, f"{NOTE_PLACE}:{one.token}", one.sealed_note) for one in rows]
        return tuple((clear or b"").decode() for clear in self._vault.unseal_many(Purpose.NARRATIVE, sealed))

    def _originals(self, connection: sa.Connection, row: Any) -> list[bytes]:
        query = (
            sa.select(messages.c.vault_id, raw_messages.c.sealed)
            .join(raw_messages, raw_messages.c.message_id == messages.c.id)
            .where(messages.c.case_id == row.id)
            .order_by(messages.c.received_at, messages.c.id)
        )
        sealed = [(one.vault_id, RAW_PLACE, one.sealed) for one in connection.execute(query)]
        return [clear for clear in self._vault.unseal_many(Purpose.IDENTITY, sealed) if clear is not None]

    def _export(self, purpose: str, given: Iterable[GivenCase], withheld: Iterable[Withheld]) -> Export:
        return Export(purpose=purpose, made_at=self._clock(), cases=tuple(given), withheld=tuple(withheld))

    def _audit(
        self, connection: sa.Connection, officer: Officer, act: str, given: Sequence[GivenCase], why: str
    ) -> None:
        now, who = self._clock(), officer.email
        if not given:
            audit.record(connection, at=now, actor=who, act=act, detail="nothing found")
        audit.record_each(
            connection, at=now, actor=who, act=act, references=[one.reference for one in given], detail=why
        )


class _LeavingOut:
    """Notes what is left out of one case."""

    def __init__(self, reference: str, choices: Choices, withheld: list[Withheld]) -> None:
        self._reference = reference
        self._choices = choices
        self._withheld = withheld

    def text(self, text: str, place: str) -> str:
        """The text without the words that are withheld besides; every token that stands in it is noted."""
        for number, (words, section) in enumerate(self._choices.words, 1):
            pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
            text, times = pattern.subn(f"[{CHOSEN} {number}]", text)
            self._note(place, f"{CHOSEN} {number}", (section,), times)
        for token in _TOKEN.finditer(text):
            if token[1] != CHOSEN:
                self.whole(place, token[1], token[0].strip("[]"))
        return text

    def whole(self, place: str, kind: str, what: str = "") -> None:
        """Notes that something of a kind is left out there."""
        self._note(place, what or kind, self._choices.sections.get(kind, WITHHELD_UNDER[kind]), 1)

    def letter(self, letter: GivenLetter, number: int, details: Mapping[str, str]) -> GivenLetter:
        """A letter with tokens in the place of what would tell whom it went to."""
        place = f"letter {number}"
        text = self.text(_covered(letter.text, details), place)
        subject = self.text(_covered(letter.subject, details), f"{place}, subject")
        return GivenLetter(created_at=letter.created_at, state=letter.state, subject=subject, text=text)

    def _note(self, place: str, what: str, sections: tuple[str, ...], times: int) -> None:
        one = Withheld(reference=self._reference, place=place, what=what, exemptions=sections)
        self._withheld += [one] * times


Change = Callable[[str], str]


def _same(text: str) -> str:
    return text


def _given(
    message: _Message, number: int, change: Change, leave_out: _LeavingOut | None, *, clear: bool = False
) -> GivenMessage:
    """A message with its texts changed, and what is left out of them noted."""
    narrative, identity = message.narrative, message.identity
    if narrative is None:
        return GivenMessage(received_at=message.received_at, subject="", text="[erased]", quoted="", attachments=())

    def shown(text: str, place: str) -> str:
        changed = change(text)
        return leave_out.text(changed, f"message {number}, {place}") if leave_out else changed

    return GivenMessage(
        received_at=message.received_at,
        subject=shown(narrative.subject, "subject"),
        text=shown(narrative.text, "text"),
        quoted=shown(narrative.quoted, "what it quotes"),
        attachments=tuple(
            (shown(one.name, f"file {at}, name"), shown(one.text or "", f"file {at}"))
            for at, one in enumerate(narrative.attachments, 1)
        ),
        sender=f"{identity.sender.name} <{identity.sender.address}>".strip() if identity and clear else None,
    )


def _own(message: _Message) -> Change:
    """Puts back what is the sender's own, and covers the names of others."""
    identity, people = message.identity, _hides_people(message)
    if identity is None:
        return people
    own = {who.address.lower() for who in (identity.sender, identity.reply_to) if who and who.address}
    text = message.narrative.text if message.narrative else ""
    signed = text.rpartition(f"\n[{SENDER} ")[2] if f"\n[{SENDER} " in text else ""

    def is_own(token: str, detail: str) -> bool:
        kind = token[1:].rpartition(" ")[0]
        beneath = kind == PHONE and (token in signed or detail in identity.signature)
        return kind in (SENDER, POSTAL) or (kind == "email" and detail.lower() in own) or beneath

    back = {token: detail for token, detail in identity.tokens.items() if is_own(token, detail)}
    return lambda text: _put_back(people(text), back)


def _told(message: _Message) -> Change:
    tokens = message.identity.tokens if message.identity else {}
    return lambda text: _put_back(text, tokens)


def _hides_people(message: _Message) -> Change:
    """Covers the people that the machine picked out of a message, the sender's tokens aside."""
    named = message.narrative.assessment.people if message.narrative else ()
    people = [one for one in dict.fromkeys(named) if not one.startswith("[")]
    details = {one: f"[{PERSON} {number}]" for number, one in enumerate(people, 1)}
    return lambda text: _covered(text, details)


def _put_back(text: str, tokens: Mapping[str, str]) -> str:
    for token, detail in tokens.items():
        text = text.replace(token, detail)
    return text


def _covered(text: str, details: Mapping[str, str]) -> str:
    """The text with its token for each detail, the longest first."""
    for detail, token in sorted(details.items(), key=lambda one: -len(one[0])):
        words = r"\s+".join(map(re.escape, detail.split()))
        if words:
            text = re.sub(rf"(?<!\w){words}(?!\w)", token, text, flags=re.IGNORECASE)
    return text


def _details(known: Iterable[Identity | None]) -> dict[str, str]:
    """The token that covers each detail which would tell who wrote: each message numbers its tokens from 1."""
    found: dict[str, str] = {}
    for identity in filter(None, known):
        for token, detail in identity.tokens.items():
            found.setdefault(detail, token)
        for kind, told in ((SENDER, identity.sender.name), (EMAIL, identity.sender.address)):
            if told:
                found.setdefault(told, f"[{kind} 1]")
    return found


def _outline(connection: sa.Connection, row: Any) -> GivenCase:
    """What stands of a case in clear: how it was judged, and what was decided; no member of staff."""
    judged = [(name, str(getattr(row, name))) for name in ("kind", "remit", "service_type", "confidentiality")]
    judged += [("situation", situation) for situation in Situation if getattr(row, situation)]
    judged += [(name, value) for name in ("local_authority", "urn") if (value := getattr(row, name))]
    query = sa.select(actions.c.decided_at, actions.c.kind, actions.c.state).where(actions.c.case_id == row.id)
    decided = [(one.decided_at, one.kind, one.state) for one in connection.execute(query.order_by(actions.c.id))]
    return GivenCase(
        reference=row.reference,
        received_at=row.received_at,
        state=row.state,
        judged=tuple(judged),
        decided=tuple(decided),
    )
