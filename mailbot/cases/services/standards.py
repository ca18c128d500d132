"""Regulations and standards that a case is weighed against (P14): the list by kind of service, and what was found.

The list is `models/standards.toml`. A later finding on the same regulation stands; those before it are kept.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, case_for
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import case_standards, cases
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.written import of_case, of_service, words_of
from mailbot.clock import Clock
from mailbot.domain import Finding, ServiceType
from mailbot.errors import ArtefactRefused, NotAllowed

FILE = "standards.toml"
WORDS_PLACE = "case_standards.sealed_words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A regulation or standard: `source` is what it stands in, `checked` whether number and title were compared there.

    `code` is how the record names it, such as ``childrens-homes-2015/12``.
    """

    code: str
    label: str
    source: str
    address: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What an officer found when they weighed a case against one. `stands` is False where a later finding does."""

    id: int
    reference: str
    restricted: bool
    standard: Standard
    finding: Finding
    words: str
    weighed_by: str
    weighed_at: datetime
    stands: bool


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    title: str
    checked: bool | None = None


class _Source(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    title: str
    address: str
    unit: str
    checked: bool
    service_types: list[ServiceType]
    entries: list[_Entry]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    source: list[_Source]


class StandardBook:
    """The list, by kind of service."""

    def __init__(self, by_service: Mapping[ServiceType, Sequence[Standard]]) -> None:
        self._by_service = by_service
        self._by_code = {one.code: one for listed in by_service.values() for one in listed}

    @classmethod
    def load(cls, models: Path) -> StandardBook:
        """The book in the folder `models`; raises `ArtefactRefused` where it is missing or not well formed."""
        try:
            found = msgspec.convert(tomllib.loads((models / FILE).read_text(encoding="utf-8")), _File)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ArtefactRefused(f"{models / FILE}: {error}. Put the file back that comes with mailbot") from None
        by_service: dict[ServiceType, list[Standard]] = {}
        for source in found.source:
            for kind in source.service_types:
                by_service.setdefault(kind, []).extend(_standard(source, entry) for entry in source.entries)
        return cls(by_service)

    def of(self, service: ServiceType) -> Sequence[Standard]:
        """What a service of that kind is weighed against, in the order of the file; nothing where none is listed."""
        return self._by_service.get(service, ())

    def named(self, code: str) -> Standard:
        """The standard of that code; one that is listed no longer is named by its code."""
        return self._by_code.get(code) or Standard(code=code, label=code, source="", address="", checked=False)


class Weighings:
    """The findings of an installation, each for those who may see its case."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, book: StandardBook) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self.book = book

    def weigh(self, reference: str, officer: Officer, code: str, finding: Finding, words: str) -> None:
        """Keeps a finding on a regulation or standard of the case's kind of service. Audited, without the words."""
        text, token, now = words_of(words, "Say why,"), secrets.token_hex(16), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            if code not in (one.code for one in self.book.of(ServiceType(case.service_type))):
                raise NotAllowed("Choose a regulation or standard for this kind of service")
            sealed = self._vault.seal(case.vault_id, Purpose.NARRATIVE, f"{WORDS_PLACE}:{token}", text.encode())
            connection.execute(
                sa.insert(case_standards).values(
                    token=token,
                    case_id=case.id,
                    vault_id=case.vault_id,
                    standard=code,
                    finding=finding,
                    weighed_by=officer.email,
                    weighed_at=now,
                    sealed_words=sealed,
                )
            )
            detail = f"{code}: {finding}"
            audit.record(
                connection, at=now, actor=officer.email, act="standard weighed", reference=reference, detail=detail
            )

    def of_case(self, reference: str, officer: Officer) -> Sequence[Weighed]:
        """The findings on a case that `officer` may see, oldest first."""
        return self._opened(of_case(self._engine, _query(), reference, officer))

    def of_service(self, urn: str, officer: Officer) -> Sequence[Weighed]:
        """Those on every case about that service that `officer` may see, oldest first; reading them is audited.

        What `officer` may do with services is for the caller to ask.
        """
        rows = of_service(self._writing, _query(), urn, officer, at=self._clock(), act="standards weighed read")
        return self._opened(rows)

    def _opened(self, rows: Sequence[Any]) -> Sequence[Weighed]:
        """The findings of these rows, with one look into the key store; not those whose keys are gone."""
        sealed = [(row.vault_id, f"{WORDS_PLACE}:{row.token}", row.sealed_words) for row in rows]
        texts = self._vault.unseal_many(Purpose.NARRATIVE, sealed)
        newest = {(row.case_id, row.standard): row.id for row in rows}
        return [
            Weighed(
                id=row.id,
                reference=row.reference,
                restricted=row.restricted,
                standard=self.book.named(row.standard),
                finding=Finding(row.finding),
                words=words.decode(),
                weighed_by=row.weighed_by,
                weighed_at=row.weighed_at,
                stands=newest[row.case_id, row.standard] == row.id,
            )
            for row, words in zip(rows, texts, strict=True)
            if words is not None
        ]


def _standard(source: _Source, entry: _Entry) -> Standard:
    return Standard(
        code=f"{source.key}/{entry.number}",
        label=f"{source.unit} {entry.number}: {entry.title}",
        source=source.title,
        address=source.address,
        checked=source.checked if entry.checked is None else entry.checked,
    )


def _query() -> sa.Select[Any]:
    return (
        sa.select(case_standards, cases.c.reference, cases.c.restricted)
        .join(cases, cases.c.id == case_standards.c.case_id)
        .order_by(case_standards.c.id)
    )
