"""A reporting year of the past, as the regulator published its counts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.cases.schema import actions, cases, confirmations
from mailbot.domain import ActionKind, ServiceType, Situation, Whistleblowing
from mailbot.pipeline import process
from tests.conftest import Installation
from tests.doubles import mail

SUMMER = datetime(2017, 7, 1, 12, 0, tzinfo=UTC)

SITUATIONS_OF_2017_18 = {
    Situation.CHILD_AT_RISK: 42,
    Situation.SYSTEMIC_FAILURE: 84,
    Situation.QUALITY_OF_CARE: 96,
    Situation.REGULATORY_BREACH: 49,
}
SERVICES_OF_2017_18 = {
    ServiceType.CHILDRENS_HOME: 178,
    ServiceType.LOCAL_AUTHORITY: 78,
    ServiceType.INDEPENDENT_FOSTERING_AGENCY: 10,
    ServiceType.RESIDENTIAL_FAMILY_CENTRE: 3,
    ServiceType.BOARDING_SCHOOL: 2,
    ServiceType.FE_RESIDENTIAL: 1,
    ServiceType.RESIDENTIAL_SPECIAL_SCHOOL: 1,
}
"""They add up to 273: two of the 271 disclosures concerned two services."""

LED_TO_ACTION = 200


def seed_2017_18(installation: Installation) -> None:
    """The 271 disclosures of 2017-18, each confirmed by an officer, 200 of them held for inspection."""
    situations = [situation for situation, count in SITUATIONS_OF_2017_18.items() for _ in range(count)]
    services = [service for service, count in SERVICES_OF_2017_18.items() for _ in range(count)]
    first, second = services[:271], services[271:]
    said = [
        {
            "whistleblowing": Whistleblowing.QUALIFYING,
            **{one: one is situations[number] for one in Situation},
            "service_type": service,
            "second_service_type": second[number] if number < len(second) else "none",
        }
        for number, service in enumerate(first)
    ]
    seed(installation, said, acted=LED_TO_ACTION)


def seed(installation: Installation, said: Sequence[dict[str, Any]], *, acted: int = 0) -> None:
    """Cases of the summer of 2017 with what officers said of each, the first `acted` of them held for inspection."""
    process(installation.ledger.keep([mail("WORKER")]), installation.office)
    with installation.engine.begin() as connection:
        like = dict(connection.execute(sa.select(cases)).one()._mapping)
        like |= {"received_at": SUMMER, "filed_at": SUMMER, "restricted": True}
        rows = [
            like | one | {"id": number, "vault_id": secrets.token_hex(16), "reference": f"MB-2017-{number:04}"}
            for number, one in enumerate(said, start=1000)
        ]
        connection.execute(sa.insert(cases), rows)
        confirmed = [{**one, "case_id": number, "at": SUMMER} for number, one in enumerate(said, start=1000)]
        connection.execute(sa.insert(confirmations), confirmed)
        held = {"kind": ActionKind.HOLD_FOR_INSPECTION, "decided_by": "wb@example.gov.uk"}
        decided = [
            {**held, "case_id": 1000 + number, "decided_at": SUMMER + timedelta(days=1)} for number in range(acted)
        ]
        if decided:
            connection.execute(sa.insert(actions), decided)
