"""From stored bytes to filed cases: what is filed, what is set aside, and what never happens twice."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from mailbot.cases.schema import cases, letters
from mailbot.config import Acknowledgements
from mailbot.domain import ActionKind, Assessment, CaseState, Correction, Decision, Email, RawMail
from mailbot.errors import NotAllowed
from mailbot.office import Tally
from mailbot.pipeline import JUDGED_AT_ONCE, process
from mailbot.taking_in import file_handed_back
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import WordJudge, mail


def count(installation: Installation, table: sa.Table) -> int:
    with installation.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_message_becomes_one_case_with_one_letter_due(installation: Installation) -> None:
    tally = process(installation.ledger.keep([mail()]), installation.office)

    assert tally == Tally(filed=1)
    (entry,) = installation.store.queue(OFFICER)
    assert (entry.priority, entry.acknowledgement, entry.state) == (3, "due", CaseState.NEW)
    (queued,) = installation.outbox.claim(10)
    assert queued.letter.recipient == "jo.sandiford@post.example"
    assert entry.reference in queued.letter.subject


def test_the_same_place_on_the_server_is_kept_once(installation: Installation) -> None:
    assert len(installation.ledger.keep([mail(uid=7)])) == 1
    assert installation.ledger.keep([mail(uid=7)]) == []


def test_a_mailbox_of_a_hundred_thousand_can_be_noted_as_moved(installation: Installation) -> None:
    """PostgreSQL takes 65,535 values in one statement."""
    stored = installation.ledger.keep([mail("Hot.", uid=99_000)])
    process(stored, installation.office)

    installation.ledger.mark_moved(
        stored[0].mail.mailbox, stored[0].mail.folder, stored[0].mail.uid_validity, range(100_000)
    )

    assert not installation.ledger.to_move(
        stored[0].mail.mailbox, stored[0].mail.folder, stored[0].mail.uid_validity, [99_000]
    )


def test_filing_what_is_filed_already_changes_nothing(installation: Installation) -> None:
    stored = installation.ledger.keep([mail()])
    process(stored, installation.office)
    process(stored, installation.office)

    assert count(installation, cases) == count(installation, letters) == 1


def test_the_last_messages_of_a_batch_are_read_while_the_first_are_judged(installation: Installation) -> None:
    judging, in_time = threading.Event(), []
    office = installation.office

    def read(raw: RawMail) -> Email:
        if raw.uid > JUDGED_AT_ONCE:
            in_time.append(judging.wait(timeout=20))
        return office.parse(raw)

    class Telling(WordJudge):
        def assess(self, emails: Sequence[Email]) -> list[Assessment]:
            judging.set()
            return super().assess(emails)

    batch = installation.ledger.keep([mail(uid=uid) for uid in range(1, JUDGED_AT_ONCE + 2)])
    tally = process(batch, dataclasses.replace(office, parse=read, assessor=Telling()))

    assert tally == Tally(filed=len(batch))
    assert in_time == [True]


def test_one_message_that_cannot_be_judged_is_set_aside_and_the_others_are_filed(installation: Installation) -> None:
    batch = [mail("good", uid=1), mail("CRASH", uid=2), mail("also good", uid=3)]

    assert process(installation.ledger.keep(batch), installation.office) == Tally(filed=2, set_aside=1)
    (aside,) = installation.office.aside.listed(OFFICER)
    assert "ValueError" in aside.problem
    assert installation.ledger.original(aside.id).mail.content == batch[1].content


def test_a_message_set_aside_can_be_tried_again(installation: Installation) -> None:
    process(installation.ledger.keep([mail("CRASH")]), installation.office)
    aside = installation.office.aside
    (one,) = aside.listed(OFFICER)

    aside.hand_back(one.id, OFFICER, by_hand=False)
    with pytest.raises(NotAllowed):
        aside.hand_back(one.id, OFFICER, by_hand=False)
    assert file_handed_back(installation.office) == Tally(set_aside=1)
    assert [again.id for again in aside.listed(OFFICER)] == [one.id]


def test_a_message_set_aside_can_be_filed_by_hand_with_all_that_can_be_read(installation: Installation) -> None:
    process(installation.ledger.keep([mail("CRASH and the words of it")]), installation.office)
    aside = installation.office.aside
    (one,) = aside.listed(OFFICER)

    aside.hand_back(one.id, OFFICER, by_hand=True)
    assert file_handed_back(installation.office) == Tally(filed=1)
    (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.priority, entry.restricted, entry.look_first, entry.acknowledgement) == (2, True, True, "withheld")
    case = installation.store.open_case(entry.reference, WHISTLEBLOWING_OFFICER)
    assert "the words of it" in case.narrative
    assert aside.listed(None) == []


def test_words_of_danger_in_a_message_that_cannot_be_filed_are_seen_all_the_same(installation: Installation) -> None:
    batch = [mail("CRASH", uid=1), mail("CRASH and DANGER", uid=2)]
    process(installation.ledger.keep(batch), installation.office)

    assert [one.danger for one in installation.office.aside.listed(OFFICER)] == [True, False]


def test_officers_do_not_see_what_a_restricted_mailbox_has_set_aside(installation: Installation) -> None:
    process(installation.ledger.keep([mail("CRASH", mailbox="whistleblowing")]), installation.office)
    aside = installation.office.aside
    (one,) = aside.listed(WHISTLEBLOWING_OFFICER)

    assert aside.listed(OFFICER) == []
    with pytest.raises(NotAllowed):
        aside.hand_back(one.id, OFFICER, by_hand=True)
    with pytest.raises(NotAllowed):
        aside.original(one.id, OFFICER)
    assert b"CRASH" in aside.original(one.id, WHISTLEBLOWING_OFFICER).content


def test_a_message_set_aside_and_found_again_under_a_new_number_stays_one_item(installation: Installation) -> None:
    process(installation.ledger.keep([mail("CRASH", message_id="<a@b.example>", uid=4)]), installation.office)
    rebuilt = dataclasses.replace(mail("CRASH", message_id="<a@b.example>", uid=9), uid_validity=2)

    assert installation.ledger.keep([rebuilt]) == []
    assert installation.ledger.keep([rebuilt]) == []
    assert list(installation.ledger.states("enquiries", "INBOX", 2, [9])) == [9]
    assert len(installation.office.aside.listed(OFFICER)) == 1


def test_one_message_to_both_mailboxes_is_one_case_under_the_stricter_access(installation: Installation) -> None:
    for mailbox in ("enquiries", "whistleblowing"):
        process(
            installation.ledger.keep([mail(mailbox=mailbox, message_id="<both@post.example>")]), installation.office
        )

    assert installation.store.queue(OFFICER) == []
    (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
    assert entry.restricted
    assert len(installation.outbox.claim(10)) == 1


def test_the_same_message_id_with_other_words_is_a_case_of_its_own(installation: Installation) -> None:
    batch = [mail("one", uid=1, message_id="<a@b.example>"), mail("two", uid=2, message_id="<a@b.example>")]
    process(installation.ledger.keep(batch), installation.office)

    assert len(installation.store.queue(OFFICER)) == 2


def test_danger_stands_first_and_equal_priorities_stand_oldest_first(installation: Installation) -> None:
    process(
        installation.ledger.keep([mail("calm", uid=1), mail("DANGER", uid=2), mail("calm too", uid=3)]),
        installation.office,
    )

    assert [entry.priority for entry in installation.store.queue(OFFICER)] == [1, 3, 3]


def test_a_workers_message_is_restricted_whichever_mailbox_it_came_to(installation: Installation) -> None:
    process(installation.ledger.keep([mail("WORKER")]), installation.office)

    assert installation.store.queue(OFFICER) == []
    assert len(installation.store.queue(WHISTLEBLOWING_OFFICER)) == 1


def test_two_robots_that_no_sign_gives_away_stop_after_a_few_letters(installation: Installation) -> None:
    robot = "Auto <robot@shop.example>"
    for number in range(30):
        process(installation.ledger.keep([mail(f"We got it {number}", uid=number, sender=robot)]), installation.office)
    assert len(installation.outbox.claim(100)) == Acknowledgements().per_sender_a_day

    process(installation.ledger.keep([mail("A person", uid=99)]), installation.office)
    assert len(installation.outbox.claim(100)) == 1
    installation.clock.advance(days=2)
    again = dataclasses.replace(mail("Again", uid=100, sender=robot), received_at=installation.clock())
    process(installation.ledger.keep([again]), installation.office)
    assert len(installation.outbox.claim(100)) == 1


def test_an_out_of_office_reply_is_filed_and_never_acknowledged(installation: Installation) -> None:
    process(installation.ledger.keep([mail(headers="Auto-Submitted: Auto-Replied\r\n")]), installation.office)

    (entry,) = installation.store.queue(OFFICER)
    assert entry.acknowledgement == "withheld"
    assert installation.outbox.claim(10) == []


def test_nothing_is_dropped_whatever_was_said_of_its_sender_before(installation: Installation) -> None:
    process(installation.ledger.keep([mail("Buy our software", uid=1)]), installation.office)
    (entry,) = installation.store.queue(OFFICER)
    spam = Correction(field="kind", value="spam", reason="It sells something")
    closed = Decision(corrections=(spam,), actions=(ActionKind.NO_FURTHER_ACTION,))
    installation.store.review(entry.reference, OFFICER, 1, closed)

    process(installation.ledger.keep([mail("DANGER: he is back in the house", uid=2)]), installation.office)
    assert [one.priority for one in installation.store.queue(OFFICER)] == [1]
