"""How fast the pages are that officers use all day: `python -m bench.queue [--postgres] [COUNT …]` prints tables and
writes its part of bench/queue.json.

For each count, that many cases stand in a SQLite of their own, every commit on disk: one in ten to review, one in ten
in hand, one in twenty waiting, the others closed; each with the sealed words of a message of the corpus, these and a
number of its own in the search's index, an acknowledgement and three lines of the audit trail. An officer who is signed
in asks for the pages through Flask's own test client, in one process.

Then as many tickets with the same words stand in django-helpdesk (`bench.helpdesk`), if it can be installed.

With `--postgres` the cases get by COPY into a PostgreSQL with its default memory, which waits for no disk; nothing of
them is in the search's index: neither searches nor django-helpdesk are measured then.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from flask.testing import FlaskClient

from bench import helpdesk
from bench.search import document, narratives, rare
from mailbot.cases import database
from mailbot.cases.alerts import AlertState
from mailbot.cases.arrivals.threads import REFERENCE_ALPHABET
from mailbot.cases.masking.narrative import IDENTITY_PLACE, NARRATIVE_PLACE, Identity, Narrative, masked
from mailbot.cases.schema import alerts, audit, cases, letters, search_documents, second_looks
from mailbot.cases.sealing.vault import Purpose
from mailbot.cases.waiting import waits_from
from mailbot.clock import now
from mailbot.config import Database
from mailbot.demo import SignIn, demonstration
from mailbot.domain import CaseState, Kind, Remit, Role, ServiceType
from mailbot.parts import Parts
from mailbot.targets import ORDINARY
from mailbot.web import accounts
from mailbot.web.app import create_app
from tests.doubles import assessment, email
from tests.servers.postgres import fresh_database, running_postgres
from tests.web.conftest import sign_in, token_of

TIMES = 100
AT_ONCE = 5000
STATES = (CaseState.NEW,) * 2 + (CaseState.OPEN,) * 2 + (CaseState.WAITING,) + (CaseState.CLOSED,) * 15
TEXT = "The food is poor and nobody listens to the children at Larch House. " * 40
AUTHORITIES = ("Suffolk", "Essex", "Kent", "Leeds", None, None)
STAFF_LINES = 100
"""Numbers of the audit trail that are left to those of the accounts."""
WRITTEN = Path(__file__).parent / "queue.json"

LAST = "page=1000000"
FILTERS = "authority=Suffolk&situation=quality_of_care&assigned=nobodys"
QUEUE = {
    "queue, to review": "/queue",
    "queue, to review, page 5": "/queue?page=5",
    "queue, to review, last page": f"/queue?{LAST}",
    "queue, in hand": "/queue?state=open",
    "queue, in hand, last page": f"/queue?state=open&{LAST}",
    "queue, waiting": "/queue?state=waiting",
    "queue, waiting, last page": f"/queue?state=waiting&{LAST}",
    "queue, closed": "/queue?state=closed",
    "queue, closed, last page": f"/queue?state=closed&{LAST}",
    "queue, three filters": f"/queue?{FILTERS}",
    "queue, three filters, closed": f"/queue?state=closed&{FILTERS}",
    "queue, two rare filters": "/queue?language=cy&remit=grievance",
    "queue, has a task": "/queue?waiting_for=task",
}

SEARCHES = {
    "search, a common word": "child",
    "search, two words": "social worker",
    "search, a phrase": '"social worker"',
}

Figures = dict[str, dict[str, float]]
Clients = Mapping[str, FlaskClient]
"""Who asks, by how many cases there are."""


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.queue")
    asked.add_argument("counts", metavar="COUNT", type=int, nargs="*", help="how many cases")
    asked.add_argument("--postgres", action="store_true", help="on PostgreSQL, filled by COPY")
    given = asked.parse_args()
    if given.postgres:
        on_postgres(given.counts or [1_000_000])
    else:
        on_sqlite(given.counts or [10_000, 100_000])


def on_sqlite(counts: list[int]) -> None:
    began = standing()
    ours = measured(counts)
    report("mailbot", ours)
    theirs = helpdesk.measured(counts)
    if isinstance(theirs, str):
        print(theirs)
    else:
        report("django-helpdesk", theirs)
    write("sqlite", {**began, "mailbot": ours, "django-helpdesk": theirs})


def on_postgres(counts: list[int]) -> None:
    began = standing()
    ours = {str(count): measured_on_postgres(count) for count in counts}
    report("mailbot, PostgreSQL", ours)
    write("postgres", {**began, "mailbot": ours})


def standing() -> dict[str, Any]:
    """When and where it is measured, and how busy the machine is as it begins."""
    machine = f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"on": f"{now():%Y-%m-%d}", "machine": machine, "load": round(os.getloadavg()[0], 1)}


def write(part: str, found: dict[str, Any]) -> None:
    """Puts what was found into its part of the JSON file and leaves the other."""
    before = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else {}
    WRITTEN.write_text(json.dumps({**before, part: found}, indent=1) + "\n", encoding="utf-8")


def report(name: str, results: dict[str, Figures]) -> None:
    print(f"{name:28}" + "".join(f"{count:>10} p50{'p95':>8}{'CPU':>8}" for count in results) + "  (milliseconds)")
    for page in next(iter(results.values())):
        figures = (of[page] for of in results.values())
        print(f"{page:28}" + "".join(f"{one['p50']:14.0f}{one['p95']:8.0f}{one['cpu']:8.0f}" for one in figures))


def measured(counts: list[int]) -> dict[str, Figures]:
    """Milliseconds for each page, with that many cases on SQLite."""
    with ExitStack() as stack:
        clients, opened = {}, {}
        for count in counts:
            config, sign_ins = stack.enter_context(demonstration(8000))
            parts = Parts(config, demo=True)
            stack.callback(parts.engine.dispose)
            seed(parts, count)
            clients[str(count)], opened[str(count)] = signed_in(parts, sign_ins), in_hand(parts)
        found = pages(clients, opened)
        for name, words in SEARCHES.items():
            note(found, name, {count: [address(one, words)] * TIMES for count, one in clients.items()}, clients)
        rares = [rare(number).split()[-1] for number in random.Random(7).sample(range(min(counts)), TIMES)]
        asked = {count: [address(one, words) for words in rares] for count, one in clients.items()}
        note(found, "search, a rare word", asked, clients)
    return found


def measured_on_postgres(count: int) -> Figures:
    """Milliseconds for each page but searches, with that many cases on PostgreSQL."""
    with postgres() as (parts, sign_ins):
        began = time.perf_counter()
        copy(parts, count)
        took = time.perf_counter() - began
        print(f"{count:,} cases, {stored(parts) / 1e9:.1f} GB, in {took:.0f} seconds", flush=True)
        return pages({"": signed_in(parts, sign_ins)}, {"": in_hand(parts)})[""]


@contextmanager
def postgres() -> Iterator[tuple[Parts, list[SignIn]]]:
    """An installation whose record is on a PostgreSQL of its own, with an officer."""
    with running_postgres() as cluster, fresh_database(cluster) as url, demonstration(8000) as (config, sign_ins):
        parts = Parts(msgspec.structs.replace(config, database=Database(url=url)), demo=True)
        database.upgrade(parts.engine)
        one = officer_of(sign_ins)
        accounts.add(parts.engine, one.email, one.role, one.password, added_by="bench", at=now())
        yield parts, sign_ins
        parts.engine.dispose()


def officer_of(sign_ins: Iterable[SignIn]) -> SignIn:
    return next(one for one in sign_ins if one.role is Role.OFFICER)


def signed_in(parts: Parts, sign_ins: Iterable[SignIn]) -> FlaskClient:
    app = create_app(parts.record, parts.vault.keyring)
    app.testing = True
    app.test_client_class = FlaskClient  # that of the tests also looks for faults in each page
    client = app.test_client()
    officer = officer_of(sign_ins)
    sign_in(client, officer.email, officer.password)
    return client


def in_hand(parts: Parts) -> list[str]:
    """The addresses of cases that an officer may open."""
    query = sa.select(cases.c.reference).where(cases.c.state == CaseState.OPEN, cases.c.restricted.is_(False))
    with parts.engine.connect() as connection:
        return [f"/case/{reference}" for reference in connection.execute(query.limit(TIMES)).scalars()]


def pages(clients: Clients, opened: dict[str, list[str]]) -> dict[str, Figures]:
    """Milliseconds for each page of the queue, and for cases, by what the clients are called."""
    found: dict[str, Figures] = {name: {} for name in clients}
    for page, path in QUEUE.items():
        note(found, page, dict.fromkeys(clients, [path] * TIMES), clients)
    note(found, "a case", opened, clients)
    return found


def note(found: dict[str, Figures], page: str, asked: dict[str, list[str]], clients: Clients) -> None:
    """Adds the page's figures to those of each client; they ask in turns, so that each has its share of a busy time."""
    took: dict[str, list[float]] = {name: [] for name in clients}
    worked: dict[str, list[float]] = {name: [] for name in clients}
    for name, client in clients.items():
        client.get(asked[name][0])
    for turn in range(TIMES):
        for name, client in clients.items():
            path = asked[name][turn]
            started, working = time.perf_counter(), time.process_time()
            answer = client.get(path)
            worked[name].append((time.process_time() - working) * 1000)
            took[name].append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
    for name in clients:
        found[name][page] = helpdesk.figures(took[name], worked[name])


def address(client: FlaskClient, words: str) -> str:
    """Where the cases stand that were found."""
    token = token_of(client.get("/search").text)
    return client.post("/search", data={"words": words, "csrf_token": token}).headers["Location"]


def seed(parts: Parts, count: int) -> None:
    """Writes the cases straight into the tables; all of them under one key, so that each can be opened."""
    (vault_id,) = parts.vault.open_many(1)
    messages = [(sealed(parts, vault_id, *one[:2]), one[2]) for one in narratives(parts.vault)]
    for rows in batches(count, vault_id, [words for words, _ in messages]):
        documents = [
            {"case_id": row["id"], "tokens": document(parts.vault, messages[row["id"] % len(messages)][1], row["id"])}
            for row in rows
        ]
        with parts.engine.begin() as connection:
            for table, lines in tables_of(rows).items():
                connection.execute(sa.insert(table), lines)
            connection.execute(sa.insert(search_documents), documents)


def copy(parts: Parts, count: int) -> None:
    """The same by COPY, without the search's index; the other indexes are made afterwards, then VACUUM ANALYZE."""
    (vault_id,) = parts.vault.open_many(1)
    messages = [sealed(parts, vault_id, *one[:2]) for one in narratives(parts.vault)]
    indexes = [index for table in COPIED for index in table.indexes]
    with parts.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # has no foreign key looked up
        for index in indexes:
            index.drop(connection)
        for rows in batches(count, vault_id, messages):
            for table, lines in tables_of(rows).items():
                copy_rows(connection, table, lines)
        for index in indexes:
            index.create(connection)
    with parts.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def copy_rows(connection: sa.Connection, table: sa.Table, lines: list[dict[str, Any]]) -> None:
    names = list(lines[0]) if lines else []
    line: Any = connection.connection.driver_connection
    with line.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copying:
        for one in lines:
            copying.write_row([one[name] for name in names])


def stored(parts: Parts) -> int:
    """The bytes of the database."""
    with parts.engine.connect() as connection:
        size: int = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
    return size


def batches(count: int, vault_id: str, messages: list[dict[str, bytes]]) -> Iterator[list[dict[str, Any]]]:
    chance = random.Random(7)
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        yield [case_row(number, vault_id, messages[number % len(messages)], chance) for number in numbers]


COPIED = (cases, letters, audit, alerts, second_looks)


def tables_of(rows: list[dict[str, Any]]) -> dict[sa.Table, list[dict[str, Any]]]:
    """The rows of each table for these cases."""
    return {
        cases: rows,
        letters: [letter_row(row) for row in rows],
        audit: [line for row in rows for line in trail(row)],
        alerts: [alert_row(row) for row in rows if row["immediate_risk"]],
        second_looks: [look_row(row) for row in rows if row["id"] % 30 == 0],
    }


def sealed_parts(parts: Parts, vault_id: str) -> dict[str, bytes]:
    return sealed(parts, vault_id, *masked(email(text=TEXT), assessment()))


def sealed(parts: Parts, vault_id: str, narrative: Narrative, identity: Identity) -> dict[str, bytes]:
    seal, encode = parts.vault.seal, msgspec.json.encode
    return {
        "sealed_narrative": seal(vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, encode(narrative)),
        "sealed_identity": seal(vault_id, Purpose.IDENTITY, IDENTITY_PLACE, encode(identity)),
    }


def case_row(number: int, vault_id: str, sealed: dict[str, bytes], chance: random.Random) -> dict[str, Any]:
    state = chance.choice(STATES)
    received_at = now() - timedelta(minutes=chance.randrange(60 * 24 * (5 if state is CaseState.NEW else 365)))
    danger = chance.random() < 0.02
    priority = 1 if danger else chance.choice((2, 3, 3, 4, 5, 5))
    seen = state is not CaseState.NEW or chance.random() < (0.95 if danger else 0.5)
    return {
        "id": number,
        "reference": reference(number),
        "vault_id": vault_id,
        "mailbox": chance.choice(("enquiries", "enquiries", "whistleblowing")),
        "restricted": chance.random() < 0.1,
        "state": state,
        "version": 1,
        "priority": priority,
        "received_at": received_at,
        "filed_at": received_at,
        "acknowledgement": "sent",
        "assigned_to": chance.choice((None, None, "officer@ofsted-demo.example", "manager@ofsted-demo.example")),
        **waits_from(received_at, priority, ORDINARY),
        "seen_at": received_at + timedelta(minutes=9) if seen else None,
        "kind": chance.choice(tuple(Kind)),
        "immediate_risk": danger,
        "child_at_risk": danger or priority == 2,
        "systemic_failure": chance.random() < 0.2,
        "quality_of_care": chance.random() < 0.4,
        "regulatory_breach": chance.random() < 0.2,
        "remit": chance.choice(tuple(Remit)),
        "service_type": chance.choice(tuple(ServiceType)),
        "whistleblowing": "none",
        "anonymous": False,
        "confidentiality": "assumed",
        "contact": "email",
        "local_authority": chance.choice(AUTHORITIES),
        "urn": None,
        "language": chance.choice(("en",) * 50 + ("cy", "pl")),
        "adult_in_danger": False,
        "look_first": priority == 2,
        **sealed,
    }


def reference(number: int) -> str:
    """As scattered as a case's own, and no two alike: of a million drawn by chance two sometimes are."""
    bits = number * 0x9E3779B97F % 2**40  # by an odd number: each comes once
    signs = "".join(REFERENCE_ALPHABET[bits >> shift & 31] for shift in range(0, 40, 5))
    return f"MB-{signs[:4]}-{signs[4:]}"


def letter_row(case: dict[str, Any]) -> dict[str, Any]:
    moments = dict.fromkeys(("created_at", "due_at", "settled_at"), case["filed_at"])
    return {
        "token": f"{case['id']:032d}",
        "case_id": case["id"],
        "purpose": "acknowledgement",
        "channel": "email",
        "state": "sent",
        "attempts": 1,
        **moments,
    }


def alert_row(case: dict[str, Any]) -> dict[str, Any]:
    state = AlertState.DONE if case["seen_at"] else AlertState.WAITING
    moments = dict.fromkeys(("raised_at", "next_at"), case["filed_at"])
    return {"case_id": case["id"], "state": state, "told": 1, **moments}


def look_row(case: dict[str, Any]) -> dict[str, Any]:
    drawn_at = case["filed_at"] + timedelta(days=1)
    answered_at = None if case["id"] % 3000 == 0 else drawn_at
    return {"case_id": case["id"], "day": drawn_at.date(), "drawn_at": drawn_at, "answered_at": answered_at}


def trail(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step, act in enumerate(("filed", "read case", "decided")):
        actor = "mailbot" if act == "filed" else "officer@ofsted-demo.example"
        number = STAFF_LINES + 3 * case["id"] + step
        yield {
            "id": number,
            "at": case["filed_at"],
            "actor": actor,
            "act": act,
            "reference": case["reference"],
            "detail": "",
        }


if __name__ == "__main__":
    main()
