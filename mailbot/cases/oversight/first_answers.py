"""The officer's own answer before the machine's is seen: a guard against taking over what a program says.

Where nothing was flagged as danger, whoever opens a case first says whether a child is in danger now, from the message
alone. One case in twenty is blind in more: there they also say whether a child may be at risk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.masking.narrative import NARRATIVE_PLACE, Narrative
from mailbot.cases.oversight.second_looks import BlindCase, blind_case, raise_danger
from mailbot.cases.schema import cases, first_answers, follow_ups, opinions
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.clock import Clock
from mailbot.domain import CaseState, Kind
from mailbot.errors import NotAllowed
from mailbot.targets import ORDINARY, Targets

ONE_IN = 20
"""One case in so many is asked about in more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a case before its judgement is shown; `more` asks whether a child may be at risk, too."""

    case: BlindCase
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How officers' first answers compare with what the machine had said: `dangers` they saw, and it did not."""

    answered: int
    dangers: int
    compared: int
    differing: int


class FirstAnswers:
    """Questions that wait for the first officer to open a case, and their answers."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, targets: Targets = ORDINARY) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._targets = targets

    def question(self, reference: str, officer: Officer) -> Question | None:
        """What is to be asked before the case is shown; None where it may be shown. Reading it is audited."""
        demand(officer, Permission.READ_CASES)
        if not officer.may(Permission.REVIEW):
            return None
        with storage_errors(), self._writing.begin() as connection:
            row = self._unanswered(connection, reference, officer)
            if row is None:
                return None
            now = self._clock()
            audit.record(connection, at=now, actor=officer.email, act="read before its judgement", reference=reference)
            sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, row.sealed_narrative)
        narrative = msgspec.json.decode(sealed, type=Narrative)
        return Question(case=blind_case(row, narrative), more=is_blind_in_more(reference))

    def answer(self, reference: str, officer: Officer, *, danger: bool, child_at_risk: bool | None = None) -> None:
        """Keeps the answer. A danger is raised at once: the case stands on top of the queue, duty staff are told."""
        demand(officer, Permission.REVIEW)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._unanswered(connection, reference, officer)
            if row is None:
                raise NotAllowed("Somebody has answered this meanwhile, or the case is not one you may see")
            connection.execute(
                sa.insert(first_answers).values(
                    case_id=row.id,
                    answered_at=now,
                    answered_by=officer.email,
                    danger=danger,
                    child_at_risk=child_at_risk,
                )
            )
            act = "first answer: danger" if danger else "first answer: no danger"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference)
            if danger:
                raise_danger(connection, row, now, self._targets)

    def agreement(self, officer: Officer) -> Agreement:
        """How the answers compare with the machine's, over cases that `officer` may see."""
        demand(officer, Permission.SEE_MODEL)
        query = (
            sa.select(
                sa.func.count().label("answered"),
                sa.func.coalesce(sa.func.sum(sa.case((first_answers.c.danger, 1), else_=0)), 0).label("dangers"),
                sa.func.count(first_answers.c.child_at_risk).label("compared"),
                sa.func.coalesce(
                    sa.func.sum(sa.case((first_answers.c.child_at_risk != opinions.c.child_at_risk, 1), else_=0)), 0
                ).label("differing"),
            )
            .select_from(first_answers)
            .join(cases, cases.c.id == first_answers.c.case_id)
            .join(opinions, (opinions.c.case_id == cases.c.id) & opinions.c.decides)
        )
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(visible(query, officer)).one()
        return Agreement(answered=row.answered, dangers=row.dangers, compared=row.compared, differing=row.differing)

    @staticmethod
    def _unanswered(connection: sa.Connection, reference: str, officer: Officer) -> Any:
        """The case where its first question is open: a person's, new, nothing flagged, one message, unanswered."""
        query = sa.select(cases).where(
            cases.c.reference == reference,
            cases.c.state == CaseState.NEW,
            cases.c.kind != Kind.AUTOMATIC,
            cases.c.immediate_risk.is_(False),
            cases.c.adult_in_danger.is_(False),
            cases.c.reviewed_at.is_(None),
            ~sa.exists().where(first_answers.c.case_id == cases.c.id),
            ~sa.exists().where(follow_ups.c.case_id == cases.c.id),
        )
        return connection.execute(visible(query, officer)).one_or_none()


def is_blind_in_more(reference: str) -> bool:
    """Whether a case is one of those asked about in more: by its reference, which tells nothing of it."""
    return hashlib.sha256(reference.encode()).digest()[0] % ONE_IN == 0
