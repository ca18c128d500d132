"""Keys are changed while all runs, killed and continued; they stand in no database, log, backup or traceback."""

from __future__ import annotations

import base64
import logging
import os
import random
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from mailbot import config as settings
from mailbot.cases import database
from mailbot.cases.backups.backup import Backups
from mailbot.cases.sealing.key_file import keys_from_command
from mailbot.cases.sealing.key_store import key_table, names_in_use
from mailbot.cases.sealing.rotation import Rotation
from mailbot.cases.sealing.vault import Keyring, Purpose, Vault, read_keys
from mailbot.errors import ConfigError, KeysMissing
from mailbot.parts import Parts
from mailbot.pipeline import process
from tests.conftest import Installation
from tests.doubles import mail

CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
[outgoing]
kind = "folder"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
"""


def silent(_step: str) -> None:
    return


def rotation_of(installation: Installation, *, keep_days: int = 0) -> Rotation:
    file = installation.folder / "keys"
    return Rotation(reading(installation), installation.vault._key_store, installation.clock, file, keep_days)


def reading(installation: Installation) -> Callable[[], Keyring]:
    return lambda: read_keys(installation.folder / "keys", None)


def running(installation: Installation) -> Vault:
    """The vault of a process that has read the keys as they are now."""
    return Vault(reading(installation)(), installation.vault._key_store, reading(installation))


def in_use(installation: Installation) -> dict[str, dict[str, int]]:
    with installation.vault._key_store.connect() as connection:
        return names_in_use(connection, list(Purpose))


def test_a_rotation_wraps_everything_anew_and_running_processes_go_on(sqlite: Installation) -> None:
    web, worker = running(sqlite), running(sqlite)
    vault_ids = worker.open_many(3)
    sealed = [worker.seal(one, Purpose.IDENTITY, "t.c", b"who wrote") for one in vault_ids]
    (sqlite.folder / "keys").chmod(0o640)

    done = rotation_of(sqlite).rotate(list(Purpose), silent)

    assert [(one.new, one.rewrapped, one.stuck) for one in done] == [(True, 3, 0)] * 2
    name = done[0].name
    assert stat.S_IMODE((sqlite.folder / "keys").stat().st_mode) == 0o640
    assert not (sqlite.folder / "keys.new").exists()
    assert web.unseal(vault_ids[0], Purpose.IDENTITY, "t.c", sealed[0]) == b"who wrote"
    worker.open_many(2)  # it has met no new name yet, and must not wrap under the old key
    assert {purpose: set(names) for purpose, names in in_use(sqlite).items()} == {
        "identity": {name},
        "narrative": {name},
    }
    assert web.unseal_many(Purpose.IDENTITY, [(vault_ids[1], "t.c", sealed[1])]) == [b"who wrote"]
    before, after = sqlite.vault.keyring, read_keys(sqlite.folder / "keys", None)
    assert (after.lookup, after.web) == (before.lookup, before.web)
    assert web.keyring.digest("x") == before.digest("x")


def test_a_key_that_nobody_has_is_looked_for_once_a_minute(sqlite: Installation) -> None:
    asked = []
    vault = Vault(sqlite.vault.keyring, sqlite.vault._key_store, lambda: asked.append(1) or sqlite.vault.keyring)  # type: ignore[func-returns-value]
    (vault_id,) = sqlite.vault.open_many(1)
    sealed = sqlite.vault.seal(vault_id, Purpose.IDENTITY, "t.c", b"x")
    with sqlite.vault._key_store.begin() as connection:
        connection.execute(sa.update(key_table).values(key_name="gone"))

    for _ in range(3):
        with pytest.raises(KeysMissing, match='"gone" is not in the key file'):
            vault.unseal(vault_id, Purpose.IDENTITY, "t.c", sealed)
    assert len(asked) == 1


def test_one_purpose_alone_and_a_key_that_is_missing_is_told(sqlite: Installation) -> None:
    sqlite.vault.open_many(4)
    with sqlite.vault._key_store.begin() as connection:
        last = sa.select(sa.func.max(key_table.c.vault_id)).scalar_subquery()
        connection.execute(sa.update(key_table).where(key_table.c.vault_id == last).values(key_name="lost"))

    (done,) = rotation_of(sqlite).rotate([Purpose.NARRATIVE], silent)

    assert (done.rewrapped, done.stuck) == (3, 1)
    status = [
        (one.purpose, one.name == done.name, one.current, one.in_file, one.data_keys)
        for one in rotation_of(sqlite).status()
    ]
    assert status == [
        ("identity", False, True, True, 3),
        ("identity", False, False, False, 1),
        ("narrative", True, True, True, 3),
        ("narrative", False, False, False, 1),
        ("narrative", False, False, True, 0),
    ]


def test_an_old_key_goes_only_when_nothing_needs_it(sqlite: Installation, tmp_path: Path) -> None:
    vault = running(sqlite)
    (vault_id,) = vault.open_many(1)
    backups = Backups(sqlite.engine, sqlite.vault._key_store, vault.keyring.digest, sqlite.clock)
    keys = rotation_of(sqlite)
    with pytest.raises(KeysMissing, match="current identity key"):
        keys.retire("test", list(Purpose))
    backups.make("key store", tmp_path / "old", silent)
    keys.rotate([Purpose.IDENTITY], silent)
    with pytest.raises(KeysMissing, match="current narrative key"):
        keys.retire("test", [Purpose.NARRATIVE])
    with pytest.raises(KeysMissing, match="backup of the key store made on 24 November 2026 at 12:00 UTC"):
        keys.retire("test", [Purpose.IDENTITY])
    sqlite.clock.advance(days=1)
    backups.make("key store", tmp_path / "new", silent)
    with pytest.raises(KeysMissing, match="wait until 29 December 2026"):
        rotation_of(sqlite, keep_days=35).retire("test", [Purpose.IDENTITY])

    assert keys.retire("test", [Purpose.IDENTITY]) == [Purpose.IDENTITY]

    ring = read_keys(sqlite.folder / "keys", None)
    assert [set(ring.wrapping[purpose].keys) == {"test"} for purpose in Purpose] == [False, True]
    assert vault.unseal(vault_id, Purpose.IDENTITY, "t.c", vault.seal(vault_id, Purpose.IDENTITY, "t.c", b"x")) == b"x"
    running(sqlite).seal(vault_id, Purpose.IDENTITY, "t.c", b"x")


def test_keys_that_come_from_elsewhere_are_not_made_here_but_wrapped_under(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.vault.open_many(2)
    (sqlite.folder / "config.toml").write_text(CONFIG)
    text = (sqlite.folder / "keys").read_text()
    (sqlite.folder / "keys").unlink()
    monkeypatch.setenv("MAILBOT_KEYS", text)
    parts = Parts(settings.load(sqlite.folder / "config.toml"))
    with pytest.raises(KeysMissing, match=r"MAILBOT_KEYS or keys\.command, which mailbot cannot change"):
        parts.rotation.rotate(list(Purpose), silent)

    key = base64.b64encode(os.urandom(32)).decode()
    changed = text.replace(
        'current = "test"\n[identity.keys]\n', f'current = "next"\n[identity.keys]\n"next" = "{key}"\n'
    )
    monkeypatch.setenv("MAILBOT_KEYS", changed)
    done = parts.rotation.rotate(list(Purpose), silent)

    assert [(one.name, one.new, one.rewrapped) for one in done] == [("next", False, 2), ("test", False, 0)]
    assert in_use(sqlite) == {"identity": {"next": 2}, "narrative": {"test": 2}}


def test_a_command_gives_the_keys_and_its_failures_are_one_sentence(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sqlite.folder / "config.toml").write_text(CONFIG + 'command = ["cat", "keys"]\n')
    monkeypatch.chdir(sqlite.folder)
    assert Parts(settings.load(sqlite.folder / "config.toml")).vault.keyring.lookup == sqlite.vault.keyring.lookup

    monkeypatch.setattr("mailbot.cases.sealing.key_file.COMMAND_SECONDS", 0.3)
    for command, why in {
        ("sh", "-c", "echo secret-words; echo secret-words >&2; exit 3"): "exit code 3",
        ("sh", "-c", "echo secret-words"): "damaged",
        ("sleep", "9"): "longer than",
        ("/no/such/program",): "No such file",
    }.items():
        with pytest.raises(KeysMissing, match=why) as caught:
            keys_from_command(command)
        assert "secret-words" not in "".join(traceback.format_exception(caught.value))
    (sqlite.folder / "config.toml").write_text(CONFIG + "keep_days = 36\n")
    with pytest.raises(ConfigError, match=r"keys\.keep_days: found 36; allowed: 0 to 35"):
        settings.load(sqlite.folder / "config.toml")


ROTATING = """
import sys
from pathlib import Path
from mailbot.cases.database import open_database
from mailbot.cases.sealing.rotation import Rotation
from mailbot.cases.sealing.vault import Purpose, read_keys
from mailbot.clock import now
folder = Path(sys.argv[1])
keys, store = folder / "keys", open_database(f"sqlite:///{folder}/keystore.sqlite3")
rotation = Rotation(lambda: read_keys(keys, None), store, now, keys, 0)
print("begun", flush=True)
rotation.rotate(list(Purpose), lambda step: print(step, flush=True))
"""


def test_killed_at_any_moment_a_rotation_is_finished_by_the_next_and_nothing_is_lost(sqlite: Installation) -> None:
    moments = random.Random(20261126)
    data_keys = many(sqlite, 3000)
    kept = running(sqlite)  # as a worker that runs all the while
    left = []
    for steps in (0, moments.randint(1, 4), moments.randint(1, 4)):
        child = subprocess.Popen([sys.executable, "-c", ROTATING, str(sqlite.folder)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        for _ in range(1 + steps):
            assert child.stdout.readline()
        time.sleep(moments.uniform(0, 0.02))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        left.append(max(len(names) for names in in_use(sqlite).values()))
        kept.open_many(1)
    assert max(left) > 1, "no kill came in the midst of a rotation"

    done = rotation_of(sqlite).rotate(list(Purpose), silent)

    assert {one.stuck for one in done} == {0}
    assert {len(names) for names in in_use(sqlite).values()} == {1}
    for vault in (kept, running(sqlite)):
        for (vault_id, purpose), data_key in data_keys.items():
            assert vault._data_key(vault_id, purpose) == data_key


def many(installation: Installation, count: int) -> dict[tuple[str, Purpose], bytes]:
    """As many data keys, of which a sample is told."""
    ring, known, rows = installation.vault.keyring, {}, []
    for number in range(count):
        vault_id, data_key = f"{number:032x}", os.urandom(32)
        for purpose in Purpose:
            named = ring.wrapping[purpose]
            wrapped = aes_key_wrap(named.keys["test"], data_key)
            rows.append({"vault_id": vault_id, "purpose": purpose, "key_name": "test", "wrapped": wrapped})
            if number % 60 == 0:
                known[vault_id, purpose] = data_key
    with installation.vault._key_store.begin() as connection:
        connection.execute(sa.insert(key_table), rows)
    return known


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.DEBUG)
    names = ("sqlalchemy.engine", "sqlalchemy.pool", "alembic")
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name in names:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_no_key_stands_in_a_file_a_log_or_a_traceback(
    sqlite: Installation, tmp_path: Path, everything_logged: pytest.LogCaptureFixture
) -> None:
    rotation = rotation_of(sqlite)
    process(sqlite.ledger.keep([mail("The heating is off.")]), sqlite.office)
    vault = running(sqlite)
    with sqlite.vault._key_store.connect() as connection:
        vault_id = connection.execute(sa.select(key_table.c.vault_id)).scalars().first()
    assert vault_id is not None
    data_keys = [vault._data_key(vault_id, purpose) for purpose in Purpose]
    rotation.rotate(list(Purpose), silent)
    backups = Backups(sqlite.engine, sqlite.vault._key_store, vault.keyring.digest, sqlite.clock)
    backups.make("database", tmp_path / "one.backup", silent)
    backups.make("key store", tmp_path / "two.backup", silent)
    said = "".join(failures(sqlite, vault, vault_id)) + everything_logged.text

    ring = read_keys(sqlite.folder / "keys", None)
    secrets = [
        ring.lookup,
        ring.web,
        *data_keys,
        *(key for named in ring.wrapping.values() for key in named.keys.values()),
    ]
    assert len(secrets) == 8
    assert "sqlalchemy.engine" in said
    places = {path: path.read_bytes() for path in sqlite.folder.rglob("*") if path.is_file() and path.name != "keys"}
    assert {"one.backup", "two.backup", "mailbot.sqlite3", "keystore.sqlite3"} <= {path.name for path in places}
    places[Path("logs and tracebacks")] = said.encode()
    for secret in secrets:
        forms = (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="), repr(secret)[2:-1].encode())
        for place, content in places.items():
            assert not any(form in content for form in forms), f"a key in {place}"


def failures(installation: Installation, vault: Vault, vault_id: str) -> Iterator[str]:
    """The tracebacks of everything that goes wrong in the vault, with what they were raised in the midst of."""
    damaged = installation.folder / "damaged"
    text = (installation.folder / "keys").read_text()
    store = installation.vault._key_store

    def another_store() -> None:
        Vault(vault.keyring, database.open_database("sqlite:////no/such/folder/store.sqlite3")).open_many(1)

    def wrong_keys() -> None:
        named = dict.fromkeys(Purpose, vault.keyring.wrapping[Purpose.IDENTITY])
        swapped = Keyring(wrapping=named, lookup=vault.keyring.lookup, web=vault.keyring.web)
        Vault(swapped, store).seal(vault_id, Purpose.NARRATIVE, "t.c", b"x")

    def damaged_file(content: str) -> Callable[[], object]:
        def read() -> Keyring:
            damaged.write_text(content)
            try:
                return read_keys(damaged, None)
            finally:
                damaged.unlink()

        return read

    trials: list[Callable[[], object]] = [
        another_store,
        wrong_keys,
        damaged_file(text.replace("=", "~", 3)),
        damaged_file(text.replace('="\n', '=é"\n')),
        damaged_file(text[:-20]),
        lambda: vault.unseal(vault_id, Purpose.IDENTITY, "t.c", b"\x01" + bytes(40)),
        lambda: vault.unseal(vault_id, Purpose.IDENTITY, "t.c", b"\x02"),
        lambda: vault.seal("no such record", Purpose.IDENTITY, "t.c", b"x"),
        lambda: rotation_of(installation).retire("no such key", list(Purpose)),
    ]
    for trial in trials:
        try:
            trial()
        except Exception as error:
            logging.getLogger("trial").debug("failed: %r %r %r", error, vault, vault.keyring, exc_info=True)
            yield "".join(traceback.format_exception(error, chain=True))
        else:
            raise AssertionError("nothing failed")
