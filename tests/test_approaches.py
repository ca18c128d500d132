"""Writing to those who must act: whom, the draft, the check, the sending, the answer, and what happens without one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.schema import alerts, approaches, audit, cases, letters
from mailbot.cases.services.authorities import Authorities
from mailbot.config import shipped
from mailbot.correspondence.authorities import authorities_on, read_authority_contacts
from mailbot.correspondence.disclosure import Giveaway, Verdict
from mailbot.correspondence.drafts import due_on, prompts_left
from mailbot.dispatch import Checked
from mailbot.domain import (
    ActionKind,
    Approach,
    ApproachState,
    AuthorityContact,
    Call,
    Case,
    Channel,
    Contact,
    Correction,
    Decision,
    LetterState,
    RegisteredService,
    Role,
    ServiceType,
    TaskKind,
)
from mailbot.errors import NotAllowed, RegisterUnreadable
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail

MANAGER = Officer(email="manager@example.gov.uk", role=Role.DUTY_MANAGER)
KENT = AuthorityContact(
    authority="Kent", office="Front door", telephone="01632 960111", email="front.door@kent.example", sample=True
)
HOME = RegisteredService(
    urn="SC990001",
    name="Larch House",
    service_type=ServiceType.CHILDRENS_HOME,
    authority="Kent",
    manager="Dilip Raval",
    responsible_individual="Angela Tranter",
    email="manager@larch-house.example",
)
PURPOSES = (ActionKind.ASK_THE_SERVICE, ActionKind.SHARE_WITH_BODY)


class Desk:
    """An officer's desk over an installation that knows Kent and Larch House."""

    def __init__(self, installation: Installation) -> None:
        self.of = installation
        installation.authorities.replace([KENT], "test")
        installation.services.replace([HOME], "test")
        self.uid = 0

    def file(self, text: str, **more: Any) -> str:
        self.uid += 1
        before = {one.reference for one in self.of.store.queue(WHISTLEBLOWING_OFFICER)}
        process(self.of.ledger.keep([mail(text, uid=self.uid, **more)]), self.of.office)
        new = {one.reference for one in self.of.store.queue(WHISTLEBLOWING_OFFICER)} - before
        return new.pop() if new else ""

    def case(self, reference: str, officer: Officer = OFFICER) -> Case:
        return self.of.store.open_case(reference, officer)

    def correct(self, reference: str, officer: Officer = OFFICER, **fields: str) -> None:
        changes = tuple(Correction(field=name, value=value, reason="test") for name, value in fields.items())
        version = self.case(reference, officer).version
        self.of.store.review(reference, officer, version, Decision(corrections=changes))

    def begin(self, reference: str, purpose: ActionKind, name: str = "", officer: Officer = OFFICER) -> Approach:
        number = self.of.dispatch.begin(self.case(reference, officer), officer, purpose, name)
        return self.of.approaches.one(reference, number, officer)

    def written(self, approach: Approach, officer: Officer = OFFICER, **changes: Any) -> Approach:
        """The draft with its prompts answered, or changed as told."""
        body = approach.draft.body
        for prompt in prompts_left(body):
            body = body.replace(prompt, "We are told that the heating has been off.")
        addressee = dataclasses.replace(
            approach.draft.addressee, email=approach.draft.addressee.email or "office@body.example"
        )
        draft = dataclasses.replace(approach.draft, **{"body": body, "addressee": addressee, **changes})
        self.of.approaches.rewrite(approach.case_reference, approach.id, officer, draft)
        return self.of.approaches.one(approach.case_reference, approach.id, officer)

    def send(self, approach: Approach, officer: Officer = OFFICER, reason: str = "") -> Approach:
        self.of.dispatch.send(self.case(approach.case_reference, officer), approach, officer, reason)
        return self.of.approaches.one(approach.case_reference, approach.id, officer)

    def checked(self, approach: Approach) -> Checked:
        return self.of.dispatch.checked(self.case(approach.case_reference), approach, OFFICER)

    def referred(self, reference: str) -> Approach:
        return self.send(self.begin(reference, ActionKind.REFER_TO_AUTHORITY, "Kent"))

    def open_alerts(self) -> int:
        with self.of.engine.connect() as connection:
            query = sa.select(sa.func.count()).select_from(alerts).where(alerts.c.state != "done")
            return int(connection.execute(query).scalar_one())

    def tasks(self, reference: str, officer: Officer = OFFICER) -> set[TaskKind]:
        return {task.kind for task in self.case(reference, officer).tasks}

    def acts(self) -> list[str]:
        with self.of.engine.connect() as connection:
            return [row.act for row in connection.execute(sa.select(audit.c.act).order_by(audit.c.id))]


@pytest.fixture
def desk(installation: Installation) -> Desk:
    return Desk(installation)


@pytest.fixture
def one_desk(sqlite: Installation) -> Desk:
    return Desk(sqlite)


# ---- Urgent referrals ------------------------------------------------------------------------------------------------


def test_a_referral_has_what_the_authority_needs_and_not_who_wrote(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER at Larch House in Dover. Ring me on 07700 900123.\n\nJo Sandiford")
    draft = one_desk.begin(reference, ActionKind.REFER_TO_AUTHORITY, "Kent").draft

    assert draft.addressee.email == "front.door@kent.example"
    assert "DANGER at Larch House" in draft.body
    assert reference in draft.subject
    assert not prompts_left(draft.body)
    for identity in ("Sandiford", "07700 900123", "jo.sandiford"):
        assert identity not in draft.body + draft.subject


def test_an_authority_without_a_contact_point_is_said_in_the_draft_with_the_national_routes(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER")
    approach = one_desk.begin(reference, ActionKind.REFER_TO_AUTHORITY, "Leeds")

    assert "No contact point of Leeds is known" in approach.draft.body
    assert "999" in approach.draft.body
    with pytest.raises(NotAllowed, match="«guillemets»"):
        one_desk.send(approach)


def test_a_sent_referral_is_one_letter_a_decision_and_the_end_of_the_alert(desk: Desk) -> None:
    reference = desk.file("He is back, she is in DANGER tonight.")
    assert desk.open_alerts() == 1
    approach = desk.referred(reference)

    assert (approach.state, approach.letter_state) == (ApproachState.SENT, LetterState.DUE)
    assert desk.open_alerts() == 0
    (action,) = desk.case(reference).actions
    assert (action.kind, action.done, action.settled_by) == (ActionKind.REFER_TO_AUTHORITY, True, OFFICER.email)
    assert action.outcome == f'Sent to Kent by email: "{approach.draft.subject}"'
    to_kent = [one.letter for one in desk.of.outbox.claim(10) if one.letter.recipient == KENT.email]
    assert [letter.reply_address for letter in to_kent] == ["enquiries@example.gov.uk"]
    assert to_kent[0].reply_token
    with pytest.raises(NotAllowed):
        desk.send(approach)
    assert desk.acts().count("refer_to_authority sent") == 1


def test_a_referral_that_is_not_confirmed_alerts_again_every_half_hour_until_it_is(desk: Desk) -> None:
    reference = desk.file("DANGER")
    approach = desk.referred(reference)

    desk.of.clock.advance(minutes=29)
    assert (desk.of.approaches.chase(), desk.open_alerts()) == (0, 0)
    desk.of.clock.advance(minutes=1)
    assert (desk.of.approaches.chase(), desk.open_alerts()) == (1, 1)
    assert desk.of.approaches.chase() == 0
    assert TaskKind.ANSWER_OVERDUE in desk.tasks(reference)
    desk.of.alert_book.take(reference, OFFICER)
    desk.of.clock.advance(minutes=30)
    assert desk.of.approaches.chase() == 1

    desk.of.approaches.answered(reference, approach.id, OFFICER)
    assert desk.open_alerts() == 0
    desk.of.clock.advance(minutes=31)
    assert desk.of.approaches.chase() == 0
    assert [action.done for action in desk.case(reference).actions] == [True]


def test_a_call_is_recorded_and_said_in_the_letter_that_follows(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER")
    approach = one_desk.begin(reference, ActionKind.REFER_TO_AUTHORITY, "Kent")
    assert any("Telephone first" in one for one in one_desk.checked(approach).warnings)
    call = Call(
        called_by=OFFICER.email, called_at=NOON, spoke_to="Sam Okoro", given_reference="K-77", said="Will visit."
    )
    one_desk.of.dispatch.note_call(approach, OFFICER, call)

    after = one_desk.of.approaches.one(reference, approach.id, OFFICER)
    assert after.calls == (call,)
    assert "by telephone on 24 November 2026 at 12:00" in after.draft.body
    assert "K-77" in after.draft.body
    assert "Soon" not in after.draft.body
    assert one_desk.checked(after).warnings == ()


def test_a_referral_that_gives_the_source_away_goes_with_a_warning_and_is_looked_at_afterwards(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER at the home", sender="Jo Sandiford <jo.sandiford@post.example>")
    approach = one_desk.begin(reference, ActionKind.REFER_TO_AUTHORITY, "Kent")
    approach = one_desk.written(approach, body=f"{approach.draft.body}\nJo Sandiford told us.")
    checked = one_desk.checked(approach)

    assert (checked.verdict, checked.needs_reason) == (Verdict.WARN, False)
    assert Giveaway.NAME in {hit.what for hit in checked.hits}
    one_desk.send(approach)
    (task,) = one_desk.case(reference).tasks
    assert task.kind is TaskKind.SENT_DESPITE_WARNING
    with pytest.raises(NotAllowed, match="somebody else"):
        one_desk.of.store.settle_task(reference, OFFICER, task.id)
    one_desk.of.store.settle_task(reference, MANAGER, task.id)
    assert "refer_to_authority sent despite a warning" in one_desk.acts()


def test_a_referral_that_came_back_alerts_again(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER")
    one_desk.referred(reference)
    queued = next(one for one in one_desk.of.outbox.claim(10) if one.letter.recipient == KENT.email)
    one_desk.of.outbox.settle(queued, LetterState.FAILED, "refused (SMTP 550)")

    assert one_desk.open_alerts() == 1
    assert TaskKind.LETTER_FAILED in one_desk.tasks(reference)
    assert (
        one_desk.of.store.queue(OFFICER, list(type(one_desk.case(reference).entry.state)))[0].acknowledgement
        != "failed"
    )


def test_the_authority_of_the_place_and_the_one_that_may_be_responsible_are_both_offered(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER")
    one_desk.correct(reference, local_authority="Essex", urn="SC990001")

    assert one_desk.of.dispatch.authorities_for(one_desk.case(reference), ["Essex", "Kent", "Leeds"]) == [
        "Essex",
        "Kent",
    ]


# ---- Enquiries of a service ------------------------------------------------------------------------------------------


def test_an_enquiry_goes_to_the_person_chosen_and_holds_nothing_of_what_was_written(one_desk: Desk) -> None:
    reference = one_desk.file("The plover is loose at Larch House.")
    one_desk.correct(reference, urn="SC990001")
    approach = one_desk.begin(reference, ActionKind.ASK_THE_SERVICE, "Dilip Raval")

    assert approach.draft.addressee.email == "manager@larch-house.example"
    assert "Dear Dilip Raval" in approach.draft.subject + approach.draft.body
    assert "plover" not in approach.draft.body
    assert prompts_left(approach.draft.body)


def test_somebody_whom_the_message_names_is_warned_of(one_desk: Desk) -> None:
    reference = one_desk.file("Mr Raval shouts at the children.")
    one_desk.correct(reference, urn="SC990001")
    asked = {
        name: one_desk.checked(one_desk.begin(reference, ActionKind.ASK_THE_SERVICE, name))
        for name in ("Dilip Raval", "Angela Tranter")
    }

    assert "never goes to the person it is about" in asked["Dilip Raval"].warnings[0]
    assert asked["Angela Tranter"].warnings == ()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_gives_the_source_away_is_sent_only_by_somebody_who_may_and_says_why(
    one_desk: Desk, purpose: ActionKind
) -> None:
    reference = one_desk.file("Cold at night.", sender="Jo Sandiford <jo.sandiford@post.example>")
    begun = one_desk.begin(reference, purpose, "Ministry of Justice")
    approach = one_desk.written(begun, body="Jo Sandiford says that it is cold at night.")

    with pytest.raises(NotAllowed, match="may give the source away"):
        one_desk.send(approach)
    with pytest.raises(NotAllowed, match="Say why"):
        one_desk.send(approach, MANAGER)
    sent = one_desk.send(approach, MANAGER, "a court has ordered it")

    assert sent.draft.reason == "a court has ordered it"
    assert f"{purpose} sent despite a warning" in one_desk.acts()
    assert "a court has ordered it" not in " ".join(one_desk.acts())


def test_an_enquiry_that_names_the_job_of_a_source_is_stopped(one_desk: Desk) -> None:
    reference = one_desk.file("I am the art therapist there. The food is poor.")
    begun = one_desk.begin(reference, ActionKind.ASK_THE_SERVICE)
    approach = one_desk.written(begun, body="Your art therapist tells us that the food is poor.")

    assert Giveaway.JOB in {hit.what for hit in one_desk.checked(approach).hits}
    with pytest.raises(NotAllowed, match="may give the source away"):
        one_desk.send(approach)


def test_an_enquiry_that_is_not_answered_in_time_becomes_a_task_once_and_nothing_is_sent(desk: Desk) -> None:
    reference = desk.file("Cold at night.")
    desk.correct(reference, urn="SC990001")
    approach = desk.send(desk.written(desk.begin(reference, ActionKind.ASK_THE_SERVICE, "Dilip Raval")))
    desk.of.outbox.claim(10)

    assert approach.due_at == datetime(2026, 12, 2, tzinfo=UTC)  # five working days after a Tuesday, to its end
    desk.of.clock.advance(days=8)
    assert (desk.of.approaches.chase(), desk.of.approaches.chase()) == (1, 0)
    assert desk.tasks(reference) == {TaskKind.ANSWER_OVERDUE}
    assert desk.of.outbox.claim(10) == []


def test_the_answer_of_the_service_lands_in_the_case_and_settles_the_enquiry(desk: Desk) -> None:
    reference = desk.file("Cold at night.")
    desk.correct(reference, urn="SC990001")
    approach = desk.send(desk.written(desk.begin(reference, ActionKind.ASK_THE_SERVICE, "Dilip Raval")))
    letter = next(one.letter for one in desk.of.outbox.claim(10) if one.letter.recipient == HOME.email)
    desk.file("We have mended it.", sender=HOME.email, to=letter.tagged_address)

    after = desk.of.approaches.one(reference, approach.id, OFFICER)
    assert (after.state, after.answered_by) == (ApproachState.ANSWERED, "mailbot")
    assert "We have mended it." in desk.case(reference).follow_ups[0].narrative
    assert TaskKind.ANSWER_CAME in desk.tasks(reference)
    (action,) = desk.case(reference).actions
    assert (action.done, action.settled_by, action.due_at) == (True, "mailbot", approach.due_at)


def test_an_out_of_office_reply_answers_no_enquiry(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    approach = one_desk.send(one_desk.written(one_desk.begin(reference, ActionKind.SHARE_WITH_BODY, "Police")))
    letter = next(one.letter for one in one_desk.of.outbox.claim(10) if one.letter.recipient == "office@body.example")
    headers = "Auto-Submitted: auto-replied\r\n"
    one_desk.file("I am away.", sender="office@body.example", to=letter.tagged_address, headers=headers)

    assert one_desk.of.approaches.one(reference, approach.id, OFFICER).state is ApproachState.SENT


def test_an_authority_that_writes_back_has_not_confirmed_until_an_officer_has_read_it(one_desk: Desk) -> None:
    reference = one_desk.file("DANGER")
    approach = one_desk.referred(reference)
    letter = next(one.letter for one in one_desk.of.outbox.claim(10) if one.letter.recipient == KENT.email)
    one_desk.file("This is not for us.", sender=KENT.email, to=letter.tagged_address)

    assert one_desk.of.approaches.one(reference, approach.id, OFFICER).state is ApproachState.SENT
    assert TaskKind.ANSWER_CAME in one_desk.tasks(reference)


def test_a_draft_whose_day_has_come_is_not_sent(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    approach = one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SERVICE))
    assert "by 1 December 2026" in approach.draft.body
    one_desk.of.clock.advance(days=3)
    assert one_desk.checked(approach).problems == ()
    one_desk.of.clock.advance(days=5)

    with pytest.raises(NotAllowed, match="has come"):
        one_desk.send(approach)


def test_the_days_for_an_answer_leave_out_weekends_and_englands_bank_holidays() -> None:
    assert due_on(ActionKind.ASK_THE_SERVICE, date(2026, 12, 23)) == date(2027, 1, 4)
    assert due_on(ActionKind.ASK_THE_SENDER, date(2026, 12, 23)) is None


# ---- Asking the sender -----------------------------------------------------------------------------------------------


def test_the_sender_is_asked_at_their_own_address_which_no_officer_sees(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.", sender="Jo Sandiford <jo.sandiford@post.example>")
    approach = one_desk.send(one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SENDER)))

    assert "jo.sandiford" not in repr(approach)
    asked = [one.letter for one in one_desk.of.outbox.claim(10) if one.letter.template == ActionKind.ASK_THE_SENDER]
    assert [(letter.recipient, letter.channel) for letter in asked] == [("jo.sandiford@post.example", Channel.EMAIL)]
    one_desk.of.clock.advance(days=40)
    assert one_desk.of.approaches.chase() == 0


def test_whoever_wants_no_contact_is_not_asked(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    approach = one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SENDER))
    one_desk.correct(reference, contact=Contact.DO_NOT_CONTACT)

    with pytest.raises(NotAllowed, match="does not want to be written to"):
        one_desk.send(approach)


def test_an_address_that_got_no_acknowledgement_gets_no_question_either(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.", sender="Office <office@larch-house.example>")
    assert one_desk.case(reference).entry.acknowledgement == LetterState.WITHHELD
    approach = one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SENDER))

    with pytest.raises(NotAllowed, match="acknowledgement is withheld"):
        one_desk.send(approach)


def test_a_welsh_message_is_answered_in_both_languages(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    one_desk.correct(reference, language="cy")
    draft = one_desk.begin(reference, ActionKind.ASK_THE_SENDER).draft

    assert draft.subject == f"Y neges atom ni / Your message to us: {reference}"
    assert draft.body.index("Diolch am eich neges") < draft.body.index("Thank you for your message")


def test_post_is_asked_for_and_no_address_was_given(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    one_desk.correct(reference, contact=Contact.POST)
    approach = one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SENDER))

    with pytest.raises(NotAllowed, match="no postal address"):
        one_desk.send(approach)


def test_a_letter_to_the_sender_repeats_nothing_of_theirs_unnoticed(one_desk: Desk) -> None:
    words = "the boiler in the east wing has been cold since the third week of October"
    reference = one_desk.file(f"I want to say that {words} and nobody came.")
    approach = one_desk.written(one_desk.begin(reference, ActionKind.ASK_THE_SENDER), body=f"You wrote that {words}.")
    checked = one_desk.checked(approach)

    assert {hit.what for hit in checked.hits} == {Giveaway.VERBATIM}


# ---- Restricted cases ------------------------------------------------------------------------------------------------


def test_nothing_of_a_restricted_case_can_be_written_or_seen_without_the_role(one_desk: Desk) -> None:
    reference = one_desk.file("WORKER here")
    approach = one_desk.begin(reference, ActionKind.SHARE_WITH_BODY, "Police", WHISTLEBLOWING_OFFICER)
    refused = (
        lambda: one_desk.of.approaches.of_case(reference, OFFICER),
        lambda: one_desk.of.approaches.one(reference, approach.id, MANAGER),
        lambda: one_desk.of.approaches.answered(reference, approach.id, MANAGER),
        lambda: one_desk.of.approaches.source(reference, OFFICER),
        lambda: one_desk.of.approaches.start(reference, OFFICER, ActionKind.SHARE_WITH_BODY, approach.draft),
    )
    for attempt in refused:
        with pytest.raises(NotAllowed):
            attempt()


def test_answers_about_a_workers_case_come_back_to_the_restricted_mailbox(one_desk: Desk) -> None:
    reference = one_desk.file("WORKER here", mailbox="whistleblowing")
    begun = one_desk.begin(reference, ActionKind.SHARE_WITH_BODY, "Police", WHISTLEBLOWING_OFFICER)
    one_desk.send(one_desk.written(begun, WHISTLEBLOWING_OFFICER), WHISTLEBLOWING_OFFICER)

    shared = [one.letter for one in one_desk.of.outbox.claim(10) if one.letter.template == ActionKind.SHARE_WITH_BODY]
    assert [letter.reply_address for letter in shared] == ["reports@example.gov.uk"]


def test_glass_is_broken_by_a_duty_manager_with_a_reason_for_a_day(one_desk: Desk) -> None:
    reference = one_desk.file("WORKER in DANGER")
    (closed,) = one_desk.of.openings.closed_alerts(MANAGER)
    assert closed.reference == reference
    with pytest.raises(NotAllowed):
        one_desk.case(reference, MANAGER)
    with pytest.raises(NotAllowed, match="role"):
        one_desk.of.openings.open(reference, OFFICER, "x")
    with pytest.raises(NotAllowed, match="Say why"):
        one_desk.of.openings.open(reference, MANAGER, " ")
    one_desk.of.openings.open(reference, MANAGER, "nobody of the team answers")

    opened = dataclasses.replace(MANAGER, opened=one_desk.of.openings.opened_by(MANAGER.email))
    assert "DANGER" in one_desk.case(reference, opened).narrative
    assert TaskKind.GLASS_BROKEN in one_desk.tasks(reference, WHISTLEBLOWING_OFFICER)
    one_desk.of.clock.advance(hours=25)
    assert one_desk.of.openings.opened_by(MANAGER.email) == frozenset()


def test_a_restricted_case_without_danger_is_opened_by_nobody(one_desk: Desk) -> None:
    reference = one_desk.file("WORKER here")

    assert one_desk.of.openings.closed_alerts(MANAGER) == []
    with pytest.raises(NotAllowed):
        one_desk.of.openings.open(reference, MANAGER, "curious")


# ---- What is kept ----------------------------------------------------------------------------------------------------


def test_what_is_written_and_to_whom_is_sealed(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    approach = one_desk.written(one_desk.begin(reference, ActionKind.SHARE_WITH_BODY, "Police"), body="A plover.")
    call = Call(called_by="x@y.example", called_at=NOON, spoke_to="Sam Okoro", given_reference="K-77", said="wigeon")
    one_desk.of.dispatch.note_call(approach, OFFICER, call)

    stored = b"".join(path.read_bytes() for path in one_desk.of.folder.glob("*.sqlite3*"))
    for word in (b"plover", b"office@body.example", b"Okoro", b"wigeon"):
        assert word not in stored


def test_what_was_written_goes_with_a_case_that_is_joined_to_another(desk: Desk) -> None:
    first, second = desk.file("Cold at night."), desk.file("And damp.", sender="al@post.example")
    approach = desk.send(desk.written(desk.begin(second, ActionKind.SHARE_WITH_BODY, "Police")))
    with desk.of.engine.begin() as connection:
        ids = {row.reference: row.id for row in connection.execute(sa.select(cases))}
        add_task(connection, ids[second], TaskKind.JOIN, "test", ids[first], NOON)
    task = next(one for one in desk.case(second).tasks if one.kind is TaskKind.JOIN)
    desk.of.store.settle_task(second, OFFICER, task.id, join=True)

    (moved,) = desk.of.approaches.of_case(first, OFFICER)
    assert (moved.id, moved.draft) == (approach.id, approach.draft)
    letter = next(one.letter for one in desk.of.outbox.claim(10) if one.letter.recipient == "office@body.example")
    desk.file("Thank you.", sender="office@body.example", to=letter.tagged_address)
    assert desk.of.approaches.one(first, approach.id, OFFICER).state is ApproachState.ANSWERED


def test_a_draft_that_was_given_up_cannot_be_sent(one_desk: Desk) -> None:
    reference = one_desk.file("Cold at night.")
    approach = one_desk.written(one_desk.begin(reference, ActionKind.SHARE_WITH_BODY, "Police"))
    one_desk.of.approaches.withdraw(reference, approach.id, OFFICER)

    with pytest.raises(NotAllowed):
        one_desk.send(approach)
    with one_desk.of.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(letters)).scalar_one() == 1
        assert connection.execute(sa.select(approaches.c.state)).scalar_one() == ApproachState.WITHDRAWN


# ---- Contact points of authorities -----------------------------------------------------------------------------------


def test_a_made_up_contact_counts_in_the_demonstration_alone(sqlite: Installation) -> None:
    sqlite.authorities.replace([KENT], "test")
    elsewhere = Authorities(sqlite.engine, sqlite.clock)

    assert sqlite.authorities.contact("Kent") == KENT
    assert elsewhere.contact("Kent") == AuthorityContact(authority="Kent")
    assert elsewhere.known() == frozenset()


def test_the_sample_file_names_each_of_englands_authorities_and_every_contact_in_it_is_a_sample() -> None:
    known = authorities_on(shipped("models"), date(2026, 11, 26))
    contacts = read_authority_contacts(Path("mailbot/samples/authority_contacts.csv"), known)

    assert {one.authority for one in contacts} == {name for name, nation in known.items() if nation == "England"}
    assert len(contacts) == 153
    assert all(one.sample for one in contacts)


def test_the_nations_have_as_many_authorities_as_there_are() -> None:
    nations = list(authorities_on(shipped("models"), date(2026, 11, 26)).values())

    assert {nation: nations.count(nation) for nation in set(nations)} == {
        "England": 153,
        "Wales": 22,
        "Scotland": 32,
        "Northern Ireland": 5,
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Atlantis,Front door,,01632 960111,,a@b.example", "line 2: 'Atlantis' is no local authority"),
        ("Kent,Front door,,,,a@b.example", "line 2: Kent has no telephone number"),
        ("Kent,Front door,,ring us,,a@b.example", "line 2: 'ring us' is no telephone number"),
        ("Kent,Front door,,01632 960111,,nobody", "line 2: 'nobody' is no email address"),
        ("Kent,a,,01632 960111,,\nKent,b,,01632 960111,,", "line 3: Kent stands in line 2 too"),
    ],
)
def test_a_file_of_contact_points_with_a_fault_is_refused_whole(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text(f"authority,office,hours,telephone,out_of_hours_telephone,email\n{line}\n")

    with pytest.raises(RegisterUnreadable, match=said):
        read_authority_contacts(file, ["Kent"])
