"""A backup is one consistent file that opens again elsewhere, and in which nothing can be read."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import stat
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest
import sqlalchemy as sa

from mailbot.cases import database
from mailbot.cases.backups import archive, copies
from mailbot.cases.backups.archive import What
from mailbot.cases.backups.backup import Backups
from mailbot.cases.schema import audit, letters, metadata
from mailbot.commands.app import app
from mailbot.domain import ActionKind, Decision, Role
from mailbot.errors import BackupRefused
from mailbot.pipeline import process
from mailbot.web import accounts
from tests.conftest import OFFICER, PASSWORD, Installation, installed
from tests.doubles import NOON, mail
from tests.servers.postgres import fresh_database
from tests.web.conftest import application, sign_in

SENDER = "Philippa Quillfeather <p.quillfeather@post.example>"
LETTER = (
    "The plover was seen by the boathouse on Thursday.\n"
    "Nobody wrote down that the medicine cupboard stood open.\n\n"
    "Regards\nPhilippa Quillfeather\n17 Larkspur Close, Stowmarket IP14 1ZZ\n01632 960417"
)
NOTE = "Rang the manager about the boathouse key"
PLANTED = (
    *("Philippa Quillfeather", "Quillfeather", "p.quillfeather@post.example", "17 Larkspur Close", "01632 960417"),
    *("The plover was seen by the boathouse on Thursday", "Nobody wrote down that the medicine cupboard stood open"),
    *(NOTE, "medicine cupboard", "boathouse"),
)


def silent(_step: str) -> None:
    return


def backups_of(installation: Installation) -> Backups:
    store = installation.vault._key_store
    return Backups(installation.engine, store, installation.vault.keyring.digest, installation.clock)


def with_cases(installation: Installation) -> str:
    """Two cases with a note; the reference of the planted one."""
    process(installation.ledger.keep([mail(LETTER, sender=SENDER)]), installation.office)
    (planted,) = [one.reference for one in installation.store.queue(OFFICER)]
    other = mail("The food is poor.", uid=2, sender="Jo <jo@post.example>")
    process(installation.ledger.keep([other]), installation.office)
    installation.store.review(planted, OFFICER, 1, Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,), note=NOTE))
    return planted


def contents(engine: sa.Engine) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a digest of them."""
    found = {}
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            query = sa.select(table).order_by(*table.primary_key.columns)
            rows = [tuple(row) for row in connection.execute(query)]
            found[name] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
    return found


@dataclass(frozen=True)
class Elsewhere:
    """Another place with the same key file, on the same kind of database, where nothing is yet."""

    folder: Path
    url: str
    backups: Backups

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        installation = installed(self.folder, self.url)
        yield installation
        installation.engine.dispose()


@pytest.fixture
def elsewhere(installation: Installation, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(installation.folder / "keys", folder / "keys")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/mailbot.sqlite3"
        if installation.engine.dialect.name == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_cluster")))
        engine, store = (database.open_database(one) for one in (url, f"sqlite:///{folder}/keystore.sqlite3"))
        yield Elsewhere(folder, url, Backups(engine, store, installation.vault.keyring.digest, installation.clock))
        engine.dispose()
        store.dispose()


def test_what_is_put_back_is_the_same_row_for_row_and_opens_in_the_queue(
    installation: Installation, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    planted = with_cases(installation)
    accounts.add(installation.engine, "jo@example.gov.uk", Role.OFFICER, PASSWORD, added_by="test", at=NOON)
    before = contents(installation.engine)
    backups = backups_of(installation)
    made = backups.make("database", tmp_path / "db.backup", silent)
    installation.clock.advance(minutes=5)
    backups.make("key store", tmp_path / "keys.backup", silent)
    both: dict[What, Path] = {"key store": tmp_path / "keys.backup", "database": tmp_path / "db.backup"}
    elsewhere.backups.put_back(both, silent)

    with elsewhere.opened() as place:
        assert contents(place.engine) == before
        client = application(place).test_client()
        sign_in(client, "jo@example.gov.uk")
        page = client.get(f"/case/{planted}").text
        assert "The plover was seen by the boathouse" in page
        assert NOTE in page
        process(place.ledger.keep([mail("One more.", uid=3)]), place.office)
        assert len(place.store.queue(OFFICER)) == 2
    assert made.tables["messages"] == 2
    assert backups.last_verified_backup() == made.made_at == NOON
    assert stat.S_IMODE((tmp_path / "db.backup").stat().st_mode) == 0o600
    with pytest.raises(BackupRefused, match="not empty"):
        elsewhere.backups.put_back({"database": tmp_path / "db.backup"}, silent)
    with pytest.raises(BackupRefused, match="never overwritten"):
        backups.make("database", tmp_path / "db.backup", silent)


def test_a_backup_made_in_the_midst_of_writing_is_whole(installation: Installation, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        uid = 10
        while not done.is_set():
            batch = [mail(f"Number {uid}.", uid=uid, sender=f"jo{uid}@post.example")]
            process(installation.ledger.keep(batch), installation.office)
            uid += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(0.3)
        made = [backups_of(installation).make("database", tmp_path / str(number), silent) for number in range(2)]
    finally:
        done.set()
        writer.join()

    assert made[1].tables["messages"] > made[0].tables["messages"] > 0
    for one in made:  # a message and its bytes, a case and its index are one transaction each
        assert one.tables["messages"] == one.tables["raw_messages"]
        assert one.tables["cases"] == one.tables["search_documents"]


def test_one_flipped_byte_or_a_missing_end_is_refused_before_anything_is_written(
    sqlite: Installation, tmp_path: Path
) -> None:
    with_cases(sqlite)
    backups_of(sqlite).make("database", tmp_path / "whole", silent)
    content = (tmp_path / "whole").read_bytes()
    place = tmp_path / "place"
    place.mkdir()
    engine, store = (database.open_database(f"sqlite:///{place}/{name}.sqlite3") for name in ("mailbot", "keystore"))
    target = Backups(engine, store, sqlite.vault.keyring.digest, sqlite.clock)

    def refused(damaged: bytes) -> None:
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(BackupRefused):
            target.put_back({"database": tmp_path / "damaged"}, silent)
        assert list(place.iterdir()) == []

    behind = len(content)
    headers = [*range(0, 512, 61), *range(512, 1600, 97)]
    for at in [*headers, behind // 3, behind // 2, behind - 11000, behind - 2000, behind - 1]:
        refused(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    for end in (0, 1, 511, 700, 3000, behind // 2, behind - 512, behind - 1):
        refused(content[:end])
    refused(content + b"\0")
    stranger = Backups(engine, store, lambda text: hashlib.sha256(text.encode()).hexdigest(), sqlite.clock)
    with pytest.raises(BackupRefused, match="another installation's"):
        stranger.check("database", tmp_path / "whole")
    with pytest.raises(BackupRefused, match="of the database, not of the key store"):
        target.put_back({"key store": tmp_path / "whole"}, silent)


class Killed(BaseException):
    """The end of a process, as far as it can be had within one."""


def test_a_restore_cut_off_half_way_is_done_by_the_next(
    installation: Installation, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cases(installation)
    before = contents(installation.engine)
    backups = backups_of(installation)
    backups.make("database", tmp_path / "db.backup", silent)
    backups.make("key store", tmp_path / "keys.backup", silent)
    both: dict[What, Path] = {"key store": tmp_path / "keys.backup", "database": tmp_path / "db.backup"}
    whole = archive.unpack

    def half(path: Path, manifest: archive.Manifest, to: BinaryIO) -> None:
        if manifest.what == "key store":
            whole(path, manifest, to)
            return
        content = path.read_bytes()
        to.write(content[content.index(b"SQLite" if manifest.engine == "sqlite" else b"PGDMP") : len(content) // 2])
        to.flush()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(archive, "unpack", half)
        with pytest.raises(Killed):
            elsewhere.backups.put_back(both, silent)
    assert (elsewhere.folder / "keystore.sqlite3").exists()
    assert not (elsewhere.folder / "mailbot.sqlite3").exists()

    elsewhere.backups.put_back(both, silent)

    with elsewhere.opened() as place:
        assert contents(place.engine) == before


def test_a_database_without_rows_is_an_empty_place_too(
    installation: Installation, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    with_cases(installation)
    before = contents(installation.engine)
    backups_of(installation).make("database", tmp_path / "db.backup", silent)
    engine = database.open_database(elsewhere.url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE cases (id INTEGER PRIMARY KEY)"))
    engine.dispose()

    elsewhere.backups.put_back({"database": tmp_path / "db.backup"}, silent)

    with elsewhere.opened() as place:
        assert contents(place.engine) == before
        assert not list(elsewhere.folder.glob(".*"))


@pytest.mark.server
def test_the_databases_password_stands_on_no_command_line(
    postgres: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" "env $PGPASSWORD" >{programs}/told\nexit 1\n')
    (programs / "pg_dump").chmod(0o755)
    engine = database.open_database(
        postgres.engine.url.set(password="open-sesame").render_as_string(hide_password=False)
    )
    store = postgres.vault._key_store
    backups = Backups(engine, store, postgres.vault.keyring.digest, postgres.clock)

    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with pytest.raises(BackupRefused, match="pg_dump failed"):
        backups.make("database", tmp_path / "db.backup", silent)
    told = (programs / "told").read_text().splitlines()
    assert told.pop() == "env open-sesame"
    assert told
    assert not any("open-sesame" in word for word in told)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(copies, "PROGRAMS", tmp_path)
    with pytest.raises(BackupRefused, match="apt-get install postgresql-client"):
        backups.make("database", tmp_path / "db.backup", silent)
    engine.dispose()
    assert backups.last_verified_backup() is None
    assert not (tmp_path / "db.backup").exists()


def forms(text: str) -> Iterator[bytes]:
    """How a text may stand in a file without being sealed: plain, in hex, in either UTF-16, in Base64 at any offset."""
    plain = text.encode()
    yield from (plain, plain.lower(), plain.hex().encode(), plain.hex().upper().encode())
    yield from (text.encode("utf-16-le"), text.encode("utf-16-be"))
    for encoded in (plain, text.encode("utf-16-le")):
        for offset in range(3):
            inner = base64.b64encode(bytes(offset) + encoded)
            yield inner[4 if offset else 0 : len(inner) - 4]


def test_nothing_that_anybody_wrote_can_be_read_in_a_database_or_a_backup(
    installation: Installation, tmp_path: Path
) -> None:
    with_cases(installation)
    backups = backups_of(installation)
    backups.make("database", tmp_path / "db.backup", silent)
    backups.make("key store", tmp_path / "keys.backup", silent)
    places = {path: path.read_bytes() for path in installation.folder.rglob("*") if path.is_file()}
    names = {path.name for path in places}
    if installation.engine.dialect.name == "postgresql":
        dump = tmp_path / "dump"
        with dump.open("xb") as file:
            archive.unpack(tmp_path / "db.backup", backups.check("database", tmp_path / "db.backup"), file)
        places[dump] = subprocess.run(["pg_restore", "--file=-", dump], capture_output=True, check=True).stdout
        assert b"COPY public.raw_messages" in places[dump]
    else:
        assert {"mailbot.sqlite3", "mailbot.sqlite3-wal"} <= names
    assert any(name.endswith(".lock") for name in names)
    assert {"db.backup", "keys.backup", "keystore.sqlite3"} <= names

    for planted in PLANTED:
        assert len(planted) > 8
        for form in forms(planted):
            for place, content in places.items():
                assert form not in content, f"{planted!r} in {place.name}"


CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
reply_address = "enquiries@example.gov.uk"
[outgoing]
kind = "folder"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
"""


def test_the_commands_make_verify_and_put_back_and_leave_letters_that_may_have_gone_to_people(
    sqlite: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_cases(sqlite)
    (tmp_path / "config.toml").write_text(CONFIG)
    there = tmp_path / "there"
    there.mkdir()
    for name in ("keys", "config.toml"):
        shutil.copy(tmp_path / name, there / name)

    def said(*words: str, at: Path = tmp_path) -> str:
        monkeypatch.setenv("MAILBOT_CONFIG", str(at / "config.toml"))
        app(list(words), standalone_mode=False)
        return capsys.readouterr().out

    told = json.loads(said("backup", str(tmp_path / "db.backup"), "--json"))
    assert told["verified"]
    assert told["schema"]
    assert told["tables"]["cases"] == 2
    assert "destroy it after 35 days" in said("backup", "--key-store", str(tmp_path / "keys.backup"))
    with tarfile.open(tmp_path / "db.backup") as unpacked:
        assert unpacked.getnames() == ["manifest.json", "database.sqlite3"]

    restored = said("restore", str(tmp_path / "db.backup"), "--key-store", str(tmp_path / "keys.backup"), at=there)

    assert "2 letters were due then and may have gone since" in restored
    assert said("keys", "status", at=there).count("data keys  current") == 2
    rotated = json.loads(said("keys", "rotate", "--purpose", "narrative", "--json", at=there))
    assert [(one["purpose"], one["rewrapped"]) for one in rotated] == [("narrative", 2)]
    with database.open_database(f"sqlite:///{there}/mailbot.sqlite3").connect() as connection:
        assert set(connection.execute(sa.select(letters.c.state)).scalars()) == {"unknown"}
        acts = set(connection.execute(sa.select(audit.c.act)).scalars())
    assert {"restored", "keys changed"} <= acts  # and not yet "backed up": that came after the snapshot
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(BackupRefused, match="no folder"):
        said("backup", str(tmp_path / "no" / "such.backup"))
