"""Fixtures: an installation on SQLite in a temporary folder, and on PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from passlib.handlers.argon2 import argon2 as passlib_argon2

from mailbot.cases import audit, database, schema
from mailbot.cases.access import Officer
from mailbot.cases.alerts import AlertBook
from mailbot.cases.approvals import Approvals
from mailbot.cases.arrivals.aside import Aside
from mailbot.cases.arrivals.by_hand import Entries
from mailbot.cases.arrivals.ledger import Ledger
from mailbot.cases.identity.openings import Openings
from mailbot.cases.letters.approaches import Approaches
from mailbot.cases.letters.outbox import Outbox
from mailbot.cases.oversight.learning import Learning
from mailbot.cases.oversight.second_looks import SecondLooks
from mailbot.cases.oversight.standing import Standings
from mailbot.cases.sealing.vault import Vault, new_key_file, read_keys
from mailbot.cases.search.search import Search
from mailbot.cases.services.authorities import Authorities
from mailbot.cases.services.services import Services
from mailbot.cases.store import Store
from mailbot.config import Acknowledgements, shipped
from mailbot.correspondence.compose import Composer
from mailbot.correspondence.drafts import Drafter
from mailbot.correspondence.own_words import OwnWords
from mailbot.dispatch import Dispatch
from mailbot.domain import Role
from mailbot.intake.parse import parse
from mailbot.office import Office
from mailbot.web import accounts
from tests.commands import mailbot
from tests.doubles import StillClock, WordJudge
from tests.servers import ServerMissing
from tests.servers.postgres import fresh_database, running_postgres

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # how fast it is, `bench` tells: a busy machine fails no test

PASSWORD = "a long enough password"
OFFICER = Officer(email="officer@example.gov.uk", role=Role.OFFICER)
WHISTLEBLOWING_OFFICER = Officer(email="wb@example.gov.uk", role=Role.WHISTLEBLOWING_OFFICER)


QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Checks the passwords of the tests' staff: a thousand sign-ins need not each take a quarter of a second."""
passlib_argon2.default_rounds, passlib_argon2.memory_cost, passlib_argon2.parallelism = (
    QUICK.time_cost,
    QUICK.memory_cost,
    QUICK.parallelism,
)


SLOWEST = frozenset(
    {"test_kills", "test_workers", "test_main_job", "test_loops", "test_card", "test_model", "test_fuzz"}
)


ON_BOTH = frozenset(
    "test_approaches test_audit test_backup test_pipeline test_record test_search test_second_officer "
    "test_sign_in test_workers".split()
)
"""Files whose tests run on both engines each time; those of others run on PostgreSQL in the soak alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first: at the end nobody waits for one of them while the others have nothing to do."""
    items.sort(key=lambda item: item.path.stem not in SLOWEST)
    if not os.environ.get("MAILBOT_SOAK"):
        for item in items:
            if item.get_closest_marker("soak") or (item.path.stem not in ON_BOTH and "[postgres" in item.name):
                item.add_marker(pytest.mark.skip(reason="it takes long: `make soak` passes it"))


REPLIES = {"enquiries": "enquiries@example.gov.uk", "whistleblowing": "reports@example.gov.uk"}


@cache
def composer() -> Composer:
    """Read once: each reading renders every letter there is."""
    return Composer(shipped("templates"), REPLIES)


@cache
def drafter() -> Drafter:
    return Drafter(shipped("templates"))


@cache
def own_words() -> OwnWords:
    return OwnWords(shipped("templates"))


@dataclass(frozen=True)
class Installation:
    """A database of its own with everything that works on it, judged by `WordJudge`."""

    folder: Path
    engine: sa.Engine
    vault: Vault
    clock: StillClock
    ledger: Ledger
    store: Store
    search: Search
    outbox: Outbox
    office: Office
    learning: Learning
    second_looks: SecondLooks
    alert_book: AlertBook
    approaches: Approaches
    authorities: Authorities
    services: Services
    openings: Openings
    dispatch: Dispatch
    approvals: Approvals
    entries: Entries


def installed(folder: Path, url: str) -> Installation:
    """An installation in `folder` on the database at `url`, which has its schema already or gets it next."""
    clock = StillClock()
    if not (folder / "keys").exists():
        new_key_file(folder / "keys", "test")
    keyring = read_keys(folder / "keys", None)
    engine = database.open_database(url, lambda: audit.key_of(keyring))
    vault = Vault(keyring, database.open_database(f"sqlite:///{folder}/keystore.sqlite3"))
    vault.create_store()
    store = Store(engine, vault, clock, {"whistleblowing"})
    ledger = Ledger(engine, vault, clock)
    aside = Aside(engine, ledger, clock, frozenset({"whistleblowing"}))
    approaches, services = Approaches(engine, vault, clock), Services(engine, clock)
    authorities = Authorities(engine, clock, samples_count=True)
    office = Office(
        ledger=ledger,
        store=store,
        aside=aside,
        standings=Standings(engine, clock),
        parse=parse,
        assessor=WordJudge(),
        composer=composer(),
        own_words=own_words(),
        own_addresses=frozenset({"enquiries@example.gov.uk"}),
        caps=Acknowledgements(),
    )
    return Installation(
        folder,
        engine,
        vault,
        clock,
        ledger,
        store,
        Search(engine, vault, clock),
        Outbox(engine, vault, clock),
        office,
        Learning(engine, vault, clock),
        SecondLooks(engine, vault, clock),
        AlertBook(engine, clock),
        approaches,
        authorities,
        services,
        Openings(engine, clock),
        Dispatch(approaches, authorities, services, drafter(), REPLIES, clock),
        Approvals(engine, vault, clock, store),
        Entries(engine, vault, clock, {"whistleblowing"}),
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema with one member of staff of each role, made once and copied for each test.

    Beside it lie the keys that its audit trail is linked with.
    """
    path = tmp_path_factory.mktemp("empty") / "mailbot.sqlite3"
    new_key_file(path.parent / "keys", "test")
    keyring = read_keys(path.parent / "keys", None)
    engine = database.open_database(f"sqlite:///{path}", lambda: audit.key_of(keyring))
    database.upgrade(engine)
    for role in Role:
        email = f"{role}@example.gov.uk"
        accounts.add(engine, email, role, PASSWORD, added_by="test", confirmed_by="test", at=StillClock()())
    with engine.begin() as connection:
        connection.execute(sa.update(schema.staff).values(password=QUICK.hash(PASSWORD)))
    engine.dispose()
    return path


@pytest.fixture
def sqlite(tmp_path: Path, empty_database: Path) -> Iterator[Installation]:
    shutil.copy(empty_database, tmp_path / "mailbot.sqlite3")
    shutil.copy(empty_database.parent / "keys", tmp_path / "keys")
    installation = installed(tmp_path, f"sqlite:///{tmp_path}/mailbot.sqlite3")
    yield installation
    installation.engine.dispose()


@pytest.fixture(scope="session")
def newly_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `mailbot init` leaves it, without settings; made once and copied for each test."""
    folder = tmp_path_factory.mktemp("newly-made")
    settings = folder / "config.toml"
    settings.write_text(
        '[[mailbox]]\nname = "enquiries"\nkind = "maildir"\npath = "mail"\n'
        'reply_address = "enquiries@example.gov.uk"\n[outgoing]\nkind = "folder"\n'
    )
    words = ("init", "--admin", "admin@example.gov.uk", "--password-stdin", "--config", str(settings))
    said = mailbot(*words, typed=f"{PASSWORD}\n")
    assert said.code == 0, said.both
    settings.unlink()
    return folder


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    try:
        with running_postgres() as url:
            yield url
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: str) -> Iterator[str]:
    """The name of a database of the newest schema, made once and copied for each test."""
    with fresh_database(postgres_cluster) as url:
        engine = database.open_database(url)
        database.upgrade(engine)
        engine.dispose()
        yield str(sa.make_url(url).database)


@pytest.fixture
def postgres(tmp_path: Path, postgres_cluster: str, postgres_template: str) -> Iterator[Installation]:
    with fresh_database(postgres_cluster, postgres_template) as url:
        installation = installed(tmp_path, url)
        yield installation
        installation.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """The same installation on each engine in turn."""
    made: Installation = request.getfixturevalue(request.param)
    return made
