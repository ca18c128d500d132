"""The second officer: what one alone must not decide about a child in danger waits until another has agreed.

Two things need the second (`mailbot.cases.deciding.needs_second`): taking a flag of danger to a child off a case, and
ending a case in which a child may be at risk without a referral to the local authority.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import approvals, tasks, writings
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.store import Store
from mailbot.clock import Clock
from mailbot.domain import Decision, TaskKind
from mailbot.errors import NotAllowed, StaleWrite

DECISION_PLACE = "approvals.sealed_decision"


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A review that waits for a second officer: who proposed it, when, and what it says."""

    id: int
    asked_by: str
    asked_at: datetime
    why: str
    decision: Decision


class Approvals:
    """Reviews that wait for a second officer."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, store: Store) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._store = store

    def ask(self, reference: str, officer: Officer, version: int, decision: Decision, why: str) -> None:
        """Keeps a review for a second officer, with a task on the case; nothing of the case changes. Audited.

        One that waited already from the same officer is replaced. Raises `StaleWrite` where the case has changed.
        """
        if not (decision.note.strip() or any(one.reason.strip() for one in decision.corrections)):
            raise NotAllowed("Say why, for the second officer to judge it")
        token, now = secrets.token_hex(16), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            if case.version != version:
                raise StaleWrite("Somebody else has changed this case since you opened it. Nothing of yours was saved")
            sealed = self._vault.seal(
                case.vault_id, Purpose.NARRATIVE, f"{DECISION_PLACE}:{token}", msgspec.json.encode(decision)
            )
            mine = _waiting(case.id) & (approvals.c.asked_by == officer.email)
            connection.execute(
                sa.update(approvals)
                .where(mine)
                .values(state=ApprovalState.REFUSED, decided_by=officer.email, decided_at=now)
            )
            connection.execute(
                sa.insert(approvals).values(
                    token=token,
                    case_id=case.id,
                    vault_id=case.vault_id,
                    version=version,
                    asked_by=officer.email,
                    asked_at=now,
                    why=why,
                    state=ApprovalState.WAITING,
                    sealed_decision=sealed,
                )
            )
            add_task(connection, case.id, TaskKind.SECOND_OFFICER, why, None, now)
            begun = (writings.c.case_id == case.id) & (writings.c.officer == officer.email)
            connection.execute(sa.delete(writings).where(begun))
            audit.record(connection, at=now, actor=officer.email, act="second officer asked", reference=reference)

    def waiting(self, reference: str, officer: Officer) -> list[Approval]:
        """What waits on a case that `officer` may see."""
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer, Permission.READ_CASES)
            rows = connection.execute(sa.select(approvals).where(_waiting(case.id)).order_by(approvals.c.id))
            return [self._opened(row) for row in rows]

    def approve(self, reference: str, number: int, officer: Officer, proposer: Officer) -> None:
        """Makes a review count, as its proposer's, agreed to by `officer`. Audited.

        Raises `NotAllowed` where it is the officer's own, `StaleWrite` where the case has changed meanwhile.
        """
        approval, version = self._one(reference, number, officer)
        if approval.asked_by == officer.email:
            raise NotAllowed("You proposed it yourself: another officer must look at it")
        agreed = f"Agreed by {officer.email}"
        note = "\n\n".join(filter(None, (approval.decision.note.strip(), agreed)))
        decision = replace(approval.decision, note=note)
        self._store.review(reference, proposer, version, decision, approved_by=officer)
        self._settle(reference, number, officer, ApprovalState.APPROVED)

    def refuse(self, reference: str, number: int, officer: Officer) -> None:
        """Leaves the case as it is; a proposer may take their own back so. Audited."""
        self._one(reference, number, officer)
        self._settle(reference, number, officer, ApprovalState.REFUSED)

    def proposer_of(self, reference: str, number: int, officer: Officer) -> str:
        """Who proposed it: the email address of a member of staff."""
        return self._one(reference, number, officer)[0].asked_by

    def _one(self, reference: str, number: int, officer: Officer) -> tuple[Approval, int]:
        with storage_errors(), self._engine.connect() as connection:
            case = case_for(connection, reference, officer)
            query = sa.select(approvals).where(_waiting(case.id), approvals.c.id == number)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotAllowed("Nothing of that kind waits on this case, or it has been decided meanwhile")
            return self._opened(row), row.version

    def _settle(self, reference: str, number: int, officer: Officer, state: ApprovalState) -> None:
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case_id = connection.execute(sa.select(approvals.c.case_id).where(approvals.c.id == number)).scalar_one()
            connection.execute(
                sa.update(approvals)
                .where(approvals.c.id == number)
                .values(state=state, decided_by=officer.email, decided_at=now)
            )
            left = connection.execute(sa.select(approvals.c.id).where(_waiting(case_id)).limit(1)).first()
            if left is None:
                connection.execute(
                    sa.update(tasks)
                    .where(
                        tasks.c.case_id == case_id,
                        tasks.c.kind == TaskKind.SECOND_OFFICER,
                        tasks.c.done_at.is_(None),
                    )
                    .values(done_at=now, done_by=officer.email)
                )
            act = f"second officer {state}"
            audit.record(connection, at=now, actor=officer.email, act=act, reference=reference)

    def _opened(self, row: Any) -> Approval:
        place = f"{DECISION_PLACE}:{row.token}"
        sealed = self._vault.unseal(row.vault_id, Purpose.NARRATIVE, place, row.sealed_decision)
        return Approval(
            id=row.id,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            why=row.why,
            decision=msgspec.json.decode(sealed, type=Decision),
        )


def _waiting(case_id: int) -> sa.ColumnElement[bool]:
    return (approvals.c.case_id == case_id) & (approvals.c.state == ApprovalState.WAITING)
