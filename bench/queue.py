"""How fast the pages are that officers use all day: `python -m bench.queue [COUNT …]` prints tables and writes
bench/queue.json.

For each count, that many cases stand in a SQLite of their own, every commit on disk: one in ten to review, one in ten
in hand, one in twenty waiting, the others closed; each with the sealed words of a message of the corpus, these and a
number of its own in the search's index, an acknowledgement and three lines of the audit trail. An officer who is signed
in asks for the pages through Flask's own test client, in one process.

Then as many tickets with the same words stand in django-helpdesk (`bench.helpdesk`), if it can be installed.
"""

from __future__ import annotations

import json
import platform
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from flask.testing import FlaskClient

from bench import helpdesk
from bench.search import document, narratives, rare
from mailbot.cases.alerts import AlertState
from mailbot.cases.filing import new_reference
from mailbot.cases.narrative import IDENTITY_PLACE, NARRATIVE_PLACE, Identity, Narrative, masked
from mailbot.cases.schema import alerts, audit, cases, letters, search_documents, second_looks
from mailbot.cases.vault import Purpose
from mailbot.cases.waiting import waits_from
from mailbot.clock import now
from mailbot.demo import demonstration
from mailbot.domain import CaseState, Kind, Remit, Role, ServiceType
from mailbot.parts import Parts
from mailbot.targets import ORDINARY
from mailbot.web.app import create_app
from tests.doubles import assessment, email
from tests.web.conftest import sign_in, token_of

TIMES = 60
AT_ONCE = 5000
STATES = (CaseState.NEW,) * 2 + (CaseState.OPEN,) * 2 + (CaseState.WAITING,) + (CaseState.CLOSED,) * 15
TEXT = "The food is poor and nobody listens to the children at Larch House. " * 40
AUTHORITIES = ("Suffolk", "Essex", "Kent", "Leeds", None, None)

QUEUE = {
    "queue, to review": "/queue",
    "queue, page 5": "/queue?page=5",
    "queue, closed": "/queue?state=closed",
    "queue, closed, last page": "/queue?state=closed&page=1000000",
    "queue, three filters": "/queue?authority=Suffolk&situation=quality_of_care&assigned=nobodys",
    "queue, nothing found": "/queue?language=cy&remit=grievance",
    "queue, has a task": "/queue?waiting_for=task",
}

SEARCHES = {
    "search, a common word": "child",
    "search, two words": "social worker",
    "search, a phrase": '"social worker"',
}

Figures = dict[str, dict[str, float]]


def main(counts: list[int]) -> None:
    ours = {str(count): measured(count) for count in counts}
    report("mailbot", ours)
    theirs = helpdesk.measured(counts)
    if isinstance(theirs, str):
        print(theirs)
    else:
        report("django-helpdesk", theirs)
    written = {"on": f"{now():%Y-%m-%d}", "machine": f"{platform.machine()}, Python {platform.python_version()}"}
    text = json.dumps({**written, "mailbot": ours, "django-helpdesk": theirs}, indent=1)
    (Path(__file__).parent / "queue.json").write_text(text + "\n", encoding="utf-8")


def report(name: str, results: dict[str, Figures]) -> None:
    print(f"{name:28}" + "".join(f"{count:>10} p50{'p95':>8}{'CPU':>8}" for count in results) + "  (milliseconds)")
    for page in next(iter(results.values())):
        figures = (of[page] for of in results.values())
        print(f"{page:28}" + "".join(f"{one['p50']:14.0f}{one['p95']:8.0f}{one['cpu']:8.0f}" for one in figures))


def measured(count: int) -> Figures:
    """Milliseconds for each page, with that many cases."""
    with demonstration(8000) as (config, sign_ins):
        parts = Parts(config, demo=True)
        seed(parts, count)
        app = create_app(parts.record, parts.vault.keyring)
        app.testing = True
        client = app.test_client()
        officer = next(one for one in sign_ins if one.role is Role.OFFICER)
        sign_in(client, officer.email, officer.password)
        found = {name: timed(client, [path] * TIMES) for name, path in QUEUE.items()}
        query = sa.select(cases.c.reference).where(cases.c.state == CaseState.OPEN, cases.c.restricted.is_(False))
        with parts.engine.connect() as connection:
            opened = connection.execute(query.limit(TIMES)).scalars().all()
        found["a case"] = timed(client, [f"/case/{reference}" for reference in opened])
        rares = [rare(number).split()[-1] for number in random.Random(7).sample(range(count), TIMES)]
        found |= {name: timed(client, [address(client, words)] * TIMES) for name, words in SEARCHES.items()}
        found["search, a rare word"] = timed(client, [address(client, words) for words in rares])
        parts.engine.dispose()
    return found


def address(client: FlaskClient, words: str) -> str:
    """Where the cases stand that were found."""
    token = token_of(client.get("/search").text)
    return client.post("/search", data={"words": words, "csrf_token": token}).headers["Location"]


def timed(client: FlaskClient, paths: list[str]) -> dict[str, float]:
    client.get(paths[0])
    took, worked = [], []
    for path in paths:
        started, working = time.perf_counter(), time.process_time()
        answer = client.get(path)
        worked.append((time.process_time() - working) * 1000)
        took.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
    return helpdesk.figures(took, worked)


def seed(parts: Parts, count: int) -> None:
    """Writes the cases straight into the tables; all of them under one key, so that each can be opened."""
    (vault_id,) = parts.vault.open_many(1)
    messages = [(sealed(parts, vault_id, *message), tokens) for *message, tokens in narratives(parts.vault)]
    chance = random.Random(7)
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        rows = [case_row(number, vault_id, messages[number % len(messages)][0], chance) for number in numbers]
        documents = [
            {"case_id": number, "tokens": document(parts.vault, messages[number % len(messages)][1], number)}
            for number in numbers
        ]
        with parts.engine.begin() as connection:
            connection.execute(sa.insert(cases), rows)
            connection.execute(sa.insert(search_documents), documents)
            connection.execute(sa.insert(letters), [letter_row(row) for row in rows])
            connection.execute(sa.insert(audit), [line for row in rows for line in trail(row)])
            connection.execute(sa.insert(alerts), [alert_row(row) for row in rows if row["immediate_risk"]])
            connection.execute(sa.insert(second_looks), [look_row(row) for row in rows if row["id"] % 30 == 0])


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
        "reference": new_reference(),
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
    for act in ("filed", "read case", "decided"):
        actor = "mailbot" if act == "filed" else "officer@ofsted-demo.example"
        yield {"at": case["filed_at"], "actor": actor, "act": act, "reference": case["reference"], "detail": ""}


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [10_000, 100_000])
