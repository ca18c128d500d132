"""How long a search takes: `python -m bench.search [CASES ...]` prints a table, on SQLite with 10,000 cases by default.

The messages of the corpus are filed once each, with the shipped vault, and then copied in the record until there are as
many cases as asked for: each copy has the words of its message and one of its own, its own keys, and its own time. A
search is everything that the page does but for the page itself: the index, the count, the decryption of twenty cases
with the words around what was found, and the audit. The database is on the disk that TMPDIR names.
"""

from __future__ import annotations

import dataclasses
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

from mailbot.cases import database
from mailbot.cases.access import Officer
from mailbot.cases.arrivals.filing import new_reference
from mailbot.cases.arrivals.joining import clear_columns
from mailbot.cases.audit import key_of
from mailbot.cases.masking.narrative import IDENTITY_PLACE, NARRATIVE_PLACE, Identity, Narrative, masked
from mailbot.cases.schema import cases, search_documents
from mailbot.cases.sealing.vault import Purpose, Vault, new_key_file, read_keys
from mailbot.cases.search.index import tokens_of
from mailbot.cases.search.search import Search
from mailbot.cases.search.words import stems
from mailbot.clock import now
from mailbot.config import shipped
from mailbot.domain import Role
from mailbot.examples import corpus
from tests.doubles import assessment

OFFICER = Officer(email="officer@example.gov.uk", role=Role.OFFICER)
TIMES = 60
BATCH = 500


def main(counts: list[int]) -> None:
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            search = seeded(Path(folder), count)
            size = (Path(folder) / "mailbot.sqlite3").stat().st_size
            print(f"{count:,} cases, {size / 1e6:,.0f} MB, seeded in {time.perf_counter() - started:.0f} s")
            for name, queries in asked(count).items():
                report(name, search, queries)


def seeded(folder: Path, count: int) -> Search:
    """An installation with `count` cases."""
    new_key_file(folder / "keys", "bench")
    keyring = read_keys(folder / "keys", None)
    engine = database.open_database(f"sqlite:///{folder}/mailbot.sqlite3", lambda: key_of(keyring))
    database.upgrade(engine)
    vault = Vault(keyring, database.open_database(f"sqlite:///{folder}/keystore.sqlite3"))
    vault.create_store()
    messages = list(narratives(vault))
    for at in range(0, count, BATCH):
        some = range(at, min(at + BATCH, count))
        vault_ids = vault.open_many(len(some))
        with engine.execution_options(writes=True).begin() as connection:
            rows = [
                row(vault, vault_id, number, count, *messages[number % len(messages)][:2])
                for number, vault_id in zip(some, vault_ids, strict=True)
            ]
            connection.execute(sa.insert(cases), rows)
            documents = [
                {"case_id": number + 1, "tokens": document(vault, messages[number % len(messages)][2], number)}
                for number in some
            ]
            connection.execute(sa.insert(search_documents), documents)
    return Search(engine, vault, now)


def narratives(vault: Vault) -> Iterator[tuple[Narrative, Identity, list[str]]]:
    for example in corpus(shipped("models")):
        narrative, identity = masked(example.email, assessment())
        found = stems(narrative.text) | stems(narrative.subject) | stems(narrative.quoted)
        yield narrative, identity, tokens_of(vault.keyring, found)


def row(
    vault: Vault, vault_id: str, number: int, count: int, narrative: Narrative, identity: Identity
) -> dict[str, object]:
    received_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    own = dataclasses.replace(narrative, text=f"{narrative.text}\n{rare(number)}")
    return {
        "id": number + 1,
        "reference": new_reference(),
        "vault_id": vault_id,
        "mailbox": "enquiries",
        "restricted": random.random() < 0.1,
        "state": "new" if number > count - 200 else "closed",
        "version": 1,
        "received_at": received_at,
        "filed_at": received_at,
        "acknowledgement": "sent",
        **clear_columns(assessment()),
        "sealed_narrative": vault.seal(vault_id, Purpose.NARRATIVE, NARRATIVE_PLACE, msgspec.json.encode(own)),
        "sealed_identity": vault.seal(vault_id, Purpose.IDENTITY, IDENTITY_PLACE, msgspec.json.encode(identity)),
    }


def document(vault: Vault, tokens: list[str], number: int) -> str:
    return " ".join(sorted({*tokens, *tokens_of(vault.keyring, stems(rare(number)))}))


def rare(number: int) -> str:
    """A word that one case alone has."""
    return f"URN SC{number:07d}"


def asked(count: int) -> dict[str, list[str]]:
    """Queries by what they are."""
    return {
        "a common word": ["child", "home", "staff"],
        "a rare word": [f"SC{random.randrange(count):07d}" for _ in range(TIMES)],
        "two words": ["bruise home", "medication night", "social worker"],
        "a phrase": ['"social worker"', '"the home"'],
    }


def report(name: str, search: Search, queries: list[str]) -> None:
    seconds, totals = [], []
    for turn in range(TIMES):
        started = time.perf_counter()
        found = search.find(OFFICER, queries[turn % len(queries)], page=1)
        seconds.append(time.perf_counter() - started)
        totals.append(found.total)
    at = statistics.quantiles(seconds, n=20)
    print(
        f"  {name:14} p50 {at[9] * 1000:7.1f} ms  p95 {at[18] * 1000:7.1f} ms  found {min(totals):,} to {max(totals):,}"
    )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [10_000])
