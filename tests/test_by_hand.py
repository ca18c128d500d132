"""Calls and letters entered by hand: a case at once, judged like any message, what was told above what is read."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.arrivals.by_hand import EnteredFile, new_token, written
from mailbot.cases.arrivals.joining import Joining
from mailbot.cases.identity.covering import Covering
from mailbot.cases.letters.approaches import Approaches
from mailbot.cases.schema import alerts, audit, cases, entries, messages, opinions, raw_messages
from mailbot.correspondence.as_wished import NO_ADDRESS, NOT_ASKED
from mailbot.domain import (
    Assessment,
    CaseState,
    Confidentiality,
    Contact,
    Correction,
    Decision,
    Email,
    Entry,
    EntryKind,
    Kind,
    RawMail,
    Relation,
    Remit,
    Role,
    ServiceType,
    Situation,
    TaskKind,
    Whistleblowing,
)
from mailbot.errors import EnteredAlready, NotAllowed, StorageFailed
from mailbot.intake.parse import parse
from mailbot.office import Office, Tally
from mailbot.pipeline import process
from mailbot.taking_in import file_handed_back
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, WordJudge, assessment, mail

AUDITOR = Officer(email="auditor@example.gov.uk", role=Role.AUDITOR)
PDF = EnteredFile(name="letter of 3 May.pdf", media_type="application/pdf", content=b"%PDF-1.4 nothing to read")


def call(said: str = "The food is poor.", **answers: Any) -> Entry:
    """A call about which the officer was told that no worker rings, with the given answers."""
    plain = Entry(kind=EntryKind.CALL, entered_by=OFFICER.email, received_at=NOON, said=said, relation=Relation.OTHER)
    return dataclasses.replace(plain, **answers)


def enter(
    installation: Installation,
    entry: Entry,
    *files: EnteredFile,
    mailbox: str = "enquiries",
    officer: Officer = OFFICER,
    token: str = "",
) -> str:
    return installation.entries.enter(officer, mailbox, entry, files, token or new_token()).reference


class Dies(BaseException):
    """Ends the process in the middle of its work, as far as anybody else can tell."""


class Dying(WordJudge):
    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        raise Dies


class Saying(WordJudge):
    """Says the same of every message."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        return [assessment(**self._changes) for _ in emails]


def office(installation: Installation, **changes: Any) -> Office:
    return dataclasses.replace(installation.office, **changes)


def open_alerts(installation: Installation) -> int:
    with installation.engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(alerts).where(alerts.c.state != "done")
        return int(connection.execute(query).scalar_one())


# ---- A case at once, and judged soon after ---------------------------------------------------------------------------


def test_a_call_is_a_case_at_once_and_the_worker_judges_it_into_the_same_case(installation: Installation) -> None:
    reference = enter(installation, call())
    (entry,) = installation.store.queue(OFFICER)
    assert (entry.reference, entry.priority, entry.look_first, entry.acknowledgement) == (
        reference,
        2,
        True,
        "withheld",
    )

    assert file_handed_back(installation.office) == Tally(filed=1)
    assert file_handed_back(installation.office) == Tally()
    (entry,) = installation.store.queue(OFFICER)
    assert (entry.reference, entry.priority, entry.look_first) == (reference, 3, False)
    case = installation.store.open_case(reference, OFFICER)
    assert case.subject == "Telephone call"
    assert case.assessment.judged
    assert case.told is not None
    assert (case.told.kind, case.told.entered_by) == (EntryKind.CALL, OFFICER.email)


def test_danger_that_was_told_alerts_with_the_form_and_no_model_is_asked(installation: Installation) -> None:
    reference = enter(installation, call(said="", child_in_danger=True, relation=Relation.OTHER))

    (entry,) = installation.store.queue(OFFICER)
    assert (entry.reference, entry.priority, entry.immediate_risk) == (reference, 1, True)
    assert "child_at_risk" in entry.situations
    (due,) = installation.alert_book.due()
    assert (due.reference, due.restricted) == (reference, False)
    file_handed_back(
        office(installation, assessor=Saying(kind=Kind.SPAM, remit=Remit.NOT_APPLICABLE, situations=frozenset()))
    )
    (entry,) = installation.store.queue(OFFICER)
    assert (entry.priority, entry.kind, entry.remit) == (1, "concern", "unclear")
    assert open_alerts(installation) == 1


def test_an_adult_in_danger_alerts_too(installation: Installation) -> None:
    enter(installation, call(adult_in_danger=True))

    (entry,) = installation.store.queue(OFFICER)
    assert (entry.priority, entry.adult_in_danger, entry.immediate_risk) == (1, True, False)
    assert len(installation.alert_book.due()) == 1


def test_danger_that_nobody_ticked_is_found_by_the_machine_all_the_same(installation: Installation) -> None:
    enter(installation, call("There is DANGER."))
    assert open_alerts(installation) == 0

    file_handed_back(installation.office)
    assert installation.store.queue(OFFICER)[0].priority == 1
    assert open_alerts(installation) == 1


def test_when_the_process_dies_before_the_judgement_the_next_one_judges_and_files_once(
    installation: Installation,
) -> None:
    reference = enter(installation, call("He hit her.", child_in_danger=True), PDF)
    with pytest.raises(Dies):
        file_handed_back(office(installation, assessor=Dying()))
    assert [one.reference for one in installation.store.queue(OFFICER)] == [reference]
    assert open_alerts(installation) == 1

    assert file_handed_back(installation.office) == Tally(filed=1)
    assert [one.reference for one in installation.store.queue(OFFICER)] == [reference]
    assert installation.store.open_case(reference, OFFICER).assessment.judged
    assert open_alerts(installation) == 1


def test_what_a_run_of_its_mailbox_finds_unjudged_is_judged_there(installation: Installation) -> None:
    enter(installation, call())
    with installation.ledger.claimed(10, "enquiries") as unfiled:
        assert process(unfiled, installation.office) == Tally(filed=1)
    assert process(unfiled, installation.office) == Tally(filed=1)  # as another thread would, that read it before
    assert len(installation.store.queue(OFFICER)) == 1
    with installation.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(opinions)).scalar_one() == 1


def test_when_the_form_dies_half_way_nothing_of_it_stands(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Dies

    token = new_token()
    with monkeypatch.context() as patched:
        patched.setattr("mailbot.cases.arrivals.by_hand.audit.record", die)
        with pytest.raises(Dies):
            enter(installation, call(child_in_danger=True), token=token)
    with installation.engine.connect() as connection:
        for table in (cases, messages, raw_messages, entries, alerts):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0

    enter(installation, call(child_in_danger=True), token=token)
    assert len(installation.store.queue(OFFICER)) == 1


def test_an_entry_that_cannot_be_judged_keeps_its_case_and_is_set_aside(installation: Installation) -> None:
    reference = enter(installation, call("CRASH"))
    assert file_handed_back(installation.office) == Tally(set_aside=1)
    assert installation.store.open_case(reference, OFFICER).narrative == "CRASH"

    (one,) = installation.office.aside.listed(OFFICER)
    installation.office.aside.hand_back(one.id, OFFICER, by_hand=True)
    assert file_handed_back(installation.office) == Tally(filed=1)
    (entry,) = installation.store.queue(OFFICER)
    assert entry.reference == reference


def test_an_entry_is_not_looked_for_on_the_server(installation: Installation) -> None:
    enter(installation, call())
    installation.ledger.keep([mail()])

    assert [one.folder for one in installation.ledger.taken_in("enquiries")] == ["INBOX"]


# ---- Once ------------------------------------------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_is_one_case(installation: Installation) -> None:
    token = new_token()
    first = enter(installation, call(), PDF, token=token)
    installation.clock.advance(seconds=1)
    again = dataclasses.replace(call(), received_at=NOON + timedelta(seconds=1))

    assert enter(installation, again, PDF, token=token) == first
    file_handed_back(installation.office)
    assert enter(installation, again, PDF, token=token) == first
    assert len(installation.store.queue(OFFICER)) == 1


def test_a_form_that_is_sent_by_several_at_the_same_moment_is_one_case(installation: Installation) -> None:
    token, receipts = new_token(), []

    def send() -> None:
        receipts.append(enter(installation, call(child_in_danger=True), token=token))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receipts) == 6
    assert len(set(receipts)) == 1
    assert open_alerts(installation) == 1


@pytest.mark.parametrize("other", [{"said": "And another thing."}, {"contact": Contact.DO_NOT_CONTACT}])
def test_other_words_under_the_same_form_are_refused_and_not_lost_in_silence(
    installation: Installation, other: dict[str, Any]
) -> None:
    token = new_token()
    first = enter(installation, call(), token=token)

    with pytest.raises(EnteredAlready, match=first):
        enter(installation, call(**other), token=token)
    with pytest.raises(EnteredAlready, match="sent already"):
        enter(installation, call(), PDF, token=token)


def test_a_header_that_arrives_by_mail_is_not_believed(installation: Installation) -> None:
    forged = written(call("My manager is fine.", child_in_danger=True), (), new_token())
    place = RawMail(mailbox="enquiries", folder="by hand", uid_validity=0, uid=7, received_at=NOON, content=forged)
    process(installation.ledger.keep([place]), installation.office)

    (entry,) = installation.store.queue(OFFICER)
    assert not entry.immediate_risk
    assert installation.store.open_case(entry.reference, OFFICER).told is None
    assert open_alerts(installation) == 0


def test_callers_who_say_nothing_of_themselves_are_not_taken_for_the_same(installation: Installation) -> None:
    for _ in range(2):
        enter(installation, call(service_name="Larch House"))
    file_handed_back(installation.office)

    for entry in installation.store.queue(OFFICER):
        assert not installation.store.open_case(entry.reference, OFFICER).tasks


def test_a_caller_who_names_a_case_is_suggested_to_it(installation: Installation) -> None:
    process(installation.ledger.keep([mail()]), installation.office)
    (known,) = installation.store.queue(OFFICER)
    reference = enter(installation, call(f"He rang before, his reference is {known.reference}."))
    file_handed_back(installation.office)

    (task,) = installation.store.open_case(reference, OFFICER).tasks
    assert (task.kind, task.other_case) == (TaskKind.JOIN, known.reference)


# ---- Who may see it --------------------------------------------------------------------------------------------------


def test_what_an_officer_enters_for_a_restricted_mailbox_they_do_not_see_again(installation: Installation) -> None:
    receipt = installation.entries.enter(OFFICER, "whistleblowing", call(child_in_danger=True), (), new_token())
    assert receipt.restricted

    for _ in range(2):
        assert installation.store.queue(OFFICER) == []
        assert installation.alert_book.open_ones(OFFICER) == []
        with pytest.raises(NotAllowed):
            installation.store.open_case(receipt.reference, OFFICER)
        (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
        assert (entry.restricted, entry.priority) == (True, 1)
        file_handed_back(installation.office)


def test_a_workers_call_is_restricted_whichever_mailbox_it_is_entered_for(installation: Installation) -> None:
    enter(installation, call(relation=Relation.WORKER))
    file_handed_back(installation.office)

    assert installation.store.queue(OFFICER) == []
    (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.restricted, entry.whistleblowing) == (True, Whistleblowing.QUALIFYING)


def test_until_it_is_known_whether_a_worker_calls_the_case_is_restricted_and_then_more_are_told(
    installation: Installation,
) -> None:
    enter(installation, call(child_in_danger=True, relation=None))
    assert installation.store.queue(OFFICER) == []
    (due,) = installation.alert_book.due()
    assert due.restricted
    installation.alert_book.note_told(due, (), installation.clock() + timedelta(minutes=15))
    assert installation.alert_book.due() == []

    file_handed_back(installation.office)
    assert [one.priority for one in installation.store.queue(OFFICER)] == [1]
    (due,) = installation.alert_book.due()
    assert not due.restricted


def test_only_those_who_review_may_enter(installation: Installation) -> None:
    with pytest.raises(NotAllowed):
        enter(installation, call(), officer=AUDITOR)


def test_who_calls_is_sealed_and_masked_and_nothing_readable_stands_in_the_database(
    installation: Installation,
) -> None:
    entry = call(
        "Jo Sandiford says the food is poor; ring 01632 960 001.",
        name="Jo Sandiford",
        email="jo@post.example",
        telephone="01632 960 002",
        telephone_times="after 6pm, ask for Sandiford",
        contact=Contact.TELEPHONE,
        postal="4 Mill Row, Ipswich IP1 1AA",
    )
    reference = enter(installation, entry, PDF)
    for _ in range(2):
        case = installation.store.open_case(reference, OFFICER)
        assert case.told is not None
        shown = f"{case.narrative} {case.subject} {case.told.answers} {case.assessment}"
        assert "[phone 1]" in case.narrative
        for secret in ("Sandiford", "01632", "post.example", "Mill Row"):
            assert secret not in shown
        assert ("How can we reach them safely?", "By telephone, after 6pm, ask for [sender]") in case.told.answers
        file_handed_back(installation.office)
    with installation.engine.connect() as connection:
        for table in (cases, messages, raw_messages, entries, audit):
            kept = repr(connection.execute(sa.select(table)).all())
            for secret in ("Sandiford", "01632", "post.example", "Mill Row", "food", "letter of"):
                assert secret not in kept
    source = Approaches(installation.engine, installation.vault, installation.clock).source(reference, OFFICER)
    assert (source.name, source.address) == ("Jo Sandiford", "jo@post.example")
    assert set(source.phones) == {"01632 960 001", "01632 960 002"}


def test_entering_is_on_the_audit_trail_without_a_word_of_it(installation: Installation) -> None:
    reference = enter(installation, call("secret words", child_in_danger=True))
    with installation.engine.connect() as connection:
        rows = connection.execute(sa.select(audit).where(audit.c.reference == reference)).all()

    assert (OFFICER.email, "entered by hand", "call; danger told") in {(one.actor, one.act, one.detail) for one in rows}
    assert not any("secret" in one.detail for one in rows)


# ---- The officer's answers above the machine's -----------------------------------------------------------------------


def test_what_was_told_outweighs_what_the_machine_reads(installation: Installation) -> None:
    said = Saying(
        confidentiality=Confidentiality.WAIVED,
        contact=Contact.POST,
        anonymous=True,
        whistleblowing=Whistleblowing.QUALIFYING,
        service_name="Elm House",
    )
    entry = call(
        name="Jo Sandiford",
        confidentiality=Confidentiality.REQUESTED,
        contact=Contact.DO_NOT_CONTACT,
        service_name="Larch House",
        relation=Relation.CHILD,
    )
    reference = enter(installation, entry)
    file_handed_back(office(installation, assessor=said))

    case = installation.store.open_case(reference, OFFICER)
    entry_ = case.entry
    assert (entry_.confidentiality, entry_.contact, entry_.anonymous) == ("requested", "do_not_contact", False)
    assert (entry_.whistleblowing, entry_.restricted) == ("none", False)
    assert case.corrected == {"service_name": "Larch House", "written_by_child": "true"}
    assert case.assessment.service_name == "Elm House"  # what the machine said stays what it said
    with installation.engine.connect() as connection:
        (opinion,) = connection.execute(sa.select(opinions)).all()
    assert (opinion.whistleblowing, opinion.confidentiality, opinion.anonymous) == ("qualifying", "waived", True)


def test_what_was_not_asked_is_read_from_the_words(installation: Installation) -> None:
    said = Saying(confidentiality=Confidentiality.WAIVED, anonymous=True, whistleblowing=Whistleblowing.NOT_COVERED)
    enter(installation, call(relation=None))
    file_handed_back(office(installation, assessor=said))

    (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
    assert (entry.confidentiality, entry.anonymous, entry.whistleblowing) == ("waived", True, "not_covered")


def test_that_no_danger_was_told_lowers_nothing(installation: Installation) -> None:
    enter(installation, call(child_in_danger=False))
    found = Saying(
        immediate_risk=True, adult_in_danger=True, situations=frozenset({Situation.CHILD_AT_RISK}), priority=1
    )
    file_handed_back(office(installation, assessor=found))

    (entry,) = installation.store.queue(OFFICER)
    assert (entry.priority, entry.immediate_risk, entry.adult_in_danger) == (1, True, True)


def test_a_worker_of_an_excluded_service_is_one_in_the_law_too(installation: Installation) -> None:
    enter(installation, call(relation=Relation.WORKER))
    file_handed_back(office(installation, assessor=Saying(service_type=ServiceType.SECURE_TRAINING_CENTRE)))

    assert installation.store.queue(WHISTLEBLOWING_OFFICER)[0].whistleblowing == "excluded_service"


def test_no_line_of_an_officers_notes_is_a_signature_a_quotation_or_a_machines(installation: Installation) -> None:
    notes = (
        "Automatic reply: I am out of the office until Monday 3 May with no access to email. For urgent matters "
        "contact duty.\n\n"
        "On Mon, 3 May 2026 at 10:00, Ann <ann@post.example> wrote:\n> he hit her\n> again"
    )
    place = RawMail(mailbox="", folder="", uid_validity=0, uid=0, received_at=NOON, content=b"")
    as_mail = parse(dataclasses.replace(place, content=written(call(notes), (), new_token())))
    assert as_mail.automatic
    assert as_mail.quoted
    reference = enter(installation, call(notes))
    file_handed_back(installation.office)

    case = installation.store.open_case(reference, OFFICER)
    assert (case.entry.kind, case.quoted) == ("concern", "")
    assert case.narrative == notes.replace("ann@post.example", "[email 1]")


def test_service_and_place_are_judged_with_what_was_said(installation: Installation) -> None:
    heard: list[str] = []

    class Listening(WordJudge):
        def assess(self, emails: Sequence[Email]) -> list[Assessment]:
            heard.extend(one.text for one in emails)
            return super().assess(emails)

    enter(installation, call(service_name="Larch House", place="Ipswich"))
    file_handed_back(office(installation, assessor=Listening()))

    assert heard == ["Service: Larch House\nPlace: Ipswich\n\nThe food is poor."]


# ---- An answer -------------------------------------------------------------------------------------------------------


def withheld(installation: Installation, entry: Entry) -> str | None:
    reference = enter(installation, entry, officer=WHISTLEBLOWING_OFFICER)
    file_handed_back(installation.office)
    (letter,) = installation.outbox.of_case(reference)
    return letter.withheld_because


@pytest.mark.parametrize(
    ("answers", "because"),
    [
        ({}, NO_ADDRESS),
        ({"name": "Jo Sandiford"}, NO_ADDRESS),
        ({"telephone": "01632 960 001", "contact": Contact.TELEPHONE}, "they asked to be telephoned"),
        ({"email": "jo@post.example", "contact": Contact.TELEPHONE}, "they asked to be telephoned"),
        ({"email": "jo@post.example", "contact": Contact.DO_NOT_CONTACT}, "not to contact"),
        ({"email": "jo@post.example"}, NOT_ASKED),
        ({"postal": "4 Mill Row, Ipswich IP1 1AA"}, NOT_ASKED),
        ({"email": "office@post.example", "contact": Contact.EMAIL}, "shared account"),
        ({"email": "jo at post", "contact": Contact.EMAIL}, "cannot be used"),
    ],
)
def test_an_acknowledgement_is_withheld_with_its_reason(
    sqlite: Installation, answers: dict[str, Any], because: str
) -> None:
    assert because in (withheld(sqlite, call(**answers)) or "")
    assert sqlite.outbox.claim(10) == []


@pytest.mark.parametrize(
    ("entry", "channel", "recipient"),
    [
        (call(email="Jo@post.example", contact=Contact.EMAIL), "email", "jo@post.example"),
        (
            call(name="Jo Sandiford", postal="4 Mill Row\nIpswich\nIP1 1AA", contact=Contact.POST),
            "post",
            "Jo Sandiford\n4 Mill Row\nIpswich\nIP1 1AA",
        ),
        (call(kind=EntryKind.LETTER, postal="4 Mill Row\nIpswich\nIP1 1AA"), "post", "4 Mill Row\nIpswich\nIP1 1AA"),
    ],
)
def test_an_acknowledgement_goes_where_an_address_was_given_and_the_wish_allows_it(
    sqlite: Installation, entry: Entry, channel: str, recipient: str
) -> None:
    reference = enter(sqlite, entry)
    assert sqlite.outbox.claim(10) == []
    file_handed_back(sqlite.office)

    (outline,) = sqlite.outbox.of_case(reference)
    assert (outline.state, outline.channel) == ("due", channel)
    assert sqlite.store.queue(OFFICER)[0].acknowledgement == "due"
    if channel == "email":
        (queued,) = sqlite.outbox.claim(10)
        assert (queued.letter.recipient, queued.case_reference) == (recipient, reference)
        assert reference in queued.letter.subject


def test_an_address_nobody_asked_about_is_written_to_only_by_an_officers_click(sqlite: Installation) -> None:
    reference = enter(sqlite, call(email="jo@post.example"))
    file_handed_back(sqlite.office)

    (outline,) = sqlite.outbox.of_case(reference)
    assert outline.state == "withheld"
    assert "send" in outline.decisions


# ---- What somebody did to the case before it was judged --------------------------------------------------------------


def test_what_officers_did_before_the_judgement_stands_and_the_letter_waits_for_them(
    installation: Installation,
) -> None:
    reference = enter(installation, call("Bluebell is poor.", email="jo@post.example", contact=Contact.EMAIL))
    change = Correction(field="remit", value="other_nation", reason="In Wrexham")
    named = Correction(field="service_name", value="Elm House", reason="He said so")
    installation.store.review(reference, OFFICER, 1, Decision(corrections=(change, named), note="Rang back"))
    Covering(installation.engine, installation.vault, installation.clock).cover(reference, OFFICER, "Bluebell")
    file_handed_back(installation.office)

    case = installation.store.open_case(reference, OFFICER)
    assert case.entry.remit == "other_nation"
    assert case.corrected["service_name"] == "Elm House"
    assert case.narrative == "[covered 1] is poor."
    assert "Bluebell" not in str(case)
    (outline,) = installation.outbox.of_case(reference)
    assert outline.state == "withheld"
    assert "a person decides" in (outline.withheld_because or "")
    assert installation.outbox.claim(10) == []


def test_a_danger_found_by_the_machine_raises_a_case_that_was_closed_meanwhile(installation: Installation) -> None:
    reference = enter(installation, call("There is DANGER."))
    installation.store.review(reference, OFFICER, 1, Decision(note="Nothing in it", close=True))
    file_handed_back(installation.office)

    (entry,) = installation.store.queue(OFFICER)
    assert (entry.reference, entry.state, entry.priority) == (reference, CaseState.NEW, 1)
    assert open_alerts(installation) == 1


def test_a_case_that_was_closed_meanwhile_stays_closed_where_the_judgement_finds_no_danger(
    installation: Installation,
) -> None:
    reference = enter(installation, call())
    installation.store.review(reference, OFFICER, 1, Decision(note="Nothing in it", close=True))
    file_handed_back(installation.office)

    assert installation.store.queue(OFFICER) == []
    assert installation.store.queue(OFFICER, [CaseState.CLOSED])[0].reference == reference


def test_an_entry_that_was_joined_to_another_case_meanwhile_is_judged_there(installation: Installation) -> None:
    process(installation.ledger.keep([mail()]), installation.office)
    (other,) = installation.store.queue(OFFICER)
    reference = enter(installation, call("There is DANGER."), PDF)
    with installation.engine.begin() as connection:
        rows = {row.reference: row for row in connection.execute(sa.select(cases))}
        Joining(connection, installation.vault, installation.clock).join(rows[reference], rows[other.reference])
    assert file_handed_back(installation.office) == Tally(filed=1)

    (entry,) = installation.store.queue(OFFICER)
    assert (entry.reference, entry.priority) == (other.reference, 1)
    (later,) = installation.store.open_case(entry.reference, OFFICER).follow_ups
    assert later.assessment.judged
    assert later.told is not None
    assert [one.name for one in later.attachments] == [PDF.name]
    assert [one.reference for one in installation.alert_book.due()] == [other.reference]
    assert [one.reference for one in installation.store.queue(OFFICER, [CaseState.CLOSED])] == [reference]


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_a_scanned_letter_is_kept_and_read_by_a_person_where_no_program_can(installation: Installation) -> None:
    reference = enter(installation, call("", kind=EntryKind.LETTER, received_at=NOON - timedelta(days=3)), PDF)
    for _ in range(2):
        case = installation.store.open_case(reference, OFFICER)
        assert [(one.name, one.media_type, one.size) for one in case.attachments] == [
            (PDF.name, PDF.media_type, len(PDF.content))
        ]
        assert case.entry.received_at == NOON - timedelta(days=3)
        file_handed_back(installation.office)
    with installation.engine.connect() as connection:
        number = connection.execute(sa.select(messages.c.id)).scalar_one()
    (kept,) = parse(installation.ledger.original(number).mail).attachments
    assert (kept.name, kept.size) == (PDF.name, len(PDF.content))


def test_files_are_scanned_where_there_is_a_scanner(sqlite: Installation) -> None:
    def scanning(raw: RawMail) -> Email:
        return parse(raw, scan=lambda content: "a virus was found" if b"EICAR" in content else None)

    bad = dataclasses.replace(PDF, name="bad.pdf", content=b"%PDF-1.4 EICAR")
    reference = enter(sqlite, call(), PDF, bad)
    file_handed_back(office(sqlite, parse=scanning))

    case = sqlite.store.open_case(reference, OFFICER)
    assert [one.sealed_because for one in case.attachments] == [None, "a virus was found"]


def test_an_entry_stands_by_itself_in_its_bytes(sqlite: Installation) -> None:
    entry = call(
        "Ça va mal.\nVery.", name="Zoë Ångström", email="jo at post", postal="4 Mill Row\nIpswich", place="Ipswich"
    )
    read = parse(
        RawMail(
            mailbox="", folder="", uid_validity=0, uid=0, received_at=NOON, content=written(entry, (PDF,), new_token())
        )
    )

    assert read.sender.name == "Zoë Ångström"
    for told in ("Place: Ipswich", "Ça va mal.\nVery.", "jo at post", "4 Mill Row", OFFICER.email):
        assert told in f"{read.text}\n{read.quoted}\n{read.signature}"
    assert read.sent_at == NOON
    assert [one.name for one in read.attachments] == [PDF.name]


def test_a_full_disk_enters_nothing_and_says_so(sqlite: Installation) -> None:
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sqlite.engine.dispose()
    sa.event.listen(sqlite.engine, "connect", limit)
    big = dataclasses.replace(PDF, content=b"%PDF-" + b"x" * 200_000)
    with pytest.raises(StorageFailed, match="full"):
        enter(sqlite, call(child_in_danger=True), big)
    sa.event.remove(sqlite.engine, "connect", limit)
    sqlite.engine.dispose()

    assert sqlite.store.queue(OFFICER) == []
