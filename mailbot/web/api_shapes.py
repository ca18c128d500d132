"""What the API takes and gives, shape by shape: the one table that it is described, checked and answered by.

Shapes only ever gain fields within `VERSION`. Nothing here tells who wrote: texts are masked as officers read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mailbot.domain import (
    ActionKind,
    ActionState,
    CaseState,
    Confidentiality,
    Contact,
    Finding,
    Kind,
    LetterState,
    Remit,
    ServiceType,
    Situation,
    TaskKind,
    Whistleblowing,
)

VERSION = "1.0"
CASE_SCHEMA = "mailbot.case/1"

Reference = Annotated[str, Meta(pattern="^MB-[0-9A-Z]{4}-[0-9A-Z]{4}$", examples=["MB-4F7K-29QX"])]
ActionId = Annotated[str, Meta(pattern="^MB-[0-9A-Z]{4}-[0-9A-Z]{4}-[1-9][0-9]{0,3}$", examples=["MB-4F7K-29QX-1"])]
Urn = Annotated[str, Meta(pattern="^[A-Z]{0,2}[0-9]{5,7}$", examples=["SC123456"])]
Moment = Annotated[datetime, Meta(tz=True)]
Words = Annotated[str, Meta(max_length=5000)]


class CaseLine(Struct, kw_only=True, frozen=True):
    """A case as it may be listed without opening it."""

    reference: Reference
    mailbox: str
    restricted: bool
    state: CaseState
    priority: Annotated[int, Meta(ge=1, le=5)]
    received_at: Moment
    due_at: Moment
    seen_at: Moment | None
    kind: Kind
    immediate_risk: bool
    adult_in_danger: bool
    situations: list[Situation]
    remit: Remit
    service_type: ServiceType
    second_service_type: str
    whistleblowing: Whistleblowing
    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact
    local_authority: str | None
    urn: str | None
    language: str
    look_first: bool
    assigned_to: str | None
    has_task: bool
    acknowledgement: LetterState


class ActionLine(Struct, kw_only=True, frozen=True):
    """Something decided on a case. Its id never changes."""

    id: ActionId
    reference: Reference
    kind: ActionKind
    state: ActionState
    decided_by: str
    decided_at: Moment
    due_at: Moment | None
    owner: str
    settled_by: str | None
    settled_at: Moment | None


class ActionRead(ActionLine, kw_only=True, frozen=True):
    """The same with what came of it."""

    outcome: str


class Flag(Struct, kw_only=True, frozen=True):
    """The words behind a judgement: they stand at [start, end) of the message's `part`."""

    field: str
    value: str
    text: str
    part: str
    start: int
    end: int
    source: str
    score: float
    clause: str


class File(Struct, kw_only=True, frozen=True):
    """An attachment, and what could be read from it."""

    name: str
    media_type: str
    size: int
    text: str | None
    unread: bool
    sealed_because: str | None


class Message(Struct, kw_only=True, frozen=True):
    """What was written, identity masked."""

    received_at: Moment
    subject: str
    narrative: str
    quoted: str
    evidence: list[Flag]
    attachments: list[File]
    defects: list[str]


class NoteRead(Struct, kw_only=True, frozen=True):
    written_by: str
    written_at: Moment
    text: str


class TaskRead(Struct, kw_only=True, frozen=True):
    """Something that an officer must see to. `other_case` is the case it speaks of beside its own."""

    kind: TaskKind
    why: str
    other_case: Reference | None
    created_at: Moment


class CaseRead(CaseLine, kw_only=True, frozen=True):
    """A case as the token's role may read it, identity masked. A decision must name its `version`."""

    version: int
    service_name: str | None
    messages: list[Message]
    notes: list[NoteRead]
    actions: list[ActionRead]
    tasks: list[TaskRead]


class ExportedCase(CaseRead, kw_only=True, frozen=True):
    """One line of an export. `schema` grows in its last number where fields are added, else in its name."""

    schema: str
    exported_at: Moment


class CasePage(Struct, kw_only=True, frozen=True):
    """`after` is what to ask for next, null on the last page."""

    cases: list[CaseLine]
    after: Reference | None


class ActionPage(Struct, kw_only=True, frozen=True):
    """`after` is what to ask for next, null on the last page."""

    actions: list[ActionLine]
    after: ActionId | None


class ServiceLine(Struct, kw_only=True, frozen=True):
    """A service on the regulator's register."""

    urn: str
    name: str
    service_type: ServiceType
    authority: str
    town: str
    postcode: str
    places: int | None
    provider: str
    active: bool


class ServicePage(Struct, kw_only=True, frozen=True):
    services: list[ServiceLine]
    total: int


class Weighed(Struct, kw_only=True, frozen=True):
    """How many cases were weighed against a regulation or standard with which finding."""

    standard: str
    finding: Finding
    cases: int


class ServiceRead(ServiceLine, kw_only=True, frozen=True):
    """A service with what is held on it, counted over the cases that the token's role may see."""

    cases: int
    concerns_last_half_year: int
    concerns_last_year: int
    open_actions: int
    open_answers: int
    weighed: list[Weighed]


class WeekCount(Struct, kw_only=True, frozen=True):
    """What came in one week, which begins on a Monday in London."""

    begins: Moment
    cases: int
    concerns: int
    dangers: int
    situations: dict[Situation, int]


class ResponseCount(Struct, kw_only=True, frozen=True):
    """How soon the cases of a priority were seen."""

    priority: int
    in_time: int
    too_late: int
    not_yet: int
    overdue: int


class Statistics(Struct, kw_only=True, frozen=True):
    """The figures of the last half year, over the cases that the token's role may see."""

    at: Moment
    weeks: list[WeekCount]
    responses: list[ResponseCount]
    acknowledgements: dict[LetterState, int]
    overdue_answers: int


class DecisionGiven(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A review of a case. `corrections` gives fields their new values; they need a `reason`."""

    version: Annotated[int, Meta(ge=0, le=2_147_483_647)]
    corrections: Annotated[dict[str, Annotated[str, Meta(max_length=120)]], Meta(max_length=40)] = {}
    reason: Words = ""
    actions: Annotated[list[ActionKind], Meta(max_length=9)] = []
    note: Words = ""
    close: bool = False


class Decided(Struct, kw_only=True, frozen=True):
    """`version` is the case's now. Where a second officer must agree first, why: nothing has changed until then."""

    reference: Reference
    version: int
    waits_for_second_officer: str | None


class FieldProblem(Struct, kw_only=True, frozen=True):
    field: str
    detail: str


class Problem(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457). `version` is the case's, where a decision was made on an older one."""

    type: str
    title: str
    status: int
    detail: str
    version: int | UnsetType = UNSET
    errors: list[FieldProblem] | UnsetType = UNSET


class CasesAsked(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    state: CaseState | UnsetType = UNSET
    received_since: Moment | UnsetType = UNSET
    after: Reference | UnsetType = UNSET


class ActionsAsked(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    state: ActionState | UnsetType = UNSET
    after: ActionId | UnsetType = UNSET


class ServicesAsked(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    words: Annotated[str, Meta(max_length=200, pattern="^[^\\x00-\\x1f]*$")] | UnsetType = UNSET
    page: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET


class NothingAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """No query at all."""


def export_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line of an export."""
    (schema,), components = msgspec.json.schema_components([ExportedCase], ref_template="#/$defs/{name}")
    start = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": CASE_SCHEMA}
    return {**start, **schema, "$defs": components}
