"""From the record's values to the shapes of the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailbot.cases.api.outlines import ListedAction
from mailbot.cases.oversight.oversight import Oversight
from mailbot.cases.services.overview import View
from mailbot.domain import (
    Action,
    Attachment,
    Case,
    Evidence,
    FollowUp,
    LetterState,
    QueueEntry,
    RegisteredService,
    Situation,
)
from mailbot.web.api_shapes import (
    CASE_SCHEMA,
    ActionLine,
    ActionRead,
    CaseLine,
    CaseRead,
    ExportedCase,
    File,
    Flag,
    Message,
    NoteRead,
    ResponseCount,
    ServiceLine,
    ServiceRead,
    Statistics,
    TaskRead,
    WeekCount,
    Weighed,
)


def case_line(entry: QueueEntry) -> CaseLine:
    return CaseLine(**_line(entry))


def case_read(case: Case) -> CaseRead:
    """The case with everything that an officer of the same role reads on its page, identity masked."""
    return CaseRead(**_line(case.entry), **_content(case))


def exported(case: Case, at: datetime) -> ExportedCase:
    return ExportedCase(**_line(case.entry), **_content(case), schema=CASE_SCHEMA, exported_at=at)


def action_line(one: ListedAction) -> ActionLine:
    return ActionLine(
        id=f"{one.reference}-{one.number}",
        reference=one.reference,
        kind=one.kind,
        state=one.state,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        due_at=one.due_at,
        owner=one.owner,
        settled_by=one.settled_by,
        settled_at=one.settled_at,
    )


def service_line(one: RegisteredService) -> ServiceLine:
    return ServiceLine(**_service(one))


def service_read(one: RegisteredService, view: View) -> ServiceRead:
    return ServiceRead(
        **_service(one),
        cases=view.total,
        concerns_last_half_year=view.pace.now,
        concerns_last_year=view.year,
        open_actions=view.open_actions,
        open_answers=view.open_answers,
        weighed=[Weighed(standard=code, finding=finding, cases=many) for code, finding, many in view.weighed],
    )


def statistics(figures: Oversight) -> Statistics:
    return Statistics(
        at=figures.at,
        weeks=[
            WeekCount(
                begins=one.begins,
                cases=one.cases,
                concerns=one.concerns,
                dangers=one.dangers,
                situations=dict(one.situations),
            )
            for one in figures.weeks
        ],
        responses=[
            ResponseCount(
                priority=one.priority,
                in_time=one.in_time,
                too_late=one.too_late,
                not_yet=one.not_yet,
                overdue=one.overdue,
            )
            for one in figures.responses
        ],
        acknowledgements=dict(figures.acknowledgements),
        overdue_answers=figures.overdue_answers,
    )


def _line(entry: QueueEntry) -> dict[str, Any]:
    same = {name: getattr(entry, name) for name in CaseLine.__struct_fields__ if name not in CHANGED}
    situations = [one for one in Situation if one in entry.situations]
    return {**same, "situations": situations, "acknowledgement": LetterState(entry.acknowledgement)}


CHANGED = ("situations", "acknowledgement")
"""What an outline holds in another form."""


def _content(case: Case) -> dict[str, Any]:
    reference = case.entry.reference
    return {
        "version": case.version,
        "service_name": case.corrected.get("service_name", case.assessment.service_name or "") or None,
        "messages": [
            _message(case, case.entry.received_at),
            *(_message(one, one.received_at) for one in case.follow_ups),
        ],
        "notes": [NoteRead(written_by=one.written_by, written_at=one.written_at, text=one.text) for one in case.notes],
        "actions": [_action(reference, number, one) for number, one in enumerate(case.actions, 1)],
        "tasks": [
            TaskRead(kind=one.kind, why=one.why, other_case=one.other_case, created_at=one.created_at)
            for one in case.tasks
        ],
    }


def _message(one: Case | FollowUp, received_at: datetime) -> Message:
    return Message(
        received_at=received_at,
        subject=one.subject,
        narrative=one.narrative,
        quoted=one.quoted,
        evidence=[_flag(flag) for flag in one.assessment.evidence if flag.text.strip()],
        attachments=_files(one.attachments),
        defects=list(one.defects),
    )


def _flag(one: Evidence) -> Flag:
    return Flag(**{name: getattr(one, name) for name in Flag.__struct_fields__})


def _files(attachments: Sequence[Attachment]) -> list[File]:
    return [File(**{name: getattr(one, name) for name in File.__struct_fields__}) for one in attachments]


def _action(reference: str, number: int, one: Action) -> ActionRead:
    return ActionRead(
        id=f"{reference}-{number}",
        reference=reference,
        kind=one.kind,
        state=one.state,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        due_at=one.due_at,
        owner=one.owner,
        settled_by=one.settled_by,
        settled_at=one.settled_at,
        outcome=one.outcome,
    )


def _service(one: RegisteredService) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ServiceLine.__struct_fields__}
