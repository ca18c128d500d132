"""A daily random sample of cases of low priority, read by somebody who does not see what the machine said.

What they find tells how many dangers the machine may have missed among all the cases that nobody hurried to read.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.alerts import raise_alert
from mailbot.cases.database import one_at_a_time, storage_errors, writing
from mailbot.cases.masking.narrative import NARRATIVE_PLACE, Narrative
from mailbot.cases.oversight.learning import DAYS, READ
from mailbot.cases.schema import audit as trail
from mailbot.cases.schema import cases, opinions, second_looks
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.waiting import waits_from
from mailbot.clock import Clock
from mailbot.domain import Attachment, CaseState, Remit
from mailbot.errors import NotAllowed
from mailbot.targets import ORDINARY, Targets

LOW_PRIORITY = 3
"""Cases of this priority and below it were held for no danger."""
CONFIDENCE = 0.95
NOT_YOURS = "There is no such second look, or it is not one you may give: whoever has read a case is no longer blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case that waits for its second look."""

    reference: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindCase:
    """A message as somebody reads it who is not to see how it was judged."""

    reference: str
    received_at: datetime
    subject: str
    narrative: str
    quoted: str
    attachments: Sequence[Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many dangers may have been missed among `cases` of low priority, from those that were looked at again.

    `missed` is the likeliest number, `low` and `high` bound it with `CONFIDENCE` (Clopper and Pearson, 1934); None
    where nothing has been looked at.
    """

    cases: int
    drawn: int
    looked_at: int
    dangers: int
    missed: float | None
    low: float | None
    high: float | None


class SecondLooks:
    """Draws cases, shows them blind, and keeps what is found."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, targets: Targets = ORDINARY) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._targets = targets

    def draw(self, share: float) -> int:
        """Draws that share of each ended day's cases of low priority, rounded up; says how many. Each day once."""
        now = self._clock()
        drawn = 0
        with storage_errors(), self._writing.begin() as connection:
            one_at_a_time(connection)
            for day, case_ids in _undrawn(connection, now).items():
                chosen = secrets.SystemRandom().sample(case_ids, math.ceil(share * len(case_ids)))
                rows = [{"case_id": case_id, "day": day, "drawn_at": now} for case_id in chosen]
                if rows:
                    connection.execute(sa.insert(second_looks), rows)
                drawn += len(rows)
            if drawn:
                audit.record(connection, at=now, actor=audit.MACHINE, act="second looks drawn", detail=f"{drawn} cases")
        return drawn

    def waiting(self, officer: Officer) -> list[Waiting]:
        """The cases that `officer` may look at: not yet looked at, and not read by them."""
        demand(officer, Permission.REVIEW)
        query = visible(_waiting_for(officer), officer).order_by(second_looks.c.day, cases.c.reference)
        with storage_errors(), self._engine.connect() as connection:
            return [Waiting(reference=row.reference, day=row.day) for row in connection.execute(query)]

    def count_waiting(self, officer: Officer) -> int:
        """How many cases `officer` may look at."""
        demand(officer, Permission.REVIEW)
        query = visible(_waiting_for(officer), officer).with_only_columns(sa.func.count())
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def open(self, reference: str, officer: Officer) -> BlindCase:
        """The message without its judgement; the reading is audited."""
        demand(officer, Permission.REVIEW)
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, officer)
            self._audit(connection, officer, "second look opened", reference)
            sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, row.sealed_narrative)
        return blind_case(row, msgspec.json.decode(sealed, type=Narrative))

    def answer(self, reference: str, officer: Officer, *, danger: bool) -> None:
        """Keeps whether a child seemed in danger. A danger is raised at once: the case stands unread on top again."""
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, reference, officer)
            connection.execute(
                sa.update(second_looks)
                .where(second_looks.c.case_id == row.id)
                .values(answered_at=now, answered_by=officer.email, danger=danger)
            )
            self._audit(connection, officer, "second look: danger" if danger else "second look: no danger", reference)
            if danger:
                raise_danger(connection, row, now, self._targets)

    def estimate(self, officer: Officer) -> Estimate:
        """The dangers missed in the last `DAYS`, over cases that `officer` may see."""
        demand(officer, Permission.SEE_MODEL)
        since = self._clock() - timedelta(days=DAYS)
        low = (
            sa.select(sa.func.count())
            .select_from(opinions)
            .join(cases, cases.c.id == opinions.c.case_id)
            .where(opinions.c.decides, opinions.c.priority >= LOW_PRIORITY, opinions.c.judged_at >= since)
        )
        looks = (
            sa.select(
                sa.func.count().label("drawn"),
                sa.func.count(second_looks.c.answered_at).label("looked_at"),
                sa.func.coalesce(sa.func.sum(sa.case((second_looks.c.danger, 1), else_=0)), 0).label("dangers"),
            )
            .select_from(second_looks)
            .join(cases, cases.c.id == second_looks.c.case_id)
            .where(second_looks.c.drawn_at >= since)
        )
        with storage_errors(), self._engine.connect() as connection:
            count = connection.execute(visible(low, officer)).scalar_one()
            found = connection.execute(visible(looks, officer)).one()
        return estimated(count, found.drawn, found.looked_at, found.dangers)

    def _row(self, connection: sa.Connection, reference: str, officer: Officer) -> Any:
        query = visible(_waiting_for(officer).where(cases.c.reference == reference), officer)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotAllowed(NOT_YOURS)
        return row

    def _audit(self, connection: sa.Connection, officer: Officer, act: str, reference: str) -> None:
        audit.record(connection, at=self._clock(), actor=officer.email, act=act, reference=reference)


def blind_case(row: Any, narrative: Narrative) -> BlindCase:
    """The message of a case's row without its judgement."""
    return BlindCase(
        reference=row.reference,
        received_at=row.received_at,
        subject=narrative.subject,
        narrative=narrative.text,
        quoted=narrative.quoted,
        attachments=narrative.attachments,
    )


def raise_danger(connection: sa.Connection, case: Any, now: datetime, targets: Targets = ORDINARY) -> None:
    """Makes a case one of a child in danger, by a person's word: on top, unread again, duty staff alerted."""
    raised = {"immediate_risk": True, "child_at_risk": True, "priority": 1, "state": CaseState.NEW, "kind": "concern"}
    raised |= waits_from(now, 1, targets)
    if case.remit == Remit.NOT_APPLICABLE:
        raised["remit"] = Remit.UNCLEAR
    connection.execute(sa.update(cases).where(cases.c.id == case.id).values(**raised, version=cases.c.version + 1))
    raise_alert(connection, case.id, now)


def estimated(cases_: int, drawn: int, looked_at: int, dangers: int) -> Estimate:
    """The estimate from the counts: each case looked at stands for all that were as likely to be drawn."""
    if not looked_at:
        return Estimate(cases=cases_, drawn=drawn, looked_at=0, dangers=0, missed=None, low=None, high=None)
    from scipy.stats import beta

    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, dangers, looked_at - dangers + 1)) if dangers else 0.0
    high = float(beta.ppf(1 - tail, dangers + 1, looked_at - dangers)) if dangers < looked_at else 1.0
    return Estimate(
        cases=cases_,
        drawn=drawn,
        looked_at=looked_at,
        dangers=dangers,
        missed=cases_ * dangers / looked_at,
        low=cases_ * low,
        high=cases_ * high,
    )


def _undrawn(connection: sa.Connection, now: datetime) -> dict[date, list[int]]:
    """The cases of low priority by the day they were judged, for each ended day that nothing was drawn of yet."""
    begins = now - timedelta(days=DAYS)
    done = set(connection.execute(sa.select(second_looks.c.day).distinct()).scalars())
    query = sa.select(opinions.c.case_id, opinions.c.judged_at).where(
        opinions.c.decides, opinions.c.priority >= LOW_PRIORITY, opinions.c.judged_at >= begins
    )
    days: dict[date, list[int]] = {}
    for case_id, judged_at in connection.execute(query):
        if judged_at.date() < now.date() and judged_at.date() not in done:
            days.setdefault(judged_at.date(), []).append(case_id)
    return days


def _waiting_for(officer: Officer) -> sa.Select[Any]:
    read = sa.exists().where(
        trail.c.reference == cases.c.reference, trail.c.actor == officer.email, trail.c.act == READ
    )
    columns = (cases.c.id, cases.c.reference, cases.c.vault_id, cases.c.received_at, cases.c.sealed_narrative)
    return (
        sa.select(*columns, cases.c.remit, second_looks.c.day)
        .join(second_looks, second_looks.c.case_id == cases.c.id)
        .where(second_looks.c.answered_at.is_(None), ~read)
    )
