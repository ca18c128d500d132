"""Oversight: figures of what one may know of, by a fixed number of queries, as charts, tables and CSV."""

from __future__ import annotations

import csv
import io

import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.oversight.oversight import Overseeing
from mailbot.cases.schema import approaches, cases
from mailbot.domain import ActionKind, Correction, Decision, LetterState, Role
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn

AUDITOR = Officer(email="auditor@example.gov.uk", role=Role.AUDITOR)
MANAGER = Officer(email="duty_manager@example.gov.uk", role=Role.DUTY_MANAGER)


def worked(installation: Installation) -> str:
    """Two plain cases, one of them corrected and asked about without an answer, and a restricted one."""
    texts = ("The food is poor.", "DANGER", "WORKER, a plover")
    process(installation.ledger.keep([mail(text, uid=at) for at, text in enumerate(texts, 1)]), installation.office)
    entry = next(one for one in installation.store.queue(OFFICER) if not one.immediate_risk)
    installation.store.open_case(entry.reference, OFFICER)
    change = Correction(field="remit", value="inspected", reason="It is a council")
    installation.store.review(entry.reference, OFFICER, 1, Decision(corrections=(change,), note="Seen"))
    with installation.engine.begin() as connection:
        for row in connection.execute(sa.select(cases.c.id, cases.c.vault_id)).all():
            due = installation.clock().replace(day=20)
            connection.execute(
                sa.insert(approaches).values(
                    token=str(row.id),
                    case_id=row.id,
                    vault_id=row.vault_id,
                    purpose=ActionKind.ASK_THE_SERVICE,
                    state="sent",
                    started_by="t",
                    started_at=due,
                    due_at=due,
                    sealed_draft=b"-",
                )
            )
    return entry.reference


def test_each_sees_figures_of_the_cases_they_may_know_of(installation: Installation) -> None:
    reference = worked(installation)
    overseeing = Overseeing(installation.engine, installation.clock)

    for who, many in ((MANAGER, 2), (AUDITOR, 2), (WHISTLEBLOWING_OFFICER, 3)):
        figures = overseeing.figures(who)
        assert sum(week.cases for week in figures.weeks) == many
        assert figures.weeks[-1].dangers == 1
        assert sum(one.in_time + one.too_late + one.not_yet for one in figures.responses) == many
        assert sum(figures.acknowledgements.values()) == many
        assert figures.overdue_answers == many
        assert reference in {one.reference for one in figures.overdue}
        assert {one.field: one.changed for one in figures.overrides}["remit"] == 1
        assert {one.answered for one in figures.overrides} == {1}
    assert figures.acknowledgements[LetterState.DUE] >= 1


def test_the_page_has_charts_with_their_figures_and_csv_and_a_fixed_number_of_queries(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    client, counts = signed_in(Role.DUTY_MANAGER), []
    client.get("/dashboard")
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *_: counts.append(1))
    client.get("/dashboard")
    empty = len(counts)
    worked(sqlite)
    counts.clear()
    page = client.get("/dashboard").text

    assert len(counts) == empty
    assert page.count("<svg") == 3
    assert "Overdue answers from services (2)" in page
    rows = list(csv.reader(io.StringIO(client.get("/dashboard.csv?table=responses").text)))
    assert rows[0][0] == "Priority"
    assert {row[0] for row in rows[1:]} == {"Danger now", "Concern in remit"}
    assert client.get("/dashboard.csv?table=nothing").status_code == 404
    assert signed_in(Role.OFFICER).get("/dashboard").status_code == 403
