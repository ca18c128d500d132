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

_FIELDS = [field.name for field in dataclasses.fields(RegisteredService)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an import changed, each as the lines an administrator reads; `same` counts what stayed as it was."""

    new: tuple[RegisteredService, ...]
    changed: tuple[tuple[RegisteredService, RegisteredService], ...]
    closed: tuple[RegisteredService, ...]
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

    def replace(self, register: Collection[RegisteredService], actor: str) -> Changes:
        """Makes `register` the one that counts, all of it or nothing. A service that it leaves out stays, as closed."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            known = {row.urn: _service(row) for row in connection.execute(sa.select(services))}
            changes = _changes(known, register)
            closed = [dataclasses.replace(one, active=False) for one in changes.closed]
            for one in [*(new for _, new in changes.changed), *closed]:
                connection.execute(sa.update(services).where(services.c.urn == one.urn).values(**_values(one)))
            if changes.new:
                connection.execute(sa.insert(services), [{**_values(one), "imported_at": now} for one in changes.new])
            connection.execute(sa.update(services).values(imported_at=now))
            detail = f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.closed)} closed"
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
        same=sum(known.get(urn) == one for urn, one in listed.items()),
    )


def _values(service: RegisteredService) -> dict[str, object]:
    return {name: getattr(service, name) for name in _FIELDS}


def _service(row: sa.Row[tuple[object, ...]]) -> RegisteredService:
    told = {name: row._mapping[name] for name in _FIELDS}
    return RegisteredService(**{**told, "service_type": ServiceType(told["service_type"])})
