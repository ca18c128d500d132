"""What is held for a service's next inspection, by theme, and what became of it (P13c to P13e).

An action that ends with an inspection holds its case for it from the day it is decided. An officer gives it a theme and
says in their own words what inspectors should know; both words and findings are sealed with the case's narrative.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.deciding import settle
from mailbot.cases.schema import actions, cases, held_items, inspections, service_inspectors, services
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.written import words_of
from mailbot.clock import Clock
from mailbot.domain import OUTLIVE_THE_CASE, ActionKind, ActionState, Situation
from mailbot.errors import NotAllowed

WORDS_PLACE = "held_items.sealed_words"
FOUND_PLACE = "held_items.sealed_found"
MOST_LETTERS = 4000
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """An action that holds a case for inspection. `theme` and `words` are '' until an officer has written them.

    `settled` is one that is done or was dropped; `found` is what the inspection found, '' where nothing was written.
    """

    action_id: int
    case_id: int
    reference: str
    restricted: bool
    received_at: datetime
    situations: tuple[Situation, ...]
    kind: ActionKind
    decided_at: datetime
    decided_by: str
    theme: str
    words: str
    settled: bool
    used_at: datetime | None
    used_by: str | None
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How much waits under a theme of a service, and since when; the name is '' where none is given yet."""

    name: str
    waiting: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A service for which something is held; `new` is what its inspector has not read yet."""

    urn: str
    name: str
    inspector: str | None
    waiting: int
    new: int
    latest_at: datetime


class Held:
    """What waits for inspections, for those who may see services; restricted cases only for those with the role."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def of_case(self, reference: str, officer: Officer) -> list[HeldItem]:
        """Everything that a case holds for an inspection or held for one, oldest first."""
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer, Permission.READ_CASES)
            rows = connection.execute(_items(officer).where(cases.c.id == case.id).order_by(actions.c.id)).all()
        return self._opened(rows)

    def of_service(self, urn: str, officer: Officer, act: str = "read what is held") -> list[HeldItem]:
        """All that waits for a service's next inspection, by theme; audited for each case, as its words are read."""
        demand(officer, Permission.SEE_SERVICES)
        query = _items(officer).where(cases.c.urn == urn, _WAITS)
        with storage_errors(), self._writing.begin() as connection:
            rows = connection.execute(query.order_by(held_items.c.theme, actions.c.decided_at, actions.c.id)).all()
            read = sorted({row.reference for row in rows})
            audit.record_each(connection, at=self._clock(), actor=officer.email, act=act, references=read, detail=urn)
        return self._opened(rows)

    def used_at(self, urn: str, officer: Officer) -> list[HeldItem]:
        """What was held for the service's last inspections and used there, newest first, without its words."""
        demand(officer, Permission.SEE_SERVICES)
        query = _items(officer).where(cases.c.urn == urn, held_items.c.used_at.is_not(None))
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(query.order_by(held_items.c.used_at.desc(), actions.c.id).limit(PAGE)).all()
        return [_item(row, "", "") for row in rows]

    def themes(self, urn: str, officer: Officer) -> list[Theme]:
        """How much waits for a service's next inspection, by theme."""
        demand(officer, Permission.SEE_SERVICES)
        theme = sa.func.coalesce(held_items.c.theme, "")
        oldest = sa.func.min(actions.c.decided_at).label("oldest_at")
        columns: list[Any] = [theme.label("name"), sa.func.count().label("waiting"), oldest]
        query = sa.select(*columns).select_from(_HELD).where(cases.c.urn == urn, _WAITS, _HOLDS)
        query = visible(query, officer).group_by(theme).order_by(theme)
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Theme(name=row.name, waiting=row.waiting, oldest_at=row.oldest_at) for row in rows]

    def waiting(self, officer: Officer, *, mine: bool, number: int = 1) -> tuple[list[Waiting], int]:
        """A page of the services for which something is held, what is new first, and how many there are.

        `mine` are those that `officer` inspects.
        """
        demand(officer, Permission.SEE_SERVICES)
        unread = sa.or_(service_inspectors.c.read_at.is_(None), actions.c.decided_at > service_inspectors.c.read_at)
        new = sa.func.sum(sa.case((unread, 1), else_=0)).label("new")
        latest = sa.func.max(actions.c.decided_at).label("latest_at")
        who = service_inspectors.c.inspector
        query = sa.select(cases.c.urn, services.c.name, who, sa.func.count().label("waiting"), new, latest)
        query = query.select_from(
            _HELD.outerjoin(services, services.c.urn == cases.c.urn).outerjoin(
                service_inspectors, service_inspectors.c.urn == cases.c.urn
            )
        ).where(_WAITS, _HOLDS, cases.c.urn.is_not(None))
        if mine:
            query = query.where(who == officer.email)
        found = visible(query, officer).group_by(cases.c.urn, services.c.name, who).subquery()
        page = sa.select(found, sa.func.count().over().label("services")).order_by(
            sa.case((found.c.new > 0, 0), else_=1), found.c.latest_at.desc(), found.c.urn
        )
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(page.limit(PAGE).offset((number - 1) * PAGE)).all()
        listed = [
            Waiting(
                urn=row.urn,
                name=row.name or row.urn,
                inspector=row.inspector,
                waiting=row.waiting,
                new=row.new,
                latest_at=row.latest_at,
            )
            for row in rows
        ]
        return listed, rows[0].services if rows else 0

    def adrift(self, officer: Officer) -> list[str]:
        """The references of cases that are held though nobody knows their service, oldest first: no inspector is told
        of them. At most a page.
        """
        demand(officer, Permission.READ_CASES)
        query = sa.select(cases.c.reference).select_from(_HELD).where(_WAITS, _HOLDS, cases.c.urn.is_(None))
        query = visible(query, officer).order_by(actions.c.decided_at, actions.c.id).limit(PAGE)
        with storage_errors(), self._engine.connect() as connection:
            return list(dict.fromkeys(connection.execute(query).scalars()))

    def keep(self, reference: str, officer: Officer, action_id: int, theme: str, words: str) -> None:
        """Gives what an action holds a theme and says what inspectors should know; audited. Later words replace it."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer, hold=True)
            row = connection.execute(_items(officer).where(actions.c.id == action_id, cases.c.id == case.id)).first()
            if row is None or row.state != ActionState.OPEN or row.used_at is not None:
                raise NotAllowed("Nothing on this case is held under that number, or an inspection has used it")
            token = row.token or secrets.token_hex(16)
            values = {
                "theme": theme,
                "written_by": officer.email,
                "written_at": now,
                "sealed_words": self._sealed(row.vault_id or case.vault_id, f"{WORDS_PLACE}:{token}", words),
            }
            mine = held_items.c.action_id == action_id
            if connection.execute(sa.update(held_items).where(mine).values(**values)).rowcount == 0:
                made = {"token": token, "action_id": action_id, "case_id": case.id, "vault_id": case.vault_id}
                connection.execute(sa.insert(held_items).values(**made, **values))
            audit.record(
                connection, at=now, actor=officer.email, act="held for inspection", reference=reference, detail=theme
            )

    def use(self, urn: str, officer: Officer, inspection_id: int, found: Mapping[int, str]) -> None:
        """Marks what was held, by the numbers of its actions, as used at an inspection, with what was found.

        Its actions are done with that, audited.
        """
        demand(officer, Permission.PLAN_INSPECTIONS)
        now = self._clock()
        held_on = sa.select(inspections.c.held_on).where(inspections.c.id == inspection_id, inspections.c.urn == urn)
        query = _items(officer).where(cases.c.urn == urn, _WAITS, actions.c.id.in_(list(found)))
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(held_on).scalar_one_or_none() is None:
                raise NotAllowed("That inspection is not one of this service, or has not been held yet")
            rows = connection.execute(query).all()
            if {row.action_id for row in rows} != set(found):
                raise NotAllowed("Some of it is not held for this service, or is used already")
            for row in rows:
                self._use(connection, row, officer, now, inspection_id, found[row.action_id])
            done = sa.select(actions).where(actions.c.id.in_([row.action_id for row in rows]))
            references = {row.action_id: row.reference for row in rows}
            for action in connection.execute(done).all():
                settle(
                    connection,
                    self._vault,
                    action,
                    references[action.id],
                    ActionState.DONE,
                    by=officer.email,
                    now=now,
                    outcome="Used at an inspection",
                )

    def _use(
        self, connection: sa.Connection, row: Any, officer: Officer, now: datetime, inspection_id: int, found: str
    ) -> None:
        token = row.token or secrets.token_hex(16)
        vault_id = row.vault_id or row.case_vault_id  # of before a join, where it was
        used = {
            "inspection_id": inspection_id,
            "used_by": officer.email,
            "used_at": now,
            "sealed_found": self._sealed(vault_id, f"{FOUND_PLACE}:{token}", found),
        }
        if row.token is None:
            words = self._sealed(vault_id, f"{WORDS_PLACE}:{token}", "")
            made = {"action_id": row.action_id, "case_id": row.case_id, "vault_id": vault_id, "theme": ""}
            made |= {"token": token, "written_by": officer.email, "written_at": now, "sealed_words": words}
            connection.execute(sa.insert(held_items).values(**made, **used))
        else:
            connection.execute(sa.update(held_items).where(held_items.c.token == token).values(**used))

    def _sealed(self, vault_id: str, place: str, words: str) -> bytes:
        kept = words_of(words, "Write it", longest=MOST_LETTERS, least=0)
        return self._vault.seal(vault_id, Purpose.NARRATIVE, place, kept.encode())

    def _opened(self, rows: Sequence[Any]) -> list[HeldItem]:
        """The items of rows with their words, by one look into the key store; what is erased has none."""
        sealed = [(row.vault_id, f"{WORDS_PLACE}:{row.token}", row.sealed_words) for row in rows if row.token]
        found = [(row.vault_id, f"{FOUND_PLACE}:{row.token}", row.sealed_found) for row in rows if row.sealed_found]
        opened = self._vault.unseal_many(Purpose.NARRATIVE, sealed + found)
        texts = {place: (text or b"").decode() for (_, place, _), text in zip(sealed + found, opened, strict=True)}
        return [
            _item(row, texts.get(f"{WORDS_PLACE}:{row.token}", ""), texts.get(f"{FOUND_PLACE}:{row.token}", ""))
            for row in rows
        ]


_HELD = actions.join(cases, cases.c.id == actions.c.case_id).outerjoin(
    held_items, held_items.c.action_id == actions.c.id
)
_HOLDS: sa.ColumnElement[bool] = actions.c.kind.in_(OUTLIVE_THE_CASE)
_WAITS: sa.ColumnElement[bool] = sa.and_(actions.c.state == ActionState.OPEN, held_items.c.used_at.is_(None))


def _items(officer: Officer) -> sa.Select[Any]:
    """Every action that holds a case which `officer` may see for an inspection."""
    query = sa.select(
        actions.c.id.label("action_id"),
        actions.c.kind,
        actions.c.state,
        actions.c.decided_at,
        actions.c.decided_by,
        cases.c.id.label("case_id"),
        cases.c.reference,
        cases.c.restricted,
        cases.c.received_at,
        cases.c.vault_id.label("case_vault_id"),
        *(cases.c[situation] for situation in Situation),
        *(held_items.c[name] for name in ("token", "vault_id", "theme", "used_at", "used_by")),
        *(held_items.c[name] for name in ("sealed_words", "sealed_found")),
    )
    return visible(query.select_from(_HELD).where(_HOLDS), officer)


def _item(row: Any, words: str, found: str) -> HeldItem:
    return HeldItem(
        action_id=row.action_id,
        case_id=row.case_id,
        reference=row.reference,
        restricted=row.restricted,
        received_at=row.received_at,
        situations=tuple(situation for situation in Situation if getattr(row, situation)),
        kind=ActionKind(row.kind),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        theme=row.theme or "",
        words=words,
        settled=row.state != ActionState.OPEN,
        used_at=row.used_at,
        used_by=row.used_by,
        found=found,
    )
