"""Lines of enquiry (P9): what an inspection is to find out, as a case has raised it; and what was found.

They belong to their case and, through its URN, to the service. Question and answer are sealed with the narrative.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, case_for
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import cases, lines_of_enquiry
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.written import of_case, of_service, words_of
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

QUESTION_PLACE = "lines_of_enquiry.sealed_question"
FOUND_PLACE = "lines_of_enquiry.sealed_found"


class EnquiryState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOfEnquiry:
    """One of them. `found` is what was found, '' while it is open."""

    id: int
    reference: str
    restricted: bool
    state: EnquiryState
    question: str
    written_by: str
    written_at: datetime
    found: str
    answered_by: str | None
    answered_at: datetime | None


class LinesOfEnquiry:
    """The lines of enquiry of an installation, each for those who may see its case."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def write(self, reference: str, officer: Officer, question: str) -> None:
        """Keeps a line of enquiry on a case. Audited, without the words."""
        words, token, now = words_of(question, "Write it"), secrets.token_hex(16), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            sealed = self._vault.seal(case.vault_id, Purpose.NARRATIVE, f"{QUESTION_PLACE}:{token}", words.encode())
            connection.execute(
                sa.insert(lines_of_enquiry).values(
                    token=token,
                    case_id=case.id,
                    vault_id=case.vault_id,
                    state=EnquiryState.OPEN,
                    written_by=officer.email,
                    written_at=now,
                    sealed_question=sealed,
                )
            )
            audit.record(connection, at=now, actor=officer.email, act="line of enquiry written", reference=reference)

    def answer(self, reference: str, number: int, officer: Officer, found: str) -> None:
        """Keeps what was found, once. Audited, without the words."""
        words, now = words_of(found, "Write it"), self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer)
            mine = (lines_of_enquiry.c.id == number) & (lines_of_enquiry.c.case_id == case.id)
            row = connection.execute(sa.select(lines_of_enquiry).where(mine)).one_or_none()
            if row is None:
                raise NotAllowed("There is no such line of enquiry on this case")
            sealed = self._vault.seal(row.vault_id, Purpose.NARRATIVE, f"{FOUND_PLACE}:{row.token}", words.encode())
            changed = connection.execute(
                sa.update(lines_of_enquiry)
                .where(mine, lines_of_enquiry.c.state == EnquiryState.OPEN)
                .values(state=EnquiryState.ANSWERED, answered_by=officer.email, answered_at=now, sealed_found=sealed)
            )
            if changed.rowcount == 0:
                raise NotAllowed(f"{row.answered_by or 'Somebody'} has answered this line of enquiry meanwhile")
            audit.record(connection, at=now, actor=officer.email, act="line of enquiry answered", reference=reference)

    def of_case(self, reference: str, officer: Officer) -> Sequence[LineOfEnquiry]:
        """Those of a case that `officer` may see, oldest first."""
        return self._opened(of_case(self._engine, _query(), reference, officer))

    def of_service(self, urn: str, officer: Officer) -> Sequence[LineOfEnquiry]:
        """Those of every case about that service that `officer` may see, oldest first; reading them is audited.

        What `officer` may do with services is for the caller to ask.
        """
        rows = of_service(self._writing, _query(), urn, officer, at=self._clock(), act="lines of enquiry read")
        return self._opened(rows)

    def _opened(self, rows: Sequence[Any]) -> Sequence[LineOfEnquiry]:
        """The lines of these rows, all with one look into the key store; not those whose keys are gone."""
        questions = [(row.vault_id, f"{QUESTION_PLACE}:{row.token}", row.sealed_question) for row in rows]
        answered = [row for row in rows if row.sealed_found]
        answers = [(row.vault_id, f"{FOUND_PLACE}:{row.token}", row.sealed_found) for row in answered]
        texts = self._vault.unseal_many(Purpose.NARRATIVE, [*questions, *answers])
        found = dict(zip((row.id for row in answered), texts[len(rows) :], strict=True))
        return [
            LineOfEnquiry(
                id=row.id,
                reference=row.reference,
                restricted=row.restricted,
                state=EnquiryState(row.state),
                question=question.decode(),
                written_by=row.written_by,
                written_at=row.written_at,
                found=(found.get(row.id) or b"").decode(),
                answered_by=row.answered_by,
                answered_at=row.answered_at,
            )
            for row, question in zip(rows, texts[: len(rows)], strict=True)
            if question is not None
        ]


def _query() -> sa.Select[Any]:
    return (
        sa.select(lines_of_enquiry, cases.c.reference, cases.c.restricted)
        .join(cases, cases.c.id == lines_of_enquiry.c.case_id)
        .order_by(lines_of_enquiry.c.id)
    )
