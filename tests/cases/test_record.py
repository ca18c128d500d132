"""The record on both engines: one schema, an audit trail that is only added to, and letters that go once."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from mailbot.cases import database
from mailbot.cases.arrivals.ledger import StoredMail
from mailbot.cases.letters.outbox import Outbox
from mailbot.cases.schema import audit, cases, metadata
from mailbot.domain import ActionKind, CaseState, Correction, Decision, LetterState
from mailbot.errors import NotAllowed, StaleWrite, StorageFailed
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation, installed
from tests.doubles import mail
from tests.servers import unprivileged


def filed(installation: Installation, text: str = "The food is poor.") -> str:
    process(installation.ledger.keep([mail(text)]), installation.office)
    return installation.store.queue(WHISTLEBLOWING_OFFICER)[0].reference


def test_the_migrations_make_the_very_schema_the_code_works_on(installation: Installation) -> None:
    def is_ours(name: str | None, _kind: str, _parents: object) -> bool:
        return not (name or "").startswith("search_index")  # each engine's own: it cannot be written once for both

    with installation.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        assert compare_metadata(context, metadata) == []
    assert database.schema_problem(installation.engine) is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_the_audit_trail(installation: Installation, statement: str) -> None:
    filed(installation)
    rows = sa.select(audit.c.actor, audit.c.act).order_by(audit.c.id)
    with installation.engine.connect() as connection:
        before = connection.execute(rows).all()
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), installation.engine.begin() as connection:
        connection.execute(sa.text(statement))

    with installation.engine.connect() as connection:
        assert connection.execute(rows).all() == before
    assert ("mailbot", "filed") in [tuple(row) for row in before]


def test_a_review_is_written_whole_and_only_on_the_version_it_was_made_for(installation: Installation) -> None:
    reference = filed(installation)
    decision = Decision(
        corrections=(Correction(field="remit", value="inspected", reason="It is a council"),),
        actions=(ActionKind.HOLD_FOR_INSPECTION,),
        note="Seen",
    )
    installation.store.review(reference, OFFICER, 1, decision)
    with pytest.raises(StaleWrite):
        installation.store.review(reference, OFFICER, 1, decision)

    (entry,) = installation.store.queue(OFFICER, [CaseState.OPEN])
    assert entry.remit == "inspected"
    case = installation.store.open_case(reference, OFFICER)
    assert case.version == 2
    assert [note.text for note in case.notes] == ["remit set to inspected: It is a council", "Seen"]


def test_a_restricted_case_is_not_there_for_officers(installation: Installation) -> None:
    reference = filed(installation, "WORKER")

    with pytest.raises(NotAllowed, match="no such case"):
        installation.store.open_case(reference, OFFICER)
    with pytest.raises(NotAllowed, match="no such case"):
        installation.store.review(reference, OFFICER, 1, Decision(note="x"))


def test_correcting_to_a_workers_disclosure_restricts_the_case(installation: Installation) -> None:
    reference = filed(installation)
    change = Correction(field="whistleblowing", value="qualifying", reason="Says 'my shift'")
    installation.store.review(reference, OFFICER, 1, Decision(corrections=(change,)))

    assert installation.store.queue(OFFICER) == []
    assert installation.store.queue(WHISTLEBLOWING_OFFICER)[0].restricted


def test_a_letter_is_claimed_by_one_process_alone(installation: Installation) -> None:
    batch = [mail(f"number {number}", uid=number, sender=f"jo{number}@post.example") for number in range(40)]
    process(installation.ledger.keep(batch), installation.office)
    claimed: list[int] = []

    def claim() -> None:
        outbox = Outbox(installation.engine, installation.vault, installation.clock)
        while found := outbox.claim(3):
            claimed.extend(queued.id for queued in found)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == 40


def test_a_letter_whose_sender_process_died_is_left_to_a_person(installation: Installation) -> None:
    filed(installation)
    installation.outbox.claim(10)

    assert installation.outbox.give_up_stale() == 0
    installation.clock.advance(minutes=16)
    assert installation.outbox.give_up_stale() == 1
    assert installation.store.queue(OFFICER)[0].acknowledgement == LetterState.UNKNOWN
    assert installation.outbox.claim(10) == []


def test_a_letter_that_cannot_go_yet_is_tried_again_and_given_up_after_five_days(installation: Installation) -> None:
    filed(installation)
    (queued,) = installation.outbox.claim(10)

    assert installation.outbox.postpone(queued, "450 try later") is LetterState.DUE
    assert installation.outbox.claim(10) == []
    installation.clock.advance(minutes=2)
    (again,) = installation.outbox.claim(10)
    assert again.attempts == 2
    installation.clock.advance(days=6)
    assert installation.outbox.postpone(again, "450 try later") is LetterState.FAILED


def test_a_full_disk_is_one_clear_error_and_the_next_run_files(sqlite: Installation) -> None:
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(pages_allowed: int) -> None:
        sqlite.engine.dispose()
        sa.event.listen(
            sqlite.engine,
            "connect",
            lambda connection, _record: connection.execute(f"PRAGMA max_page_count={pages_allowed}"),
        )

    limit(pages + 2)
    big = [mail("x" * 200_000, uid=number) for number in range(3)]
    with pytest.raises(StorageFailed, match="full"):
        sqlite.ledger.keep(big)
    limit(1_000_000)

    assert process(sqlite.ledger.keep(big), sqlite.office).filed == 3
    with sqlite.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one() == 3


def test_a_disk_that_fills_while_filing_leaves_the_message_stored_and_the_next_run_files_it(
    sqlite: Installation,
) -> None:
    stored = sqlite.ledger.keep([mail("x" * 100_000)])
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any, pages_allowed: int = pages) -> None:
        connection.execute(f"PRAGMA max_page_count={pages_allowed}")

    sqlite.engine.dispose()
    sa.event.listen(sqlite.engine, "connect", limit)
    with pytest.raises(StorageFailed, match="full"):
        process(stored, sqlite.office)
    sa.event.remove(sqlite.engine, "connect", limit)
    sqlite.engine.dispose()

    with sqlite.ledger.claimed(10) as left:
        assert [one.id for one in left] == [stored[0].id]
    assert process(stored, sqlite.office).filed == 1


@pytest.fixture
def small_disk(postgres_cluster: str) -> Iterator[str]:
    """A database of the cluster on a disk of its own that holds little more than the empty schema; needs root."""
    folder = Path(tempfile.mkdtemp(prefix="small-", dir="/tmp"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("a small disk can only be made as root")
    administrator = sa.create_engine(postgres_cluster, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        unprivileged("postgres", "nobody").owns(folder)
        with administrator.connect() as connection:
            connection.execute(sa.text(f"CREATE TABLESPACE small LOCATION '{folder}'"))
            connection.execute(sa.text("CREATE DATABASE small TABLESPACE small"))
        yield sa.make_url(postgres_cluster).set(database="small").render_as_string(hide_password=False)
    finally:
        with administrator.connect() as connection:
            connection.execute(sa.text("DROP DATABASE IF EXISTS small WITH (FORCE)"))
            connection.execute(sa.text("DROP TABLESPACE IF EXISTS small"))
        # lazily: a backend that ended is off PostgreSQL's list a moment before the kernel closes its files
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.server
def test_a_full_disk_under_postgres_is_one_clear_error_and_loses_nothing(small_disk: str, tmp_path: Path) -> None:
    installation = installed(tmp_path, small_disk)
    database.upgrade(installation.engine)
    contents = [mail(secrets.token_hex(1_000_000), uid=number) for number in range(20)]

    kept: list[StoredMail] = []

    def keep_all() -> None:
        for content in contents:
            kept.extend(installation.ledger.keep([content]))

    with pytest.raises(StorageFailed, match="No space left"):
        keep_all()
    assert 0 < len(kept) < 20
    assert [installation.ledger.original(one.id) for one in kept] == kept
    installation.engine.dispose()
