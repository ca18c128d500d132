"""Finding cases by the words in them, and by who wrote them.

Words are found in the index (`mailbot.cases.search.index`); what the officer may not know of is left out there, in the
query itself, before anything is decrypted. Only the cases of the page that is shown are decrypted, for a few words
around what was found, and each is audited as seen. Phrases are checked on the decrypted text, of the newest
`LOOKED_THROUGH` cases that have all their words. What was searched for is kept nowhere.

A sender is looked up by the exact address or the full name they wrote under, by the identity role alone, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import cases, search_documents, senders
from mailbot.cases.sealing.vault import Vault
from mailbot.cases.search.index import Part, SearchIndex, names_somebody, parts_of, sender_digest, tokens_of
from mailbot.cases.search.words import Query, Word, parsed, spoken, words
from mailbot.clock import Clock
from mailbot.domain import CaseState
from mailbot.errors import NotAllowed

PAGE = 20
COUNTED = 1000
"""How many cases are counted; of words that more cases have, nobody reads as many."""

LOOKED_THROUGH = 200
"""How many cases are decrypted at most to check a phrase."""

REBUILT_AT_ONCE = 100
BEFORE, AFTER = 80, 160
"""How many characters are shown around what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A few words of a case, identity masked; `pieces` are its text, each with whether it was asked for."""

    where: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A case that was found. `excerpt` is None where a sender was looked up, or nothing of it can be read any more."""

    reference: str
    priority: int
    received_at: datetime
    restricted: bool
    state: CaseState
    excerpt: Excerpt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was found, newest first, of `total` cases; `more` says that there are others beyond those.

    `cut_short` says that a phrase was looked for in the newest `LOOKED_THROUGH` cases with its words alone.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    more: bool = False
    cut_short: bool = False


class Search:
    """Looks for cases on behalf of an officer."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def find(self, officer: Officer, text: str, page: int = 1) -> Found:
        """The cases with every word and phrase of `text` that `officer` may see, newest first; audited.

        Nothing where `text` comes to no word that is searched for (`parsed(text).stems` is empty).
        """
        demand(officer, Permission.READ_CASES)
        query = parsed(text)
        if not query.stems:
            return Found()
        with storage_errors(), self._engine.connect() as connection:
            look = self._with_phrases if query.phrases else self._with_words
            found = look(connection, query, officer, page)
        detail = f"{len(query.stems)} words, {'more than ' * found.more}{found.total} cases, page {page}"
        self._audit(officer, "searched", detail, "seen in a search", "", found.hits)
        return found

    def find_sender(self, officer: Officer, sender: str, reason: str) -> tuple[Hit, ...]:
        """The cases that somebody wrote from exactly this address, or under this full name; newest first.

        Audited with the `reason`, which stays readable; raises `NotAllowed` without one or without a sender.
        """
        demand(officer, Permission.LOOK_UP_SENDERS)
        if not names_somebody(sender):
            raise NotAllowed("Give the whole email address, or the full name")
        if not reason.strip():
            raise NotAllowed("Say why you look this sender up")
        digest = sender_digest(self._vault.keyring, sender)
        wrote = cases.c.id.in_(sa.select(senders.c.case_id).where(senders.c.digest == digest))
        with storage_errors(), self._engine.connect() as connection:
            hits = tuple(_hit(row) for row in connection.execute(_newest_first(officer).where(wrote)))
        self._audit(officer, "sender looked up", reason.strip(), "found by its sender", reason.strip(), hits)
        return hits

    def rebuild(self) -> Iterator[tuple[int, int]]:
        """Writes the whole index anew, in batches; after each says how many cases are done, and of how many.

        Messages are taken in meanwhile. A case whose keys are gone is found no more.
        """
        with storage_errors(), self._engine.connect() as connection:
            case_ids = list(connection.execute(sa.select(cases.c.id).order_by(cases.c.id)).scalars())
        for at in range(0, len(case_ids), REBUILT_AT_ONCE):
            batch = case_ids[at : at + REBUILT_AT_ONCE]
            with storage_errors(), self._writing.begin() as connection:
                connection.execute(sa.select(cases.c.id).where(cases.c.id.in_(batch)).with_for_update())
                SearchIndex(connection, self._vault).rewrite(batch)
            yield at + len(batch), len(case_ids)
        with storage_errors(), self._writing.begin() as connection:
            SearchIndex(connection, self._vault).tidy()
            act, detail = "search index rebuilt", f"{len(case_ids)} cases"
            audit.record(connection, at=self._clock(), actor=audit.COMMAND_LINE, act=act, detail=detail)

    def missing(self) -> int:
        """How many cases nobody can find, since they were filed before there was an index."""
        query = (
            sa.select(sa.func.count())
            .select_from(cases.outerjoin(search_documents, search_documents.c.case_id == cases.c.id))
            .where(cases.c.joined_to.is_(None), search_documents.c.case_id.is_(None), cases.c.sealed_narrative != b"")
        )
        with storage_errors(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def _with_words(self, connection: sa.Connection, query: Query, officer: Officer, page: int) -> Found:
        counted = max(COUNTED, page * PAGE)
        having = self._having(connection, query)
        rows = connection.execute(_newest_first(officer).where(having).limit(counted + 1)).all()
        shown = _of_page(rows[:counted], page)
        parts = parts_of(connection, self._vault, [row.id for row in shown])
        hits = tuple(_hit(row, parts.get(row.id, []), query) for row in shown)
        return Found(hits=hits, total=min(len(rows), counted), more=len(rows) > counted)

    def _with_phrases(self, connection: sa.Connection, query: Query, officer: Officer, page: int) -> Found:
        having = self._having(connection, query)
        rows = connection.execute(_newest_first(officer).where(having).limit(LOOKED_THROUGH + 1)).all()
        parts = parts_of(connection, self._vault, [row.id for row in rows[:LOOKED_THROUGH]])
        saying = [row for row in rows[:LOOKED_THROUGH] if _says(parts.get(row.id, []), query)]
        hits = tuple(_hit(row, parts[row.id], query) for row in _of_page(saying, page))
        return Found(hits=hits, total=len(saying), cut_short=len(rows) > LOOKED_THROUGH)

    def _having(self, connection: sa.Connection, query: Query) -> sa.ColumnElement[bool]:
        """That a case's document has every one of the query's hashes."""
        tokens = tokens_of(self._vault.keyring, query.stems)
        if connection.dialect.name == "postgresql":
            all_of = sa.text("string_to_array(tokens, ' ') @> :tokens").bindparams(tokens=tokens)
            return cases.c.id.in_(sa.select(search_documents.c.case_id).where(all_of))
        index = sa.table("search_index", sa.column("rowid", sa.Integer))
        those = sa.select(index.c.rowid).where(sa.column("search_index").op("MATCH")(" ".join(tokens)))
        few = connection.execute(those.limit(COUNTED + 1)).scalars().all()
        if len(few) <= COUNTED:
            return cases.c.id.in_(few)
        # with the plus SQLite goes through the cases from the newest on, and is done soon: many have the words
        return sa.literal_column("+cases.id", sa.Integer).in_(those)

    def _audit(self, officer: Officer, act: str, detail: str, each: str, why: str, hits: Sequence[Hit]) -> None:
        """That it was asked, and each case that is shown for it, before it is shown."""
        now, references = self._clock(), [hit.reference for hit in hits]
        with storage_errors(), self._writing.begin() as connection:
            audit.record(connection, at=now, actor=officer.email, act=act, detail=detail)
            audit.record_each(connection, at=now, actor=officer.email, act=each, references=references, detail=why)


def _newest_first(officer: Officer) -> sa.Select[Any]:
    shown = [cases.c[name] for name in ("id", "reference", "priority", "received_at", "restricted", "state")]
    return visible(sa.select(*shown), officer).order_by(cases.c.received_at.desc(), cases.c.id.desc())


def _hit(row: Any, parts: Sequence[Part] = (), query: Query | None = None) -> Hit:
    return Hit(
        reference=row.reference,
        priority=row.priority,
        received_at=row.received_at,
        restricted=row.restricted,
        state=CaseState(row.state),
        excerpt=_excerpt(parts, query) if parts and query else None,
    )


def _of_page(rows: Sequence[sa.Row[Any]], page: int) -> Sequence[sa.Row[Any]]:
    return rows[(page - 1) * PAGE : page * PAGE]


def _says(parts: Sequence[Part], query: Query) -> bool:
    """Whether each phrase stands in one of the texts, word for word."""
    texts = [spoken(part.text) for part in parts]
    return all(any(f" {' '.join(phrase)} " in text for text in texts) for phrase in query.phrases)


def _places(text: Sequence[Word], phrase: Sequence[str]) -> Iterator[Word]:
    """The first word of the phrase, wherever it stands in the text."""
    for at, word in enumerate(text[: len(text) - len(phrase) + 1]):
        if word.folded == phrase[0] and [one.folded for one in text[at : at + len(phrase)]] == list(phrase):
            yield word


def _excerpt(parts: Sequence[Part], query: Query) -> Excerpt:
    """The first place where a phrase, or else a word, of the query stands; where none does, how the case begins."""
    phrases = (
        (part, word) for phrase in query.phrases for part in parts for word in _places(list(words(part.text)), phrase)
    )
    single = ((part, word) for part in parts for word in words(part.text) if query.asks_for(word))
    part, word = next(chain(phrases, single), (parts[0], Word("", 0, 0)))
    start, end = _window(part.text, word)
    shown = part.text[start:end]
    pieces, at = [("… " if start else "", False)], 0
    for one in words(shown):
        if query.asks_for(one):
            pieces += [(shown[at : one.start], False), (shown[one.start : one.end], True)]
            at = one.end
    pieces.append((shown[at:] + (" …" if end < len(part.text) else ""), False))
    return Excerpt(where=part.where, pieces=tuple(piece for piece in pieces if piece[0]))


def _window(text: str, word: Word) -> tuple[int, int]:
    """Where the text around a word begins and ends, whole words and masked details if it can be."""
    start, end = max(word.start - BEFORE, 0), min(word.end + AFTER, len(text))
    if start:
        start = next((at + 1 for at in range(start, word.start) if text[at].isspace()), start)
        start = max(start, text.find("]", start, word.start) + 1) if _cuts(text, start) else start
    if end < len(text):
        end = next((at for at in range(end, word.end, -1) if text[at].isspace()), end)
        end = text.rfind("[", word.end, end) if _cuts(text, end) else end
    return start, end


def _cuts(text: str, at: int) -> bool:
    """Whether a masked detail stands on both sides of that place: half of it would read as words of the sender's."""
    opened = text.rfind("[", max(at - 24, 0), at)
    return opened >= 0 and "]" not in text[opened:at] and "]" in text[at : at + 24]
