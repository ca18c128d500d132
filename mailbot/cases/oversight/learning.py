"""What models said of cases and what officers answered: the figures a model is judged by, the examples it may learn.

Clear columns hold values of the taxonomy alone. The words of an example stay in the case's sealed narrative, and go
with its keys: an erased case teaches nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.masking.narrative import NARRATIVE_PLACE, Narrative
from mailbot.cases.schema import answers, cases, confirmations, follow_ups, opinions
from mailbot.cases.schema import audit as trail
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import Assessment, SecondOpinion, Situation
from mailbot.errors import KeysMissing

READ = "read case"
"""The act under which the audit trail notes that somebody opened a narrative."""

FLAGS = ("immediate_risk", *Situation)
SAID = ("kind", *FLAGS, "remit", "service_type", "whistleblowing", "anonymous", "confidentiality", "contact")
"""What models and officers say of a case, field by field."""
COUNTED = ("whistleblowing", *Situation, "service_type", "second_service_type")
"""What officers say of a case that annual reports count."""

DAYS = 90
"""How far back the figures look."""
RECENT_DAYS = 28
"""The days whose mail is compared with what came before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagScore:
    """How a model did with one flag on cases that officers have answered: counts of cases."""

    field: str
    said: int
    right: int
    wanted: int

    @property
    def recall(self) -> float | None:
        return self.right / self.wanted if self.wanted else None

    @property
    def precision(self) -> float | None:
        return self.right / self.said if self.said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScore:
    """One model on the answered cases that it judged. `same` counts, by field, where officers left its answer."""

    model: str
    decides: bool
    answered: int
    same: Mapping[str, int]
    flags: Sequence[FlagScore]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The mail of seven days, as the deciding model saw it; `begins` is a Monday."""

    begins: date
    cases: int
    dangers: int
    first_two: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far the last `RECENT_DAYS` differ from the days before in one field: the population stability index."""

    field: str
    index: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The models of the last `DAYS`, over cases that the officer who asks may see.

    `scores` has each model that decided; `beside` the newest that ran beside, and the deciding ones on the same cases.
    """

    scores: Sequence[ModelScore]
    beside: Sequence[ModelScore]
    weeks: Sequence[Week]
    drift: Sequence[Drift]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A case that an officer answered, as an example to learn from: its words, identity masked, and what is right."""

    reference: str
    subject: str
    text: str
    quoted: str
    labels: Mapping[str, Any]


@dataclass(slots=True)
class Promotion:
    """Which model was promoted: filled in by whoever moves its files."""

    promoted: str = ""


def note_opinions(connection: sa.Connection, case_id: int, assessment: Assessment, at: datetime) -> None:
    """Notes what was said of a new case by the model that decided, and by the one that ran beside it."""
    said: list[tuple[bool, Assessment | SecondOpinion]] = [(True, assessment)] if assessment.judged else []
    if assessment.second_opinion:
        said.append((False, assessment.second_opinion))
    for decides, one in said:
        values = {"case_id": case_id, "priority": one.priority, "model": one.model, "decides": decides, "judged_at": at}
        values |= {field: getattr(one, field) for field in SAID if field not in tuple(Situation)}
        values |= {situation: situation in one.situations for situation in Situation}
        connection.execute(sa.insert(opinions), values)


def note_answer(
    connection: sa.Connection, case_id: int, reference: str, officer: Officer, values: Mapping[str, Any], at: datetime
) -> None:
    """Notes what an officer says of a case after their review; nothing where they never opened its narrative."""
    opened = sa.select(trail.c.id).where(
        trail.c.reference == reference, trail.c.actor == officer.email, trail.c.act == READ
    )
    if connection.execute(opened.limit(1)).first() is None:
        return
    said = {field: values[field] for field in SAID} | {"answered_at": at}
    known = sa.update(answers).where(answers.c.case_id == case_id).values(**said)
    if connection.execute(known).rowcount == 0:
        connection.execute(sa.insert(answers).values(case_id=case_id, **said))
    stands = {field: values[field] for field in COUNTED}
    connection.execute(sa.insert(confirmations).values(case_id=case_id, at=at, **stands))


class Learning:
    """Tells figures, and gives out examples."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def lessons(self, actor: str) -> tuple[list[Lesson], int]:
        """Every answered case of a single message, and how many were left out because they are erased. Audited."""
        query = (
            sa.select(cases.c.reference, cases.c.vault_id, cases.c.sealed_narrative, answers)
            .join(answers, answers.c.case_id == cases.c.id)
            .where(~sa.exists().where(follow_ups.c.case_id == cases.c.id))
            .order_by(cases.c.id)
        )
        lessons, erased = [], 0
        with storage_errors(), self._engine.connect() as connection:
            for row in connection.execute(query):
                try:
                    sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, row.sealed_narrative)
                except KeysMissing:
                    erased += 1
                    continue
                narrative = msgspec.json.decode(sealed, type=Narrative)
                labels = {field: getattr(row, field) for field in SAID}
                labels["situations"] = [situation for situation in Situation if labels[situation]]
                lessons.append(
                    Lesson(
                        reference=row.reference,
                        subject=narrative.subject,
                        text=narrative.text,
                        quoted=narrative.quoted,
                        labels=labels,
                    )
                )
        detail = f"{len(lessons)} cases"
        with storage_errors(), self._writing.begin() as connection:
            audit.record(connection, at=self._clock(), actor=actor, act="read cases to learn from", detail=detail)
        return lessons, erased

    @contextmanager
    def promotion(self, officer: Officer) -> Iterator[Promotion]:
        """Audits that `officer` has the challenger decide; nothing is noted where the block fails."""
        demand(officer, Permission.PROMOTE_MODEL)
        with storage_errors(), self._writing.begin() as connection:
            promotion = Promotion()
            yield promotion
            at, actor = self._clock(), officer.email
            audit.record(connection, at=at, actor=actor, act="model promoted", detail=promotion.promoted)

    def figures(self, officer: Officer) -> Figures:
        """How the models did, over the cases that `officer` may see."""
        demand(officer, Permission.SEE_MODEL)
        now = self._clock()
        since, recent = now - timedelta(days=DAYS), now - timedelta(days=RECENT_DAYS)
        with storage_errors(), self._engine.connect() as connection:
            return Figures(
                scores=_scores(connection, officer, since, opinions.c.decides),
                beside=_beside(connection, officer, since),
                weeks=_weeks(connection, officer, since),
                drift=[_drift(connection, officer, since, recent, field) for field in ("kind", "priority", "remit")],
            )


def _scores(connection: sa.Connection, officer: Officer, since: datetime, *which: Any) -> list[ModelScore]:
    def counted(what: Any) -> Any:
        return sa.func.sum(sa.case((what, 1), else_=0))

    columns = [counted(opinions.c[field] == answers.c[field]).label(f"same_{field}") for field in SAID]
    for flag in FLAGS:
        said, wanted = opinions.c[flag], answers.c[flag]
        columns += [counted(said).label(f"said_{flag}"), counted(wanted).label(f"wanted_{flag}")]
        columns.append(counted(said & wanted).label(f"right_{flag}"))
    query = (
        sa.select(opinions.c.model, opinions.c.decides, sa.func.count().label("answered"), *columns)
        .join(answers, answers.c.case_id == opinions.c.case_id)
        .join(cases, cases.c.id == opinions.c.case_id)
        .where(answers.c.answered_at >= since, *which)
        .group_by(opinions.c.model, opinions.c.decides)
        .order_by(sa.func.max(opinions.c.judged_at).desc(), opinions.c.model)
    )
    return [_score(row._mapping) for row in connection.execute(visible(query, officer))]


def _score(row: Mapping[Any, Any]) -> ModelScore:
    return ModelScore(
        model=row["model"],
        decides=row["decides"],
        answered=row["answered"],
        same={field: row[f"same_{field}"] for field in SAID},
        flags=[
            FlagScore(field=flag, said=row[f"said_{flag}"], right=row[f"right_{flag}"], wanted=row[f"wanted_{flag}"])
            for flag in FLAGS
        ],
    )


def _beside(connection: sa.Connection, officer: Officer, since: datetime) -> list[ModelScore]:
    newest = sa.select(opinions.c.model).where(~opinions.c.decides).order_by(opinions.c.id.desc()).limit(1)
    model = connection.execute(newest).scalar_one_or_none()
    if model is None:
        return []
    judged = sa.select(opinions.c.case_id).where(opinions.c.model == model, ~opinions.c.decides)
    shown = opinions.c.decides | (opinions.c.model == model)
    return _scores(connection, officer, since, opinions.c.case_id.in_(judged), shown)


def _weeks(connection: sa.Connection, officer: Officer, since: datetime) -> list[Week]:
    day = sa.func.date(opinions.c.judged_at)
    query = (
        sa.select(
            day.label("day"),
            sa.func.count().label("cases"),
            sa.func.sum(sa.case((opinions.c.immediate_risk, 1), else_=0)).label("dangers"),
            sa.func.sum(sa.case((opinions.c.priority <= 2, 1), else_=0)).label("first_two"),
        )
        .join(cases, cases.c.id == opinions.c.case_id)
        .where(opinions.c.decides, opinions.c.judged_at >= since)
        .group_by(day)
    )
    weeks: dict[date, list[int]] = {}
    for row in connection.execute(visible(query, officer)):
        found = row.day if isinstance(row.day, date) else date.fromisoformat(row.day)
        counts = weeks.setdefault(found - timedelta(days=found.weekday()), [0, 0, 0])
        for at, count in enumerate((row.cases, row.dangers, row.first_two)):
            counts[at] += count
    return [
        Week(begins=begins, cases=counts[0], dangers=counts[1], first_two=counts[2])
        for begins, counts in sorted(weeks.items())
    ]


def _drift(connection: sa.Connection, officer: Officer, since: datetime, recent: datetime, field: str) -> Drift:
    lately = sa.case((opinions.c.judged_at >= recent, 1), else_=0)
    query = (
        sa.select(opinions.c[field].label("value"), lately.label("lately"), sa.func.count().label("many"))
        .join(cases, cases.c.id == opinions.c.case_id)
        .where(opinions.c.decides, opinions.c.judged_at >= since)
        .group_by(opinions.c[field], lately)
    )
    counts: tuple[dict[Any, int], dict[Any, int]] = ({}, {})
    for row in connection.execute(visible(query, officer)):
        counts[row.lately][row.value] = row.many
    return Drift(field=field, index=stability_index(*counts))


def stability_index(before: Mapping[Any, int], lately: Mapping[Any, int]) -> float:
    """The population stability index of two counts by value: 0 where the shares are the same; 0 where either is empty.

    Below 0.1 is commonly taken as steady, above 0.25 as a change to look into. Half a case is added to each count, so
    that a value which is new or gone counts for much, and not for infinitely much.
    """
    if not before or not lately:
        return 0.0
    values = {*before, *lately}

    def shares(counts: Mapping[Any, int]) -> dict[Any, float]:
        total = sum(counts.values()) + 0.5 * len(values)
        return {value: (counts.get(value, 0) + 0.5) / total for value in values}

    old, new = shares(before), shares(lately)
    return sum((new[value] - old[value]) * math.log(new[value] / old[value]) for value in values)
