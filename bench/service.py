"""How fast a service's page is: `python -m bench.service [COUNT]` prints a table, with 5,000 cases on one service.

They stand in a SQLite of their own, every commit on disk, beside three times as many about 2,000 other services of the
same kind; a tenth of them is held for inspection. A duty manager who is signed in asks for the pages through Flask's
own test client, in one process. The processor's time says what a page costs on a machine that does nothing else.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from bench.queue import AT_ONCE, TIMES, case_row, sealed_parts
from mailbot.cases.schema import actions, cases
from mailbot.clock import now
from mailbot.demo import demonstration
from mailbot.domain import ActionKind, Kind, RegisteredService, Role, ServiceType
from mailbot.parts import Parts
from mailbot.web.app import create_app
from tests.web.conftest import sign_in

URN = "SC100000"
OTHERS = 2000
PAGES = {
    "service": f"/service/{URN}",
    "service, last page": f"/service/{URN}?page=1000000",
    "provider": "/provider/Hollin%20Care%20Ltd",
    "authority": "/authority/Lancashire",
    "services that got worse": "/services",
    "register searched": "/services?q=larch%20bank",
    "held, all services": "/inspections?whose=all",
    "oversight": "/dashboard",
}


def main(count: int) -> None:
    with demonstration(8000) as (config, sign_ins):
        parts = Parts(config, demo=True)
        seed(parts, count)
        app = create_app(parts.record, parts.vault.keyring)
        app.testing = True
        app.test_client_class = FlaskClient  # that of the tests also looks for faults in each page
        client = app.test_client()
        manager = next(one for one in sign_ins if one.role is Role.DUTY_MANAGER)
        sign_in(client, manager.email, manager.password)
        print(f"{'page':28}{'p50':>8}{'p95':>8}{'cpu p50':>10}{'cpu p95':>9}  (milliseconds, {count} cases)")
        for name, path in PAGES.items():
            wall, processor = timed(client, path)
            middles = (statistics.median(wall), statistics.median(processor))
            slow = (statistics.quantiles(wall, n=20)[-1], statistics.quantiles(processor, n=20)[-1])
            print(f"{name:28}{middles[0]:8.0f}{slow[0]:8.0f}{middles[1]:10.0f}{slow[1]:9.0f}")
        parts.engine.dispose()


def timed(client: FlaskClient, path: str) -> tuple[list[float], list[float]]:
    """Milliseconds for each time that a page is asked for: by the clock, and of the processor."""
    wall, processor = [], []
    client.get(path)
    for _ in range(TIMES):
        began = time.perf_counter(), time.process_time()
        if client.get(path).status_code != 200:
            raise RuntimeError(path)
        wall.append((time.perf_counter() - began[0]) * 1000)
        processor.append((time.process_time() - began[1]) * 1000)
    return wall, processor


def seed(parts: Parts, count: int) -> None:
    """Writes services, cases and actions straight into the tables."""
    parts.services.replace([_service(at) for at in range(OTHERS + 1)], "bench")
    (vault_id,) = parts.vault.open_many(1)
    sealed, chance = sealed_parts(parts, vault_id), random.Random(7)
    for first in range(1, 4 * count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, 4 * count + 1))
        rows = [{**case_row(at, vault_id, sealed, chance), **_about(at, count, chance)} for at in numbers]
        with parts.engine.begin() as connection:
            connection.execute(sa.insert(cases), rows)
            held = [_held(row, vault_id) for row in rows if row["id"] % 10 == 0]
            connection.execute(sa.insert(actions), held)
    with parts.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))


def _service(number: int) -> RegisteredService:
    return RegisteredService(
        urn=f"SC{100000 + number}",
        name=f"Larch Bank {number}",
        service_type=ServiceType.CHILDRENS_HOME,
        authority="Lancashire" if number % 10 == 0 else "Essex",
        provider="Hollin Care Ltd" if number % 20 == 0 else f"Provider {number % 300}",
    )


def _about(number: int, count: int, chance: random.Random) -> dict[str, Any]:
    urn = URN if number <= count else f"SC{100001 + chance.randrange(OTHERS)}"
    received_at = now() - timedelta(minutes=chance.randrange(60 * 24 * 730))
    return {"urn": urn, "kind": Kind.CONCERN, "local_authority": None, "received_at": received_at}


def _held(row: dict[str, Any], vault_id: str) -> dict[str, Any]:
    return {
        "case_id": row["id"],
        "vault_id": vault_id,
        "kind": ActionKind.HOLD_FOR_INSPECTION,
        "decided_by": "officer@ofsted-demo.example",
        "decided_at": row["received_at"],
        "owner": "officer@ofsted-demo.example",
        "state": "open",
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
