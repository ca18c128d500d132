"""What goes when its time is over, what must stay, and that what is erased can be read nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.cases import audit, schema
from mailbot.cases.access import Officer
from mailbot.cases.backups.backup import Backups
from mailbot.cases.backups.removals import Removals
from mailbot.cases.database import open_database
from mailbot.cases.deciding import settle
from mailbot.cases.records import erasing, retention
from mailbot.cases.records.requests import RequestKind, Requests
from mailbot.cases.records.retention import Disposals, DisposalState, Due, HoldKind, What, before, reasons
from mailbot.cases.sealing.key_store import key_table
from mailbot.cases.sealing.rotation import BACKUP_DAYS
from mailbot.cases.store import Store
from mailbot.cases.writings import Seen, Writings, Written
from mailbot.config import Config, Mailbox, Outgoing, Retention, load
from mailbot.domain import ActionKind, ActionState, Correction, Decision, LetterState, RawMail, Role
from mailbot.errors import ConfigError, KeysMissing, NotAllowed
from mailbot.intake.mailbox import ImapFolder
from mailbot.pipeline import process
from mailbot.reconcile import reconcile
from mailbot.removing import remove_originals
from mailbot.reports.disclosures import Disclosures
from mailbot.reports.year import ReportingYear
from mailbot.taking_in import take_in
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.dovecot import running_dovecot

RECORDS = Officer(email="records_officer@example.gov.uk", role=Role.RECORDS_OFFICER)
SECOND = Officer(email="second.records@example.gov.uk", role=Role.RECORDS_OFFICER)
OTHER_WB = Officer(email="other.wb@example.gov.uk", role=Role.WHISTLEBLOWING_OFFICER)
TEN_YEARS, A_LIFE = 3660, 27500


def disposals_of(installation: Installation, **rules: object) -> Disposals:
    return Disposals(installation.engine, installation.vault, installation.clock, Retention(**rules))  # type: ignore[arg-type]


def filed(installation: Installation, text: str = "The food is poor.", uid: int = 1) -> str:
    known = {one.reference for one in installation.store.queue(None)}
    sender = "Jo Sandiford <jo.sandiford@post.example>" if uid == 1 else f"Ann Quill <ann.{uid}@post.example>"
    process(installation.ledger.keep([mail(text, uid=uid, sender=sender)]), installation.office)
    for letter in installation.outbox.claim(10):
        installation.outbox.settle(letter, LetterState.SENT)
    return next(one.reference for one in installation.store.queue(None) if one.reference not in known)


def closed(installation: Installation, text: str = "The food is poor.", uid: int = 1) -> str:
    reference = filed(installation, text, uid)
    officer = WHISTLEBLOWING_OFFICER
    version = installation.store.open_case(reference, officer).version
    installation.store.review(reference, officer, version, Decision(note="Seen to", close=True))
    return reference


def due(book: Disposals, officer: Officer = RECORDS, what: What = What.CASE) -> list[str]:
    found, total = book.due(officer, what)
    assert total == len(found)
    return [one.reference for one in found]


def carried_out(installation: Installation, book: Disposals, reference: str, what: What = What.CASE) -> None:
    """Proposed by one, confirmed by another, and thirty days later carried out."""
    book.propose(RECORDS, [reference], what)
    (one,) = [one for one in book.standing(RECORDS) if one.state is DisposalState.PROPOSED]
    book.confirm(SECOND, one.id)
    installation.clock.advance(days=30)
    assert book.carry_out() == 1


def acts(installation: Installation, reference: str) -> list[str]:
    query = sa.select(schema.audit.c.act).where(schema.audit.c.reference == reference).order_by(schema.audit.c.id)
    with installation.engine.connect() as connection:
        return list(connection.execute(query).scalars())


# What is due


def test_every_table_that_belongs_to_a_case_is_spoken_of_and_nothing_sealed_stays() -> None:
    owned, more = {"cases"}, True
    while more:
        found = {
            table.name
            for table in schema.metadata.tables.values()
            if any(key.column.table.name in owned for key in table.foreign_keys) and table.name not in owned
        }
        owned, more = owned | found, bool(found)

    assert set(erasing.TREATMENT) == owned
    for name, treatment in erasing.TREATMENT.items():
        columns = {column.name for column in schema.metadata.tables[name].c}
        sealed = {column for column in columns if column.startswith("sealed")}
        assert treatment.goes or sealed <= set(treatment.emptied), name
        assert set(treatment.emptied) <= columns, name
        assert treatment.goes or treatment.because, name


def test_a_closed_case_is_due_when_its_longest_period_is_over(installation: Installation) -> None:
    reference = closed(installation)
    book = disposals_of(installation)
    assert due(book) == []
    installation.clock.advance(days=TEN_YEARS)
    (one,) = book.due(RECORDS)[0]

    assert isinstance(one, Due)
    assert one.reference == reference
    assert "concern: several inspection cycles" in one.why
    assert one.due_at.date() == before(one.worked_on_at.date(), -120)
    assert due(disposals_of(installation, other_months=1, periods=())) == [reference]
    for officer in (OFFICER, Officer(email="a@example.gov.uk", role=Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed, match="keep the records"):
            book.due(officer)


def test_children_at_risk_disclosures_and_sexual_abuse_are_kept_for_75_years(installation: Installation) -> None:
    plain = closed(installation)
    closed(installation, "He was touched by the night worker, she says.", 2)
    restricted = closed(installation, "WORKER", 3)
    at_risk = filed(installation, "The boy is left alone.", 4)
    harm = (Correction(field="child_at_risk", value="true", reason="left alone"),)
    installation.store.review(at_risk, OFFICER, 1, Decision(corrections=harm, actions=(ActionKind.REFER_TO_AUTHORITY,)))
    (action,) = installation.store.open_case(at_risk, OFFICER).actions
    with installation.engine.begin() as connection:
        row = connection.execute(sa.select(schema.actions).where(schema.actions.c.id == action.id)).one()
        done = {"by": OFFICER.email, "now": installation.clock(), "outcome": "They went"}
        assert settle(connection, installation.vault, row, at_risk, ActionState.DONE, **done)  # type: ignore[arg-type]
    version = installation.store.open_case(at_risk, OFFICER).version
    installation.store.review(at_risk, OFFICER, version, Decision(note="Referred", close=True))
    book = disposals_of(installation)

    installation.clock.advance(days=10 * TEN_YEARS // 2)
    assert due(book) == [plain]
    installation.clock.advance(days=A_LIFE)
    assert len(due(book)) == 3, "the restricted one is in no list and no count of those without the role"
    assert restricted in due(book, WHISTLEBLOWING_OFFICER)
    with pytest.raises(NotAllowed, match="not due"):
        book.propose(RECORDS, [restricted])
    with pytest.raises(NotAllowed, match="no such case"):
        book.hold(restricted, RECORDS, HoldKind.LEGAL, "A claim", None)
    book.propose(WHISTLEBLOWING_OFFICER, [restricted])
    assert book.standing(RECORDS) == []
    (one,) = book.standing(OTHER_WB)
    with pytest.raises(NotAllowed, match="no such proposal"):
        book.confirm(RECORDS, one.id)
    book.confirm(OTHER_WB, one.id)


def test_whatever_still_needs_a_case_wins_over_its_period(installation: Installation) -> None:
    reference, book = closed(installation), disposals_of(installation)
    asked = filed(installation, "Please send me what you hold.", 2)
    requests = Requests(installation.engine, installation.vault, installation.clock)
    to_request = (Correction(field="kind", value="information_request", reason="it asks"),)
    installation.store.review(asked, OFFICER, 1, Decision(corrections=to_request, note="x"))
    installation.clock.advance(days=TEN_YEARS)
    assert due(book) == [reference]

    book.hold(reference, RECORDS, HoldKind.LEGAL, "The Quillfeather claim", installation.clock().date())
    (hold,) = book.held(SECOND)
    assert (hold.reference, hold.reason) == (reference, "The Quillfeather claim")
    assert due(book) == []
    book.lift(SECOND, hold.id)
    book.hold(reference, RECORDS, HoldKind.INSPECTION, "Until Friday", installation.clock().date())
    installation.clock.advance(days=1)
    assert book.held(RECORDS) == []
    assert due(book) == [reference]
    requests.ask_for(asked, RECORDS, reference)
    assert due(book) == []
    requests.classify(asked, RECORDS, RequestKind.SUBJECT_ACCESS)
    assert due(book) == []
    with installation.engine.begin() as connection:
        connection.execute(sa.update(schema.information_requests).values(answered_at=installation.clock()))
        (number,) = connection.execute(sa.select(schema.cases.c.id).where(schema.cases.c.reference == reference)).one()
    waiting = {"case_id": number, "kind": "join", "why": "", "created_at": installation.clock()}
    with installation.engine.begin() as connection:
        connection.execute(sa.insert(schema.tasks).values(**waiting))
    assert due(book) == []
    assert len(reasons(installation.clock())) == 10


def test_two_people_agree_and_for_thirty_days_it_can_be_undone_or_stops_by_itself(installation: Installation) -> None:
    reference, other = closed(installation), closed(installation, "The fence is broken.", 2)
    book = disposals_of(installation)
    installation.clock.advance(days=TEN_YEARS)
    assert book.propose(RECORDS, [reference, other]) == 2
    with pytest.raises(NotAllowed, match="not due"):
        book.propose(SECOND, [reference])
    first, second = book.standing(SECOND)
    with pytest.raises(NotAllowed, match="yourself"):
        book.confirm(RECORDS, first.id)
    book.confirm(SECOND, first.id)
    assert book.carry_out() == 0
    book.undo(RECORDS, first.id)
    assert due(book) == [reference]

    book.confirm(SECOND, second.id)
    installation.store.reopen(other, OFFICER, "The parents wrote again")
    installation.clock.advance(days=31)
    assert book.carry_out() == 0
    stopped = next(one for one in book.standing(RECORDS) if one.id == second.id)
    assert stopped.state is DisposalState.STOPPED
    assert "not closed" in (stopped.ended_because or "")
    assert installation.store.open_case(other, OFFICER).narrative
    assert "erasure stopped" in acts(installation, other)
    with pytest.raises(NotAllowed, match="decided it meanwhile"):
        book.undo(RECORDS, second.id)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("other_months = 901", r"other_months: found 901; allowed: 1 to protected_months, which is 900"),
        ('periods = [{ months = 12, kind = "concerns" }]', r'periods\[0\]\.kind: found "concerns"; allowed: concern,'),
        ('periods = [{ months = 0, kind = "spam" }]', r"periods\[0\]\.months: found 0"),
        ('periods = ["12"]', r"periods: found \['12'\]; allowed: a list of tables"),
    ],
)
def test_periods_that_make_no_sense_are_refused(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "config.toml"
    box = '[[mailbox]]\nname = "enquiries"\nkind = "maildir"\npath = "mail"\n'
    path.write_text(f'{box}[outgoing]\nkind = "folder"\n[retention]\n{written}\n')
    with pytest.raises(ConfigError, match=said):
        load(path)


# What is erased


def test_an_erased_case_is_read_by_nobody_found_by_nothing_and_still_counted(installation: Installation) -> None:
    reference = filed(installation, "The plover is kept in the larder.\n\nRegards\nJo Sandiford")
    reply = installation.outbox  # the sender writes again, to the letter's own address
    with installation.engine.connect() as connection:
        row = connection.execute(sa.select(schema.letters, schema.cases.c.vault_id).join(schema.cases)).one()
    tagged = reply._opened(row).tagged_address
    process(installation.ledger.keep([mail("Also the curlew.", uid=2, to=tagged)]), installation.office)
    begun = Written(seen=Seen(stands={}, notes=0, actions=0, messages=1, events=0), answers={}, note="Rang the larder")
    Writings(installation.engine, installation.vault, installation.clock).keep(reference, OFFICER, 1, begun)
    worker = (Correction(field="whistleblowing", value="qualifying", reason="They work there"),)
    version = installation.store.open_case(reference, WHISTLEBLOWING_OFFICER).version
    decision = Decision(corrections=worker, note="A worker", close=True)
    installation.store.review(reference, WHISTLEBLOWING_OFFICER, version, decision)
    for letter in installation.outbox.claim(10):
        installation.outbox.settle(letter, LetterState.SENT)
    year, counted = ReportingYear.of(installation.clock()), Disclosures(installation.engine, installation.clock)
    installation.clock.advance(days=A_LIFE)
    before_it = counted.figures(year, WHISTLEBLOWING_OFFICER, installation.clock())
    assert before_it.total == 1
    book = disposals_of(installation)
    book.propose(WHISTLEBLOWING_OFFICER, [reference])
    book.confirm(OTHER_WB, book.standing(OTHER_WB)[0].id)
    installation.clock.advance(days=30)
    assert book.carry_out() == 1

    (one,) = book.standing(OTHER_WB)
    assert one.state is DisposalState.DONE
    assert one.complete_on == (installation.clock() + timedelta(days=BACKUP_DAYS)).date()
    assert counted.figures(year, WHISTLEBLOWING_OFFICER, installation.clock()) == before_it
    assert installation.search.find(WHISTLEBLOWING_OFFICER, "plover").total == 0
    assert installation.search.find_sender(WHISTLEBLOWING_OFFICER, "jo.sandiford@post.example", "x") == ()
    assert installation.search.missing() == 0
    assert installation.learning.lessons("test") == ([], 0)
    with pytest.raises(NotAllowed, match="was erased"):
        installation.store.open_case(reference, WHISTLEBLOWING_OFFICER)
    assert acts(installation, reference)[-4:] == ["erasure proposed", "erasure confirmed", "erasure begun", "erased"]
    with installation.engine.connect() as connection:
        for name in erasing.TREATMENT:
            table = schema.metadata.tables[name]
            for column in (column for column in table.c if column.name.startswith("sealed")):
                held = sa.select(sa.func.count()).where(column.is_not(None), column != b"")
                assert connection.execute(held).scalar_one() == 0, column
        for table in (schema.senders, schema.search_documents, schema.writings, schema.answers):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    with installation.vault._key_store.connect() as connection:
        assert connection.execute(sa.select(key_table)).all() == []
    process(installation.ledger.keep([mail("Nobody answered.", uid=3, to=tagged)]), installation.office)
    assert filed(installation, "Another matter.", 9) != reference


def test_a_backup_from_before_cannot_be_read_with_the_keys_from_after(sqlite: Installation, tmp_path: Path) -> None:
    reference = closed(sqlite)
    installed_keys = list(sqlite.folder.glob("keystore.sqlite3*"))
    with sqlite.vault._key_store.connect() as connection:
        wrapped = list(connection.execute(sa.select(key_table.c.wrapped)).scalars())
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(f"VACUUM INTO '{tmp_path}/old.sqlite3'")
        connection.exec_driver_sql("BEGIN")
    sqlite.clock.advance(days=TEN_YEARS)
    book = disposals_of(sqlite)
    carried_out(sqlite, book, reference)

    old = open_database(f"sqlite:///{tmp_path}/old.sqlite3", lambda: audit.key_of(sqlite.vault.keyring))
    store = Store(old, sqlite.vault, sqlite.clock)
    with pytest.raises(KeysMissing, match="erased"):
        store.open_case(reference, OFFICER)
    old.dispose()
    assert len(wrapped) == 2
    for path in installed_keys:
        if path.exists():
            content = path.read_bytes()
            assert not any(key in content for key in wrapped), f"the key is still in {path.name}"


def test_an_erasure_that_was_interrupted_is_finished_by_the_next_run(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, book = closed(sqlite), disposals_of(sqlite)
    sqlite.clock.advance(days=TEN_YEARS)
    book.propose(RECORDS, [reference])
    book.confirm(SECOND, book.standing(SECOND)[0].id)
    sqlite.clock.advance(days=30)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "empty", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            book.carry_out()
    with pytest.raises(NotAllowed, match="at this moment"):
        book.hold(reference, RECORDS, HoldKind.LEGAL, "Too late", None)

    assert book.carry_out() == 1
    assert book.standing(RECORDS)[0].state is DisposalState.DONE
    assert acts(sqlite, reference).count("erased") == 1


def test_a_removal_that_broke_off_before_its_list_was_made_is_taken_up_again(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, book = closed(sqlite), disposals_of(sqlite, remove_from_server=True)
    sqlite.clock.advance(days=TEN_YEARS)
    book.propose(RECORDS, [reference], What.ORIGINALS)
    book.confirm(SECOND, book.standing(SECOND)[0].id)
    sqlite.clock.advance(days=30)
    with monkeypatch.context() as broken:
        broken.setattr(retention, "_ask_to_remove", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            book.carry_out()

    assert book.carry_out() == 1
    assert len(Removals(sqlite.engine, sqlite.clock).due("enquiries", sqlite.clock())) == 1
    assert book.carry_out() == 0


# The mail server


@pytest.mark.server
def test_originals_go_from_the_mail_server_only_once_a_verified_backup_holds_them(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", "pass-one")
    try:
        with running_dovecot({"enquiries": "pass-one"}) as dovecot:
            box = Mailbox(
                name="enquiries",
                kind="imap",
                host="localhost",
                port=dovecot.plain_port,
                security="none",
                username="enquiries",
                password_env="ENQUIRIES_PASSWORD",
            )
            for text in ("The food is poor.", "The fence is broken."):
                content = mail(text, message_id=f"<{len(text)}@post.example>").content
                dovecot.deliver("enquiries", content)
            take_in(box, sqlite.office)
            (first, second) = dovecot.folder("enquiries", "Processed")
            for letter in sqlite.outbox.claim(10):
                sqlite.outbox.settle(letter, LetterState.SENT)
            reference = next(
                one.reference
                for one in sqlite.store.queue(None)
                if "food" in sqlite.store.open_case(one.reference, OFFICER).narrative
            )
            sqlite.store.review(reference, OFFICER, 1, Decision(note="Seen to", close=True))
            sqlite.clock.advance(days=TEN_YEARS)
            rules = {"remove_from_server": True}
            book, removals = disposals_of(sqlite, **rules), Removals(sqlite.engine, sqlite.clock)
            assert due(book, what=What.ORIGINALS) == [reference]
            carried_out(sqlite, book, reference, What.ORIGINALS)
            config = Config(
                mailbox=(box,), outgoing=Outgoing(kind="folder"), retention=Retention(remove_from_server=True)
            )
            backups = Backups(sqlite.engine, sqlite.vault._key_store, sqlite.vault.keyring.digest, sqlite.clock)

            def run(settings: Config = config) -> int:
                return remove_originals(settings, removals, sqlite.ledger, backups.last_verified_backup, {})

            assert run() == 0, "no backup holds it yet"
            backups.make("database", tmp_path / "one.backup", lambda _step: None)
            assert run(Config(mailbox=(box,), outgoing=Outgoing(kind="folder"))) == 0, "not where it is not configured"
            assert len(dovecot.folder("enquiries", "Processed")) == 2

            def refused(folder: ImapFolder, uids: Sequence[int]) -> Iterator[list[RawMail]]:
                folder.left += len(uids)
                return iter(())

            with monkeypatch.context() as silent:
                silent.setattr(ImapFolder, "fetch", refused)
                assert run() == 0, "what the server does not give cannot be compared"
            assert book.standing(RECORDS)[0].state is DisposalState.UNDER_WAY
            assert run() == 1
            assert dovecot.folder("enquiries", "Processed") == [second if b"food" in first else first]
            assert run() == 0
            assert book.standing(RECORDS)[0].state is DisposalState.DONE
            outcome = reconcile(box, sqlite.ledger)
            assert (outcome.held, outcome.gone, outcome.unaccounted) == (1, 1, ())
            assert "food" in sqlite.store.open_case(reference, OFFICER).narrative, "the record has it still"
            dovecot.stop()
            carried_out(sqlite, book, reference)
            assert run() == 0, "there is nothing left to take off"
    except ServerMissing as missing:
        pytest.skip(str(missing))
