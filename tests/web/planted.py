"""An installation with something on every page: cases of each kind in each state, and what officers did with them."""

from __future__ import annotations

import dataclasses
from datetime import date

import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.queue import Filters
from mailbot.cases.schema import cases
from mailbot.cases.services.inspections import Outcome
from mailbot.demo import REGISTER
from mailbot.domain import (
    ActionKind,
    AuthorityContact,
    Call,
    CaseState,
    Decision,
    Finding,
    Kind,
    RegisteredService,
    Role,
    ServiceType,
)
from mailbot.pipeline import process
from mailbot.reports.drafting import Wanted
from mailbot.reports.year import ReportingYear
from mailbot.triage.register import read_register
from mailbot.web.app import Record
from tests.conftest import Installation
from tests.doubles import NOON, mail
from tests.test_post import HOUSE, PostJudge

TOLD = "Since May the staff at Larch Bank have locked the kitchen at night, and nobody writes down who is restrained."
TEXTS = (
    f"{TOLD} Please look into it.",
    "DANGER: he hurts her every night, and tonight too.",
    "WORKER here. The rota is made up after the shifts.",
    "WORKER and DANGER. A child was locked out last night.",
    "The food is poor.",
    "How do I complain about a home?",
)
LARCH = RegisteredService(
    urn="SC123456",
    name="Larch Bank",
    service_type=ServiceType.CHILDRENS_HOME,
    authority="Kent",
    town="Ashford",
    provider="Hollin Care Ltd",
    manager="Dilip Raval",
    responsible_individual="Angela Tranter",
    email="manager@larch-bank.example",
)
KENT = AuthorityContact(
    authority="Kent",
    office="Front door",
    hours="Monday to Friday, 9am to 5pm",
    telephone="01632 960111",
    out_of_hours_telephone="01632 960112",
    email="front.door@kent.example",
    sample=True,
)


@dataclasses.dataclass(frozen=True)
class Planted:
    """Where what was planted stands: a case that much was done on, its service and the numbers on it; and others."""

    reference: str
    danger: str
    restricted: str
    drawn: str
    urn: str
    year: str
    action: int
    approach: int


def officer(role: Role) -> Officer:
    return Officer(email=f"{role}@example.gov.uk", role=role)


def plant(installation: Installation, record: Record) -> Planted:
    """Files the messages, then does on them what officers do."""
    lead = officer(Role.WHISTLEBLOWING_OFFICER)
    batch = [mail(text, uid=at, sender=f"Jo <jo{at}@post.example>") for at, text in enumerate((*TEXTS, "CRASH"), 1)]
    process(installation.ledger.keep(batch), installation.office)
    record.services.replace([*read_register(REGISTER), LARCH], "test")
    record.authorities.replace([KENT], "test")
    with record.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=LARCH.urn, local_authority="Kent"))
        last = sa.select(sa.func.max(cases.c.id)).scalar_subquery()
        connection.execute(sa.update(cases).where(cases.c.id == last).values(kind=Kind.ENQUIRY, priority=4, urn=None))
    by_post = dataclasses.replace(installation.office, assessor=PostJudge(HOUSE))
    process(installation.ledger.keep([mail("Please write back by post.", uid=len(batch) + 1)]), by_post)
    listed = installation.store.queue(lead)
    worked = next(one.reference for one in listed if not one.restricted and not one.immediate_risk)
    danger = next(one.reference for one in listed if one.immediate_risk and not one.restricted)
    action = _work_on(record, worked, lead)
    record.store.review(danger, lead, record.store.open_case(danger, lead).version, Decision(note="Rang the council."))
    call = Call(called_by=lead.email, called_at=NOON, spoke_to="Sam Okoro", given_reference="K-77", said="Will visit.")
    case = record.store.open_case(worked, lead)
    number = record.dispatch.begin(case, lead, ActionKind.REFER_TO_AUTHORITY, "Kent")
    record.dispatch.note_call(record.approaches.one(worked, number, lead), lead, call)
    record.handovers.write(officer(Role.OFFICER), "Two dangers wait for their council to ring back.")
    record.views.save(lead, "Kent, unseen", CaseState.NEW, Filters(authority=("Kent",)))
    _inspect(record, worked, lead)
    year = record.annual_reports.publish(lead, Wanted(year=ReportingYear.named("2025-26"))).year
    installation.clock.advance(days=1)
    installation.second_looks.draw(1)
    return Planted(
        reference=worked,
        danger=danger,
        restricted=next(one.reference for one in listed if one.restricted and not one.immediate_risk),
        drawn=installation.second_looks.waiting(lead)[0].reference,
        urn=LARCH.urn,
        year=str(year),
        action=action,
        approach=number,
    )


def _work_on(record: Record, reference: str, who: Officer) -> int:
    """Reads, decides, notes, weighs and asks after who wrote; the number of the last action."""
    version = record.store.open_case(reference, who).version
    kinds = (ActionKind.HOLD_FOR_INSPECTION, ActionKind.ASK_THE_SERVICE, ActionKind.SIGNPOST)
    record.store.review(reference, who, version, Decision(actions=kinds, note="The council knows of it."))
    record.lines_of_enquiry.write(reference, who, "Who locks the kitchen, and on whose word?")
    standard = record.weighings.book.of(ServiceType.CHILDRENS_HOME)[0].code
    record.weighings.weigh(reference, who, standard, Finding.MAY_BE_BREACHED, "Food is kept from children.")
    record.identities.ask(reference, who, "To ring back")
    return record.store.open_case(reference, who).actions[-1].id


def _inspect(record: Record, reference: str, who: Officer) -> None:
    held = record.held.of_case(reference, who)[0]
    record.held.keep(
        reference, who, held.action_id, record.config.inspection.themes[0], "Look at how doors are locked."
    )
    grades = ("Requires improvement to be good", "Good", "Inadequate")
    past = Outcome(
        urn=LARCH.urn,
        kind="Full inspection",
        held_on=date(2026, 1, 20),
        overall=grades[0],
        protection=grades[1],
        leadership=grades[2],
    )
    record.inspections.take_over([past], "test")
    record.inspections.plan(LARCH.urn, who, "Full inspection", date(2027, 1, 20), reference)
    record.inspections.name_inspector(LARCH.urn, who, officer(Role.INSPECTOR).email)
