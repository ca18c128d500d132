"""Workers' disclosures of a reporting year, counted from what officers said of cases they had read (P21).

A case counts by what stood at the time that is asked for: the last confirmation, the actions and the joins before it. A
case that was joined to another is no disclosure of its own; its service and its actions count where it went on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import actions, cases, confirmations, opinions
from mailbot.cases.schema import audit as trail
from mailbot.clock import Clock
from mailbot.domain import ActionKind, ServiceType, Situation, Whistleblowing
from mailbot.reports.disclosure_control import Figures
from mailbot.reports.year import ReportingYear

FURTHER_ACTION: Mapping[ActionKind, str] = {
    ActionKind.REFER_TO_AUTHORITY: "Referred to a local authority's child protection team",
    ActionKind.ASK_THE_SERVICE: "Asked the service to enquire and answer",
    ActionKind.BRING_INSPECTION_FORWARD: "Brought an inspection, visit or meeting forward",
    ActionKind.HOLD_FOR_INSPECTION: "Held for the next inspection, as a line of enquiry",
    ActionKind.INSPECT: "Inspected the service",
    ActionKind.SHARE_WITH_BODY: "Shared with another body",
    ActionKind.ASK_THE_SENDER: "Asked the worker for more",
}
"""What counts as further action. Pointing somebody to another body, and deciding on none, do not."""

SITUATIONS: Mapping[Situation, str] = {
    Situation.CHILD_AT_RISK: "A child may be at risk",
    Situation.SYSTEMIC_FAILURE: "Wider or systemic failure",
    Situation.QUALITY_OF_CARE: "Quality of care",
    Situation.REGULATORY_BREACH: "Requirements not met",
}
"""The situations by order (P8): a disclosure counts once, under the first that it has, as it did in 2017-18."""
NO_SITUATION = "None of these"

SERVICES: Mapping[str, frozenset[ServiceType]] = {
    "Residential care in children's homes": frozenset({ServiceType.CHILDRENS_HOME}),
    "Supported accommodation": frozenset({ServiceType.SUPPORTED_ACCOMMODATION}),
    "Residential holiday schemes for disabled children": frozenset({ServiceType.RESIDENTIAL_HOLIDAY_SCHEME}),
    "Residential family centres": frozenset({ServiceType.RESIDENTIAL_FAMILY_CENTRE}),
    "Local authority children's services": frozenset({ServiceType.LOCAL_AUTHORITY}),
    "Independent fostering agencies": frozenset({ServiceType.INDEPENDENT_FOSTERING_AGENCY}),
    "Adoption agencies and adoption support agencies": frozenset(
        {ServiceType.VOLUNTARY_ADOPTION_AGENCY, ServiceType.ADOPTION_SUPPORT_AGENCY}
    ),
    "Boarding and further education accommodation": frozenset(
        {ServiceType.BOARDING_SCHOOL, ServiceType.FE_RESIDENTIAL}
    ),
    "Residential special schools": frozenset({ServiceType.RESIDENTIAL_SPECIAL_SCHOOL}),
}
"""The rows of the table of services. A kind that has but one provider, or a handful, must never be one: its row would
name an employer whatever its count (regulation 5 of SI 2017/507)."""
OTHER_SERVICES = "Other services, and those of which there are only a few"

UNREAD = "Messages that may be disclosures, which no officer had confirmed"
NOT_COVERED = "People whom the law does not cover with us, such as volunteers, foster carers and some services' workers"
"""Services that are left out of the law stand in one row with people who are: some have but one provider."""

_LEFT_OUT = frozenset({Whistleblowing.NOT_COVERED, Whistleblowing.EXCLUDED_SERVICE})


class Disclosures:
    """Counts what is there for an officer who may read restricted cases."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._writing = writing(engine)
        self._clock = clock

    def figures(self, year: ReportingYear, officer: Officer, as_at: datetime, detail: str = "") -> Figures:
        """The figures in clear as they stood at `as_at`. Audited, with `detail`.

        Raises `NotAllowed` for whoever may not read restricted cases: these counts are made of them.
        """
        demand(officer, Permission.READ_RESTRICTED)
        with storage_errors(), self._writing.begin() as connection:

            def rows(query: sa.Select[Any]) -> list[Any]:
                return list(connection.execute(visible(query, officer)))

            received = rows(_received(year, as_at))
            joined = rows(_joined(as_at))
            decided = rows(_decided(year, as_at))
            audit.record(
                connection,
                at=self._clock(),
                actor=officer.email,
                act="annual report drawn up",
                detail=f"{year} as at {as_at:%Y-%m-%d %H:%M}Z{detail}",
            )
        return _counted(received, joined, decided)


def _counted(received: Iterable[Any], joined: Collection[Any], decided: Iterable[Any]) -> Figures:
    goes_on_as = {row.id: row.joined_to for row in joined}

    def root(case_id: int) -> int:
        while case_id in goes_on_as:
            case_id = goes_on_as[case_id]
        return case_id

    own = [row for row in received if row.id not in goes_on_as]
    disclosures = {row.id: row for row in own if row.confirmed == Whistleblowing.QUALIFYING}
    kinds: dict[int, set[ActionKind]] = defaultdict(set)
    for row in decided:
        kinds[root(row.case_id)].add(ActionKind(row.kind))
    services: dict[int, set[str]] = {number: set(_services(row)) for number, row in disclosures.items()}
    for row in joined:
        if row.confirmed is not None and root(row.id) in services:
            services[root(row.id)] |= set(_services(row))
    acted = {number: kinds[number] & set(FURTHER_ACTION) for number in disclosures}
    return Figures(
        total=len(disclosures),
        further=sum(1 for one in acted.values() if one),
        by_action=_tally(FURTHER_ACTION.values(), (FURTHER_ACTION[kind] for one in acted.values() for kind in one)),
        by_situation=_tally((*SITUATIONS.values(), NO_SITUATION), map(_situation, disclosures.values())),
        by_service=_tally((*SERVICES, OTHER_SERVICES), (name for one in services.values() for name in one)),
        apart={
            UNREAD: _count(own, lambda row: row.confirmed is None and row.machine == Whistleblowing.QUALIFYING),
            NOT_COVERED: _count(own, lambda row: row.confirmed in _LEFT_OUT),
        },
    )


def _tally(names: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = Counter(found)
    return {name: counts[name] for name in names}


def _count(rows: Iterable[Any], wanted: Callable[[Any], bool]) -> int:
    return sum(1 for row in rows if wanted(row))


def _situation(row: Any) -> str:
    return next((name for situation, name in SITUATIONS.items() if getattr(row, situation)), NO_SITUATION)


def _services(row: Any) -> tuple[str, ...]:
    """The rows of the table under which a case counts: one, or two where an officer named a second service."""
    kinds = [kind for kind in (row.service_type, row.second_service_type) if kind != "none"]
    return tuple(next((name for name, held in SERVICES.items() if kind in held), OTHER_SERVICES) for kind in kinds)


_SAID = (
    confirmations.c.whistleblowing.label("confirmed"),
    *(confirmations.c[situation] for situation in Situation),
    confirmations.c.service_type,
    confirmations.c.second_service_type,
)


def _last(as_at: datetime) -> sa.ColumnElement[bool]:
    """That a confirmation is the last of its case before `as_at`."""
    newest = (
        sa.select(sa.func.max(confirmations.c.id)).where(confirmations.c.at <= as_at).group_by(confirmations.c.case_id)
    )
    return (confirmations.c.case_id == cases.c.id) & confirmations.c.id.in_(newest)


def _received(year: ReportingYear, as_at: datetime) -> sa.Select[Any]:
    """The cases of the year with what was said of each, by an officer and by the machine."""
    return (
        sa.select(cases.c.id, _machine().label("machine"), *_SAID)
        .outerjoin(confirmations, _last(as_at))
        .where(cases.c.received_at >= year.begins_at, cases.c.received_at < year.ends_at, cases.c.filed_at <= as_at)
        .order_by(cases.c.id)
    )


def _machine() -> sa.ColumnElement[str]:
    """What stands of a case that nobody has confirmed; of one confirmed since then, what the machine said at first."""
    at_first = sa.select(opinions.c.whistleblowing).where(opinions.c.case_id == cases.c.id, opinions.c.decides)
    confirmed_since = sa.exists().where(confirmations.c.case_id == cases.c.id).correlate(cases)
    said = sa.func.coalesce(at_first.order_by(opinions.c.id).limit(1).scalar_subquery(), cases.c.whistleblowing)
    return sa.case((confirmed_since, said), else_=cases.c.whistleblowing)


def _joined(as_at: datetime) -> sa.Select[Any]:
    """The cases that went on as others by then."""
    by_then = sa.select(trail.c.reference).where(trail.c.act == "case joined", trail.c.at <= as_at)
    return (
        sa.select(cases.c.id, cases.c.joined_to, *_SAID)
        .outerjoin(confirmations, _last(as_at))
        .where(cases.c.joined_to.is_not(None), cases.c.reference.in_(by_then))
    )


def _decided(year: ReportingYear, as_at: datetime) -> sa.Select[Any]:
    """What was decided during the year, as the regulations ask, and by then, on workers' cases and on those joined."""
    said = sa.select(confirmations.c.case_id).where(confirmations.c.whistleblowing == Whistleblowing.QUALIFYING)
    return (
        sa.select(actions.c.case_id, actions.c.kind)
        .join(cases, cases.c.id == actions.c.case_id)
        .where(
            actions.c.decided_at >= year.begins_at,
            actions.c.decided_at < year.ends_at,
            actions.c.decided_at <= as_at,
            cases.c.id.in_(said) | cases.c.joined_to.is_not(None),
        )
    )
