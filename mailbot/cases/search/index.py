"""The index of the search: for each case the stems of its words, each as a keyed hash, and who wrote as a keyed hash.

What is found is what officers may read of a case: the masked narrative of its messages, the text and names of their
attachments, and its notes. Who wrote is masked in them and in no index of words; what an officer writes in a note is
found as they wrote it. Senders have hashes of their own in another table.

**What somebody learns who holds the database without the keys.** Nothing readable: a hash is 64 bits of BLAKE2b under
the key for look-ups. But equal words have equal hashes, so that they see how many different words a case has, which
cases share words, and how common each word is. With a text that is much like the messages they can guess the commonest
words from that, and from those something of what a case is about; whoever can also send in messages of their own and
see the database can find the hash of any word. They see which cases the same sender wrote. The order of words is not
kept, nor how often one stands in a case, nor words that stand in every text; hence phrases are checked on the decrypted
text. What is gone from a case's document is gone from the database's own index once that is built anew (`tidy`).

A case's document is a row of `search_documents`: its hashes in order, as text. On PostgreSQL a GIN index lies over it;
on SQLite triggers keep an FTS5 index of it, which stores no text and no positions. FTS5 must be given the old text to
take a document out, which is why the documents are kept.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import sqlalchemy as sa

from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    NOTE_PLACE,
    Identity,
    Narrative,
)
from mailbot.cases.schema import cases, follow_ups, notes, search_documents, senders
from mailbot.cases.sealing.vault import Keyring, Purpose, Vault
from mailbot.cases.search.words import WORDS_REMEMBERED, stems, words

HASH_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A text of a case that is searched, and where it stands, as officers say it ('' for the message itself)."""

    where: str
    text: str


class SearchIndex:
    """Writes the index within the transaction of whoever writes the case."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def add_case(self, case_id: int, reference: str, narrative: Narrative, identity: Identity) -> None:
        """Enters a new case, of which nothing is kept yet: it is found by its reference, too."""
        tokens = self._document([reference, *_texts(narrative)])
        self._connection.execute(sa.insert(search_documents), {"case_id": case_id, "tokens": tokens})
        wrote = sorted(_known_by(self._vault.keyring, identity))
        if wrote:
            self._connection.execute(sa.insert(senders), [{"case_id": case_id, "digest": digest} for digest in wrote])

    def add_message(self, case_id: int, narrative: Narrative, identity: Identity) -> None:
        """Enters one more message of a case."""
        self._add(case_id, _texts(narrative))
        self._add_senders({(case_id, digest) for digest in _known_by(self._vault.keyring, identity)})

    def add_note(self, case_id: int, text: str) -> None:
        """Enters a note of a case."""
        self._add(case_id, [text])

    def rewrite(self, case_ids: Collection[int]) -> None:
        """Writes what is kept of these cases anew from their sealed parts; what is erased leaves the index."""
        found = parts_of(self._connection, self._vault, case_ids)
        names = sa.select(cases.c.id, cases.c.reference).where(cases.c.id.in_(case_ids), cases.c.joined_to.is_(None))
        references = {row.id: row.reference for row in self._connection.execute(names)}
        wrote = self._senders_of(case_ids)
        for table in (search_documents, senders):
            self._connection.execute(sa.delete(table).where(table.c.case_id.in_(case_ids)))
        rows = [
            {"case_id": case_id, "tokens": self._document([references.get(case_id, ""), *[one.text for one in parts]])}
            for case_id, parts in found.items()
        ]
        if rows:
            self._connection.execute(sa.insert(search_documents), rows)
        self._add_senders(wrote)

    def tidy(self) -> None:
        """Builds SQLite's own index anew, so that nothing is left in it of documents that are gone; needs no key."""
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('rebuild')")

    def _add(self, case_id: int, texts: Iterable[str]) -> None:
        mine = search_documents.c.case_id == case_id
        old = self._connection.execute(sa.select(search_documents.c.tokens).where(mine).with_for_update()).scalar()
        tokens = self._document(texts, (old or "").split())
        if old is None:
            self._connection.execute(sa.insert(search_documents).values(case_id=case_id, tokens=tokens))
        elif tokens != old:
            self._connection.execute(sa.update(search_documents).where(mine).values(tokens=tokens))

    def _document(self, texts: Iterable[str], known: Iterable[str] = ()) -> str:
        found = {token for text in texts for token in tokens_of(self._vault.keyring, stems(text))}
        return " ".join(sorted(found.union(known)))

    def _add_senders(self, wrote: Collection[tuple[int, str]]) -> None:
        query = sa.select(senders).where(senders.c.case_id.in_({case_id for case_id, _ in wrote}))
        known = {(row.case_id, row.digest) for row in self._connection.execute(query)}
        new = [{"case_id": case_id, "digest": digest} for case_id, digest in sorted(set(wrote) - known)]
        if new:
            self._connection.execute(sa.insert(senders), new)

    def _senders_of(self, case_ids: Collection[int]) -> set[tuple[int, str]]:
        sealed = _sealed_messages(self._connection, case_ids, "sealed_identity", IDENTITY_PLACE)
        opened = self._vault.unseal_many(Purpose.IDENTITY, [(one.vault_id, one.place, one.sealed) for one in sealed])
        return {
            (one.case_id, digest)
            for one, clear in zip(sealed, opened, strict=True)
            if clear is not None
            for digest in _known_by(self._vault.keyring, msgspec.json.decode(clear, type=Identity))
        }


def tokens_of(keyring: Keyring, found: Iterable[str]) -> list[str]:
    """The keyed hash of each stem; another one than any digest of the record, whatever is hashed there."""
    return [_hash(keyring, b"search words", one, HASH_BYTES) for one in found]


def names_somebody(sender: str) -> bool:
    """Whether that is what senders are looked up by: a mail address, or a name of two words or more."""
    local, at, domain = sender.strip().rpartition("@")
    return bool(local and domain) if at else len(list(words(sender))) > 1


def sender_digest(keyring: Keyring, sender: str) -> str:
    """What stands for a sender's address or full name, however it is written."""
    plain = sender.strip().lower() if "@" in sender else " ".join(one.folded for one in words(sender))
    return _hash(keyring, b"search senders", plain, 20)


def parts_of(connection: sa.Connection, vault: Vault, case_ids: Collection[int]) -> dict[int, list[Part]]:
    """Everything of these cases that is searched, decrypted, in as many queries whatever their number.

    The messages of a case that was joined to another are that one's. What is erased is left out.
    """
    messages = _sealed_messages(connection, case_ids, "sealed_narrative", NARRATIVE_PLACE)
    noted = [
        _Sealed(case_id=row.case_id, vault_id=row.vault_id, place=f"{NOTE_PLACE}:{row.token}", sealed=row.sealed_note)
        for row in connection.execute(
            sa.select(notes, cases.c.vault_id)
            .join(cases, cases.c.id == notes.c.case_id)
            .where(notes.c.case_id.in_(case_ids))
            .order_by(notes.c.id)
        )
    ]
    sealed = [*messages, *noted]
    opened = vault.unseal_many(Purpose.NARRATIVE, [(one.vault_id, one.place, one.sealed) for one in sealed])
    found: dict[int, list[Part]] = {}
    for one, clear in zip(sealed, opened, strict=True):
        if clear is None:
            continue
        parts = found.setdefault(one.case_id, [])
        if one.place.startswith(NOTE_PLACE):
            parts.append(Part(where="a note", text=clear.decode()))
        else:
            parts += _parts(msgspec.json.decode(clear, type=Narrative), later=one.place == FOLLOW_UP_NARRATIVE_PLACE)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    case_id: int
    vault_id: str
    place: str
    sealed: bytes


def _sealed_messages(
    connection: sa.Connection, case_ids: Collection[int], column: str, first_place: str
) -> Sequence[_Sealed]:
    """The narratives or identities of cases: the first message's, unless it is another case's now, and later ones'."""
    later_place = {NARRATIVE_PLACE: FOLLOW_UP_NARRATIVE_PLACE, IDENTITY_PLACE: FOLLOW_UP_IDENTITY_PLACE}[first_place]
    first = sa.select(cases.c.id, cases.c.vault_id, cases.c[column].label("sealed")).where(
        cases.c.id.in_(case_ids), cases.c.joined_to.is_(None)
    )
    later = (
        sa.select(follow_ups.c.case_id, follow_ups.c.vault_id, follow_ups.c[column].label("sealed"))
        .where(follow_ups.c.case_id.in_(case_ids))
        .order_by(follow_ups.c.received_at, follow_ups.c.message_id)
    )
    return [
        *(
            _Sealed(case_id=row.id, vault_id=row.vault_id, place=first_place, sealed=row.sealed)
            for row in connection.execute(first.order_by(cases.c.id))
        ),
        *(
            _Sealed(case_id=row.case_id, vault_id=row.vault_id, place=later_place, sealed=row.sealed)
            for row in connection.execute(later)
        ),
    ]


def _parts(narrative: Narrative, *, later: bool) -> Iterator[Part]:
    message = "a later message" if later else ""
    yield Part(where=message, text=narrative.text)
    yield Part(where=f"the subject of {message}" if later else "the subject", text=narrative.subject)
    yield Part(where=f"what {message} quotes" if later else "what it quotes", text=narrative.quoted)
    for attachment in narrative.attachments:
        yield Part(where=f"the attachment {attachment.name}", text=attachment.text or "")
        yield Part(where="an attachment's name", text=attachment.name)


def _texts(narrative: Narrative) -> list[str]:
    return [part.text for part in _parts(narrative, later=False)]


def _known_by(keyring: Keyring, identity: Identity) -> set[str]:
    """Digests of the addresses that somebody wrote from or wants answers at, and of the full names with them."""
    writers = [identity.sender, identity.reply_to]
    known = {told for one in writers if one for told in (one.address, one.name)}
    return {sender_digest(keyring, one) for one in known if names_somebody(one)}


def _hash(keyring: Keyring, label: bytes, text: str, size: int) -> str:
    return _hashed(keyring.lookup, label, text, size)


@lru_cache(WORDS_REMEMBERED)
def _hashed(key: bytes, label: bytes, text: str, size: int) -> str:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=size, key=key, person=label)
    return base64.b32encode(digest.digest()).decode("ascii").rstrip("=").lower()
