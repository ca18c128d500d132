"""From stored bytes to filed cases: what is filed, what is set aside, and what never happens twice."""

from __future__ import annotations

import sqlalchemy as sa

from mailbot.cases.schema import cases, letters
from mailbot.domain import CaseState
from mailbot.pipeline import Tally, process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail


def count(installation: Installation, table: sa.Table) -> int:
    with installation.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_message_becomes_one_case_with_one_letter_due(sqlite: Installation) -> None:
    tally = process(sqlite.ledger.keep([mail()]), sqlite.office)

    assert tally == Tally(filed=1)
    (entry,) = sqlite.store.queue(OFFICER)
    assert (entry.priority, entry.acknowledgement, entry.state) == (3, "due", CaseState.NEW)
    (queued,) = sqlite.outbox.claim(10)
    assert queued.letter.recipient == "jo.sandiford@post.example"
    assert entry.reference in queued.letter.subject


def test_the_same_place_on_the_server_is_kept_once(sqlite: Installation) -> None:
    assert len(sqlite.ledger.keep([mail(uid=7)])) == 1
    assert sqlite.ledger.keep([mail(uid=7)]) == []


def test_filing_what_is_filed_already_changes_nothing(sqlite: Installation) -> None:
    stored = sqlite.ledger.keep([mail()])
    process(stored, sqlite.office)
    process(stored, sqlite.office)

    assert count(sqlite, cases) == count(sqlite, letters) == 1


def test_one_message_that_cannot_be_judged_is_set_aside_and_the_others_are_filed(sqlite: Installation) -> None:
    batch = [mail("good", uid=1), mail("CRASH", uid=2), mail("also good", uid=3)]

    assert process(sqlite.ledger.keep(batch), sqlite.office) == Tally(filed=2, set_aside=1)
    (aside,) = sqlite.ledger.set_aside()
    assert "ValueError" in aside.problem
    assert sqlite.ledger.original(aside.id).mail.content == batch[1].content


def test_a_message_set_aside_can_be_tried_again(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail("CRASH")]), sqlite.office)
    (aside,) = sqlite.ledger.set_aside()

    assert sqlite.ledger.retry(aside.id)
    assert not sqlite.ledger.retry(aside.id)
    assert [stored.id for stored in sqlite.ledger.unfiled("enquiries", 10)] == [aside.id]


def test_one_message_to_both_mailboxes_is_one_case_under_the_stricter_access(sqlite: Installation) -> None:
    for mailbox in ("enquiries", "whistleblowing"):
        process(sqlite.ledger.keep([mail(mailbox=mailbox, message_id="<both@post.example>")]), sqlite.office)

    assert sqlite.store.queue(OFFICER) == []
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    assert entry.restricted
    assert len(sqlite.outbox.claim(10)) == 1


def test_the_same_message_id_with_other_words_is_a_case_of_its_own(sqlite: Installation) -> None:
    batch = [mail("one", uid=1, message_id="<a@b.example>"), mail("two", uid=2, message_id="<a@b.example>")]
    process(sqlite.ledger.keep(batch), sqlite.office)

    assert len(sqlite.store.queue(OFFICER)) == 2


def test_danger_stands_first_and_equal_priorities_stand_oldest_first(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail("calm", uid=1), mail("DANGER", uid=2), mail("calm too", uid=3)]), sqlite.office)

    assert [entry.priority for entry in sqlite.store.queue(OFFICER)] == [1, 3, 3]


def test_a_workers_message_is_restricted_whichever_mailbox_it_came_to(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail("WORKER")]), sqlite.office)

    assert sqlite.store.queue(OFFICER) == []
    assert len(sqlite.store.queue(WHISTLEBLOWING_OFFICER)) == 1


def test_an_out_of_office_reply_is_filed_and_never_acknowledged(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail(headers="Auto-Submitted: Auto-Replied\r\n")]), sqlite.office)

    (entry,) = sqlite.store.queue(OFFICER)
    assert entry.acknowledgement == "withheld"
    assert sqlite.outbox.claim(10) == []
