"""The register in the record: each import makes the newest one count, and nothing of the old is deleted."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from mailbot.cases.schema import audit
from mailbot.cases.services.services import Services, differences
from mailbot.domain import RegisteredService, ServiceMatch, ServiceType
from mailbot.pipeline import process
from tests.conftest import OFFICER, Installation
from tests.doubles import WordJudge, assessment, mail

LARCH = RegisteredService(
    urn="SC123456", name="Larch Bank", service_type=ServiceType.CHILDRENS_HOME, authority="Lancashire", town="Preston"
)
QUARRY = RegisteredService(
    urn="SC123457", name="Quarry View", service_type=ServiceType.CHILDRENS_HOME, authority="Calderdale", places=4
)


def test_an_import_tells_what_is_new_changed_and_closed(installation: Installation) -> None:
    services = Services(installation.engine, installation.clock)
    first = services.replace([LARCH, QUARRY], "tester")
    moved = dataclasses.replace(LARCH, town="Leyland")
    second = services.replace([moved], "tester")
    third = services.replace([moved, QUARRY], "tester")

    assert [one.urn for one in first.new] == ["SC123456", "SC123457"]
    assert second.changed == ((LARCH, moved),)
    assert differences(*second.changed[0]) == ["town Preston → Leyland"]
    assert second.closed == (QUARRY,)
    assert third.same == 1
    assert [new for _, new in third.changed] == [QUARRY]
    assert third.reopened == (QUARRY,), "a service that is listed again is open again"


def test_a_service_that_is_listed_no_longer_stays_as_closed(installation: Installation) -> None:
    services = Services(installation.engine, installation.clock)
    services.replace([LARCH, QUARRY], "tester")
    installation.clock.advance(days=30)
    services.replace([QUARRY], "tester")

    assert services.listed() == (dataclasses.replace(LARCH, active=False), QUARRY)


def test_a_running_worker_reads_the_register_again_after_an_import(installation: Installation) -> None:
    worker, command = (Services(installation.engine, installation.clock) for _ in range(2))
    assert worker.listed() == ()
    command.replace([LARCH], "tester")
    once = worker.listed()

    assert once == (LARCH,)
    assert worker.listed() is once
    installation.clock.advance(seconds=1)
    command.replace([LARCH, QUARRY], "tester")
    assert worker.listed() == (LARCH, QUARRY)


def test_an_import_is_audited(installation: Installation) -> None:
    Services(installation.engine, installation.clock).replace([LARCH], "tester")

    with installation.engine.connect() as connection:
        row = connection.execute(sa.select(audit).where(audit.c.act == "register imported")).one()
    assert (row.actor, row.detail) == ("tester", "1 new, 0 changed, 0 closed, 0 open again")


def test_a_case_carries_the_number_of_the_service_it_was_matched_to(sqlite: Installation) -> None:
    match = ServiceMatch(
        urn="SC123456",
        name="Larch Bank",
        service_type=ServiceType.CHILDRENS_HOME,
        authority="Lancashire",
        active=True,
        score=0.97,
    )

    class Matching(WordJudge):
        def _one(self, one: object) -> object:  # type: ignore[override]
            return assessment(service_name="Larch bank", registered=match)

    office = dataclasses.replace(sqlite.office, assessor=Matching())  # type: ignore[arg-type]
    process(sqlite.ledger.keep([mail("The food is poor at Larch bank.")]), office)
    (entry,) = sqlite.store.queue(OFFICER)
    case = sqlite.store.open_case(entry.reference, OFFICER)

    assert entry.urn == "SC123456"
    assert case.assessment.registered == match
    assert case.assessment.urn is None
