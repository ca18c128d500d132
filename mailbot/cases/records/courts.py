"""What courts and appeals are given of a case (P23c): asked for with the order, agreed to by a second person."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import cases, court_disclosures
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

ORDER_PLACE = "court_disclosures.sealed_order"
LONGEST = 1000


class Forum(StrEnum):
    COURT = "court"
    APPEAL = "appeal"


class Included(StrEnum):
    """What may be given; who wrote only where the court needs it."""

    MESSAGES = "messages"
    NOTES = "notes"
    LETTERS = "letters"
    IDENTITY = "identity"
    ORIGINALS = "originals"


class CourtState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    MADE = "made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The court's own reference, and why it is given what it is given."""

    court_reference: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtDisclosure:
    """How a disclosure to a court stands. `sha256` is that of the file that was given."""

    id: int
    reference: str
    restricted: bool
    forum: Forum
    included: tuple[Included, ...]
    state: CourtState
    order: Order
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    made_at: datetime | None
    sha256: str | None


class Courts:
    """Disclosures to courts, for those who keep the records."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def ask(self, reference: str, officer: Officer, forum: Forum, order: Order, included: Collection[Included]) -> int:
        """Asks that a court be given these parts of a case; says the number. Audited, without the order's words."""
        if not order.court_reference.strip() or not order.reason.strip() or not included:
            raise NotAllowed("A court's reference, a reason and at least one part to be given are needed")
        if len(order.court_reference) + len(order.reason) > LONGEST:
            raise NotAllowed(f"Reference and reason together have at most {LONGEST} characters")
        token, now = secrets.token_hex(16), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer, Permission.KEEP_RECORDS, hold=True)
            place = f"{ORDER_PLACE}:{token}"
            sealed = self._vault.seal(case.vault_id, Purpose.NARRATIVE, place, msgspec.json.encode(order))
            values = {"token": token, "case_id": case.id, "vault_id": case.vault_id, "forum": forum}
            values |= {"included": " ".join(sorted(included)), "state": CourtState.WAITING, "sealed_order": sealed}
            values |= {"asked_by": officer.email, "asked_at": now}
            made = sa.insert(court_disclosures).returning(court_disclosures.c.id)
            number: int = connection.execute(made, values).scalar_one()
            detail = f"number {number}: {values['included']}"
            self._audit(connection, officer, f"{forum} disclosure asked", reference, detail)
        return number

    def listed(self, officer: Officer) -> list[CourtDisclosure]:
        """Every disclosure of cases that `officer` may see, what waits first."""
        demand(officer, Permission.KEEP_RECORDS)
        waits = sa.case((court_disclosures.c.state == CourtState.WAITING, 0), else_=1)
        query = _rows().order_by(waits, court_disclosures.c.id.desc()).limit(100)
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(visible(query, officer)).all()
        sealed = [(row.vault_id, f"{ORDER_PLACE}:{row.token}", row.sealed_order) for row in rows]
        orders = self._vault.unseal_many(Purpose.NARRATIVE, sealed)
        return [_disclosure(row, order) for row, order in zip(rows, orders, strict=True)]

    def decide(self, number: int, officer: Officer, *, agrees: bool) -> None:
        """Agrees, or does not. Audited; raises `NotAllowed` where it is one's own."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, number, officer, CourtState.WAITING)
            if row.asked_by == officer.email:
                raise NotAllowed("You asked for it yourself: another person must agree")
            state = CourtState.APPROVED if agrees else CourtState.REFUSED
            values = {"state": state, "decided_by": officer.email, "decided_at": self._clock()}
            _change(connection, number, **values)
            self._audit(connection, officer, f"{row.forum} disclosure {state}", row.reference, f"number {number}")

    def approved(self, number: int, officer: Officer) -> CourtDisclosure:
        """One that a second person agreed to and that has not been made yet."""
        with storage_errors(), self._engine.connect() as connection:
            row = self._row(connection, number, officer, CourtState.APPROVED)
        place = f"{ORDER_PLACE}:{row.token}"
        (order,) = self._vault.unseal_many(Purpose.NARRATIVE, [(row.vault_id, place, row.sealed_order)])
        return _disclosure(row, order)

    def note_made(self, number: int, officer: Officer, sha256: str) -> None:
        """Notes that the file of that SHA-256 was written for the court. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, number, officer, CourtState.APPROVED)
            _change(connection, number, state=CourtState.MADE, made_at=self._clock(), sha256=sha256)
            detail = f"number {number}: {row.included}; SHA-256 {sha256}"
            self._audit(connection, officer, f"{row.forum} disclosure made", row.reference, detail)

    @staticmethod
    def _row(connection: sa.Connection, number: int, officer: Officer, state: CourtState) -> Any:
        demand(officer, Permission.KEEP_RECORDS)
        query = _rows().where(court_disclosures.c.id == number, court_disclosures.c.state == state)
        row = connection.execute(visible(query, officer)).one_or_none()
        if row is None:
            raise NotAllowed(f"No disclosure of that number is {state}")
        return row

    def _audit(self, connection: sa.Connection, officer: Officer, act: str, reference: str, detail: str) -> None:
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference, detail=detail)


def _rows() -> sa.Select[Any]:
    query = sa.select(court_disclosures, cases.c.reference, cases.c.restricted)
    return query.join(cases, cases.c.id == court_disclosures.c.case_id)


def _change(connection: sa.Connection, number: int, **values: Any) -> None:
    connection.execute(sa.update(court_disclosures).where(court_disclosures.c.id == number).values(**values))


def _disclosure(row: Any, order: bytes | None) -> CourtDisclosure:
    return CourtDisclosure(
        id=row.id,
        reference=row.reference,
        restricted=row.restricted,
        forum=Forum(row.forum),
        included=tuple(Included(one) for one in row.included.split()),
        state=CourtState(row.state),
        order=msgspec.json.decode(order, type=Order) if order else Order(court_reference="erased", reason="erased"),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        made_at=row.made_at,
        sha256=row.sha256,
    )
