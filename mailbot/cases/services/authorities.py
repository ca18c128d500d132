"""Whom to tell in each local authority, as it was imported last. Published facts: nothing here is sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import authorities
from mailbot.clock import Clock
from mailbot.domain import AuthorityContact

_FIELDS = [field.name for field in dataclasses.fields(AuthorityContact)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanges:
    """What an import changed, by the authorities' names."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    same: int


class Authorities:
    """The authorities' contact points. Samples count only where `samples_count`, which is the demonstration's."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, samples_count: bool = False) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock
        self._samples_count = samples_count

    def contact(self, authority: str) -> AuthorityContact:
        """Whom to tell there; one of which nothing is known but its name, where nothing is."""
        query = sa.select(authorities).where(authorities.c.authority == authority)
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or (row.sample and not self._samples_count):
            return AuthorityContact(authority=authority)
        return _contact(row)

    def known(self) -> frozenset[str]:
        """The authorities of which a contact point that counts is known."""
        query = sa.select(authorities.c.authority)
        if not self._samples_count:
            query = query.where(authorities.c.sample.is_(False))
        with storage_errors(), self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def replace(self, contacts: Collection[AuthorityContact], actor: str) -> ContactChanges:
        """Makes `contacts` those that count, all of them or nothing; one that is left out is known no more."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            known = {row.authority: _contact(row) for row in connection.execute(sa.select(authorities))}
            changes = _changes(known, contacts)
            connection.execute(sa.delete(authorities))
            values = [{**{name: getattr(one, name) for name in _FIELDS}, "imported_at": now} for one in contacts]
            if values:
                connection.execute(sa.insert(authorities), values)
            detail = f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.gone)} gone"
            audit.record(connection, at=now, actor=actor, act="authorities imported", detail=detail)
        return changes


def _changes(known: dict[str, AuthorityContact], contacts: Collection[AuthorityContact]) -> ContactChanges:
    listed = {one.authority: one for one in contacts}
    return ContactChanges(
        new=tuple(name for name in listed if name not in known),
        changed=tuple(name for name, one in listed.items() if name in known and known[name] != one),
        gone=tuple(name for name in known if name not in listed),
        same=sum(known.get(name) == one for name, one in listed.items()),
    )


def _contact(row: sa.Row[tuple[object, ...]]) -> AuthorityContact:
    return AuthorityContact(**{name: row._mapping[name] for name in _FIELDS})
