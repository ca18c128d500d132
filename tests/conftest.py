"""Fixtures: an installation on SQLite in a temporary folder, and on PostgreSQL where its server is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.cases import database
from mailbot.cases.ledger import Ledger
from mailbot.cases.outbox import Outbox
from mailbot.cases.store import Officer, Store
from mailbot.cases.vault import Vault, new_key_file, read_keys
from mailbot.config import shipped
from mailbot.correspondence.compose import Composer
from mailbot.domain import Role
from mailbot.intake.parse import parse
from mailbot.pipeline import Office
from tests.doubles import StillClock, WordJudge
from tests.servers import ServerMissing
from tests.servers.postgres import fresh_database, running_postgres

OFFICER = Officer(email="officer@example.gov.uk", role=Role.OFFICER)
WHISTLEBLOWING_OFFICER = Officer(email="wb@example.gov.uk", role=Role.WHISTLEBLOWING_OFFICER)


@dataclass(frozen=True)
class Installation:
    """A database of its own with everything that works on it, judged by `WordJudge`."""

    folder: Path
    engine: sa.Engine
    vault: Vault
    clock: StillClock
    ledger: Ledger
    store: Store
    outbox: Outbox
    office: Office


def installed(folder: Path, url: str) -> Installation:
    clock = StillClock()
    engine = database.open_database(url)
    database.upgrade(engine)
    new_key_file(folder / "keys", "test")
    vault = Vault(read_keys(folder / "keys", None), database.open_database(f"sqlite:///{folder}/keystore.sqlite3"))
    vault.create_store()
    store = Store(engine, vault, clock, {"whistleblowing"})
    ledger = Ledger(engine, vault, clock)
    office = Office(
        ledger=ledger,
        store=store,
        parse=parse,
        assessor=WordJudge(),
        composer=Composer(shipped("templates"), {"enquiries": "enquiries@example.gov.uk"}),
        own_addresses=frozenset({"enquiries@example.gov.uk"}),
    )
    return Installation(folder, engine, vault, clock, ledger, store, Outbox(engine, vault, clock), office)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Installation]:
    installation = installed(tmp_path, f"sqlite:///{tmp_path}/mailbot.sqlite3")
    yield installation
    installation.engine.dispose()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    try:
        with running_postgres() as url:
            yield url
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres(tmp_path: Path, postgres_cluster: str) -> Iterator[Installation]:
    with fresh_database(postgres_cluster) as url:
        installation = installed(tmp_path, url)
        yield installation
        installation.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """The same installation on each engine in turn."""
    made: Installation = request.getfixturevalue(request.param)
    return made
