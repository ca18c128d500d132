"""The regulator's register of services as it was imported last. Published facts: nothing here is sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import services
from mailbot.clock import Clock
from mailbot.domain import RegisteredService, ServiceType

PAGE = 25
MOST_WORDS = 8

_FIELDS = [field.name for field in dataclasses.fields(RegisteredService)]
_SEARCHED = [services.c[name] for name in ("urn", "name", "town", "authority", "postcode", "provider")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the services that were searched for, and how many there are in all."""

    services: tuple[RegisteredService, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an import changed, each as the lines an administrator reads; `same` counts what stayed as it was.

    `reopened` are those of `changed` that were closed before and are listed as open again.
    """

    new: tuple[RegisteredService, ...]
    changed: tuple[tuple[RegisteredService, RegisteredService], ...]
    closed: tuple[RegisteredService, ...]
    reopened: tuple[RegisteredService, ...]
    same: int


class Services:
    """The register in the database. `listed` is asked for every batch of mail, so that it is read once an import."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock
        self._read: tuple[datetime | None, tuple[RegisteredService, ...]] = (None, ())

    def listed(self) -> tuple[RegisteredService, ...]:
        """Every service, closed ones too; the very same tuple until the next import."""
        with storage_errors(), self._engine.connect() as connection:
            imported_at = connection.execute(sa.select(sa.func.max(services.c.imported_at))).scalar_one()
            if imported_at != self._read[0]:
                rows = connection.execute(sa.select(services).order_by(services.c.urn))
                self._read = (imported_at, tuple(map(_service, rows)))
        return self._read[1]

    def one(self, urn: str) -> RegisteredService | None:
        """The service with that number, open or closed; None where the register has none."""
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(sa.select(services).where(services.c.urn == urn)).one_or_none()
        return _service(row) if row else None

    def found(self, words: str, number: int = 1) -> Found:
        """The `number`-th page of the services in whose number, name, place or provider each of the words stands."""
        query = sa.select(services, sa.func.count().over().label("total"))
        for word in words.split()[:MOST_WORDS]:
            query = query.where(sa.or_(*(column.icontains(word, autoescape=True) for column in _SEARCHED)))
        whole = words.strip()
        first = sa.case(
            (services.c.urn == whole.upper(), 0), (services.c.name.istartswith(whole, autoescape=True), 1), else_=2
        )
        query = query.order_by(first, services.c.active.desc(), services.c.name, services.c.urn)
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(query.limit(PAGE).offset((number - 1) * PAGE)).all()
        return Found(services=tuple(map(_service, rows)), total=rows[0].total if rows else 0)

    def replace(self, register: Collection[RegisteredService], actor: str) -> Changes:
        """Makes `register` the one that counts, all of it or nothing. A service that it leaves out stays, as closed."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            known = {row.urn: _service(row) for row in connection.execute(sa.select(services))}
            changes = _changes(known, register)
            closed = [dataclasses.replace(one, active=False) for one in changes.closed]
            if altered := [{**_values(one), "key": one.urn} for one in (*(new for _, new in changes.changed), *closed)]:
                connection.execute(sa.update(services).where(services.c.urn == sa.bindparam("key")), altered)
            if changes.new:
                connection.execute(sa.insert(services), [{**_values(one), "imported_at": now} for one in changes.new])
            connection.execute(sa.update(services).values(imported_at=now))
            detail = f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.closed)} closed"
            detail += f", {len(changes.reopened)} open again"
            audit.record(connection, at=now, actor=actor, act="register imported", detail=detail)
        return changes


def differences(old: RegisteredService, new: RegisteredService) -> list[str]:
    """The fields in which two entries differ, each as it was and is."""
    return [
        f"{name} {getattr(old, name)} → {getattr(new, name)}"
        for name in _FIELDS
        if getattr(old, name) != getattr(new, name)
    ]


def _changes(known: dict[str, RegisteredService], register: Iterable[RegisteredService]) -> Changes:
    listed = {one.urn: one for one in register}
    changed = [(known[urn], one) for urn, one in listed.items() if urn in known and known[urn] != one]
    return Changes(
        new=tuple(one for urn, one in listed.items() if urn not in known),
        changed=tuple(changed),
        closed=tuple(one for urn, one in known.items() if urn not in listed and one.active),
        reopened=tuple(new for old, new in changed if new.active and not old.active),
        same=sum(known.get(urn) == one for urn, one in listed.items()),
    )


def _values(service: RegisteredService) -> dict[str, object]:
    return {name: getattr(service, name) for name in _FIELDS}


def _service(row: sa.Row[tuple[object, ...]]) -> RegisteredService:
    told = {name: row._mapping[name] for name in _FIELDS}
    return RegisteredService(**{**told, "service_type": ServiceType(told["service_type"])})
