"""The audit trail as a chain: what was changed, taken out or slipped in is found; checkpoints lie on another host."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from mailbot import witness
from mailbot.cases import audit, database
from mailbot.cases.audit_trail.check import Verdict, received, verify
from mailbot.cases.audit_trail.checkpoints import MADE, Checkpoint, Checkpoints, kept, public_key
from mailbot.cases.schema import audit as trail
from mailbot.cases.schema import checkpoints
from mailbot.commands import audit as audit_command
from mailbot.config import Audit, Config, Outgoing
from mailbot.errors import AuditBroken, CheckpointNotSent, KeysMissing, MailbotError
from mailbot.pipeline import process
from mailbot.worker import Books, Worker
from tests.conftest import OFFICER, Installation
from tests.doubles import mail
from tests.servers.syslog import running_syslog
from tests.servers.webhook import running_webhook


def checkpoints_of(installation: Installation) -> Checkpoints:
    return Checkpoints(installation.engine, installation.vault.keyring, installation.clock)


def worked(installation: Installation) -> Installation:
    """The installation after a little work, with a checkpoint in the middle of its trail and one at its end."""
    process(installation.ledger.keep([mail()]), installation.office)
    checkpoints_of(installation).make()
    (entry,) = installation.store.queue(OFFICER)
    installation.store.open_case(entry.reference, OFFICER)
    checkpoints_of(installation).make()
    return installation


def verdict(installation: Installation, elsewhere: Sequence[Checkpoint] = ()) -> Verdict:
    return verify(installation.engine, installation.vault.keyring, elsewhere)


def unguarded(installation: Installation) -> None:
    """Takes the database's own guards away, as somebody who rules it can."""
    with installation.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            return
        for table, trigger in (("audit", "audit_append_only"), ("checkpoints", "checkpoints_append_only")):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger} ON {table}")


def tamper(installation: Installation, statement: str, **values: Any) -> None:
    with installation.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(sa.text(statement), values)


def flips(installation: Installation, table: sa.Table, number: int) -> Iterator[tuple[str, str, Any]]:
    """Each column of a row with every value it has once one of its bytes is flipped, as an SQL expression of `:value`.

    PostgreSQL takes only what the column's type can say: there the value is the nearest other one.
    """
    with installation.engine.connect() as connection:
        row = connection.execute(sa.select(table).where(table.c.id == number)).one()
        stands = [audit.as_it_stands(connection, column).label(column.name) for column in table.c]
        raw = connection.execute(sa.select(*stands).where(table.c.id == number)).one()._mapping
    sqlite = installation.engine.dialect.name == "sqlite"
    for column in table.c:
        value = getattr(row, column.name)
        if value is None:
            yield column.name, ":value", "x"
        elif isinstance(value, int):
            yield column.name, ":value", value ^ 1 << 20
        elif sqlite:
            for at, bit in _places(value if isinstance(value, str) else "2026-11-24 12:00:00.000000"):
                flipped = bytearray(raw[column.name])
                flipped[at] ^= bit
                yield column.name, "CAST(:value AS TEXT)", bytes(flipped)
        elif column.name == "at":
            yield column.name, "at + interval '1 microsecond' + 0 * cast(:value AS integer) * interval '1 day'", 0
        else:
            for at, _ in _places(value):
                yield column.name, ":value", value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]


def _places(text: str) -> list[tuple[int, int]]:
    """Bytes of a text to be flipped, each with the bit: the first, the last, one within, and what parts day and hour.

    A flipped bit of capitals makes another letter of the same word; of the highest, no text at all.
    """
    return [(0, 0x80), (len(text) - 1, 0x01), (len(text) // 2, 0x20), (min(10, len(text) - 1), 0x74)]


def found_by_flipping(installation: Installation, table: sa.Table, number: int) -> list[tuple[str, str]]:
    """What is said of a row for each flipped byte of it, which is put right again afterwards."""
    said = []
    with installation.engine.connect() as connection:
        stands = dict(connection.execute(sa.select(table).where(table.c.id == number)).one()._mapping)
    for column, expression, value in list(flips(installation, table, number)):
        tamper(installation, f"UPDATE {table.name} SET {column} = {expression} WHERE id = {number}", value=value)
        try:
            verdict(installation)
            said.append((column, "nothing"))
        except AuditBroken as error:
            said.append((column, str(error)))
        finally:
            now_at = value if column == "id" else number
            with installation.engine.begin() as connection:
                connection.execute(sa.update(table).where(table.c.id == now_at).values(**stands))
    verdict(installation)
    return said


# The chain


def test_a_trail_as_it_was_written_is_in_order_however_it_is_cut_up(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked(installation)
    whole = verdict(installation)
    monkeypatch.setattr(audit, "ROWS_AT_ONCE", 2)
    told: list[tuple[int, int]] = []
    verify(installation.engine, installation.vault.keyring, progress=lambda done, of: told.append((done, of)))

    assert whole == verdict(installation)
    assert whole.rows == whole.linked >= 4
    assert (whole.checkpoints, told[-1]) == (2, (whole.rows, whole.rows))


def test_one_flipped_byte_in_any_field_of_any_row_is_found_and_the_row_named(installation: Installation) -> None:
    worked(installation)
    unguarded(installation)
    rows = verdict(installation).rows
    for number in (1, rows // 2, rows):
        said = found_by_flipping(installation, trail, number)
        assert {column for column, _ in said} == set(trail.c.keys())
        for column, words in said:
            assert f"row {number} " in words or (column == "id" and f"rows {number} " in words), (column, words)


def test_one_flipped_byte_in_any_field_of_a_checkpoint_is_found(installation: Installation) -> None:
    worked(installation)
    unguarded(installation)
    for number in (1, 2):
        said = found_by_flipping(installation, checkpoints, number)
        assert {column for column, _ in said} == set(checkpoints.c.keys())
        assert not [column for column, words in said if "heckpoint" not in words]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM audit WHERE id = 1", "row 1 is missing"),
        ("DELETE FROM audit WHERE id = 3", "row 3 is missing"),
        ("DELETE FROM audit WHERE id > 3", "rows 4 to "),
        ("DELETE FROM audit", "rows 1 to "),
        ("UPDATE audit SET digest = NULL", "row .* has lost its digest"),
        ("UPDATE audit SET digest = NULL WHERE id = 3", "row 3 has no digest"),
        (
            "INSERT INTO audit (id, at, actor, act, detail) SELECT 9999, at, 'x', act, '' FROM audit WHERE id = 1",
            "9999",
        ),
        (
            "INSERT INTO audit SELECT id + 9999, at, actor, act, reference, detail, digest FROM audit WHERE id = 2",
            "10001",
        ),
        ("DELETE FROM checkpoints WHERE id = 1", "checkpoint 1 is missing"),
        ("DELETE FROM checkpoints WHERE id = 2", "the checkpoint that row .* tells of is missing"),
    ],
)
def test_what_is_taken_out_or_slipped_in_is_found(installation: Installation, statement: str, words: str) -> None:
    worked(installation)
    unguarded(installation)
    tamper(installation, statement)

    with pytest.raises(AuditBroken, match=words):
        verdict(installation)


def test_what_happens_after_a_row_was_slipped_in_is_audited_still(sqlite: Installation) -> None:
    worked(sqlite)
    slipped = "INSERT INTO audit (id, at, actor, act, detail) SELECT 50, at, 'x', 'y', '' FROM audit WHERE id = 1"
    tamper(sqlite, slipped)
    checkpoints_of(sqlite).make()

    with pytest.raises(AuditBroken, match="row 50 has no digest"):
        verdict(sqlite)


def test_a_tail_that_was_cut_off_with_its_checkpoints_shows_by_those_kept_elsewhere(installation: Installation) -> None:
    worked(installation)
    with installation.engine.connect() as connection:
        first, last = kept(connection)
    assert verdict(installation, [last, first]).kept_elsewhere == 2
    unguarded(installation)
    tamper(installation, f"DELETE FROM checkpoints WHERE id = {last.number}")
    tamper(installation, f"DELETE FROM audit WHERE id > {first.through}")

    assert verdict(installation, [first]).rows == first.through, "nothing that is left can show it"
    with pytest.raises(AuditBroken, match=r"checkpoint 2 of .* is missing here"):
        verdict(installation, [first, last])
    with pytest.raises(AuditBroken, match="checkpoint 2 kept elsewhere was changed"):
        verdict(installation, [first, replace(last, through=first.through)])


def test_rows_from_before_the_chain_are_linked_by_the_row_that_begins_it(installation: Installation) -> None:
    process(installation.ledger.keep([mail()]), installation.office)
    unguarded(installation)
    tamper(installation, "UPDATE audit SET digest = NULL")
    before = verdict(installation)
    assert before.linked == 0

    checkpoints_of(installation).begin_chain()
    checkpoints_of(installation).begin_chain()
    checkpoints_of(installation).make()
    after = verdict(installation)
    assert (after.rows, after.linked) == (before.rows + 2, 2)
    tamper(installation, "UPDATE audit SET actor = 'nobody' WHERE id = 1")
    with pytest.raises(AuditBroken, match=f"row {before.rows + 1} begins the chain, and does not fit"):
        verdict(installation)


def test_the_database_refuses_to_change_what_was_audited(installation: Installation) -> None:
    worked(installation)
    refused = ["UPDATE checkpoints SET digest = ''", "DELETE FROM checkpoints", "DELETE FROM audit"]
    if installation.engine.dialect.name == "sqlite":
        refused += [f"REPLACE INTO {table} SELECT * FROM {table} WHERE id = 1" for table in ("audit", "checkpoints")]
    else:
        refused += ["TRUNCATE audit", "TRUNCATE checkpoints CASCADE"]
    for statement in refused:
        with pytest.raises(sa.exc.DBAPIError, match="only ever added to"):
            tamper(installation, statement)
    assert verdict(installation).checkpoints == 2


def test_many_writers_at_once_make_one_chain(installation: Installation) -> None:
    def write(number: int) -> None:
        batch = [mail(f"number {number}", uid=number, sender=f"jo{number}@post.example")]
        process(installation.ledger.keep(batch), installation.office)
        for entry in installation.store.queue(OFFICER)[:3]:
            installation.store.open_case(entry.reference, OFFICER)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(installation.store.queue(OFFICER)) == 8
    assert verdict(installation).linked >= 8 * 2


def test_nothing_is_audited_in_a_database_opened_without_the_key(sqlite: Installation) -> None:
    engine = database.open_database(str(sqlite.engine.url))
    with pytest.raises(KeysMissing, match="without the key of the audit trail"), engine.begin() as connection:
        audit.record(connection, at=sqlite.clock(), actor="x", act="y")
    engine.dispose()


# Checkpoints on another host


def test_checkpoints_go_by_syslog_over_tls_and_what_could_not_go_goes_at_the_next_run(
    sqlite: Installation, tmp_path: Path
) -> None:
    book = checkpoints_of(sqlite)
    with running_syslog(tmp_path) as server:
        settings = Audit(send_to=server.address, ca_file=str(server.certificate))
        assert witness.try_out(settings) == f"localhost:{server.port}"
        server.deaf = True
        with pytest.raises(CheckpointNotSent, match="could not be reached"):
            witness.checkpoint(settings, book)
        assert (book.standing().unsent, book.standing().unsent_since) == (1, sqlite.clock())
        assert "could not be reached" in (book.standing().problem or "")
        server.deaf = False
        assert witness.checkpoint(settings, book) == 2
        assert witness.checkpoint(settings, book) == 1
    assert (book.standing().unsent, book.standing().problem) == (0, None)
    assert len(server.messages) == 3
    assert server.messages[0].startswith("<109>1 - ")
    told = received(server.messages)
    assert verdict(sqlite, told).kept_elsewhere == 3
    public: Any = load_pem_public_key(public_key(sqlite.vault.keyring).encode())
    public.verify(bytes.fromhex(told[-1].signature), told[-1].signed)
    with pytest.raises(CheckpointNotSent, match="could not be reached"):
        witness.checkpoint(Audit(send_to=server.address), book)  # a certificate that nobody vouches for


def test_checkpoints_go_by_plain_syslog_and_by_https_with_a_token(
    sqlite: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = checkpoints_of(sqlite)
    with running_syslog(tmp_path, tls=False) as server:
        assert witness.checkpoint(Audit(send_to=server.address), book) == 1
    monkeypatch.setenv("WITNESS_TOKEN", "a-token-of-the-witness")
    with running_webhook() as webhook:
        settings = Audit(send_to=webhook.address, token_env="WITNESS_TOKEN")
        webhook.status = 302
        with pytest.raises(CheckpointNotSent, match="answered 302"):
            witness.checkpoint(settings, book)
        webhook.status = 204
        assert witness.checkpoint(settings, book) == 2
    assert set(webhook.shown) == {"Bearer a-token-of-the-witness"}
    told = received([*server.messages, *map(json.dumps, webhook.posts[1:])])
    assert [one.number for one in told] == [1, 2, 3]
    assert verdict(sqlite, told).kept_elsewhere == 3
    with pytest.raises(MailbotError, match="line 2 holds no checkpoint"):
        received([*server.messages, "another line"])


def test_a_worker_makes_a_checkpoint_at_its_end(sqlite: Installation) -> None:
    books = Books(
        outbox=sqlite.outbox,
        second_looks=sqlite.second_looks,
        alerts=sqlite.alert_book,
        approaches=sqlite.approaches,
        openings=sqlite.openings,
        checkpoints=checkpoints_of(sqlite),
    )
    config = Config(mailbox=(), outgoing=Outgoing(kind="folder", path=str(sqlite.folder / "outbox")))
    worker = Worker(config, sqlite.office, books, sqlite.clock, {})
    worker.start()
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    worker.stop()

    with sqlite.engine.connect() as connection:
        last = connection.execute(sa.select(trail.c.act).order_by(trail.c.id.desc()).limit(1)).scalar_one()
    assert last == MADE
    assert verdict(sqlite).checkpoints >= 1


# The command


def test_the_command_goes_over_the_trail_and_says_in_one_line_what_is_wrong(
    sqlite: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(
        '[keys]\nfile = "keys"\nstore = "sqlite:///keystore.sqlite3"\n'
        '[[mailbox]]\nname = "enquiries"\nkind = "maildir"\npath = "mail"\n[outgoing]\nkind = "folder"\n'
    )
    worked(sqlite)
    config, rows = str(tmp_path / "config.toml"), verdict(sqlite).rows
    with sqlite.engine.connect() as connection:
        (tmp_path / "received").write_text("\n".join(map(witness.as_line, kept(connection))))
    audit_command.verify_trail(checkpoints=tmp_path / "received", config=config)
    assert capsys.readouterr().out == f"{rows} rows and 2 checkpoints in order, 2 of them as kept elsewhere\n"
    assert checkpoints_of(sqlite).standing().sound
    unguarded(sqlite)
    tamper(sqlite, "UPDATE audit SET actor = 'somebody else' WHERE id = 1")

    with pytest.raises(AuditBroken, match=r"row 1 was changed.*docs/audit.md"):
        audit_command.verify_trail(config=config, as_json=True)
    assert json.loads(capsys.readouterr().out)["sound"] is False
    assert not checkpoints_of(sqlite).standing().sound
    audit_command.key(config=config)
    assert capsys.readouterr().out == public_key(sqlite.vault.keyring)
